//! The journal for other programs, and what other programs say of it.

/// Lots as beancount books them.
mod booking;
/// Our own checker of OFX.
mod checker;
/// The worked month.
mod example;
/// What beancount, hledger and the readers of OFX say.
mod programs;
/// Random histories.
pub(crate) mod random;
/// A month and a sample, whole and in parts.
pub(crate) mod samples;
/// The verbs.
mod verbs;
