//! One entry with its stop, target and exit, matched against one bar (STRAT-13).

use super::machine::Clerk;
use super::pricing::{Charged, Context, down_to_lot};
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{DecisionId, OrderId};
use crate::domain::market::{Bar, QuoteBar, Side};
use crate::domain::order::{Ending, Intent, Plan, Purpose, Report};
use crate::domain::time::{Span, Timestamp};
use crate::domain::wide::{Overflow, Wide};

/// One order of a bracket at the venue.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Its id.
    pub(super) order: OrderId,
    /// Whether it still works.
    pub(super) working: bool,
    /// What it has filled in all.
    pub(super) filled: Quantity,
    /// The value of that, for the commission.
    pub(super) value: Money,
    /// The commission charged so far.
    pub(super) charged: Money,
    /// How it ended, if it ended with a rest.
    pub(super) ended: Option<Ending>,
}

impl Slot {
    fn new(order: OrderId, working: bool) -> Self {
        let (filled, value, charged) = (Quantity::ZERO, Money::ZERO, Money::ZERO);
        Self { order, working, filled, value, charged, ended: None }
    }

    /// Withdraws what is left, and says so.
    pub(super) fn end(&mut self, how: Ending, out: &mut Vec<Report>) {
        if self.working {
            self.working = false;
            self.ended = Some(how);
            out.push(Report::Ended { order: self.order.clone(), how, filled: self.filled });
        }
    }
}

/// An entry with its stop, target and exit.
#[derive(Clone, Debug)]
pub(super) struct Bracket {
    /// The decision that it follows from: what its exits are known by.
    pub(super) decision: DecisionId,
    /// The position's side.
    pub(super) side: Side,
    /// When the entry arrived: bars that began before do not fill it.
    arrived_at: Timestamp,
    /// When the last exit arrived, likewise.
    exit_at: Timestamp,
    /// When the entry's rest ends.
    expires_at: Timestamp,
    /// What the entry asks for.
    asked: Quantity,
    /// What is held.
    pub(super) held: Quantity,
    /// The stop's price now.
    pub(super) stop_price: Price,
    /// The target's price.
    target_price: Price,
    /// Whether the stop was touched: it is a market order from then on.
    pub(super) triggered: bool,
    /// The entry.
    pub(super) entry: Slot,
    /// The stop.
    pub(super) stop: Slot,
    /// The target.
    pub(super) target: Slot,
    /// Exits by decision, the last one may work.
    pub(super) exits: Vec<Slot>,
}

/// Where and when a part of a bracket fills.
struct At<'a> {
    context: Context<'a>,
    when: Timestamp,
    charged: Charged,
}

/// Which slot of a bracket fills.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Entry,
    Stop,
    Target,
    Exit,
}

impl Bracket {
    /// An entry with its children, as it arrives.
    pub(super) fn new(intent: &Intent, at: Timestamp) -> Option<Self> {
        let Purpose::Entry { plan: Plan { stop, target, .. }, stop_order, target_order, expires_at } = &intent.purpose
        else {
            return None;
        };
        Some(Self {
            decision: intent.decision.clone(),
            side: intent.side,
            arrived_at: at,
            exit_at: at,
            expires_at: *expires_at,
            asked: intent.quantity,
            held: Quantity::ZERO,
            stop_price: *stop,
            target_price: *target,
            triggered: false,
            entry: Slot::new(intent.order.clone(), true),
            stop: Slot::new(stop_order.clone(), true),
            target: Slot::new(target_order.clone(), true),
            exits: Vec::new(),
        })
    }

    /// Whether nothing of it can fill any more.
    pub(super) fn is_done(&self) -> bool {
        !self.entry.working && self.held.is_zero()
    }

    /// Takes an exit: it withdraws the entry's rest, stop, target and any exit before it in the same step.
    pub(super) fn exit(&mut self, order: OrderId, at: Timestamp, out: &mut Vec<Report>) {
        self.withdraw(Ending::Cancelled, out);
        // What was left of a touched stop went with it.
        self.triggered = false;
        self.exit_at = at;
        self.exits.push(Slot::new(order, true));
    }

    /// Withdraws all that works.
    pub(super) fn withdraw(&mut self, how: Ending, out: &mut Vec<Report>) {
        let slots = [&mut self.entry, &mut self.stop, &mut self.target];
        for slot in slots.into_iter().chain(&mut self.exits) {
            slot.end(how, out);
        }
    }

    /// Ends the entry's rest when its time is over. A bracket that never filled goes with it.
    pub(super) fn expire(&mut self, at: Timestamp, out: &mut Vec<Report>) {
        if self.entry.working && at >= self.expires_at {
            self.end_entry(Ending::Expired, out);
        }
    }

    /// Ends the entry's rest; without a share held its children end too.
    pub(super) fn end_entry(&mut self, how: Ending, out: &mut Vec<Report>) {
        self.entry.end(how, out);
        if self.held.is_zero() {
            self.withdraw(Ending::Cancelled, out);
        }
    }

    /// Matches this bracket against a bar, in the order of STRAT-13. `room` is what the bar still lets us take.
    pub(super) fn on_bar(
        &mut self,
        clerk: &mut Clerk<'_>,
        bar: &Bar,
        quote: Option<&QuoteBar>,
        room: &mut Quantity,
        out: &mut Vec<Report>,
    ) -> Result<(), Overflow> {
        let instrument = clerk.instrument;
        let buys = self.side == Side::Long;
        let cx = |reference: Price, buy: bool| Context { reference, buy, tick: instrument.tick, bar, quote };
        let market = |buy: bool| {
            let reference = match quote {
                Some(q) if buy => q.ask_open,
                Some(q) => q.bid_open,
                None => bar.open,
            };
            At { context: cx(reference, buy), when: bar.start, charged: Charged::Market }
        };
        // 1. The entry's rest, at the open, while its time lasts.
        if self.entry.working && bar.start < self.expires_at && bar.start >= self.arrived_at {
            let left = minus(self.asked, self.entry.filled);
            self.fill(clerk, Which::Entry, left, &market(buys), room, out)?;
        }
        if self.held.is_zero() {
            return Ok(());
        }
        // 2. A market exit, or the rest of a stop that was touched in an earlier bar; then the bar is done.
        if self.triggered {
            let at = At { charged: Charged::Rest, ..market(!buys) };
            return self.fill(clerk, Which::Stop, self.held, &at, room, out);
        }
        if self.exits.last().is_some_and(|e| e.working) {
            if bar.start < self.exit_at {
                return Ok(());
            }
            return self.fill(clerk, Which::Exit, self.held, &market(!buys), room, out);
        }
        let inside = bar.start + Span::seconds(30);
        // 3. The stop, for all that is held, fills of this bar included.
        let (low_side, high_side) = if buys { (bar.low, bar.high) } else { (bar.high, bar.low) };
        if self.beyond(self.stop_price, low_side) && self.stop.working {
            self.triggered = true;
            out.push(Report::Triggered(self.stop.order.clone()));
            self.target.end(Ending::Cancelled, out);
            self.entry.end(Ending::Cancelled, out);
            let (reference, when) =
                if self.beyond(self.stop_price, bar.open) { (bar.open, bar.start) } else { (self.stop_price, inside) };
            let at = At { context: cx(reference, !buys), when, charged: Charged::Stop };
            return self.fill(clerk, Which::Stop, self.held, &at, room, out);
        }
        // 4. The target, if no stop was touched.
        if self.target.working {
            let through = if buys {
                plus(self.target_price, instrument.tick)
            } else {
                minus_price(self.target_price, instrument.tick)
            };
            let hit = if self.beyond(bar.open, self.target_price) {
                Some((bar.open, bar.start))
            } else if self.beyond(high_side, through) {
                Some((self.target_price, inside))
            } else {
                None
            };
            if let Some((reference, when)) = hit {
                let at = At { context: cx(reference, !buys), when, charged: Charged::Limit };
                self.fill(clerk, Which::Target, self.held, &at, room, out)?;
            }
        }
        Ok(())
    }

    /// Whether `price` lies at `level` or beyond it in the direction of a loss when asked as (level, price) of a stop:
    /// s·price ≤ s·level.
    const fn beyond(&self, level: Price, price: Price) -> bool {
        match self.side {
            Side::Long => price.raw() <= level.raw(),
            Side::Short => price.raw() >= level.raw(),
        }
    }

    /// Closes in full what is held, where nothing trades any more (STRAT-15).
    pub(super) fn close_at(
        &mut self,
        clerk: &mut Clerk<'_>,
        price: Price,
        last: Price,
        at: Timestamp,
        out: &mut Vec<Report>,
    ) -> Result<(), Overflow> {
        let quantity = self.held;
        if quantity.is_zero() {
            return Ok(());
        }
        let side = self.side;
        self.held = Quantity::ZERO;
        let Some(slot) = self.exits.last_mut() else { return Ok(()) };
        clerk.execute(slot, signed(side.opposite(), quantity), price, last, at, true, out)?;
        slot.working = false;
        Ok(())
    }

    /// Fills one slot with what the room allows, and does to the others what that brings.
    #[expect(
        clippy::too_many_arguments,
        reason = "what fills, how much, where, out of which room, and who hears of it"
    )]
    fn fill(
        &mut self,
        clerk: &mut Clerk<'_>,
        which: Which,
        wanted: Quantity,
        at: &At<'_>,
        room: &mut Quantity,
        out: &mut Vec<Report>,
    ) -> Result<(), Overflow> {
        let lot = clerk.instrument.lot;
        let quantity = down_to_lot(wanted.min(*room), lot);
        if quantity.is_zero() {
            return Ok(());
        }
        let price = clerk.rules.fill_price(&at.context, quantity, at.charged)?;
        *room = minus(*room, quantity);
        let side = if which == Which::Entry { self.side } else { self.side.opposite() };
        if which == Which::Entry {
            self.held = self.held.checked_add(quantity).ok_or(Overflow)?;
        } else {
            self.held = minus(self.held, quantity);
        }
        let flat = self.held.is_zero();
        if which == Which::Target {
            self.entry.end(Ending::Cancelled, out);
        }
        let slot = match which {
            Which::Entry => &mut self.entry,
            Which::Stop => &mut self.stop,
            Which::Target => &mut self.target,
            Which::Exit => match self.exits.last_mut() {
                Some(slot) => slot,
                None => return Ok(()),
            },
        };
        clerk.execute(slot, signed(side, quantity), price, at.context.reference, at.when, false, out)?;
        match which {
            Which::Entry if slot.filled >= self.asked => slot.working = false,
            Which::Entry => {}
            _ if flat => {
                slot.working = false;
                self.withdraw(Ending::Cancelled, out);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A quantity with the sign of what is done: bought units are positive.
const fn signed(side: Side, quantity: Quantity) -> Quantity {
    match side {
        Side::Long => quantity,
        Side::Short => quantity.negated(),
    }
}

fn minus(a: Quantity, b: Quantity) -> Quantity {
    a.checked_sub(b).unwrap_or_default().max(Quantity::ZERO)
}

fn plus(a: Price, b: Price) -> Price {
    (Wide::from(a) + Wide::from(b)).price().unwrap_or(Price::MAX)
}

fn minus_price(a: Price, b: Price) -> Price {
    (Wide::from(a) - Wide::from(b)).price().unwrap_or(Price::ZERO)
}
