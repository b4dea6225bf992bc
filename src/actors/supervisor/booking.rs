//! What persons ask of the books passes here on its way to the ledger; and days that are over and not closed.

use desk::domain::bot::Mark;
use desk::domain::float::FloatAssigned;

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

    /// A day that is not closed is tried again: by somebody, or because the review has gone on.
    pub(super) fn close_again(&self, by: Option<String>) {
        if by.is_some() || self.open_day.as_ref().is_some_and(|day| day.by_itself) {
            self.wiring.must(self.wiring.ledger.deliver(ToLedger::CloseAgain(by)));
        }
    }

    /// A day is over and its books are not closed, or they are now.
    pub(super) fn day_open(&mut self, day: Option<OpenDay>) {
        if self.open_day == day {
            return;
        }
        match (&self.open_day, &day) {
            (_, Some(open)) => {
                let after = if open.by_itself { "It closes when they are answered" } else { "Close it on its page" };
                let text = format!(
                    "The books of {} are not closed: {}. {after}, or with the next session's close.",
                    open.day.date, open.why
                );
                let level = if open.by_itself { AlertLevel::Warning } else { AlertLevel::Critical };
                self.wiring.alert(level, "day_open", text);
            }
            (Some(was), None) => {
                let text = format!("The books of {} are closed now.", was.day.date);
                self.wiring.alert(AlertLevel::Info, "day_closed", text);
            }
            (None, None) => {}
        }
        self.open_day = day;
    }
}
