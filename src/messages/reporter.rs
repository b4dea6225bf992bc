//! What the reporter can be told.

use desk::domain::bot::{BotState, Mode};
use desk::domain::ids::StrategyName;
use desk::domain::time::Timestamp;

use super::board::{ActorLine, Alert, ClosingBoard, DefenseBoard, DrillBoard, FreezeLine, Mark, OpenDay, SkipLine};
use super::chronicle::{Chronicle, Piece};
use super::past::Past;
use super::screener::ScreenBoard;

/// What the supervisor knows of the bot as a whole.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The state.
    pub state: BotState,
    /// Since when.
    pub since: Timestamp,
    /// Why, where it is stopped or in error.
    pub reason: Option<String>,
    /// The version of the configuration that is being applied and not recorded yet.
    pub applying: Option<u32>,
    /// How orders are executed.
    pub mode: Mode,
    /// The latch.
    pub latch: Option<Mark>,
    /// When it was set by the clock on the wall, where that is recorded.
    pub latch_written: Option<Timestamp>,
    /// Defense mode, while it is on.
    pub defense: Option<DefenseBoard>,
    /// The freezes.
    pub freezes: Vec<FreezeLine>,
    /// Strategies that are out, with why.
    pub suspended: Vec<(usize, String)>,
    /// A stop or kill under way.
    pub closing: Option<ClosingBoard>,
    /// The kill switch's last drill.
    pub drill: Option<DrillBoard>,
    /// Freezes that were cleared, closings with their receipts.
    pub past: Past,
    /// Whether a rehearsal runs.
    pub rehearsing: bool,
    /// The days that are over and whose books are not closed, in their order.
    pub open_days: Vec<OpenDay>,
}

/// What the reporter can be told.
#[derive(Debug)]
pub enum ToReporter {
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// The bot as a whole has changed.
    Standing(Box<Standing>),
    /// The notifier has said something.
    Alerted(Alert),
    /// What a strategy has counted in this session, in place of what it told before.
    Skipped(StrategyName, Vec<SkipLine>),
    /// Which symbols are looked at in this session.
    Screened(Box<ScreenBoard>),
    /// How the actors are.
    Actors(Vec<ActorLine>),
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
}
