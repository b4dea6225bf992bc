//! Backups (REP-9): everything that a bot needs to go on elsewhere, in one sealed file; and back again.
//!
//! An archive is taken beside the running bot: databases by a reader's transaction, files that only grow up to their last
//! whole line. `docs/FORMATS.md` describes its bytes.

/// What can go wrong, in sentences.
mod error;
/// What a backup holds, and its checksums.
mod manifest;
/// The names of archives.
mod name;
/// Files into a sealed archive.
mod pack;
/// Back again, and what then holds.
mod restore;
/// Archives on their shelf: listed, counted, rotated.
mod shelf;
/// Taking one.
mod take;
/// Files out of a sealed archive, checked.
mod unpack;

pub use error::BackupError;
pub use manifest::{Books, Kept, Manifest};
pub use name::Name;
pub use restore::{Restored, epoch, restore, verify};
pub use shelf::{Line, Shelf, line};
pub use take::{Taken, rules, take};
