//! The bot as a whole: its state, what it can be told, by whom, and what holds it back.

/// The actors, by name.
mod actor;
/// Who tells it something, and from where.
mod caller;
/// What it can be told.
mod command;
/// What happened to it, in order.
mod event;
/// Named reasons not to open positions.
mod freeze;
/// What makes a repeated command one command.
mod key;
/// Who set something, when and why.
mod mark;
/// How orders are executed.
mod mode;
/// Who may do what.
mod permission;
/// Its sixteen states.
mod state;

pub use actor::ActorName;
pub use caller::{Caller, Origin, Who};
pub use command::{Command, FreezeName, FreezeNameError, Scope};
pub use event::{Answer, BOT_EVENT_VERSION, BotBody, BotEvent};
pub use freeze::Freeze;
pub use key::Key;
pub use mark::Mark;
pub use mode::{Mode, VenueKind};
pub use permission::{Action, Forbidden, Need, Role, Roles, permit};
pub use state::BotState;
