//! One strategy over all its symbols (STRAT-6, STRAT-9, STRAT-10): what it evaluates, what it counts, when it leaves.

use std::sync::Arc;

use crate::domain::event::{Body, Event};
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::market::Side;
use crate::domain::order::{ExitReason, Plan, Purpose};
use crate::domain::position::{Position, Stage};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};
use crate::domain::wide::Overflow;
use crate::machines::market_data::{Checked, Hours, Minute, View};
use crate::strategies::{
    Chosen, Detection, Held, Line, Parameters, Setup, Strategy, Tracking, exit_time, make, window,
};

/// Why an evaluation ended without a signal (STRAT-6), in the order in which the reasons apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// Outside of the window.
    OutsideWindow,
    /// The bar is corrupt.
    CorruptBar,
    /// The entries of this session are used up.
    MaxTrades,
    /// A position or order of this strategy is there.
    InPosition,
    /// An indicator does not exist yet.
    InsufficientData,
    /// No reason to trade.
    NoSetup,
    /// A reason to trade on a side that is spent.
    Spent,
    /// The screener has left the symbol out for this session (TRADE-4).
    ScreenedOut,
}

impl Skip {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::OutsideWindow,
        Self::CorruptBar,
        Self::MaxTrades,
        Self::InPosition,
        Self::InsufficientData,
        Self::NoSetup,
        Self::Spent,
        Self::ScreenedOut,
    ];

    /// Its place in [`Self::ALL`].
    const fn place(self) -> usize {
        match self {
            Self::OutsideWindow => 0,
            Self::CorruptBar => 1,
            Self::MaxTrades => 2,
            Self::InPosition => 3,
            Self::InsufficientData => 4,
            Self::NoSetup => 5,
            Self::Spent => 6,
            Self::ScreenedOut => 7,
        }
    }

    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutsideWindow => "outside_window",
            Self::CorruptBar => "corrupt_bar",
            Self::MaxTrades => "max_trades",
            Self::InPosition => "in_position",
            Self::InsufficientData => "insufficient_data",
            Self::NoSetup => "no_setup",
            Self::Spent => "spent",
            Self::ScreenedOut => "screened_out",
        }
    }
}

/// A reason to trade with its plan.
pub type Signal = (Setup, Plan);

/// What an evaluation ended in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evaluation {
    /// Nothing, for a reason that is counted.
    Skipped(Skip),
    /// A signal with its plan.
    Signal(Box<Signal>),
}

/// Where a strategy is in one symbol (STRAT-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// Before the window.
    Waiting,
    /// Looking for a setup.
    Armed,
    /// An entry works.
    Entering,
    /// Shares are held.
    Managed,
    /// Nothing more is to come in this session.
    Done,
}

/// How often a reason was met, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How often.
    pub times: u32,
    /// When last.
    pub last: Option<Timestamp>,
}

/// One symbol in one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Slot {
    signals: u32,
    approved: u32,
    spent: [Option<Timestamp>; 2],
    given_back: [Option<Timestamp>; 2],
    tracking: Tracking,
    /// The parameters that the last entry was decided with: its position keeps them (OPS-3).
    rules: Option<Arc<Parameters>>,
}

/// How often a reason was met in a symbol, and when last; that says nothing where it was never met.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    times: u32,
    last: Timestamp,
}

impl Met {
    fn add(&mut self, now: Timestamp) {
        *self = Self { times: self.times.saturating_add(1), last: now };
    }
}

const fn place(side: Side) -> usize {
    match side {
        Side::Long => 0,
        Side::Short => 1,
    }
}

impl Slot {
    /// A side is spent by a signal until a later bar gives it back (STRAT-19).
    fn is_spent(&self, side: Side) -> bool {
        let at = |list: &[Option<Timestamp>; 2]| list.get(place(side)).copied().flatten();
        at(&self.spent).is_some_and(|spent| at(&self.given_back).is_none_or(|back| back <= spent))
    }

    /// Whether a side is spent.
    fn has_spent(&self) -> bool {
        self.is_spent(Side::Long) || self.is_spent(Side::Short)
    }

    /// Gives the sides back that a clean bar gives back.
    fn give_back(&mut self, strategy: &dyn Strategy, view: &View<'_>) {
        for side in [Side::Long, Side::Short] {
            if self.is_spent(side)
                && strategy.returns(side, view)
                && let Some(back) = self.given_back.get_mut(place(side))
            {
                *back = Some(view.now);
            }
        }
    }
}

/// The machine.
#[derive(Debug)]
pub struct StrategyMachine {
    strategy: Box<dyn Strategy>,
    /// What each event, and each evaluation, asks the strategy for.
    name: StrategyName,
    max_trades: i64,
    /// Whether it takes entries.
    on: bool,
    /// Whether it took entries at some time of this session.
    was_on: bool,
    /// What was chosen and does not hold yet.
    next: Option<Line>,
    /// The parameters, for the positions that are opened with them.
    rules: Arc<Parameters>,
    symbols: Vec<Symbol>,
    slots: Vec<Slot>,
    /// Reason by reason and then symbol by symbol: a minute meets one reason in nearly all symbols.
    met: [Vec<Met>; Skip::ALL.len()],
    /// The same of minutes that met one reason in all symbols.
    met_by_all: [Met; Skip::ALL.len()],
    /// Whether a side was ever spent in this session.
    has_spent: bool,
    hours: Option<Hours>,
    window: Option<(Timestamp, Timestamp)>,
    exit_at: Timestamp,
}

impl StrategyMachine {
    /// A strategy over these symbols, in byte order.
    #[must_use]
    pub fn new(strategy: Box<dyn Strategy>, symbols: Vec<Symbol>) -> Self {
        let slots = vec![Slot::default(); symbols.len()];
        let met = std::array::from_fn(|_| vec![Met::default(); symbols.len()]);
        let (name, rules) = (strategy.name(), Arc::new(*strategy.parameters()));
        Self {
            strategy,
            name,
            max_trades: rules.max_trades,
            on: true,
            was_on: true,
            next: None,
            rules,
            symbols,
            slots,
            met,
            met_by_all: Default::default(),
            has_spent: false,
            hours: None,
            window: None,
            exit_at: Timestamp::MAX,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> StrategyName {
        self.name
    }

    /// The strategy behind it.
    #[must_use]
    pub fn strategy(&self) -> &dyn Strategy {
        self.strategy.as_ref()
    }

    /// Whether it takes entries. What it holds is managed in any case.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// Whether it took entries at some time of this session.
    #[must_use]
    pub const fn was_on(&self) -> bool {
        self.was_on
    }

    /// What was chosen for it last, in force or not.
    #[must_use]
    pub fn chosen(&self) -> Line {
        self.next.clone().unwrap_or_else(|| self.in_force())
    }

    fn in_force(&self) -> Line {
        Line { strategy: self.name, on: self.on, parameters: *self.rules }
    }

    /// What was chosen and holds from the next session's open on; nothing where it holds, or will from the next minute on.
    #[must_use]
    pub fn waiting(&self) -> Option<&Line> {
        self.next.as_ref().filter(|next| !self.rules.agrees_in_a_session(&next.parameters))
    }

    /// A minute begins: what was chosen holds from here on, unless this session's indicators were made for something else.
    pub fn turn(&mut self) {
        if self.next.is_some() && self.waiting().is_none() {
            self.take_next();
        }
    }

    /// What was chosen holds.
    fn take_next(&mut self) {
        let Some(Line { on, parameters, .. }) = self.next.take() else { return };
        if self.rules.agrees_in_a_session(&parameters) {
            self.strategy.set_parameters(parameters);
        } else if let Some(anew) = make(self.name, parameters, self.symbols.len()) {
            self.strategy = anew;
        }
        self.on = on;
        self.was_on |= on;
        self.max_trades = parameters.max_trades;
        self.rules = Arc::new(parameters);
        if let Some(hours) = &self.hours {
            self.exit_at = exit_time(&parameters, hours);
        }
    }

    /// The parameters of what is held or being entered in a symbol: those that it was opened with.
    fn rules_of(&self, symbol: usize) -> &Parameters {
        self.slots.get(symbol).and_then(|slot| slot.rules.as_deref()).unwrap_or(&self.rules)
    }

    /// When what is held or being entered in a symbol is left by the clock.
    #[must_use]
    pub fn exit_at_of(&self, symbol: usize) -> Timestamp {
        self.hours.as_ref().map_or(Timestamp::MAX, |hours| exit_time(self.rules_of(symbol), hours))
    }

    /// Its window in this session; nothing where it is skipped.
    #[must_use]
    pub const fn window(&self) -> Option<(Timestamp, Timestamp)> {
        self.window
    }

    /// When it holds nothing any more of what it enters now.
    #[must_use]
    pub const fn exit_at(&self) -> Timestamp {
        self.exit_at
    }

    /// Whether entries are decided at `T`: the start belongs to a window, the end does not.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.on && self.window.is_some_and(|(start, end)| start <= now && now < end)
    }

    /// The market data's own door: clean bars move indicators and give sides back. Both serve entries alone, so nothing
    /// is done once the window is over.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn observe(&mut self, minute: &Minute<'_>) -> Result<(), Overflow> {
        if self.window.is_none_or(|(_, end)| minute.now >= end) {
            return Ok(());
        }
        self.strategy.observe_all(minute)?;
        if self.has_spent {
            for (symbol, slot) in self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.has_spent()) {
                if let Some((_, view)) = minute.clean_at(symbol) {
                    slot.give_back(self.strategy.as_ref(), &view);
                }
            }
        }
        Ok(())
    }

    /// Follows what is held with a clean bar, where it is this strategy's.
    pub fn follow(&mut self, symbol: usize, view: &View<'_>, position: &Position) {
        let own = position.strategy == self.name;
        if own
            && position.entered_at.is_some_and(|at| view.bar.end() > at)
            && let Some(slot) = self.slots.get_mut(symbol)
        {
            slot.tracking.observe(view.bar.close, position.side, position.plan.edge);
        }
    }

    /// Evaluates one symbol inside the window (STRAT-6). A corrupt bar's reason is all that is done. Who owns the symbol is
    /// looked up where it matters.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn evaluate<'p>(
        &self,
        symbol: usize,
        view: &View<'_>,
        owner: impl FnOnce() -> Option<&'p Position>,
    ) -> Result<Evaluation, Overflow> {
        let Some(slot) = self.slots.get(symbol) else { return Ok(Evaluation::Skipped(Skip::InsufficientData)) };
        if view.checked == Checked::Corrupt {
            return Ok(Evaluation::Skipped(Skip::CorruptBar));
        }
        if i64::from(slot.approved) >= self.max_trades {
            return Ok(Evaluation::Skipped(Skip::MaxTrades));
        }
        if owner().is_some_and(|p| p.strategy == self.name) {
            return Ok(Evaluation::Skipped(Skip::InPosition));
        }
        let setup = match self.strategy.detect(symbol, view)? {
            Detection::Insufficient => return Ok(Evaluation::Skipped(Skip::InsufficientData)),
            Detection::NoSetup => return Ok(Evaluation::Skipped(Skip::NoSetup)),
            Detection::Setup(setup) => setup,
        };
        let Some(plan) = self.strategy.plan_entry(&setup, view)? else {
            return Ok(Evaluation::Skipped(Skip::NoSetup));
        };
        if slot.is_spent(setup.side) {
            return Ok(Evaluation::Skipped(Skip::Spent));
        }
        Ok(Evaluation::Signal(Box::new((*setup, plan))))
    }

    /// Counts an evaluation without a signal.
    pub fn count(&mut self, symbol: usize, skip: Skip, now: Timestamp) {
        if let Some(met) = self.met.get_mut(skip.place()).and_then(|row| row.get_mut(symbol)) {
            met.add(now);
        }
    }

    /// Counts evaluations of one instant, each of another symbol, that ended for the same reason.
    pub fn count_all(&mut self, symbols: impl ExactSizeIterator<Item = usize>, skip: Skip, now: Timestamp) {
        if symbols.len() == self.symbols.len() {
            if let Some(met) = self.met_by_all.get_mut(skip.place()) {
                met.add(now);
            }
            return;
        }
        let Some(row) = self.met.get_mut(skip.place()) else { return };
        for symbol in symbols {
            if let Some(met) = row.get_mut(symbol) {
                met.add(now);
            }
        }
    }

    /// The reason to leave at `T`, if there is one (STRAT-9). `view` is that of a clean bar at `T`, where there is one.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn exit(
        &self,
        symbol: usize,
        position: &Position,
        view: Option<&View<'_>>,
        now: Timestamp,
    ) -> Result<Option<ExitReason>, Overflow> {
        if now >= self.exit_at_of(symbol) {
            return Ok(Some(ExitReason::WindowEnd));
        }
        let timeout = self.rules_of(symbol).timeout;
        if timeout > 0 && position.entered_at.is_some_and(|at| now - at >= Span::minutes(timeout)) {
            return Ok(Some(ExitReason::Timeout));
        }
        let (Some(view), Some(held)) = (view, self.held(symbol, position)) else { return Ok(None) };
        self.strategy.plan_exit(&held, view)
    }

    /// Where the stop should stand from the next bar on, if it should move (STRAT-10).
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn trail(
        &self,
        symbol: usize,
        position: &Position,
        view: &View<'_>,
    ) -> Result<Option<crate::domain::decimal::Price>, Overflow> {
        match self.held(symbol, position) {
            Some(held) => self.strategy.plan_management(&held, view),
            None => Ok(None),
        }
    }

    fn held<'a>(&'a self, symbol: usize, position: &'a Position) -> Option<Held<'a>> {
        let tracking = &self.slots.get(symbol)?.tracking;
        let rules = self.rules_of(symbol);
        (position.stage() == Stage::Managed).then_some(Held { position, tracking, rules })
    }

    /// The number of the next signal in a symbol.
    #[must_use]
    pub fn next_signal(&self, symbol: usize) -> u32 {
        self.slots.get(symbol).map_or(0, |s| s.signals).saturating_add(1)
    }

    /// Whether another remembers the same, as a restart has to bring it back: everything but the reasons counted.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        self.strategy.agrees(&*other.strategy)
            && self.slots == other.slots
            && (self.on, &self.next) == (other.on, &other.next)
            && (self.hours, self.window, self.exit_at) == (other.hours, other.window, other.exit_at)
    }

    /// What was counted in a symbol, reason by reason.
    pub fn counts(&self, symbol: usize) -> impl Iterator<Item = (Skip, Count)> + '_ {
        let count = |own: Met, all: Met| {
            let times = own.times.saturating_add(all.times);
            Count { times, last: (times > 0).then_some(own.last.max(all.last)) }
        };
        let of = move |(row, all): (&Vec<Met>, &Met)| row.get(symbol).map(|own| count(*own, *all)).unwrap_or_default();
        Skip::ALL.into_iter().zip(self.met.iter().zip(&self.met_by_all).map(of))
    }

    /// Where it is in a symbol, for people.
    #[must_use]
    pub fn state(&self, symbol: usize, position: Option<&Position>, now: Timestamp) -> SlotState {
        if let Some(p) = position.filter(|p| p.strategy == self.name()) {
            return if p.stage() == Stage::Managed { SlotState::Managed } else { SlotState::Entering };
        }
        let Some(((start, end), slot)) = self.window.zip(self.slots.get(symbol)) else { return SlotState::Done };
        let used = i64::from(slot.approved) >= self.max_trades;
        if !self.on {
            SlotState::Done
        } else if now < start {
            SlotState::Waiting
        } else if now >= end || used || (slot.is_spent(Side::Long) && slot.is_spent(Side::Short)) {
            SlotState::Done
        } else {
            SlotState::Armed
        }
    }

    fn open_session(&mut self, session: SessionId, open: Timestamp, close: Timestamp) {
        let hours = Hours { session, open, close };
        self.take_next();
        self.was_on = self.on;
        self.strategy.reset();
        // A position that outlives its session keeps its rules; the next entry has its own.
        for slot in &mut self.slots {
            *slot = Slot { rules: slot.rules.take(), ..Slot::default() };
        }
        self.has_spent = false;
        self.met.iter_mut().for_each(|row| row.fill(Met::default()));
        self.met_by_all.fill(Met::default());
        self.window = window(self.strategy.parameters(), &hours);
        self.exit_at = exit_time(self.strategy.parameters(), &hours);
        self.hours = Some(hours);
    }

    /// What was chosen waits for the next minute, or for the next session; that nothing is to be entered holds at once.
    fn choose(&mut self, chosen: &Chosen) {
        let Some(line) = chosen.line(self.name) else { return };
        self.on &= line.on;
        self.next = (*line != self.in_force()).then(|| line.clone());
    }

    fn slot_of(&mut self, symbol: &Symbol) -> Option<&mut Slot> {
        let place = self.symbols.binary_search(symbol).ok()?;
        self.slots.get_mut(place)
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        match &event.body {
            Body::SessionOpened { session, open, close } => self.open_session(*session, *open, *close),
            Body::Configured(chosen) => self.choose(chosen),
            Body::Decided(decision) if decision.strategy == self.name => {
                let Some(slot) = self.slot_of(&decision.symbol) else { return };
                slot.signals = slot.signals.saturating_add(1);
                if decision.blocked.is_none() {
                    slot.approved = slot.approved.saturating_add(1);
                }
                if let Some(spent) = slot.spent.get_mut(place(decision.side)) {
                    *spent = Some(event.at);
                    self.has_spent = true;
                }
            }
            Body::Intended(intent) if intent.strategy == self.name => {
                let rules = Some(Arc::clone(&self.rules));
                if matches!(intent.purpose, Purpose::Entry { .. })
                    && let Some(slot) = self.slot_of(&intent.symbol)
                {
                    slot.tracking = Tracking::default();
                    slot.rules = rules;
                }
            }
            Body::TradeClosed(trade) if trade.strategy == self.name => {
                self.strategy.post_trade_update(trade);
            }
            _ => {}
        }
    }
}
