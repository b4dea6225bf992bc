//! One seed, played: market, venue, wire and process on one clock.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::vec::IntoIter;

use super::audit::{Auditor, Held};
use super::crash::{CrashAt, Step};
use super::days::{Day, Days, Market};
use super::disk::{Disk, Shared, Writer};
use super::failure::{Failure, Invariant};
use super::outside::{Outside, What};
use super::plan::Plan;
use super::tally::Tally;
use crate::domain::seed::Rng;
use crate::domain::time::{Span, Timestamp};
use crate::venue::{Charge, Terms, Venue};
use crate::world::day::figures;
use crate::world::trader::{Halt, Record, Setup, Trader};

/// How long after the close messages still meet faults.
const FAULTS_END: Span = Span::seconds(30);
/// How long after the close it is looked whether all is quiet: 120 s after faults end.
const CALM: Span = Span::seconds(150);
/// How long after the close all must be quiet.
const QUIET: Span = Span::minutes(15);
/// How often it is looked after it.
const LOOK: Span = Span::seconds(30);

/// What became of a run.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) outcome: Result<(), Failure>,
    pub(super) tally: Tally,
    pub(super) disk: Shared,
}

/// Plays a plan on a market.
pub(super) fn play(plan: &Plan, market: &Market) -> Played {
    let days = Days::new(market, plan.sessions);
    let disk: Shared = Rc::new(RefCell::new(Disk::default()));
    let setup = match plan.setup(&market.instruments) {
        Ok(setup) => setup,
        Err(e) => {
            let failure = Failure::new(Invariant::Alive, Timestamp::default(), e.to_string());
            return Played { outcome: Err(failure), tally: Tally::default(), disk };
        }
    };
    let mut play = Play::new(plan, setup, &days, Rc::clone(&disk));
    let outcome = play.all();
    let mut tally = std::mem::take(&mut play.outside.tally);
    let (trades, kinds) = play.outside.auditor.counted();
    tally.trades = trades.iter().map(|(n, c)| (n.to_string(), *c)).collect();
    tally.events = kinds.iter().map(|(n, c)| (n.to_string(), *c)).collect();
    (tally.returned, tally.reopened) = play.outside.auditor.late();
    tally.steps = disk.borrow().fuse.passed();
    Played { outcome, tally, disk }
}

/// What the bot says it holds.
pub(super) fn held<R: Record>(trader: &Trader<R>) -> Vec<Held> {
    let signed = |p: &crate::domain::position::Position| p.held().raw().saturating_mul(p.side.sign());
    trader.portfolio().iter().map(|p| (p.symbol, signed(p))).collect()
}

/// A run under way.
pub(super) struct Play<'d> {
    pub(super) plan: &'d Plan,
    pub(super) setup: Setup,
    pub(super) days: &'d Days<'d>,
    pub(super) outside: Outside,
    pub(super) disk: Shared,
    pub(super) trader: Option<Trader<Writer>>,
    pub(super) remains: Option<Trader<Writer>>,
    pub(super) restart_at: Option<Timestamp>,
    pub(super) crashes: IntoIter<CrashAt>,
    pub(super) rng: Rng,
    pub(super) day: usize,
    pub(super) charges: Vec<Charge>,
    now: Timestamp,
    looked_at: Timestamp,
}

impl<'d> Play<'d> {
    fn new(plan: &'d Plan, setup: Setup, days: &'d Days<'d>, disk: Shared) -> Self {
        let venue = Venue::new(setup.rules, setup.commission, setup.instruments.clone(), setup.limits.float);
        let closes = |d: &Day<'_>| (d.tape.session.id.to_string().into_boxed_str(), d.tape.closes().collect());
        let closes: BTreeMap<_, _> = days.iter().map(closes).collect();
        let symbols = setup.instruments.iter().map(|i| i.symbol).collect();
        let auditor = Auditor::new(setup.limits, symbols, closes);
        let wire = plan.seed.part("wire", 0).rng();
        Self {
            outside: Outside::new(venue, Rc::clone(&disk), auditor, plan.weather, wire),
            rng: plan.seed.part("process", 0).rng(),
            plan,
            setup,
            days,
            disk,
            trader: None,
            remains: None,
            restart_at: None,
            crashes: Vec::new().into_iter(),
            day: 0,
            charges: Vec::new(),
            now: Timestamp::default(),
            looked_at: Timestamp::default(),
        }
    }

    /// A bot that knows nothing.
    pub(super) fn blank(&self) -> Result<Trader<Writer>, Halt> {
        let trader = Trader::new(self.setup.clone(), Writer(Rc::clone(&self.disk)))?;
        #[cfg(feature = "planted-bugs")]
        let trader = trader.plant(self.plan.planted);
        Ok(trader)
    }

    fn all(&mut self) -> Result<(), Failure> {
        self.trader = Some(self.blank().map_err(|halt| self.halted(&halt))?);
        let days = self.days;
        for (index, day) in days.iter().enumerate() {
            self.day = index;
            self.session(day)?;
            self.outside.tally.sessions = self.outside.tally.sessions.saturating_add(1);
        }
        Ok(())
    }

    fn halted(&self, halt: &Halt) -> Failure {
        Failure::new(Invariant::Alive, self.now, halt.to_string())
    }

    /// Lets the process do something, if there is one; then the auditor reads.
    pub(super) fn act(
        &mut self,
        now: Timestamp,
        what: impl FnOnce(&mut Trader<Writer>, &mut Outside) -> Result<(), Halt>,
    ) -> Result<(), Failure> {
        let Some(trader) = self.trader.as_mut() else { return Ok(()) };
        match what(trader, &mut self.outside) {
            Ok(()) => {}
            Err(Halt::Crash) => self.die(now),
            Err(halt) => {
                // What the auditor has seen before comes first.
                self.outside.audit(now)?;
                return Err(self.halted(&halt));
            }
        }
        self.outside.audit(now)
    }

    fn session(&mut self, day: &Day<'_>) -> Result<(), Failure> {
        let (session, terms) = (day.tape.session, day.tape.terms);
        self.now = session.open;
        let opened =
            self.outside.venue.open_session(Terms { session: session.id, settles: terms.settles, rates: terms.rates });
        self.charges = opened.map_err(|e| self.halted(&e.into()))?;
        self.outside.auditor.open_session(self.charges.iter().map(|c| c.amount));
        for place in 0..self.setup.instruments.len() {
            self.outside.venue.set_halted(place, false);
        }
        self.outside.faulty = true;
        self.crashes = self.plan.crashes.get(self.day).cloned().unwrap_or_default().into_iter();
        self.disk.borrow_mut().fuse.arm(self.crashes.next());
        let charges = std::mem::take(&mut self.charges);
        let opened = self.act(session.open, |trader, _| trader.open_day(session.open, terms, &charges));
        self.charges = charges;
        opened?;
        for minute in 1..=session.minutes() {
            self.minute(day, minute)?;
        }
        let quiet = self.settle(session.close)?;
        self.close(day, quiet)
    }

    fn minute(&mut self, day: &Day<'_>, minute: i64) -> Result<(), Failure> {
        let now = day.tape.session.open + Span::minutes(minute);
        self.run_until(now)?;
        for (_, act) in self.plan.script.iter().filter(|(at, _)| *at == minute) {
            self.outside.act(now, *act);
        }
        let bars = day.at(now);
        self.outside.match_bars(now, bars).map_err(|e| self.halted(&e.into()))?;
        self.run_until(now)?;
        let days = self.days;
        self.act(now, |trader, outside| {
            if bars.is_empty() {
                trader.observe(now, bars)?;
            } else {
                trader.catch_up(now, days)?;
            }
            outside.step(Step::Observed)?;
            trader.decide(now, bars, outside)?;
            outside.step(Step::Decided)?;
            trader.upkeep(now, outside)
        })?;
        for (_, chosen) in self.plan.choices.iter().filter(|(at, _)| *at == minute) {
            self.act(now, |trader, outside| trader.choose_and_withdraw(now, chosen.clone(), outside))?;
        }
        self.run_until(now)
    }

    /// Delivers what is on the wire, and lets time do its work, until an instant.
    fn run_until(&mut self, until: Timestamp) -> Result<(), Failure> {
        loop {
            let message = self.outside.next_at();
            let own = match &self.trader {
                Some(trader) => trader.due_at(self.now).map(|due| due.max(self.looked_at + Span::seconds(1))),
                None => self.restart_at,
            };
            let Some(next) = message.into_iter().chain(own).min().filter(|at| *at <= until) else { break };
            self.now = self.now.max(next);
            let now = self.now;
            if message == Some(next) {
                self.arrival(now)?;
            } else if self.trader.is_some() {
                self.looked_at = now;
                self.act(now, |trader, outside| trader.upkeep(now, outside))?;
            } else {
                self.restart(now)?;
            }
        }
        self.now = self.now.max(until);
        Ok(())
    }

    fn arrival(&mut self, now: Timestamp) -> Result<(), Failure> {
        match self.outside.take() {
            Some(What::Command(command)) => {
                self.outside.arrive(now, &command).map_err(|e| self.halted(&e.into()))?;
                self.outside.audit(now)
            }
            Some(What::Report(_, report)) => self.act(now, |trader, outside| {
                outside.step(Step::Arrived)?;
                trader.deliver(now, std::slice::from_ref(&report))
            }),
            None => Ok(()),
        }
    }

    /// After the close, until nothing is open and nothing is on the wire.
    fn settle(&mut self, close: Timestamp) -> Result<Timestamp, Failure> {
        let mut now = close;
        while now - close < QUIET {
            now = now + LOOK;
            self.run_until(now)?;
            self.outside.faulty = now - close < FAULTS_END;
            self.act(now, |trader, outside| trader.upkeep(now, outside))?;
            if now - close >= CALM && self.is_quiet() {
                return Ok(now);
            }
        }
        self.agree(now)?;
        let open = self.trader.as_ref().map(open_orders).unwrap_or_default();
        Err(Failure::new(Invariant::I8, now, format!("not at its end: {open:?}")))
    }

    fn is_quiet(&self) -> bool {
        let settled = |t: &Trader<Writer>| !t.is_starting() && t.portfolio().is_empty() && open_orders(t).is_empty();
        self.outside.next_at().is_none() && self.trader.as_ref().is_some_and(settled)
    }

    fn agree(&mut self, now: Timestamp) -> Result<(), Failure> {
        let held = self.trader.as_ref().map(held).unwrap_or_default();
        self.outside.auditor.agree(now, &self.disk.borrow(), &self.outside.venue, &held)
    }

    /// Closes the day's books, through crashes where there are some.
    fn close(&mut self, day: &Day<'_>, quiet: Timestamp) -> Result<(), Failure> {
        self.agree(quiet)?;
        let (session, next) = (day.tape.session.id, day.tape.next);
        let mut now = quiet;
        while now - quiet < Span::minutes(60) {
            let told = figures(&self.outside.venue, &self.setup.instruments).map_err(|halt| self.halted(&halt))?;
            self.act(now, |trader, _| {
                if trader.is_starting() || trader.has_closed(session) {
                    return Ok(());
                }
                trader.close_day(now, session, next, told).map(drop)
            })?;
            if self.trader.as_ref().is_some_and(|t| t.has_closed(session) && !t.is_starting()) {
                let held = self.trader.as_ref().map(held).unwrap_or_default();
                return self.outside.auditor.quiet(now, &self.disk.borrow(), &self.outside.venue, &held);
            }
            now = now + LOOK;
            self.run_until(now)?;
        }
        Err(Failure::new(Invariant::Alive, now, "the day could not be closed"))
    }
}

/// Orders that are not at their end.
fn open_orders<R: Record>(trader: &Trader<R>) -> Vec<String> {
    let broker = trader.broker();
    let open = broker.iter().filter(|(_, t)| !t.state.is_terminal());
    open.map(|(order, t)| format!("{order} {:?} {:?} of {}", t.leg, t.state, t.symbol)).collect()
}
