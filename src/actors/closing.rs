//! A stop or a kill, step by step, as it is told on the board (RISK-15a). Times are real ones: from the command.

use desk::domain::bot::{BotState, Mark};
use desk::domain::decimal::{Ratio, SCALE};
use desk::machines::supervisor::Facts;

use crate::gateway::clock::Stopwatch;
use crate::messages::board::{self, ClosingBoard};
use crate::messages::supervisor::Closed;

/// A stop or a kill under way, or the last one.
#[derive(Debug)]
pub(super) struct Closing {
    board: ClosingBoard,
    watch: Stopwatch,
    /// When the venue confirmed the end to the kill switch; the record may hear of it later.
    flat_ms: Option<u64>,
    /// What the kill switch waits for: it knows each order and position, where the record counts them.
    waits: Vec<String>,
}

impl Closing {
    /// One that begins now, with what is open.
    fn begin(verb: &'static str, mark: &Mark, facts: &Facts) -> Self {
        let board = ClosingBoard {
            receipt: None,
            verb,
            mark: mark.into(),
            also: Vec::new(),
            cancels: facts.entries,
            cancelled: 0,
            exits: facts.positions,
            flat: 0,
            last_cancel_ms: None,
            done_ms: None,
            pending: Vec::new(),
            progress: Ratio::ZERO,
        };
        Self { board, watch: Stopwatch::start(), flat_ms: None, waits: Vec::new() }
    }

    /// What there is to tell after a look at the facts. A stop that became a kill is told as the kill that it is.
    pub(super) fn after(
        last: Option<Self>,
        (state, mark): (BotState, Option<&Mark>),
        facts: &Facts,
        (cancelling, pending): (usize, Vec<String>),
    ) -> Option<Self> {
        let verb = match state {
            BotState::GracefulClosingPositions => "stop",
            BotState::EmergencyClosingPositions => "kill",
            BotState::Stopped => return last.map(Self::end),
            // Trading again: the last one is over, and told no more.
            _ if state.is_running() => return None,
            _ => return last,
        };
        let same = |own: &Self| own.board.verb == verb && own.board.done_ms.is_none();
        let mut own = match last.filter(same) {
            Some(own) => own,
            None => Self::begin(verb, mark?, facts),
        };
        let board = &mut own.board;
        // An entry that filled meanwhile is a position more to close.
        board.exits = board.exits.max(facts.positions);
        board.cancels = board.cancels.max(facts.entries);
        board.cancelled = board.cancels.saturating_sub(facts.entries);
        board.flat = board.exits.saturating_sub(facts.positions);
        if board.last_cancel_ms.is_none() && cancelling >= facts.entries {
            board.last_cancel_ms = Some(milliseconds(&own.watch));
        }
        board.pending = pending;
        board.progress = share(board);
        Some(own)
    }

    /// A kill that found nothing to close: it has ended before it could be told step by step.
    pub(super) fn at_once(mark: &Mark, facts: &Facts, closed: &Closed) -> Self {
        let mut own = Self::begin("kill", mark, facts);
        own.told(closed);
        own.end()
    }

    /// What the kill switch says of its own part: its times are the ones that count. A stop leaves without it; what somebody
    /// flattens or cancels meanwhile is not the stop's.
    pub(super) fn told(&mut self, closed: &Closed) {
        let board = &mut self.board;
        if board.verb != "kill" {
            return;
        }
        board.last_cancel_ms = closed.last_cancel_ms.or(board.last_cancel_ms);
        board.receipt = closed.receipt.clone().or(board.receipt.take());
        self.waits.clone_from(&closed.pending);
        self.flat_ms = closed.flat_ms.or(self.flat_ms);
        let others = closed.marks.iter().filter(|m| m.who != board.mark.who);
        board.also = others.map(board::Mark::from).collect();
    }

    /// It is done: flat, nothing working, and the venue says so.
    fn end(mut self) -> Self {
        if self.board.done_ms.is_none() {
            let took = self.flat_ms.unwrap_or_else(|| milliseconds(&self.watch));
            self.board.last_cancel_ms.get_or_insert(took);
            self.board.done_ms = Some(took);
            (self.board.cancelled, self.board.flat) = (self.board.cancels, self.board.exits);
            self.board.pending.clear();
            self.board.progress = share(&self.board);
        }
        self
    }

    /// As it stands on the board.
    pub(super) fn board(&self) -> ClosingBoard {
        let mut board = self.board.clone();
        if board.done_ms.is_none() && !self.waits.is_empty() {
            board.pending.clone_from(&self.waits);
        }
        board
    }
}

fn milliseconds(watch: &Stopwatch) -> u64 {
    u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Of all steps, how many are done.
fn share(board: &ClosingBoard) -> Ratio {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let all = count(board.cancels.saturating_add(board.exits)).saturating_add(1);
    let done = count(board.cancelled.saturating_add(board.flat)).saturating_add(i64::from(board.done_ms.is_some()));
    Ratio::from_raw(SCALE.saturating_mul(done).checked_div(all).unwrap_or(SCALE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::domain::bot::{VenueKind, Who};
    use desk::domain::time::Timestamp;
    use desk::machines::kill_switch::Verb;

    fn facts(entries: usize, positions: usize) -> Facts {
        Facts { entries, positions, ..Facts::at_rest(VenueKind::Simulated) }
    }

    /// RISK-15a: what was open, what is done of it, and the times; a stop that became a kill begins anew.
    #[test]
    fn risk_15a_a_kill_is_told_step_by_step() {
        let mark = Mark { at: Timestamp::from_seconds(1), who: Who::Owner, why: "enough".to_owned() };
        let (stop, kill) = (BotState::GracefulClosingPositions, BotState::EmergencyClosingPositions);
        let step = |last, state, facts: &Facts, cancelling| {
            Closing::after(last, (state, Some(&mark)), facts, (cancelling, vec!["1 position".to_owned()]))
        };
        let stopping = step(None, stop, &facts(1, 2), 0).unwrap();
        assert_eq!((stopping.board.verb, stopping.board.last_cancel_ms), ("stop", None));
        let killing = step(Some(stopping), kill, &facts(1, 2), 1).unwrap();
        assert_eq!((killing.board.verb, killing.board.cancels, killing.board.exits), ("kill", 1, 2));
        assert!(killing.board.last_cancel_ms.is_some(), "each entry is being cancelled");
        // The entry filled in part before it was cancelled: three positions now, one closed.
        let killing = step(Some(killing), kill, &facts(0, 3), 0).unwrap();
        let killing = step(Some(killing), kill, &facts(0, 1), 0).unwrap();
        assert_eq!((killing.board.cancelled, killing.board.exits, killing.board.flat), (1, 3, 2));
        let done = step(Some(killing), BotState::Stopped, &facts(0, 0), 0).unwrap();
        assert_eq!((done.board.flat, done.board.pending.len()), (3, 0));
        assert_eq!(done.board.progress, Ratio::whole(1));
        let took = done.board.done_ms;
        let later = step(Some(done), BotState::Stopped, &facts(0, 0), 0).unwrap();
        assert_eq!(later.board.done_ms, took, "it is done once");
        assert!(step(Some(later), BotState::Idle, &facts(0, 0), 0).is_none());
    }

    /// RISK-14: what the kill switch waits for is told as it says it, over every look at the record, until the end.
    #[test]
    fn risk_14_a_kill_tells_what_it_waits_for() {
        let mark = Mark { at: Timestamp::from_seconds(1), who: Who::Owner, why: String::new() };
        let look = |last, state| {
            Closing::after(last, (state, Some(&mark)), &facts(0, 0), (0, vec!["not confirmed".to_owned()])).unwrap()
        };
        let mut killing = look(None, BotState::EmergencyClosingPositions);
        assert_eq!(killing.board().pending, ["not confirmed"]);
        let said = |pending: &[&str]| Closed {
            verb: Verb::Kill,
            marks: vec![mark.clone()],
            last_cancel_ms: None,
            flat_ms: None,
            pending: pending.iter().map(|p| (*p).to_owned()).collect(),
            receipt: None,
        };
        killing.told(&said(&["AAPL: the broker holds -7"]));
        let mut killing = look(Some(killing), BotState::EmergencyClosingPositions);
        assert_eq!(killing.board().pending, ["AAPL: the broker holds -7"]);
        killing.told(&said(&[]));
        assert_eq!(killing.board().pending, ["not confirmed"], "the kill switch is done, the record is not");
        killing.told(&said(&["AAPL: the broker holds -7"]));
        assert!(look(Some(killing), BotState::Stopped).board().pending.is_empty());
        let mut stopping = look(None, BotState::GracefulClosingPositions);
        stopping.told(&said(&["MSFT: the exit of 10 works."]));
        assert_eq!(stopping.board().pending, ["not confirmed"], "a flatten meanwhile is not the stop's");
    }
}
