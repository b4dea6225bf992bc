//! The versions of the runtime configuration, as the pages ask for them.

use desk::domain::time::Timestamp;

use crate::settings::{Runtime, SettingsError};

/// A version.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Its number, from 1.
    pub number: u32,
    /// When it was saved.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
    /// The earlier version that it brings back.
    pub same_as: Option<u32>,
    /// What it says.
    pub runtime: Runtime,
}

/// What is to be saved.
#[derive(Clone, Debug)]
pub struct Saving {
    /// The version that it was made over.
    pub over: u32,
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
    /// The earlier version that it brings back, where it brings one back whole.
    pub same_as: Option<u32>,
}

/// Why nothing was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSaved {
    /// Somebody else saved meanwhile.
    Changed,
    /// It cannot be applied.
    Unfit(SettingsError),
    /// Something of ours failed; the sentence says what.
    Failed(String),
}

/// Keeps the versions.
pub trait Versions: Send + Sync {
    /// All of them, the oldest first.
    ///
    /// # Errors
    /// A sentence about what cannot be read.
    fn all(&self) -> Result<Vec<Saved>, String>;

    /// Nothing where a version could be applied.
    ///
    /// # Errors
    /// Which key, and why not.
    fn check(&self, new: &Runtime) -> Result<(), SettingsError>;

    /// Saves a new version, and gives its number.
    ///
    /// # Errors
    /// [`NotSaved`]; then nothing has changed.
    fn save(&self, new: &Runtime, saving: &Saving) -> Result<u32, NotSaved>;
}
