//! What a run leaves behind for people and programs (REP-3 to REP-6, RES-7, RES-7a).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::wildcard_imports,
    reason = "a test that fails should stop where it fails"
)]

mod page;
mod sample;
mod schemas;
