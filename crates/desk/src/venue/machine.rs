//! The venue's two doors: commands from the bot, bars from the market. Out of both come reports.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, Charge};
use super::bracket::{Bracket, Slot};
use super::pricing::FillRules;
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::fees::{CommissionSchedule, SaleRates};
use crate::domain::ids::{ExecutionId, OrderId, SessionId};
use crate::domain::journal::FeeKind;
use crate::domain::market::{Bar, Instrument, QuoteBar, Side};
use crate::domain::order::{Command, Ending, Execution, ExitReason, Intent, Purpose, Refusal, Report};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Date, Text, Timestamp};
use crate::domain::wide::{Overflow, Wide, value_of};

/// What holds at the venue for one session.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Which session.
    pub session: SessionId,
    /// When its trades settle.
    pub settles: Date,
    /// Regulatory fees on sales.
    pub rates: SaleRates,
}

/// The simulated venue.
#[derive(Clone, Debug)]
pub struct Venue {
    rules: FillRules,
    commission: CommissionSchedule,
    instruments: Vec<Instrument>,
    terms: Option<Terms>,
    books: Vec<Book>,
    /// The last close of each instrument in this session, beside the books: every bar writes one.
    last_closes: Vec<Option<Price>>,
    orders: BTreeMap<OrderId, (usize, Option<Refusal>)>,
    halted: BTreeSet<usize>,
    refuse_entries: u32,
    refuse_exits: u32,
    executions: Vec<(OrderId, usize, Execution)>,
    /// Of sessions before, until somebody says that they are closed.
    earlier: Vec<(usize, Execution)>,
    /// Fees that left the account, until the same.
    charged: Vec<Charge>,
    in_session: u64,
    account: Account,
}

/// What works in one instrument, and what has worked there in this session.
#[derive(Clone, Debug, Default)]
struct Book {
    live: Vec<Bracket>,
    past: Vec<Bracket>,
    position: Quantity,
}

/// What a bracket needs of the venue while it fills.
pub(super) struct Clerk<'a> {
    pub(super) instrument: &'a Instrument,
    pub(super) rules: &'a FillRules,
    commission: &'a CommissionSchedule,
    terms: &'a Terms,
    index: usize,
    position: &'a mut Quantity,
    account: &'a mut Account,
    in_session: &'a mut u64,
    executions: &'a mut Vec<(OrderId, usize, Execution)>,
}

impl Clerk<'_> {
    /// Records an execution of a slot, charges it, and reports it.
    #[expect(clippy::too_many_arguments, reason = "an execution is these seven things")]
    pub(super) fn execute(
        &mut self,
        slot: &mut Slot,
        quantity: Quantity,
        price: Price,
        reference: Price,
        at: Timestamp,
        synthetic: bool,
        out: &mut Vec<Report>,
    ) -> Result<(), Overflow> {
        let value = value_of(quantity, price)?;
        slot.filled = slot.filled.checked_add(quantity.magnitude()).ok_or(Overflow)?;
        slot.value = slot.value.checked_add(value.magnitude()).ok_or(Overflow)?;
        let owed = self.commission.owed(slot.filled, slot.value)?;
        let commission = (Wide::from(owed) - Wide::from(slot.charged)).money()?;
        slot.charged = owed;
        let mut accrued = Vec::new();
        if quantity < Quantity::ZERO {
            for (kind, fee) in [
                (FeeKind::Sec, self.terms.rates.sec(value.magnitude())?),
                (FeeKind::Taf, self.terms.rates.taf(quantity.magnitude())?),
            ] {
                if !fee.is_zero() {
                    accrued.push((kind, fee));
                }
            }
        }
        *self.in_session = self.in_session.saturating_add(1);
        let id = execution_id(self.terms.session.date, *self.in_session)?;
        let cumulative = slot.filled;
        let execution = Execution { id, quantity, price, at, cumulative, commission, accrued, reference, synthetic };
        *self.position = self.position.checked_add(quantity).ok_or(Overflow)?;
        self.account.take(&execution, self.terms.session, self.terms.settles)?;
        self.executions.push((slot.order.clone(), self.index, execution.clone()));
        out.push(Report::Executed { order: slot.order.clone(), execution });
        Ok(())
    }
}

/// `yyyymmdd-nnnnnn`: the day, and the number of the execution in its session.
fn execution_id(date: Date, number: u64) -> Result<ExecutionId, Overflow> {
    let (year, month, day) = date.ymd();
    let mut text = Text::default();
    text.digits(year, 4);
    text.digits(month, 2);
    text.digits(day, 2);
    text.extend("-");
    let width = number.checked_ilog10().map_or(1, |most| most.saturating_add(1)).max(6);
    text.digits(i64::try_from(number).map_err(|_| Overflow)?, width);
    text.as_str().parse().map_err(|_| Overflow)
}

impl Venue {
    /// A venue for these instruments, with an account that holds this much settled cash.
    #[must_use]
    pub fn new(rules: FillRules, commission: CommissionSchedule, instruments: Vec<Instrument>, cash: Money) -> Self {
        let books = instruments.iter().map(|_| Book::default()).collect();
        let last_closes = vec![None; instruments.len()];
        Self {
            rules,
            commission,
            instruments,
            terms: None,
            books,
            last_closes,
            orders: BTreeMap::new(),
            halted: BTreeSet::new(),
            refuse_entries: 0,
            refuse_exits: 0,
            executions: Vec::new(),
            earlier: Vec::new(),
            charged: Vec::new(),
            in_session: 0,
            account: Account::with_cash(cash),
        }
    }

    /// Opens a session: what falls due settles, then the fees of earlier sessions are charged.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn open_session(&mut self, terms: Terms) -> Result<Vec<Charge>, Overflow> {
        self.account.settle(terms.session.date);
        let charges = self.account.charge_before(terms.session)?;
        self.charged.extend_from_slice(&charges);
        self.terms = Some(terms);
        self.orders.clear();
        let over = self.executions.drain(..).map(|(_, place, execution)| (place, execution));
        self.earlier.extend(over);
        self.in_session = 0;
        for book in &mut self.books {
            book.live.clear();
            book.past.clear();
        }
        self.last_closes.fill(None);
        Ok(charges)
    }

    /// Takes a command and answers at once; whoever carries the answers may lose them.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn handle(&mut self, at: Timestamp, command: &Command, out: &mut Vec<Report>) -> Result<(), Overflow> {
        match command {
            Command::Submit(intent) => self.submit(at, intent, out),
            Command::Cancel(order) => {
                self.with_bracket(order, |b| b.end_entry(Ending::Cancelled, out));
                self.sweep_of(order);
                Ok(())
            }
            Command::Amend { order, stop } => {
                let mut moved = false;
                self.with_bracket(order, |b| {
                    if b.stop.working && !b.triggered {
                        b.stop_price = *stop;
                        moved = true;
                    }
                });
                if moved {
                    out.push(Report::Amended { order: order.clone(), stop: *stop });
                }
                Ok(())
            }
            Command::Query(order) => {
                self.describe(order, out);
                Ok(())
            }
            Command::Activity(since) => {
                let executions = self.executions.iter().filter(|(_, _, e)| e.at >= *since);
                out.extend(executions.map(|(id, _, e)| Report::Executed { order: id.clone(), execution: e.clone() }));
                Ok(())
            }
        }
    }

    fn submit(&mut self, at: Timestamp, intent: &Intent, out: &mut Vec<Report>) -> Result<(), Overflow> {
        let order = intent.order.clone();
        if self.orders.contains_key(&order) {
            out.push(Report::Refused { order, why: Refusal::DuplicateId });
            return Ok(());
        }
        let place = self.instruments.binary_search_by(|i| i.symbol.cmp(&intent.symbol)).ok();
        let why = match place {
            None => Some(Refusal::UnknownSymbol),
            Some(_) if self.terms.is_none() => Some(Refusal::Closed),
            Some(place) if self.halted.contains(&place) && !matches!(intent.purpose, Purpose::Exit { .. }) => {
                Some(Refusal::Halted)
            }
            Some(_) => self.scripted(&intent.purpose),
        };
        let place = place.unwrap_or(0);
        if let Some(why) = why {
            self.orders.insert(order.clone(), (place, Some(why)));
            out.push(Report::Refused { order, why });
            return Ok(());
        }
        match &intent.purpose {
            Purpose::Entry { stop_order, target_order, .. } => {
                let Some(bracket) = Bracket::new(intent, at) else { return Ok(()) };
                for id in [&order, stop_order, target_order] {
                    self.orders.insert(id.clone(), (place, None));
                }
                if let Some(book) = self.books.get_mut(place) {
                    book.live.push(bracket);
                }
                out.push(Report::Accepted(order));
            }
            Purpose::Exit { reason } => self.submit_exit(at, intent, *reason, place, out)?,
        }
        Ok(())
    }

    /// A refusal that the script asks for.
    fn scripted(&mut self, purpose: &Purpose) -> Option<Refusal> {
        let left = match purpose {
            Purpose::Entry { .. } => &mut self.refuse_entries,
            Purpose::Exit { .. } => &mut self.refuse_exits,
        };
        let refused = *left > 0;
        *left = left.saturating_sub(1);
        refused.then_some(Refusal::Scripted)
    }

    /// An exit closes what is held of its own bracket, and no more.
    fn submit_exit(
        &mut self,
        at: Timestamp,
        intent: &Intent,
        reason: ExitReason,
        place: usize,
        out: &mut Vec<Report>,
    ) -> Result<(), Overflow> {
        let Some(terms) = self.terms else { return Ok(()) };
        let (Some(book), Some(instrument)) = (self.books.get_mut(place), self.instruments.get(place)) else {
            return Ok(());
        };
        let order = intent.order.clone();
        let Some(bracket) = book.live.iter_mut().find(|b| b.decision == intent.decision && !b.held.is_zero()) else {
            self.orders.insert(order.clone(), (place, Some(Refusal::NothingHeld)));
            out.push(Report::Refused { order, why: Refusal::NothingHeld });
            return Ok(());
        };
        self.orders.insert(order.clone(), (place, None));
        out.push(Report::Accepted(order.clone()));
        bracket.exit(order, at, out);
        if reason == ExitReason::SessionEnd {
            if let Some(last) = self.last_closes.get(place).copied().flatten() {
                let buy = bracket.side == Side::Short;
                let price = self.rules.synthetic_price(last, buy, instrument.tick)?;
                let mut clerk = Clerk {
                    instrument,
                    rules: &self.rules,
                    commission: &self.commission,
                    terms: &terms,
                    index: place,
                    position: &mut book.position,
                    account: &mut self.account,
                    in_session: &mut self.in_session,
                    executions: &mut self.executions,
                };
                bracket.close_at(&mut clerk, price, last, at, out)?;
            }
            book.sweep();
        }
        Ok(())
    }

    /// Matches what works in one instrument against the bar that has just ended.
    ///
    /// # Errors
    /// [`Overflow`].
    #[inline]
    pub fn on_bar(
        &mut self,
        place: usize,
        bar: &Bar,
        quote: Option<&QuoteBar>,
        out: &mut Vec<Report>,
    ) -> Result<(), Overflow> {
        self.see(place, bar.close);
        // Nothing works in most instruments at most times.
        match self.books.get(place) {
            Some(book) if !book.live.is_empty() => self.match_bar(place, bar, quote, out),
            _ => Ok(()),
        }
    }

    fn match_bar(
        &mut self,
        place: usize,
        bar: &Bar,
        quote: Option<&QuoteBar>,
        out: &mut Vec<Report>,
    ) -> Result<(), Overflow> {
        let (Some(book), Some(instrument), Some(terms)) =
            (self.books.get_mut(place), self.instruments.get(place), &self.terms)
        else {
            return Ok(());
        };
        if self.halted.contains(&place) {
            return Ok(());
        }
        let mut room = self.rules.room(bar.volume, instrument.lot)?;
        let mut clerk = Clerk {
            instrument,
            rules: &self.rules,
            commission: &self.commission,
            terms,
            index: place,
            position: &mut book.position,
            account: &mut self.account,
            in_session: &mut self.in_session,
            executions: &mut self.executions,
        };
        for bracket in &mut book.live {
            bracket.on_bar(&mut clerk, bar, quote, &mut room, out)?;
        }
        book.sweep();
        Ok(())
    }

    /// Notes a close where nothing works: the last one of a session prices what is closed at its end (STRAT-15).
    #[inline]
    pub fn see(&mut self, place: usize, close: Price) {
        if let Some(last) = self.last_closes.get_mut(place) {
            *last = Some(close);
        }
    }

    /// Ends the rests whose time to live is over, in the order of the instruments.
    pub fn expire(&mut self, at: Timestamp, out: &mut Vec<Report>) {
        for book in self.books.iter_mut().filter(|b| !b.live.is_empty()) {
            for bracket in &mut book.live {
                bracket.expire(at, out);
            }
            book.sweep();
        }
    }

    /// Ends everything that still works, as day orders do at the close.
    pub fn end_day(&mut self, out: &mut Vec<Report>) {
        for book in self.books.iter_mut().filter(|b| !b.live.is_empty()) {
            for bracket in &mut book.live {
                bracket.withdraw(Ending::Expired, out);
            }
            book.sweep();
        }
    }

    /// Halts an instrument or lets it trade again.
    pub fn set_halted(&mut self, place: usize, halted: bool) {
        if halted {
            self.halted.insert(place);
        } else {
            self.halted.remove(&place);
        }
    }

    /// Refuses the next entries, as a script asks.
    pub const fn refuse_entries(&mut self, count: u32) {
        self.refuse_entries = count;
    }

    /// Refuses the next exits, as a script asks.
    pub const fn refuse_exits(&mut self, count: u32) {
        self.refuse_exits = count;
    }

    /// Withdraws the stops that work in an instrument, as a script asks: what they protected is bare.
    pub fn drop_stops(&mut self, place: usize, out: &mut Vec<Report>) {
        for bracket in self.books.get_mut(place).into_iter().flat_map(|b| &mut b.live).filter(|b| !b.triggered) {
            bracket.stop.end(Ending::Cancelled, out);
        }
    }

    /// What an order looks like, told in full again: accepted, each execution, where a stop stands, its end.
    fn describe(&self, order: &OrderId, out: &mut Vec<Report>) {
        let place = match self.orders.get(order) {
            None => return out.push(Report::NotFound(order.clone())),
            Some((_, Some(why))) => return out.push(Report::Refused { order: order.clone(), why: *why }),
            Some((place, None)) => *place,
        };
        out.push(Report::Accepted(order.clone()));
        let executions = self.executions.iter().filter(|(id, _, _)| id == order);
        out.extend(executions.map(|(id, _, e)| Report::Executed { order: id.clone(), execution: e.clone() }));
        let Some(book) = self.books.get(place) else { return };
        for bracket in book.live.iter().chain(&book.past) {
            if bracket.stop.order == *order {
                if bracket.triggered {
                    out.push(Report::Triggered(order.clone()));
                } else if bracket.stop.working {
                    out.push(Report::Amended { order: order.clone(), stop: bracket.stop_price });
                }
            }
            let slots = [&bracket.entry, &bracket.stop, &bracket.target];
            for slot in slots.into_iter().chain(&bracket.exits).filter(|s| s.order == *order) {
                if let Some(how) = slot.ended {
                    out.push(Report::Ended { order: order.clone(), how, filled: slot.filled });
                }
            }
        }
    }

    fn with_bracket(&mut self, order: &OrderId, act: impl FnOnce(&mut Bracket)) {
        let Some((place, None)) = self.orders.get(order) else { return };
        let book = self.books.get_mut(*place);
        if let Some(b) =
            book.and_then(|b| b.live.iter_mut().find(|b| b.entry.order == *order || b.stop.order == *order))
        {
            act(b);
        }
    }

    fn sweep_of(&mut self, order: &OrderId) {
        if let Some((place, _)) = self.orders.get(order)
            && let Some(book) = self.books.get_mut(*place)
        {
            book.sweep();
        }
    }

    /// Executions of sessions before this one, in order, since [`Venue::forget`]: a day that is closed late needs them.
    #[must_use]
    pub fn earlier(&self) -> &[(usize, Execution)] {
        &self.earlier
    }

    /// The fees charged since [`Venue::forget`].
    #[must_use]
    pub fn charged(&self) -> &[Charge] {
        &self.charged
    }

    /// The books are closed up to now: nobody asks for what was before.
    pub fn forget(&mut self) {
        self.earlier.clear();
        self.charged.clear();
    }

    /// The session's executions in order: order, instrument, execution. The auditor believes these.
    #[must_use]
    pub fn executions(&self) -> &[(OrderId, usize, Execution)] {
        &self.executions
    }

    /// The position in one instrument, signed.
    #[must_use]
    pub fn position(&self, place: usize) -> Quantity {
        self.books.get(place).map_or(Quantity::ZERO, |b| b.position)
    }

    /// All positions that are not flat.
    pub fn positions(&self) -> impl Iterator<Item = (Symbol, Quantity)> + '_ {
        self.instruments
            .iter()
            .zip(&self.books)
            .filter(|(_, b)| !b.position.is_zero())
            .map(|(i, b)| (i.symbol, b.position))
    }

    /// Instruments that do not trade now.
    pub fn halted(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.halted.iter().filter_map(|place| self.instruments.get(*place)).map(|i| i.symbol)
    }

    /// Every order that still works, with its instrument.
    #[must_use]
    pub fn working(&self) -> Vec<OrderId> {
        let mut orders = Vec::new();
        for bracket in self.books.iter().flat_map(|b| &b.live) {
            let held = !bracket.held.is_zero();
            let slots = [(&bracket.entry, true), (&bracket.stop, held), (&bracket.target, held)];
            let exits = bracket.exits.iter().map(|e| (e, true));
            orders.extend(
                slots.into_iter().chain(exits).filter(|(s, live)| s.working && *live).map(|(s, _)| s.order.clone()),
            );
        }
        orders
    }

    /// Stops that were touched, of brackets that still hold something: what is left of them works as a market order.
    pub fn triggered(&self) -> impl Iterator<Item = &OrderId> {
        let live = self.books.iter().flat_map(|b| &b.live);
        live.filter(|b| b.triggered && !b.held.is_zero()).map(|b| &b.stop.order)
    }

    /// All orders ever seen in this session, with why one was refused.
    pub fn orders(&self) -> impl Iterator<Item = (&OrderId, Option<Refusal>)> {
        self.orders.iter().map(|(id, (_, why))| (id, *why))
    }

    /// The account.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The fill rules in force.
    #[must_use]
    pub const fn rules(&self) -> &FillRules {
        &self.rules
    }
}

impl Book {
    /// Puts what is done among the past.
    fn sweep(&mut self) {
        // Asked after each bar, and nearly always nothing is.
        if !self.live.iter().any(Bracket::is_done) {
            return;
        }
        self.past.extend(self.live.extract_if(.., |bracket| bracket.is_done()));
    }
}
