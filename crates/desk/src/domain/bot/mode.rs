//! How orders are executed (the word *mode*), and on which kind of venue (LIFE-15).

use serde::{Deserialize, Serialize};

/// How orders are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Decide and record, send nothing.
    Observe,
    /// On the simulated venue, or a broker's paper account.
    Paper,
    /// With real money.
    Live,
}

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

impl Mode {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Paper => "paper",
            Self::Live => "live",
        }
    }

    /// Whether an identity of this kind may be in this mode: `observe`, or its own kind alone (LIFE-15).
    #[must_use]
    pub const fn fits(self, kind: VenueKind) -> bool {
        match self {
            Self::Observe => true,
            Self::Paper => matches!(kind, VenueKind::Simulated | VenueKind::Paper),
            Self::Live => matches!(kind, VenueKind::Live),
        }
    }
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
}
