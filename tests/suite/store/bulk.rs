//! Files of backtests: whole, quick, and the same bytes for the same content (RES-7a).

use std::path::Path;
use std::time::Instant;

use tbot::store::{self, Address, Batch, BookReport, Bulk, Check, Reader};

use super::sample;
use crate::places::Folder;

fn write(path: &Path, entries: u64, events: u64, batch: usize) -> BookReport {
    let (entries, events) = (sample::trades(entries), sample::events(events));
    let mut writer = Bulk::begin(path, &sample::new_book()).unwrap();
    let per_entry = events.len() / entries.len() + 1;
    for (entries, events) in
        entries.chunks(batch).zip(events.chunks(batch * per_entry).chain(std::iter::repeat(&[][..])))
    {
        writer.append(&Batch { events, entries, closings: &[] }).unwrap();
    }
    let written = writer.written().clone();
    assert_eq!(writer.close().unwrap(), written.heads);
    written
}

#[tokio::test]
async fn res_7a_the_same_content_makes_the_same_bytes_in_one_file() {
    let folder = Folder::new();
    let mut files = Vec::new();
    for name in ["one", "two"] {
        let path = folder.path().join(name).join("ledger.db");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let written = write(&path, 700, 2000, 50);
        let names: Vec<_> =
            std::fs::read_dir(path.parent().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(names, ["ledger.db"], "no log, no lock, no head beside it");
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(&bytes[16..20], [0x40, 0, 1, 1], "pages of 16384 bytes, and no write-ahead log");
        files.push(bytes);

        let address = Address::Sqlite(path.parent().unwrap().to_path_buf());
        let check = Check { heads: vec![(sample::identity(), written.heads)], ..Check::default() };
        let report = store::verify(&address, &check).await.unwrap();
        assert!(report.is_sound(), "{}", report.finding.unwrap());
        let told = |b: &BookReport| (b.heads, b.entries, b.events, b.postings, b.closings);
        assert_eq!(told(&report.books[0]), told(&written), "the verification finds what was written");
        assert_eq!((report.books[0].entries, report.books[0].events, report.books[0].postings), (700, 2000, 3497));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "verifying makes no file");
    }
    assert!(files[0] == files[1]);
}

#[tokio::test]
async fn a_backtest_never_writes_over_a_file_and_its_file_can_be_opened_as_any_other() {
    let folder = Folder::new();
    let path = folder.path().join("ledger.db");
    write(&path, 10, 10, 5);
    assert_eq!(Bulk::begin(&path, &sample::new_book()).unwrap_err().code(), "STORE_EXISTS");
    let address = Address::Sqlite(path);
    let reader = Reader::open(&address).await.unwrap();
    let book = reader.book(&sample::identity()).await.unwrap();
    let stored = reader.entries(&book, 0, 100).await.unwrap();
    assert!(stored.iter().map(|s| &s.entry).eq(&sample::trades(10)));
    reader.close().await;
    let (_, mut writer) = store::open(&address, &sample::identity()).await.unwrap();
    let more = sample::trades(11);
    writer.append(&Batch { entries: &more[10..], ..Batch::default() }).await.unwrap();
    writer.close().await.unwrap();
    assert!(store::verify(&address, &Check::default()).await.unwrap().is_sound());
}

/// `cargo test --release -- --ignored --nocapture measured`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; needs a release build to say something"]
#[expect(clippy::disallowed_methods, reason = "it measures the time that has passed")]
async fn measured_a_backtest_of_two_years_and_the_verifying_of_it() {
    let folder = Folder::new();
    for (entries, events, batch) in [(14_000, 40_000, 28), (14_000, 40_000, 14_000), (200_000, 400_000, 1000)] {
        let path = folder.path().join(format!("ledger-{entries}-{batch}.db"));
        let (batches, all_events) = (sample::trades(entries), sample::events(events));
        let start = Instant::now();
        let mut writer = Bulk::begin(&path, &sample::new_book()).unwrap();
        let share = all_events.len() * batch / batches.len();
        for (entries, events) in batches.chunks(batch).zip(all_events.chunks(share)) {
            writer.append(&Batch { events, entries, closings: &[] }).unwrap();
        }
        writer.close().unwrap();
        let written = start.elapsed();
        let start = Instant::now();
        for pages in [false, true] {
            let check = Check { pages, ..Check::default() };
            let report = store::verify(&Address::Sqlite(path.clone()), &check).await.unwrap();
            assert!(report.is_sound());
        }
        let size = std::fs::metadata(&path).unwrap().len() / 1_000_000;
        eprintln!(
            "{entries} entries by {batch}: {size} MB written in {written:?}, verified twice in {:?}",
            start.elapsed()
        );
    }
}

/// One entry at a time, each durable.
#[tokio::test]
#[ignore = "measures; needs a release build to say something"]
#[expect(clippy::disallowed_methods, reason = "it measures the time that has passed")]
async fn measured_durable_appends() {
    let place = crate::places::Place::sqlite();
    store::create(&place.address, &sample::new_book()).await.unwrap();
    let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
    let (entries, events) = (sample::trades(1000), sample::events(1000));
    let start = Instant::now();
    for (entry, event) in entries.iter().zip(&events) {
        let (entries, events) = (std::slice::from_ref(entry), std::slice::from_ref(event));
        writer.append(&Batch { events, entries, closings: &[] }).await.unwrap();
    }
    eprintln!("1000 durable appends of a fill and its event: {:?}", start.elapsed());
}
