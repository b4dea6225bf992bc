//! Words for what records call otherwise: pages and command line say the same.

use desk::domain::bot::{Mode, VenueKind};
use desk::domain::order::OrderState;

/// Code and word of how orders are executed: shape and word, not colour.
#[must_use]
pub const fn mode(mode: Mode, venue: VenueKind) -> (&'static str, &'static str) {
    match (mode, venue) {
        (Mode::Observe, _) => ("observe", "OBSERVE"),
        (Mode::Live, _) => ("live", "LIVE"),
        (Mode::Paper, VenueKind::Simulated) => ("simulated", "SIMULATED"),
        (Mode::Paper, _) => ("paper", "PAPER"),
    }
}

/// Where an order is in its life.
#[must_use]
pub const fn order_state(state: OrderState) -> &'static str {
    match state {
        OrderState::Planned => "waits for its entry",
        OrderState::Intent => "decided, not sent",
        OrderState::Submitting => "sent, no answer yet",
        OrderState::Accepted => "working",
        OrderState::PartiallyFilled => "partly filled",
        OrderState::Filled => "filled",
        OrderState::Rejected => "refused",
        OrderState::CancelPending => "being cancelled",
        OrderState::Cancelled => "cancelled",
        OrderState::Expired => "expired",
        OrderState::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIFE-15: an identity on the simulated venue is never called paper.
    #[test]
    fn life_15_the_mode_is_told_apart_by_the_venue() {
        assert_eq!(mode(Mode::Paper, VenueKind::Simulated).1, "SIMULATED");
        assert_eq!(mode(Mode::Paper, VenueKind::Paper).1, "PAPER");
        assert_eq!(mode(Mode::Live, VenueKind::Live).1, "LIVE");
        assert_eq!(mode(Mode::Observe, VenueKind::Live).1, "OBSERVE");
    }
}
