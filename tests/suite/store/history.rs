//! A session out of the event log, and words out of the journal, the same on both engines.

use std::collections::BTreeSet;

use desk::domain::event::{Body, Event};
use serde_json::Value;
use tbot::store::{self, Account, Address, Batch, Reader, Sought, Text};

use super::sample;
use crate::places::Place;
use crate::web::traded::{DAYS, traded};

/// WEB-1: a session is read as it was recorded, whole or in part, whatever was recorded before and after it.
#[tokio::test]
async fn a_session_is_read_as_it_was_recorded() {
    let traded = traded();
    for place in Place::each("history").await {
        let reader = traded.write(&place.address).await;
        let book = reader.book(&sample::identity()).await.unwrap();
        let session = |day: &str| format!("XNYS:{day}").parse().unwrap();
        for day in DAYS {
            let own: Vec<Event> = traded.of(day).into_iter().cloned().collect();
            assert!(own.len() > 50, "{day}: {}", own.len());
            let read = reader.session_events(&book, session(day), |_| true).await.unwrap();
            assert!(read.as_ref() == Some(&own), "{day} on {}", place.address);
            let read = reader.session_events(&book, session(day), |e| e.kind == "decided").await.unwrap().unwrap();
            assert!(read.iter().eq(own.iter().filter(|e| matches!(e.body, Body::Decided(_)))), "{day}: a part");
        }
        for none in ["2026-11-17", "2026-11-21", "2026-11-23", "2020-03-02"] {
            assert_eq!(reader.session_events(&book, session(none), |_| true).await.unwrap(), None, "{none}");
        }
        let days = reader.closed_days(&book, 10).await.unwrap();
        assert!(days.iter().rev().map(|d| d.date.to_string()).eq(DAYS), "{days:?}");
        reader.close().await;
    }
}

/// Every text of an entry that is looked into, in lower case, read from the worked month as it stands in its file.
fn texts(entry: &Value, chart: &[Account]) -> Vec<String> {
    let at = |path: &str| entry.pointer(path).and_then(Value::as_str).map(str::to_lowercase);
    let own =
        ["/description", "/reason", "/by", "/source_key", "/facts/order", "/facts/symbol"].into_iter().filter_map(at);
    let mut all: Vec<String> = own.collect();
    for posting in entry["postings"].as_array().unwrap() {
        let tags = ["account", "instrument", "fill", "lot"].into_iter().filter_map(|name| posting[name].as_str());
        all.extend(tags.map(str::to_lowercase));
        let account = chart.iter().find(|a| a.code.to_string() == posting["account"]).unwrap();
        all.push(account.name.to_lowercase());
    }
    all
}

/// LEDG-6: a search finds exactly the entries of which one field has the text, whatever its case; and not those of which
/// only names of fields, amounts or hashes have it.
#[tokio::test]
async fn ledg_6_a_text_is_found_where_it_stands_and_nowhere_else() {
    let file: Value = serde_json::from_str(include_str!("../../data/books-example/journal.json")).unwrap();
    let month = sample::worked_month();
    for place in Place::each("texts").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        writer.append(&Batch { entries: &month, ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
        let book = reader.book(&sample::identity()).await.unwrap();
        let chart = reader.accounts(&book).await.unwrap();
        let all: Vec<(u64, Vec<String>)> = file["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (entry["seq"].as_u64().unwrap(), texts(entry, &chart)))
            .collect();
        let words = all.iter().flat_map(|(_, texts)| texts).flat_map(|text| {
            let length = text.chars().count();
            let part: String = text.chars().skip(length / 3).take(5).collect();
            [text.clone(), text.to_uppercase(), part]
        });
        let mut words: BTreeSet<String> = words.filter(|w| !w.is_empty()).collect();
        words.extend(["amount", "postings", "effective_at", "\"v\":1", "nowhere", "%", "_"].map(str::to_owned));
        let (mut found, mut none) = (0, 0);
        for word in words {
            let small = word.to_lowercase();
            let own: Vec<u64> =
                all.iter().rev().filter(|(_, t)| t.iter().any(|t| t.contains(&small))).map(|(seq, _)| *seq).collect();
            let text = Text::new(&word, &chart);
            let read = reader.search(&book, (&Sought::default(), &text), 1_000, 1_000).await.unwrap();
            assert!(read.entries.iter().map(|e| e.entry.seq).eq(own.iter().copied()), "{word:?}");
            assert_eq!((read.count, read.looked, read.stopped), (own.len() as u64, 68, None), "{word:?}");
            found += own.len();
            none += usize::from(own.is_empty());
        }
        assert!(found > 500 && none > 3, "{found} {none}");
        so_many_at_once(&reader, &chart).await;
        reader.close().await;
    }
}

/// A search looks through so many, says where it stopped, and goes on from there: together they find what one finds.
async fn so_many_at_once(reader: &Reader, chart: &[Account]) {
    let book = reader.book(&sample::identity()).await.unwrap();
    let text = Text::new("acme", chart);
    let whole = reader.search(&book, (&Sought::default(), &text), 1_000, 1_000).await.unwrap();
    let (mut sought, mut found, mut count) = (Sought::default(), Vec::new(), 0);
    loop {
        let part = reader.search(&book, (&sought, &text), 1_000, 10).await.unwrap();
        count += part.count;
        found.extend(part.entries);
        assert!(part.looked <= 10);
        let Some(stopped) = part.stopped else { break };
        sought.before = Some(stopped.entry.seq);
    }
    assert_eq!((found, count), (whole.entries, whole.count));
    let few = reader.search(&book, (&Sought::default(), &text), 2, 1_000).await.unwrap();
    assert_eq!((few.entries.len(), few.count), (2, whole.count), "all are counted, few are shown");
}

/// Whatever the length of the log, a session is looked up by the keys of the tables: no statement reads them from end to end.
#[tokio::test]
async fn a_session_is_found_without_reading_the_whole_log() {
    let place = Place::sqlite();
    store::create(&place.address, &sample::new_book()).await.unwrap();
    let Address::Sqlite(path) = &place.address else { panic!("a file") };
    let connection = rusqlite::Connection::open(path).unwrap();
    for (name, statement) in [
        ("EVENTS_BEFORE", store::sql::EVENTS_BEFORE),
        ("EVENTS", store::sql::EVENTS),
        ("CLOSED_DAYS", store::sql::CLOSED_DAYS),
        ("ENTRY_OF", store::sql::ENTRY_OF),
        ("SOUGHT_OF_LOT", store::sql::SOUGHT_OF_LOT),
    ] {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let unknown = vec![rusqlite::types::Null; plan.parameter_count()];
        let steps = plan.query_map(rusqlite::params_from_iter(unknown), |row| row.get::<_, String>(3)).unwrap();
        for step in steps.map(Result::unwrap) {
            let walks = ["event", "entry", "posting", "e", "p"].iter().any(|t| step.starts_with(&format!("SCAN {t}")));
            assert!(!walks || step == "SCAN half", "{name}: {step}");
        }
    }
}
