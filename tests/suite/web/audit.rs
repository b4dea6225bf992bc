//! WEB-2b: a chain that was tampered with is found out, and pages say so.

use std::sync::Arc;

use desk::domain::bot::{Origin, Role, Who};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tbot::store::Address;
use tbot::store::people::{AuditFilter, Deed, People};

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

/// WEB-2b: what the chain alone cannot tell, the mirror outside of the database can: an end that was cut off, and a chain that
/// was made anew with every link right. A line that is being written says nothing.
#[tokio::test]
async fn web_2b_the_mirror_shows_what_the_chain_alone_cannot() {
    let chain = async |objects: &[&str]| {
        let folder = Folder::new();
        let people = People::open(&Address::Sqlite(folder.path().to_path_buf()), Arc::new(Turned)).await.unwrap();
        for object in objects {
            let (who, object) = (Who::Person("ann".into()), (*object).to_owned());
            let detail = serde_json::json!({});
            let deed = Deed { who, origin: Origin::Web, what: "command", object, detail };
            people.record(&deed, sample::at("14:30:00")).await.unwrap();
        }
        (folder, people)
    };
    let (_kept, whole) = chain(&["start", "kill", "reset_kill"]).await;
    let mut records = whole.audit(&AuditFilter::default(), u64::MAX, 10).await.unwrap();
    records.reverse();
    let lines: Vec<String> = records.iter().map(|r| r.mirrored().unwrap() + "\n").collect();
    let all = lines.concat();
    for (objects, mirror, mirrored, named) in [
        (&["start", "kill", "reset_kill"][..], all.clone(), 3, None),
        (&["start", "kill", "reset_kill"], lines[..2].concat() + &lines[2][..40], 2, None),
        (&["start", "kill", "reset_kill"], String::new(), 0, None),
        (&["start", "kill"], all.clone(), 2, Some("record 3: it is missing")),
        (&["start", "pause", "reset_kill"], all.clone(), 1, Some("record 2: the mirror audit.log has another one")),
        (
            &["start", "pause", "reset_kill"],
            lines[2].clone(),
            0,
            Some("record 3: the mirror audit.log has another one"),
        ),
    ] {
        let (folder, people) = chain(objects).await;
        let logs = folder.path().join("output/TBOT_US_SIM_01/logs");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::write(logs.join("audit.log"), &mirror).unwrap();
        let report = people.verify_audit().await.unwrap();
        assert_eq!(report.mirrored, mirrored, "{objects:?}: {report:?}");
        let fault = report.fault.unwrap_or_default();
        assert!(fault.starts_with(named.unwrap_or_default()) && fault.is_empty() == named.is_none(), "{fault}");
        // A backup's mirror is a moment younger than its database: the rest of it is nobody's.
        people.settle_mirror().await.unwrap();
        let cut = objects.len() < 3;
        let settled = people.verify_audit().await.unwrap().fault;
        assert_eq!(settled.is_none(), cut || named.is_none(), "{objects:?}: {settled:?}");
    }
}

/// WEB-2b, WEB-4: what another site's page tried in somebody's name is refused, and stands in the audit.
#[test]
fn web_2b_a_forged_form_stands_in_the_audit() {
    let server = Server::start();
    let auditor = server.person("olga", &[Role::Auditor]);
    let operator = server.person("otto", &[Role::Operator]);
    let refused = server.post("/commands/pause", Some(&operator), &[("form", "x"), ("key", "k1")]);
    assert_eq!(refused.status, 403);
    let rows = server.get("/api/v1/audit?who=otto", Some(&auditor)).json();
    let row = &rows["rows"][0];
    assert_eq!((&row["what"], &row["object"]), (&json!("refused"), &json!("POST /commands/pause")), "{rows:#}");
    assert_eq!(row["detail"]["forged"], true);
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
