//! One bot taken apart: each actor keeps a fold of the same record, and decides its own part alone.
//!
//! The parts are those of [`Trader::decide`], in its order: a strategy says what it would do ([`Trader::moves`],
//! [`Trader::signals`]), risk makes orders of it or blocks it ([`Trader::step_of_move`], [`Trader::step_of_signal`]), the
//! ledger numbers and books ([`Trader::commit`]), the broker asks once more and sends ([`Trader::release`]), and hears
//! the answers ([`Trader::hear`]). All others fold what was recorded ([`Trader::follow`]). Whoever wires the parts in
//! this order makes the same record as a backtest, byte for byte (RES-8).

pub use super::day::figures;
use super::trader::{Cleared, Ended, Halt, Move, Record, Trader};
use crate::domain::decimal::{Price, Quantity};
use crate::domain::event::{Body, Event};
use crate::domain::ids::{OrderId, StrategyName};
use crate::domain::order::{Command, ExitReason, Plan, Report};
use crate::domain::position::Stage;
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::machines::broker::Tracked;
use crate::machines::ledger::Sealed;
use crate::machines::strategy::{Skip, StrategyMachine};
use crate::risk::Expired;
use crate::strategies::Setup;

/// The record of a part that records nothing: it folds what others have recorded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listener;

impl Record for Listener {
    fn commit(&mut self, _: &mut Vec<Event>, _: &mut Vec<Sealed>) -> Result<(), Halt> {
        Err(Halt::Record("this part of the bot keeps no record".to_owned()))
    }
}

/// The record of the ledger's part: kept until it has been written.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Events to be written.
    pub events: Vec<Event>,
    /// Entries to be written with them.
    pub entries: Vec<Sealed>,
}

impl Record for Outbox {
    fn commit(&mut self, events: &mut Vec<Event>, entries: &mut Vec<Sealed>) -> Result<(), Halt> {
        self.events.append(events);
        self.entries.append(entries);
        Ok(())
    }
}

/// A claim of a strategy that a symbol is worth a trade now.
#[derive(Clone, Debug)]
pub struct Found {
    /// The symbol's place.
    pub place: usize,
    /// What was seen.
    pub setup: Setup,
    /// What is planned.
    pub plan: Plan,
}

/// Something decided: what is recorded, then what is sent.
#[derive(Debug)]
pub struct Step {
    /// Recorded before anything is sent (EXEC-1).
    pub bodies: Vec<Body>,
    /// Sent when that is durable.
    pub out: Option<Out>,
}

/// What leaves the house.
#[derive(Debug)]
pub enum Out {
    /// An order.
    Order(Box<Cleared>),
    /// The withdrawal of one.
    Cancel(OrderId),
    /// A stop's new price.
    Amend {
        /// The stop's order.
        order: OrderId,
        /// Its new price.
        stop: Price,
    },
}

impl Out {
    /// Whether it can add exposure.
    #[must_use]
    pub const fn adds_exposure(&self) -> bool {
        matches!(self, Self::Order(cleared) if matches!(**cleared, Cleared::Approved(_)))
    }
}

impl<R: Record> Trader<R> {
    /// Folds what was recorded elsewhere.
    ///
    /// # Errors
    /// [`Halt::Overflow`]; [`Halt::Record`] where it is not the next event.
    pub fn follow(&mut self, event: &Event) -> Result<(), Halt> {
        let next = self.seq.saturating_add(1);
        if event.seq != next {
            return Err(Halt::Record(format!("event {} was heard where event {next} belongs", event.seq)));
        }
        Ok(self.fold(event)?)
    }

    /// When the last event was recorded.
    #[must_use]
    pub const fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// How many events have been folded.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// A strategy's place by its name.
    #[must_use]
    pub fn place_of(&self, strategy: StrategyName) -> Option<usize> {
        self.strategies.iter().position(|s| s.name() == strategy)
    }

    /// The symbols, in the order of their places.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Risk's part: the freezes that this instant's equity brings.
    ///
    /// # Errors
    /// [`Halt::Overflow`].
    pub fn freezes(&self) -> Result<Vec<Body>, Halt> {
        Ok(self.risk.decide(self.marked)?)
    }

    /// A strategy's part: what it would do with its positions.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn moves(&self, index: usize, now: Timestamp, bars: &[Ended<'_>]) -> Result<Vec<(Symbol, Move)>, Halt> {
        let mut moves = Vec::new();
        self.moves_into(index, now, bars, &mut moves)?;
        Ok(moves)
    }

    /// A strategy's part: what it has found. Bars that it did not look at, or found nothing in, are counted.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn signals(&mut self, index: usize, now: Timestamp, bars: &[Ended<'_>]) -> Result<Vec<Found>, Halt> {
        let mut found = Vec::new();
        if !self.strategies.get(index).is_some_and(StrategyMachine::is_on) {
            return Ok(found);
        }
        if !self.strategies.get(index).is_some_and(|s| s.is_open(now)) {
            if let Some(strategy) = self.strategies.get_mut(index) {
                for ended in bars {
                    strategy.count(ended.place, Skip::OutsideWindow, now);
                }
            }
            return Ok(found);
        }
        let mut left = bars;
        while let Some((ended, signal)) = self.next_signal(index, now, &mut left)? {
            let (setup, plan) = *signal;
            found.push(Found { place: ended.place, setup, plan });
        }
        Ok(found)
    }

    /// Risk's part: what a move asks for.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn step_of_move(&self, now: Timestamp, symbol: &Symbol, what: Move) -> Result<Option<Step>, Halt> {
        let Some(p) = self.portfolio.get(symbol) else { return Ok(None) };
        Ok(match what {
            Move::Stay => None,
            Move::Leave(reason) => self.exit_from(p, reason, now)?.map(|reducing| {
                let bodies = vec![Body::Intended(Box::new(reducing.intent().clone()))];
                Step { bodies, out: Some(Out::Order(Box::new(Cleared::Reducing(reducing)))) }
            }),
            Move::Withdraw => Some(withdrawal(p.entry.clone())),
            Move::Trail(stop) => {
                let order = p.stop_order.clone();
                let bodies = vec![Body::AmendIntended { order: order.clone(), stop }];
                Some(Step { bodies, out: Some(Out::Amend { order, stop }) })
            }
        })
    }

    /// Risk's part: a signal weighed. The decision is recorded in any case; the order goes out where one was approved. Nothing
    /// is weighed for a strategy that is off by now.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn step_of_signal(
        &self,
        index: usize,
        now: Timestamp,
        ended: &Ended<'_>,
        found: &Found,
    ) -> Result<Option<Step>, Halt> {
        // It was switched off since it found this.
        if !self.strategies.get(index).is_some_and(StrategyMachine::is_on) {
            return Ok(None);
        }
        let Some((decision, approved)) = self.signal(index, now, ended, &found.setup, found.plan)? else {
            return Ok(None);
        };
        let mut bodies = vec![Body::Decided(Box::new(decision))];
        bodies.extend(approved.iter().map(|a| Body::Intended(Box::new(a.intent().clone()))));
        Ok(Some(Step { bodies, out: approved.map(|a| Out::Order(Box::new(Cleared::Approved(a)))) }))
    }

    /// Risk's part, at the close and where everything is to be left: the symbols that something is held or working in.
    #[must_use]
    pub fn occupied(&self) -> Vec<Symbol> {
        self.portfolio.owners().map(|p| p.symbol).collect()
    }

    /// Risk's part: how one symbol is left in full, for this reason. Nothing where that is under way already.
    #[must_use]
    pub fn way_out(&self, symbol: &Symbol, reason: ExitReason) -> Move {
        let Some(p) = self.portfolio.get(symbol) else { return Move::Stay };
        match p.stage() {
            Stage::Managed if self.may_end(p, reason) => Move::Leave(reason),
            Stage::Entering if p.entry_working && !self.is_cancelling(&p.entry) => Move::Withdraw,
            Stage::Managed | Stage::Entering | Stage::Done => Move::Stay,
        }
    }

    /// Whether something is held in a symbol, and an exit was sent of which nobody knows yet whether it has arrived.
    #[must_use]
    pub fn awaits_exit(&self, symbol: &Symbol) -> bool {
        let unknown = |order| self.broker.get(order).is_some_and(Tracked::is_unresolved);
        let held = self.portfolio.get(symbol).filter(|p| p.held() > Quantity::ZERO);
        held.is_some_and(|p| p.exits.iter().any(|e| e.working && unknown(&e.order)))
    }

    /// Whether an order's withdrawal can be decided: it is not over, and not being withdrawn.
    #[must_use]
    pub fn may_cancel(&self, order: &OrderId) -> bool {
        self.broker.get(order).is_some_and(|t| !t.state.is_terminal() && !t.is_cancelling())
    }

    /// Forgets the bars of this instant.
    pub fn end_instant(&mut self) {
        self.checked.fill(None);
    }

    /// The broker's part: asks an approval once more, right before it is sent (RISK-0), and notes the sending. Under the latch
    /// a stop is not moved either: the kill withdraws it.
    ///
    /// # Errors
    /// [`Expired`] with what has changed since.
    pub fn release(&mut self, now: Timestamp, out: &Out, latched: bool) -> Result<Command, Expired> {
        Ok(match out {
            Out::Order(cleared) => {
                let intent = cleared.intent();
                if let Cleared::Approved(approved) = cleared.as_ref() {
                    let price = self.last_close(&intent.symbol);
                    approved.still_valid(now, self.risk.epoch(), latched, price)?;
                }
                self.broker.sent(&intent.order, now);
                Command::Submit(intent.clone())
            }
            Out::Cancel(order) => Command::Cancel(order.clone()),
            Out::Amend { .. } if latched => return Err(Expired::Latched),
            Out::Amend { order, stop } => Command::Amend { order: order.clone(), stop: *stop },
        })
    }

    /// The broker's part in a new process: what was sent, and never answered, is of unknown outcome (EXEC-3).
    #[must_use]
    pub fn doubts(&self) -> Vec<Body> {
        self.broker.after_restart()
    }

    /// The broker's part: what time alone brings, look-ups and their ends. Nothing while every order was answered.
    pub fn due(&mut self, now: Timestamp) -> (Vec<Body>, Vec<Command>) {
        let (bodies, asks) = self.broker.due(now);
        for ask in &asks {
            if let Command::Query(order) = ask {
                self.broker.asked(order);
            }
        }
        (bodies, asks)
    }

    /// The broker's part: what a venue's answer means.
    pub fn hear(&mut self, report: &Report) -> Vec<Body> {
        let mut bodies = Vec::new();
        self.broker.decide(report, &mut bodies);
        self.broker.hear(report);
        if let Some(starting) = &mut self.starting {
            starting.hear(report.order());
        }
        bodies
    }
}

/// The withdrawal of an entry's rest.
#[must_use]
pub fn withdrawal(order: OrderId) -> Step {
    Step { bodies: vec![Body::CancelIntended { order: order.clone() }], out: Some(Out::Cancel(order)) }
}
