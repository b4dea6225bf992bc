//! What persons ask of the books passes here on its way to the ledger; and days that are over and not closed.

use desk::domain::bot::Mark;
use desk::domain::float::FloatAssigned;
use desk::domain::ids::SessionId;
use desk::machines::supervisor::OpenBooks;

use super::Supervisor;
use crate::messages::board::{AlertLevel, OpenDay};
use crate::messages::bookkeeping::Question;
use crate::messages::ledger::ToLedger;

impl Supervisor {
    /// Hands a person's question on; the ledger knows which days are open.
    pub(super) fn hand_to_books(&self, asked: Question) {
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Books(asked)));
    }

    /// Accounting has assigned a float: people hear of it.
    pub(super) fn float_assigned(&self, assigned: &FloatAssigned) {
        let FloatAssigned { assignment: a, before, by } = assigned;
        let text = format!(
            "Accounting has assigned a float of {} {} from {} on; it was {before}. Document {} of {}, brought by {by}.",
            a.float, a.currency, a.from, a.document, a.assigned_by
        );
        self.wiring.alert(AlertLevel::Warning, "float_assigned", text);
    }

    /// A drawdown is cleared in the record: whoever folds it has the new peak.
    pub(super) fn clear_drawdown(&self, mark: &Mark) {
        let (by, why) = (mark.who.to_string(), mark.why.clone());
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::ClearDrawdown { by, why }));
    }

    /// A day that is not closed is tried again for whoever asks.
    pub(super) fn close_for(&self, day: SessionId) {
        if let Some(mark) = &self.asking {
            self.wiring.must(self.wiring.ledger.deliver(ToLedger::CloseAgain(Some((mark.who.to_string(), day)))));
        }
    }

    /// The review has gone on: days that wait for an answer are tried again.
    pub(super) fn close_again(&self) {
        if self.open_days.iter().any(|day| day.by_itself) {
            self.wiring.must(self.wiring.ledger.deliver(ToLedger::CloseAgain(None)));
        }
    }

    /// Which days are over and not closed: people hear of each that is new, that has another reason, or that is closed now.
    pub(super) fn days_open(&mut self, days: Vec<OpenDay>) {
        let was = std::mem::replace(&mut self.open_days, days);
        for open in &self.open_days {
            if was.iter().any(|was| was.day == open.day && was.why == open.why) {
                continue;
            }
            let how = match open.after {
                _ if open.by_itself => "It closes when they are answered, or with the next session's close.".to_owned(),
                Some(first) => format!("Close {} first, or wait for the next session's close.", first.date),
                None if open.closable => "Close it on its page, or wait for the next session's close.".to_owned(),
                None => "It closes with the next session's close.".to_owned(),
            };
            let text = format!("The books of {} are not closed: {}. {how}", open.day.date, open.why);
            let level = if open.by_itself { AlertLevel::Warning } else { AlertLevel::Critical };
            self.wiring.alert(level, "day_open", text);
        }
        for was in was.iter().filter(|was| self.open_days.iter().all(|open| open.day != was.day)) {
            let text = format!("The books of {} are closed now.", was.day.date);
            self.wiring.alert(AlertLevel::Info, "day_closed", text);
        }
    }
}

/// What the machine that decides on commands knows of an open day.
pub(super) fn open_books(open: &OpenDay) -> OpenBooks {
    OpenBooks { day: open.day, closable: open.closable, after: open.after }
}
