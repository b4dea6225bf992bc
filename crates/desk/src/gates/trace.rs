//! What a trace is made of: names, verdicts, reasons with their numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::decimal::Ratio;
pub use crate::domain::records::{GateName, Verdict};

macro_rules! names {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl $type {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code in records.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

names! {
    /// What a gate or a risk check found. The numbers stand beside it.
    Reason {
        /// The account lost its daily limit (RISK-10).
        DailyLoss = "day_loss",
        /// The strategy lost its daily limit (RISK-10).
        StrategyLoss = "strategy_loss",
        /// Too many losing trades in a row (RISK-10).
        LosingRow = "losing_row",
        /// Too far below the highest equity (RISK-10).
        Drawdown = "drawdown",
        /// Inside window and session, indicators exist.
        Inside = "inside",
        /// The data quality score.
        Dvs = "dvs",
        /// A corrupt bar is less than five clean ones ago (TRADE-3a).
        CorruptHold = "corrupt_hold",
        /// The move against its cost.
        Fee = "fee",
        /// Nothing to weigh: the size is zero.
        NoSize = "no_size",
        /// Trades of the strategy today.
        Trades = "trades",
        /// The edge (move less cost) against its cost.
        Edge = "edge",
        /// The symbol belongs to another strategy (TRADE-7a).
        SymbolOwned = "symbol_owned",
        /// No size is allowed (TRADE-12).
        ZeroSize = "zero_size",
        /// Money at risk to the stop (RISK-1).
        RiskPerTrade = "risk_per_trade",
        /// The order's value (RISK-2).
        OrderValue = "order_value",
        /// The order's quantity (RISK-2).
        OrderQuantity = "order_quantity",
        /// Half the spread as a share of the price (RISK-3).
        PriceCollar = "price_collar",
        /// The account's trades today (RISK-4).
        TradesDay = "trades_day",
        /// The symbol's trades today (RISK-4).
        TradesSymbol = "trades_symbol",
        /// Symbols held or being entered (RISK-4).
        Positions = "positions",
        /// The symbol's exposure (RISK-5).
        SymbolExposure = "symbol_exposure",
        /// Gross exposure (RISK-5).
        GrossExposure = "gross_exposure",
        /// Net exposure (RISK-5).
        NetExposure = "net_exposure",
        /// Leverage (RISK-5).
        Leverage = "leverage",
        /// An order of this intent is there already, or an own order works on the other side (RISK-7).
        DuplicateOrder = "duplicate_order",
        /// In defense mode no new symbols: 1 where the bot has traded it before (RISK-11).
        DefenseSymbol = "defense_symbol",
        /// The price of an entry in defense mode (RISK-11).
        DefensePrice = "defense_price",
        /// The symbol's volume in defense mode (RISK-11).
        DefenseVolume = "defense_volume",
        /// Defense mode was on: the share that it left of each limit (RISK-11).
        Defense = "defense",
    }
}

/// One finding with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at.
    pub reason: Reason,
    /// What was measured.
    pub value: Ratio,
    /// What is allowed.
    pub threshold: Ratio,
    /// Whether it holds.
    pub holds: bool,
}

/// What one gate said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    /// Which gate.
    pub gate: GateName,
    /// Its verdict.
    pub verdict: Verdict,
    /// Every finding with its numbers; the first that does not hold is the reason.
    pub checks: Vec<Check>,
}

impl Reason {
    /// Whether the figure it is held against is one that defense mode tightens (RISK-11).
    #[must_use]
    pub const fn is_tightened_in_defense(self) -> bool {
        !matches!(
            self,
            Self::Inside | Self::Dvs | Self::CorruptHold | Self::SymbolOwned | Self::NoSize | Self::DuplicateOrder
        )
    }
}

impl GateResult {
    /// The finding that decided: the first that does not hold, otherwise the first.
    #[must_use]
    pub fn deciding(&self) -> Option<&Check> {
        self.checks.iter().find(|c| !c.holds).or_else(|| self.checks.first())
    }
}

/// What all gates said, in order.
pub type Trace = Vec<GateResult>;
