//! The browser's side over real HTTP, on a loopback port.

/// What the API says of itself.
mod api;
/// What the audit keeps, and what it refuses.
mod audit;
/// The chart of accounts.
mod chart;
/// Requests over a plain socket.
pub(crate) mod client;
/// From the trial balance to the decision and back.
mod drill;
/// The books as files.
mod exports;
/// The float and its assignments.
mod float;
/// Lots that are named.
mod naming;
/// Every page in every state.
mod pages;
/// Persons, sessions, codes on both engines.
mod people;
/// Every route, method and role against the permission table.
mod permissions;
/// Serves the sample to be looked at.
mod preview;
/// Brokers' statements.
mod reconciliation;
/// Review by several people.
mod review;
/// Headers, forgery, pages without script.
mod safety;
/// A board that looks like a trading day.
mod sample;
/// A running server.
pub(crate) mod server;
/// The configuration: draft, difference, applying.
mod settings;
/// Coming in, going out, lock-out, registration.
mod sign_in;
/// Statements of the books: readings, prices, files.
mod statements;
/// The stream of regions.
mod stream;
/// Three sessions that were traded.
pub(crate) mod traded;
/// Closed days that are opened again.
mod unlocking;
/// Why nothing trades.
mod why;
