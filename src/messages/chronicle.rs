//! The chronicle: what the ledger tells everybody, in one order. Whoever folds it from its start has the bot's state.

use std::sync::Arc;

use desk::domain::event::Event;
use desk::domain::journal::Entry;
use desk::domain::lots::LotMethod;
use desk::domain::time::{Span, Timestamp};
use desk::risk::Limits;
use desk::strategies::Chosen;
use desk::world::conductor::Moment;
use desk::world::resume::Past;
use desk::world::trader::SessionTerms;

/// What of a configuration takes effect at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The version, where it is a new one; nothing where defense mode began or ended.
    pub number: Option<u32>,
    /// The limits, those of defense mode while it is on.
    pub limits: Limits,
    /// How long an entry lives.
    pub time_to_live: Span,
    /// Which lots close first, from the next session's open on.
    pub lots: LotMethod,
    /// Who trades and how: recorded where that is new. Nothing leaves it as it is.
    pub chosen: Option<Arc<Chosen>>,
}

/// One piece of it.
#[derive(Clone, Debug)]
pub enum Piece {
    /// A session begins; its events follow.
    Session(SessionTerms),
    /// Recorded, durable events.
    Events(Arc<[Event]>),
    /// A minute of market data.
    Moment(Arc<Moment>),
    /// Another configuration.
    Configured(InForce),
    /// Durable entries of the books. The reporter alone hears of them while the bot runs: nobody decides on them.
    Booked(Arc<[Entry]>),
}

impl From<Past> for Piece {
    fn from(past: Past) -> Self {
        match past {
            Past::Session(terms) => Self::Session(terms),
            Past::Moment(instant) => Self::Moment(Arc::new(instant)),
            Past::Event(event) => Self::Events(Arc::from([event])),
            Past::Entry(entry) => Self::Booked(Arc::from([*entry])),
        }
    }
}

impl Piece {
    /// The market's moment that it brings.
    #[must_use]
    pub fn instant(&self) -> Option<Timestamp> {
        match self {
            Self::Moment(instant) => Some(instant.at),
            Self::Session(terms) => Some(terms.hours.open),
            Self::Events(events) => events.last().map(|event| event.at),
            Self::Configured(_) | Self::Booked(_) => None,
        }
    }
}

/// The chronicle up to now, for somebody who has just come.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
    /// Rises each time the ledger is built anew; what comes from an older one is refused (LIFE-11).
    pub generation: u32,
}
