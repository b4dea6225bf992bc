//! A rehearsal's begin and end, as the supervisor sees them.

use desk::machines::rehearsal::{Quiet, may_start};
use desk::machines::strategy::StrategyMachine;
use std::sync::Arc;

use super::Supervisor;
use crate::messages::market_data::ToMarketData;

impl Supervisor {
    /// Whether a rehearsal may start now (RES-1).
    pub(super) fn may_rehearse(&self) -> Result<(), String> {
        let trader = &self.follower.trader;
        let windows =
            trader.strategies().iter().filter(|s| s.is_on() && s.is_open(self.now)).map(StrategyMachine::name);
        // Positions and working orders are the machine's own question.
        let quiet = Quiet { windows: windows.collect(), ..Quiet::default() };
        may_start(&quiet).map_err(|why| why.to_string())?;
        self.wiring.rehearsals.could(self.now)
    }

    /// Begins a rehearsal. A feed that owns the clock waits meanwhile: the live bot stands still, and its clock with it.
    pub(super) fn rehearse(&mut self) {
        let (Some(mark), Some(key)) = (&self.asking, &self.key) else { return };
        self.life.machine.rehearsal_began(key, mark);
        self.hold_feed(true);
        let Some(mark) = self.life.machine.rehearsing() else { return };
        let (broker, tell) = (self.reconciliation.is_ok(), self.wiring.supervisor.clone());
        Arc::clone(&self.wiring.rehearsals).begin(self.now, mark, broker, &tell);
    }

    /// Lets the feed go on where a rehearsal is over, whatever ended it.
    pub(super) fn look_at_rehearsal(&mut self) {
        if self.held && self.life.machine.rehearsing().is_none() {
            self.wiring.rehearsals.end("a fault ended it");
            self.hold_feed(false);
        }
    }

    pub(super) fn hold_feed(&mut self, held: bool) {
        self.held = held;
        if self.fed {
            self.wiring.must(self.wiring.market_data.deliver(ToMarketData::Run(!held)));
        }
    }
}
