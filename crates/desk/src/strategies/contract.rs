//! The contract of every strategy (TRADE-5).

use std::any::Any;
use std::fmt;

use super::management::{Tracking, instant};
use super::parameters::Parameters;
use crate::domain::decimal::{Money, Price, Ratio};
use crate::domain::event::InputName;
use crate::domain::ids::StrategyName;
use crate::domain::market::Side;
use crate::domain::order::{ExitReason, Plan};
use crate::domain::position::Position;
use crate::domain::time::Timestamp;
use crate::domain::trade::Trade;
use crate::domain::wide::{Overflow, Wide};
use crate::machines::market_data::{Hours, Minute, View};

/// What `self_check` is handed: it has no eyes of its own.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    /// Whether market data come.
    pub feed: bool,
    /// Whether the broker answers and the books agree with it.
    pub broker: bool,
    /// Whether the clock is within its limit.
    pub clock: bool,
    /// The float assigned.
    pub float: Money,
    /// When the session runs.
    pub hours: Hours,
}

impl Readiness {
    /// Every point that fails for a strategy with these parameters.
    #[must_use]
    pub fn failing(&self, parameters: &Parameters) -> Vec<Failing> {
        let points = [
            (!self.feed, Failing::Feed),
            (!self.broker, Failing::Broker),
            (!self.clock, Failing::Clock),
            (self.float <= Money::ZERO, Failing::Float),
        ];
        let mut failing: Vec<_> = points.into_iter().filter(|(fails, _)| *fails).map(|(_, f)| f).collect();
        let minutes = |at: Timestamp| (at - self.hours.open).as_minutes();
        let [start, end] = [parameters.window_start, parameters.window_end].map(|o| minutes(instant(o, &self.hours)));
        if start >= end {
            failing.push(Failing::WindowSkipped { start, end });
        }
        failing
    }
}

/// A point of a self-check that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// No market data.
    Feed,
    /// The broker does not answer, or does not agree.
    Broker,
    /// The clock is off.
    Clock,
    /// No float is assigned.
    Float,
    /// The window's start is not before its end in this session: it is skipped.
    WindowSkipped {
        /// Minutes after the open at which it would start.
        start: i64,
        /// Minutes after the open at which it would end.
        end: i64,
    },
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed => f.write_str("no market data come in"),
            Self::Broker => f.write_str("the broker does not answer, or its positions differ from the books"),
            Self::Clock => f.write_str("the clock is further off than its limit"),
            Self::Float => f.write_str("no float is assigned; accounting assigns it"),
            Self::WindowSkipped { start, end } => {
                write!(f, "the window is skipped: it would start {start} min after the open and end {end} min after it")
            }
        }
    }
}

/// What an evaluation found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detection {
    /// An indicator does not exist yet.
    Insufficient,
    /// Nothing to do.
    NoSetup,
    /// A reason to trade. Rare, and larger than the rest: boxed, so that an answer fits two registers.
    Setup(Box<Setup>),
}

/// A reason to trade, not yet a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Long or short.
    pub side: Side,
    /// From the reference to the stop, before rounding.
    pub distance: Wide,
    /// Where the profit is taken.
    pub target: TargetRule,
    /// The level that the idea rests on.
    pub edge: Option<Price>,
    /// What was seen.
    pub inputs: Vec<(InputName, Ratio)>,
}

/// Where the profit is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetRule {
    /// This many R from the reference.
    InR(Ratio),
    /// At this price.
    At(Price),
}

/// An open position with what was followed since its first fill.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The position.
    pub position: &'a Position,
    /// The best close, and the row of closes against the idea.
    pub tracking: &'a Tracking,
    /// The parameters that it was opened with (OPS-3).
    pub rules: &'a Parameters,
}

/// A strategy.
pub trait Strategy: Any + Send + fmt::Debug {
    /// Its name.
    fn name(&self) -> StrategyName;

    /// Its parameters.
    fn parameters(&self) -> &Parameters;

    /// Others from now on, which agree in all that its indicators were made with.
    fn set_parameters(&mut self, parameters: Parameters);

    /// Names every point that fails. Runs in phase 1 and before each window.
    fn self_check(&self, readiness: &Readiness) -> Vec<Failing> {
        readiness.failing(self.parameters())
    }

    /// Forgets the session.
    fn reset(&mut self);

    /// Takes a clean bar into the indicators that it keeps for itself: those that entries need, so none comes after the
    /// window's end.
    ///
    /// # Errors
    /// [`Overflow`].
    fn observe(&mut self, symbol: usize, view: &View<'_>) -> Result<(), Overflow>;

    /// Takes in all clean bars of an instant: one call through the table of the strategy's functions for all of them.
    ///
    /// # Errors
    /// [`Overflow`].
    fn observe_all(&mut self, minute: &Minute<'_>) -> Result<(), Overflow> {
        minute.clean().try_for_each(|(symbol, view)| self.observe(symbol, &view))
    }

    /// Looks for a setup on a clean bar.
    ///
    /// # Errors
    /// [`Overflow`].
    fn detect(&self, symbol: usize, view: &View<'_>) -> Result<Detection, Overflow>;

    /// Turns a setup into a plan; nothing where it makes no sense (STRAT-7).
    ///
    /// # Errors
    /// [`Overflow`].
    fn plan_entry(&self, setup: &Setup, view: &View<'_>) -> Result<Option<Plan>, Overflow>;

    /// Where the stop should stand now, if it should move.
    ///
    /// # Errors
    /// [`Overflow`].
    fn plan_management(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<Price>, Overflow>;

    /// Whether to leave, on a clean bar; the clock's own reasons come before (STRAT-9, 3 to 7).
    ///
    /// # Errors
    /// [`Overflow`].
    fn plan_exit(&self, held: &Held<'_>, view: &View<'_>) -> Result<Option<ExitReason>, Overflow>;

    /// Whether a clean bar gives a spent side back (STRAT-19). Not asked after the window's end.
    fn returns(&self, side: Side, view: &View<'_>) -> bool {
        let _ = (side, view);
        false
    }

    /// Whether another strategy is the same one and remembers the same: a restart has to bring all of it back.
    fn agrees(&self, other: &dyn Strategy) -> bool;

    /// Hears of a closed trade.
    fn post_trade_update(&mut self, trade: &Trade) {
        let _ = trade;
    }
}
