//! Who tells the bot something, from where (LIFE-4, LIFE-5).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::permission::Roles;

/// Where a command came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The browser or the API.
    Web,
    /// `tbot`, over the socket that only the owner can open.
    CommandLine,
    /// A file in `control/`.
    File,
    /// A signal of the operating system.
    Signal,
    /// The bot itself: a limit, a fault, a deadline, the schedule.
    System,
}

/// Who.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Who {
    /// A person who is signed in, by the name of the account.
    Person(String),
    /// Whoever owns the process and its files; counts as administrator (LIFE-5).
    Owner,
    /// The same, by a way that is known: a signal, a flag file, a verb of the command line and who typed it.
    OwnerBy(String),
    /// A part of the bot.
    Bot(String),
}

/// Who, from where, with what right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Who.
    pub who: Who,
    /// From where.
    pub origin: Origin,
    /// The roles.
    pub roles: Roles,
    /// Whether a one-time code was given for this very act (WEB-3).
    pub stepped_up: bool,
}

impl Caller {
    /// The bot itself, all rights but those that need a person.
    #[must_use]
    pub fn bot(part: &str) -> Self {
        Self { who: Who::Bot(part.to_owned()), origin: Origin::System, roles: Roles::ALL, stepped_up: false }
    }

    /// The owner of the process, over the socket or a file.
    #[must_use]
    pub const fn owner(origin: Origin) -> Self {
        Self { who: Who::Owner, origin, roles: Roles::ADMINISTRATOR, stepped_up: false }
    }

    /// The owner of the process, with the way it came: `signal SIGTERM`, `flag file control_kill.flag`.
    #[must_use]
    pub fn owner_by(origin: Origin, way: &str) -> Self {
        Self { who: Who::OwnerBy(way.chars().take(Who::WAY).collect()), ..Self::owner(origin) }
    }
}

impl Origin {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::CommandLine => "command_line",
            Self::File => "file",
            Self::Signal => "signal",
            Self::System => "system",
        }
    }
}

impl Who {
    /// How many characters of a way are kept.
    const WAY: usize = 120;
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => f.write_str(name),
            Self::Owner => f.write_str("the owner of the process"),
            Self::OwnerBy(way) => f.write_str(way),
            Self::Bot(part) => write!(f, "the bot ({part})"),
        }
    }
}
