//! REP-9, LEDG-4a: the books of a server go into a file and back, record by record, and are verified at one moment while a bot
//! writes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use desk::domain::chart::{AccountType, Carries, ChartRow, NormalSide};
use desk::domain::journal::{AccountCode, Entry};
use tbot::store::{self, Address, Batch, Check, Heads, NewBook};

use super::closes::closed_days;
use super::raw::Raw;
use super::sample;
use crate::places::Place;
use crate::postgres;

/// A server's database with two closed days, a chart that was edited, and events.
async fn books(url: &str) -> Heads {
    let address = Address::Postgres(url.to_owned());
    store::create(&address, &sample::new_book()).await.unwrap();
    let (_, mut writer) = store::open(&address, &sample::identity()).await.unwrap();
    let (entries, closings) = closed_days();
    let sum = Batch { entries: &entries, closings: &closings, events: &sample::events(700) };
    let heads = writer.append(&sum).await.unwrap();
    // Events stand in the sample to the 700th.
    let (code, kind) = (AccountCode::new(1700).unwrap(), AccountType::Asset);
    let row = |name: &str, open| ChartRow {
        code,
        name: name.to_owned(),
        kind,
        side: NormalSide::Debit,
        holds: Carries::Currency,
        items: false,
        open,
    };
    let last = heads.entry.seq;
    let added = [sample::chart_changed(701, 2, last, row("Deposits", true))];
    writer.append(&Batch { events: &added, ..Batch::default() }).await.unwrap();
    for (seq, cents) in [(last + 1, 300), (last + 2, -300)] {
        let mut late = sample::float_in(seq, &format!("late{seq}"), cents);
        late.draft.session = sample::session(9);
        late.draft.postings[0].account = code;
        writer.append(&Batch { entries: &[late], ..Batch::default() }).await.unwrap();
    }
    let closed = [sample::chart_changed(702, 3, last + 2, row("Deposits", false))];
    writer.append(&Batch { events: &closed, ..Batch::default() }).await.unwrap();
    writer.close().await.unwrap()
}

async fn sound(address: &Address) -> Heads {
    let report = store::verify(address, &Check::default()).await.unwrap();
    assert!(report.is_sound(), "{}", report.finding.unwrap());
    report.books[0].heads
}

#[tokio::test]
async fn rep_9_the_books_of_a_server_go_into_a_file_and_back_with_the_same_hashes() {
    let Some(url) = postgres::database("carry").await else { return };
    let heads = books(&url).await;
    let place = Place::sqlite();
    let file = place.folder.path().join("books.db");
    let carried = store::export(&Address::Postgres(url), &sample::identity(), &file).await.unwrap();
    let copy = Address::Sqlite(file.clone());
    assert_eq!((carried, sound(&copy).await), (heads, heads));
    assert!(store::export(&copy, &sample::identity(), &file).await.is_err(), "nothing is written over");

    // Back into a database that was prepared, as the role of the bots.
    let owner = postgres::database("carried").await.unwrap();
    let mut admin = Raw::open(&Address::Postgres(owner.clone())).await;
    let role = format!("tbot_carrier_{}", std::process::id());
    admin.must(&format!("DROP ROLE IF EXISTS {role}")).await;
    admin.must(&format!("CREATE ROLE {role} LOGIN")).await;
    store::prepare(&Address::Postgres(owner.clone()), &role).await.unwrap();
    let into = Address::Postgres(postgres::as_user(&owner, &role));
    for again in [false, true] {
        let loaded = store::load(&file, &sample::identity(), &into).await.unwrap();
        assert_eq!((loaded, sound(&into).await), (heads, heads), "again: {again}");
    }
    let charts = [&copy, &into].map(|address| async move {
        let reader = store::Reader::open(address).await.unwrap();
        reader.accounts(&reader.book(&sample::identity()).await.unwrap()).await.unwrap()
    });
    let [one, other] = charts;
    assert_eq!(one.await, other.await);

    // A book that went on otherwise is left alone.
    let (_, mut writer) = store::open(&into, &sample::identity()).await.unwrap();
    let mut more = sample::float_in(14, "more", 5);
    more.draft.session = sample::session(9);
    writer.append(&Batch { entries: &[more], ..Batch::default() }).await.unwrap();
    writer.close().await.unwrap();
    let said = store::load(&file, &sample::identity(), &into).await.unwrap_err().to_string();
    assert!(said.contains("has records that the file does not have"), "{said}");
    admin.must(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

/// Whoever reads page after page while a bot writes sees the sums of a later moment than the rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ledg_4a_a_server_is_verified_at_one_moment_while_a_bot_writes() {
    let Some(url) = postgres::database("moment").await else { return };
    let address = Address::Postgres(url);
    store::create(&address, &sample::new_book()).await.unwrap();
    let (_, mut writer) = store::open(&address, &sample::identity()).await.unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let until = ended.clone();
    let writing = tokio::spawn(async move {
        let mut seq = 0;
        while !until.load(Ordering::Relaxed) {
            seq += 1;
            let entry: [Entry; 1] = [sample::float_in(seq, &format!("float-{seq}"), 100)];
            writer.append(&Batch { entries: &entry, ..Batch::default() }).await.unwrap();
        }
        writer.close().await.unwrap()
    });
    let mut seen = Vec::new();
    while seen.len() < 12 {
        seen.push(sound(&address).await.entry.seq);
    }
    ended.store(true, Ordering::Relaxed);
    let last = writing.await.unwrap();
    assert!(seen.is_sorted() && seen[0] < seen[11], "the bot wrote meanwhile: {seen:?}");
    assert_eq!(sound(&address).await, last);
}

/// OPS-12: one role serves several bots, and the database itself keeps each from another's book.
#[tokio::test]
async fn ops_12_the_database_takes_no_row_of_another_bots_book() {
    let Some(owner) = postgres::database("rows").await else { return };
    let mut admin = Raw::open(&Address::Postgres(owner.clone())).await;
    let role = format!("tbot_rows_{}", std::process::id());
    admin.must(&format!("DROP ROLE IF EXISTS {role}")).await;
    admin.must(&format!("CREATE ROLE {role} LOGIN")).await;
    store::prepare(&Address::Postgres(owner.clone()), &role).await.unwrap();
    let running = Address::Postgres(postgres::as_user(&owner, &role));
    let other = NewBook { identity: "OTHER_US_SIM_01".parse().unwrap(), ..sample::new_book() };
    store::found(&running, &sample::new_book()).await.unwrap();
    store::found(&running, &other).await.unwrap();

    let mut raw = Raw::open(&running).await;
    let account = "INSERT INTO account VALUES (2, 1999, 1, 'x', 'asset', 'debit', 'currency', 0, 1, NULL)";
    let event = "INSERT INTO event VALUES (2, 1, 0, 'x', 1, decode(repeat('00', 32), 'hex'), \
                 sha256(decode(repeat('00', 32), 'hex') || 'x'), 'x')";
    let book = "INSERT INTO book VALUES (3, 'THIRD_US_SIM_01', 'USD', 'XNYS')";
    for identity in ["", "'EXAMPLE_US_SIM_01'", "'NOBODY_US_SIM_01'"] {
        if !identity.is_empty() {
            raw.must(&format!("SET tbot.identity = {identity}")).await;
        }
        for attack in [account, event, book] {
            let said = raw.run(attack).await.unwrap_err();
            assert!(said.contains("row-level security"), "{identity}: {attack}: {said}");
        }
        for attack in ["ALTER TABLE event DISABLE ROW LEVEL SECURITY", "DROP POLICY own_rows ON event"] {
            assert!(raw.run(attack).await.unwrap_err().contains("must be owner"), "{attack}");
        }
    }
    raw.must("SET tbot.identity = 'OTHER_US_SIM_01'").await;
    for own in ["BEGIN", account, "ROLLBACK"] {
        raw.must(own).await;
    }
    raw.close().await;
    sound(&running).await;
    admin.must("ALTER TABLE event DISABLE ROW LEVEL SECURITY").await;
    let found = store::verify(&running, &Check::default()).await.unwrap().finding.unwrap();
    assert_eq!((found.table, found.column.as_str()), ("schema", "rows of event"), "{found}");
    admin.must(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
