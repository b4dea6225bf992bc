//! The simulated venue as a machine (EXEC-13, EXEC-13a, STRAT-13 to STRAT-16): matching on bars and quotes, participation,
//! slippage, latency, commissions, refusals, halts. It keeps records of its own, which the auditor believes.

/// The account that the venue keeps for the bot: cash, settlements, charges.
pub mod account;
/// One entry with its stop, target and exit, as the venue holds them.
mod bracket;
/// Commands in, reports out.
pub mod machine;
/// What a fill costs.
pub mod pricing;

pub use account::{Account, Charge};
pub use machine::{Terms, Venue};
pub use pricing::FillRules;
