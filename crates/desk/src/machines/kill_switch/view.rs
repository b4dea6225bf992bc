//! What the broker confirms.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::bot::Scope;
use crate::domain::decimal::Quantity;
use crate::domain::ids::{DecisionId, OrderId, StrategyName};
use crate::domain::market::Side;
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;

/// An order that may still open a position or make one larger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub order: OrderId,
    /// Whose.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Whether nobody knows if the broker has it (EXEC-3).
    pub unresolved: bool,
}

/// A stop or a target that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protective {
    /// Its id.
    pub order: OrderId,
    /// The bracket that it belongs to.
    pub decision: DecisionId,
    /// Whose.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
}

/// A position of one bracket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The bracket, by its decision.
    pub decision: DecisionId,
    /// Its entry's order.
    pub entry: OrderId,
    /// Whose.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Long or short.
    pub side: Side,
    /// How many, unsigned.
    pub quantity: Quantity,
    /// Exits that were ever sent for it: the next one's attempt is one more.
    pub exits: u32,
    /// Whether an order works that closes it: an exit, or what is left of a touched stop.
    pub exiting: bool,
    /// Whether a stop protects it.
    pub protected: bool,
}

/// What the broker holds and no bracket of the record explains: nobody here can close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexplained {
    /// In what.
    pub symbol: Symbol,
    /// How many, signed.
    pub quantity: Quantity,
}

impl fmt::Display for Unexplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the broker holds {} that no record here explains", self.symbol, self.quantity)
    }
}

/// What the broker confirmed at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// When.
    pub at: Timestamp,
    /// Entries, the unresolved ones too.
    pub entries: Vec<Entry>,
    /// Stops and targets.
    pub protective: Vec<Protective>,
    /// Positions.
    pub positions: Vec<Held>,
    /// What is held besides. A kill waits for it; a flatten touches what is the bot's own, and tells of it.
    pub unexplained: Vec<Unexplained>,
    /// Instruments that do not trade now.
    pub halted: Vec<Symbol>,
    /// Whether the market trades.
    pub market_open: bool,
}

impl Confirmed {
    /// What of it a scope means.
    #[must_use]
    pub fn within(&self, scope: &Scope) -> Self {
        let fits = |strategy: StrategyName, symbol: Symbol, order: &OrderId| match scope {
            Scope::All => true,
            Scope::Symbol(s) => *s == symbol,
            Scope::Strategy(s) => *s == strategy,
            Scope::Order(one) => one == order,
        };
        let mut part = self.clone();
        // An order of a bracket means the whole bracket: its stop names its position.
        let decision = match scope {
            Scope::Order(order) => self.protective.iter().find(|p| p.order == *order).map(|p| &p.decision),
            _ => None,
        };
        part.unexplained.retain(|u| match scope {
            Scope::All => true,
            Scope::Symbol(s) => *s == u.symbol,
            Scope::Strategy(_) | Scope::Order(_) => false,
        });
        part.entries.retain(|e| fits(e.strategy, e.symbol, &e.order));
        part.positions.retain(|p| fits(p.strategy, p.symbol, &p.entry) || decision == Some(&p.decision));
        let held: Vec<_> = part.positions.iter().map(|p| p.decision.clone()).collect();
        part.protective.retain(|p| fits(p.strategy, p.symbol, &p.order) || held.contains(&p.decision));
        part
    }

    /// Whether nothing of the bot's own is held and nothing works.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.protective.is_empty() && self.positions.is_empty()
    }

    /// Whether a position in this instrument can be closed now.
    #[must_use]
    pub fn trades(&self, symbol: &Symbol) -> bool {
        self.market_open && !self.halted.contains(symbol)
    }
}
