//! Market data: brings one instant when the last one is settled, at the pace that was asked for. A recorded feed owns the
//! clock (RES-8).

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::{Actor, AsyncContext, Context, Handler, Supervised};
use desk::world::playback::{Playback, Tick};

use super::tree::{MARKET_DATA, Wiring};
use crate::messages::broker::ToBroker;
use crate::messages::ledger::Over;
use crate::messages::line::Post;
use crate::messages::market_data::ToMarketData;
use crate::messages::supervisor::ToSupervisor;

/// What the next instant waits for.
struct Turn {
    /// The last instant, opening or closing is settled.
    settled: bool,
    /// Its time has passed.
    due: bool,
}

/// Market data from tapes.
pub(super) struct MarketData {
    wiring: Arc<Wiring>,
    playback: Playback,
    /// How long a minute lasts; nothing is as fast as it is settled.
    pace: Option<Duration>,
    running: bool,
    turn: Turn,
    ended: bool,
    free: bool,
}

impl MarketData {
    /// A feed that waits to be told to run.
    pub(super) const fn new(wiring: Arc<Wiring>, playback: Playback, pace: Option<Duration>) -> Self {
        Self {
            wiring,
            playback,
            pace,
            running: false,
            turn: Turn { settled: true, due: true },
            ended: false,
            free: false,
        }
    }

    fn pump(&mut self, ctx: &mut Context<Self>) {
        if !(self.running && (self.turn.settled || self.free) && self.turn.due) || self.ended {
            return;
        }
        let told = match self.playback.step() {
            Ok(Some(Tick::Open(terms))) => ToBroker::Open(terms),
            Ok(Some(Tick::Moment(instant))) => {
                if let Some(pace) = self.pace {
                    self.turn.due = false;
                    ctx.run_later(pace, |own, ctx| {
                        own.turn.due = true;
                        own.pump(ctx);
                    });
                }
                ToBroker::Moment(Arc::new(instant))
            }
            Ok(Some(Tick::Close { at, session, next })) => ToBroker::Close(Over { at, session, next, again: false }),
            Ok(None) => {
                self.ended = true;
                return self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::FeedEnded));
            }
            Err(error) => {
                self.ended = true;
                let halted = ToSupervisor::Halted { name: MARKET_DATA, why: error.to_string() };
                return self.wiring.must(self.wiring.supervisor.deliver(halted));
            }
        };
        self.turn.settled = false;
        self.wiring.speed.tick();
        self.wiring.must(self.wiring.broker.deliver(told));
    }
}

impl Actor for MarketData {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.pump(ctx);
    }
}

impl Supervised for MarketData {
    fn restarting(&mut self, _: &mut Context<Self>) {
        // Its place in the tapes is all that it knows, and that is never torn: it moves only when a step is whole.
        self.turn.due = true;
    }
}

impl Handler<Post<ToMarketData>> for MarketData {
    type Result = ();

    fn handle(&mut self, post: Post<ToMarketData>, ctx: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(MARKET_DATA).begin();
        match post.body {
            ToMarketData::Beat(beat) => return self.wiring.pulse(MARKET_DATA).answer(beat),
            ToMarketData::Settled(_) => {
                self.wiring.speed.settled();
                self.turn.settled = true;
            }
            ToMarketData::Turned => self.turn.settled = true,
            ToMarketData::Run(running) => self.running = running,
            ToMarketData::Free(free) => self.free = free,
            #[cfg(test)]
            ToMarketData::Fault(fault) => super::tests::act_out(fault),
        }
        self.pump(ctx);
    }
}
