//! The log of review acts (LEDG-7), the same on both engines.

use std::collections::BTreeSet;
use std::sync::Arc;

use desk::domain::bot::{Origin, Who};
use desk::domain::ids::Identity;
use desk::domain::time::{Span, Timestamp};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tbot::store::Address;
use tbot::store::people::review::{
    ActKind, Doing, ItemKind, Known, NewItem, NotDone, Raised, Refused, Review, Reviewed, Subject, Wanted,
};
use tbot::store::people::{AuditFilter, People};

use crate::places::Place;
use crate::web::server::Turned;

const ENTRY: Subject = Subject::Entry(12);

fn at(minutes: i64) -> Timestamp {
    "2026-11-20T21:00:00Z".parse::<Timestamp>().unwrap() + Span::minutes(minutes)
}

fn bot(name: &str) -> Identity {
    name.parse().unwrap()
}

fn one() -> Identity {
    bot("TBOT_US_SIM_01")
}

fn address(place: &Place) -> Address {
    match &place.address {
        Address::Sqlite(path) => Address::Sqlite(path.with_file_name("people.db")),
        Address::Postgres(_) => place.address.clone(),
    }
}

async fn open(place: &Place) -> People {
    People::open(&address(place), Arc::new(Turned)).await.unwrap()
}

fn doing(who: &str, version: u64, kind: ActKind, about: Option<u64>) -> Doing {
    let wanted = Wanted { about, text: format!("{who} says so"), ..Wanted::plain(kind) };
    Doing { subject: ENTRY, version, who: Who::Person(who.to_owned()), origin: Origin::Web, wanted }
}

fn known() -> Known {
    let reviewers: BTreeSet<String> = ["ann", "bob"].map(str::to_owned).into();
    Known { day: Some("2026-11-20".parse().unwrap()), reviewers, ..Known::default() }
}

fn item(source: &str) -> NewItem {
    NewItem {
        kind: ItemKind::Statement,
        title: "Fee of 2026-11-20: statement 1.02, books 1.01".to_owned(),
        text: "Line 7 of the statement.".to_owned(),
        about: Some(ENTRY),
        day: Some("2026-11-20".parse().unwrap()),
        source: source.to_owned(),
    }
}

fn code(done: Result<impl Sized, NotDone>) -> String {
    match done {
        Ok(_) => String::new(),
        Err(NotDone::Refused(refused)) => refused.code().to_owned(),
        Err(NotDone::Store(error)) => error.code().to_owned(),
    }
}

/// A statement that somebody with the database in hand types.
async fn raw(place: &Place, statement: &str) -> Result<(), String> {
    let text = AssertSqlSafe(statement.to_owned());
    match address(place) {
        Address::Sqlite(path) => {
            let mut c = sqlx::SqliteConnection::connect(&path.display().to_string()).await.unwrap();
            c.execute(text).await.map(drop).map_err(|e| e.to_string())
        }
        Address::Postgres(url) => {
            let mut c = sqlx::PgConnection::connect(&url).await.unwrap();
            c.execute("SET search_path = people").await.unwrap();
            c.execute(text).await.map(drop).map_err(|e| e.to_string())
        }
    }
}

#[tokio::test]
async fn ledg_7_acts_are_kept_in_order_with_their_audit_and_conflicts_are_refused() {
    for place in Place::each("review").await {
        let (people, bot) = (open(&place).await, one());
        people.review(&bot, &doing("ann", 0, ActKind::Query, None), &known(), at(0)).await.unwrap();
        // Bob's page is older than Ann's question: who did what when is said, and nothing is written.
        let late = people.review(&bot, &doing("bob", 0, ActKind::Approve, None), &known(), at(1)).await;
        match late {
            Err(NotDone::Refused(refused @ Refused::Changed { .. })) => {
                assert!(refused.to_string().contains("ann queried it at 21:00 UTC"), "{refused}");
            }
            other => panic!("{other:?}"),
        }
        people.review(&bot, &doing("bob", 1, ActKind::Answer, Some(1)), &known(), at(2)).await.unwrap();
        let standing = people.review(&bot, &doing("bob", 2, ActKind::Approve, None), &known(), at(3)).await.unwrap();
        assert_eq!((standing.version(), standing.approval().unwrap().who.as_str()), (3, "bob"));
        // What was written is read back the same, by a new process too.
        people.close().await.unwrap();
        let people = open(&place).await;
        let reviewed = people.reviewed(&bot).await.unwrap();
        assert_eq!(reviewed.standing(ENTRY), standing);
        let said: Vec<String> = standing.acts.iter().map(|a| a.wanted.text.clone()).collect();
        assert_eq!(said, ["ann says so", "bob says so", "bob says so"]);
        let filter = AuditFilter { object: "entry:12".to_owned(), ..AuditFilter::default() };
        let audited = people.audit(&filter, u64::MAX, 10).await.unwrap();
        let words: Vec<&str> = audited.iter().rev().map(|r| r.what.as_str()).collect();
        assert_eq!(words, ["review", "review_refused", "review", "review"]);
        assert_eq!(audited[0].detail["act"], "approve");
        assert_eq!(people.verify_audit().await.unwrap().fault, None);
    }
}

#[tokio::test]
async fn ledg_7_a_day_with_an_open_question_in_it_is_not_approved() {
    for place in Place::each("review_day").await {
        let (people, bot) = (open(&place).await, one());
        let subject = Subject::Day("2026-11-20".parse().unwrap());
        let day = |version, kind| Doing { subject, ..doing("bob", version, kind, None) };
        let known = Known { last: 40, ..known() };
        people.review(&bot, &doing("ann", 0, ActKind::Query, None), &known, at(0)).await.unwrap();
        assert_eq!(code(people.review(&bot, &day(0, ActKind::Approve), &known, at(1)).await), "open_queries");
        let reviewed = people.reviewed(&bot).await.unwrap();
        assert_eq!(reviewed.queried("2026-11-20".parse().unwrap()), [ENTRY]);
        assert_eq!(reviewed.queried("2026-11-19".parse().unwrap()), []);
        people.review(&bot, &doing("bob", 1, ActKind::Answer, Some(1)), &known, at(2)).await.unwrap();
        people.review(&bot, &day(0, ActKind::Approve), &known, at(3)).await.unwrap();
        // The day's approval covers what was in it, and nothing that was booked later or questioned since.
        let state =
            |reviewed: &Reviewed, of: Subject, known: &Known| reviewed.standing(of).review(&reviewed.around(of, known));
        let reviewed = people.reviewed(&bot).await.unwrap();
        assert_eq!(state(&reviewed, subject, &known), Review::Approved);
        assert_eq!(state(&reviewed, ENTRY, &known), Review::Approved);
        assert_eq!(state(&reviewed, Subject::Entry(41), &known), Review::Unreviewed);
        people.review(&bot, &doing("ann", 2, ActKind::Query, None), &known, at(4)).await.unwrap();
        let reviewed = people.reviewed(&bot).await.unwrap();
        assert_eq!(
            (state(&reviewed, subject, &known), state(&reviewed, ENTRY, &known)),
            (Review::Queried, Review::Queried)
        );
    }
}

#[tokio::test]
async fn ledg_9_the_same_source_is_raised_once_and_bots_do_not_see_each_other() {
    for place in Place::each("review_items").await {
        let (people, by) = (open(&place).await, (Who::Bot("import".to_owned()), Origin::CommandLine));
        let by = (&by.0, by.1);
        let raised = people.raise(&one(), &item("statement:ab12:7"), by, at(0)).await.unwrap();
        assert_eq!(raised, Raised { item: 1, new: true });
        let again = people.raise(&one(), &item("statement:ab12:7"), by, at(9)).await.unwrap();
        assert_eq!(again, Raised { item: 1, new: false });
        assert_eq!(people.raise(&one(), &item("statement:ab12:8"), by, at(1)).await.unwrap().item, 2);
        let other = bot("TBOT_US_SIM_02");
        assert_eq!(people.raise(&other, &item("statement:ab12:7"), by, at(2)).await.unwrap().item, 1);
        let reviewed = people.reviewed(&one()).await.unwrap();
        assert_eq!(reviewed.items.keys().copied().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(reviewed.items[&1].about, Some(ENTRY));
        let standing = reviewed.standing(Subject::Item(1));
        assert_eq!((standing.queries().len(), standing.acts[0].who.as_str()), (1, "(import)"));
        assert_eq!(people.reviewed(&other).await.unwrap().items.len(), 1);
        let empty = NewItem { title: String::new(), ..item("x") };
        assert_eq!(people.raise(&one(), &empty, by, at(3)).await.unwrap_err().code(), "STORE_UNFIT");
        assert_eq!(people.audit(&AuditFilter::default(), u64::MAX, 10).await.unwrap().len(), 3, "one record each");
    }
}

#[tokio::test]
async fn ledg_7_two_who_act_at_once_lose_nothing() {
    for place in Place::each("review_race").await {
        // Two processes, as two machines on one database are.
        let (first, second, bot) = (open(&place).await, open(&place).await, one());
        let mut conflicts = 0;
        for round in 0..20_u64 {
            let version = first.reviewed(&bot).await.unwrap().standing(ENTRY).version();
            let (ann, bob) =
                (doing("ann", version, ActKind::Comment, None), doing("bob", version, ActKind::Comment, None));
            let now = at(i64::try_from(round).unwrap());
            let known = known();
            let (one, two) =
                tokio::join!(first.review(&bot, &ann, &known, now), second.review(&bot, &bob, &known, now));
            let codes = [code(one), code(two)];
            assert_eq!(codes.iter().filter(|c| c.is_empty()).count(), 1, "{codes:?}");
            conflicts += codes.iter().filter(|c| *c == "changed").count();
        }
        let acts = first.reviewed(&bot).await.unwrap().standing(ENTRY).acts;
        assert_eq!((acts.len(), conflicts), (20, 20));
        assert!(acts.iter().zip(1..).all(|(act, n)| act.n == n));
        assert_eq!(first.verify_audit().await.unwrap().fault, None);
    }
}

#[tokio::test]
async fn ledg_7_the_database_itself_refuses_to_change_what_was_said() {
    for place in Place::each("review_attacks").await {
        let (people, bot) = (open(&place).await, one());
        people.raise(&bot, &item("a"), (&Who::Owner, Origin::CommandLine), at(0)).await.unwrap();
        people.review(&bot, &doing("ann", 0, ActKind::Query, None), &known(), at(0)).await.unwrap();
        people.close().await.unwrap();
        let row = "'TBOT_US_SIM_01', 'entry:12', 1, NULL, 0, 'bob', 'approve', NULL, NULL, '', 1";
        let columns = "identity, subject, n, day, at, who, act, about, given, text, audit";
        let mut attacks = vec![
            "UPDATE review_act SET who = 'bob'".to_owned(),
            "DELETE FROM review_act".to_owned(),
            "UPDATE review_item SET title = 'x'".to_owned(),
            "DELETE FROM review_item".to_owned(),
            format!("INSERT INTO review_act ({columns}) VALUES ({row})"),
            format!("INSERT INTO review_act ({columns}) VALUES ({})", row.replace(" 1, NULL, 0", " 3, NULL, 0")),
            format!("INSERT INTO review_act ({columns}) VALUES ({})", row.replace("entry:12", "lot:12")),
            "INSERT INTO review_item (identity, item, source, kind, title) VALUES ('TBOT_US_SIM_01', 2, 'a', 'float', 'x')"
                .to_owned(),
        ];
        match place.address {
            Address::Sqlite(_) => {
                attacks.push(format!("INSERT OR REPLACE INTO review_act ({columns}) VALUES ({row})"));
                attacks.push(
                    "REPLACE INTO review_item (identity, item, source, kind, title)
                     VALUES ('TBOT_US_SIM_01', 1, 'a', 'float', 'x')"
                        .to_owned(),
                );
            }
            Address::Postgres(_) => {
                attacks.push("TRUNCATE review_act".to_owned());
                attacks.push(format!(
                    "INSERT INTO review_act ({columns}) VALUES ({row}) ON CONFLICT (identity, subject, n) DO UPDATE SET who = 'bob'"
                ));
            }
        }
        for attack in attacks {
            assert!(raw(&place, &attack).await.is_err(), "{attack} on {}", place.address);
        }
        let standing = open(&place).await.reviewed(&bot).await.unwrap().standing(ENTRY);
        assert_eq!((standing.acts.len(), standing.acts[0].who.as_str()), (1, "ann"));
    }
}

#[tokio::test]
async fn a_store_of_people_of_the_first_version_gets_the_review() {
    for place in Place::each("review_old").await {
        let script = match place.address {
            Address::Sqlite(_) => include_str!("../../../migrations/sqlite/people/0001_people.sql"),
            Address::Postgres(_) => include_str!("../../../migrations/postgres/people/0001_people.sql"),
        };
        if let Address::Sqlite(path) = address(&place) {
            std::fs::File::create(path).unwrap();
        }
        let version = "INSERT INTO schema_version (version, program) VALUES (1, '0.1.0')";
        raw(&place, script).await.unwrap();
        raw(&place, version).await.unwrap();
        let people = open(&place).await;
        people.review(&one(), &doing("ann", 0, ActKind::Query, None), &known(), at(0)).await.unwrap();
        assert_eq!(people.reviewed(&one()).await.unwrap().standing(ENTRY).version(), 1);
    }
}
