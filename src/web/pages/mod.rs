//! Pages as a person opens them.

/// Oneself: password, codes, sessions, tokens.
pub(super) mod account;
/// What everybody did.
pub(super) mod audit;
/// Pages that show the board.
pub(super) mod boards;
/// Verbs as forms.
pub(super) mod command;
/// The frame around every page.
mod frame;
/// The books, to be read.
pub(super) mod ledger;
/// The program's logs.
pub(super) mod logs;
/// The API as a page.
pub(super) mod programs;
/// The first administrator.
pub(super) mod registration;
/// Reports of sessions and weeks.
pub(super) mod reports;
/// Review by several people.
pub(super) mod review;
/// Which symbols are looked at.
pub(super) mod screener;
/// The configuration, and how it changes.
pub(super) mod settings;
/// Coming in and going out.
pub(super) mod sign_in;
/// Strategies and their parameters.
pub(super) mod strategies;
/// Decisions, orders and trades of any session.
pub(super) mod trading;
/// Who may do what.
pub(super) mod users;

pub(crate) use frame::{Frame, me, plain_values};
