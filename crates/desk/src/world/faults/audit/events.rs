//! The event log as the auditor reads it: which orders there are, what they may still fill, and whether an approved one
//! keeps to the limits (I1, I3, I6).

use std::collections::BTreeMap;

use super::lines::{ExecutedLine, IntentLine, Line, PlanLine, What, record};
use super::{Counts, Figures, Finding, Terms, Told, wrong};
use crate::world::faults::disk::Disk;
use crate::world::faults::failure::Invariant;

/// One entry with what was filled of it and what has left again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bracket {
    strategy: Box<str>,
    place: usize,
    sign: i128,
    entry: Box<str>,
    asked: i128,
    filled: i128,
    left: i128,
    open: bool,
    given_up: bool,
    reference: i128,
}

impl Bracket {
    /// Held and still to be entered: open orders and orders of unknown outcome at full size.
    fn exposed(&self) -> i128 {
        let rest = if self.open { self.asked.saturating_sub(self.filled) } else { 0 };
        self.filled.saturating_sub(self.left).saturating_add(rest).max(0)
    }
}

/// Whose an order is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    decision: Box<str>,
    entry: bool,
    quantity: i128,
}

/// What the event log has told.
#[derive(Debug)]
pub(in crate::world::faults) struct EventsSeen {
    read: usize,
    session: Box<str>,
    closes: Vec<Option<i128>>,
    feed: usize,
    brackets: BTreeMap<Box<str>, Bracket>,
    orders: BTreeMap<Box<str>, Owner>,
    executions: BTreeMap<Box<str>, Figures>,
    positions: Vec<i128>,
    trades: BTreeMap<Box<str>, u64>,
    kinds: BTreeMap<Box<str>, u64>,
    returned: u64,
    reopened: u64,
}

impl EventsSeen {
    pub(super) fn new(terms: &Terms) -> Self {
        Self {
            read: 0,
            session: "".into(),
            closes: vec![None; terms.symbols.len()],
            feed: 0,
            brackets: BTreeMap::new(),
            orders: BTreeMap::new(),
            executions: BTreeMap::new(),
            positions: vec![0; terms.symbols.len()],
            trades: BTreeMap::new(),
            kinds: BTreeMap::new(),
            returned: 0,
            reopened: 0,
        }
    }

    pub(super) const fn is_up_to_date(&self, disk: &Disk) -> bool {
        self.read == disk.stored.events.len()
    }

    pub(super) const fn executions(&self) -> &BTreeMap<Box<str>, Figures> {
        &self.executions
    }

    pub(super) fn position(&self, place: usize) -> i128 {
        self.positions.get(place).copied().unwrap_or(0)
    }

    pub(super) const fn late(&self) -> (u64, u64) {
        (self.returned, self.reopened)
    }

    pub(super) const fn counted(&self) -> (&Counts, &Counts) {
        (&self.trades, &self.kinds)
    }

    /// Whether an order of this size is durably intended.
    pub(super) fn is_intended(&self, order: &str, quantity: i128) -> bool {
        self.orders.get(order).is_some_and(|o| o.quantity == quantity)
    }

    pub(super) fn read(&mut self, disk: &Disk, terms: &Terms, told: &Told) -> Finding {
        for bytes in disk.stored.events.from(self.read) {
            self.read = self.read.saturating_add(1);
            let line: Line<'_> = match record(bytes) {
                Ok(line) => line,
                Err(e) => return wrong(Invariant::I4, format!("event {}: {e}", self.read)),
            };
            if usize::try_from(line.seq) != Ok(self.read) {
                return wrong(Invariant::I4, format!("event {} stands where {} belongs", line.seq, self.read));
            }
            count(&mut self.kinds, line.kind);
            self.know(line.feed, terms);
            match &line.what {
                What::Opened(opened) => self.open(opened.session),
                What::Intended(intent) => self.intended(intent, terms)?,
                What::Executed(executed) => self.executed(executed, terms, told)?,
                What::Order(order) => self.answered(line.kind, order.order),
                What::Closed(trade) => count(&mut self.trades, trade.strategy),
                What::Other => {}
            }
        }
        Ok(())
    }

    fn open(&mut self, session: &str) {
        self.session = session.into();
        self.feed = 0;
        self.closes.fill(None);
        self.brackets.clear();
        self.orders.clear();
    }

    /// The closes that were known when so many bars of the session had been seen.
    fn know(&mut self, feed: u64, terms: &Terms) {
        let Some(all) = terms.closes.get(&self.session) else { return };
        let until = usize::try_from(feed).unwrap_or(usize::MAX);
        for (place, close) in all.get(self.feed..until).unwrap_or_default() {
            if let Some(last) = self.closes.get_mut(*place) {
                *last = Some(i128::from(*close));
            }
        }
        self.feed = self.feed.max(until);
    }

    fn intended(&mut self, intent: &IntentLine<'_>, terms: &Terms) -> Finding {
        let owner = |entry: bool| Owner { decision: intent.decision.into(), entry, quantity: intent.quantity.0 };
        if self.orders.contains_key(intent.order) {
            return wrong(Invariant::I1, format!("order {} is intended twice", intent.order));
        }
        self.orders.insert(intent.order.into(), owner(intent.purpose.leg == "entry"));
        let Some(plan) = intent.purpose.plan.filter(|_| intent.purpose.leg == "entry") else { return Ok(()) };
        if self.brackets.get(intent.decision).is_some_and(|b| b.open) {
            return wrong(Invariant::I1, format!("{} has an order that is not at its end", intent.decision));
        }
        for child in [intent.purpose.stop_order, intent.purpose.target_order].into_iter().flatten() {
            self.orders.insert(child.into(), owner(false));
        }
        let Some(place) = terms.place(intent.symbol) else {
            return wrong(Invariant::I6, format!("{} is no instrument", intent.symbol));
        };
        let bracket = Bracket {
            strategy: intent.strategy.into(),
            place,
            sign: if intent.side == "long" { 1 } else { -1 },
            entry: intent.order.into(),
            asked: intent.quantity.0,
            filled: 0,
            left: 0,
            open: true,
            given_up: false,
            reference: plan.reference.0,
        };
        let kept = self.keeps_limits(&bracket, plan, terms);
        self.brackets.insert(intent.decision.into(), bracket);
        kept.or_else(|(what, have, most)| {
            wrong(Invariant::I6, format!("order {}: {what} would be {have}, {most} is allowed", intent.order))
        })
    }

    /// I6, in steps of 10⁻⁸, money in 10⁻¹⁶.
    fn keeps_limits(&self, new: &Bracket, plan: PlanLine, terms: &Terms) -> Result<(), (&'static str, i128, i128)> {
        const SCALE: i128 = 100_000_000;
        let limits = &terms.limits;
        let (mut gross, mut net, mut positions, mut own) = (0_i128, 0_i128, 0_i128, 0_i128);
        for b in self.brackets.values().filter(|b| b.open || b.exposed() > 0) {
            let price = self.closes.get(b.place).copied().flatten().unwrap_or(b.reference);
            let value = b.exposed().saturating_mul(price);
            gross = gross.saturating_add(value);
            net = net.saturating_add(value.saturating_mul(b.sign));
            positions = positions.saturating_add(1);
            own = own.saturating_add(i128::from(b.place == new.place));
        }
        let value = new.asked.saturating_mul(plan.reference.0);
        let after = gross.saturating_add(value);
        let leaning = net.saturating_mul(new.sign).saturating_add(value);
        let money = |limit: crate::domain::decimal::Money| i128::from(limit.raw()).saturating_mul(SCALE);
        let levered = i128::from(limits.float.raw()).saturating_mul(i128::from(limits.leverage.raw()));
        let of = |which: &dyn Fn(&&Bracket) -> bool| {
            i128::try_from(self.brackets.values().filter(which).count()).unwrap_or(i128::MAX)
        };
        let below = |count: u32| i128::from(count).saturating_sub(1);
        for (what, have, most) in [
            ("the order's value", value, money(limits.order_value)),
            ("the order's quantity", new.asked, i128::from(limits.order_quantity.raw())),
            ("money at risk", new.asked.saturating_mul(plan.risk.0), money(limits.risk_per_trade)),
            ("the symbol's exposure", value, money(limits.symbol)),
            ("other brackets in the symbol", own, 0),
            ("gross exposure", after, money(limits.gross)),
            ("gross exposure by leverage", after, levered),
            ("net exposure", leaning, money(limits.net)),
            ("positions before it", positions, below(limits.positions)),
            ("the day's trades before it", of(&|_| true), below(limits.trades_day)),
            ("the symbol's trades before it", of(&|b| b.place == new.place), below(limits.trades_symbol)),
            ("the strategy's trades before it", of(&|b| b.strategy == new.strategy), below(limits.trades_strategy)),
        ] {
            if have > most {
                return Err((what, have, most));
            }
        }
        Ok(())
    }

    fn executed(&mut self, line: &ExecutedLine<'_>, terms: &Terms, told: &Told) -> Finding {
        let e = &line.execution;
        let Some(place) = terms.place(line.symbol) else {
            return wrong(Invariant::I3, format!("{} is no instrument", line.symbol));
        };
        let figures = Figures {
            order: line.order.into(),
            place,
            quantity: e.quantity.0,
            price: e.price.0,
            commission: e.commission.0,
        };
        if told.executions.get(e.id) != Some(&figures) {
            return wrong(Invariant::I3, format!("execution {} is recorded; the venue made another or none", e.id));
        }
        if self.executions.insert(e.id.into(), figures).is_some() {
            return wrong(Invariant::I3, format!("execution {} is recorded twice", e.id));
        }
        if let Some(position) = self.positions.get_mut(place) {
            *position = position.saturating_add(e.quantity.0);
        }
        let units = i128::try_from(e.quantity.0.unsigned_abs()).unwrap_or(i128::MAX);
        let Some(owner) = self.orders.get(line.order) else { return Ok(()) };
        let Some(bracket) = self.brackets.get_mut(&owner.decision) else { return Ok(()) };
        self.reopened = self.reopened.saturating_add(u64::from(!bracket.open && bracket.exposed() == 0));
        if owner.entry {
            bracket.filled = bracket.filled.saturating_add(units);
            bracket.open &= bracket.filled < bracket.asked;
        } else {
            bracket.left = bracket.left.saturating_add(units);
        }
        Ok(())
    }

    /// An entry is over, or has turned up after it was given up.
    fn answered(&mut self, kind: &str, order: &str) {
        let Some(owner) = self.orders.get(order).filter(|o| o.entry) else { return };
        let Some(bracket) = self.brackets.get_mut(&owner.decision).filter(|b| *b.entry == *order) else { return };
        if kind == "accepted" {
            let returns = std::mem::take(&mut bracket.given_up);
            self.returned = self.returned.saturating_add(u64::from(returns));
            bracket.open |= returns;
        } else {
            bracket.given_up = bracket.open && kind == "not_accepted";
            bracket.open = false;
        }
    }
}

fn count(counts: &mut BTreeMap<Box<str>, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(n) => *n = n.saturating_add(1),
        None => {
            counts.insert(name.into(), 1);
        }
    }
}
