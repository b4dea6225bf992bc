//! What is promised for ever (LEDG-4a): each version of an event, an entry and a closing record has a sample that every
//! later program reads, and `docs/FORMATS.md` shows bytes and hashes that are true.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails should stop where it fails"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use desk::domain::bot::{BotEvent, Mode};
use desk::domain::chain::Hash;
use desk::domain::decimal::{Money, Quantity};
use desk::domain::event::{Body, Event};
use desk::domain::ids::{Identity, SessionId, StrategyName};
use desk::domain::journal::{Entry, EntryKind, FeeKind, entry};
use desk::domain::order::{Leg, OrderKey};
use desk::domain::symbol::Currency;
use desk::domain::time::Timestamp;
use desk::machines::ledger::{
    BookFact, Books, BrokerCash, BrokerExecution, BrokerFigures, CashActivity, ClosingRecord, DayClose, Fill, Journal,
    ListedPrice, LotChoice, OpenQuestions, PriceList, Sealed, SessionEnd,
};
use desk::machines::supervisor::{Deadlines, Supervisor};

/// The kinds of entries that this version writes. A kind that is written from now on joins, with its sample.
const WRITTEN: [EntryKind; 9] = [
    EntryKind::Opening,
    EntryKind::FloatIn,
    EntryKind::FloatOut,
    EntryKind::Fill,
    EntryKind::FeeRounding,
    EntryKind::FeeCharge,
    EntryKind::Settlement,
    EntryKind::Reversal,
    EntryKind::DayClose,
];

const FORMATS: &str = include_str!("../../../docs/FORMATS.md");

fn samples(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(version)
}

/// The samples of a version whose name begins so: what stands between prefix and `.json`, and the bytes.
fn kept(version: &str, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(samples(version)).unwrap().map(|file| file.unwrap().path());
    let mut found: Vec<(String, Vec<u8>)> = files
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_prefix(prefix)?.strip_suffix(".json")?.to_owned();
            Some((name, fs::read(path).unwrap()))
        })
        .collect();
    found.sort();
    found
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Every kind of event, as the reader itself lists them.
fn event_kinds() -> BTreeSet<String> {
    let error = serde_json::from_str::<Body>(r#"{"kind":"?","data":{}}"#).unwrap_err().to_string();
    let (_, list) = error.split_once("expected one of ").expect("the reader lists the kinds that it knows");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn each_kind_of_event_has_a_kept_sample() {
    let kinds = event_kinds();
    assert!(kinds.len() >= 20 && kinds.contains("session_opened"), "{kinds:?}");
    let kept: BTreeSet<String> = kept("v1", "event.").into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept, kinds);
}

#[test]
fn each_kind_of_entry_that_is_written_has_a_kept_sample() {
    let kept: BTreeSet<String> = kept("v1", "entry.").into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept, WRITTEN.iter().map(ToString::to_string).collect());
}

#[test]
fn kept_events_are_read_and_written_to_the_same_bytes() {
    for (name, bytes) in kept("v1", "event.") {
        let event = Event::from_bytes(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(event.body.kind(), name);
        assert_eq!(text(event.to_bytes().unwrap()), text(bytes), "{name}");
    }
}

/// LEDG-4a: what an earlier program wrote of the bot's life and this one does not is still read, and changes nothing (decision 0027).
#[test]
fn events_of_the_bots_life_that_are_written_no_more_are_read_and_change_nothing() {
    let mut bot = Supervisor::new(Deadlines::default(), Mode::Paper);
    let fresh = bot.clone();
    let kept = kept("v1", "life.");
    assert_eq!(kept.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["rehearsal_began", "rehearsal_ended"]);
    for (name, bytes) in kept {
        let event = BotEvent::from_bytes(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((event.body.kind(), text(event.to_bytes().unwrap())), (name.as_str(), text(bytes)));
        bot.apply(&event).unwrap();
        assert_eq!((bot.state(), bot.rehearsing(), bot.freezes().count()), (fresh.state(), None, 0), "{name}");
    }
}

#[test]
fn kept_entries_are_read_and_written_to_the_same_bytes() {
    for (name, bytes) in kept("v1", "entry.") {
        let entry = Entry::from_bytes(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(entry.draft.kind.as_str(), name);
        assert_eq!(text(entry.to_bytes().unwrap()), text(bytes), "{name}");
        let id = entry::entry_id(&identity(), entry.draft.kind, &entry.draft.source_key).unwrap();
        assert_eq!(entry.entry_id, id, "{name}");
    }
}

#[test]
fn the_kept_closing_records_are_those_that_the_kept_day_closes_name() {
    for (version, v) in [("v1", 1), ("v2", 2)] {
        let bytes = fs::read(samples(version).join("closing_record.json")).unwrap();
        let record = ClosingRecord::from_bytes(&bytes).unwrap();
        assert_eq!((record.v, text(record.to_bytes().unwrap())), (v, text(bytes.clone())));
        let close = Entry::from_bytes(&fs::read(samples(version).join("entry.day_close.json")).unwrap()).unwrap();
        let hash = Hash::of(&bytes).to_string();
        assert_eq!(close.draft.facts["record"], hash);
        assert!(FORMATS.contains(&hash), "{version}: the documented hash");
    }
}

#[test]
fn the_closing_record_of_the_documented_ledger_is_the_kept_one() {
    let Tiny { mut books, mut journal, .. } = tiny_ledger();
    for draft in books.decide(at("20:00:00"), &BookFact::FeeRounding(SessionEnd { session: session() })).unwrap() {
        books.apply(&journal.append(draft, at("20:00:00")).unwrap().entry);
    }
    let execution = |id: &str, quantity: &str, price: &str| BrokerExecution {
        id: id.parse().unwrap(),
        instrument: "ACME".parse().unwrap(),
        quantity: quantity.parse().unwrap(),
        price: price.parse().unwrap(),
    };
    let money = |text: &str| text.parse::<Money>().unwrap();
    let line = ListedPrice {
        instrument: "ACME".parse().unwrap(),
        currency: Currency::USD,
        multiplier: Quantity::whole(1),
        price: Some("50.92".parse().unwrap()),
        at: Some(at("20:00:00")),
    };
    let close = DayClose {
        session: session(),
        next_session: "XNYS:2026-06-02".parse().unwrap(),
        broker: BrokerFigures {
            executions: vec![execution("x1", "180", "50.10"), execution("x2", "-180", "50.85")],
            cash: vec![BrokerCash {
                currency: Currency::USD,
                total: money("25133.00"),
                settled: Some(money("25000.00")),
            }],
            ..BrokerFigures::default()
        },
        prices: PriceList { source: PriceList::BARS.to_owned(), at: at("20:00:00"), prices: vec![line] },
        questions: OpenQuestions::default(),
        head: journal.head(),
        schema: 1,
        program: "tbot 0.1.0".to_owned(),
        by: "tbot".to_owned(),
    };
    let closing = books.close(at("20:00:00"), &close).unwrap();
    let sealed = journal.append(closing.draft, at("20:00:00")).unwrap();
    let kept = |name: &str| text(fs::read(samples("v2").join(name)).unwrap());
    assert_eq!(text(closing.bytes), kept("closing_record.json"));
    assert_eq!(text(sealed.bytes), kept("entry.day_close.json"));
}

#[test]
fn an_unknown_version_is_refused() {
    let raised = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replacen("{\"v\":1,", "{\"v\":2,", 1).into_bytes();
    for (name, bytes) in kept("v1", "event.") {
        assert!(Event::from_bytes(&raised(bytes)).is_err(), "{name}");
    }
    for (name, bytes) in kept("v1", "entry.") {
        assert!(Entry::from_bytes(&raised(bytes)).is_err(), "{name}");
    }
}

fn identity() -> Identity {
    "EXAMPLE_US_SIM_01".parse().unwrap()
}

fn at(time: &str) -> Timestamp {
    format!("2026-06-01T{time}Z").parse().unwrap()
}

fn session() -> SessionId {
    "XNYS:2026-06-01".parse().unwrap()
}

fn fill(id: &str, quantity: &str, price: &str, time: &str, leg: Leg) -> Fill {
    let signal = "open-ACME-20260601-0001".parse().unwrap();
    let strategy = StrategyName::Open;
    let order =
        OrderKey { identity: &identity(), epoch: 1, session: session(), strategy, signal: &signal, leg, attempt: 1 };
    Fill {
        execution: id.parse().unwrap(),
        order: Some(order.client_id().unwrap()),
        instrument: "ACME".parse().unwrap(),
        currency: Currency::USD,
        strategy,
        quantity: quantity.parse().unwrap(),
        price: price.parse().unwrap(),
        commission: "1.00".parse().unwrap(),
        accrued: Vec::new(),
        settles: "2026-06-02".parse().unwrap(),
        session: session(),
        effective_at: at(time),
        lots: LotChoice::Fifo,
        corrects: None,
    }
}

/// Books with their journal.
struct Tiny {
    books: Books,
    journal: Journal,
    sealed: Vec<Sealed>,
}

/// The ledger of `docs/FORMATS.md`: 25,000.00 come in, 180 ACME are bought at 50.10 and sold at 50.85.
fn tiny_ledger() -> Tiny {
    let fees: Vec<(FeeKind, Money)> =
        vec![(FeeKind::Sec, "0.1885518".parse().unwrap()), (FeeKind::Taf, "0.0351".parse().unwrap())];
    let float = CashActivity {
        activity: "float-1".to_owned(),
        amount: "25000.00".parse().unwrap(),
        currency: Currency::USD,
        session: session(),
        effective_at: at("12:00:00"),
    };
    let facts = [
        (at("12:00:00"), BookFact::FloatIn(float)),
        (at("14:31:00.25"), BookFact::Fill(fill("x1", "180", "50.10", "14:31:00.25", Leg::Entry))),
        (
            at("14:52:00.25"),
            BookFact::Fill(Fill { accrued: fees, ..fill("x2", "-180", "50.85", "14:52:00.25", Leg::Exit) }),
        ),
    ];
    let (mut books, mut journal, mut sealed) = (Books::new(identity()), Journal::new(identity()), Vec::new());
    for (now, fact) in facts {
        for draft in books.decide(now, &fact).unwrap() {
            let next = journal.append(draft, now).unwrap();
            books.apply(&next.entry);
            sealed.push(next);
        }
    }
    Tiny { books, journal, sealed }
}

/// The documented records that hold these words, each with the hash in the line below it.
fn documented(words: &str) -> Vec<(&'static str, Hash)> {
    let lines: Vec<&str> = FORMATS.lines().collect();
    let records = lines.windows(2).filter(|w| w[0].starts_with("{\"v\":1,\"seq\":") && w[0].contains(words));
    records.map(|w| (w[0], w[1].parse().unwrap_or_else(|e| panic!("{:?} {e}", w[1])))).collect()
}

fn chained(records: &[(&str, Hash)]) {
    let mut link = Hash::GENESIS;
    for (bytes, hash) in records {
        link = link.link(bytes.as_bytes());
        assert_eq!(link, *hash, "{bytes}");
    }
}

#[test]
fn the_documented_entries_and_hashes_are_those_of_the_program() {
    let documented = documented("\"entry_id\"");
    chained(&documented);
    let ours = tiny_ledger().sealed;
    let ours: Vec<(&str, Hash)> = ours.iter().map(|s| (std::str::from_utf8(&s.bytes).unwrap(), s.hash)).collect();
    assert_eq!(ours.len(), 3);
    assert_eq!(documented, ours);
}

#[test]
fn the_documented_events_are_read_and_chained() {
    let documented = documented("\"feed\"");
    assert_eq!(documented.len(), 2);
    chained(&documented);
    for (bytes, _) in documented {
        assert_eq!(text(Event::from_bytes(bytes.as_bytes()).unwrap().to_bytes().unwrap()), bytes);
    }
}

proptest::proptest! {
    // LEDG-4a: an event is read alike by the reader that goes by the writer's order and by the general one, whatever byte of
    // a kept one is taken out, put in or changed.
    #[test]
    fn both_readers_of_events_answer_alike(
        which in proptest::prelude::any::<proptest::sample::Index>(),
        at in proptest::prelude::any::<proptest::sample::Index>(),
        to in proptest::prelude::any::<proptest::sample::Index>(),
        how in 0_u8..4,
        byte in proptest::sample::select(b"0123456789\"\\{}[]:,.-+eEtTZ \n\xc3\xa4az".to_vec()),
    ) {
        let kept = kept("v1", "event.");
        let mut bytes = kept[which.index(kept.len())].1.clone();
        let (at, to) = (at.index(bytes.len()), to.index(bytes.len()));
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => drop(bytes.drain(at.min(to)..at.max(to).min(at.min(to) + 40))),
            _ => bytes.swap(at, to),
        }
        let general = serde_json::from_slice::<Event>(&bytes).ok().filter(|event| event.v == 1);
        proptest::prop_assert_eq!(Event::from_bytes(&bytes).ok(), general);
    }
}
