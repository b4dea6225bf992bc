//! `tbot keys`: the keys that configuration and secrets are sealed with.

use clap::Args;

use super::bot::{BotArguments, vault};
use super::failure::Failure;
use super::{console, examples};

/// Where.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot keys rotate", "tbot keys rotate --json"]))]
pub struct Rotate {
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Seals everything anew with a new key; a running bot goes on.
///
/// # Errors
/// Where the key or a sealed file cannot be read or written; both keys are kept then, and rotating again finishes it.
pub fn rotate(arguments: &Rotate) -> Result<(), Failure> {
    let rotation = vault(&arguments.bot.boot()?)?.rotate()?;
    if arguments.json {
        console::say(&serde_json::to_string(&rotation).map_err(|e| Failure::failed("json", e))?);
    } else {
        console::say(&format!("{} files are sealed with the new key {}.", rotation.resealed, rotation.key));
        console::say(
            "Copy the key's file to where you keep its backup. The old copy opens the backups made before now, and nothing else: keep it as long as you keep them.",
        );
    }
    Ok(())
}
