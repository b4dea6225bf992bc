//! What is found to be wrong.

use std::fmt;

use crate::domain::time::Timestamp;

/// What a session is held against (`faults.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// An intent has at most one order at the broker.
    I1,
    /// Once quiet, the bot's position equals the broker's, exactly, for every symbol.
    I2,
    /// The executions booked are exactly the broker's executions: none lost, none twice.
    I3,
    /// The ledger balances per currency and per commodity; its hash chain verifies.
    I4,
    /// No byte of an order goes to a broker before its intent is durable.
    I5,
    /// No order is approved that would exceed a limit at the prices then known.
    I6,
    /// 120 s after faults end, every order is at its end: here the session's end is never reached otherwise.
    I8,
    /// Same seed, same binary: the same event log, byte for byte.
    I11,
    /// A bot built anew from its record is the bot that made the record.
    Restart,
    /// The bot goes on: only the simulator stops it.
    Alive,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restart => f.write_str("restart"),
            Self::Alive => f.write_str("alive"),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub invariant: Invariant,
    /// When, on the world's clock.
    pub at: Timestamp,
    /// What was found.
    pub what: String,
}

impl Failure {
    /// A finding.
    pub fn new(invariant: Invariant, at: Timestamp, what: impl Into<String>) -> Self {
        Self { invariant, at, what: what.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not hold at {}: {}", self.invariant, self.at, self.what)
    }
}

impl std::error::Error for Failure {}
