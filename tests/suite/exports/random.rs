//! Random histories of fills, with units, prices and lots that do not come out even.

use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::journal::{Entry, FeeKind};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Span, Timestamp};
use desk::machines::ledger::{
    self, BookFact, Books, CashActivity, Fill, LotChoice, Opening, Reorganisation, SessionEnd,
};
use tbot::render::exports::{Format, Journal, Period, ofx};

use super::programs::accepts;
use super::samples::{bare, opening};
use crate::places::Folder;

/// Symbols that other programs may trip over: marks, small letters, a currency's name, digits alone.
const SYMBOLS: [&str; 6] = ["SPY", "BRK.B", "bf/A-", "USD", "2330", "V"];

pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % sides
    }

    /// One of several.
    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll(i64::try_from(from.len()).unwrap())).unwrap()].clone()
    }

    /// Above zero, with up to so many digits before and after the point.
    pub(crate) fn figure(&mut self, whole: i64, places: u32) -> i64 {
        let step = 10_i64.pow(8 - places);
        (self.roll(whole) * 10_i64.pow(places) + self.roll(10_i64.pow(places)) + 1) * step
    }
}

struct Desk {
    books: Books,
    journal: ledger::Journal,
    entries: Vec<Entry>,
}

impl Desk {
    fn book(&mut self, at: Timestamp, fact: &BookFact) {
        for draft in self.books.decide(at, fact).unwrap() {
            let entry = self.journal.append(draft, at).unwrap().entry;
            self.books.apply(&entry);
            self.entries.push(entry);
        }
    }
}

pub(crate) fn history(seed: u64) -> Journal {
    let identity: desk::domain::ids::Identity = "DICE_US_SIM_01".parse().unwrap();
    let (books, journal) = (Books::new(identity.clone()), ledger::Journal::new(identity.clone()));
    let mut desk = Desk { books, journal, entries: Vec::new() };
    let mut dice = Dice(seed);
    let days: [Date; 4] = ["2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12"].map(|d| d.parse().unwrap());
    let symbols: Vec<Symbol> = SYMBOLS.iter().map(|s| s.parse().unwrap()).collect();
    let first = SessionId::xnys(days[0]);
    let morning = days[0].midnight() + Span::minutes(14 * 60);
    let float = CashActivity {
        activity: "act, \"1\"; \\".to_owned(),
        amount: Money::whole(1_000_000),
        currency: Currency::USD,
        session: first,
        effective_at: morning,
    };
    desk.book(morning, &BookFact::FloatIn(float));
    for instrument in symbols.iter().copied().take(3) {
        let brought = Opening {
            instrument,
            quantity: Quantity::from_raw(dice.figure(50, 5) * if dice.roll(3) == 0 { -1 } else { 1 }),
            cost: Money::from_raw(dice.figure(9000, 8)),
            currency: Currency::USD,
            acquired: "2024-02-29".parse().unwrap(),
            session: first,
            effective_at: morning,
        };
        desk.book(morning, &BookFact::Opening(brought));
    }
    for (n, day) in days.into_iter().enumerate() {
        let session = SessionId::xnys(day);
        if n == 2 {
            let at = day.midnight() + Span::minutes(13 * 60);
            desk.book(at, &became(&dice.pick(&symbols[..3]), dice.pick(&symbols[3..]), session, at));
        }
        for fill in 0..30 {
            let at = day.midnight() + Span::minutes(14 * 60 + 1 + fill);
            let sold = dice.roll(2) == 0;
            let (places, ticks) = (dice.pick(&[0, 0, 3, 8]), dice.pick(&[2, 4, 6]));
            let units = dice.figure(200, places);
            let accrued =
                if sold { vec![(FeeKind::Sec, dice.figure(1, 8)), (FeeKind::Taf, dice.figure(1, 6))] } else { vec![] };
            let fact = Fill {
                execution: format!("f{n}.{fill}").parse().unwrap(),
                order: None,
                instrument: dice.pick(&symbols),
                currency: Currency::USD,
                strategy: dice.pick(&[StrategyName::Open, StrategyName::Mid, StrategyName::External]),
                quantity: Quantity::from_raw(if sold { -units } else { units }),
                price: Price::from_raw(dice.figure(500, ticks)),
                commission: Money::from_raw(dice.figure(2, 4) - Money::whole(1).raw()),
                accrued: accrued.into_iter().map(|(fee, steps)| (fee, Money::from_raw(steps))).collect(),
                settles: day.plus(1),
                session,
                effective_at: at,
                lots: dice.pick(&[LotChoice::Fifo, LotChoice::Lifo, LotChoice::HighestCost]),
                corrects: None,
            };
            desk.book(at, &BookFact::Fill(fact));
        }
        desk.book(day.midnight() + Span::minutes(20 * 60 + 30), &BookFact::FeeRounding(SessionEnd { session }));
    }
    let accounts = Journal::default_accounts();
    Journal { identity, base_currency: Currency::USD, accounts, entries: desk.entries }
}

/// Three shares of another instrument for seven.
fn became(instrument: &Symbol, into: Symbol, session: SessionId, at: Timestamp) -> BookFact {
    BookFact::Reorganisation(Reorganisation {
        action: Some("merger".to_owned()),
        instrument: *instrument,
        into,
        ex_date: session.date,
        new: 3,
        old: 7,
        session,
        effective_at: at,
    })
}

#[test]
fn ledg_8_random_histories_are_accepted_whole_and_in_parts() {
    let place = Folder::new();
    for seed in 1..=12 {
        let journal = history(seed);
        let days = journal.days().unwrap();
        assert!(journal.entries.len() > 120, "{}", journal.entries.len());
        for period in [days, Period { from: days.from.plus(2), to: days.to }] {
            let found = ofx::check(&bare(&journal, period, Format::Ofx), &opening(&journal, period));
            assert_eq!(found.faults, [], "seed {seed} from {}", period.from);
            // Each program once a seed: the whole to one, the part to the other.
            let whole = (period.from == days.from) == (seed % 2 == 0);
            let format = if whole { Format::Beancount } else { Format::Hledger };
            let file = place.path().join(format.as_str());
            std::fs::write(&file, bare(&journal, period, format)).unwrap();
            let Some(verdict) = accepts(format, &file) else { continue };
            assert_eq!(verdict, Ok(()), "seed {seed} from {} as {}", period.from, format.as_str());
        }
    }
}
