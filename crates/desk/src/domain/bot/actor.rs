//! The actors, by name (LIFE-10).

use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::ids::StrategyName;

/// An actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActorName {
    /// Takes the commands.
    Supervisor,
    /// One for each strategy.
    Strategy(StrategyName),
    /// Chooses the symbols.
    Screener,
    /// Speaks with the broker.
    Broker,
    /// Weighs every signal.
    Risk,
    /// Closes everything.
    KillSwitch,
    /// Keeps the books.
    Ledger,
    /// Writes what people read.
    Reporter,
    /// Brings the bars.
    MarketData,
    /// Tells people.
    Notifier,
    /// Watches the others.
    Watchdog,
}

impl ActorName {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Strategy(StrategyName::Open) => "strategy_open",
            Self::Strategy(StrategyName::Mid) => "strategy_mid",
            Self::Strategy(StrategyName::Close) => "strategy_close",
            Self::Strategy(StrategyName::External) => "strategy_external",
            Self::Screener => "screener",
            Self::Broker => "broker",
            Self::Risk => "risk",
            Self::KillSwitch => "kill_switch",
            Self::Ledger => "ledger",
            Self::Reporter => "reporter",
            Self::MarketData => "market_data",
            Self::Notifier => "notifier",
            Self::Watchdog => "watchdog",
        }
    }

    /// The strategy that it is.
    #[must_use]
    pub const fn strategy(self) -> Option<StrategyName> {
        match self {
            Self::Strategy(strategy) => Some(strategy),
            _ => None,
        }
    }
}

impl fmt::Display for ActorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ActorName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}
