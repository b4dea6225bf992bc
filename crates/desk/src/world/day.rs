//! The two ends of a session: settlement and charges at its start, the fees' rounding and the day close at its end.

use super::trader::{Halt, Record, Trader};
use crate::domain::event::Body;
use crate::domain::ids::SessionId;
use crate::domain::journal::EntryKind;
use crate::domain::market::Instrument;
use crate::domain::symbol::Currency;
use crate::domain::time::Timestamp;
use crate::machines::ledger::{
    BookFact, BookRefusal, BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition, CashActivity, Closing, DayClose,
    FeeCharge, SessionEnd, Settlement,
};
use crate::venue::{Charge, Venue};

/// The id of the activity that brought the float.
pub(super) const FLOAT: &str = "float-1";
/// The version of the store's schema that closing records name.
pub(super) const SCHEMA: u32 = 1;

/// A session that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct DayEnding {
    /// Which.
    pub session: SessionId,
    /// The one after it.
    pub next: SessionId,
    /// What the venue says.
    pub broker: BrokerFigures,
    /// Who closes.
    pub by: String,
    /// Why it is not to be closed, where questions are open (BOOKS.md section 12, check 6).
    pub held: Option<String>,
}

/// What became of a day's books.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// They are closed.
    Closed(Box<Closing>),
    /// They are open, because questions are.
    Held(String),
    /// They are open, because a check does not agree.
    Refused(Box<BookRefusal>),
}

impl<R: Record> Trader<R> {
    /// Books the float that accounting has assigned, from the account's own activity (LEDG-10).
    ///
    /// # Errors
    /// [`Halt`].
    pub fn book_float(&mut self, at: Timestamp, session: SessionId) -> Result<(), Halt> {
        let fact = BookFact::FloatIn(CashActivity {
            activity: FLOAT.to_owned(),
            amount: self.float(),
            currency: Currency::USD,
            session,
            effective_at: at,
        });
        self.book_and_commit(at, &fact, None)
    }

    /// What falls due settles, then what the venue charged leaves the accruals; before any order (BOOKS.md section 3).
    /// What is booked already is left alone: a start in the middle of it goes on from there (K9).
    ///
    /// # Errors
    /// [`Halt`].
    pub fn settle_and_charge(&mut self, at: Timestamp, session: SessionId, charges: &[Charge]) -> Result<(), Halt> {
        if self.milestones.settled != Some(session) {
            let due = BookFact::Settlement(Settlement { date: session.date, session });
            self.book_and_commit(at, &due, Some(Body::Settled { session }))?;
        }
        for charge in charges {
            if self.books.booked(EntryKind::FeeCharge, &charge.activity).is_some() {
                continue;
            }
            let fact = BookFact::FeeCharge(FeeCharge {
                activity: charge.activity.clone(),
                of: charge.of,
                fee: charge.fee,
                amount: charge.amount,
                currency: Currency::USD,
                session,
                effective_at: at,
            });
            let (activity, of, fee, amount) = (charge.activity.clone(), charge.of, charge.fee, charge.amount);
            self.book_and_commit(at, &fact, Some(Body::FeeCharged { activity, of, fee, amount }))?;
        }
        Ok(())
    }

    /// Rounds the session's fees, checks the books against the venue, and closes the day.
    ///
    /// # Errors
    /// [`Halt::Books`] names the check that fails.
    pub fn close_day(
        &mut self,
        at: Timestamp,
        session: SessionId,
        next: SessionId,
        broker: BrokerFigures,
    ) -> Result<Closing, Halt> {
        match self.end_day(at, DayEnding { session, next, broker, by: "tbot".to_owned(), held: None })? {
            Ended::Closed(closing) => Ok(*closing),
            Ended::Refused(refusal) => Err(Halt::Books(refusal)),
            Ended::Held(why) => Err(Halt::Record(why)),
        }
    }

    /// Ends a session: its fees are rounded, and its books closed where nothing is in the way. A day that is not closed
    /// stays open, its session is over all the same; it can be tried again.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn end_day(&mut self, at: Timestamp, ending: DayEnding) -> Result<Ended, Halt> {
        let DayEnding { session, next, mut broker, by, held } = ending;
        // What stands in closed days was compared when they were closed.
        broker.executions.retain(|execution| self.books.compares(&execution.id));
        self.book_and_commit(at, &BookFact::FeeRounding(SessionEnd { session }), None)?;
        let close = DayClose {
            session,
            next_session: next,
            broker,
            head: self.journal().head(),
            schema: SCHEMA,
            program: concat!("tbot ", env!("CARGO_PKG_VERSION")).to_owned(),
            by,
        };
        let (mut entries, ended) = match (held, self.books.close(at, &close)) {
            (Some(why), _) => (Vec::new(), Ended::Held(why)),
            (None, Ok(closing)) => {
                let entry = self.journal.append(closing.draft.clone(), at)?;
                self.books.apply(&entry.entry);
                (vec![entry], Ended::Closed(Box::new(closing)))
            }
            (None, Err(refusal)) => (Vec::new(), Ended::Refused(Box::new(refusal))),
        };
        // A session ends once, however often its books are closed.
        let over = self.milestones.closed == Some(session);
        let mut events = if over { Vec::new() } else { vec![self.fold_one(at, Body::SessionClosed { session })?] };
        self.record.commit(&mut events, &mut entries)?;
        Ok(ended)
    }
}

/// What the simulated venue says at the day's end.
///
/// # Errors
/// [`Halt::Overflow`].
pub fn figures(venue: &Venue, instruments: &[Instrument]) -> Result<BrokerFigures, Halt> {
    let session = venue.executions().iter().map(|(_, place, e)| (place, e));
    let executions = venue.earlier().iter().map(|(place, e)| (place, e)).chain(session).filter_map(|(place, e)| {
        let instrument = instruments.get(*place)?.symbol;
        Some(BrokerExecution { id: e.id.clone(), instrument, quantity: e.quantity, price: e.price })
    });
    let positions = venue.positions().map(|(instrument, quantity)| BrokerPosition { instrument, quantity });
    let account = venue.account();
    let cash = BrokerCash { currency: Currency::USD, total: account.cash()?, settled: Some(account.settled()?) };
    Ok(BrokerFigures { executions: executions.collect(), positions: positions.collect(), cash: vec![cash] })
}
