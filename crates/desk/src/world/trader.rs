//! All machines of one bot, wired: one instant after the other, in the order of STRAT-5.
//!
//! What is decided is recorded before anything is sent (EXEC-1). Answers come back as reports, at once or whenever the
//! link delivers them; the same code serves both.

use std::collections::BTreeMap;

pub use super::halt::Halt;
use super::occupied::Occupied;
use super::recovery::{Milestones, Starting};
pub use super::setup::{SessionTerms, Setup};
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::event::{Body, Event};
use crate::domain::ids::{DecisionId, OrderId, SessionId, StrategyName};
use crate::domain::lots::LotMethod;
use crate::domain::order::{Command, ExitReason, Intent, Leg, OrderKey, Report};
use crate::domain::position::{Position, Stage};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};
use crate::domain::wide::{Overflow, Wide};
use crate::machines::broker::{Broker, Tracked};
use crate::machines::ledger::{Books, Journal, KeptFigures, Sealed};
pub use crate::machines::market_data::Ended;
use crate::machines::market_data::{Checked, Hours, Minute, SymbolMarket, Unusable, View, bar_at};
use crate::machines::portfolio::Portfolio;
use crate::machines::risk::{Risk, Used};
use crate::machines::screener::{Candidate, History, Screened, screen};
use crate::machines::strategy::{Evaluation, Signal, Skip, StrategyMachine};
use crate::risk::{Approved, Limits, Reducing};
use crate::strategies::{DeviationUnit, Strategy, make};

/// What carries commands to a venue. Answers that come at once are pushed; others are delivered later.
pub trait Link {
    /// Sends one command.
    ///
    /// # Errors
    /// [`Halt`].
    fn send(&mut self, at: Timestamp, command: &Command, answers: &mut Vec<Report>) -> Result<(), Halt>;
}

/// What makes events and entries durable, all of a call or none.
pub trait Record {
    /// Writes, and leaves both lists empty: they are the caller's, to be filled again.
    ///
    /// # Errors
    /// [`Halt`] where nothing was written.
    fn commit(&mut self, events: &mut Vec<Event>, entries: &mut Vec<Sealed>) -> Result<(), Halt>;
}

/// Lists that are filled and emptied for each step, so that a step needs no memory of its own.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) events: Vec<Event>,
    pub(super) entries: Vec<Sealed>,
    heard: Vec<Body>,
    answers: Vec<Report>,
    moves: Vec<(Symbol, Move)>,
}

/// A bot without a clock, a network or a disk.
#[derive(Debug)]
pub struct Trader<R> {
    pub(super) setup: Setup,
    pub(super) symbols: Vec<Symbol>,
    pub(super) market: Vec<SymbolMarket>,
    pub(super) checked: Vec<Option<Checked>>,
    pub(super) occupied: Occupied,
    pub(super) portfolio: Portfolio,
    pub(super) strategies: Vec<StrategyMachine>,
    pub(super) risk: Risk,
    pub(super) broker: Broker,
    pub(super) books: Books,
    pub(super) journal: Journal,
    pub(super) terms: Option<SessionTerms>,
    pub(super) seq: u64,
    pub(super) feed: u64,
    pub(super) last_at: Timestamp,
    pub(super) marked: Wide,
    pub(super) milestones: Milestones,
    /// What the ends of sessions left behind whose books stayed open, until a record of the day holds it.
    pub(super) kept: BTreeMap<SessionId, KeptFigures>,
    pub(super) starting: Option<Starting>,
    pub(super) polled_at: Timestamp,
    pub(super) lists: Lists,
    pub(super) history: History,
    screened: Screened,
    /// By place; empty where nothing is left out.
    left_out: Vec<bool>,
    #[cfg(feature = "planted-bugs")]
    pub(super) planted: Option<super::planted::PlantedBug>,
    /// Where the record goes.
    pub record: R,
}

impl<R: Record> Trader<R> {
    /// A bot that has not seen anything yet.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub fn new(setup: Setup, record: R) -> Result<Self, Halt> {
        let symbols = setup.instruments.len();
        let made = setup.strategies.iter().map(|(name, p)| make(*name, *p, symbols).ok_or(Halt::Strategy(*name)));
        let strategies = made.collect::<Result<_, _>>()?;
        Ok(Self::with_strategies(setup, strategies, record))
    }

    /// Another configuration from now on (OPS-3): what is open keeps the plan that it was opened with, and a session the lot
    /// method that it was opened with.
    pub fn configure(&mut self, limits: Limits, time_to_live: Span, lots: LotMethod) {
        self.risk.set_limits(limits);
        // The cash of the set-up is no limit, and stays.
        self.setup.limits = Limits { float: self.setup.limits.float, ..limits };
        self.setup.time_to_live = time_to_live;
        self.setup.lots = lots;
    }

    /// A bot with strategies made elsewhere, in the order and with the parameters that the setup names.
    #[must_use]
    pub fn with_strategies(setup: Setup, strategies: Vec<Box<dyn Strategy>>, record: R) -> Self {
        let symbols: Vec<_> = setup.instruments.iter().map(|i| i.symbol).collect();
        let strategies = strategies.into_iter().map(|s| StrategyMachine::new(s, symbols.clone())).collect();
        Self {
            market: Vec::new(),
            checked: vec![None; symbols.len()],
            occupied: Occupied::none(symbols.len()),
            symbols,
            portfolio: Portfolio::default(),
            strategies,
            risk: Risk::new(setup.limits),
            broker: Broker::default(),
            books: Books::new(setup.identity.clone()),
            journal: Journal::new(setup.identity.clone()),
            terms: None,
            seq: 0,
            feed: 0,
            last_at: Timestamp::default(),
            marked: Wide::from(setup.limits.float),
            milestones: Milestones::default(),
            kept: BTreeMap::new(),
            starting: None,
            polled_at: Timestamp::default(),
            lists: Lists::default(),
            history: History::new(setup.instruments.len()),
            screened: Screened::default(),
            left_out: Vec::new(),
            #[cfg(feature = "planted-bugs")]
            planted: None,
            record,
            setup,
        }
    }

    /// Positions and working entries.
    #[must_use]
    pub const fn portfolio(&self) -> &Portfolio {
        &self.portfolio
    }

    /// The strategies.
    #[must_use]
    pub fn strategies(&self) -> &[StrategyMachine] {
        &self.strategies
    }

    /// Risk.
    #[must_use]
    pub const fn risk(&self) -> &Risk {
        &self.risk
    }

    /// Orders.
    #[must_use]
    pub const fn broker(&self) -> &Broker {
        &self.broker
    }

    /// The books.
    #[must_use]
    pub const fn books(&self) -> &Books {
        &self.books
    }

    /// The journal's end.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// One symbol's data checks and indicators, by its place.
    #[must_use]
    pub fn market(&self, place: usize) -> Option<&SymbolMarket> {
        self.market.get(place)
    }

    /// How many bars of the session have been seen.
    #[must_use]
    pub const fn feed(&self) -> u64 {
        self.feed
    }

    /// What holds in this session.
    #[must_use]
    pub const fn terms(&self) -> Option<&SessionTerms> {
        self.terms.as_ref()
    }

    /// Equity at the last closes.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn equity(&self) -> Result<Wide, Overflow> {
        let owners = self.owners().map(|(p, place)| (p, place.and_then(|at| self.market.get(at)?.last_close())));
        let strays = self.portfolio.strays().iter().map(|p| (p, self.last_close(&p.symbol)));
        self.risk.equity(owners.chain(strays))
    }

    /// Equity as it was marked at the last instant observed.
    #[must_use]
    pub const fn marked(&self) -> Wide {
        self.marked
    }

    /// How much of each limit is used at the last closes.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn used(&self) -> Result<Vec<Used>, Overflow> {
        self.risk.used(self.marked, &self.portfolio, |symbol| self.last_close(symbol))
    }

    pub(super) fn last_close(&self, symbol: &Symbol) -> Option<Price> {
        let place = self.symbols.binary_search(symbol).ok()?;
        self.market.get(place)?.last_close()
    }

    /// The brackets that own their symbols, with the places of these. Both lists are in the order of the symbols: they go
    /// side by side, and nothing is searched for unless an owner is in no symbol of ours.
    fn owners(&self) -> impl Iterator<Item = (&Position, Option<usize>)> {
        owners(&self.symbols, &self.occupied, &self.portfolio)
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn open_session(&mut self, at: Timestamp, terms: SessionTerms) -> Result<(), Halt> {
        self.begin(terms)?;
        let Hours { session, open, close } = terms.hours;
        let method = self.setup.lots;
        let chosen = (method != self.books.lots()).then_some(Body::LotsChosen { session, method });
        self.commit(at, [Body::SessionOpened { session, open, close }].into_iter().chain(chosen))
    }

    /// Empties what is per session and no record: indicators and counts of market data.
    ///
    /// # Errors
    /// [`Halt::Overflow`].
    pub fn begin(&mut self, terms: SessionTerms) -> Result<(), Halt> {
        self.terms = Some(terms);
        let minutes = terms.hours.minutes();
        let with_deviation = self.strategies.iter().any(|s| s.chosen().parameters.deviation_unit == DeviationUnit::Sd);
        let fresh = SymbolMarket::new(minutes, with_deviation).ok_or(Halt::Overflow)?;
        self.market.clear();
        self.market.resize(self.symbols.len(), fresh);
        self.feed = 0;
        self.screen(&terms.hours);
        Ok(())
    }

    /// Which symbols are looked at in this session, by what the bars before it said.
    fn screen(&mut self, hours: &Hours) {
        self.history.open(hours.session);
        let Some(criteria) = &self.setup.screen else {
            (self.screened, self.left_out) = (Screened::default(), Vec::new());
            return;
        };
        self.screened = screen(hours.open, criteria, &self.history.candidates(&self.setup.instruments));
        let taken = |symbol: &Symbol| self.screened.chosen.binary_search(symbol).is_ok();
        self.left_out = self.symbols.iter().map(|symbol| !taken(symbol)).collect();
    }

    /// What the screen found for this session; empty where nothing is asked of a symbol.
    #[must_use]
    pub const fn screened(&self) -> &Screened {
        &self.screened
    }

    /// What the screen knew, or knows by now, of each symbol.
    #[must_use]
    pub fn candidates(&self) -> Vec<Candidate> {
        if self.setup.screen.is_some() { self.history.candidates(&self.setup.instruments) } else { Vec::new() }
    }

    /// Hears a venue's answers.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn deliver(&mut self, at: Timestamp, reports: &[Report]) -> Result<(), Halt> {
        let mut heard = std::mem::take(&mut self.lists.heard);
        for report in reports {
            self.broker.decide(report, &mut heard);
            self.broker.hear(report);
            if let Some(starting) = &mut self.starting {
                starting.hear(report.order());
            }
            self.commit(at, heard.drain(..))?;
        }
        self.lists.heard = heard;
        Ok(())
    }

    /// Whether somebody may still look at an indicator in this session: a position is held, or a window is still open or
    /// to come. Afterwards bars are checked and counted, and nothing is computed from them.
    fn is_watched(&self, now: Timestamp) -> bool {
        let open = |s: &StrategyMachine| s.window().is_some_and(|(_, end)| now < end);
        !self.portfolio.is_empty() || self.strategies.iter().any(open)
    }

    /// Step 2 of STRAT-5, the market data's own door: data checks, indicators, re-arming. Nothing is recorded.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn observe(&mut self, now: Timestamp, bars: &[Ended<'_>]) -> Result<(), Halt> {
        let Some(terms) = self.terms else { return Ok(()) };
        if !bars.is_empty() {
            // Counted by bars, so that a restart turns at the same place.
            self.strategies.iter_mut().for_each(StrategyMachine::turn);
        }
        let watched = self.is_watched(now);
        // Bars that have ended at one instant began at one, as a rule.
        let (mut start, mut minute) = (terms.hours.open, 0);
        for ended in bars {
            let (Some(market), Some(symbol)) = (self.market.get_mut(ended.place), self.symbols.get(ended.place)) else {
                continue;
            };
            if ended.bar.start != start {
                start = ended.bar.start;
                minute = terms.hours.minute_of(start).ok_or(Halt::Unusable(*symbol, start))?;
            }
            self.history.see(ended.place, ended.bar);
            let checked = market.observe(ended.bar, ended.quote, minute, watched).map_err(|e| match e {
                Unusable::Overflow => Halt::Overflow,
                Unusable::OutOfOrder => Halt::Unusable(*symbol, ended.bar.start),
            })?;
            if let Some(place) = self.checked.get_mut(ended.place) {
                *place = Some(checked);
            }
        }
        if watched {
            let (instruments, market, checked) = (&self.setup.instruments, &self.market, &self.checked);
            let minute = Minute { now, session: terms.hours, bars, instruments, market, checked };
            self.strategies.iter_mut().try_for_each(|s| s.observe(&minute))?;
            for (position, place) in owners(&self.symbols, &self.occupied, &self.portfolio) {
                if let Some((place, view)) = place.and_then(|place| minute.clean_at(place)) {
                    self.strategies.iter_mut().for_each(|s| s.follow(place, &view, position));
                }
            }
        }
        self.feed = self.feed.saturating_add(u64::try_from(bars.len()).unwrap_or(u64::MAX));
        self.marked = self.equity()?;
        self.risk.mark(self.marked);
        Ok(())
    }

    /// Steps 3 to 5 of STRAT-5: loss limits, exits, entries. At the close, what is held is closed and nothing follows.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn decide(&mut self, now: Timestamp, bars: &[Ended<'_>], link: &mut impl Link) -> Result<(), Halt> {
        let Some(terms) = self.terms else { return Ok(()) };
        if self.starting.is_some() {
            // Nothing is decided before the venue has answered.
            self.checked.fill(None);
            return Ok(());
        }
        let freezes = self.risk.decide(self.marked)?;
        if !freezes.is_empty() {
            self.commit(now, freezes)?;
        }
        if now >= terms.hours.close {
            return self.end_of_session(now, link);
        }
        for index in 0..self.strategies.len() {
            self.exits(index, now, bars, link)?;
        }
        for index in 0..self.strategies.len() {
            self.entries(index, now, bars, link)?;
        }
        for ended in bars {
            if let Some(place) = self.checked.get_mut(ended.place) {
                *place = None;
            }
        }
        Ok(())
    }

    /// Step 4 for one strategy: leaves, trails, or withdraws entries that came too late.
    fn exits(&mut self, index: usize, now: Timestamp, bars: &[Ended<'_>], link: &mut impl Link) -> Result<(), Halt> {
        if self.portfolio.is_empty() {
            return Ok(());
        }
        let mut moves = std::mem::take(&mut self.lists.moves);
        self.moves_into(index, now, bars, &mut moves)?;
        for (symbol, decided) in moves.drain(..) {
            match decided {
                Move::Stay => {}
                Move::Leave(reason) => self.leave(now, &symbol, reason, link)?,
                Move::Withdraw => self.withdraw(now, &symbol, link)?,
                Move::Trail(stop) => self.trail(now, &symbol, stop, link)?,
            }
        }
        self.lists.moves = moves;
        Ok(())
    }

    /// What one strategy would do with its positions: what becomes of one symbol changes nothing in another.
    pub(super) fn moves_into(
        &self,
        index: usize,
        now: Timestamp,
        bars: &[Ended<'_>],
        moves: &mut Vec<(Symbol, Move)>,
    ) -> Result<(), Halt> {
        let Some(strategy) = self.strategies.get(index) else { return Ok(()) };
        for (p, place) in self.owners().filter(|(p, _)| p.strategy == strategy.name()) {
            match place.map_or(Ok(Move::Stay), |place| self.exit_of(strategy, (p, place), now, bars))? {
                Move::Stay => {}
                decided => moves.push((p.symbol, decided)),
            }
        }
        Ok(())
    }

    fn exit_of(
        &self,
        strategy: &StrategyMachine,
        (p, place): (&Position, usize),
        now: Timestamp,
        bars: &[Ended<'_>],
    ) -> Result<Move, Halt> {
        let Some(terms) = &self.terms else { return Ok(Move::Stay) };
        if p.is_exiting() {
            return Ok(Move::Stay);
        }
        if p.stage() != Stage::Managed {
            let late = p.entry_working
                && p.entered.is_zero()
                && now >= strategy.exit_at_of(place)
                && !self.is_cancelling(&p.entry);
            return Ok(if late { Move::Withdraw } else { Move::Stay });
        }
        let clean = self.checked.get(place).copied().flatten() == Some(Checked::Clean);
        let ended = if clean { bar_at(bars, place) } else { None };
        let view = ended.and_then(|ended| {
            let (market, instrument) = (self.market.get(place)?, self.setup.instruments.get(place)?);
            Some(View::new(terms.hours, instrument, ended.bar, Checked::Clean, market, now))
        });
        if let Some(reason) = strategy.exit(place, p, view.as_ref(), now)? {
            return Ok(Move::Leave(reason));
        }
        let stop = view.as_ref().map(|view| strategy.trail(place, p, view)).transpose()?.flatten();
        Ok(stop.map_or(Move::Stay, Move::Trail))
    }

    pub(super) fn is_cancelling(&self, order: &OrderId) -> bool {
        self.broker.get(order).is_some_and(Tracked::is_cancelling)
    }

    pub(super) fn key<'a>(
        &'a self,
        strategy: StrategyName,
        signal: &'a DecisionId,
        hours: Hours,
        leg: Leg,
        attempt: u32,
    ) -> OrderKey<'a> {
        OrderKey {
            identity: &self.setup.identity,
            epoch: self.setup.epoch,
            session: hours.session,
            strategy,
            signal,
            leg,
            attempt,
        }
    }

    /// Records an order's intent with what led to it, then sends it. There is no other way out.
    pub(super) fn submit(
        &mut self,
        now: Timestamp,
        cleared: &Cleared,
        led: Option<Body>,
        link: &mut impl Link,
    ) -> Result<(), Halt> {
        let intent = cleared.intent().clone();
        let order = intent.order.clone();
        let intended = Body::Intended(Box::new(intent.clone()));
        #[cfg(feature = "planted-bugs")]
        if self.planted == Some(super::planted::PlantedBug::SendsBeforeTheIntent) {
            self.send(now, &Command::Submit(intent.clone()), link)?;
        }
        self.commit(now, led.into_iter().chain([intended]))?;
        // An approval is asked once more before it is sent (RISK-0). Nothing trips a latch here: this world has no kill.
        if let Cleared::Approved(approved) = cleared
            && approved.still_valid(now, self.risk.epoch(), false, self.last_close(&intent.symbol)).is_err()
        {
            return self.commit(now, [Body::NotAccepted { order }]);
        }
        self.broker.sent(&order, now);
        self.send(now, &Command::Submit(intent), link)
    }

    /// Sends one command and hears what is answered at once.
    pub(super) fn send(&mut self, now: Timestamp, command: &Command, link: &mut impl Link) -> Result<(), Halt> {
        let mut answers = std::mem::take(&mut self.lists.answers);
        if let Command::Query(order) = command {
            self.broker.asked(order);
        }
        link.send(now, command, &mut answers)?;
        self.deliver(now, &answers)?;
        answers.clear();
        self.lists.answers = answers;
        Ok(())
    }

    /// Step 5 for one strategy.
    fn entries(&mut self, index: usize, now: Timestamp, bars: &[Ended<'_>], link: &mut impl Link) -> Result<(), Halt> {
        let Some(strategy) = self.strategies.get_mut(index).filter(|s| s.is_on()) else { return Ok(()) };
        if !strategy.is_open(now) {
            strategy.count_all(bars.iter().map(|ended| ended.place), Skip::OutsideWindow, now);
            return Ok(());
        }
        let mut left = bars;
        while let Some((ended, signal)) = self.next_signal(index, now, &mut left)? {
            let (setup, plan) = *signal;
            if let Some((decision, approved)) = self.signal(index, now, ended, &setup, plan)? {
                let decided = Body::Decided(Box::new(decision));
                match approved {
                    Some(approved) => self.submit(now, &Cleared::Approved(approved), Some(decided), link)?,
                    None => self.commit(now, [decided])?,
                }
            }
        }
        Ok(())
    }

    /// Evaluates symbol after symbol, and counts the reasons, up to the next signal.
    pub(super) fn next_signal<'a, 'b>(
        &mut self,
        index: usize,
        now: Timestamp,
        left: &mut &'a [Ended<'b>],
    ) -> Result<Option<(&'a Ended<'b>, Box<Signal>)>, Halt> {
        let (Some(strategy), Some(terms)) = (self.strategies.get_mut(index), &self.terms) else { return Ok(None) };
        while let Some((ended, rest)) = left.split_first() {
            *left = rest;
            let place = ended.place;
            if self.left_out.get(place).copied().unwrap_or(false) {
                strategy.count(place, Skip::ScreenedOut, now);
                continue;
            }
            let (Some(market), Some(instrument), Some(Some(checked))) =
                (self.market.get(place), self.setup.instruments.get(place), self.checked.get(place))
            else {
                strategy.count(place, Skip::InsufficientData, now);
                continue;
            };
            let view = View::new(terms.hours, instrument, ended.bar, *checked, market, now);
            let owner = || if self.occupied.has(place) { self.portfolio.get(&instrument.symbol) } else { None };
            match strategy.evaluate(place, &view, owner)? {
                Evaluation::Skipped(skip) => strategy.count(place, skip, now),
                Evaluation::Signal(signal) => return Ok(Some((ended, signal))),
            }
        }
        Ok(None)
    }

    pub(super) fn view<'a>(&'a self, now: Timestamp, ended: &Ended<'a>) -> Option<View<'a>> {
        let (market, instrument) = (self.market.get(ended.place)?, self.setup.instruments.get(ended.place)?);
        let checked = self.checked.get(ended.place).copied().flatten()?;
        Some(View::new(self.terms.as_ref()?.hours, instrument, ended.bar, checked, market, now))
    }

    /// The market's state of a symbol and the account's, for a signal.
    pub(super) fn standing(
        &self,
        symbol: &Symbol,
        strategy: StrategyName,
    ) -> Result<crate::risk::Standing<'_>, Overflow> {
        #[cfg(feature = "planted-bugs")]
        if self.planted == Some(super::planted::PlantedBug::ForgetsUnknownOrders) {
            let known = self.portfolio.known(|p| self.broker.get(&p.entry).is_some_and(|t| !t.is_unresolved()));
            return self.risk.standing(symbol, strategy, &known, |s| self.last_close(s));
        }
        let mut standing = self.risk.standing(symbol, strategy, &self.portfolio, |s| self.last_close(s))?;
        // An order that may still turn up counts as one that works (RISK-7).
        standing.working |= self.broker.is_unresolved(symbol);
        standing.volume = self.symbols.binary_search(symbol).map_or(Quantity::ZERO, |place| self.history.volume(place));
        Ok(standing)
    }

    /// The account's cash at set-up, and the float before accounting assigns another.
    #[must_use]
    pub const fn float(&self) -> Money {
        self.setup.limits.float
    }
}

/// See [`Trader::owners`]; by the fields, so that others may change meanwhile.
fn owners<'a>(
    symbols: &'a [Symbol],
    occupied: &'a Occupied,
    portfolio: &'a Portfolio,
) -> impl Iterator<Item = (&'a Position, Option<usize>)> {
    let mut places = occupied.places().iter().copied().peekable();
    portfolio.owners().map(move |p| {
        let place = places.next_if(|at| symbols.get(*at) == Some(&p.symbol));
        (p, place.or_else(|| symbols.binary_search(&p.symbol).ok()))
    })
}

/// What to do with a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Nothing.
    Stay,
    /// Close it.
    Leave(ExitReason),
    /// Withdraw its entry, which came too late.
    Withdraw,
    /// Let its stop follow.
    Trail(Price),
}

/// An order that may go out: approved by the gate table, or able only to reduce.
#[derive(Debug)]
pub enum Cleared {
    /// By every gate.
    Approved(Approved),
    /// By the narrower table.
    Reducing(Reducing),
}

impl Cleared {
    /// The order.
    #[must_use]
    pub const fn intent(&self) -> &Intent {
        match self {
            Self::Approved(approved) => approved.intent(),
            Self::Reducing(reducing) => reducing.intent(),
        }
    }
}
