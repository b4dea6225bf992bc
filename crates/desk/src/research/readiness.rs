//! What a bot has to show before it goes live (REP-6).

use crate::domain::decimal::{Money, Ratio};

/// The gates for going live, as they are configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadinessGates {
    /// Sessions at least.
    pub sessions: u32,
    /// Decisions at least.
    pub decisions: u32,
    /// Share of the sessions' minutes that the bot heard.
    pub uptime: Ratio,
    /// Share of minutes with a clean bar.
    pub data_quality: Ratio,
    /// Net of a trade, at the low end of its 95 % interval.
    pub edge: Money,
    /// Share of the float that equity may fall.
    pub drawdown: Ratio,
    /// Open breaks of reconciliation at most.
    pub breaks: u32,
    /// Share of weeks with a gain.
    pub stability: Ratio,
}
