//! Who set something, when and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::caller::Who;
use crate::domain::time::Timestamp;

/// Who set something, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Who,
    /// Why; may be empty.
    pub why: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.who, self.at)?;
        if self.why.is_empty() { Ok(()) } else { write!(f, ": {}", self.why) }
    }
}
