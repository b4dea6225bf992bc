//! OUTSIDE: somebody else's formats and addresses.

/// Accounting's files that assign a float.
pub mod assignments;
/// The certificate of the browser's way in.
pub mod certificate;
/// The real clock.
pub mod clock;
/// Flags, lock, heartbeat, socket, signals.
pub mod control;
/// How many files may be open.
mod files;
/// Recorded bars and quotes in a folder.
pub mod market_data;
/// What the service manager is told.
pub mod notify;
/// Whose files these are.
mod owner;
/// Where the plug can be pulled.
pub mod plug;
/// Who goes first.
mod priority;
/// What the operating system said.
mod reason;

pub use files::{free_bytes, most_open};
pub use owner::own_name;
pub use priority::{Behind, step_back};
pub use reason::reason;
/// The bot as a systemd user service.
pub mod service;
/// The sealed configuration and secrets.
pub mod vault;
