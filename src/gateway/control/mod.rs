//! The folder `control/` and what goes on in it (LIFE-5, LIFE-13, LIFE-14): flags, the state's mirror, heartbeat, the
//! lock of the one instance, the socket; and the signals of the operating system.

/// Asks a running bot over its socket.
pub mod client;
/// What can go wrong here.
mod error;
/// What has failed lately.
mod failures;
/// Flags: commands as files.
mod flags;
/// The folder itself.
mod folder;
/// The mark of an actor that hung.
mod hang;
/// Proof of life.
mod heartbeat;
/// The kill latch's durable mark.
mod latch;
/// One instance at a time.
mod lock;
/// What passes over the socket.
mod protocol;
/// Answers over the socket.
mod server;
/// Signals of the operating system.
mod signals;

pub use error::ControlError;
pub use failures::{Failed, Failures};
pub use flags::{Flag, Flags, Found};
pub use folder::{ControlFolder, waits_for_set_up};
pub use hang::HangMark;
pub use heartbeat::{Feed, Heart, Heartbeat, STALE, last_heartbeat};
pub use latch::{LatchFile, Latched};
pub use lock::{Holder, InstanceLock, holder};
pub use protocol::{Reply, Request, StepUp};
pub use server::{Answering, Server};
pub use signals::{Signal, Signals};
