//! What is sent next, and how long it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::receipt::{Left, Receipt, Said};
use super::view::{Confirmed, Held, Unexplained};
use crate::domain::bot::{Mark, Scope};
use crate::domain::decimal::Quantity;
use crate::domain::ids::{DecisionId, IdError, Identity, OrderId, SessionId, StrategyName};
use crate::domain::market::Side;
use crate::domain::order::{Command, Ending, ExitReason, Intent, Leg, OrderKey, Purpose, Refusal, Report};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};
use crate::risk::Reducing;

/// How long it waits before it asks the same thing again.
const AGAIN: Span = Span::seconds(1);

/// How many others a receipt names.
const OTHERS: usize = 20;

/// How many of the broker's words a receipt keeps.
const WORDS: usize = 500;

/// What is carried out (RISK-15a).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Working orders that could add exposure.
    Cancel,
    /// Positions, and the entries that could open new ones.
    Flatten,
    /// Both, latched.
    Kill,
}

/// A reducing order for all that is held of one bracket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The bracket.
    pub decision: DecisionId,
    /// Whose.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// The position's side.
    pub side: Side,
    /// What the broker last confirmed to be held, never more.
    pub quantity: Quantity,
    /// 1 for the first exit of the bracket.
    pub attempt: u32,
    /// Why.
    pub reason: ExitReason,
}

/// What is sent. There is no step that could add exposure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Withdraws an order: an entry, or a stop or target whose position is flat.
    Cancel(OrderId),
    /// Asks what became of an order (EXEC-3).
    Query(OrderId),
    /// Closes a position; its stop and target are withdrawn in the same step and not before.
    Exit(Exit),
}

/// How often something was sent, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    first: Timestamp,
    last: Timestamp,
    times: u32,
}

/// What an earlier process did of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Earlier {
    /// When this process took it up.
    taken_up: Timestamp,
    cancels: u32,
    exits: u32,
    last_cancel_ms: Option<u64>,
}

/// A closing under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillSwitch {
    verb: Verb,
    scope: Scope,
    mark: Mark,
    also: Vec<Mark>,
    earlier: Option<Earlier>,
    opened: Option<Left>,
    cancels: BTreeMap<OrderId, Asked>,
    exits: BTreeMap<DecisionId, Asked>,
    sent_at: Option<Timestamp>,
    flat_at: Option<Timestamp>,
    said: Vec<Said>,
}

impl Verb {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Flatten => "flatten",
            Self::Kill => "kill",
        }
    }

    const fn closes(self) -> bool {
        matches!(self, Self::Flatten | Self::Kill)
    }

    const fn reason(self) -> ExitReason {
        match self {
            Self::Kill => ExitReason::Kill,
            Self::Cancel | Self::Flatten => ExitReason::Manual,
        }
    }
}

impl Exit {
    /// The order.
    ///
    /// # Errors
    /// [`IdError`], never for real identities.
    pub fn reducing(
        &self,
        identity: &Identity,
        epoch: u32,
        session: SessionId,
        at: Timestamp,
    ) -> Result<Reducing, IdError> {
        let key = OrderKey {
            identity,
            epoch,
            session,
            strategy: self.strategy,
            signal: &self.decision,
            leg: Leg::Exit,
            attempt: self.attempt,
        };
        let intent = Intent {
            order: key.client_id()?,
            decision: self.decision.clone(),
            strategy: self.strategy,
            symbol: self.symbol,
            side: self.side,
            purpose: Purpose::Exit { reason: self.reason },
            quantity: self.quantity,
            decided_at: at,
        };
        Reducing::new(intent).ok_or(IdError)
    }
}

impl Step {
    /// What is sent for it; an exit is made by [`Exit::reducing`].
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        match self {
            Self::Cancel(order) => Some(Command::Cancel(order.clone())),
            Self::Query(order) => Some(Command::Query(order.clone())),
            Self::Exit(_) => None,
        }
    }
}

impl KillSwitch {
    /// A closing that was commanded, or is taken up again after a restart: the mark says when it began.
    #[must_use]
    pub const fn begin(verb: Verb, scope: Scope, mark: Mark) -> Self {
        Self {
            verb,
            scope,
            mark,
            also: Vec::new(),
            earlier: None,
            opened: None,
            cancels: BTreeMap::new(),
            exits: BTreeMap::new(),
            sent_at: None,
            flat_at: None,
            said: Vec::new(),
        }
    }

    /// The same in a new process, after the one that had begun it ended: the mark tells when that was. `note` is what the
    /// earlier process wrote down of it, where it came so far: what it had found open and sent counts.
    #[must_use]
    pub fn taken_up(mut self, at: Timestamp, note: Option<Receipt>) -> Self {
        let mut earlier = Earlier { taken_up: at, cancels: 0, exits: 0, last_cancel_ms: None };
        if let Some(note) = note {
            (earlier.cancels, earlier.exits) = (note.cancels_sent, note.exits_sent);
            earlier.last_cancel_ms = note.last_cancel_ms;
            (self.opened, self.also, self.said) = (Some(note.opened), note.also, note.said);
        }
        self.earlier = Some(earlier);
        self
    }

    /// Whether this process has sent anything for it.
    #[must_use]
    pub const fn has_sent(&self) -> bool {
        self.sent_at.is_some()
    }

    /// Which verb.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// Who, when, why.
    #[must_use]
    pub const fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Who else asked for it, in the order in which they were heard.
    #[must_use]
    pub fn also(&self) -> &[Mark] {
        &self.also
    }

    /// Somebody else asks for the same: it is not begun anew, and the receipt names them too. The same way heard twice,
    /// once with and once without its reason, is one.
    pub fn asked_again(&mut self, mark: Mark) {
        let same = |known: &Mark| {
            let (a, b) = (known.why.trim(), mark.why.trim());
            known.who == mark.who && (a == b || a.is_empty() || b.is_empty())
        };
        let known = same(&self.mark) || self.also.iter().any(same);
        if !known && self.also.len() < OTHERS {
            self.also.push(mark);
        }
    }

    /// What was open when it began, as first confirmed.
    #[must_use]
    pub const fn opened(&self) -> Option<&Left> {
        self.opened.as_ref()
    }

    /// What is sent next: cancels of entries first, then the exits. A cancel is repeated every second. An exit is
    /// repeated only when the broker has confirmed, after it was sent, that the position is still there and nothing
    /// works on it, so that it is never closed twice.
    #[must_use]
    pub fn decide(&self, at: Timestamp, view: &Confirmed) -> Vec<Step> {
        let view = view.within(&self.scope);
        let mut steps = Vec::new();
        for entry in view.entries.iter().filter(|e| self.may_cancel(&e.order, at)) {
            steps.push(Step::Cancel(entry.order.clone()));
            if entry.unresolved {
                steps.push(Step::Query(entry.order.clone()));
            }
        }
        if !self.verb.closes() {
            return steps;
        }
        let due = view.positions.iter().filter(|p| self.may_exit(p, at, &view));
        steps.extend(due.map(|p| {
            Step::Exit(Exit {
                decision: p.decision.clone(),
                strategy: p.strategy,
                symbol: p.symbol,
                side: p.side,
                quantity: p.quantity,
                attempt: p.exits.saturating_add(1),
                reason: self.verb.reason(),
            })
        }));
        // EXEC-10a: a protective order goes alone only where nothing is left to protect, nor can come.
        for order in &view.protective {
            let held = view.positions.iter().any(|p| p.decision == order.decision);
            let entering = view.entries.iter().any(|e| e.symbol == order.symbol);
            if !held && !entering && self.may_cancel(&order.order, at) {
                steps.push(Step::Cancel(order.order.clone()));
            }
        }
        steps
    }

    fn may_cancel(&self, order: &OrderId, at: Timestamp) -> bool {
        self.cancels.get(order).is_none_or(|asked| at - asked.last >= AGAIN)
    }

    fn may_exit(&self, held: &Held, at: Timestamp, view: &Confirmed) -> bool {
        if held.exiting || held.quantity <= Quantity::ZERO || !view.trades(&held.symbol) {
            return false;
        }
        self.exits.get(&held.decision).is_none_or(|asked| view.at > asked.last && at - asked.last >= AGAIN)
    }

    /// A step was sent.
    pub fn sent(&mut self, at: Timestamp, step: &Step) {
        let note = |old: Option<&Asked>| match old {
            Some(old) => Asked { last: at, times: old.times.saturating_add(1), ..*old },
            None => Asked { first: at, last: at, times: 1 },
        };
        match step {
            Step::Cancel(order) => {
                let asked = note(self.cancels.get(order));
                self.cancels.insert(order.clone(), asked);
            }
            Step::Exit(exit) => {
                let asked = note(self.exits.get(&exit.decision));
                self.exits.insert(exit.decision.clone(), asked);
            }
            Step::Query(_) => return,
        }
        self.sent_at = Some(at);
    }

    /// What the broker confirmed. The first view tells what was open; the end is believed only when the broker said it
    /// after the last step was sent, and no longer when something turns up again.
    pub fn see(&mut self, at: Timestamp, view: &Confirmed) {
        let view = view.within(&self.scope);
        self.opened.get_or_insert_with(|| Left::of(&view));
        let fresh = view.at >= self.mark.at && self.sent_at.is_none_or(|sent| view.at > sent);
        if !self.is_left(&view) && fresh {
            self.flat_at.get_or_insert(at);
        } else if self.is_left(&view) {
            self.flat_at = None;
        }
    }

    const fn is_left(&self, view: &Confirmed) -> bool {
        match self.verb {
            Verb::Cancel => !view.entries.is_empty(),
            Verb::Flatten => !view.is_empty(),
            Verb::Kill => !view.is_empty() || !view.unexplained.is_empty(),
        }
    }

    /// What the broker answered to a step.
    pub fn hear(&mut self, at: Timestamp, report: &Report) {
        let text = match report {
            Report::Refused { order, why } => format!("{order} refused: {}", refusal_word(*why)),
            Report::Ended { order, how: Ending::Cancelled, filled } => format!("{order} cancelled, {filled} filled"),
            Report::Ended { order, how: Ending::Expired, filled } => format!("{order} expired, {filled} filled"),
            Report::Executed { order, execution } => {
                format!("{order} filled {} at {}", execution.quantity, execution.price)
            }
            Report::NotFound(order) => format!("{order} not found"),
            Report::Accepted(_) | Report::Triggered(_) | Report::Amended { .. } => return,
        };
        self.word(at, text);
    }

    /// Anything else worth keeping: the broker cannot be reached, the ledger cannot be written.
    pub fn word(&mut self, at: Timestamp, text: String) {
        if self.said.len() < WORDS {
            self.said.push(Said { at, text });
        }
    }

    /// Whether the broker has confirmed that nothing is left.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.flat_at.is_some()
    }

    /// From the command to the last cancel sent, repeats left out; nothing before all that was open was asked for.
    #[must_use]
    pub fn to_last_cancel(&self) -> Option<Span> {
        let opened = self.opened.as_ref()?;
        let before = self.earlier.as_ref().and_then(|e| e.last_cancel_ms).unwrap_or(0);
        let before = i64::try_from(before).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let mut last = self.mark.at + Span::nanos(before);
        for order in &opened.entries {
            match self.cancels.get(order) {
                Some(asked) => last = last.max(asked.first),
                // The earlier process had withdrawn it, or it was gone.
                None if self.earlier.is_some() => {}
                None => return None,
            }
        }
        Some(last - self.mark.at)
    }

    /// From the command to flat, as the broker confirmed.
    #[must_use]
    pub fn to_flat(&self) -> Option<Span> {
        self.flat_at.map(|at| at - self.mark.at)
    }

    /// Whether the last cancel is later than it may be (RISK-14): to be alarmed.
    #[must_use]
    pub fn is_late(&self, at: Timestamp, limit: Span) -> bool {
        self.to_last_cancel().unwrap_or(at - self.mark.at) > limit
    }

    /// What the broker holds of the scope that no record explains. A cancel closes nothing and asks nothing of positions.
    #[must_use]
    pub fn unexplained(&self, view: &Confirmed) -> Vec<Unexplained> {
        if self.verb.closes() { view.within(&self.scope).unexplained } else { Vec::new() }
    }

    /// What is left and why, in words; nothing is known where the broker does not answer.
    #[must_use]
    pub fn pending(&self, view: Option<&Confirmed>) -> Vec<String> {
        let Some(view) = view else {
            return vec!["The broker does not answer; it is asked again every second.".to_owned()];
        };
        let view = view.within(&self.scope);
        let mut words = Vec::new();
        for entry in &view.entries {
            let (symbol, order) = (entry.symbol, &entry.order);
            words.push(if entry.unresolved {
                format!("{symbol}: nobody knows yet whether the entry {order} arrived; the broker is asked.")
            } else {
                format!("{symbol}: the entry {order} waits for the broker's word.")
            });
        }
        if self.verb.closes() {
            words.extend(view.positions.iter().map(|p| self.pending_position(p, &view)));
            words.extend(view.unexplained.iter().map(|u| self.say(u)));
            let rest = view.protective.iter().filter(|o| !view.positions.iter().any(|p| p.decision == o.decision));
            words.extend(
                rest.map(|o| format!("{}: {} is left without a position and is withdrawn.", o.symbol, o.order)),
            );
        }
        if words.is_empty() && !self.is_done() {
            words.push("Nothing is left by the last word; the broker's confirmation is awaited.".to_owned());
        }
        words
    }

    /// What is to be done about it, in words.
    #[must_use]
    pub fn say(&self, unexplained: &Unexplained) -> String {
        let until = if self.verb == Verb::Kill { "; until then the kill goes on" } else { "" };
        format!("{unexplained}, and nothing here can close it. Close it at the broker{until}.")
    }

    fn pending_position(&self, held: &Held, view: &Confirmed) -> String {
        let Held { symbol, quantity, .. } = held;
        let stop = if held.protected { "its stop stays at the broker" } else { "it has no stop" };
        if held.exiting {
            format!("{symbol}: the exit of {quantity} works.")
        } else if view.halted.contains(symbol) {
            format!("{symbol} is halted; {stop}; asked again every second.")
        } else if !view.market_open {
            format!("{symbol}: the market is closed; {stop} until it opens.")
        } else if self.exits.contains_key(&held.decision) {
            format!("{symbol}: {quantity} are held after an exit; the next one follows.")
        } else {
            format!("{symbol}: {quantity} are to be closed.")
        }
    }

    /// What was done so far, with what is left by the last view.
    #[must_use]
    pub fn receipt(&self, at: Timestamp, view: Option<&Confirmed>) -> Receipt {
        Receipt {
            v: super::receipt::VERSION,
            verb: self.verb,
            scope: self.scope.clone(),
            mark: self.mark.clone(),
            also: self.also.clone(),
            taken_up: self.earlier.as_ref().map(|e| e.taken_up),
            added: Vec::new(),
            at,
            opened: self.opened.clone().unwrap_or_default(),
            cancels_sent: times(self.cancels.values()).saturating_add(self.earlier.as_ref().map_or(0, |e| e.cancels)),
            exits_sent: times(self.exits.values()).saturating_add(self.earlier.as_ref().map_or(0, |e| e.exits)),
            last_cancel_ms: self.to_last_cancel().map(millis),
            flat_ms: self.to_flat().map(millis),
            left: view.map(|v| Left::of(&v.within(&self.scope))),
            said: self.said.clone(),
        }
    }
}

const fn refusal_word(why: Refusal) -> &'static str {
    match why {
        Refusal::DuplicateId => "an order of this id is there already",
        Refusal::Halted => "the instrument is halted",
        Refusal::Closed => "the market takes no orders now",
        Refusal::NothingHeld => "nothing is held",
        Refusal::UnknownSymbol => "the instrument is not traded here",
        Refusal::Scripted => "by the script of the simulated venue",
    }
}

fn times<'a>(asked: impl Iterator<Item = &'a Asked>) -> u32 {
    asked.map(|a| a.times).fold(0, u32::saturating_add)
}

fn millis(span: Span) -> u64 {
    u64::try_from(span.as_nanos() / 1_000_000).unwrap_or(0)
}
