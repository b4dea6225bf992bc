//! The two ends of a session: settlement and charges at its start, the fees' rounding and the day close at its end.

use std::collections::BTreeSet;

use super::trader::{Halt, Record, Trader};
use crate::domain::decimal::Quantity;
use crate::domain::event::Body;
use crate::domain::ids::SessionId;
use crate::domain::journal::{Entry, EntryKind};
use crate::domain::market::Instrument;
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;
use crate::machines::ledger::{
    BookFact, BookRefusal, Books, BrokerActivity, BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition,
    CashActivity, Closing, DayClose, FeeCharge, KeptFigures, ListedPrice, OpenQuestions, PriceList, Sealed, SessionEnd,
    Settlement,
};
use crate::venue::{Charge, Venue};

/// The id of the activity that brought the float with which an account begins.
pub const FLOAT: &str = "float-1";
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
    /// What the review says.
    pub review: Review,
}

/// What the review says of the days that are to be closed (BOOKS.md section 12, check 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Review {
    /// What has open questions, in words: nothing where nobody reviews.
    Open {
        /// Breaks.
        breaks: Vec<String>,
        /// Everything else.
        queried: Vec<String>,
    },
    /// It cannot be read, and why.
    Unreadable(String),
}

impl Review {
    /// Nothing is open.
    #[must_use]
    pub const fn clear() -> Self {
        Self::Open { breaks: Vec::new(), queried: Vec::new() }
    }

    fn questions(&self) -> OpenQuestions {
        let Self::Open { breaks, queried } = self else { return OpenQuestions::default() };
        let count = |open: &[String]| u64::try_from(open.len()).unwrap_or(u64::MAX);
        OpenQuestions { breaks: count(breaks), queried: count(queried) }
    }

    /// Why the day is not to be closed, where something is open.
    fn held(&self) -> Option<String> {
        match self {
            Self::Open { breaks, queried } => {
                let open: Vec<&str> = breaks.iter().chain(queried).map(String::as_str).collect();
                match open.len() {
                    0 => None,
                    1 => Some(format!("a question is open: {}", open.join(", "))),
                    many => Some(format!("{many} questions are open: {}", open.join(", "))),
                }
            }
            Self::Unreadable(why) => {
                Some(format!("the review cannot be read, so nobody knows whether a question is open: {why}"))
            }
        }
    }
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
        match self.end_day(at, DayEnding { session, next, broker, by: "tbot".to_owned(), review: Review::clear() })? {
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
        self.end_day_among(at, ending, &[])
    }

    /// The same with all entries so far, which a day needs that was open beside an earlier one that was closed meanwhile.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn end_day_among(&mut self, at: Timestamp, ending: DayEnding, entries: &[&Entry]) -> Result<Ended, Halt> {
        let DayEnding { session, next, mut broker, by, review } = ending;
        let own = self.rounded(at, session, entries)?;
        let day = own.as_ref().unwrap_or(&self.books);
        day.leave_compared(&mut broker);
        let prices = self.price_list(at, day, &broker)?;
        let figures = KeptFigures { session, next, broker, prices };
        let (ended, mut entries) = self.try_close(at, &figures, (own.as_ref(), by, &review))?;
        // A session ends once, however often its books are closed, also where sessions without an entry have ended since.
        let over = self.milestones.closed >= Some(session);
        let mut events = if over { Vec::new() } else { vec![self.fold_one(at, Body::SessionClosed { session })?] };
        // What the broker says after a later session is not what it said at the end of this one.
        let is_last = self.milestones.opened == Some(session);
        if is_last && !matches!(ended, Ended::Closed(_)) && self.kept.get(&session) != Some(&figures) {
            events.push(self.fold_one(at, Body::FiguresKept(Box::new(figures)))?);
        }
        self.record.commit(&mut events, &mut entries)?;
        Ok(ended)
    }

    /// Closes a day that was left open when its session ended, by the figures and prices that were kept then, while a later
    /// session trades or after it (decision 0026). Nothing where none were kept: such a day closes with the next one.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn close_kept(
        &mut self,
        at: Timestamp,
        (session, by): (SessionId, String),
        review: &Review,
        entries: &[&Entry],
    ) -> Result<Option<Ended>, Halt> {
        let Some(mut figures) = self.kept.get(&session).cloned() else { return Ok(None) };
        // Before the books of the day are drawn up: that takes time where there are many entries.
        if let Some(why) = review.held() {
            return Ok(Some(Ended::Held(why)));
        }
        let own = self.rounded(at, session, entries)?;
        let day = own.as_ref().unwrap_or(&self.books);
        // A day before it that is open is closed along with it. Had it been closed when this one ended, what the broker said of it
        // stands among its own figures.
        let before = self.books.open_days().take_while(|open| *open < session);
        for earlier in before.filter_map(|open| self.kept.get(&open)) {
            day.add_earlier(&mut figures.broker, &earlier.broker);
        }
        day.leave_compared(&mut figures.broker);
        let (ended, mut entries) = self.try_close(at, &figures, (own.as_ref(), by, review))?;
        self.record.commit(&mut Vec::new(), &mut entries)?;
        Ok(Some(ended))
    }

    /// Rounds a session's fees; the books of the day alone afterwards, where its close needs them.
    fn rounded(&mut self, at: Timestamp, session: SessionId, entries: &[&Entry]) -> Result<Option<Books>, Halt> {
        let mut rounding = Vec::new();
        self.book(at, &BookFact::FeeRounding(SessionEnd { session }), &mut rounding)?;
        let all = entries.iter().copied().chain(rounding.iter().map(|sealed| &sealed.entry));
        let own = self.books.is_apart(session).then(|| self.books.of_day(session, all));
        self.record.commit(&mut Vec::new(), &mut rounding)?;
        Ok(own)
    }

    /// Checks a day and books its close where nothing is in the way; what is to be recorded of it.
    fn try_close(
        &mut self,
        at: Timestamp,
        figures: &KeptFigures,
        (own, by, review): (Option<&Books>, String, &Review),
    ) -> Result<(Ended, Vec<Sealed>), Halt> {
        if let Some(why) = review.held() {
            return Ok((Ended::Held(why), Vec::new()));
        }
        let close = DayClose {
            session: figures.session,
            next_session: figures.next,
            prices: figures.prices.clone(),
            questions: review.questions(),
            broker: figures.broker.clone(),
            head: self.journal().head(),
            schema: SCHEMA,
            program: concat!("tbot ", env!("CARGO_PKG_VERSION")).to_owned(),
            by,
        };
        match self.books.close_as(own.unwrap_or(&self.books), at, &close) {
            Ok(closing) => {
                let entry = self.journal.append(closing.draft.clone(), at)?;
                self.books.apply(&entry.entry);
                self.kept.remove(&figures.session);
                Ok((Ended::Closed(Box::new(closing)), vec![entry]))
            }
            Err(refusal) => Ok((Ended::Refused(Box::new(refusal)), Vec::new())),
        }
    }

    /// The last closes of what is held and of what was traded since the last close. No later session has begun, so they are
    /// those of this one, or older ones of what did not trade in it.
    fn price_list(&self, at: Timestamp, day: &Books, broker: &BrokerFigures) -> Result<PriceList, Halt> {
        let held = day.positions()?;
        let mut symbols: BTreeSet<Symbol> = held.into_keys().chain(day.traded()).collect();
        symbols.extend(broker.positions.iter().map(|position| position.instrument));
        let line = |instrument: Symbol| {
            let place = self.symbols.binary_search(&instrument).ok();
            let terms = place.and_then(|place| self.setup.instruments.get(place));
            let last = place.and_then(|place| self.history.last(place));
            ListedPrice {
                instrument,
                currency: terms.map_or(Currency::USD, |terms| terms.currency),
                multiplier: terms.map_or(Quantity::whole(1), |terms| Quantity::from_raw(terms.multiplier.raw())),
                price: last.map(|(_, price)| price),
                at: last.map(|(at, _)| at),
            }
        };
        Ok(PriceList { source: PriceList::BARS.to_owned(), at, prices: symbols.into_iter().map(line).collect() })
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
    let activities = venue.charged().iter().map(|charge| BrokerActivity {
        id: charge.activity.clone(),
        currency: Currency::USD,
        amount: charge.amount.negated(),
    });
    Ok(BrokerFigures {
        executions: executions.collect(),
        positions: positions.collect(),
        cash: vec![cash],
        activities: activities.collect(),
    })
}
