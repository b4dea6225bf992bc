//! `tbot demo`: one whole simulated trading day.

use clap::Args;

use super::failure::Failure;

/// What the demo is asked.
#[derive(Debug, Args)]
pub struct Arguments {}

/// Plays a day.
///
/// # Errors
/// [`Failure`]; then no output is left behind.
pub fn run(_: &Arguments) -> Result<(), Failure> {
    Ok(())
}
