//! JSON for programs, with the same permissions as the pages (WEB-5, WEB-6).

/// The audit.
pub(super) mod audit;
/// The board and its parts.
pub(super) mod board;
/// The chart of accounts.
pub(super) mod chart;
/// Verbs.
pub(super) mod commands;
/// What persons enter.
pub(super) mod entries;
/// The float.
pub(super) mod float;
/// Liveness, readiness, components, metrics.
pub(super) mod health;
/// The journal.
pub(super) mod journal;
/// The description of all this.
pub(super) mod openapi;
/// The review.
pub(super) mod review;
/// Brokers' statements.
pub(super) mod statements;
/// What the answers consist of.
mod words;
