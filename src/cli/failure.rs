use std::borrow::Cow;
use std::fmt;

use desk::domain::wide::Overflow;
use desk::world::backtest::Stopped;
use desk::world::trader::Halt;

use crate::gateway::control::ControlError;
use crate::gateway::market_data::DataError;
use crate::gateway::vault::VaultError;
use crate::render::RenderError;
use crate::settings::SettingsError;
use crate::store::StoreError;

/// How a verb ended that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Asked for help or version: no failure at all.
    Told,
    /// Something was found wrong.
    Found,
    /// The input cannot be used.
    BadInput,
    /// The run could not be finished.
    Failed,
    /// The bot refused the command.
    Refused,
    /// No running bot answers.
    Silent,
    /// No running bot answers, and what is known of it was told.
    Absent,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Told => 0,
            Self::Found => 1,
            Self::BadInput => 2,
            Self::Failed => 3,
            Self::Refused => 4,
            Self::Silent | Self::Absent => 5,
            Self::Interrupted => 130,
        }
    }
}

/// Why a verb did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How it ended.
    pub exit: Exit,
    /// A name for programs that never changes.
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub message: String,
}

impl Failure {
    /// Input that cannot be used.
    #[must_use]
    pub fn bad_input(code: &'static str, message: impl fmt::Display) -> Self {
        Self { exit: Exit::BadInput, code: code.into(), message: message.to_string() }
    }

    /// A run that could not be finished.
    #[must_use]
    pub fn failed(code: &'static str, message: impl fmt::Display) -> Self {
        Self { exit: Exit::Failed, code: code.into(), message: message.to_string() }
    }

    /// Ctrl-C.
    #[must_use]
    pub fn interrupted() -> Self {
        let message = "interrupted; nothing was kept".to_owned();
        Self { exit: Exit::Interrupted, code: "interrupted".into(), message }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::bad_input(error.code(), error)
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        let exit = match error {
            ControlError::Silent { .. } => Exit::Silent,
            ControlError::Held { .. } => Exit::Refused,
            _ => Exit::Failed,
        };
        Self { exit, code: error.code().into(), message: error.to_string() }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let exit = if matches!(error, VaultError::Changed { .. }) { Exit::Refused } else { Exit::Failed };
        Self { exit, code: error.code().into(), message: error.to_string() }
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        let exit = if error.use_stderr() { Exit::BadInput } else { Exit::Told };
        Self { exit, code: "arguments".into(), message: error.render().to_string() }
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::bad_input(error.code(), error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed(error.code(), error)
    }
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        Self::failed(error.code(), error)
    }
}

impl From<Overflow> for Failure {
    fn from(error: Overflow) -> Self {
        Self::failed("overflow", format!("the run's figures cannot be added up: {error}"))
    }
}

impl From<Halt> for Failure {
    fn from(halt: Halt) -> Self {
        Self::failed("halted", format!("the run stopped: {halt}"))
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => Self::interrupted(),
            Stopped::Halted(halt) => Self::from(halt),
            Stopped::Calendar(error) => Self::bad_input(error.code(), error),
        }
    }
}
