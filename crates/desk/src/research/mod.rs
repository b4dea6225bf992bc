//! What records say when they are counted: statistics and summaries. Money is exact; ratios are `f64` made of
//! + − × ÷ √ alone, which give the same bits everywhere.

/// Equity: drawdown and risk-adjusted ratios.
pub mod curve;
/// Numbers that are no money.
pub mod figure;
/// Whether the result could be luck.
pub mod luck;
/// What a day's and a period's summary have in common.
pub mod overview;
/// What a bot has to show before it goes live.
pub mod readiness;
/// `daily_summary.json` and `summary.json`.
pub mod statistics;
/// Trades counted together.
pub mod tally;

pub use figure::{Figure, Unknown};
pub use readiness::ReadinessGates;
pub use statistics::{DailySummary, Material, Summary, summaries};
