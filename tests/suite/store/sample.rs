//! Books to write: the worked month of the doctrine, and as many trades as wanted.

use desk::domain::calendar::Calendar;
use desk::domain::chain::Hash;
use desk::domain::chart::{ChartChange, ChartRow};
use desk::domain::decimal::{Money, Quantity};
use desk::domain::event::Body;
use desk::domain::ids::{CalendarName, Identity, LotId, SessionId, StrategyName};
use desk::domain::journal::entry::entry_id;
use desk::domain::journal::{AccountCode, Draft, Entry, EntryKind, Facts, FeeKind, Holding, Posting, Tags};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Span, Timestamp};
use desk::machines::ledger::record::hash_of;
use desk::machines::ledger::{BrokerFigures, CheckLine, ClosingRecord, ListedPrice, PriceList};
use tbot::store::chart::default_chart;
use tbot::store::{Closing, ClosingLot, Event, NewBook};

/// The identity of all samples.
pub(crate) fn identity() -> Identity {
    "EXAMPLE_US_SIM_01".parse().unwrap()
}

pub(crate) fn new_book() -> NewBook {
    NewBook { identity: identity(), base_currency: Currency::USD, calendar: CalendarName::Xnys, chart: default_chart() }
}

/// The worked month (68 entries, 193 postings).
pub(crate) fn worked_month() -> Vec<Entry> {
    let text = include_str!("../../data/books-example/journal.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let entries = file["entries"].as_array().unwrap().iter().cloned();
    entries
        .map(|mut entry| {
            entry.as_object_mut().unwrap().insert("v".into(), 1.into());
            Entry::from_bytes(&serde_json::to_vec(&entry).unwrap()).unwrap()
        })
        .collect()
}

pub(crate) fn start() -> Timestamp {
    "2026-06-01T13:30:00Z".parse().unwrap()
}

pub(crate) fn session(day: i64) -> SessionId {
    SessionId::xnys(Date::new(2026, 6, day).unwrap())
}

/// The event of a change of the chart, which is made after an entry.
pub(crate) fn chart_changed(seq: u64, version: u16, after: u64, account: ChartRow) -> Event {
    let (by, reason) = ("ann".to_owned(), "the data vendor charges each month".to_owned());
    let body = Body::ChartChanged(Box::new(ChartChange { version, after, account, by, reason }));
    let at = start() + Span::seconds(i64::try_from(seq).unwrap());
    let event = desk::domain::event::Event { v: 1, seq, at, body, feed: 0 };
    tbot::store::taken::event(&event).unwrap()
}

/// A numbered entry of the sample identity.
pub(crate) fn entry(seq: u64, kind: EntryKind, key: &str, day: i64, postings: Vec<Posting>) -> Entry {
    let at = start() + Span::seconds(i64::try_from(seq).unwrap());
    Entry {
        seq,
        entry_id: entry_id(&identity(), kind, key).unwrap(),
        booked_at: at,
        draft: Draft {
            kind,
            source_key: key.to_owned(),
            session: session(day),
            effective_at: at,
            reverses: None,
            corrects: None,
            description: format!("Entry \"{seq}\""),
            reason: None,
            by: None,
            facts: Facts::new(),
            postings,
        },
    }
}

pub(crate) fn money(account: AccountCode, amount: i64) -> Posting {
    Posting::money(account, Currency::USD, Money::from_raw(amount))
}

/// Float brought in: a pair of postings.
pub(crate) fn float_in(seq: u64, key: &str, amount: i64) -> Entry {
    let pair = vec![money(AccountCode::CASH_SETTLED, amount), money(AccountCode::FLOAT_CONTRIBUTED, -amount)];
    entry(seq, EntryKind::FloatIn, key, 1, pair)
}

/// Entries 1 to `count`: a float, then fills of five postings each.
pub(crate) fn trades(count: u64) -> Vec<Entry> {
    let float = float_in(1, "float-0001", 10_000_000_000_000);
    std::iter::once(float).chain((2..=count).map(fill)).collect()
}

fn fill(seq: u64) -> Entry {
    let symbol: Symbol = format!("SYM{}", seq % 17).parse().unwrap();
    let key = format!("x{seq}-17f3a9");
    let fill_tags = Tags {
        strategy: Some(StrategyName::TRADING[usize::try_from(seq % 3).unwrap()]),
        instrument: Some(symbol),
        fill: Some(key.parse().unwrap()),
        ..Tags::default()
    };
    let (cost, units) = (900_000_000_000 + i64::try_from(seq).unwrap(), 18_000_000_000);
    let hold = |account, amount, units, lot: Option<String>| Posting {
        account,
        currency: Currency::USD,
        amount: Money::from_raw(amount),
        holding: Some(Holding { commodity: symbol, units: Quantity::from_raw(units) }),
        tags: Tags { lot: lot.map(|l| l.parse().unwrap()), ..fill_tags.clone() },
    };
    let pay = |account, amount, item: Option<&str>, fee_kind| Posting {
        tags: Tags { item: item.map(|i| i.parse().unwrap()), fee_kind, ..fill_tags.clone() },
        ..money(account, amount)
    };
    let postings = vec![
        hold(AccountCode::LONG_POSITIONS, cost, units, Some(format!("{symbol}-{key}"))),
        hold(AccountCode::UNITS_MARKET, 0, -units, None),
        pay(AccountCode::CASH_UNSETTLED, -cost - 100_001_000, Some("2026-06-02"), None),
        pay(AccountCode::COMMISSIONS, 100_000_000, None, None),
        pay(AccountCode::SEC_FEE, 1_000, None, Some(FeeKind::Sec)),
    ];
    let mut fill = entry(seq, EntryKind::Fill, &key, 1, postings);
    for (name, value) in [("order", key.as_str()), ("price", "50.00"), ("quantity", "180"), ("settles", "2026-06-02")] {
        fill.draft.facts.insert(name.into(), value.into());
    }
    fill
}

/// Events 1 to `count`.
pub(crate) fn events(count: u64) -> Vec<Event> {
    (1..=count)
        .map(|seq| {
            let data = format!(
                "{{\"order\":\"RIGD01-{seq:08}\",\"symbol\":\"SYM{}\",\"side\":\"long\",\"price\":\"50.00\",\"note\":\"{:x>120}\"}}",
                seq % 17,
                seq
            );
            Event::new(seq, start() + Span::seconds(i64::try_from(seq).unwrap()), "order_sent", 1, data.as_bytes())
        })
        .collect()
}

/// The close of the worked month's last day, with the example's prices (its README) but for those that are left out.
pub(crate) fn priced_close(without: &[&str]) -> Closing {
    let price = |(instrument, multiplier, price): &(&str, &str, &str)| {
        let (at, currency) = (Some("2026-06-12T20:00:00Z".parse().unwrap()), Currency::USD);
        let priced = !without.contains(instrument);
        ListedPrice {
            instrument: instrument.parse().unwrap(),
            currency,
            multiplier: multiplier.parse().unwrap(),
            price: priced.then(|| price.parse().unwrap()),
            at: at.filter(|_| priced),
        }
    };
    let list = [
        ("ACME", "1", "49.80"),
        ("BOLT", "1", "81.00"),
        ("BTC", "1", "60000.00"),
        ("CRUX", "1", "132.00"),
        ("DELT", "1", "40.60"),
        ("MESU6", "5", "5305.00"),
    ];
    let (session, at) = (session(12), "2026-06-12T21:00:00Z".parse().unwrap());
    let prices = PriceList { source: PriceList::BARS.to_owned(), at, prices: list.iter().map(price).collect() };
    let check = |check, what: &str, figure: &str| CheckLine {
        check,
        what: what.to_owned(),
        have: figure.to_owned(),
        need: figure.to_owned(),
        difference: "0.00".to_owned(),
    };
    let record = ClosingRecord {
        v: 2,
        identity: identity(),
        session,
        n: 1,
        next_session: session_after(session),
        replaces: None,
        first_seq: 63,
        last_seq: 67,
        entries: 5,
        postings: 15,
        last_hash: Hash::GENESIS,
        previous_record: Hash::GENESIS,
        trial_balance: Vec::new(),
        closing_balances: Hash::GENESIS,
        closing_lots: Hash::GENESIS,
        broker: BrokerFigures::default(),
        broker_hash: Hash::GENESIS,
        prices_hash: Some(hash_of(&prices).unwrap()),
        prices: Some(prices),
        equity: Vec::new(),
        checks: vec![check(3, "cash in USD", "73386.88"), check(6, "=suspense", "0.00")],
        chart: 1,
        entry_version: 1,
        schema: 1,
        program: "tbot 0.1.0".to_owned(),
        closed_at: at,
        closed_by: "tbot".to_owned(),
    };
    let contract = ClosingLot {
        account: AccountCode::FUTURES,
        currency: Currency::USD,
        commodity: "MESU6".parse().unwrap(),
        lot: contract_lot(),
        units: Quantity::whole(1),
        cost: Money::ZERO,
        reference: Some("5305.00".parse().unwrap()),
    };
    let record = record.to_bytes().unwrap();
    Closing { seq: 68, session, n: 1, record, signature: None, balances: Vec::new(), lots: vec![contract] }
}

pub(crate) fn session_after(session: SessionId) -> SessionId {
    Calendar::XNYS.next(session.date).unwrap().id
}

/// The lot of the month's future.
fn contract_lot() -> LotId {
    let month = worked_month();
    let mut postings = month.iter().flat_map(|e| &e.draft.postings);
    postings.find_map(|p| p.tags.lot.clone().filter(|lot| lot.as_str().starts_with("MESU6"))).unwrap()
}
