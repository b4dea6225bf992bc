//! The day's close in the running bot (BOOKS.md section 12, LEDG-12): it asks the review first, and a day with open
//! questions, or one that does not reconcile, stays open. Trading goes on; the day is tried again, or closed with the next.

use std::collections::BTreeSet;

use actix::prelude::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use desk::domain::calendar::Calendar;
use desk::domain::time::Date;
use desk::machines::ledger::{BookRefusal, BrokerFigures, Unlock};
use desk::world::day::{DayEnding, Ended, Review};
use desk::world::trader::Halt;

use super::{After, Ledger};
use crate::actors::questions::Checked;
use crate::messages::board::OpenDay;
use crate::messages::broker::ToBroker;
use crate::messages::ledger::Over;

/// Why the day that is over is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Questions are open: it closes when they are answered.
    Questions,
    /// Something else: somebody closes it, or the next session's close does.
    Other,
}

impl Ledger {
    /// Asks what of the days to be closed has open questions, then goes on.
    pub(super) fn ask_and_close(&mut self, over: Over, figures: Box<BrokerFigures>, ctx: &mut Context<Self>) {
        let open = self.trader.books().open_days().filter(|day| *day <= over.session);
        let days: BTreeSet<Date> = open.chain([over.session]).map(|day| day.date).collect();
        let asked = self.wiring.questions.open(days.into_iter().collect());
        ctx.spawn(asked.into_actor(self).map(move |open, own, ctx| {
            if own.lost {
                return;
            }
            let review = open.unwrap_or_else(Review::Unreadable);
            let done = own.end_day(over, *figures, review);
            own.go_on(done, ctx);
        }));
    }

    /// Ends a session, and closes its books where nothing is in the way.
    pub(super) fn end_day(&mut self, over: Over, figures: BrokerFigures, review: Review) -> Result<(), Halt> {
        let Over { at, session, next, again } = over;
        // Meanwhile it was closed, or the next session has begun, whose close takes it along.
        if again && self.trader.to_close() != Some(session) {
            return Ok(());
        }
        let by = self.closer.take().filter(|_| again).unwrap_or_else(|| "tbot".to_owned());
        let ended = self.trader.end_day(at, DayEnding { session, next, broker: figures, by, review })?;
        let questions = matches!(ended, Ended::Held(_));
        let mut after: Vec<After> = self.told().into_iter().collect();
        if !again {
            after.push(After::Turned);
        }
        let (closing, why) = match ended {
            Ended::Closed(closing) => {
                let entry = self.trader.journal().head().seq;
                after.push(After::Checked(Checked::Passed { session, entry }));
                (Some((entry, *closing)), None)
            }
            Ended::Held(why) => (None, Some(why)),
            Ended::Refused(refusal) => {
                after.extend(self.failed(&refusal).map(After::Checked));
                match *refusal {
                    BookRefusal::NotReconciled { .. } | BookRefusal::LaterSessionBooked { .. } => {
                        (None, Some(refusal.to_string()))
                    }
                    other => return Err(other.into()),
                }
            }
        };
        self.held = why.as_ref().map(|_| if questions { Held::Questions } else { Held::Other });
        let day = why.map(|why| OpenDay { day: session, why, by_itself: questions });
        after.push(After::DayOpen(day));
        self.queue_up(closing, after);
        Ok(())
    }

    /// What the review is told of a check that does not agree.
    fn failed(&self, refusal: &BookRefusal) -> Option<Checked> {
        let BookRefusal::NotReconciled { session, check, what, have, need } = refusal else { return None };
        let title =
            format!("{} does not close: check {check}, {what}: the books have {have}, needed is {need}", session.date);
        let close = self.trader.books().times_closed(*session).saturating_add(1);
        Some(Checked::Failed { session: *session, close, title, text: refusal.to_string() })
    }

    /// Tries a day again: by somebody's command, or because the review has gone on.
    pub(super) fn close_again(&mut self, by: Option<String>) {
        let wanted = by.is_some() || self.held == Some(Held::Questions);
        let Some(session) = self.trader.to_close().filter(|_| wanted) else { return };
        let Ok(next) = Calendar::new(session.calendar).next(session.date) else { return };
        self.closer = by;
        let over = Over { at: self.now.max(self.trader.last_at()), session, next: next.id, again: true };
        self.wiring.must(self.wiring.broker.deliver(ToBroker::Close(over)));
    }

    /// A day was opened again by two persons; it stays so until somebody closes it, or the next session's close does.
    pub(super) fn opened_again(&mut self, unlock: &Unlock) {
        let Some(day) = self.trader.to_close() else { return };
        let (by, second, reason) = (&unlock.by, &unlock.second, &unlock.reason);
        let why = format!("{} was opened again by {by} and {second}: {reason}", unlock.session.date);
        self.held = Some(Held::Other);
        self.wiring_tells_of(OpenDay { day, why, by_itself: false });
    }

    /// What an earlier process left open: a day that was never closed is tried again at once, and says again what is in its
    /// way. While a later session trades it cannot be tried, since a close takes the sums of all entries: what failed when it was
    /// tried last stands in the review, and is said again.
    pub(super) fn look_at_what_was_left(&mut self, ctx: &mut Context<Self>) {
        let closable = self.trader.to_close();
        let Some(day) = closable.or_else(|| self.trader.left_open()) else { return };
        let again = self.trader.books().times_closed(day) > 0;
        if closable.is_some() && !again {
            self.held = Some(Held::Questions);
            self.close_again(None);
            return;
        }
        self.held = closable.map(|_| Held::Other);
        let close = self.trader.books().times_closed(day).saturating_add(1);
        let asked = self.wiring.questions.failing(day, close);
        ctx.spawn(asked.into_actor(self).map(move |failing, own, ctx| {
            // Meanwhile it may have been closed.
            if own.lost || own.trader.books().closed_through() >= Some(day) {
                return;
            }
            let otherwise = if again {
                "it was opened again by two persons"
            } else {
                "it was not closed when its session ended; a check that did not agree then stands in the review"
            };
            let why = failing.unwrap_or_else(|| otherwise.to_owned());
            own.wiring_tells_of(OpenDay { day, why, by_itself: false });
            own.pump(ctx);
        }));
    }

    fn wiring_tells_of(&mut self, day: OpenDay) {
        self.queue_up(None, vec![After::DayOpen(Some(day))]);
    }
}
