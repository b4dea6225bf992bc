//! The bot's states and the ways between them (LIFE-1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The state of the bot; exactly one at a time, persisted and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotState {
    /// First start, nothing configured.
    Initialize,
    /// Keys and secrets are made, the configuration is sealed.
    Provisioning,
    /// Databases are made, the chart of accounts laid down, opening balances posted.
    Bootstrapping,
    /// Waits for the first administrator.
    Registration,
    /// Fully up, not trading.
    Started,
    /// Waits for a strategy's window.
    Idle,
    /// A strategy evaluates the market.
    Analyzing,
    /// Orders are worked.
    Trading,
    /// Positions are open, no entry is worked.
    Monitoring,
    /// A change of configuration is applied.
    Updating,
    /// Stop: no entries, positions close in order.
    GracefulClosingPositions,
    /// Kill: everything is cancelled and flattened now.
    EmergencyClosingPositions,
    /// No strategy runs; a person has to start it.
    Stopped,
    /// The process goes down in order.
    Shutdown,
    /// A forced end was demanded.
    ShutdownTriggered,
    /// A fatal fault: no entries, positions protected, a person is needed.
    Error,
}

use BotState::{
    Analyzing, Bootstrapping, EmergencyClosingPositions, Error, GracefulClosingPositions, Idle, Initialize, Monitoring,
    Provisioning, Registration, Shutdown, ShutdownTriggered, Started, Stopped, Trading, Updating,
};

impl BotState {
    /// All states, in the order of the specification.
    pub const ALL: [Self; 16] = [
        Initialize,
        Provisioning,
        Bootstrapping,
        Registration,
        Started,
        Idle,
        Analyzing,
        Trading,
        Monitoring,
        Updating,
        GracefulClosingPositions,
        EmergencyClosingPositions,
        Stopped,
        Shutdown,
        ShutdownTriggered,
        Error,
    ];

    /// The name in records, files and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Initialize => "initialize",
            Provisioning => "provisioning",
            Bootstrapping => "bootstrapping",
            Registration => "registration",
            Started => "started",
            Idle => "idle",
            Analyzing => "analyzing",
            Trading => "trading",
            Monitoring => "monitoring",
            Updating => "updating",
            GracefulClosingPositions => "graceful_closing_positions",
            EmergencyClosingPositions => "emergency_closing_positions",
            Stopped => "stopped",
            Shutdown => "shutdown",
            ShutdownTriggered => "shutdown_triggered",
            Error => "error",
        }
    }

    /// The word on screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Initialize => "not set up",
            Provisioning => "making keys",
            Bootstrapping => "preparing the books",
            Registration => "waiting for the first administrator",
            Started => "started (not trading yet)",
            GracefulClosingPositions => "stopping",
            EmergencyClosingPositions => "closing now",
            Shutdown => "shutting down",
            ShutdownTriggered => "shutting down now",
            Idle | Analyzing | Trading | Monitoring | Updating | Stopped | Error => self.as_str(),
        }
    }

    /// The running four: derived from what the bot does, not commanded.
    #[must_use]
    pub const fn is_running(self) -> bool {
        matches!(self, Idle | Analyzing | Trading | Monitoring)
    }

    /// Whether windows that come are traded in: not while it is stopped, stops, or has not started yet.
    #[must_use]
    pub const fn trades(self) -> bool {
        self.is_running() || matches!(self, Updating)
    }

    /// Whether the bot is set up: every state from `started` on.
    #[must_use]
    pub const fn is_set_up(self) -> bool {
        !matches!(self, Initialize | Provisioning | Bootstrapping | Registration)
    }

    /// Whether entries may be opened at all in this state.
    #[must_use]
    pub const fn may_enter(self) -> bool {
        self.is_running()
    }

    /// Whether the table of LIFE-1 has a way from this state to that one. Staying is no way.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        if self == to || self == ShutdownTriggered {
            return false;
        }
        match to {
            // A fault, an end and a kill are heard in every state; what is not set up has nothing to kill.
            Error | Shutdown => self != Shutdown || to == Error,
            EmergencyClosingPositions => self.is_set_up(),
            ShutdownTriggered => self == Shutdown,
            // The way in.
            Provisioning => self == Initialize,
            Bootstrapping => self == Provisioning,
            Registration => self == Bootstrapping,
            Started => matches!(self, Registration | Stopped | Error),
            // Start, and what the running bot does by itself.
            Idle => self.is_running() || matches!(self, Updating | Started | Stopped | Error),
            Analyzing | Trading | Monitoring => self.is_running() || self == Updating,
            Updating => self.is_running(),
            GracefulClosingPositions => self.is_running() || self == Started,
            Stopped => matches!(self, GracefulClosingPositions | EmergencyClosingPositions),
            Initialize => false,
        }
    }
}

impl fmt::Display for BotState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownState;

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no such state of the bot")
    }
}

impl std::error::Error for UnknownState {}

impl FromStr for BotState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or(UnknownState)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of LIFE-1, row by row, as the specification has it.
    fn table() -> Vec<(BotState, BotState)> {
        let running = [Idle, Analyzing, Trading, Monitoring];
        let mut ways = vec![
            (Initialize, Provisioning),
            (Provisioning, Bootstrapping),
            (Bootstrapping, Registration),
            (Registration, Started),
            (Started, Idle),
            (Stopped, Idle),
            (Error, Idle),
            (Started, GracefulClosingPositions),
            (GracefulClosingPositions, Stopped),
            (EmergencyClosingPositions, Stopped),
            (Stopped, Started),
            (Error, Started),
            (Shutdown, ShutdownTriggered),
        ];
        for a in running {
            ways.extend(running.into_iter().filter(|b| *b != a).map(|b| (a, b)));
            ways.extend([(a, Updating), (Updating, a), (a, GracefulClosingPositions)]);
        }
        for from in BotState::ALL {
            if from.is_set_up() && !matches!(from, ShutdownTriggered | EmergencyClosingPositions) {
                ways.push((from, EmergencyClosingPositions));
            }
            if from != ShutdownTriggered {
                ways.extend([(from, Error), (from, Shutdown)].into_iter().filter(|(a, b)| a != b));
            }
        }
        ways
    }

    #[test]
    fn life_1_only_the_ways_of_the_table_exist() {
        let table = table();
        for from in BotState::ALL {
            for to in BotState::ALL {
                assert_eq!(from.may_become(to), table.contains(&(from, to)), "{from} to {to}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for state in BotState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!("running".parse::<BotState>(), Err(UnknownState));
    }
}
