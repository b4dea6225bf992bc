//! What a run leaves behind for people and programs (reporting.md): typed records, written once, read back by nothing
//! that decides. Decimals are strings in JSON, keys are `snake_case` (but `PnL`).

/// Decisions and their gate traces; evaluations without a signal.
pub mod decision;
/// What a run was given and what it counted.
pub mod run;
/// A session's figures and what happened in it.
pub mod session;
/// Closed trades.
pub mod trade;
/// The closed lists of words in records.
pub mod words;

pub use decision::{CountedReason, DecisionRecord, GateRecord, Inputs};
pub use run::{Assumptions, ChainHead, FeeRow, InputFile, InputKind, RunCounts, RunPlan, RunRecord, StatedRule};
pub use session::{EquityPoint, Exposure, FeeSums, FreezeRecord, SessionRecord, SkippedWindow, SymbolQuality};
pub use trade::{RecordError, TradeRecord};
pub use words::{ExitReason, GateName, MarketSource, Mode, Outcome, RunKind, Verdict};
