//! What is over and kept as history (RISK-12, RISK-15a): freezes that were cleared, closings with their receipts.

use std::collections::VecDeque;

use desk::domain::bot::{self, FreezeName, Scope, Who};
use desk::domain::event::{Body, Event};
use desk::domain::time::Timestamp;
use desk::gates::Reason;
use desk::machines::kill_switch::{Left, Line, Said};
use desk::machines::supervisor::Supervisor as Machine;
use serde::{Deserialize, Serialize};

use crate::actors::tree::RISK;
use crate::messages::board::{FreezeLine, Mark};
use crate::messages::chronicle::Piece;
use crate::messages::past::{self, ClearedFreeze, PastClosing};
use crate::store::{StoreError, Stored};

/// What of a receipt is shown.
#[derive(Deserialize)]
struct Kept {
    verb: String,
    mark: bot::Mark,
    #[serde(default)]
    also: Vec<bot::Mark>,
    #[serde(default)]
    taken_up: Option<Timestamp>,
    opened: Left,
    last_cancel_ms: Option<u64>,
    flat_ms: Option<u64>,
}

impl Kept {
    /// Nothing of a drill: it has closed nothing of ours.
    fn read(stored: &Stored) -> Option<PastClosing> {
        let kept: Self = serde_json::from_slice(&stored.bytes).ok()?;
        Some(PastClosing {
            verb: kept.verb,
            mark: Mark::from(&kept.mark),
            also: kept.also.iter().map(Mark::from).collect(),
            taken_up: kept.taken_up,
            entries: kept.opened.entries.len(),
            protective: kept.opened.protective.len(),
            positions: kept.opened.positions.iter().map(Line::to_string).collect(),
            last_cancel_ms: kept.last_cancel_ms,
            flat_ms: kept.flat_ms,
            receipt: Some(stored.name.clone()),
            reset: None,
        })
    }
}

/// The receipt of a pause, in the form of the others: it closes nothing, and its end is its beginning (RISK-15a).
#[derive(Serialize)]
pub(super) struct Paused {
    v: u16,
    verb: &'static str,
    scope: Scope,
    mark: bot::Mark,
    added: [bot::Mark; 0],
    at: Timestamp,
    opened: Left,
    cancels_sent: u32,
    exits_sent: u32,
    last_cancel_ms: Option<u64>,
    flat_ms: Option<u64>,
    left: Left,
    said: [Said; 0],
}

impl Paused {
    /// What its file is called.
    pub(super) const VERB: &'static str = "pause";

    /// Who paused, when, why; and what is open, all of which stays.
    pub(super) fn new(mark: bot::Mark, open: Left) -> Self {
        Self {
            v: 1,
            verb: Self::VERB,
            scope: Scope::All,
            at: mark.at,
            mark,
            added: [],
            opened: open.clone(),
            cancels_sent: 0,
            exits_sent: 0,
            last_cancel_ms: None,
            flat_ms: None,
            left: open,
            said: [],
        }
    }
}

/// A kill of which there is no receipt.
fn without_receipt(set: &bot::Mark, reset: &bot::Mark) -> PastClosing {
    PastClosing {
        verb: "kill".to_owned(),
        mark: set.into(),
        also: Vec::new(),
        taken_up: None,
        entries: 0,
        protective: 0,
        positions: Vec::new(),
        last_cancel_ms: None,
        flat_ms: None,
        receipt: None,
        reset: Some(reset.into()),
    }
}

/// What is over, as far as the machine does not keep it.
pub(super) struct Past {
    receipts: Result<Vec<PastClosing>, String>,
    /// The freezes of limits that stand: they are the risk machine's own.
    standing: Vec<FreezeLine>,
    /// Those that have ended, the newest first.
    ended: VecDeque<ClearedFreeze>,
    /// What was made of it last, after how many events of the bot's life.
    made: Option<(u64, past::Past)>,
}

impl Past {
    /// With the receipts that are there.
    pub(super) fn new(kept: &Result<Vec<Stored>, StoreError>) -> Self {
        let mut own = Self { receipts: Ok(Vec::new()), standing: Vec::new(), ended: VecDeque::new(), made: None };
        own.read(kept);
        own
    }

    /// Reads the receipts anew.
    pub(super) fn read(&mut self, kept: &Result<Vec<Stored>, StoreError>) {
        self.made = None;
        self.receipts = match kept {
            Ok(kept) => Ok(kept.iter().filter_map(Kept::read).take(past::Past::KEPT).collect()),
            Err(error) => Err(error.to_string()),
        };
    }

    /// Follows the record: limits freeze, and their freezes end with the session or by a person.
    pub(super) fn follow(&mut self, piece: &Piece) {
        match piece {
            Piece::Session(terms) => {
                let at = terms.hours.open;
                self.end(|f| f.for_the_session, &Mark { at, who: risk(), why: "the session ended".to_owned() });
            }
            Piece::Events(events) => events.iter().for_each(|event| self.count(event)),
            Piece::Moment(_) | Piece::Configured(_) | Piece::Booked(_) => {}
        }
    }

    fn count(&mut self, event: &Event) {
        let at = event.at;
        match &event.body {
            Body::Frozen { strategy, reason, have, limit } => {
                let Ok(name) = FreezeName::of_limit(reason.as_str(), *strategy) else { return };
                let mark = Mark { at, who: risk(), why: format!("{have}, the limit is {limit}") };
                let for_the_session = *reason != Reason::Drawdown;
                self.standing.push(FreezeLine { name, strategy: *strategy, mark, for_the_session });
            }
            Body::DrawdownCleared { by, why, .. } => {
                let cleared = Mark { at, who: Who::Person(by.clone()), why: why.clone() };
                self.end(|f| !f.for_the_session, &cleared);
            }
            _ => {}
        }
    }

    fn end(&mut self, which: impl Fn(&FreezeLine) -> bool, cleared: &Mark) {
        let (over, standing) = std::mem::take(&mut self.standing).into_iter().partition(|f| which(f));
        self.standing = standing;
        let over: Vec<FreezeLine> = over;
        for freeze in over {
            self.ended.push_front(ClearedFreeze { freeze, cleared: cleared.clone() });
            self.made = None;
        }
        self.ended.truncate(past::Past::KEPT);
    }

    /// All of it, the newest first.
    pub(super) fn of(&mut self, machine: &Machine) -> past::Past {
        match &self.made {
            Some((seq, made)) if *seq == machine.seq() => made.clone(),
            _ => {
                let made = past::Past {
                    freezes: self.freezes(machine),
                    closings: self.closings(machine),
                    unread: self.receipts.as_ref().err().cloned(),
                };
                self.made = Some((machine.seq(), made.clone()));
                made
            }
        }
    }

    fn freezes(&self, machine: &Machine) -> Vec<ClearedFreeze> {
        let cleared = machine.cleared().map(|c| ClearedFreeze {
            freeze: FreezeLine {
                name: c.freeze.name.clone(),
                strategy: c.freeze.strategy,
                mark: Mark::from(&c.freeze.mark),
                for_the_session: c.freeze.for_the_session,
            },
            cleared: Mark::from(&c.mark),
        });
        let mut all: Vec<ClearedFreeze> = cleared.chain(self.ended.iter().cloned()).collect();
        all.sort_by_key(|c| std::cmp::Reverse(c.cleared.at));
        all.truncate(past::Past::KEPT);
        all
    }

    /// Each kill with what became of its latch: receipts and latches have clocks of their own, so they are held together
    /// by who and why, the newest first.
    fn closings(&self, machine: &Machine) -> Vec<PastClosing> {
        let mut all = self.receipts.clone().unwrap_or_default();
        let mut latches: VecDeque<(&bot::Mark, Option<&bot::Mark>)> =
            machine.unlatched().map(|u| (&u.set, Some(&u.reset))).collect();
        latches.extend(machine.latch().map(|set| (set, None)));
        for kill in all.iter_mut().filter(|c| c.verb == "kill") {
            let by = |set: &bot::Mark| {
                std::iter::once(&kill.mark).chain(&kill.also).any(|m| (&m.who, &m.why) == (&set.who, &set.why))
            };
            if let Some(place) = latches.iter().rposition(|(set, _)| by(set)) {
                let latch = latches.remove(place);
                kill.reset = latch.and_then(|(_, reset)| reset).map(Mark::from);
            }
        }
        all.extend(latches.iter().filter_map(|(set, reset)| Some(without_receipt(set, (*reset)?))));
        all.sort_by_key(|c| std::cmp::Reverse(c.mark.at));
        all.truncate(past::Past::KEPT);
        all
    }
}

fn risk() -> Who {
    Who::Bot(RISK.to_owned())
}
