//! LEDG-4a: the verifier finds what went around the database's own refusals, and names the first record touched.

use std::path::PathBuf;

use desk::domain::chain::Hash;
use desk::domain::chart::{AccountType, Carries, ChartRow, NormalSide};
use desk::domain::journal::{AccountCode, Entry};
use ed25519_dalek::{Signer as _, SigningKey};
use tbot::store::{
    self, Account, Address, Balance, Batch, Check, Closing, Finding, Heads, Reader, Report, Signers, StoreError,
    StoredEvent, closing_text,
};

use super::closes::{closed_days, closed_days_after};
use super::raw::Raw;
use super::sample;
use crate::places::{Folder, Place};

/// Thirty entries and events.
async fn books(address: &Address) -> Heads {
    store::create(address, &sample::new_book()).await.unwrap();
    let (_, mut writer) = store::open(address, &sample::identity()).await.unwrap();
    let (entries, events) = (sample::trades(30), sample::events(30));
    writer.append(&Batch { events: &events, entries: &entries, closings: &[] }).await.unwrap();
    writer.close().await.unwrap()
}

async fn finding(address: &Address) -> Option<Finding> {
    store::verify(address, &Check::default()).await.unwrap().finding
}

/// Tampers with a copy and verifies it. (An SQLite file is copied; PostgreSQL's books are made anew by the caller.)
pub(super) async fn tampered(address: &Address, script: &str) -> Finding {
    let mut raw = Raw::open(address).await;
    raw.tamper(script).await;
    raw.close().await;
    let found = finding(address).await.unwrap_or_else(|| panic!("not found: {script}"));
    stranger_finds(address, script).await;
    found
}

/// The stand-alone verifier, which shares no code with the bot, finds it too.
async fn stranger_finds(address: &Address, script: &str) {
    match stranger(address).await {
        Err(tbot_verify::Wrong::Touched(_)) => {}
        other => panic!("the stand-alone verifier says {other:?} after {script}"),
    }
}

pub(super) async fn stranger(address: &Address) -> Result<Vec<tbot_verify::Verified>, tbot_verify::Wrong> {
    match address {
        Address::Sqlite(path) => tbot_verify::verify(&path.display().to_string()).await,
        Address::Postgres(url) => tbot_verify::verify(url).await,
    }
}

/// Each column: a value that it does not have, and the column that the verifier names.
const ENTRY: &[(&str, &str, &str)] = &[
    ("book", "book + 1", "seq"),
    ("seq", "seq + 1000", "seq"),
    ("entry_id", "'abcdefghijklmnopqrstuvwxyz'", "entry_id"),
    ("kind", "'fee'", "kind"),
    ("source_key", "source_key || ' x'", "source_key"),
    ("session", "session + 1", "session"),
    ("effective_at", "effective_at - 1", "effective_at"),
    ("booked_at", "booked_at - 1", "booked_at"),
    ("reverses", "1", "reverses"),
    ("corrects", "1", "corrects"),
    ("postings", "postings + 1", "postings"),
    ("previous", "hash", "previous"),
    ("hash", "previous", "hash"),
    ("bytes", "previous", "hash"),
];

const POSTING: &[(&str, &str, &str)] = &[
    ("book", "book + 1", "line"),
    ("seq", "seq + 1000", "line"),
    ("line", "line + 1000", "line"),
    ("session", "session + 1", "session"),
    ("account", "account + 1", "account"),
    ("currency", "'EUR'", "currency"),
    ("amount", "amount + 1", "amount"),
    ("commodity", "'OTHER'", "commodity"),
    ("units", "coalesce(units, 0) + 1", "units"),
    ("lot", "'OTHER-x1'", "lot"),
    ("strategy", "NULL", "strategy"),
    ("instrument", "''", "instrument"),
    ("fill", "'y'", "fill"),
    ("fee_kind", "'taf'", "fee_kind"),
    ("item", "'2026-06-09'", "item"),
];

const EVENT: &[(&str, &str, &str)] = &[
    ("book", "book + 1", "seq"),
    ("seq", "seq + 1000", "seq"),
    ("at", "at + 1", "at"),
    ("kind", "'order_lost'", "kind"),
    ("version", "version + 1", "version"),
    ("previous", "hash", "previous"),
    ("hash", "previous", "hash"),
    ("bytes", "previous", "bytes"),
];

/// What stood in the books before they were touched.
enum Kept {
    File(PathBuf, Vec<u8>),
    /// In tables that only this connection sees.
    Server(Raw),
}

impl Kept {
    async fn of(address: &Address) -> Self {
        if let Address::Sqlite(path) = address {
            return Self::File(path.clone(), std::fs::read(path).unwrap());
        }
        let mut raw = Raw::open(address).await;
        for table in ["entry", "posting", "event"] {
            raw.must(&format!("CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        Self::Server(raw)
    }

    async fn put_back(&mut self, table: &str) {
        match self {
            Self::File(path, bytes) => std::fs::write(path, bytes).unwrap(),
            Self::Server(raw) => {
                raw.tamper(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}")).await;
            }
        }
    }
}

/// Gives a column of a row another value, and has it found by both verifiers. False where a server's constraints refuse it.
async fn is_found(address: &Address, table: &'static str, (set, named): (&str, &str), (seq, line): (u64, u32)) -> bool {
    let only = if table == "posting" { format!(" AND line = {line}") } else { String::new() };
    let script = format!("UPDATE {table} SET {set} WHERE seq = {seq}{only}");
    let mut raw = Raw::open(address).await;
    let outcome = raw.attempt(&script).await;
    raw.close().await;
    if let Err(refused) = outcome {
        assert!(refused.contains("violates check constraint"), "{script}: {refused}");
        return false;
    }
    let found = finding(address).await.unwrap_or_else(|| panic!("not found: {script}"));
    stranger_finds(address, &script).await;
    assert_eq!((found.table, found.seq), (table, Some(seq)), "{script}: {found}");
    assert_eq!(found.column, named, "{script}: {found}");
    assert_eq!(found.line, (table == "posting").then_some(line), "{script}: {found}");
    assert_ne!(found.stored, found.computed, "{script}");
    true
}

#[tokio::test]
async fn ledg_4a_each_column_of_each_table_is_held_against_the_hashed_bytes_on_both_engines() {
    for place in Place::each("columns").await {
        let address = &place.address;
        books(address).await;
        let mut kept = Kept::of(address).await;
        // Each question to a server takes its time.
        let rows = if matches!(kept, Kept::File(..)) { 3 } else { 1 };
        assert_eq!(finding(address).await, None);
        stranger(address).await.unwrap();
        let mut random = 17_u64;
        for (table, columns) in [("entry", ENTRY), ("posting", POSTING), ("event", EVENT)] {
            for (column, value, named) in columns {
                let set = format!("{column} = {value}");
                let (mut found, mut tries) = (0, 0);
                while found < rows {
                    assert!(tries < 40, "no row of {table} takes {set}");
                    tries += 1;
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let row = ((random >> 33) % 29 + 2, u32::try_from((random >> 20) % 5 + 1).unwrap());
                    if is_found(address, table, (&set, named), row).await {
                        found += 1;
                        kept.put_back(table).await;
                    }
                }
            }
        }
        assert_eq!(finding(address).await, None, "everything is back");
    }
}

#[tokio::test]
async fn ledg_4a_rows_deleted_swapped_and_inserted_are_found_on_both_engines() {
    let row = "SELECT book, 5, 6, session, account, currency, amount, commodity, units, lot, strategy, instrument, fill, \
               fee_kind, item FROM posting WHERE seq = 5 AND line = 4";
    let swap = |table: &str| {
        format!(
            "UPDATE {table} SET seq = 1000 WHERE seq = 8; UPDATE {table} SET seq = 8 WHERE seq = 9; \
             UPDATE {table} SET seq = 9 WHERE seq = 1000"
        )
    };
    for (n, (script, table, seq, line)) in [
        ("DELETE FROM entry WHERE seq = 7".to_owned(), "entry", 7, None),
        ("DELETE FROM posting WHERE seq = 7 AND line = 2".to_owned(), "posting", 7, Some(2)),
        ("DELETE FROM posting WHERE seq = 7".to_owned(), "posting", 7, Some(1)),
        ("DELETE FROM event WHERE seq = 7".to_owned(), "event", 7, None),
        (swap("entry"), "entry", 8, None),
        (swap("event"), "event", 8, None),
        (format!("INSERT INTO posting {row}"), "posting", 5, Some(6)),
        (format!("INSERT INTO posting {}", row.replace("5, 6", "31, 1")), "posting", 31, Some(1)),
        (format!("INSERT INTO posting {}", row.replace("book, 5", "9, 5")), "posting", 0, None),
        ("UPDATE posting SET amount = amount + 5 WHERE seq = 4 AND line IN (3, 4)".to_owned(), "posting", 4, Some(3)),
    ]
    .into_iter()
    .enumerate()
    {
        for place in Place::each(&format!("rows{n}")).await {
            books(&place.address).await;
            let found = tampered(&place.address, &script).await;
            let seq = (seq != 0).then_some(seq);
            assert_eq!((found.table, found.seq, found.line), (table, seq, line), "{script}: {found}");
        }
    }
}

#[tokio::test]
async fn ledg_4a_a_cut_tail_is_found_by_a_head_that_is_kept_outside() {
    for place in Place::each("tail").await {
        let heads = books(&place.address).await;
        let cut =
            "DELETE FROM posting WHERE seq > 25; DELETE FROM entry WHERE seq > 25; DELETE FROM event WHERE seq > 28";
        let mut raw = Raw::open(&place.address).await;
        raw.tamper(cut).await;
        raw.close().await;
        let kept = place.folder.path().join("ledger.head");
        let outside = std::fs::read(&kept).ok();
        if outside.is_some() {
            let found = finding(&place.address).await.unwrap();
            assert_eq!((found.table, found.seq), ("entry", Some(26)), "by the file: {found}");
            stranger_finds(&place.address, cut).await;
            std::fs::remove_file(&kept).unwrap();
        }
        assert_eq!(finding(&place.address).await, None, "what is left is a chain; nothing inside can tell");
        let check = Check { heads: vec![(sample::identity(), heads)], ..Check::default() };
        let found = store::verify(&place.address, &check).await.unwrap().finding.unwrap();
        assert_eq!((found.table, found.seq), ("entry", Some(25)), "{found}");

        // A tail that was cut and written anew has the same length and another hash.
        let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        let entries: Vec<Entry> = (26..=30).map(|seq| sample::float_in(seq, &format!("forged-{seq}"), 100)).collect();
        writer.append(&Batch { entries: &entries, events: &sample::events(30)[28..], closings: &[] }).await.unwrap();
        let found = store::verify(&place.address, &check).await.unwrap().finding.unwrap();
        assert_eq!((found.table, found.seq, found.column.as_str()), ("entry", Some(30), "hash"), "{found}");

        // And one that was made longer goes past the head that was kept, with another hash where that stands.
        let more = [sample::float_in(31, "forged-31", 100)];
        writer.append(&Batch { entries: &more, ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
        if let Some(outside) = outside {
            std::fs::write(&kept, outside).unwrap();
            let found = finding(&place.address).await.unwrap();
            assert_eq!((found.table, found.seq), ("entry", Some(30)), "{found}");
            stranger_finds(&place.address, "a chain made anew").await;
        }
    }
}

#[tokio::test]
async fn ledg_4_dropped_triggers_and_a_changed_schema_are_found() {
    for (n, (on_sqlite, on_postgres, thing)) in [
        ("DROP TRIGGER posting_no_delete", "DROP TRIGGER posting_no_change ON posting", "posting_no_"),
        ("DROP INDEX posting_by_lot", "DROP INDEX posting_by_lot", "posting_by_lot"),
        ("CREATE TABLE note (text TEXT)", "CREATE TABLE note (text TEXT)", "note"),
        (
            "DROP TRIGGER event_before_insert; CREATE TRIGGER event_before_insert BEFORE INSERT ON event BEGIN SELECT 1; END",
            "ALTER TABLE event DISABLE TRIGGER event_before_insert",
            "event_before_insert",
        ),
        (
            "ALTER TABLE posting ADD COLUMN note TEXT",
            "ALTER TABLE posting DROP CONSTRAINT posting_check",
            "posting",
        ),
        (
            "DROP VIEW journal_in",
            "CREATE OR REPLACE FUNCTION what_is_written_stays() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN RETURN NEW; END'",
            "",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        for place in Place::each(&format!("schema{n}")).await {
            books(&place.address).await;
            assert_eq!(finding(&place.address).await, None, "{}", place.address);
            let sound = stranger(&place.address).await.unwrap();
            assert_eq!((sound.len(), sound[0].entries.0, sound[0].events.0), (1, 30, 30), "{}", place.address);
            let mut raw = Raw::open(&place.address).await;
            let script = if raw.is_sqlite() { on_sqlite } else { on_postgres };
            raw.must(script).await;
            raw.close().await;
            let found = finding(&place.address).await.unwrap_or_else(|| panic!("not found: {script}"));
            stranger_finds(&place.address, script).await;
            assert_eq!(found.table, "schema");
            assert!(found.column.contains(thing), "{found}");
        }
    }
}

#[tokio::test]
async fn a_schema_of_another_version_is_refused_both_ways() {
    for (version, words) in [(0, "migrate it first"), (2, "written by a newer program")] {
        for place in Place::each(&format!("version{version}")).await {
            store::create(&place.address, &sample::new_book()).await.unwrap();
            let mut raw = Raw::open(&place.address).await;
            raw.tamper(&format!("UPDATE schema_version SET version = {version}")).await;
            raw.close().await;
            for error in [
                store::verify(&place.address, &Check::default()).await.map(drop).unwrap_err(),
                store::open(&place.address, &sample::identity()).await.map(drop).unwrap_err(),
                Reader::open(&place.address).await.map(drop).unwrap_err(),
            ] {
                assert!(error.to_string().contains(words), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn d5_a_flipped_byte_is_found_or_changes_nothing_that_is_read() {
    let place = Place::sqlite();
    let heads = books(&place.address).await;
    let file = place.folder.path().join("ledger.db");
    let whole = std::fs::read(&file).unwrap();
    let (mut random, mut found) = (5_u64, 0);
    let before = everything(&place.address).await;
    for _ in 0..150 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = whole.clone();
        let at = usize::try_from(random >> 33).unwrap() % bytes.len();
        bytes[at] ^= 1 << ((random >> 20) & 7);
        std::fs::write(&file, &bytes).unwrap();
        let check = Check { heads: vec![(sample::identity(), heads)], ..Check::default() };
        match store::verify(&place.address, &check).await {
            Ok(report) if report.is_sound() => {
                assert!(everything(&place.address).await == before, "byte {at}");
            }
            Ok(_) => found += 1,
            // Its first bytes say whose file it is; all other damage is a finding, not a failure.
            Err(e) => assert!(at < 100 && e.code() == "STORE_NOT_BOOKS", "byte {at}: {e}"),
        }
    }
    assert!(found > 30, "{found} of 150");
}

/// An index is taken out of the schema, its row put back as it was, and the index put in again: the table is whole, and the
/// index has another value in as many rows.
#[tokio::test]
async fn ledg_4a_an_index_that_tells_otherwise_than_its_table_is_found() {
    for (index, column, value) in [
        ("posting_by_account", "session", "session + 1"),
        ("posting_by_lot", "units", "units + 1"),
        ("posting_by_instrument", "instrument", "'OTHER'"),
        ("entry_by_fact", "source_key", "'other'"),
        ("entry_by_session", "session", "session + 1"),
        ("entry_by_effect", "effective_at", "effective_at + 1"),
    ] {
        let place = Place::sqlite();
        books(&place.address).await;
        let (table, _) = index.split_once('_').unwrap();
        let row = "book = 1 AND seq = (SELECT min(seq) FROM posting WHERE lot IS NOT NULL AND units IS NOT NULL)";
        let first = if table == "posting" { " AND line = 1" } else { "" };
        let mut raw = Raw::open(&place.address).await;
        let kept = raw.text(&format!("SELECT quote({column}) FROM {table} WHERE {row}{first}")).await;
        let asked = format!("SELECT rootpage || ', ' || quote(sql) FROM sqlite_master WHERE name = '{index}'");
        let schema = raw.text(&asked).await;
        raw.tamper(&format!("UPDATE {table} SET {column} = {value} WHERE {row}{first}")).await;
        raw.must(&format!("PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = '{index}'")).await;
        raw.close().await;
        let mut raw = Raw::open(&place.address).await;
        raw.tamper(&format!("UPDATE {table} SET {column} = {kept} WHERE {row}{first}")).await;
        let back = format!("INSERT INTO sqlite_master VALUES ('index', '{index}', '{table}', {schema})");
        raw.must(&format!("PRAGMA writable_schema = ON; {back}")).await;
        raw.close().await;
        let found = finding(&place.address).await.unwrap_or_else(|| panic!("not found: {index}"));
        assert_eq!((found.table, found.column.as_str()), ("file", "pages"), "{index}: {found}");
        assert!(found.stored.contains(index), "{index}: {found}");
        let check = Check { pages: false, ..Check::default() };
        let report = store::verify(&place.address, &check).await.unwrap();
        assert_eq!(report.finding, None, "{index}: the records themselves are whole");
    }
}

/// What exports are made from is held against its chain, whoever asks.
#[tokio::test]
async fn ledg_4a_a_journal_that_was_touched_is_not_given_to_exports() {
    for (n, script) in [
        "UPDATE entry SET hash = previous WHERE seq = 9",
        "DELETE FROM entry WHERE seq = 9",
        "UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE seq = 8) WHERE seq = 9",
    ]
    .into_iter()
    .enumerate()
    {
        for place in Place::each(&format!("given{n}")).await {
            books(&place.address).await;
            let all = async || {
                let reader = Reader::open(&place.address).await.unwrap();
                let book = reader.book(&sample::identity()).await.unwrap();
                let all = reader.all_entries(&book).await;
                reader.close().await;
                all
            };
            assert_eq!(all().await.unwrap().len(), 30);
            let mut raw = Raw::open(&place.address).await;
            raw.tamper(script).await;
            raw.close().await;
            let error = all().await.unwrap_err();
            assert!(matches!(error, StoreError::Touched { seq: 9 }), "{script}: {error}");
        }
    }
}

/// All that a reader is told of the sample's book.
async fn everything(address: &Address) -> (Vec<Entry>, Vec<StoredEvent>, Vec<Account>, Vec<Balance>) {
    let reader = Reader::open(address).await.unwrap();
    let book = reader.book(&sample::identity()).await.unwrap();
    let entries = reader.entries(&book, 0, 1_000).await.unwrap().into_iter().map(|s| s.entry).collect();
    let events = reader.events(&book, 0, 1_000).await.unwrap();
    let (accounts, balances) =
        (reader.accounts(&book).await.unwrap(), reader.balances(&book, &store::Scope::ALL).await.unwrap());
    reader.close().await;
    (entries, events, accounts, balances)
}

fn sign(key: u8, closings: &mut [Closing]) {
    let key = SigningKey::from_bytes(&[key; 32]);
    for c in closings {
        c.signature = Some(key.sign(&closing_text(&c.record)).to_bytes().to_vec());
    }
}

/// Whoever may write everything makes books anew: rows, hashes, sums, links, heads. What they cannot make is a signature.
#[tokio::test]
async fn ledg_4a_books_that_were_made_anew_are_found_by_the_signatures_of_their_closings() {
    let folder = Folder::new();
    let file = folder.path().join("kept.pub");
    let public = SigningKey::from_bytes(&[7; 32]).verifying_key();
    std::fs::write(&file, data_encoding::HEXLOWER.encode(public.as_bytes()) + "\n").unwrap();
    let check = Check { signers: Signers::read(&file).unwrap(), ..Check::default() };
    let (entries, mut closings) = closed_days();
    sign(7, &mut closings);
    let mut others = sample::trades(4);
    others[3].draft.description.push_str(", as if it had been so");
    let (other_entries, mut other_closings) = closed_days_after(others);
    let signatures = |of: &mut [Closing], from: &[Closing]| {
        of.iter_mut().zip(from).for_each(|(c, own)| c.signature.clone_from(&own.signature));
    };
    signatures(&mut other_closings, &closings);
    let left = other_closings.clone();
    let mut missing = other_closings.clone();
    for closing in &mut missing {
        closing.signature = None;
    }
    let mut last_missing = closings.clone();
    last_missing[3].signature = None;
    sign(8, &mut other_closings);
    // The record and its signature are the bot's, the entries before it are not.
    let mut kept = left.clone();
    kept.iter_mut().zip(&closings).for_each(|(c, own)| c.record.clone_from(&own.record));
    let mut kept_entries = other_entries.clone();
    for c in &kept {
        let entry = &mut kept_entries[usize::try_from(c.seq).unwrap() - 1];
        entry.draft.facts.insert(Closing::FACT.into(), Hash::of(&c.record).to_string().into());
    }
    let cases = [
        ("untouched", &entries, &closings, None),
        ("signatures left", &other_entries, &left, Some((5, "signature"))),
        ("signatures taken away", &other_entries, &missing, Some((5, "signature"))),
        ("one signature taken away", &entries, &last_missing, Some((11, "signature"))),
        ("signed with another key", &other_entries, &other_closings, Some((5, "signature"))),
        ("records left", &kept_entries, &kept, Some((5, "last_hash"))),
    ];
    for (n, (what, entries, closings, expected)) in cases.into_iter().enumerate() {
        for place in Place::each(&format!("anew{n}")).await {
            store::create(&place.address, &sample::new_book()).await.unwrap();
            let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
            writer.append(&Batch { entries, closings, events: &[] }).await.unwrap();
            writer.close().await.unwrap();
            let report: Report = store::verify(&place.address, &check).await.unwrap();
            let found = report.finding.as_ref().map(|f| (f.table, f.seq.unwrap(), f.column.as_str()));
            assert_eq!(found, expected.map(|(seq, column)| ("closing_record", seq, column)), "{what}");
            let unknown = store::verify(&place.address, &Check::default()).await.unwrap();
            assert_eq!(unknown.is_sound(), expected.is_none_or(|(_, column)| column == "signature"), "{what}");
            assert!(!unknown.books[0].signatures_checked);
            if expected.is_none() {
                let book = &report.books[0];
                assert_eq!((book.closings, book.signed, book.sealed, book.signatures_checked), (4, 4, 10, true));
            }
        }
    }
}

#[tokio::test]
async fn ledg_12_closings_are_recomputed_and_a_changed_one_is_named() {
    let attacks = [
        ("", "", 0),
        ("UPDATE closing_balance SET amount = amount + 1 WHERE seq = 7 AND line = 2", "closing_balance", 7),
        ("UPDATE closing_balance SET units = units + 1 WHERE seq = 10 AND line = 3", "closing_balance", 10),
        ("UPDATE closing_balance SET strategy = 'mid' WHERE seq = 5 AND line = 1", "closing_balance", 5),
        ("DELETE FROM closing_balance WHERE seq = 11 AND line = 1", "closing_balance", 11),
        ("UPDATE closing_lot SET cost = cost + 1 WHERE seq = 5 AND line = 1", "closing_lot", 5),
        ("DELETE FROM closing_lot WHERE seq = 7", "closing_lot", 7),
        ("UPDATE closing_record SET bytes = hash WHERE seq = 5", "closing_record", 5),
        ("UPDATE closing_record SET session = session + 5 WHERE seq = 5", "closing_record", 5),
        ("UPDATE closing_record SET n = 9 WHERE seq = 7", "closing_record", 7),
        ("DELETE FROM closing_record WHERE seq = 7", "closing_record", 7),
        ("UPDATE closing_record SET seq = 6 WHERE seq = 7", "closing_record", 6),
    ];
    for (n, (script, table, seq)) in attacks.into_iter().enumerate() {
        for place in Place::each(&format!("closing{n}")).await {
            store::create(&place.address, &sample::new_book()).await.unwrap();
            let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
            let (entries, closings) = closed_days();
            writer.append(&Batch { entries: &entries, closings: &closings, events: &[] }).await.unwrap();
            writer.close().await.unwrap();
            if script.is_empty() {
                let report = store::verify(&place.address, &Check::default()).await.unwrap();
                assert!(report.is_sound(), "{}", report.finding.unwrap());
                assert_eq!(report.books[0].closings, 4);
                continue;
            }
            let found = tampered(&place.address, script).await;
            assert_eq!((found.table, found.seq), (table, Some(seq)), "{script}: {found}");
        }
    }
}

#[tokio::test]
async fn ledg_4a_a_row_of_the_chart_that_was_touched_is_found() {
    let place = Place::sqlite();
    books(&place.address).await;
    let file = place.folder.path().join("ledger.db");
    let whole = std::fs::read(&file).unwrap();
    for (script, column) in [
        ("UPDATE account SET name = 'Cash' WHERE code = 1010", "1010, name"),
        ("UPDATE account SET type = 'income' WHERE code = 5910", "5910, type"),
        ("UPDATE account SET side = 'debit' WHERE code = 4110", "4110, side"),
        ("UPDATE account SET holds = 'lots' WHERE code = 5610", "5610, holds"),
        ("UPDATE account SET items = 0 WHERE code = 2310", "2310, items"),
        ("UPDATE account SET open = 0 WHERE code = 2320", "2320, open"),
        ("UPDATE account SET version = 2 WHERE code = 4210", "4210, code"),
        ("DELETE FROM account WHERE code = 9300", "9300, code"),
        ("INSERT INTO account VALUES (1, 1999, 1, 'Slush', 'asset', 'debit', 'currency', 0, 1, NULL)", "1999, code"),
    ] {
        let found = tampered(&place.address, script).await;
        assert_eq!((found.table, found.column.as_str()), ("account", column), "{script}: {found}");
        std::fs::write(&file, &whole).unwrap();
    }
}

/// Two accounts were added; one was given another name later, the other one was closed.
async fn changed_books(address: &Address) {
    store::create(address, &sample::new_book()).await.unwrap();
    let (_, mut writer) = store::open(address, &sample::identity()).await.unwrap();
    let row = |code: u16, name: &str, open| {
        let kind = AccountType::of(AccountCode::new(code).unwrap()).unwrap();
        let (code, name) = (AccountCode::new(code).unwrap(), name.to_owned());
        ChartRow { code, name, kind, side: NormalSide::Debit, holds: Carries::Currency, items: false, open }
    };
    let events: Vec<_> = [
        (2, 0, row(5650, "Data", true)),
        (3, 1, row(1700, "Deposits", true)),
        (4, 3, row(5650, "Market data", true)),
        (5, 3, row(1700, "Deposits", false)),
    ]
    .into_iter()
    .zip(1_u64..)
    .map(|((version, after, row), seq)| sample::chart_changed(seq, version, after, row))
    .collect();
    writer.append(&Batch { entries: &sample::trades(4), events: &events, closings: &[] }).await.unwrap();
    writer.close().await.unwrap();
}

#[tokio::test]
async fn ledg_4a_a_touched_later_version_of_the_chart_is_found_on_both_engines() {
    let first = |code: u16| format!("UPDATE account SET {{}} WHERE code = {code} AND version > 1");
    let tampering = [
        ("version = 9, event = 4", 3, "5650, code"),
        ("name = 'Consulting'", 0, "5650, name"),
        ("type = 'income'", 0, "5650, type"),
        ("side = 'credit'", 0, "5650, side"),
        ("holds = 'lots'", 0, "5650, holds"),
        ("items = 1", 0, "5650, items"),
        ("open = 0", 0, "5650, open"),
        ("event = 3", 0, "5650, event"),
        ("code = 5651", 0, "5650, code"),
    ];
    let mut scripts: Vec<(String, &str)> = tampering
        .into_iter()
        .map(|(set, version, column)| {
            let only = if version == 0 { " AND version = 2".to_owned() } else { " AND version = 4".to_owned() };
            (first(5650).replace("{}", set) + &only, column)
        })
        .collect();
    scripts.extend([
        ("DELETE FROM account WHERE version = 5".to_owned(), "1700, code"),
        ("UPDATE account SET open = 1 WHERE version = 5".to_owned(), "1700, open"),
        (
            "INSERT INTO account VALUES (1, 5660, 6, 'Slush', 'expense', 'debit', 'currency', 0, 1, 4)".to_owned(),
            "5660, code",
        ),
    ]);
    for place in Place::each("chart").await {
        changed_books(&place.address).await;
        let report = store::verify(&place.address, &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{}", report.finding.unwrap());
        stranger(&place.address).await.unwrap();
        let reader = Reader::open(&place.address).await.unwrap();
        let book = reader.book(&sample::identity()).await.unwrap();
        let changes = reader.chart_changes(&book).await.unwrap();
        let told: Vec<_> = changes.iter().map(|c| (c.change.version, c.change.account.name.as_str())).collect();
        assert_eq!(told, [(2, "Data"), (3, "Deposits"), (4, "Market data"), (5, "Deposits")]);
        let accounts = reader.accounts(&book).await.unwrap();
        let named = |code: u16| accounts.iter().find(|a| a.code.code() == code).unwrap();
        assert_eq!((named(5650).name.as_str(), named(5650).version, named(1700).open), ("Market data", 4, false));
        reader.close().await;
    }
    for (n, (script, column)) in scripts.into_iter().enumerate() {
        for place in Place::each(&format!("chart{n}")).await {
            changed_books(&place.address).await;
            let found = tampered(&place.address, &script).await;
            assert_eq!((found.table, found.column.as_str()), ("account", column), "{script}: {found}");
            match stranger(&place.address).await {
                Err(tbot_verify::Wrong::Touched(said)) => assert!(said.starts_with("account"), "{script}: {said}"),
                other => panic!("the stand-alone verifier says {other:?} after {script}"),
            }
        }
    }
}
