//! The runtime configuration that is in force, for those who read it and decide nothing.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::Runtime;

/// What is in force, read anew each time. Whoever applies a version puts it here.
#[derive(Clone)]
pub struct Current(Arc<RwLock<InForce>>);

struct InForce {
    version: u32,
    runtime: Arc<Runtime>,
    missing: Option<String>,
}

impl Current {
    /// What a process starts with, and its version.
    #[must_use]
    pub fn new(version: u32, runtime: Runtime) -> Self {
        Self(Arc::new(RwLock::new(InForce { version, runtime: Arc::new(runtime), missing: None })))
    }

    /// What is in force now.
    #[must_use]
    pub fn get(&self) -> Arc<Runtime> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).runtime)
    }

    /// The number of its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).version
    }

    /// Why the list of symbols that its file names is not the one in force; nothing where it is.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).missing.clone()
    }

    /// Another version is in force, and why an earlier list had to stay, where it had to.
    pub fn set(&self, version: u32, runtime: Runtime, missing: Option<String>) {
        let runtime = Arc::new(runtime);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = InForce { version, runtime, missing };
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}
