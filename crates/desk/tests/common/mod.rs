//! A market written as text, the engine's run over it, and what came of it as text again.
//!
//! A line of bars is `minute open high low close volume` or `minute price volume`; `7-12` repeats a bar for the minutes
//! 7 to 12. Minutes count from the session's open; lines end with `;` or a line break. Instants are shown the same way:
//! `16:30` is 16 minutes and 30 seconds after the open. A line of quotes is `minute bid ask`, the same at its open and its close.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use desk::domain::calendar::Calendar;
use desk::domain::event::{Body, Event};
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::StrategyName;
use desk::domain::market::{Bar, Instrument, QuoteBar};
use desk::domain::symbol::Symbol;
use desk::domain::time::{Date, Span, Timestamp};
use desk::domain::trade::Trade;
use desk::risk::Limits;
use desk::strategies::Parameters;
use desk::world::backtest::{Backtest, Closed, Progress, Tape, Watcher};
use desk::world::trader::{Halt, Setup};

/// A Friday of 390 minutes with SEC fee 27.80 per million and TAF 0.000166 per share.
pub(crate) const DAY: &str = "2024-08-23";

/// Looks on and does nothing.
pub(crate) struct Nobody;

impl Watcher for Nobody {
    fn instant(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn session(&mut self, _: &Closed<'_>) -> Result<(), Halt> {
        Ok(())
    }
}

/// A run to be made.
#[derive(Clone)]
pub(crate) struct Scene {
    strategies: Vec<(StrategyName, Parameters)>,
    pub(crate) limits: Limits,
    tapes: BTreeMap<Symbol, Vec<Bar>>,
    quotes: BTreeMap<Symbol, Vec<QuoteBar>>,
}

fn strategy(name: &str) -> StrategyName {
    StrategyName::TRADING.into_iter().find(|s| s.as_str() == name).unwrap()
}

impl Scene {
    /// Strategies in their order, separated by commas.
    pub(crate) fn new(strategies: &str) -> Self {
        let strategies = strategies.split(',').map(|s| (strategy(s), Parameters::of(strategy(s)))).collect();
        Self { strategies, limits: Limits::default(), tapes: BTreeMap::new(), quotes: BTreeMap::new() }
    }

    /// Sets parameters: `open.timeout=0 open.pnl_take=50`.
    pub(crate) fn with(mut self, settings: &str) -> Self {
        for setting in settings.split_whitespace() {
            let (path, value) = setting.split_once('=').unwrap();
            let (owner, name) = path.split_once('.').unwrap();
            let owner = strategy(owner);
            let (_, parameters) = self.strategies.iter_mut().find(|(s, _)| *s == owner).unwrap();
            parameters.set(owner, name, value).unwrap();
        }
        self
    }

    pub(crate) fn limit(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Adds bars of one symbol in the session of [`DAY`].
    pub(crate) fn bars(self, symbol: &str, text: &str) -> Self {
        self.bars_on(DAY, symbol, text)
    }

    /// Adds bars of one symbol in the session of a date.
    pub(crate) fn bars_on(mut self, date: &str, symbol: &str, text: &str) -> Self {
        let date: Date = date.parse().unwrap();
        let open = Calendar::XNYS.session(date).unwrap().open;
        let tape = self.tapes.entry(symbol.parse().unwrap()).or_default();
        for line in text.split([';', '\n']).map(str::trim).filter(|l| !l.is_empty()) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (from, to) = fields[0].split_once('-').unwrap_or((fields[0], fields[0]));
            let (from, to): (i64, i64) = (from.parse().unwrap(), to.parse().unwrap());
            let price = |place: usize| if fields.len() == 3 { fields[1] } else { fields[place] }.parse().unwrap();
            tape.extend((from..=to).map(|minute| Bar {
                start: open + Span::minutes(minute),
                open: price(1),
                high: price(2),
                low: price(3),
                close: price(4),
                volume: fields.last().unwrap().parse().unwrap(),
            }));
        }
        self
    }

    /// Adds quotes of one symbol in the session of [`DAY`].
    pub(crate) fn quotes(mut self, symbol: &str, text: &str) -> Self {
        let open = Calendar::XNYS.session(DAY.parse().unwrap()).unwrap().open;
        let quotes = self.quotes.entry(symbol.parse().unwrap()).or_default();
        quotes.extend(text.split(';').map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (bid, ask) = (fields[1].parse().unwrap(), fields[2].parse().unwrap());
            let start = open + Span::minutes(fields[0].parse().unwrap());
            QuoteBar { start, bid_open: bid, ask_open: ask, bid_close: bid, ask_close: ask }
        }));
        self
    }

    pub(crate) fn tape(mut self, symbol: Symbol, bars: Vec<Bar>) -> Self {
        self.tapes.insert(symbol, bars);
        self
    }

    pub(crate) fn setup(&self) -> Setup {
        let instruments = self.tapes.keys().map(|s| Instrument::us_equity(*s)).collect();
        let usual = Setup::usual("EXAMPLE_US_SIM_01".parse().unwrap(), instruments);
        Setup { limits: self.limits, strategies: self.strategies.clone(), ..usual }
    }

    pub(crate) fn tapes(&self) -> Vec<Tape> {
        let quotes = |s: &Symbol| self.quotes.get(s).cloned().unwrap_or_default();
        self.tapes.iter().map(|(symbol, bars)| Tape { bars: bars.clone(), quotes: quotes(symbol) }).collect()
    }

    pub(crate) fn run(&self) -> Ran {
        let mut backtest = Backtest::new(self.setup(), FeeSchedule::us_sales().unwrap()).unwrap();
        backtest.run(&self.tapes(), &mut Nobody).unwrap();
        Ran { events: backtest.trader.record.events }
    }
}

/// What a run recorded.
pub(crate) struct Ran {
    pub(crate) events: Vec<Event>,
}

/// `m:ss` after the session's open.
fn clock(at: Timestamp) -> String {
    let seconds = (at - Calendar::XNYS.session(at.utc_date()).unwrap().open).as_seconds();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

impl Ran {
    fn closed(&self) -> impl Iterator<Item = &Trade> {
        self.events.iter().filter_map(|e| match &e.body {
            Body::TradeClosed(trade) => Some(trade.as_ref()),
            _ => None,
        })
    }

    /// Who closed trades.
    pub(crate) fn strategies(&self) -> Vec<StrategyName> {
        self.closed().map(|t| t.strategy).collect()
    }

    /// `side size entry@instant exit@instant gross fees net reason`, in the order in which trades closed.
    pub(crate) fn trades(&self) -> Vec<String> {
        let line = |t: &Trade| {
            format!(
                "{} {} {}@{} {}@{} {} {} {} {}{}",
                t.side.as_str(),
                t.size,
                t.entry_price().unwrap(),
                clock(t.entered_at),
                t.exit_price().unwrap(),
                clock(t.exited_at),
                t.gross().unwrap(),
                t.fees().unwrap(),
                t.net().unwrap(),
                t.reason.as_str(),
                if t.synthetic { " synthetic" } else { "" },
            )
        };
        self.closed().map(line).collect()
    }

    /// `T strategy symbol side size ref stop target outcome`, where a blocked one says `gate/reason`.
    pub(crate) fn decisions(&self) -> Vec<String> {
        let ends = self.events.iter().filter_map(|e| match &e.body {
            Body::EntryMissed { decision, .. } => Some(decision),
            _ => None,
        });
        let missed: BTreeSet<_> = ends.collect();
        let decided = self.events.iter().filter_map(|e| match &e.body {
            Body::Decided(decision) => Some((e.at, decision)),
            _ => None,
        });
        decided
            .map(|(at, d)| {
                let outcome = match d.blocked {
                    Some((gate, reason)) => format!("{gate}/{reason}"),
                    None if missed.contains(&d.id) => "missed".to_owned(),
                    None => "executed".to_owned(),
                };
                let (plan, at) = (&d.plan, clock(at));
                let (side, minute) = (d.side.as_str(), at.trim_end_matches(":00"));
                format!(
                    "{minute} {} {} {side} {} {} {} {} {outcome}",
                    d.strategy, d.symbol, d.size, plan.reference, plan.stop, plan.target
                )
            })
            .collect()
    }
}
