//! Risk: the only way from a signal to the broker (RISK-0). One function a check, one table that orders them; what
//! passes becomes an [`Approved`] order, which nothing else can make.

/// What passed.
mod approval;
/// What is weighed: a signal with its size and costs.
mod candidate;
/// The checks and their table.
mod checks;
/// What defense mode asks for besides.
mod defense;
/// Limits and their defaults.
mod limits;
/// Where the account stands.
mod standing;

pub use approval::{Approved, Entry, Expired, Reducing, Weighed, weigh};
pub use candidate::{Candidate, Costs, Pricing, size};
pub use checks::{CHECKS, RiskCheck};
pub(crate) use defense::defense_checks;
pub use limits::{Defense, Limits};
pub use standing::{Freeze, Standing};
