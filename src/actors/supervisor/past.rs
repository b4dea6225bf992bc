//! What is over and kept as history (RISK-12, RISK-15a): freezes that were cleared, closings with their receipts.

use std::collections::VecDeque;

use desk::domain::bot::{self, FreezeName, Scope, Who};
use desk::domain::event::{Body, Event};
use desk::domain::time::Timestamp;
use desk::gates::Reason;
use desk::machines::kill_switch::{Left, Line, Said, Verb};
use desk::machines::supervisor::{Supervisor as Machine, Unlatched};
use serde::{Deserialize, Serialize};

use crate::actors::tree::RISK;
use crate::messages::board::{FreezeLine, Mark};
use crate::messages::chronicle::Piece;
use crate::messages::past::{self, ClearedFreeze, PastClosing};
use crate::store::{Receipts, Stored};

/// The verb of a kill on receipts.
const KILL: &str = Verb::Kill.as_str();

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
        let strange = kept.opened.unexplained.iter().map(|u| format!("{} {}, unexplained", u.quantity, u.symbol));
        Some(PastClosing {
            verb: kept.verb,
            mark: Mark::from(&kept.mark),
            also: kept.also.iter().map(Mark::from).collect(),
            taken_up: kept.taken_up,
            entries: kept.opened.entries.len(),
            protective: kept.opened.protective.len(),
            positions: kept.opened.positions.iter().map(Line::to_string).chain(strange).collect(),
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
fn without_receipt(u: &Unlatched) -> PastClosing {
    PastClosing {
        verb: KILL.to_owned(),
        mark: Mark { at: u.set_written.unwrap_or(u.set.at), ..Mark::from(&u.set) },
        also: Vec::new(),
        taken_up: None,
        entries: 0,
        protective: 0,
        positions: Vec::new(),
        last_cancel_ms: None,
        flat_ms: None,
        receipt: None,
        reset: Some(reset(u)),
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
    pub(super) fn new(receipts: &Receipts) -> Self {
        let mut own = Self { receipts: Ok(Vec::new()), standing: Vec::new(), ended: VecDeque::new(), made: None };
        own.read(receipts);
        own
    }

    /// Reads the receipts anew. Kills have a room of their own: many pauses push none of them out.
    pub(super) fn read(&mut self, receipts: &Receipts) {
        self.made = None;
        let kills = receipts.newest_of(past::Past::KEPT, |kind| kind == KILL);
        let others = receipts.newest_of(past::Past::KEPT, |kind| kind != KILL && kind != "drill");
        let both = kills.and_then(|kills| Ok((kills, others?)));
        self.receipts = both.map_err(|error| error.to_string()).map(|(kills, others)| {
            let mut all: Vec<PastClosing> = kills.iter().chain(&others).filter_map(Kept::read).collect();
            all.sort_by_key(|c| std::cmp::Reverse(c.mark.at));
            all
        });
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

    /// Each kill with what became of its latch, the newest first. A latch stays shut until it is reset, so the first reset
    /// after a kill is that kill's, whoever else killed meanwhile.
    fn closings(&self, machine: &Machine) -> Vec<PastClosing> {
        let mut all = self.receipts.clone().unwrap_or_default();
        let mut unlatched: Vec<(&Unlatched, bool)> = machine.unlatched().map(|u| (u, false)).collect();
        for kill in all.iter_mut().filter(|c| c.verb == KILL) {
            let first = unlatched.iter_mut().find(|(u, _)| reset(u).at >= kill.mark.at);
            if let Some((unlatched, found)) = first {
                (*found, kill.reset) = (true, Some(reset(unlatched)));
            }
        }
        let unreceipted = unlatched.iter().filter(|(_, found)| !found).map(|(u, _)| without_receipt(u));
        all.extend(unreceipted);
        all.sort_by_key(|c| std::cmp::Reverse(c.mark.at));
        let mut kills = 0_usize;
        all.retain(|c| {
            kills = kills.saturating_add(usize::from(c.verb == KILL));
            c.verb != KILL || kills <= past::Past::KEPT
        });
        all
    }
}

/// The reset of a latch by the clock on the wall, as receipts have it.
fn reset(u: &Unlatched) -> Mark {
    Mark { at: u.reset_written.unwrap_or(u.reset.at), ..Mark::from(&u.reset) }
}

fn risk() -> Who {
    Who::Bot(RISK.to_owned())
}

#[cfg(test)]
mod tests {
    use desk::domain::bot::Mode;
    use desk::machines::supervisor::Deadlines;
    use serde_json::json;

    use super::*;
    use crate::store::Signature;

    /// RISK-15a: what is often done pushes no kill out of the history.
    #[test]
    fn risk_15a_many_pauses_leave_the_kills_where_they_are() {
        let folder = std::env::temp_dir().join(format!("tbot-past-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let receipts = Receipts::open(&folder).unwrap();
        let keep = |n: usize, verb: &str| {
            let at = Timestamp::from_seconds(1_800_000_000 + i64::try_from(n).unwrap());
            let mark = bot::Mark { at, who: Who::Owner, why: String::new() };
            let bytes = json!({ "verb": verb, "mark": mark, "opened": Left::default() }).to_string();
            let signature = Signature { key: String::new(), signature: String::new() };
            receipts.keep(at, verb, bytes.as_bytes(), &signature).unwrap();
        };
        keep(0, "kill");
        (1..=2 * past::Past::KEPT).for_each(|n| keep(n, Paused::VERB));
        let told = Past::new(&receipts).of(&Machine::new(Deadlines::default(), Mode::Paper));
        let count = |verb: &str| told.closings.iter().filter(|c| c.verb == verb).count();
        assert_eq!((count("kill"), count("pause")), (1, past::Past::KEPT));
        assert_eq!(told.closings.last().map(|c| c.verb.as_str()), Some("kill"), "the newest first");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
