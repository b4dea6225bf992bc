//! Typed configuration (OPS-1): one catalogue of keys; boot keys from files, environment and flags; the runtime
//! configuration as one versioned document. No secret lives here.

/// Typed boot settings.
mod boot;
/// Every key, in one list.
mod catalogue;
/// What is in force.
mod current;
/// What a value must not be.
mod error;
/// The folders of a data directory (OPS-1c).
mod folders;
/// What is known of a key.
mod key;
/// Boot keys from where they come, later wins.
mod layers;
/// Names that resemble a mistyped one.
mod nearest;
/// The configuration that is edited in the browser.
pub mod runtime;
/// Values that are never shown.
mod secret;
/// A folder of one test.
#[cfg(test)]
pub(crate) mod test_place;
/// Versions that must agree (OPS-4).
mod version;

pub use boot::{Boot, LogFormat, Logging, StderrFormat, Tls, Web, forget_places, write_boot};
pub use catalogue::{catalogue, find, markdown};
pub use current::Current;
pub use error::SettingsError;
pub use folders::{Folders, make_folder, proves_writable, replace};
pub use key::{Effect, Home, Key, Kind, Larger, Needs, Takes};
pub use layers::{Effective, Origin, Sources};
pub use nearest::nearest;
pub use runtime::{Change, FloatWatch, Held, Runtime, difference, difference_to};
pub use secret::{Secret, mask};
pub use version::agree;
