//! Cancel, flatten and kill, as the supervisor hands them to the kill switch; and how far they have come.

use desk::domain::bot::{Mark, Scope, Who};
use desk::domain::decimal::Quantity;
use desk::domain::order::Leg;
use desk::machines::kill_switch::{Left, Line, Verb};
use desk::machines::supervisor::{Effect, Ordered};

use super::Supervisor;
use super::past::Paused;
use crate::actors::closing::Closing;
use crate::gateway::clock;
use crate::messages::board::AlertLevel;
use crate::messages::broker::ToBroker;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::risk::ToRisk;
use crate::messages::supervisor::Closed;
use crate::store::Signature;

impl Supervisor {
    /// Entries are cancelled: by risk where a stop or a suspension does it in passing, by the kill switch where somebody
    /// asked for it. Where all is flattened, that does it too.
    pub(super) fn cancel_entries(&self, scope: &Scope, among: &[Effect]) {
        let in_passing = |e: &Effect| matches!(e, Effect::LeaveInOrder | Effect::Suspend(_));
        if among.iter().any(in_passing) {
            self.wiring.must(self.wiring.risk.deliver(ToRisk::Cancel(scope.clone())));
        } else if !among.iter().any(|e| matches!(e, Effect::Flatten(_))) {
            self.begin_closing(Verb::Cancel, scope);
        }
    }

    /// Everything of a scope is left now; under the latch for good.
    pub(super) fn flatten(&mut self, scope: &Scope) {
        let verb = if self.wiring.latch.is_set() { Verb::Kill } else { Verb::Flatten };
        self.killing |= verb == Verb::Kill;
        self.begin_closing(verb, scope);
    }

    fn begin_closing(&self, verb: Verb, scope: &Scope) {
        let machine = &self.life.machine;
        let latch = machine.latch().filter(|_| verb == Verb::Kill);
        let known = self.asking.clone().or_else(|| latch.or_else(|| machine.closing()).cloned());
        let mark = known.unwrap_or_else(|| Mark {
            at: self.now,
            who: Who::Bot("supervisor".to_owned()),
            why: "it is to be finished".to_owned(),
        });
        let begin = ToKillSwitch::Begin { verb, scope: scope.clone(), mark };
        self.wiring.must(self.wiring.kill_switch.deliver(begin));
    }

    /// The kill switch says how far it has come.
    pub(super) fn closed(&mut self, closed: Closed) {
        if closed.receipt.is_some() {
            self.past.read(&self.wiring.receipts);
        }
        if closed.verb == Verb::Kill {
            self.killing = closed.flat_ms.is_none();
        }
        // The last look at the broker may be older than the end that it has confirmed, and no minute may come any more.
        if closed.flat_ms.is_some() && self.reconciliation.is_err() {
            self.wiring.must(self.wiring.broker.deliver(ToBroker::Reconcile));
        }
        // A kill with nothing to close has ended before its command was heard here.
        match &mut self.closing {
            Some(closing) => closing.told(&closed),
            None if closed.verb == Verb::Kill => self.early = Some(closed),
            None => {}
        }
    }

    /// A pause leaves its receipt at once: it waits for nothing.
    pub(super) fn receipt_of_pause(&mut self, ordered: &Ordered) {
        let at = clock::now();
        let paused = Paused::new(ordered.mark(at), self.open());
        let kept = serde_json::to_vec(&paused).map_err(|e| e.to_string()).and_then(|bytes| {
            let (receipts, signer) = (&self.wiring.receipts, &self.wiring.signer);
            let signature = Signature { key: signer.key(), signature: signer.sign(&bytes) };
            receipts.keep(at, Paused::VERB, &bytes, &signature).map_err(|e| e.to_string())
        });
        if let Err(error) = kept {
            let text = format!("The receipt of the pause could not be kept: {error}");
            self.wiring.alert(AlertLevel::Warning, "receipt_lost", text);
        }
        self.past.read(&self.wiring.receipts);
    }

    /// What is open by the record.
    fn open(&self) -> Left {
        let trader = &self.follower.trader;
        let live = |leg: fn(Leg) -> bool| {
            let found = trader.broker().iter().filter(move |(_, t)| leg(t.leg) && !t.state.is_terminal());
            found.map(|(order, _)| order.clone()).collect()
        };
        let held = trader.portfolio().iter().filter(|p| p.held() > Quantity::ZERO);
        Left {
            entries: live(|leg| leg == Leg::Entry),
            protective: live(|leg| leg != Leg::Entry),
            positions: held
                .map(|p| Line { symbol: p.symbol, strategy: p.strategy, side: p.side, quantity: p.held() })
                .collect(),
            unexplained: Vec::new(),
        }
    }

    /// How far a stop or a kill has come.
    pub(super) fn look_at_closing(&mut self) {
        let facts = self.facts();
        let (machine, broker) = (&self.life.machine, self.follower.trader.broker());
        let entries = broker.iter().map(|(_, t)| t).filter(|t| t.leg == Leg::Entry && !t.state.is_terminal());
        let cancelling = entries.filter(|t| t.is_cancelling()).count();
        let now = (machine.state(), machine.closing());
        self.closing = Closing::after(self.closing.take(), now, &facts, (cancelling, machine.pending(&facts)));
        let mark = self.life.machine.closing();
        match (&mut self.closing, mark, &self.early) {
            (Some(closing), _, Some(early)) => closing.told(early),
            (None, Some(mark), Some(early)) => self.closing = Some(Closing::at_once(mark, &facts, early)),
            _ => return,
        }
        self.early = None;
    }
}
