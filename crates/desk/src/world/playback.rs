//! Tapes as a live feed would bring them: a session opens, its minutes end one after the other, it closes. The feed owns
//! the clock (RES-8).

use super::backtest::Tape;
use super::conductor::Moment;
use super::trader::SessionTerms;
use crate::domain::calendar::{Calendar, CalendarError, Session, settlement};
use crate::domain::fees::FeeSchedule;
use crate::domain::ids::SessionId;
use crate::domain::time::{Span, Timestamp};
use crate::machines::market_data::Hours;

/// What a feed brings next.
#[derive(Clone, Debug)]
pub enum Tick {
    /// A session opens.
    Open(SessionTerms),
    /// A minute has ended, with or without bars.
    Moment(Moment),
    /// The session is over.
    Close {
        /// When.
        at: Timestamp,
        /// Which.
        session: SessionId,
        /// The one after it.
        next: SessionId,
    },
}

/// Plays tapes, one an instrument, in the order of the instruments.
#[derive(Clone, Debug)]
pub struct Playback {
    tapes: Vec<Tape>,
    /// How many bars and quotes of each tape have been played or left out.
    played: Vec<(usize, usize)>,
    calendar: Calendar,
    fees: FeeSchedule,
    session: Option<(Session, Timestamp)>,
}

impl Playback {
    /// From the first bar on.
    #[must_use]
    pub fn new(tapes: Vec<Tape>, fees: FeeSchedule) -> Self {
        let played = vec![(0, 0); tapes.len()];
        Self { tapes, played, calendar: Calendar::XNYS, fees, session: None }
    }

    /// The last instant of the session that is played; nothing between sessions.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.session.as_ref().map(|(_, now)| *now)
    }

    /// What comes next; nothing at the end of the tapes.
    ///
    /// # Errors
    /// [`CalendarError`] beyond the calendar's last day.
    pub fn step(&mut self) -> Result<Option<Tick>, CalendarError> {
        let Some((session, now)) = self.session.take() else { return self.open() };
        if now >= session.close {
            let next = self.calendar.next(session.id.date)?.id;
            return Ok(Some(Tick::Close { at: session.close, session: session.id, next }));
        }
        let at = now + Span::MINUTE;
        self.session = Some((session, at));
        let bars = (0..self.tapes.len()).filter_map(|place| self.take(place, now)).collect();
        Ok(Some(Tick::Moment(Moment { at, bars })))
    }

    /// Opens the session of the next bar; minutes of no session are left out.
    fn open(&mut self) -> Result<Option<Tick>, CalendarError> {
        while let Some(start) = self.next_start() {
            let Some(session) = self.calendar.session_at(start) else {
                for place in 0..self.tapes.len() {
                    self.take(place, start);
                }
                continue;
            };
            let terms = SessionTerms {
                hours: Hours { session: session.id, open: session.open, close: session.close },
                settles: settlement::settlement_date(session.id.date)?,
                rates: self.fees.at(session.id.date),
            };
            self.session = Some((session, session.open));
            return Ok(Some(Tick::Open(terms)));
        }
        Ok(None)
    }

    fn next_start(&self) -> Option<Timestamp> {
        let starts = self.tapes.iter().zip(&self.played);
        starts.filter_map(|(tape, (bars, _))| tape.bars.get(*bars)).map(|bar| bar.start).min()
    }

    /// The bar of a tape that starts then, with its quotes.
    fn take(
        &mut self,
        place: usize,
        start: Timestamp,
    ) -> Option<(usize, crate::domain::market::Bar, Option<crate::domain::market::QuoteBar>)> {
        let (tape, (bars, quotes)) = (self.tapes.get(place)?, self.played.get_mut(place)?);
        let bar = *tape.bars.get(*bars).filter(|bar| bar.start == start)?;
        *bars = bars.saturating_add(1);
        while tape.quotes.get(*quotes).is_some_and(|q| q.start < start) {
            *quotes = quotes.saturating_add(1);
        }
        let quote = tape.quotes.get(*quotes).filter(|q| q.start == start).copied();
        Some((place, bar, quote))
    }
}
