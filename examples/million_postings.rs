//! How the books bear a million postings: appending with a durable commit, one by one and in groups, against the bare database
//! doing the same in the same run; verification; statements; memory (`docs/PERFORMANCE.md`).
//!
//! `cargo run --release --example million_postings [-- POSTINGS]`, the verification of a file alone with `-- FILE`; on PostgreSQL with `TBOT_BENCH_POSTGRES=postgres://…`, an empty
//! database.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a measurement, which stops where it fails"
)]

use std::path::{Path, PathBuf};
use std::time::Instant;

use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::{CalendarName, Identity, SessionId, StrategyName};
use desk::domain::journal::entry::entry_id;
use desk::domain::journal::{AccountCode, Draft, Entry, EntryKind, Facts, FeeKind, Holding, Posting, Tags};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Span;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tbot::store::{
    self, Address, Batch, Check, Days, NewBook, Reader, Reading, Scope, Sought, Summed, Text, Writer, chart,
};

/// Entries of a commit in groups.
const GROUP: usize = 100;
/// Entries that are committed one by one.
const SINGLE: usize = 2_000;
/// Sessions over which a book is spread.
const DAYS: usize = 252;

fn identity() -> Identity {
    "EXAMPLE_US_SIM_01".parse().unwrap()
}

/// A float, then round trips: five postings when a lot is opened, seven when it is closed.
fn entries(postings: usize) -> Vec<Entry> {
    let days = Calendar::XNYS.sessions("2025-01-02".parse().unwrap(), "2026-12-31".parse().unwrap()).unwrap();
    let sessions: Vec<SessionId> = days.take(DAYS).map(|s| SessionId::xnys(s.id.date)).collect();
    let count = postings / 6;
    (1..=count)
        .map(|n| {
            let day = sessions[(n * DAYS / (count + 1)).min(DAYS - 1)];
            match n {
                1 => float(day),
                n if n % 2 == 0 => fill(n, day, n / 2, true),
                n => fill(n, day, n / 2, false),
            }
        })
        .collect()
}

fn entry(n: usize, kind: EntryKind, key: String, session: SessionId, postings: Vec<Posting>) -> Entry {
    // In the order of their numbers, within the session.
    let at = Calendar::XNYS.session(session.date).unwrap().open + Span::nanos(n as i64);
    Entry {
        seq: n as u64,
        entry_id: entry_id(&identity(), kind, &key).unwrap(),
        booked_at: at,
        draft: Draft {
            kind,
            source_key: key,
            session,
            effective_at: at,
            reverses: None,
            corrects: None,
            description: format!("Entry {n}"),
            reason: None,
            by: None,
            facts: Facts::new(),
            postings,
        },
    }
}

fn float(day: SessionId) -> Entry {
    let amount = Money::from_raw(10_000_000_000_000);
    let pair = vec![
        Posting::money(AccountCode::CASH_SETTLED, Currency::USD, amount),
        Posting::money(AccountCode::FLOAT_CONTRIBUTED, Currency::USD, Money::from_raw(-amount.raw())),
    ];
    entry(1, EntryKind::FloatIn, "float-0001".to_owned(), day, pair)
}

/// A lot is opened, or that of the trade before is closed with a gain.
fn fill(n: usize, day: SessionId, trade: usize, opens: bool) -> Entry {
    let symbol: Symbol = format!("SYM{}", trade % 40).parse().unwrap();
    let key = format!("x{n}-17f3a9");
    let tags = Tags {
        strategy: Some(StrategyName::TRADING[trade % 3]),
        instrument: Some(symbol),
        fill: Some(key.parse().unwrap()),
        ..Tags::default()
    };
    let lot = Some(format!("{symbol}-{trade}").parse().unwrap());
    let (cost, units, gain) = (900_000_000_000 + trade as i64, 18_000_000_000, 1_500_000_000);
    let sign = if opens { 1 } else { -1 };
    let hold = |account, amount, units, tags: Tags| Posting {
        account,
        currency: Currency::USD,
        amount: Money::from_raw(amount),
        holding: Some(Holding { commodity: symbol, units: Quantity::from_raw(units) }),
        tags,
    };
    let pay = |account, amount, tags: Tags| Posting {
        tags,
        ..Posting::money(account, Currency::USD, Money::from_raw(amount))
    };
    let item = Tags { item: Some(day.date.to_string().parse().unwrap()), ..tags.clone() };
    let closing = if opens { 0 } else { gain };
    let fees = if opens { 100_000_000 } else { 100_001_000 + 2_000 };
    let mut postings = vec![
        hold(AccountCode::LONG_POSITIONS, sign * cost, sign * units, Tags { lot: lot.clone(), ..tags.clone() }),
        hold(AccountCode::UNITS_MARKET, 0, -sign * units, tags.clone()),
        pay(AccountCode::CASH_UNSETTLED, -sign * cost + closing - fees, item),
        pay(AccountCode::COMMISSIONS, 100_000_000, tags.clone()),
    ];
    if !opens {
        postings.push(pay(AccountCode::SEC_FEE, 1_000, Tags { fee_kind: Some(FeeKind::Sec), ..tags.clone() }));
        postings.push(pay(AccountCode::TAF, 2_000, Tags { fee_kind: Some(FeeKind::Taf), ..tags.clone() }));
        let short_term = AccountCode::new(4110).unwrap();
        postings.push(pay(short_term, -gain, Tags { lot, ..tags }));
    }
    entry(n, EntryKind::Fill, key, day, postings)
}

/// The same rows as plain inserts into plain tables: no hash, no trigger, no check; the database alone, with the same promise
/// that a commit is on the disk.
enum Bare {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

const TABLES: &str = "CREATE TABLE bare_entry (seq BIGINT PRIMARY KEY, entry_id TEXT, kind TEXT, source_key TEXT, session BIGINT,
    effective_at BIGINT, booked_at BIGINT, bytes BYTEA);
CREATE TABLE bare_posting (seq BIGINT, line BIGINT, session BIGINT, account BIGINT, currency TEXT, amount BIGINT, commodity TEXT,
    units BIGINT, lot TEXT, strategy TEXT, instrument TEXT, fill TEXT, fee_kind TEXT, item TEXT, PRIMARY KEY (seq, line));
CREATE INDEX bare_by_session ON bare_posting (session, account, currency, commodity, amount, units)";
const ADD_ENTRY: &str = "INSERT INTO bare_entry VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const ADD_POSTING: &str =
    "INSERT INTO bare_posting VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

macro_rules! bare_append {
    ($c:expr, $begin:literal, $group:expr) => {{
        $c.execute($begin).await.unwrap();
        for e in $group {
            let d = &e.draft;
            let session = d.session.date.to_string().replace('-', "").parse::<i64>().unwrap();
            sqlx::query(ADD_ENTRY)
                .bind(e.seq as i64)
                .bind(e.entry_id.to_string())
                .bind(d.kind.as_str())
                .bind(&d.source_key)
                .bind(session)
                .bind(d.effective_at.nanos())
                .bind(e.booked_at.nanos())
                .bind(e.to_bytes().unwrap())
                .execute(&mut *$c)
                .await
                .unwrap();
            for (line, p) in d.postings.iter().enumerate() {
                let text = |t: Option<String>| t;
                sqlx::query(ADD_POSTING)
                    .bind(e.seq as i64)
                    .bind(line as i64 + 1)
                    .bind(session)
                    .bind(i64::from(p.account.code()))
                    .bind(p.currency.as_str())
                    .bind(p.amount.raw())
                    .bind(p.holding.map(|h| h.commodity.to_string()))
                    .bind(p.holding.map(|h| h.units.raw()))
                    .bind(text(p.tags.lot.as_ref().map(|l| l.to_string())))
                    .bind(p.tags.strategy.map(|s| s.as_str()))
                    .bind(p.tags.instrument.map(|i| i.to_string()))
                    .bind(p.tags.fill.as_ref().map(|f| f.to_string()))
                    .bind(p.tags.fee_kind.map(|f| f.as_str()))
                    .bind(text(p.tags.item.as_ref().map(|i| i.to_string())))
                    .execute(&mut *$c)
                    .await
                    .unwrap();
            }
        }
        $c.execute("COMMIT").await.unwrap();
    }};
}

impl Bare {
    async fn new(address: &Address, folder: &Path) -> Self {
        match address {
            Address::Sqlite(_) => {
                let options = SqliteConnectOptions::new()
                    .filename(folder.join("bare.db"))
                    .create_if_missing(true)
                    .page_size(4096)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full);
                let mut c = SqliteConnection::connect_with(&options).await.unwrap();
                c.execute(TABLES).await.unwrap();
                Self::Sqlite(c)
            }
            Address::Postgres(url) => {
                let mut c = PgConnection::connect(url).await.unwrap();
                c.execute(TABLES).await.unwrap();
                Self::Postgres(c)
            }
        }
    }

    async fn append(&mut self, group: &[Entry]) {
        match self {
            Self::Sqlite(c) => bare_append!(c, "BEGIN IMMEDIATE", group),
            Self::Postgres(c) => bare_append!(c, "BEGIN", group),
        }
    }
}

/// Ours and the bare database in turn, group by group, so that both see the same disk; entries a second of each.
async fn append(writer: &mut Writer, bare: &mut Bare, entries: &[Entry], group: usize) -> (f64, f64) {
    let (mut ours, mut plain) = (0.0, 0.0);
    for group in entries.chunks(group) {
        let begun = Instant::now();
        writer.append(&Batch { entries: group, events: &[], closings: &[] }).await.unwrap();
        ours += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        bare.append(group).await;
        plain += begun.elapsed().as_secs_f64();
    }
    (entries.len() as f64 / ours, entries.len() as f64 / plain)
}

async fn statements(reader: &Reader, entries: &[Entry]) {
    let book = reader.book(&identity()).await.unwrap();
    let (first, middle, last) =
        (entries[0].draft.session, entries[entries.len() / 2].draft.session, entries.last().unwrap().draft.session);
    let (year, day) = (Days { from: first, to: last }, Days { from: middle, to: middle });
    macro_rules! timed {
        ($what:literal, $asked:expr) => {{
            let mut best = f64::MAX;
            for _ in 0..3 {
                let begun = Instant::now();
                $asked.await.unwrap();
                best = best.min(begun.elapsed().as_secs_f64());
            }
            println!("{:<44} {:>8.1} ms", $what, best * 1000.0);
        }};
    }
    let through = |day, reading| Scope::up_to(&book, day, reading).unwrap();
    let within = |days, reading| Scope::of(&book, days, reading).unwrap();
    let (late, early) = (through(last, Reading::BySession), through(middle, Reading::BySession));
    timed!("trial balance of the last day", reader.balances(&book, &late));
    timed!("trial balance of a day in the middle", reader.balances(&book, &early));
    timed!(
        "  as known at half of the entries",
        reader.balances(&book, &through(last, Reading::KnownAt(entries.len() as u64 / 2)))
    );
    timed!("  as effective, the last day", reader.balances(&book, &through(last, Reading::Effective)));
    timed!("  as effective, a day in the middle", reader.balances(&book, &through(middle, Reading::Effective)));
    timed!("lots open after the last day", reader.lots(&book, &late));
    timed!("lots open after a day in the middle", reader.lots(&book, &early));
    timed!("  as effective", reader.lots(&book, &through(middle, Reading::Effective)));
    let (of_day, of_year) = (within(day, Reading::BySession), within(year, Reading::BySession));
    timed!("realised gains of a day", reader.gains(&book, &of_day, 2_000));
    timed!("realised gains of the year, 2000 rows", reader.gains(&book, &of_year, 2_000));
    timed!("register of commissions, a day", reader.register(&book, AccountCode::COMMISSIONS, &of_day, 2_000));
    timed!(
        "register of commissions, the year, 2000 rows",
        reader.register(&book, AccountCode::COMMISSIONS, &of_year, 2_000)
    );
    let indexes = Summed::Indexes(reader.clone());
    timed!("cash of a day", indexes.cash(&book, &of_day));
    timed!("cash of the year", indexes.cash(&book, &of_year));
    timed!("unsettled cash after the last day", indexes.unsettled(&book, &late));
    let instrument = Sought { instrument: Some("SYM7".parse().unwrap()), ..Sought::default() };
    timed!("journal, one instrument, 100 rows", reader.sought(&book, &instrument, 100));
    let day = Sought { day: Some(middle), ..Sought::default() };
    timed!("journal, a day in the middle, 100 rows", reader.sought(&book, &day, 100));
    let never = Sought { instrument: Some("NEVER".parse().unwrap()), ..Sought::default() };
    timed!("journal, an instrument without entries", reader.sought(&book, &never, 100));
    let chart = reader.accounts(&book).await.unwrap();
    let (all, most, none) = (Sought::default(), Text::new("sym", &chart), Text::new("nowhere", &chart));
    timed!("a text that most of 100,000 entries have", reader.search(&book, (&all, &most), 50, 100_000));
    timed!("a text that none of 100,000 entries has", reader.search(&book, (&all, &none), 50, 100_000));
    timed!("days with entries", reader.days(&book, 300));
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|l| l.strip_prefix("VmHWM:")).map_or_else(String::new, |l| l.trim().to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let words = std::env::args().nth(1);
    if let Some(path) = words.as_ref().filter(|word| Path::new(word).exists()) {
        return verify(&Address::Sqlite(path.into())).await;
    }
    let postings: usize = words.map_or(1_000_000, |n| n.parse().expect("a number of postings"));
    let folder: PathBuf = std::env::temp_dir().join(format!("tbot-million-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let address = match std::env::var("TBOT_BENCH_POSTGRES") {
        Ok(url) => Address::Postgres(url),
        Err(_) => Address::Sqlite(folder.join("ledger.db")),
    };
    let entries = entries(postings);
    let rows: usize = entries.iter().map(|e| e.draft.postings.len()).sum();
    println!("{} entries, {rows} postings, {DAYS} sessions, {address:?}", entries.len());
    let book = NewBook {
        identity: identity(),
        base_currency: Currency::USD,
        calendar: CalendarName::Xnys,
        chart: chart::default_chart(),
    };
    store::create(&address, &book).await.unwrap();
    let (reader, mut writer) = store::open(&address, &identity()).await.unwrap();
    let mut bare = Bare::new(&address, &folder).await;
    let memory = peak_memory();
    let (singly, grouped) = entries.split_at(SINGLE.min(entries.len()));
    for (what, part, group) in [("one by one", singly, 1), ("in groups of 100", grouped, GROUP)] {
        let (ours, plain) = append(&mut writer, &mut bare, part, group).await;
        println!(
            "appended {what:<17} {ours:>8.0} entries/s; the bare database {plain:>8.0}; ratio {:.2} (aim 0.60)",
            ours / plain
        );
    }
    statements(&reader, &entries).await;
    // The writer last: it leaves one file.
    reader.close().await;
    writer.close().await.unwrap();
    drop(entries);
    verify(&address).await;
    println!(
        "peak memory {} (with all entries held for the measurement: {memory} before the first append)",
        peak_memory()
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

async fn verify(address: &Address) {
    for (what, check) in [("", Check::default()), (" without each page", Check { pages: false, ..Check::default() })] {
        let begun = Instant::now();
        let report = store::verify(address, &check).await.unwrap();
        let took = begun.elapsed().as_secs_f64();
        assert!(report.finding.is_none(), "{:?}", report.finding);
        let rows: u64 = report.books.iter().map(|book| book.postings).sum();
        println!("verified{what} in {took:.2} s: {:.0} postings/s (aim 2 s)", rows as f64 / took);
    }
}
