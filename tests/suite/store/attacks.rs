//! LEDG-1, LEDG-4: what the database itself refuses, on both engines, whoever asks.

use desk::domain::chain::Hash;
use desk::domain::chart::{self, ChartRow};
use desk::domain::journal::{AccountCode, EntryKind, Posting, Tags};
use tbot::store::{self, Address, Batch, Check, Heads, Writer};

use super::closes::close;
use super::raw::Raw;
use super::sample;
use crate::places::Place;

const CENT: i64 = 1_000_000;
const DAY_1: i64 = 20_260_601;
const DAY_2: i64 = 20_260_602;
/// The entry that comes next.
const NEXT: i64 = 6;

/// A posting's row.
#[derive(Clone, Copy)]
struct Row {
    seq: i64,
    line: i64,
    session: i64,
    account: i64,
    currency: &'static str,
    amount: i64,
    units: Option<(&'static str, i64)>,
    lot: Option<&'static str>,
    item: Option<&'static str>,
}

fn row(line: i64, account: i64, amount: i64) -> Row {
    Row { seq: NEXT, line, session: DAY_2, account, currency: "USD", amount, units: None, lot: None, item: None }
}

impl Row {
    fn sql(&self) -> String {
        let text = |t: Option<&str>| t.map_or("NULL".to_owned(), |t| format!("'{t}'"));
        format!(
            "INSERT INTO posting (book, seq, line, session, account, currency, amount, commodity, units, lot, item) \
             VALUES (1, {}, {}, {}, {}, '{}', {}, {}, {}, {}, {})",
            self.seq,
            self.line,
            self.session,
            self.account,
            self.currency,
            self.amount,
            text(self.units.map(|u| u.0)),
            self.units.map_or("NULL".to_owned(), |u| u.1.to_string()),
            text(self.lot),
            text(self.item)
        )
    }
}

/// The seal: an entry's row.
#[derive(Clone)]
struct Seal {
    verb: &'static str,
    seq: i64,
    kind: &'static str,
    key: &'static str,
    session: i64,
    booked_at: i64,
    reverses: Option<i64>,
    postings: i64,
    previous: Hash,
    hash: Option<Hash>,
    tail: &'static str,
}

impl Seal {
    fn new(heads: Heads, postings: i64) -> Self {
        Self {
            verb: "INSERT",
            seq: NEXT,
            kind: "adjustment",
            key: "review-1",
            session: DAY_2,
            booked_at: i64::MAX,
            reverses: None,
            postings,
            previous: heads.entry.hash,
            hash: None,
            tail: "",
        }
    }

    fn sql(&self, raw: &Raw) -> String {
        let hash = self.hash.unwrap_or_else(|| self.previous.link(b"{}"));
        format!(
            "{} INTO entry (book, seq, entry_id, kind, source_key, session, effective_at, booked_at, reverses, corrects, \
             postings, previous, hash, bytes) VALUES (1, {}, 'abcdefghijklmnopqrstuvwxyz', '{}', '{}', {}, 0, {}, {}, \
             NULL, {}, {}, {}, {}) {}",
            self.verb,
            self.seq,
            self.kind,
            self.key,
            self.session,
            self.booked_at,
            self.reverses.map_or("NULL".to_owned(), |r| r.to_string()),
            self.postings,
            raw.blob(self.previous.bytes()),
            raw.blob(hash.bytes()),
            raw.blob(b"{}"),
            self.tail
        )
    }
}

/// Books with three entries, a closed session, and a reversal: entry 6 comes next, in the second session.
async fn books(address: &Address) -> (Writer, Heads) {
    store::create(address, &sample::new_book()).await.unwrap();
    let (_, mut writer) = store::open(address, &sample::identity()).await.unwrap();
    let mut entries = sample::trades(3);
    let mut closings = Vec::new();
    close(&mut entries, &mut closings, 1, 1);
    let undone = entries[1].draft.postings.iter().map(|p| Posting {
        amount: p.amount.negated(),
        holding: p.holding.map(|h| desk::domain::journal::Holding { units: h.units.negated(), ..h }),
        tags: Tags { ..p.tags.clone() },
        ..p.clone()
    });
    let mut reversal = sample::entry(5, EntryKind::Reversal, entries[1].entry_id.as_str(), 2, undone.collect());
    reversal.draft.reverses = Some(2);
    entries.push(reversal);
    let events = sample::events(3);
    let heads = writer.append(&Batch { events: &events, entries: &entries, closings: &closings }).await.unwrap();
    (writer, heads)
}

/// A name, the script of one transaction, and the words of the refusal on SQLite and on PostgreSQL.
type Attack = (&'static str, Vec<String>, &'static str);

fn pair(a: Row, b: Row, seal: &Seal, raw: &Raw) -> Vec<String> {
    vec![a.sql(), b.sql(), seal.sql(raw)]
}

fn unbalanced(raw: &Raw, heads: Heads) -> Vec<Attack> {
    let seal = Seal::new(heads, 2);
    let go = |a: Row, b: Row| pair(a, b, &seal, raw);
    let coin = |line, account, amount, units| Row { units: Some(("ACME", units)), ..row(line, account, amount) };
    let lot = |r: Row| Row { lot: Some("ACME-x1"), ..r };
    vec![
        ("a cent", go(row(1, 1010, 100 * CENT), row(2, 3100, -99 * CENT)), "amounts do not balance"),
        ("one step", go(row(1, 1010, 100 * CENT), row(2, 3100, 1 - 100 * CENT)), "amounts do not balance"),
        (
            "balance across currencies",
            go(row(1, 1010, CENT), Row { currency: "EUR", ..row(2, 3100, -CENT) }),
            "amounts do not balance",
        ),
        ("sums beyond 64 bits", go(row(1, 1010, i64::MAX), row(2, 3100, i64::MAX)), "o"),
        ("units alone", go(lot(coin(1, 1310, CENT, 5)), row(2, 1010, -CENT)), "units do not balance"),
        (
            "units of two commodities",
            go(lot(coin(1, 1310, 0, 5)), Row { units: Some(("BOLT", -5)), ..row(2, 9100, 0) }),
            "units do not balance",
        ),
        ("an amount on units", go(coin(1, 9100, CENT, 5), row(2, 1010, -CENT)), "carries units only"),
        ("units of nothing", vec![Row { units: Some(("ACME", 0)), lot: Some("l"), ..row(1, 1310, CENT) }.sql()], ""),
        ("nothing at all", vec![row(1, 1010, 0).sql()], ""),
        ("units on money", vec![coin(1, 1010, CENT, 5).sql()], "carries no units"),
        ("a position without its lot", vec![coin(1, 1310, CENT, 5).sql()], "needs units and a lot"),
        ("an open item without its item", vec![row(1, 1900, CENT).sql()], "needs an item"),
        ("an unknown account", vec![row(1, 7777, CENT).sql()], "no such account"),
        ("a closed account", vec![row(1, 1030, CENT).sql()], "the account is closed"),
        ("one posting", vec![row(1, 1010, CENT).sql(), Seal { postings: 1, ..seal.clone() }.sql(raw)], ""),
        ("no posting", vec![Seal { postings: 0, ..seal.clone() }.sql(raw)], ""),
        ("no entry", vec![row(1, 1010, CENT).sql(), row(2, 3100, -CENT).sql()], "foreign key"),
        (
            "fewer postings than it says",
            pair(row(1, 1010, CENT), row(2, 3100, -CENT), &Seal { postings: 3, ..seal.clone() }, raw),
            "not as many postings",
        ),
        ("a gap in its lines", go(row(1, 1010, CENT), row(3, 3100, -CENT)), "not as many postings"),
        (
            "another session than its entry's",
            go(row(1, 1010, CENT), Row { session: DAY_1, ..row(2, 3100, -CENT) }),
            "another session",
        ),
    ]
}

fn out_of_order(raw: &Raw, heads: Heads) -> Vec<Attack> {
    let seal = Seal::new(heads, 2);
    let go = |seal: Seal| {
        let on = |r: Row| Row { seq: seal.seq, session: seal.session, ..r };
        pair(on(row(1, 1010, CENT)), on(row(2, 3100, -CENT)), &seal, raw)
    };
    let seal = || seal.clone();
    let sealed = |line| Row { seq: 3, session: DAY_1, ..row(line, 1010, CENT) };
    vec![
        ("a gap", go(Seal { seq: NEXT + 1, ..seal() }), "not the next entry"),
        (
            "a memo after a gap",
            vec![Seal { seq: 9, kind: "wash_sale", postings: 0, ..seal() }.sql(raw)],
            "not the next",
        ),
        ("a pair in a sealed entry", vec![sealed(6).sql(), sealed(7).sql()], "not the next entry, or sealed"),
        ("a line that exists", vec![sealed(1).sql()], "not the next entry, or sealed"),
        ("a closed session", go(Seal { session: DAY_1, ..seal() }), "the session is closed"),
        ("a session before a closed one", go(Seal { session: 20_260_529, ..seal() }), "the session is closed"),
        ("another previous hash", go(Seal { previous: Hash::of(b"x"), ..seal() }), "not chained to the entry before"),
        ("the first hash again", go(Seal { previous: Hash::GENESIS, ..seal() }), "not chained to the entry before"),
        ("a fact twice", go(Seal { kind: "float_in", key: "float-0001", ..seal() }), "this fact is booked already"),
        ("a second reversal", go(Seal { kind: "reversal", reverses: Some(2), ..seal() }), "is reversed already"),
        ("a reversal of nothing", go(Seal { kind: "reversal", ..seal() }), ""),
        ("a reversal of what comes later", go(Seal { kind: "reversal", reverses: Some(7), ..seal() }), ""),
        ("an unknown kind", go(Seal { kind: "gift", ..seal() }), ""),
        ("booked in the past", go(Seal { booked_at: 0, ..seal() }), "booked earlier"),
        ("an entry in the place of another", go(Seal { seq: 3, ..seal() }), "not the next entry"),
    ]
}

fn changes(raw: &Raw, heads: Heads) -> Vec<Attack> {
    let mut attacks: Vec<Attack> = Vec::new();
    for (table, column) in [
        ("schema_version", "program"),
        ("book", "identity"),
        ("account", "name"),
        ("event", "kind"),
        ("entry", "source_key"),
        ("posting", "lot"),
    ] {
        attacks.push(("update", vec![format!("UPDATE {table} SET {column} = 'x'")], "what is written stays"));
        attacks.push(("delete", vec![format!("DELETE FROM {table}")], "what is written stays"));
        if !raw.is_sqlite() {
            attacks.push(("truncate", vec![format!("TRUNCATE {table} CASCADE")], "what is written stays"));
        }
    }
    let event = |verb: &str, seq: i64, at: i64, previous: Hash, tail: &str| {
        let (previous, hash) = (raw.blob(previous.bytes()), raw.blob(previous.link(b"{}").bytes()));
        vec![format!(
            "{verb} INTO event (book, seq, at, kind, version, previous, hash, bytes) VALUES (1, {seq}, {at}, 'x', 1, \
             {previous}, {hash}, {}) {tail}",
            raw.blob(b"{}")
        )]
    };
    let head = heads.events.hash;
    attacks.extend([
        ("an event after a gap", event("INSERT", 6, i64::MAX, head, ""), "not the next event"),
        ("an event that exists", event("INSERT", 3, i64::MAX, head, ""), "not the next event"),
        ("an event off the chain", event("INSERT", 5, i64::MAX, Hash::of(b"x"), ""), "not chained"),
        ("an event in the past", event("INSERT", 5, 0, head, ""), "earlier than the event before"),
    ]);
    let seal = Seal::new(heads, 2);
    if raw.is_sqlite() {
        let sealed = Row { seq: 3, session: DAY_1, ..row(1, 1010, CENT) }.sql().replacen("INSERT", "REPLACE", 1);
        let again = Seal { verb: "REPLACE", kind: "float_in", key: "float-0001", ..seal.clone() };
        let off = "PRAGMA recursive_triggers = OFF".to_owned();
        attacks.extend([
            ("replace an entry", vec![Seal { verb: "REPLACE", seq: 3, ..seal.clone() }.sql(raw)], "not the next entry"),
            ("replace a posting", vec![sealed], "sealed"),
            ("replace an event", event("REPLACE", 3, 0, head, ""), "not the next event"),
            (
                "replace by a fact, without the delete triggers",
                vec![off, row(1, 1010, CENT).sql(), row(2, 3100, -CENT).sql(), again.sql(raw)],
                "booked already",
            ),
        ]);
    } else {
        let forged = Seal { hash: Some(Hash::of(b"x")), ..seal.clone() };
        attacks.push((
            "a wrong hash",
            pair(row(1, 1010, CENT), row(2, 3100, -CENT), &forged, raw),
            "not the hash of the entry",
        ));
    }
    let upsert = "ON CONFLICT (book, seq) DO UPDATE SET kind = 'fee'";
    attacks.push(("upsert an entry", vec![Seal { seq: 3, tail: upsert, ..seal }.sql(raw)], ""));
    attacks.push(("upsert an event", event("INSERT", 3, i64::MAX, head, upsert), ""));
    attacks
}

fn attacks_on_the_chart() -> Vec<Attack> {
    let row = |code, version, kind: &str, (side, holds, items): (&str, &str, u8), open, event: &str| {
        vec![format!(
            "INSERT INTO account VALUES (1, {code}, {version}, 'x', '{kind}', '{side}', '{holds}', {items}, {open}, {event})"
        )]
    };
    let add = |code, version, kind, holds, open| row(code, version, kind, ("debit", holds, 0), open, "4");
    vec![
        ("another type", add(1010, 3, "equity", "currency", 1), "what an account is never changes"),
        ("a chart that skips a version", add(1040, 5, "asset", "currency", 1), "not the next version of the chart"),
        ("a chart of the past", add(1040, 1, "asset", "currency", 1), "not the next version of the chart"),
        ("an account with a balance closed", add(1010, 3, "asset", "currency", 0), "with a balance cannot be closed"),
        ("another side", row(1010, 3, "asset", ("credit", "currency", 0), 1, "4"), "what an account is never changes"),
        (
            "items of another kind",
            row(1010, 3, "asset", ("debit", "currency", 1), 1, "4"),
            "what an account is never changes",
        ),
        (
            "a version that no event tells of",
            row(1040, 3, "asset", ("debit", "currency", 0), 1, "99"),
            "no event tells of this change of the chart",
        ),
        (
            "a version that another event brought",
            row(1040, 3, "asset", ("debit", "currency", 0), 1, "3"),
            "no event tells of this change of the chart",
        ),
        ("a version of nobody", row(1040, 3, "asset", ("debit", "currency", 0), 1, "NULL"), "no event tells of this"),
        ("money among the units", add(9500, 3, "asset", "currency", 1), ""),
        (
            "a book twice",
            vec!["INSERT INTO book VALUES (2, 'EXAMPLE_US_SIM_01', 'USD', 'XNYS')".into()],
            "this book exists already",
        ),
        ("a schema of the past", vec!["INSERT INTO schema_version VALUES (1, 'x')".into()], "not the next version"),
        (
            "a closing of a sealed entry",
            vec!["INSERT INTO closing_balance VALUES (1, 4, 1, 1010, 'USD', NULL, NULL, 5, 0)".into()],
            "sealed",
        ),
    ]
}

#[tokio::test]
async fn ledg_4_each_attack_is_refused_by_the_database_and_leaves_no_trace() {
    for place in Place::each("attacks").await {
        let (mut writer, _) = books(&place.address).await;
        let wallet = chart::find(AccountCode::CASH_DERIVATIVES).unwrap().row();
        let closed = [sample::chart_changed(4, 2, 5, ChartRow { open: false, ..wallet })];
        let heads = writer.append(&Batch { events: &closed, ..Batch::default() }).await.unwrap();
        let mut raw = Raw::open(&place.address).await;
        let mut attacks = unbalanced(&raw, heads);
        attacks.extend(out_of_order(&raw, heads));
        attacks.extend(changes(&raw, heads));
        attacks.extend(attacks_on_the_chart());
        assert!(attacks.len() > 60);
        for (name, script, words) in attacks {
            match raw.transaction(&script).await {
                Ok(()) => panic!("{name} was taken: {script:?}"),
                Err(said) => assert!(said.to_lowercase().contains(words), "{name}: {said}"),
            }
        }
        raw.close().await;
        let report = store::verify(&place.address, &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{}", report.finding.unwrap());
        assert_eq!(report.books[0].heads, heads);

        // The same shape without a fault is taken, so the refusals above are not for something else.
        let mut good = Raw::open(&place.address).await;
        let script = pair(row(1, 1010, CENT), row(2, 3100, -CENT), &Seal::new(heads, 2), &good);
        good.transaction(&script).await.unwrap();
        good.close().await;
    }
}

#[tokio::test]
async fn ledg_7_a_closed_session_takes_nothing_until_it_is_unlocked_with_all_later_ones() {
    for place in Place::each("unlock").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        let mut seq = 0;
        let mut add = async |kind, key: &str, day| {
            let postings = match kind {
                EntryKind::FloatIn => sample::float_in(1, "x", CENT).draft.postings,
                _ => vec![],
            };
            let entry = sample::entry(seq + 1, kind, key, day, postings);
            let outcome = writer.append(&Batch { entries: &[entry], ..Batch::default() }).await;
            seq += u64::from(outcome.is_ok());
            outcome.map(drop)
        };
        let (float, close, unlock) = (EntryKind::FloatIn, EntryKind::DayClose, EntryKind::Unlock);
        add(float, "1", 1).await.unwrap();
        add(close, "XNYS:2026-06-01:1", 1).await.unwrap();
        add(float, "2", 2).await.unwrap();
        add(close, "XNYS:2026-06-02:1", 2).await.unwrap();
        for day in [1, 2] {
            assert!(add(float, "late", day).await.unwrap_err().to_string().contains("the session is closed"));
        }
        add(EntryKind::WashSale, "lot:closing:replacement", 3).await.unwrap();
        add(unlock, "XNYS:2026-06-01:1", 1).await.unwrap();
        add(float, "3", 2).await.unwrap();
        add(float, "4", 1).await.unwrap();
        add(close, "XNYS:2026-06-01:2", 1).await.unwrap();
        assert!(add(float, "5", 1).await.unwrap_err().to_string().contains("the session is closed"));
        add(float, "6", 2).await.unwrap();
        writer.close().await.unwrap();
    }
}
