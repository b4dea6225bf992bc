//! Brokers' statements in the store (LEDG-9), the same on both engines.

use std::sync::Arc;

use desk::domain::bot::{Origin, Who};
use desk::domain::chain::Hash;
use desk::domain::ids::Identity;
use desk::domain::time::Timestamp;
use serde_json::json;
use tbot::store::Address;
use tbot::store::people::{AuditFilter, Imported, NewMatching, NewStatement, People};

use super::raw::Raw;
use crate::places::Place;
use crate::web::server::Turned;

fn address(place: &Place) -> Address {
    match &place.address {
        Address::Sqlite(path) => Address::Sqlite(path.with_file_name("people.db")),
        Address::Postgres(_) => place.address.clone(),
    }
}

fn now() -> Timestamp {
    "2026-11-20T21:00:00Z".parse().unwrap()
}

fn file(text: &str) -> NewStatement {
    NewStatement { hash: Hash::of(text.as_bytes()), about: json!({ "name": text }), bytes: text.as_bytes().to_vec() }
}

fn result(head: u64) -> NewMatching {
    NewMatching { head, summary: json!({ "matched": head }), result: format!("result {head}").into_bytes() }
}

#[tokio::test]
async fn ledg_9_a_statement_is_kept_once_with_each_of_its_results() {
    for place in Place::each("kept_statements").await {
        let people = People::open(&address(&place), Arc::new(Turned)).await.unwrap();
        let (one, other): (Identity, Identity) = ("ONEX_US_SIM_01".parse().unwrap(), "TWOX_US_SIM_01".parse().unwrap());
        let ann = Who::Person("ann".to_owned());
        let by = (&ann, Origin::Web);
        let june = file("june.ofx");
        let add = async |identity: &Identity, file: &NewStatement| {
            people.import_statement(identity, (file, &result(7)), by, now()).await.unwrap()
        };
        assert_eq!(add(&one, &june).await, Imported { number: 1, new: true });
        assert_eq!(add(&one, &june).await, Imported { number: 1, new: false }, "the same file again");
        assert_eq!(add(&one, &file("july.ofx")).await, Imported { number: 2, new: true });
        assert_eq!(add(&other, &june).await, Imported { number: 1, new: true }, "another bot's");
        assert_eq!(people.match_again(&one, 1, &result(9), by, now()).await.unwrap(), 2);
        assert!(people.match_again(&one, 5, &result(9), by, now()).await.is_err(), "no such statement");

        let all = people.statements(&one, 10).await.unwrap();
        let said: Vec<_> = all.iter().map(|s| (s.number, s.n, s.head, s.who.as_str())).collect();
        assert_eq!(said, [(2, 1, 7, "ann"), (1, 2, 9, "ann")]);
        let (line, bytes, latest) = people.statement(&one, 1).await.unwrap().unwrap();
        assert_eq!((line.hash, bytes, latest), (june.hash, june.bytes, b"result 9".to_vec()));
        assert_eq!(line.summary, json!({ "matched": 9 }));
        assert!(people.statement(&one, 3).await.unwrap().is_none());
        let audit = people.audit(&AuditFilter::default(), u64::MAX, 10).await.unwrap();
        let deeds: Vec<_> = audit.iter().rev().map(|r| r.what.as_str()).collect();
        assert_eq!(deeds, ["statement_imported", "statement_imported", "statement_imported", "statement_matched"]);
        people.close().await.unwrap();
    }
}

#[tokio::test]
async fn ledg_9_what_is_kept_of_a_statement_cannot_be_changed() {
    for place in Place::each("fixed_statements").await {
        let address = address(&place);
        let people = People::open(&address, Arc::new(Turned)).await.unwrap();
        let one: Identity = "ONEX_US_SIM_01".parse().unwrap();
        let by = (&Who::Owner, Origin::CommandLine);
        people.import_statement(&one, (&file("june.ofx"), &result(7)), by, now()).await.unwrap();
        people.close().await.unwrap();
        let schema = if matches!(address, Address::Postgres(_)) { "people." } else { "" };
        let mut raw = Raw::open(&address).await;
        for attack in [
            format!("UPDATE {schema}statement SET who = 'bob'"),
            format!("DELETE FROM {schema}matching"),
            format!("UPDATE {schema}matching SET summary = '{{}}'"),
            format!("DELETE FROM {schema}statement"),
            format!(
                "INSERT INTO {schema}statement SELECT identity, 5, hash, at, who, about, bytes, audit FROM {schema}statement"
            ),
            format!(
                "INSERT INTO {schema}matching SELECT identity, statement, 7, at, who, head, summary, result, audit FROM {schema}matching"
            ),
        ] {
            assert!(raw.run(&attack).await.is_err(), "{attack}");
        }
    }
}
