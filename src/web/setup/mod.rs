//! The set-up wizard: what a bot that nobody has set up yet serves in place of everything else. Nothing is made before its
//! last step; until then the answers stay in the process, whatever the browser does.

/// What was answered so far.
mod answers;
/// Its pages.
pub(super) mod pages;
/// Its server.
mod server;
/// Its steps: what each asks, and what it takes.
mod steps;

pub use answers::{Answers, Wanted};
pub use server::{Founding, SetUp, SetUpServer, serve_setup};
pub(crate) use steps::{of_error, plain_number};
