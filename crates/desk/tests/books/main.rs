//! The books, seen from outside: the worked month, the rules, day closes, busts, and the verifier.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that fails should stop where it fails"
)]

mod activities;
mod apart;
mod bust;
mod chart;
mod close;
mod month;
mod naming;
mod properties;
mod rules;
mod support;
mod verify;
mod wash;
