//! On which kind of venue an identity trades, and which modes fit it (LIFE-15).

use serde::{Deserialize, Serialize};

pub use crate::domain::records::Mode;

/// What an identity trades on, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueKind {
    /// Our own venue.
    Simulated,
    /// A broker's paper account.
    Paper,
    /// A broker's real account.
    Live,
}

impl VenueKind {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Paper => "paper",
            Self::Live => "live",
        }
    }

    /// Whether an identity of this kind may be in a mode: `observe`, or its own kind alone.
    #[must_use]
    pub const fn takes(self, mode: Mode) -> bool {
        match mode {
            Mode::Observe => true,
            Mode::Paper => matches!(self, Self::Simulated | Self::Paper),
            Mode::Live => matches!(self, Self::Live),
        }
    }
}
