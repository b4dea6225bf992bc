//! Lots as beancount books them by itself: it is told what was bought and sold, and by which method, not which lots.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Money, Price, Quantity, parse_steps};
use desk::domain::ids::{LotId, SessionId, StrategyName};
use desk::domain::journal::{AccountCode, Entry};
use desk::domain::symbol::Currency;
use desk::domain::time::{Date, Span};
use desk::machines::ledger::{self, BookFact, Books, Fill, LotChoice};
use serde_json::Value;

use super::programs::program;
use super::random::Dice;
use crate::places::Folder;

const HISTORIES: u64 = 10_000;
const METHODS: [(&str, LotChoice); 3] =
    [("FIFO", LotChoice::Fifo), ("LIFO", LotChoice::Lifo), ("HIFO", LotChoice::HighestCost)];

/// What is left of each lot, and what was gained, at 10⁻⁸.
#[derive(Debug, Default, PartialEq)]
struct Booked {
    lots: BTreeMap<String, i64>,
    gain: i64,
}

fn steps(text: &str) -> i64 {
    parse_steps(text.as_bytes()).unwrap()
}

/// Plays a history in our books, and tells beancount of it; what is sold beyond what is held is a short of its own.
fn play(number: u64, days: &[Date], text: &mut String) -> Booked {
    let mut dice = Dice(number);
    let (method, choice) = dice.pick(&METHODS);
    let opened = days[0].plus(-1);
    for root in ["Assets", "Liabilities"] {
        let _ = writeln!(text, "{opened} open {root}:H{number} \"{method}\"");
    }
    let _ = writeln!(text, "{opened} open Income:H{number}");
    let identity: desk::domain::ids::Identity = "DICE_US_SIM_01".parse().unwrap();
    let (mut books, mut journal) = (Books::new(identity.clone()), ledger::Journal::new(identity));
    let (mut booked, mut held) = (Booked::default(), 0);
    for (n, day) in days.iter().enumerate() {
        let units = dice.figure(20, 0);
        let mut quantity = if dice.roll(2) == 0 { units } else { -units };
        // For shorts beancount's HIFO is the dearest too, where ours is the lowest proceeds: longs alone are compared.
        if method == "HIFO" && held + quantity < 0 {
            quantity = if held == 0 { units } else { -held };
        }
        held += quantity;
        let fill = Fill {
            execution: format!("f{n}").parse().unwrap(),
            order: None,
            instrument: "ACME".parse().unwrap(),
            currency: Currency::USD,
            strategy: StrategyName::Open,
            quantity: Quantity::from_raw(quantity),
            price: Price::from_raw(dice.figure(5, 1)),
            commission: Money::ZERO,
            accrued: Vec::new(),
            settles: day.plus(1),
            session: SessionId::xnys(*day),
            effective_at: day.midnight() + Span::minutes(15 * 60),
            lots: choice.clone(),
            corrects: None,
        };
        let draft = books.decide(fill.effective_at, &BookFact::Fill(fill.clone())).unwrap().remove(0);
        let entry = journal.append(draft, fill.effective_at).unwrap().entry;
        books.apply(&entry);
        count(&entry, &mut booked);
        tell(number, &entry, &fill, text);
    }
    booked.lots.retain(|_, units| *units != 0);
    booked
}

fn count(entry: &Entry, booked: &mut Booked) {
    for posting in &entry.draft.postings {
        if let (true, Some(holding)) = (posting.account.is_position(), posting.holding) {
            let lot = posting.tags.lot.as_ref().map(LotId::to_string).unwrap();
            *booked.lots.entry(lot).or_default() += holding.units.raw();
        }
        if posting.account == AccountCode::GAINS_SHORT_TERM {
            booked.gain += posting.amount.raw();
        }
    }
}

/// What beancount is told of a fill: how much closes, and what is opened.
fn tell(number: u64, entry: &Entry, fill: &Fill, text: &mut String) {
    let day = fill.session.date;
    let opens = if fill.quantity.raw() > 0 { AccountCode::LONG_POSITIONS } else { AccountCode::SHORT_POSITIONS };
    let part = |opening: bool| -> i64 {
        let of = entry.draft.postings.iter().filter(|p| p.account.is_position() && (p.account == opens) == opening);
        of.map(|p| p.holding.unwrap().units.raw()).sum()
    };
    let (closing, opening) = (part(false), part(true));
    let place = |long: bool| if long { "Assets" } else { "Liabilities" };
    let long = fill.quantity.raw() > 0;
    let _ = writeln!(text, "{day} * \"{}\"", fill.execution);
    if closing != 0 {
        let _ = writeln!(text, "  {}:H{number}  {} ACME {{}}", place(!long), Quantity::from_raw(closing));
    }
    if opening != 0 {
        let units = Quantity::from_raw(opening);
        let spec = format!("{} USD, {day}, \"ACME-{}\"", fill.price, fill.execution);
        let _ = writeln!(text, "  {}:H{number}  {units} ACME {{{spec}}}", place(long));
    }
    // The cash follows from the price alone; what remains is the gain.
    let cash = Money::from_raw(-(i128::from(fill.quantity.raw()) * i128::from(fill.price.raw()) / 100_000_000) as i64);
    let _ = writeln!(text, "  Assets:Cash  {cash} USD\n  Income:H{number}\n");
}

#[test]
fn ledg_5_ten_thousand_histories_have_the_lots_and_gains_that_beancount_books() {
    let Some(python) = program("python") else { return };
    let sessions = Calendar::XNYS.sessions("2026-01-05".parse().unwrap(), "2026-03-01".parse().unwrap()).unwrap();
    let days: Vec<Date> = sessions.take(8).map(|s| s.id.date).collect();
    let mut text = "option \"tolerance_multiplier\" \"0\"\n2026-01-01 open Assets:Cash\n".to_owned();
    let ours: BTreeMap<String, Booked> =
        (1..=HISTORIES).map(|number| (format!("H{number}"), play(number, &days, &mut text))).collect();
    assert!(ours.values().filter(|b| b.gain != 0).count() > 9000, "most histories close something");
    let place = Folder::new();
    let file = place.path().join("histories.beancount");
    std::fs::write(&file, text).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/book_lots.py");
    let output = Command::new(python).arg(script).arg(&file).env("BEANCOUNT_DISABLE_LOAD_CACHE", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (history, ours) in ours {
        let lots = read["lots"][&history].as_object();
        let lots =
            lots.into_iter().flatten().map(|(lot, units)| (lot.clone(), steps(units.as_str().unwrap()))).collect();
        let gain = read["gains"][&history].as_str().map_or(0, steps);
        assert_eq!(Booked { lots, gain }, ours, "{history}");
    }
}
