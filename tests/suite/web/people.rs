//! The people's store, the same on both engines.

use std::sync::Arc;

use desk::domain::bot::{Origin, Role, Roles, Who};
use desk::domain::time::{Span, Timestamp};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tbot::store::Address;
use tbot::store::people::{AuditFilter, Deed, NewPerson, NewSession, People, Purpose, Theme, sql};

use super::server::Turned;
use crate::places::Place;

fn now() -> Timestamp {
    "2026-11-20T14:30:00Z".parse().unwrap()
}

async fn open(place: &Place) -> People {
    let address = match &place.address {
        Address::Sqlite(path) => Address::Sqlite(path.with_file_name("people.db")),
        Address::Postgres(_) => place.address.clone(),
    };
    People::open(&address, Arc::new(Turned)).await.unwrap()
}

async fn ann(people: &People) -> i64 {
    let new = NewPerson { name: "ann".parse().unwrap(), password: None, roles: Roles::of(&[Role::Operator]) };
    people.add(&new, now()).await.unwrap()
}

#[tokio::test]
async fn persons_links_and_sessions_live_on_both_engines() {
    for place in Place::each("people").await {
        let people = open(&place).await;
        let id = ann(&people).await;
        let again = NewPerson { name: "ann".parse().unwrap(), password: None, roles: Roles::ALL };
        assert_eq!(people.add(&again, now()).await.unwrap_err().code(), "STORE_REFUSED");
        people.set_roles(id, Roles::of(&[Role::Auditor, Role::Viewer])).await.unwrap();
        people.set_theme(id, Theme::Dark).await.unwrap();
        let found = people.named("ann").await.unwrap().unwrap();
        assert_eq!((found.roles, found.theme), (Roles::of(&[Role::Auditor, Role::Viewer]), Theme::Dark));

        let new =
            NewSession { person: id, ends_at: now() + Span::minutes(60), address: "::1".into(), agent: "x".into() };
        let token = people.begin_session(&new, now()).await.unwrap();
        let session = people.session(&token, now()).await.unwrap().unwrap();
        assert_eq!((session.name.as_str(), session.roles), ("ann", found.roles));
        people.touch(&session, now() + Span::seconds(30)).await.unwrap();
        let seen = people.session(&token, now()).await.unwrap().unwrap().seen_at;
        assert_eq!(seen, now() + Span::seconds(30));
        assert!(people.session(&token, now() + Span::minutes(60)).await.unwrap().is_none(), "its absolute end");
        assert!(people.revoke(session.session, id, now()).await.unwrap());
        assert!(!people.revoke(session.session, id, now()).await.unwrap());
        assert!(people.session(&token, now()).await.unwrap().is_none());

        let link = people.make_link(Purpose::SignIn(id), now() + Span::minutes(5)).await.unwrap();
        assert_eq!(people.open_link(&link, now()).await.unwrap(), Some(id));
        assert_eq!(people.open_link(&link, now()).await.unwrap(), None);
        // What was opened once is opened again, not made again.
        people.close().await.unwrap();
        assert_eq!(open(&place).await.count().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn web_2b_the_database_itself_refuses_to_change_what_was_audited() {
    for place in Place::each("audit").await {
        let people = open(&place).await;
        let deed = |n: usize| Deed {
            who: Who::Person(format!("p{}", n % 2)),
            origin: Origin::Web,
            what: "command",
            object: "kill".into(),
            detail: serde_json::json!({ "n": n }),
        };
        for n in 0..5 {
            people.record(&deed(n), now() + Span::seconds(i64::try_from(n).unwrap())).await.unwrap();
        }
        let report = people.verify_audit().await.unwrap();
        assert_eq!((report.records, report.fault), (5, None));
        let filter = AuditFilter { who: "p1".into(), ..AuditFilter::default() };
        let found = people.audit(&filter, u64::MAX, 10).await.unwrap();
        assert_eq!(found.iter().map(|r| r.seq).collect::<Vec<_>>(), [4, 2]);
        people.close().await.unwrap();
        for statement in [
            "UPDATE audit SET who = 'nobody'",
            "DELETE FROM audit WHERE seq = 5",
            "INSERT INTO audit SELECT seq + 7, at, who, what, object, previous, hash, bytes FROM audit WHERE seq = 5",
            "INSERT INTO audit SELECT 6, at, who, what, object, previous, hash, bytes FROM audit WHERE seq = 5",
        ] {
            let said = raw(&place, statement).await.unwrap_err();
            assert!(
                said.contains("stays") || said.contains("not the next") || said.contains("not chained"),
                "{statement}: {said}"
            );
        }
        let report = open(&place).await.verify_audit().await.unwrap();
        assert_eq!((report.records, report.fault), (5, None));
    }
}

/// A statement that somebody with the database in hand types.
async fn raw(place: &Place, statement: &str) -> Result<(), String> {
    let text = AssertSqlSafe(statement.to_owned());
    match &place.address {
        Address::Sqlite(path) => {
            let path = path.with_file_name("people.db");
            let mut c = sqlx::SqliteConnection::connect(&path.display().to_string()).await.unwrap();
            c.execute(text).await.map(drop).map_err(|e| e.to_string())
        }
        Address::Postgres(url) => {
            let mut c = sqlx::PgConnection::connect(url).await.unwrap();
            c.execute("SET search_path = people").await.unwrap();
            c.execute(text).await.map(drop).map_err(|e| e.to_string())
        }
    }
}

#[tokio::test]
async fn every_statement_about_people_can_be_prepared_on_both_engines() {
    for place in Place::each("people_sql").await {
        open(&place).await.close().await.unwrap();
        for (name, text) in sql::BOTH {
            let said = match &place.address {
                Address::Sqlite(path) => {
                    let path = path.with_file_name("people.db").display().to_string();
                    let mut c = sqlx::SqliteConnection::connect(&path).await.unwrap();
                    c.prepare(sqlx::SqlStr::from_static(text)).await.map(drop).map_err(|e| e.to_string())
                }
                Address::Postgres(url) => {
                    let mut c = sqlx::PgConnection::connect(url).await.unwrap();
                    c.execute("SET search_path = people").await.unwrap();
                    c.prepare(sqlx::SqlStr::from_static(text)).await.map(drop).map_err(|e| e.to_string())
                }
            };
            assert_eq!(said, Ok(()), "{name} on {}", place.address);
        }
    }
}

#[tokio::test]
async fn web_4_many_attempts_at_once_gain_nothing() {
    let place = Place::sqlite();
    let people = open(&place).await;
    let tries: Vec<_> = (0..20).map(|_| people.attempt("ann", now())).collect();
    let through = futures_util::future::join_all(tries).await.into_iter().filter(|t| matches!(t, Ok(None))).count();
    assert_eq!(through, 5, "the fifth locks");
    assert!(people.attempt(" ANN ", now()).await.unwrap().is_some(), "spelt otherwise it is the same name");
    people.forgive("ann").await.unwrap();
    assert!(people.attempt("ann", now()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_question_that_is_given_up_leaves_nothing_half_done() {
    let place = Place::sqlite();
    let people = open(&place).await;
    let deed = Deed {
        who: Who::Owner,
        origin: Origin::CommandLine,
        what: "x",
        object: String::new(),
        detail: serde_json::json!({}),
    };
    for _ in 0..50 {
        // Dropped at a different place each time.
        let _ = futures_util::future::select(Box::pin(people.record(&deed, now())), Box::pin(tokio::task::yield_now()))
            .await;
    }
    people.record(&deed, now()).await.unwrap();
    assert_eq!(people.verify_audit().await.unwrap().fault, None);
}
