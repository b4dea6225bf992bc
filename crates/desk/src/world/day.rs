//! The two ends of a session: settlement and charges at its start, the fees' rounding and the day close at its end.

use super::trader::{Halt, Record, Trader};
use crate::domain::event::Body;
use crate::domain::ids::SessionId;
use crate::domain::journal::EntryKind;
use crate::domain::market::Instrument;
use crate::domain::symbol::Currency;
use crate::domain::time::Timestamp;
use crate::machines::ledger::{
    BookFact, BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition, CashActivity, Closing, DayClose, FeeCharge,
    SessionEnd, Settlement,
};
use crate::venue::{Charge, Venue};

/// The id of the activity that brought the float.
pub(super) const FLOAT: &str = "float-1";
/// The version of the store's schema that closing records name.
pub(super) const SCHEMA: u32 = 1;

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
        self.book_and_commit(at, &BookFact::FeeRounding(SessionEnd { session }), None)?;
        let close = DayClose {
            session,
            next_session: next,
            broker,
            head: self.journal().head(),
            schema: SCHEMA,
            program: concat!("tbot ", env!("CARGO_PKG_VERSION")).to_owned(),
            by: "tbot".to_owned(),
        };
        let closing = self.books.close(at, &close)?;
        let entry = self.journal.append(closing.draft.clone(), at)?;
        self.books.apply(&entry.entry);
        let event = self.fold_one(at, Body::SessionClosed { session })?;
        self.record.commit(&mut vec![event], &mut vec![entry])?;
        Ok(closing)
    }
}

/// What the simulated venue says at the day's end.
///
/// # Errors
/// [`Halt::Overflow`].
pub fn figures(venue: &Venue, instruments: &[Instrument]) -> Result<BrokerFigures, Halt> {
    let executions = venue.executions().iter().filter_map(|(_, place, e)| {
        let instrument = instruments.get(*place)?.symbol;
        Some(BrokerExecution { id: e.id.clone(), instrument, quantity: e.quantity, price: e.price })
    });
    let positions = venue.positions().map(|(instrument, quantity)| BrokerPosition { instrument, quantity });
    let account = venue.account();
    let cash = BrokerCash { currency: Currency::USD, total: account.cash()?, settled: Some(account.settled()?) };
    Ok(BrokerFigures { executions: executions.collect(), positions: positions.collect(), cash: vec![cash] })
}
