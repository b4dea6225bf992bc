//! The watchdog: a thread of its own that asks every actor for a sign of life, and notices within 2 s that one hangs. A
//! handler that never returns cannot be interrupted; only the process can end it (LIFE-11).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::tree::Wiring;
use crate::messages::broker::ToBroker;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::ToLedger;
use crate::messages::market_data::ToMarketData;
use crate::messages::notifier::ToNotifier;
use crate::messages::reporter::ToReporter;
use crate::messages::risk::ToRisk;
use crate::messages::screener::ToScreener;
use crate::messages::strategy::ToStrategy;
use crate::messages::supervisor::ToSupervisor;

/// How often actors are asked.
const ASK: Duration = Duration::from_millis(400);
/// Who has not answered so many questions hangs: 1.6 s, and the look that notices it.
const UNANSWERED: u64 = 4;

/// What the watchdog looks at.
#[derive(Clone, Debug)]
pub struct Watched(pub(super) Arc<Wiring>);

/// Starts the thread. `well` is called each time that nobody is late; `hangs` once, with the name of the actor: it ends the
/// process. The thread ends with the tree.
///
/// # Errors
/// Where the system gives no thread.
pub fn start(
    watched: Watched,
    well: impl Fn() + Send + 'static,
    hangs: impl FnOnce(&'static str) + Send + 'static,
) -> io::Result<()> {
    let watch = move || {
        let mut number: u64 = 0;
        while !watched.0.is_over() {
            number = number.saturating_add(1);
            watched.ask(number);
            std::thread::sleep(ASK);
            match watched.hanging(number) {
                // Who was taken down in the meantime does not hang.
                Some(_) if watched.0.is_over() => return,
                Some(name) => return hangs(name),
                None => well(),
            }
        }
    };
    std::thread::Builder::new().name("watchdog".to_owned()).spawn(watch).map(drop)
}

impl Watched {
    fn ask(&self, number: u64) {
        let w = &self.0;
        w.must(w.ledger.deliver(ToLedger::Beat(number)));
        w.must(w.risk.deliver(ToRisk::Beat(number)));
        w.must(w.broker.deliver(ToBroker::Beat(number)));
        w.must(w.market_data.deliver(ToMarketData::Beat(number)));
        w.must(w.reporter.deliver(ToReporter::Beat(number)));
        w.must(w.kill_switch.deliver(ToKillSwitch::Beat(number)));
        w.must(w.notifier.deliver(ToNotifier::Beat(number)));
        w.must(w.screener.deliver(ToScreener::Beat(number)));
        w.must(w.supervisor.deliver(ToSupervisor::Beat(number)));
        for strategy in &w.strategies {
            w.must(strategy.deliver(ToStrategy::Beat(number)));
        }
    }

    /// Who hangs: of those that share a thread, the one that is at work.
    fn hanging(&self, number: u64) -> Option<&'static str> {
        let late = |p: &&super::pulse::Pulse| !p.is_down() && number.saturating_sub(p.heard()) >= UNANSWERED;
        let late: Vec<_> = self.0.pulses.iter().filter(late).collect();
        let at_work = late.iter().find(|p| p.is_at_work());
        at_work.or_else(|| late.first()).map(|p| p.name())
    }
}
