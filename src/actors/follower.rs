//! A fold of the chronicle, as most actors keep one.

use desk::world::seats::Listener;
use desk::world::trader::{Halt, Setup, Trader};

use crate::messages::chronicle::{Chronicle, Piece};

/// A fold of the chronicle.
#[derive(Debug)]
pub struct Follower {
    /// The fold.
    pub trader: Trader<Listener>,
    /// Of which ledger.
    pub generation: u32,
    setup: Setup,
    /// Nothing is heard before the welcome: what a mailbox kept from an earlier life is in the chronicle already.
    welcome: bool,
}

impl Follower {
    /// Somebody who has heard nothing yet.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub fn new(setup: Setup) -> Result<Self, Halt> {
        let trader = Trader::new(setup.clone(), Listener)?;
        Ok(Self { trader, generation: 0, setup, welcome: false })
    }

    /// Whether the chronicle so far has been heard.
    #[must_use]
    pub const fn is_welcome(&self) -> bool {
        self.welcome
    }

    /// Folds the chronicle from its start.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn welcome(&mut self, chronicle: &Chronicle) -> Result<(), Halt> {
        self.trader = Trader::new(self.setup.clone(), Listener)?;
        self.generation = chronicle.generation;
        self.welcome = true;
        chronicle.pieces.iter().try_for_each(|piece| self.take(piece))
    }

    /// Folds one piece in.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn take(&mut self, piece: &Piece) -> Result<(), Halt> {
        if !self.welcome {
            return Ok(());
        }
        match piece {
            Piece::Session(terms) => self.trader.begin(*terms),
            Piece::Events(events) => events.iter().try_for_each(|event| self.trader.follow(event)),
            // Who trades and how comes as an event.
            Piece::Configured(now) => {
                self.trader.configure(now.limits, now.time_to_live, now.lots);
                Ok(())
            }
            // Whoever looks at the books folds them by itself.
            Piece::Booked(_) => Ok(()),
            Piece::Moment(instant) => {
                self.trader.end_instant();
                self.trader.observe(instant.at, &instant.ended())
            }
        }
    }
}
