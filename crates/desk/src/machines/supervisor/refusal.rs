//! Why a command is refused: a code for programs, a sentence for a person.

use std::fmt;

use crate::domain::bot::{BotState, Forbidden, FreezeName, Key, Mark, Mode, VenueKind};
use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::time::Date;

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not with these roles (WEB-2a).
    Forbidden(Forbidden),
    /// A one-time code for this very act is missing (WEB-3).
    StepUp {
        /// The command.
        command: &'static str,
    },
    /// The bot itself may not do what only a person may.
    NeedsPerson {
        /// The command.
        command: &'static str,
        /// The state.
        state: BotState,
    },
    /// The key belongs to another command.
    KeyReused {
        /// Which.
        key: Key,
        /// The command that it belongs to.
        known: &'static str,
    },
    /// The table of LIFE-1 has no such way.
    State {
        /// The command.
        command: &'static str,
        /// Where the bot is.
        from: BotState,
        /// Where it would go.
        to: BotState,
    },
    /// The bot is not set up.
    NotSetUp {
        /// The command.
        command: &'static str,
        /// Where the bot is.
        state: BotState,
    },
    /// The process is ending.
    GoingDown {
        /// The command.
        command: &'static str,
        /// Where the bot is.
        state: BotState,
    },
    /// The kill latch is set.
    Latched {
        /// By whom, since when, why.
        mark: Mark,
    },
    /// It is not.
    NotLatched,
    /// The kill has not come to its end.
    Unfinished {
        /// Positions that are not flat.
        positions: usize,
        /// Orders that may still fill.
        working: usize,
    },
    /// Books and venue differ, or were not compared.
    NotReconciled {
        /// Where.
        why: String,
    },
    /// Self-checks fail.
    NotReady {
        /// Which points.
        failing: Vec<String>,
    },
    /// A reason has to be given.
    ReasonNeeded {
        /// The command.
        command: &'static str,
    },
    /// There is no freeze of this name.
    NoSuchFreeze {
        /// Which was asked for.
        name: FreezeName,
        /// Those that there are.
        there: Vec<FreezeName>,
    },
    /// There is no proposal of this number.
    NoSuchProposal {
        /// Which was asked for.
        number: u64,
    },
    /// Defense mode is not on.
    NotInDefense,
    /// The mode is not one of this identity (LIFE-15).
    ModeNotAllowed {
        /// Which was asked for.
        mode: Mode,
        /// What the identity trades on.
        venue: VenueKind,
    },
    /// Something is open.
    NotFlat {
        /// The command.
        command: &'static str,
        /// Positions.
        positions: usize,
        /// Working orders.
        working: usize,
    },
    /// A rehearsal runs (RES-1).
    Rehearsing {
        /// The command.
        command: &'static str,
    },
    /// A rehearsal cannot start.
    CannotRehearse {
        /// Why.
        why: String,
    },
    /// The strategy is none that trades.
    NoSuchStrategy {
        /// Which was asked for.
        strategy: StrategyName,
    },
    /// No session has begun.
    NoSession {
        /// The command.
        command: &'static str,
    },
    /// The session still trades.
    MarketOpen {
        /// Which.
        session: SessionId,
    },
    /// The session's books are closed.
    AlreadyClosed {
        /// Which.
        session: SessionId,
    },
    /// Days close in their order, and an earlier one is open.
    EarlierDayOpen {
        /// The day that was named.
        session: SessionId,
        /// The one that is closed first.
        first: SessionId,
    },
    /// A day whose end left no figures of the broker behind: it closes together with a later one.
    ClosesWithLater {
        /// Which.
        session: SessionId,
    },
    /// A day that is not over, or not open.
    NotToClose {
        /// Which.
        day: Date,
        /// The days that are over and open.
        open: Vec<SessionId>,
    },
}

impl Refusal {
    /// The code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "forbidden",
            Self::StepUp { .. } => "step_up",
            Self::NeedsPerson { .. } => "needs_person",
            Self::KeyReused { .. } => "key_reused",
            Self::State { .. } => "state",
            Self::NotSetUp { .. } => "not_set_up",
            Self::GoingDown { .. } => "going_down",
            Self::Latched { .. } => "latched",
            Self::NotLatched => "not_latched",
            Self::Unfinished { .. } => "kill_unfinished",
            Self::NotReconciled { .. } => "not_reconciled",
            Self::NotReady { .. } => "not_ready",
            Self::ReasonNeeded { .. } => "reason_needed",
            Self::NoSuchFreeze { .. } => "no_such_freeze",
            Self::NoSuchProposal { .. } => "no_such_proposal",
            Self::NotInDefense => "not_in_defense",
            Self::ModeNotAllowed { .. } => "mode_not_allowed",
            Self::NotFlat { .. } => "not_flat",
            Self::Rehearsing { .. } => "rehearsing",
            Self::CannotRehearse { .. } => "cannot_rehearse",
            Self::NoSuchStrategy { .. } => "no_such_strategy",
            Self::NoSession { .. } => "no_session",
            Self::MarketOpen { .. } => "market_open",
            Self::AlreadyClosed { .. } => "already_closed",
            Self::EarlierDayOpen { .. } => "earlier_day_open",
            Self::ClosesWithLater { .. } => "closes_with_later",
            Self::NotToClose { .. } => "not_to_close",
        }
    }
}

/// A number with its noun: `1 position`, `2 positions`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Why a command has no way from where the bot is, and what to do, in the operator's words.
fn no_way(command: &str, from: BotState, to: BotState) -> String {
    use BotState::{EmergencyClosingPositions as Killing, GracefulClosingPositions as Stopping};
    let now = from.word();
    match (to, from) {
        (BotState::Idle, _) if from.is_running() => {
            format!("{command} changes nothing: the bot is already running ({now}).")
        }
        (BotState::Started, _) if from.is_running() => {
            format!("{command} changes nothing: the bot is running ({now}), and no stop or error waits to be seen.")
        }
        (BotState::Started, BotState::Started) => {
            format!("{command} changes nothing: no stop or error waits to be seen. Start lets the bot trade.")
        }
        (_, Stopping) => format!("{command} has to wait: the bot is stopping. Give it again when it has stopped."),
        (Stopping, Killing) => {
            format!("{command} changes nothing: a kill is closing everything already, and faster.")
        }
        (_, Killing) => {
            format!("{command} has to wait: a kill is closing everything. Give it again when it has ended.")
        }
        (Stopping, BotState::Stopped) => format!("{command} changes nothing: the bot has stopped already."),
        (Stopping, BotState::Error) => format!(
            "{command} changes nothing: the bot is halted by an error and opens nothing. Flatten or Kill closes what is \
             open; Acknowledge leads out of it."
        ),
        (_, BotState::Updating) => {
            format!("{command} has to wait: a new configuration is being applied. Give it again in a moment.")
        }
        _ if from == to => format!("{command} changes nothing: the bot is {now} already."),
        _ => format!("{command} is not possible now: the bot is {now}. {}", way_on(from)),
    }
}

/// What a person can do in a state.
const fn way_on(state: BotState) -> &'static str {
    match state {
        BotState::Initialize | BotState::Provisioning | BotState::Bootstrapping | BotState::Registration => {
            "Finish the set-up first."
        }
        BotState::Started => "Start lets it trade.",
        BotState::Idle | BotState::Analyzing | BotState::Trading | BotState::Monitoring => "Stop it first.",
        BotState::Updating => "Wait until the configuration is applied.",
        BotState::GracefulClosingPositions | BotState::EmergencyClosingPositions => "Wait until it has stopped.",
        BotState::Stopped => "Start lets it trade again.",
        BotState::Error => "Flatten and Kill work; Acknowledge or Start, once the fault is mended, lead out of it.",
        BotState::Shutdown | BotState::ShutdownTriggered => {
            "Start it again on the machine: tbot service start, or tbot run."
        }
    }
}

const fn venue_word(venue: VenueKind) -> &'static str {
    match venue {
        VenueKind::Simulated => "the simulated venue",
        VenueKind::Paper => "a paper account",
        VenueKind::Live => "a live account",
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden(forbidden) => forbidden.fmt(f),
            Self::StepUp { command } => write!(f, "{command} needs a one-time code, typed for this act."),
            Self::NeedsPerson { command, state } => {
                write!(
                    f,
                    "{command} while the bot is {} takes a person; the bot never does it by itself.",
                    state.word()
                )
            }
            Self::KeyReused { key, known } => {
                write!(f, "The key {key} was used for {known}. Each command needs a key of its own.")
            }
            Self::State { command, from, to } => f.write_str(&no_way(command, *from, *to)),
            Self::NotSetUp { command, .. } => {
                write!(f, "{command} has to wait: the bot is not set up. Finish the set-up first.")
            }
            Self::GoingDown { command, state } => {
                write!(f, "{command} comes too late: the bot is {}. {}", state.word(), way_on(*state))
            }
            _ => self.what_is_missing(f),
        }
    }
}

impl Refusal {
    /// Why a day that is open is not closed now.
    fn of_open_days(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EarlierDayOpen { session, first } => write!(
                f,
                "Days are closed in their order: {first} is open and comes before {session}. Close {first} first; its page says \
                     why it is open."
            ),
            Self::ClosesWithLater { session } => write!(
                f,
                "No figures of the broker were kept at the end of {session}, so it is not closed by itself. It closes together with \
                     the next day that is closed."
            ),
            Self::NotToClose { day, open } if open.is_empty() => {
                write!(f, "{day} is no day that is over and open. No day is.")
            }
            Self::NotToClose { day, open } => {
                let open: Vec<String> = open.iter().map(ToString::to_string).collect();
                write!(f, "{day} is no day that is over and open. Open: {}.", open.join(", "))
            }
            _ => Ok(()),
        }
    }

    /// The refusals that name what is missing or in the way.
    fn what_is_missing(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latched { mark } => {
                write!(f, "The kill latch is set, by {mark}. An administrator resets it, with a reason and a code.")
            }
            Self::NotLatched => f.write_str("There is nothing to reset: the kill latch is not set."),
            Self::Unfinished { positions: 0, working: 0 } => f.write_str(
                "The kill is not finished: the broker has not confirmed that nothing is left; the steps of the kill say what it waits \
                 for. It can be reset when that is done.",
            ),
            Self::Unfinished { positions, working } => write!(
                f,
                "The kill is not finished: {} and {} are left. It can be reset when the broker has confirmed the end.",
                count(*positions, "position"),
                count(*working, "working order")
            ),
            Self::NotReconciled { why } => {
                write!(f, "Books and broker do not agree: {why}. Reconcile, and resolve what differs, first.")
            }
            Self::NotReady { failing } => write!(f, "Self-checks fail: {}.", failing.join("; ")),
            Self::ReasonNeeded { command } => write!(f, "{command} needs a reason in words."),
            Self::NoSuchFreeze { name, there } if there.is_empty() => {
                write!(f, "There is no freeze {name}; nothing is frozen.")
            }
            Self::NoSuchFreeze { name, there } => {
                let there: Vec<_> = there.iter().map(FreezeName::as_str).collect();
                write!(f, "There is no freeze {name}. There is {}.", there.join(", "))
            }
            Self::NoSuchProposal { number } => write!(
                f,
                "There is no proposal {number}; none is waiting. Proposals will come from sweeps and from the learner, which \
                 this version does not run for a living bot; parameters are changed under Settings."
            ),
            Self::NotInDefense => f.write_str("Defense mode is not on: there is nothing to leave."),
            Self::ModeNotAllowed { mode, venue } => write!(
                f,
                "This identity trades on {} for good and cannot be in mode {}. Another venue is another identity.",
                venue_word(*venue),
                mode.as_str()
            ),
            Self::NotFlat { command, positions, working } => write!(
                f,
                "{command} has to wait: {} and {} are open. Stop or Flatten first.",
                count(*positions, "position"),
                count(*working, "working order")
            ),
            Self::Rehearsing { command } => {
                write!(f, "{command} has to wait for the end of the rehearsal. Stop, Flatten and Kill end it at once.")
            }
            Self::CannotRehearse { why } => write!(f, "A rehearsal cannot start: {why}."),
            Self::NoSuchStrategy { strategy } => write!(f, "{strategy} is no strategy that trades."),
            Self::NoSession { command } => write!(f, "{command} has nothing to act on: no session has begun."),
            Self::MarketOpen { session } => {
                write!(
                    f,
                    "The session {session} still trades. Its books are closed after its end, and with them those of earlier \
                     days that cannot be closed by themselves."
                )
            }
            Self::AlreadyClosed { session } => write!(f, "The books of {session} are closed already."),
            Self::EarlierDayOpen { .. } | Self::ClosesWithLater { .. } | Self::NotToClose { .. } => {
                self.of_open_days(f)
            }
            Self::Forbidden(_)
            | Self::StepUp { .. }
            | Self::NeedsPerson { .. }
            | Self::KeyReused { .. }
            | Self::State { .. }
            | Self::NotSetUp { .. }
            | Self::GoingDown { .. } => f.write_str(self.code()),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Forbidden> for Refusal {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden)
    }
}
