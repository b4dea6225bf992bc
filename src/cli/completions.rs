//! `tbot completions`: a script for a shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::failure::Failure;
use super::{Cli, console, examples};

/// For which shell.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot completions bash > ~/.local/share/bash-completion/completions/tbot"]))]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// None are known.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "tbot", &mut script);
    console::say(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
