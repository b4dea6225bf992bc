//! TBot: a self-hosted, audit-grade automated trading system. The pure part lives in the crate `desk`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        reason = "a test that fails should stop where it fails"
    )
)]

/// SHELLS: stamp, step, perform; supervision, latch, mailbox verbs.
pub mod actors;
/// The one file that knows everyone: starts the verb that was asked for.
pub mod app;
/// BACKUPS: everything into one sealed file, and back.
pub mod backup;
/// One file a verb of the command line.
pub mod cli;
/// OUTSIDE: somebody else's formats and addresses.
pub mod gateway;

/// ENVELOPES: what each mailbox can be told, and what everybody may read.
pub mod messages;
/// Templates into reports; files for people and programs.
pub mod render;
/// Typed configuration: where each value comes from, what is allowed, who may change it.
pub mod settings;
/// SQL: no other room contains any.
pub mod store;
/// Logs.
pub mod telemetry;
/// PAGES and API of the browser.
pub mod web;
