//! The runtime configuration that is in force, for those who read it and decide nothing.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use super::Runtime;

/// What is in force, read anew each time. Whoever applies a version puts it here.
#[derive(Clone)]
pub struct Current(Arc<RwLock<(u32, Arc<Runtime>)>>);

impl Current {
    /// What a process starts with, and its version.
    #[must_use]
    pub fn new(version: u32, runtime: Runtime) -> Self {
        Self(Arc::new(RwLock::new((version, Arc::new(runtime)))))
    }

    /// What is in force now.
    #[must_use]
    pub fn get(&self) -> Arc<Runtime> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// The number of its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Another version is in force.
    pub fn set(&self, version: u32, runtime: Runtime) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (version, Arc::new(runtime));
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}
