//! What market data can be told.

use desk::domain::time::Timestamp;

/// What market data can be told.
#[derive(Clone, Copy, Debug)]
pub enum ToMarketData {
    /// Everything of this instant is settled: the next one may come (RES-8).
    Settled(Timestamp),
    /// The session's opening or closing is settled.
    Turned,
    /// Go on, or wait.
    Run(bool),
    /// Let the venue go ahead of what is settled, to the session's end at most: a kill closes positions while the books
    /// cannot be written.
    Free(bool),
    /// Are you there.
    Beat(u64),
    /// A fault on purpose.
    #[cfg(test)]
    Fault(super::Fault),
}
