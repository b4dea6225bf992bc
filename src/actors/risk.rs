//! Risk: the only way from a signal to an order, and the one who keeps the order of an instant.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::prelude::{Actor, Context, Handler, Supervised};
use desk::domain::bot::Scope;
use desk::domain::event::Body;
use desk::domain::position::Position;
use desk::domain::symbol::Symbol;
use desk::machines::market_data::Hours;
use desk::world::conductor::{Act, Conductor, Moment, Reply};
use desk::world::seats::withdrawal;
use desk::world::trader::Halt;

use super::follower::Follower;
use super::tree::{RISK, Wiring};
use crate::messages::chronicle::Piece;
use crate::messages::ledger::{Sender, ToLedger};
use crate::messages::line::Post;
use crate::messages::market_data::ToMarketData;
use crate::messages::risk::ToRisk;
use crate::messages::strategy::ToStrategy;

/// Risk.
pub(super) struct Risk {
    wiring: Arc<Wiring>,
    follower: Follower,
    conductor: Conductor,
    instant: Arc<Moment>,
    number: u64,
}

impl Risk {
    /// Risk before it has heard the chronicle.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(wiring: Arc<Wiring>) -> Result<Self, Halt> {
        let follower = Follower::new(wiring.setup.clone())?;
        let conductor = Conductor::resting();
        Ok(Self { wiring, follower, conductor, instant: Arc::default(), number: 0 })
    }

    fn step(&mut self, message: ToRisk) -> Result<(), Halt> {
        let trader = &self.follower.trader;
        match message {
            ToRisk::Beat(beat) => self.wiring.pulse(RISK).answer(beat),
            #[cfg(test)]
            ToRisk::Fault(fault) => super::tests::act_out(fault),
            ToRisk::Welcome(chronicle) => {
                self.follower.welcome(&chronicle)?;
                let last = chronicle.pieces.iter().rev().find_map(|p| match p {
                    Piece::Moment(instant) => Some(Arc::clone(instant)),
                    Piece::Session(_) | Piece::Events(_) | Piece::Configured(_) | Piece::Booked(_) => None,
                });
                if let Some(instant) = last {
                    self.instant = instant;
                    let trader = &self.follower.trader;
                    let over = |hours: Hours| self.instant.at >= hours.close && !trader.has_closed(hours.session);
                    if trader.terms().is_some_and(|terms| over(terms.hours)) {
                        // What was not closed at the session's end is closed now: nothing stays over night.
                        self.conductor.end(Moment::clone(&self.instant), trader);
                    } else {
                        self.conductor.take_up(Moment::clone(&self.instant));
                    }
                }
            }
            ToRisk::Piece(piece) => {
                self.follower.take(&piece)?;
                match piece {
                    _ if !self.follower.is_welcome() => {}
                    Piece::Moment(instant) => {
                        self.conductor.begin(Moment::clone(&instant), &self.follower.trader);
                        self.instant = instant;
                    }
                    // A strategy that was switched off is to enter nothing more, its working entries neither.
                    Piece::Events(events) if events.iter().any(|e| matches!(e.body, Body::Configured(_))) => {
                        self.conductor.withdraw();
                    }
                    _ => {}
                }
            }
            ToRisk::Answer(index, reply) => self.conductor.answered(index, reply),
            ToRisk::Suspend(index, out) => {
                self.conductor.suspend(index, out);
                if out {
                    // It may never answer what it was asked.
                    self.conductor.answered(index, Reply::Out);
                }
            }
            ToRisk::Done(number) if number == self.number => self.conductor.done(),
            // Of an earlier life.
            ToRisk::Done(_) => {}
            ToRisk::Rest(resting) => self.conductor.rest(resting),
            ToRisk::Killing(killing) => self.conductor.kill(killing),
            ToRisk::Leave(reason) => self.conductor.leave(trader, reason),
            ToRisk::Flatten(scope, reason) => {
                let own = trader.portfolio().owners().filter(|p| is_in(&scope, p)).map(|p| p.symbol);
                let own: BTreeSet<Symbol> = own.collect();
                self.conductor.leave_all(trader, reason, |s| own.contains(s));
            }
            ToRisk::Cancel(scope) => self.cancel(&scope),
        }
        self.pump()
    }

    /// Cancels entries that work.
    fn cancel(&mut self, scope: &Scope) {
        let trader = &self.follower.trader;
        let working = trader.portfolio().iter().filter(|p| p.entry_working && is_in(scope, p));
        let orders: Vec<_> = working.map(|p| p.entry.clone()).filter(|o| trader.may_cancel(o)).collect();
        for order in orders.into_iter().rev() {
            self.conductor.perform(withdrawal(order));
        }
    }

    fn settled(&self) {
        self.wiring.must(self.wiring.market_data.deliver(ToMarketData::Settled(self.instant.at)));
    }

    fn pump(&mut self) -> Result<(), Halt> {
        if !self.follower.is_welcome() {
            return Ok(());
        }
        while let Some(act) = self.conductor.next(&mut self.follower.trader)? {
            match act {
                Act::Settled(_) => self.settled(),
                Act::Ask(index, question) => {
                    let line = self.wiring.strategies.get(index);
                    let ask = ToStrategy::Ask(question, Arc::clone(&self.instant));
                    match line.map(|line| line.deliver(ask)) {
                        Some(Ok(())) => {}
                        Some(Err(lost)) => {
                            self.wiring.undelivered(lost);
                            self.conductor.answered(index, Reply::Out);
                        }
                        None => self.conductor.answered(index, Reply::Out),
                    }
                }
                Act::Perform(step) => {
                    self.number = self.number.saturating_add(1);
                    let (at, number, sender) = (self.instant.at, self.number, Sender::Risk);
                    self.wiring.must(self.wiring.ledger.deliver(ToLedger::Perform { at, step, number, sender }));
                }
            }
        }
        Ok(())
    }
}

/// Whether a scope means this bracket.
fn is_in(scope: &Scope, p: &Position) -> bool {
    match scope {
        Scope::All => true,
        Scope::Symbol(symbol) => p.symbol == *symbol,
        Scope::Strategy(strategy) => p.strategy == *strategy,
        Scope::Order(order) => p.owns(order),
    }
}

impl Actor for Risk {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Join(RISK)));
    }
}

impl Supervised for Risk {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // The new one rests: nothing is entered before the supervisor says so again.
        match Self::new(Arc::clone(&self.wiring)) {
            Ok(anew) => *self = anew,
            Err(halt) => self.wiring.halted(RISK, &halt),
        }
    }
}

impl Handler<Post<ToRisk>> for Risk {
    type Result = ();

    fn handle(&mut self, post: Post<ToRisk>, _: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(RISK).begin();
        if let Err(halt) = self.step(post.body) {
            self.wiring.halted(RISK, &halt);
        }
    }
}
