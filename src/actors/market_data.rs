//! Market data: brings one instant when the last one is settled, at the pace that was asked for. A recorded feed owns the
//! clock (RES-8).
//!
//! While a kill closes positions and the books cannot be written, the simulated venue goes ahead: it is shown the next
//! minutes of the session, so that exits fill. Everybody else sees them one by one when the books go on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::{Actor, AsyncContext, Context, Handler, Supervised};
use desk::domain::calendar::CalendarError;
use desk::domain::time::Timestamp;
use desk::world::conductor::Moment;
use desk::world::playback::{Playback, Tick};

use super::tree::{MARKET_DATA, Wiring};
use crate::messages::broker::ToBroker;
use crate::messages::ledger::{Over, Why};
use crate::messages::line::Post;
use crate::messages::market_data::ToMarketData;
use crate::messages::supervisor::ToSupervisor;

/// How long a minute lasts that the venue is shown ahead, where nothing else says it.
const AHEAD: Duration = Duration::from_millis(5);

/// What the next instant waits for.
struct Turn {
    awaits: Awaits,
    /// The last instant's time has passed.
    due: bool,
}

/// Whose word is awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaits {
    /// Nobody's.
    Nothing,
    /// Risk's, about whatever instant an earlier process has come to.
    Start,
    /// Risk's, about this minute: one that is built anew may settle an earlier one first.
    Minute(Timestamp),
    /// The ledger's: a session opens or closes.
    Turned,
}

/// Market data from tapes.
pub(super) struct MarketData {
    wiring: Arc<Wiring>,
    playback: Playback,
    /// What was looked at, and waits for what is before it.
    next: Option<Tick>,
    /// Minutes that the venue has been shown ahead.
    ahead: VecDeque<Arc<Moment>>,
    /// How long a minute lasts; nothing is as fast as it is settled.
    pace: Option<Duration>,
    running: bool,
    turn: Turn,
    ended: bool,
    free: bool,
}

impl MarketData {
    /// A feed that waits to be told to run. Where an earlier process has come to an instant, the next one waits until risk
    /// says that it is settled: the session's end may have been cut short.
    pub(super) const fn new(wiring: Arc<Wiring>, playback: Playback, pace: Option<Duration>, settled: bool) -> Self {
        Self {
            wiring,
            playback,
            next: None,
            ahead: VecDeque::new(),
            pace,
            running: false,
            turn: Turn { awaits: if settled { Awaits::Nothing } else { Awaits::Start }, due: true },
            ended: false,
            free: false,
        }
    }

    fn pump(&mut self, ctx: &mut Context<Self>) {
        if self.is_settled()
            && let Some(instant) = self.ahead.pop_front()
        {
            // It has had its time when the venue saw it.
            return self.bring(ToBroker::Moment(instant));
        }
        if !self.running || !self.turn.due || self.ended {
            return;
        }
        if self.is_settled() {
            self.go_on(ctx);
        } else if self.free {
            self.go_ahead(ctx);
        }
    }

    fn go_on(&mut self, ctx: &mut Context<Self>) {
        let told = match self.take() {
            Ok(Some(Tick::Open(terms))) => ToBroker::Open(terms),
            Ok(Some(Tick::Moment(instant))) => {
                if let Some(pace) = self.pace {
                    self.pause(pace, ctx);
                }
                ToBroker::Moment(Arc::new(instant))
            }
            Ok(Some(Tick::Close { at, session, next })) => ToBroker::Close(Over { at, session, next, why: Why::Ended }),
            Ok(None) => {
                self.ended = true;
                return self.wiring.must(self.wiring.supervisor.deliver(ToSupervisor::FeedEnded));
            }
            Err(error) => return self.broken(&error),
        };
        self.bring(told);
    }

    /// The venue's next minute. A session does not end, and none begins, before everybody has come so far.
    fn go_ahead(&mut self, ctx: &mut Context<Self>) {
        match self.take() {
            Ok(Some(Tick::Moment(instant))) => {
                self.pause(self.pace.unwrap_or(AHEAD), ctx);
                let instant = Arc::new(instant);
                self.ahead.push_back(Arc::clone(&instant));
                self.wiring.must(self.wiring.broker.deliver(ToBroker::Ahead(instant)));
            }
            Ok(other) => self.next = other,
            Err(error) => self.broken(&error),
        }
    }

    fn take(&mut self) -> Result<Option<Tick>, CalendarError> {
        self.next.take().map_or_else(|| self.playback.step(), |tick| Ok(Some(tick)))
    }

    fn bring(&mut self, told: ToBroker) {
        self.turn.awaits = match &told {
            ToBroker::Moment(instant) => Awaits::Minute(instant.at),
            _ => Awaits::Turned,
        };
        self.wiring.speed.tick();
        self.wiring.must(self.wiring.broker.deliver(told));
    }

    fn is_settled(&self) -> bool {
        self.turn.awaits == Awaits::Nothing
    }

    /// Risk has done what an instant asks for.
    fn settled(&mut self, at: Timestamp) {
        let is_awaited = match self.turn.awaits {
            Awaits::Nothing | Awaits::Turned => false,
            Awaits::Start => true,
            Awaits::Minute(brought) => at >= brought,
        };
        if is_awaited {
            self.wiring.speed.settled();
            self.turn.awaits = Awaits::Nothing;
        }
    }

    /// The next minute ends when this one's time has passed.
    fn pause(&mut self, pace: Duration, ctx: &mut Context<Self>) {
        self.turn.due = false;
        ctx.run_later(pace, |own, ctx| {
            own.turn.due = true;
            own.pump(ctx);
        });
    }

    fn broken(&mut self, error: &CalendarError) {
        self.ended = true;
        let halted = ToSupervisor::Halted { name: MARKET_DATA, why: error.to_string() };
        self.wiring.must(self.wiring.supervisor.deliver(halted));
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
            ToMarketData::Settled(at) => self.settled(at),
            ToMarketData::Turned => self.turn.awaits = Awaits::Nothing,
            ToMarketData::Run(running) => self.running = running,
            ToMarketData::Free(free) => self.free = free,
            #[cfg(test)]
            ToMarketData::Fault(fault) => super::tests::act_out(fault),
        }
        self.pump(ctx);
    }
}
