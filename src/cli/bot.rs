//! Which bot a verb is about: its data folder and its boot settings.

use std::path::PathBuf;

use clap::Args;
use desk::domain::ids::Identity;

use super::failure::Failure;
use crate::gateway::vault::{KeySource, Vault};
use crate::settings::{Boot, Sources};

/// Where the bot is. The same for every verb that works beside a running bot.
#[derive(Clone, Debug, Default, Args)]
pub struct BotArguments {
    /// The bot's data folder [default: tbot in the user's data folder]
    #[arg(long, value_name = "DIR", help_heading = "Which bot")]
    pub data: Option<PathBuf>,
    /// The folder of default.toml and {environment}.toml [default: config]
    #[arg(long, value_name = "DIR", help_heading = "Which bot")]
    pub config: Option<PathBuf>,
}

impl BotArguments {
    /// Where its settings come from.
    #[must_use]
    pub fn sources(&self) -> Sources {
        let mut sources = Sources::of_process(self.config.clone());
        sources.flag("paths.data", "--data", self.data.as_ref().map(|d| d.display()));
        sources
    }

    /// Its boot settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn boot(&self) -> Result<Boot, Failure> {
        Ok(Boot::read(&self.sources())?)
    }
}

/// The identity, which a bot that was never set up does not have.
///
/// # Errors
/// Where there is none.
pub(super) fn identity(boot: &Boot) -> Result<Identity, Failure> {
    boot.identity.clone().ok_or_else(|| {
        let message = format!(
            "{}: no bot is set up here. Start one with tbot run, or name another folder with --data",
            boot.folders.data().display()
        );
        Failure::bad_input("not_set_up", message)
    })
}

/// The vault, with the key that is there.
///
/// # Errors
/// Where there is no key, or it cannot be used.
pub(super) fn vault(boot: &Boot) -> Result<Vault, Failure> {
    Ok(Vault::open(&boot.folders, KeySource::of_process(boot.key.clone()))?)
}
