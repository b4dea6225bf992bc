//! The day's close in the running bot (BOOKS.md section 12, LEDG-12): it asks the review first, and a day with open
//! questions, or one that does not reconcile, stays open. Trading goes on; open days are tried again in their order, each by the
//! figures of its own end (decision 0026), and the next session's close takes along what cannot be closed by itself.

use std::collections::{BTreeSet, VecDeque};

use actix::prelude::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use desk::domain::calendar::Calendar;
use desk::domain::ids::SessionId;
use desk::domain::journal::Entry;
use desk::domain::time::Date;
use desk::machines::ledger::{BookRefusal, BrokerFigures, Unlock};
use desk::world::day::{DayEnding, Ended, Review};
use desk::world::trader::Halt;

use super::{After, Ledger};
use crate::actors::questions::Checked;
use crate::messages::board::OpenDay;
use crate::messages::broker::ToBroker;
use crate::messages::ledger::{Over, Why};

/// Why a day that is over is not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    cause: Cause,
    why: String,
}

/// What a day waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Questions are open: it closes when they are answered.
    Questions,
    /// A check does not agree: somebody closes it, or the next session's close does.
    Check,
    /// Two persons opened it again: the same.
    Reopened,
}

/// A day to be tried.
#[derive(Debug)]
pub(super) enum Try {
    /// One that was left open, by the figures that were kept at its end.
    Kept(SessionId),
    /// The last one that is over, by the broker's figures of now.
    Ended(Over, Box<BrokerFigures>),
}

impl Try {
    const fn day(&self) -> SessionId {
        match self {
            Self::Kept(day) => *day,
            Self::Ended(over, _) => over.session,
        }
    }
}

impl Ledger {
    /// The last session is over, or is tried again: the days left open before it come first, unless somebody wants this one.
    pub(super) fn end(&mut self, over: Over, figures: Box<BrokerFigures>, ctx: &mut Context<Self>) {
        let last = over.session;
        let (by, mut tries) = match &over.why {
            Why::Ended => (None, self.kept_days(true)),
            Why::Again(None) => (None, self.kept_days(false)),
            Why::Again(Some(by)) => (Some(by.clone()), VecDeque::new()),
        };
        tries.retain(|before| before.day() < last);
        tries.push_back(Try::Ended(over, figures));
        self.try_days(tries, by, ctx);
    }

    /// The days that can be tried by their own figures, in their order. One that was opened again waits for a person, and those
    /// after it for that one; a session's end tries all of them.
    fn kept_days(&self, all: bool) -> VecDeque<Try> {
        let reopened = |day: &SessionId| self.held.get(day).is_some_and(|held| held.cause == Cause::Reopened);
        let days = self.trader.left_open().into_iter().take_while(|day| all || !reopened(day));
        days.filter(|day| self.trader.has_figures(*day)).map(Try::Kept).collect()
    }

    /// Tries one day after the other: each asks what of it and of the open days before it has open questions. A day with open
    /// questions ends this, but for the last session, whose close takes along what agrees.
    fn try_days(&mut self, mut tries: VecDeque<Try>, by: Option<String>, ctx: &mut Context<Self>) {
        let Some(next) = tries.pop_front() else { return };
        let day = next.day();
        if !self.wiring.questions.is_some() {
            let done = self.attempt(next, by.as_deref(), Review::clear());
            return self.tried((day, done), tries, by, ctx);
        }
        let open = self.trader.books().open_days().filter(|open| *open <= day);
        let days: BTreeSet<Date> = open.chain([day]).map(|day| day.date).collect();
        let asked = self.wiring.questions.open(days.into_iter().collect());
        ctx.spawn(asked.into_actor(self).map(move |open, own, ctx| {
            if own.lost {
                return;
            }
            let review = open.unwrap_or_else(Review::Unreadable);
            let done = own.attempt(next, by.as_deref(), review);
            own.tried((day, done), tries, by, ctx);
        }));
    }

    fn tried(
        &mut self,
        (day, done): (SessionId, Result<bool, Halt>),
        mut tries: VecDeque<Try>,
        by: Option<String>,
        ctx: &mut Context<Self>,
    ) {
        // One whose own figures do not agree does not hold up those after it.
        let failed = self.held.get(&day).is_some_and(|held| held.cause == Cause::Check);
        if matches!(done, Ok(false)) && !failed {
            tries.retain(|next| matches!(next, Try::Ended(..)));
        }
        let done = done.map(drop);
        let halted = done.is_err();
        self.go_on(done, ctx);
        if !halted {
            self.try_days(tries, by, ctx);
        }
    }

    /// Closes a day's books where nothing is in the way, and ends its session where that is still to be told. Whether it is closed.
    fn attempt(&mut self, next: Try, by: Option<&str>, review: Review) -> Result<bool, Halt> {
        let entries: Vec<&Entry> = self.booked.iter().flat_map(|entries| entries.iter()).collect();
        let next = match next {
            // Meanwhile it was closed, or the next session has begun: what the broker says now is not of this day's end.
            Try::Ended(over, _) if over.why != Why::Ended && self.trader.to_close() != Some(over.session) => {
                Try::Kept(over.session)
            }
            next => next,
        };
        let closer = by.unwrap_or("tbot").to_owned();
        let (session, ended, turned) = match next {
            Try::Kept(session) => {
                if !self.trader.left_open().contains(&session) {
                    return Ok(true);
                }
                let at = self.now.max(self.trader.last_at());
                match self.trader.close_kept(at, (session, closer), &review, &entries)? {
                    Some(ended) => (session, ended, false),
                    None => return Ok(self.cannot_close(session, by)),
                }
            }
            Try::Ended(over, figures) => {
                let Over { at, session, next, why } = over;
                let ending = DayEnding { session, next, broker: *figures, by: closer, review };
                (session, self.trader.end_day_among(at, ending, &entries)?, why == Why::Ended)
            }
        };
        self.came_of(session, ended, turned)
    }

    /// A day of whose end nothing was kept stays open; whoever wanted it closed reads why.
    fn cannot_close(&mut self, session: SessionId, by: Option<&str>) -> bool {
        if let Some(by) = by {
            let why = format!(
                "{by} asked for it when a later session had begun, and what the broker said at its end was not kept"
            );
            // One that held up nobody still does not.
            let failed = self.held.get(&session).is_some_and(|held| held.cause == Cause::Check);
            let cause = if failed { Cause::Check } else { Cause::Reopened };
            self.held.insert(session, Held { cause, why });
            self.queue_up(None, vec![After::DaysOpen(self.open_days())]);
        }
        false
    }

    /// What came of a try: written, and told when it is durable.
    fn came_of(&mut self, session: SessionId, ended: Ended, turned: bool) -> Result<bool, Halt> {
        let mut after: Vec<After> = self.told().into_iter().collect();
        if turned {
            after.push(After::Turned);
        }
        let closing = match ended {
            Ended::Closed(closing) => {
                let entry = self.trader.journal().head().seq;
                after.push(After::Checked(Checked::Passed { session, entry }));
                self.held.retain(|day, _| *day > session);
                Some((entry, *closing))
            }
            Ended::Held(why) => {
                self.held.insert(session, Held { cause: Cause::Questions, why });
                None
            }
            Ended::Refused(refusal) => {
                after.extend(self.failed(&refusal).map(After::Checked));
                match *refusal {
                    BookRefusal::NotReconciled { .. } | BookRefusal::LaterSessionBooked { .. } => {
                        self.held.insert(session, Held { cause: Cause::Check, why: refusal.to_string() });
                    }
                    other => return Err(other.into()),
                }
                None
            }
        };
        let closed = closing.is_some();
        after.push(After::DaysOpen(self.open_days()));
        self.queue_up(closing, after);
        Ok(closed)
    }

    /// The days that are over and not closed, with what is in the way of each. A day whose own figures do not agree does not hold up
    /// those after it, which take it along.
    pub(super) fn open_days(&self) -> Vec<OpenDay> {
        let last = self.trader.to_close();
        let mut after = None;
        let line = |day: SessionId| {
            let held = self.held.get(&day);
            let cause = held.map(|held| held.cause);
            let closes = last == Some(day) || self.trader.has_figures(day);
            let open = OpenDay {
                day,
                why: held.map_or_else(|| "it is closed together with a later day".to_owned(), |held| held.why.clone()),
                by_itself: cause == Some(Cause::Questions),
                closable: closes && after.is_none(),
                after,
            };
            if closes && cause != Some(Cause::Check) {
                after = after.or(Some(day));
            }
            open
        };
        self.trader.left_open().into_iter().map(line).collect()
    }

    /// What the review is told of a check that does not agree.
    fn failed(&self, refusal: &BookRefusal) -> Option<Checked> {
        let BookRefusal::NotReconciled { session, check, what, have, need } = refusal else { return None };
        let title =
            format!("{} does not close: check {check}, {what}: the books have {have}, needed is {need}", session.date);
        let close = self.trader.books().times_closed(*session).saturating_add(1);
        Some(Checked::Failed { session: *session, close, title, text: refusal.to_string() })
    }

    /// Tries days again: the one that somebody names, or those that waited for an answer of the review.
    pub(super) fn close_again(&mut self, wanted: Option<(String, SessionId)>, ctx: &mut Context<Self>) {
        // A session without entries may have ended since: what was kept at the day's own end counts.
        let of_now = |day: &SessionId| self.trader.over() == Some(*day) || !self.trader.has_figures(*day);
        let last = self.trader.to_close().filter(of_now);
        match wanted {
            Some((by, day)) if last == Some(day) => self.ask_broker(day, Some(by)),
            Some((by, day)) => self.try_days(VecDeque::from([Try::Kept(day)]), Some(by), ctx),
            None if self.held.values().all(|held| held.cause != Cause::Questions) => {}
            // The days before it are tried first, when the broker has told its figures.
            None => match last.filter(|day| self.held.get(day).is_none_or(|held| held.cause != Cause::Reopened)) {
                Some(day) => self.ask_broker(day, None),
                None => self.try_days(self.kept_days(false), None, ctx),
            },
        }
    }

    fn ask_broker(&self, session: SessionId, by: Option<String>) {
        let Ok(next) = Calendar::new(session.calendar).next(session.date) else { return };
        let at = self.now.max(self.trader.last_at());
        let over = Over { at, session, next: next.id, why: Why::Again(by) };
        self.wiring.must(self.wiring.broker.deliver(ToBroker::Close(over)));
    }

    /// Days were opened again by two persons; they stay so until somebody closes them, or the next session's close does.
    pub(super) fn opened_again(&mut self, unlock: &Unlock) {
        let (by, second, reason) = (&unlock.by, &unlock.second, &unlock.reason);
        let why = format!("{} was opened again by {by} and {second}: {reason}", unlock.session.date);
        for day in self.trader.left_open().into_iter().filter(|day| *day >= unlock.session) {
            self.held.entry(day).or_insert_with(|| Held { cause: Cause::Reopened, why: why.clone() });
        }
        let told = self.told().into_iter();
        self.queue_up(None, told.chain([After::DaysOpen(self.open_days())]).collect());
    }

    /// What an earlier process left open: days that were never closed are tried again at once, and say again what is in their
    /// way. One that cannot be tried by itself says why it failed when it was tried last, as it stands in the review.
    pub(super) fn look_at_what_was_left(&mut self, ctx: &mut Context<Self>) {
        let last = self.trader.to_close();
        for day in self.trader.left_open() {
            let times = self.trader.books().times_closed(day);
            let (cause, why) = if times > 0 {
                (Cause::Reopened, "it was opened again by two persons")
            } else {
                let why = "it was not closed when its session ended; what stood in its way stands in the review";
                (Cause::Questions, why)
            };
            let tried = cause == Cause::Questions && (last == Some(day) || self.trader.has_figures(day));
            let cause = if tried || cause == Cause::Reopened { cause } else { Cause::Check };
            self.held.insert(day, Held { cause, why: why.to_owned() });
            if tried {
                continue;
            }
            let asked = self.wiring.questions.failing(day, times.saturating_add(1));
            ctx.spawn(asked.into_actor(self).map(move |failing, own, ctx| {
                // Meanwhile it may have been closed.
                if own.lost || own.trader.books().closed_through() >= Some(day) {
                    return;
                }
                if let (Some(why), Some(held)) = (failing, own.held.get_mut(&day)) {
                    *held = Held { cause: Cause::Check, why };
                }
                own.queue_up(None, vec![After::DaysOpen(own.open_days())]);
                own.pump(ctx);
            }));
        }
        self.close_again(None, ctx);
    }
}
