//! One strategy: it is asked, and answers from its own fold.

use std::sync::Arc;

use actix::prelude::{Actor, Context, Handler, Supervised};
use desk::domain::symbol::Symbol;
use desk::domain::time::{Span, Timestamp};
use desk::machines::strategy::{Count, Skip};
use desk::world::conductor::{Question, Reply};
use desk::world::trader::Halt;

use super::follower::Follower;
use super::tree::Wiring;
use crate::gateway::clock::Stopwatch;
use crate::messages::board::SkipLine;
use crate::messages::chronicle::Piece;
use crate::messages::ledger::ToLedger;
use crate::messages::line::Post;
use crate::messages::reporter::ToReporter;
use crate::messages::risk::ToRisk;
use crate::messages::strategy::ToStrategy;
use crate::messages::supervisor::ToSupervisor;

/// One strategy, by its place in the configured order.
pub(super) struct Strategy {
    wiring: Arc<Wiring>,
    index: usize,
    name: &'static str,
    follower: Follower,
    /// Since when this one counts what ends its evaluations in the session.
    counts_since: Option<Timestamp>,
}

impl Strategy {
    /// A strategy before it has heard the chronicle.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(wiring: Arc<Wiring>, index: usize, name: &'static str) -> Result<Self, Halt> {
        let follower = Follower::new(wiring.setup.clone())?;
        Ok(Self { wiring, index, name, follower, counts_since: None })
    }

    fn step(&mut self, message: ToStrategy) -> Result<(), Halt> {
        match message {
            ToStrategy::Beat(beat) => self.wiring.pulse(self.name).answer(beat),
            ToStrategy::Welcome(chronicle) => self.follower.welcome(&chronicle)?,
            ToStrategy::Piece(piece) => {
                self.follower.take(&piece)?;
                if matches!(piece, Piece::Session(_)) {
                    self.counts_since = None;
                }
            }
            ToStrategy::Ask(question, instant) => {
                let (bars, welcome) = (instant.ended(), self.follower.is_welcome());
                let trader = &mut self.follower.trader;
                let entries = question == Question::Entries;
                let reply = match question {
                    // A question of an earlier life: this one has not caught up yet.
                    _ if !welcome => Reply::Out,
                    Question::Exits => Reply::Moves(trader.moves(self.index, instant.at, &bars)?),
                    Question::Entries => Reply::Signals(trader.signals(self.index, instant.at, &bars)?),
                };
                self.wiring.must(self.wiring.risk.deliver(ToRisk::Answer(self.index, reply)));
                if entries {
                    let since = *self.counts_since.get_or_insert(instant.at);
                    self.tell_skips(since);
                }
            }
            #[cfg(test)]
            ToStrategy::Fault(fault) => super::tests::act_out(fault),
        }
        Ok(())
    }
}

impl Strategy {
    /// Tells what was counted, for the page that says why nothing trades.
    fn tell_skips(&self, since: Timestamp) {
        let trader = &self.follower.trader;
        let Some(machine) = trader.strategies().get(self.index) else { return };
        let strategy = machine.name();
        let of = |(place, symbol): (usize, &Symbol)| {
            let counted = machine.counts(place).filter(|(_, count)| count.times > 0);
            let line = |(skip, count): (Skip, Count)| SkipLine {
                strategy,
                symbol: *symbol,
                reason: skip.as_str(),
                count: u64::from(count.times),
                since,
            };
            counted.map(line).collect::<Vec<_>>()
        };
        let lines = trader.symbols().iter().enumerate().flat_map(of).collect();
        self.wiring.must(self.wiring.reporter.deliver(ToReporter::Skipped(strategy, lines)));
    }
}

impl Actor for Strategy {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Join(self.name)));
    }
}

impl Supervised for Strategy {
    fn restarting(&mut self, _: &mut Context<Self>) {
        match Self::new(Arc::clone(&self.wiring), self.index, self.name) {
            Ok(anew) => *self = anew,
            Err(halt) => self.wiring.halted(self.name, &halt),
        }
    }
}

impl Handler<Post<ToStrategy>> for Strategy {
    type Result = ();

    fn handle(&mut self, post: Post<ToStrategy>, _: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(self.name).begin();
        // Folding a long chronicle is no step: it grows with the days.
        let (watch, counts) = (Stopwatch::start(), !matches!(post.body, ToStrategy::Welcome(_)));
        if let Err(halt) = self.step(post.body) {
            self.wiring.halted(self.name, &halt);
        }
        let took = Span::nanos(i64::try_from(watch.elapsed().as_nanos()).unwrap_or(i64::MAX));
        if counts && took > self.wiring.bearing().budget {
            let overran = ToSupervisor::Overran { name: self.name, took };
            self.wiring.must(self.wiring.supervisor.deliver(overran));
        }
    }
}
