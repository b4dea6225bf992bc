//! The auditor: what the venue did against what the bytes of event log and books say, with sums of its own and none of
//! the machines' code. It reads each record as it becomes durable, keeps its bytes, and holds the whole disk against them at
//! the end of a session.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::disk::{Disk, Stored};
use super::failure::{Failure, Invariant};
use crate::domain::decimal::Money;
use crate::domain::order::{Command, Intent, Purpose};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::risk::Limits;
use crate::venue::Venue;

/// The books: I3 and I4.
mod books;
/// The event log: I1, I3 and I6.
mod events;
/// What records look like, as far as the auditor reads them.
mod lines;

pub(super) use books::BooksSeen;
pub(super) use events::EventsSeen;

/// How often each name was met.
pub(super) type Counts = BTreeMap<Box<str>, u64>;

/// An execution, in steps of 10⁻⁸.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Figures {
    order: Box<str>,
    place: usize,
    quantity: i128,
    price: i128,
    commission: i128,
}

/// The venue's own records, copied as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    executions: BTreeMap<Box<str>, Figures>,
    entries: BTreeMap<Box<str>, u32>,
    cash: i128,
    read: usize,
}

/// The limits, in steps of 10⁻⁸, and the instruments' names.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    limits: Limits,
    symbols: Vec<Symbol>,
    closes: BTreeMap<Box<str>, Vec<(usize, i64)>>,
}

impl Terms {
    fn place(&self, symbol: &str) -> Option<usize> {
        self.symbols.iter().position(|s| s.as_bytes() == symbol.as_bytes())
    }
}

/// A position that the bot says it has.
pub type Held = (Symbol, i64);

/// The auditor of one run.
#[derive(Debug)]
pub struct Auditor {
    terms: Rc<Terms>,
    told: Told,
    events: EventsSeen,
    books: BooksSeen,
    /// All that was read, byte for byte.
    copy: Stored,
    /// How many executions event log and books had when they were last found to be the same.
    matched: (usize, usize),
}

/// What is wrong, before it is known when.
pub(super) type Finding = Result<(), (Invariant, String)>;

pub(super) fn wrong(invariant: Invariant, what: impl Into<String>) -> Finding {
    Err((invariant, what.into()))
}

impl Auditor {
    /// An auditor of an account with these limits, these instruments, and the closes of each session in the order in
    /// which they become known.
    #[must_use]
    pub fn new(limits: Limits, symbols: Vec<Symbol>, closes: BTreeMap<Box<str>, Vec<(usize, i64)>>) -> Self {
        let cash = i128::from(limits.float.raw());
        let terms = Rc::new(Terms { limits, symbols, closes });
        let (events, books) = (EventsSeen::new(&terms), BooksSeen::new(&terms));
        let told = Told { cash, ..Told::default() };
        Self { terms, told, events, books, copy: Stored::default(), matched: (0, 0) }
    }

    /// A new session at the venue, with the fees that it charged.
    pub fn open_session(&mut self, charged: impl IntoIterator<Item = Money>) {
        self.told.read = 0;
        for amount in charged {
            self.told.cash = self.told.cash.saturating_sub(i128::from(amount.raw()));
        }
    }

    /// Reads what has become durable since the last time.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(&mut self, now: Timestamp, disk: &Disk, venue: &Venue) -> Result<(), Failure> {
        if self.events.is_up_to_date(disk) && self.books.is_up_to_date(disk) {
            return Ok(());
        }
        self.listen(venue);
        let read = self.events.read(disk, &self.terms, &self.told);
        let read = read.and_then(|()| self.books.read(disk, &self.terms, &self.told));
        self.copy.follow(&disk.stored);
        let read = read.and_then(|()| self.both_sides());
        read.map_err(|(invariant, what)| Failure::new(invariant, now, what))
    }

    /// Copies what the venue has executed.
    fn listen(&mut self, venue: &Venue) {
        for (order, place, execution) in venue.executions().iter().skip(self.told.read) {
            let raw = |steps: i64| i128::from(steps);
            let (quantity, price) = (raw(execution.quantity.raw()), raw(execution.price.raw()));
            let commission = raw(execution.commission.raw());
            let value = times(quantity, price);
            self.told.cash = self.told.cash.saturating_sub(value).saturating_sub(commission);
            let figures = Figures { order: order.as_str().into(), place: *place, quantity, price, commission };
            self.told.executions.insert(execution.id.as_str().into(), figures);
        }
        self.told.read = venue.executions().len();
    }

    /// A fill and its entry are one transaction. Nothing is ever taken out on either side: where none of them has grown
    /// they are the same still.
    fn both_sides(&mut self) -> Finding {
        let (events, books) = (self.events.executions(), self.books.fills());
        let counted = (events.len(), books.len());
        if counted == self.matched {
            return Ok(());
        }
        if counted.0 == counted.1 && events.keys().eq(books.keys()) {
            self.matched = counted;
            return Ok(());
        }
        let alone = events.keys().find(|id| !books.contains_key(*id));
        let alone = alone.or_else(|| books.keys().find(|id| !events.contains_key(*id)));
        wrong(Invariant::I3, format!("execution {alone:?} is in the event log or in the books, but not in both"))
    }

    /// A command leaves the house (I5).
    ///
    /// # Errors
    /// [`Invariant::I5`].
    pub fn leaves(&mut self, now: Timestamp, command: &Command, disk: &Disk, venue: &Venue) -> Result<(), Failure> {
        let Command::Submit(intent) = command else { return Ok(()) };
        self.read(now, disk, venue)?;
        let quantity = i128::from(intent.quantity.raw());
        if self.events.is_intended(intent.order.as_str(), quantity) {
            return Ok(());
        }
        let what = format!("order {} goes out and its intent is not durable", intent.order);
        Err(Failure::new(Invariant::I5, now, what))
    }

    /// The venue has taken an order (I1).
    ///
    /// # Errors
    /// [`Invariant::I1`].
    pub fn taken(&mut self, now: Timestamp, intent: &Intent) -> Result<(), Failure> {
        if !matches!(intent.purpose, Purpose::Entry { .. }) {
            return Ok(());
        }
        let count = self.told.entries.entry(intent.decision.as_str().into()).or_default();
        *count = count.saturating_add(1);
        if *count == 1 {
            return Ok(());
        }
        let what = format!("decision {} has {count} orders at the venue", intent.decision);
        Err(Failure::new(Invariant::I1, now, what))
    }

    /// Once quiet: both sides have the same positions and the same executions (I2, I3).
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn agree(&mut self, now: Timestamp, disk: &Disk, venue: &Venue, held: &[Held]) -> Result<(), Failure> {
        self.read(now, disk, venue)?;
        self.listen(venue);
        let found = self.same_positions(venue, held).and_then(|()| self.same_executions());
        found.map_err(|(invariant, what)| Failure::new(invariant, now, what))
    }

    /// At the session's end: both sides agree, in cash too, and the whole record is still what was read of it, from its
    /// first byte: what was found in it once would be found again.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn quiet(&mut self, now: Timestamp, disk: &Disk, venue: &Venue, held: &[Held]) -> Result<(), Failure> {
        self.agree(now, disk, venue, held)?;
        let position = |place| i128::from(venue.position(place).raw());
        let found = self.books.agree(&self.terms, &self.told, position).and_then(|()| self.is_unchanged(disk));
        found.map_err(|(invariant, what)| Failure::new(invariant, now, what))
    }

    fn same_positions(&self, venue: &Venue, held: &[Held]) -> Finding {
        for (place, symbol) in self.terms.symbols.iter().enumerate() {
            let own = held.iter().filter(|(s, _)| s == symbol).fold(0_i64, |sum, (_, q)| sum.saturating_add(*q));
            let theirs = venue.position(place).raw();
            if own != theirs {
                return wrong(Invariant::I2, format!("{symbol}: the bot holds {own}, the venue {theirs} (10⁻⁸)"));
            }
        }
        Ok(())
    }

    fn same_executions(&self) -> Finding {
        let recorded = |id: &str| (self.events.executions().get(id), self.books.fills().get(id));
        let same = |id: &str, told: &Figures| recorded(id) == (Some(told), Some(told));
        match self.told.executions.iter().find(|(id, told)| !same(id, told)) {
            Some((id, _)) => wrong(Invariant::I3, format!("execution {id} of the venue is not booked as it was made")),
            None => Ok(()),
        }
    }

    fn is_unchanged(&self, disk: &Disk) -> Finding {
        match self.copy.difference(&disk.stored) {
            Some(what) => wrong(Invariant::I4, format!("{what} are no longer what was read of them")),
            None => Ok(()),
        }
    }

    /// What the durable events say is held, by instrument, signed, in steps of 10⁻⁸.
    #[must_use]
    pub fn durable_position(&self, place: usize) -> i128 {
        self.events.position(place)
    }

    /// Entries that were given up and arrived after all, and brackets that were over and got another fill.
    #[must_use]
    pub const fn late(&self) -> (u64, u64) {
        self.events.late()
    }

    /// Trades closed so far, by strategy, and events by kind.
    pub(super) fn counted(&self) -> (&Counts, &Counts) {
        self.events.counted()
    }
}

/// A product at 10⁻⁸, half to even, as the books round it.
fn times(a: i128, b: i128) -> i128 {
    const SCALE: i128 = 100_000_000;
    let product = a.saturating_mul(b);
    let (floor, rest) = (product.div_euclid(SCALE), product.rem_euclid(SCALE));
    let up = match rest.cmp(&(SCALE / 2)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => floor.rem_euclid(2) == 1,
    };
    floor.saturating_add(i128::from(up))
}
