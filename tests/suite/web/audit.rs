//! WEB-2b: a chain that was tampered with is found out, and pages say so.

use std::sync::Arc;

use desk::domain::bot::{Origin, Role, Who};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tbot::store::Address;
use tbot::store::people::{Deed, People};

use super::sample;
use super::server::{Server, Turned};
use crate::places::Folder;

#[tokio::test]
async fn each_touched_record_is_named() {
    let tampering = [
        ("UPDATE audit SET who = 'eve' WHERE seq = 3", "record 3: its columns"),
        (
            "UPDATE audit SET bytes = CAST(replace(CAST(bytes AS TEXT), 'kill', 'stop') AS BLOB) WHERE seq = 2",
            "record 2: its bytes do not have its hash",
        ),
        ("DELETE FROM audit WHERE seq = 3", "record 3 is missing"),
        ("UPDATE audit SET previous = zeroblob(32) WHERE seq = 4", "record 4: it is not chained"),
    ];
    for (statement, named) in tampering {
        let folder = Folder::new();
        let address = Address::Sqlite(folder.path().to_path_buf());
        let people = People::open(&address, Arc::new(Turned)).await.unwrap();
        for _ in 0..5 {
            let deed = Deed {
                who: Who::Person("ann".into()),
                origin: Origin::Web,
                what: "command",
                object: "kill".into(),
                detail: serde_json::json!({}),
            };
            people.record(&deed, sample::at("14:30:00")).await.unwrap();
        }
        people.close().await.unwrap();
        let mut c =
            sqlx::SqliteConnection::connect(&folder.path().join("people.db").display().to_string()).await.unwrap();
        c.execute("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete").await.unwrap();
        c.execute(AssertSqlSafe(statement)).await.unwrap();
        c.close().await.unwrap();
        let fault =
            People::open(&address, Arc::new(Turned)).await.unwrap().verify_audit().await.unwrap().fault.unwrap();
        assert!(fault.contains(named), "{statement}: {fault}");
    }
}

#[test]
fn web_2_an_auditors_reads_are_audited_and_commands_stand_with_their_result() {
    let server = Server::start();
    let auditor = server.person("olga", &[Role::Auditor]);
    let operator = server.person("otto", &[Role::Operator]);
    server.get("/trades", Some(&auditor));
    server.post("/commands/pause", Some(&operator), &[("key", "k1"), ("why", "lunch")]);
    let page = server.get("/audit?verify=yes", Some(&auditor)).body;
    for shown in ["GET /trades", "The chain is whole", "carried out", "lunch", "pause is carried out."] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let rows = server.get("/api/v1/audit?who=otto", Some(&auditor)).json();
    let whats: Vec<&str> = rows["rows"].as_array().unwrap().iter().map(|r| r["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["carried_out", "command"]);
}
