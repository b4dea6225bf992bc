//! Cancel, flatten and kill, as the supervisor hands them to the kill switch; and how far they have come.

use desk::domain::bot::{Mark, Scope, Who};
use desk::machines::kill_switch::Verb;
use desk::machines::supervisor::Effect;

use super::Supervisor;
use crate::actors::closing::Closing;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::risk::ToRisk;
use crate::messages::supervisor::Closed;
use desk::domain::order::Leg;

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

    /// What the kill switch says of a closing.
    pub(super) fn told_of_closing(&mut self, closed: Closed) {
        if closed.verb == Verb::Kill {
            self.killing = closed.flat_ms.is_none();
        }
        match &mut self.closing {
            Some(closing) => closing.told(&closed),
            // A kill with nothing to close has ended before its command was heard here.
            None if closed.verb == Verb::Kill => self.early = Some(closed),
            None => {}
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
