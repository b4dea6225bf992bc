//! Writing, reading and opening, the same on both engines (LEDG-11).

use desk::domain::chain::Hash;
use desk::domain::journal::{AccountCode, EntryKind};
use tbot::store::{self, Address, Batch, Heads, Reader, Reading, Scope, StoreError};

use super::sample;
use crate::places::{Folder, Place};

#[tokio::test]
async fn ledg_11_the_worked_month_goes_in_and_comes_out_the_same_on_both_engines() {
    let month = sample::worked_month();
    let mut all = Vec::new();
    for place in Place::each("month").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        // One at a time, as live, and the rest together.
        for entry in &month[..10] {
            writer.append(&Batch { entries: std::slice::from_ref(entry), ..Batch::default() }).await.unwrap();
        }
        let heads = writer.append(&Batch { entries: &month[10..], ..Batch::default() }).await.unwrap();
        let chain = month.iter().fold(Hash::GENESIS, |link, e| link.link(&e.to_bytes().unwrap()));
        assert_eq!((heads.entry.seq, heads.entry.hash), (68, chain), "LEDG-4a, {}", place.address);

        let book = reader.book(&sample::identity()).await.unwrap();
        let stored = reader.entries(&book, 0, 1000).await.unwrap();
        assert!(stored.iter().map(|s| &s.entry).eq(&month), "{}", place.address);
        assert_eq!(reader.entries(&book, 66, 1).await.unwrap()[0].entry, month[66]);
        assert_eq!(reader.heads(&book).await.unwrap(), heads);
        assert_eq!(reader.entry_of(&book, EntryKind::Fill, "x1").await.unwrap(), Some(3));
        assert_eq!(reader.accounts(&book).await.unwrap(), sample::new_book().chart);

        let balances = reader.balances(&book, &Scope::ALL).await.unwrap();
        let cash = |code| balances.iter().find(|b| b.account == code && b.currency.as_str() == "USD").unwrap().amount;
        assert_eq!(cash(AccountCode::CASH_SETTLED).to_string(), "58806.13");
        assert_eq!(cash(AccountCode::CASH_UNSETTLED).to_string(), "12473.75");
        assert_eq!(cash(AccountCode::CASH_DERIVATIVES).to_string(), "2107.00");
        all.push((
            balances,
            reader
                .balances(&book, &Scope::up_to(&book, sample::session(3), Reading::BySession).unwrap())
                .await
                .unwrap(),
        ));
        writer.close().await.unwrap();
        reader.close().await;
    }
    assert!(all.windows(2).all(|w| w[0] == w[1]), "both engines have the same balances");
}

#[tokio::test]
async fn ledg_3_a_batch_is_written_whole_or_not_at_all_and_the_writer_goes_on() {
    for place in Place::each("whole").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        let (events, mut entries) = (sample::events(3), sample::trades(3));
        entries[2].draft.postings[2].amount = entries[2].draft.postings[3].amount;
        let error = writer.append(&Batch { events: &events, entries: &entries, closings: &[] }).await.unwrap_err();
        assert_eq!(error.code(), "STORE_REFUSED");
        assert!(error.to_string().contains("amounts do not balance"), "{error}");
        let book = writer.book().clone();
        assert_eq!(reader.heads(&book).await.unwrap(), Heads::default(), "neither events nor entries");

        let good = sample::trades(3);
        writer.append(&Batch { events: &events, entries: &good, closings: &[] }).await.unwrap();
        let stored = reader.events(&book, 1, 10).await.unwrap();
        assert!(stored.iter().map(|s| &s.event).eq(&events[1..]));
        assert_eq!(reader.heads(&book).await.unwrap(), writer.heads());
        reader.close().await;
    }
}

#[tokio::test]
async fn a_record_that_the_hash_would_not_cover_is_refused() {
    let place = Place::sqlite();
    store::create(&place.address, &sample::new_book()).await.unwrap();
    let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
    let mut events = sample::events(1);
    events[0].kind = "order_filled".into();
    let error = writer.append(&Batch { events: &events, ..Batch::default() }).await.unwrap_err();
    assert!(error.to_string().starts_with("event 1: its bytes do not begin with"), "{error}");
    let mut entries = sample::trades(1);
    entries[0].draft.session = "24X7:2026-06-01".parse().unwrap();
    let error = writer.append(&Batch { entries: &entries, ..Batch::default() }).await.unwrap_err();
    assert!(error.to_string().contains("24X7:2026-06-01: the sessions of this book are XNYS's"), "{error}");
}

#[tokio::test]
async fn one_writer_and_any_number_of_readers() {
    for place in Place::each("writers").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        let second = store::open(&place.address, &sample::identity()).await.unwrap_err();
        assert!(matches!(second, StoreError::Locked { .. }), "{second}");
        let others = [reader.clone(), Reader::open(&place.address).await.unwrap()];
        for other in &others {
            assert_eq!(other.books().await.unwrap().len(), 1);
        }
        writer.close().await.unwrap();
        let again = store::open(&place.address, &sample::identity()).await;
        assert!(again.is_ok(), "the lock goes with the writer");
    }
}

#[tokio::test]
async fn a_reader_that_was_there_first_sees_what_is_written_later() {
    for place in Place::each("later").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let reader = Reader::open(&place.address).await.unwrap();
        let book = reader.book(&sample::identity()).await.unwrap();
        let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        let heads = writer.append(&Batch { entries: &sample::trades(2), ..Batch::default() }).await.unwrap();
        assert_eq!(reader.heads(&book).await.unwrap(), heads);
        reader.close().await;
    }
}

#[tokio::test]
async fn a_write_that_is_given_up_half_way_leaves_the_writer_torn_and_the_books_whole() {
    for place in Place::each("torn").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        let entries = sample::trades(400);
        let batch = Batch { entries: &entries, ..Batch::default() };
        assert!(tokio::time::timeout(std::time::Duration::ZERO, writer.append(&batch)).await.is_err());
        assert_eq!(writer.append(&batch).await.unwrap_err().code(), "STORE_TORN");
        assert_eq!(writer.close().await.unwrap_err().code(), "STORE_TORN");
        reader.close().await;
        let (_, mut writer) = loop {
            match store::open(&place.address, &sample::identity()).await {
                Err(StoreError::Locked { .. }) => tokio::task::yield_now().await,
                other => break other.unwrap(),
            }
        };
        assert_eq!(writer.heads(), Heads::default());
        writer.append(&batch).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_store_is_refused_by_name_and_nothing_is_made() {
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("note.txt"), "not a database, but long enough to have a header ".repeat(4)).unwrap();
    std::fs::write(path("short.db"), "SQLite format 3\0").unwrap();
    let good = Place::sqlite();
    store::create(&good.address, &sample::new_book()).await.unwrap();
    let bytes = std::fs::read(good.folder.path().join("ledger.db")).unwrap();
    std::fs::write(path("cut.db"), &bytes[..bytes.len() - 100]).unwrap();
    let mut foreign = bytes.clone();
    foreign[68..72].copy_from_slice(&[0; 4]);
    std::fs::write(path("foreign.db"), &foreign).unwrap();
    for (name, code) in [
        ("absent.db", "STORE_MISSING"),
        ("", "STORE_MISSING"),
        ("note.txt", "STORE_NOT_BOOKS"),
        ("short.db", "STORE_NOT_BOOKS"),
        ("foreign.db", "STORE_NOT_BOOKS"),
        ("cut.db", "STORE_TRUNCATED"),
    ] {
        let before = std::fs::read_dir(folder.path()).unwrap().count();
        let address = Address::Sqlite(path(name));
        for error in [
            Reader::open(&address).await.map(drop).unwrap_err(),
            store::open(&address, &sample::identity()).await.map(drop).unwrap_err(),
        ] {
            assert_eq!(error.code(), code, "{name}: {error}");
            assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before, "{name}");
    }
    let other = "OTHER_US_SIM_01".parse().unwrap();
    assert_eq!(store::open(&good.address, &other).await.map(drop).unwrap_err().code(), "STORE_NO_BOOK");
}

#[tokio::test]
async fn a_book_is_made_once_and_others_stand_beside_it() {
    for place in Place::each("books").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let again = store::create(&place.address, &sample::new_book()).await.unwrap_err();
        assert!(again.to_string().contains("this book exists already"), "{again}");
        let mut other = sample::new_book();
        other.identity = "OTHER_US_SIM_01".parse().unwrap();
        store::create(&place.address, &other).await.unwrap();
        let reader = Reader::open(&place.address).await.unwrap();
        let numbers: Vec<i64> = reader.books().await.unwrap().iter().map(|b| b.number).collect();
        assert_eq!(numbers, [1, 2]);
        reader.close().await;
    }
}
