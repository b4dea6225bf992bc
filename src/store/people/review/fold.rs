//! What holds about a subject, as a pure fold over its acts; and what may be done next, or why not. No I/O here.

use std::collections::BTreeSet;

use desk::domain::time::Timestamp;

use super::refused::Refused;
use super::words::{Act, ActKind, Subject, Wanted};

/// The longest text, in characters.
const LONGEST: usize = 2_000;

/// How far the review of a subject has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Review {
    /// A question is open.
    Queried,
    /// Nobody has approved it, or it has changed since.
    Unreviewed,
    /// Somebody who did not enter it says that it is right.
    Approved,
}

impl Review {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queried => "queried",
            Self::Unreviewed => "unreviewed",
            Self::Approved => "approved",
        }
    }
}

/// The state of LEDG-7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its day takes entries: how far the review has come.
    Open(Review),
    /// Its day is closed. The review goes on, and is shown beside it.
    Locked(Review),
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open(review) => review.as_str(),
            Self::Locked(_) => "locked",
        }
    }

    /// How far the review has come.
    #[must_use]
    pub const fn review(self) -> Review {
        let (Self::Open(review) | Self::Locked(review)) = self;
        review
    }
}

/// What the acts on a subject depend on besides themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// Who entered it; of a day, who entered anything in it.
    pub authors: BTreeSet<String>,
    /// Of a day: what in it has open questions.
    pub queried: Vec<Subject>,
    /// Of a day: when something in it was last called into question.
    pub reopened: Option<Timestamp>,
    /// Of a day: the last entry booked into it, closes and unlocks aside.
    pub last: u64,
    /// Of an entry: when an approval of its day covered it.
    pub covered: Option<Timestamp>,
    /// Whether its day is closed.
    pub sealed: bool,
    /// To whom it can be assigned.
    pub reviewers: BTreeSet<String>,
}

/// A subject with everything that was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What.
    pub subject: Subject,
    /// Everything that was done, the oldest first.
    pub acts: Vec<Act>,
}

impl Standing {
    /// One that nobody has touched.
    #[must_use]
    pub const fn untouched(subject: Subject) -> Self {
        Self { subject, acts: Vec::new() }
    }

    /// How many acts there are; the next one names it.
    #[must_use]
    pub fn version(&self) -> u64 {
        u64::try_from(self.acts.len()).unwrap_or(u64::MAX)
    }

    /// Questions that are neither answered nor resolved, the oldest first.
    #[must_use]
    pub fn queries(&self) -> Vec<&Act> {
        let settles = |a: &&Act| matches!(a.wanted.kind, ActKind::Answer | ActKind::Resolve);
        let settled: BTreeSet<u64> = self.acts.iter().filter(settles).filter_map(|a| a.wanted.about).collect();
        self.acts.iter().filter(|a| asks(a) && !settled.contains(&a.n)).collect()
    }

    /// When it was last called into question: by a query, or by an approval taken back.
    #[must_use]
    pub fn reopened(&self) -> Option<Timestamp> {
        self.acts.iter().rev().find(|a| asks(a) || a.wanted.kind == ActKind::Withdraw).map(|a| a.at)
    }

    /// The approval that stands: nothing called it into question since.
    #[must_use]
    pub fn approval(&self) -> Option<&Act> {
        let last = self.acts.iter().rev().find(|a| asks(a) || is_verdict(a));
        last.filter(|a| a.wanted.kind == ActKind::Approve)
    }

    /// For whom it waits; nothing is for everybody.
    #[must_use]
    pub fn assigned(&self) -> Option<&str> {
        let last = self.acts.iter().rev().find(|a| a.wanted.kind == ActKind::Assign);
        last.map(|a| a.wanted.to.as_str()).filter(|to| !to.is_empty())
    }

    /// How far the review has come.
    #[must_use]
    pub fn review(&self, around: &Around) -> Review {
        if !self.queries().is_empty() || !around.queried.is_empty() {
            Review::Queried
        } else if self.stands(around).is_some()
            || around.covered.is_some_and(|at| self.reopened().is_none_or(|r| r < at))
        {
            Review::Approved
        } else {
            Review::Unreviewed
        }
    }

    /// The approval of its own that stands, seen with what is around it.
    #[must_use]
    pub fn stands(&self, around: &Around) -> Option<&Act> {
        let day = matches!(self.subject, Subject::Day(_));
        let whole = |a: &&Act| !day || a.wanted.about.is_some_and(|last| last >= around.last);
        self.approval().filter(whole).filter(|a| around.reopened.is_none_or(|at| at < a.at))
    }

    /// The state of LEDG-7.
    #[must_use]
    pub fn state(&self, around: &Around) -> State {
        let review = self.review(around);
        if around.sealed { State::Locked(review) } else { State::Open(review) }
    }

    /// Whether it waits for this person.
    #[must_use]
    pub fn waits_for(&self, name: &str, around: &Around) -> bool {
        match (self.review(around), self.assigned()) {
            (Review::Approved, _) => false,
            (_, Some(to)) => to == name,
            // A question waits for everybody but whoever asked it.
            (Review::Queried, None) => self.queries().iter().any(|q| q.who != name),
            (Review::Unreviewed, None) => !around.authors.contains(name),
        }
    }
}

/// Whether an act opens a question.
fn asks(act: &Act) -> bool {
    matches!(act.wanted.kind, ActKind::Raise | ActKind::Query)
}

fn is_verdict(act: &Act) -> bool {
    matches!(act.wanted.kind, ActKind::Approve | ActKind::Withdraw)
}

/// What will be recorded of what somebody wants, made on so many acts.
///
/// # Errors
/// [`Refused`]; then nothing is recorded.
pub fn decide(
    standing: &Standing,
    version: u64,
    who: &str,
    wanted: &Wanted,
    around: &Around,
) -> Result<Wanted, Refused> {
    current(standing, version, who)?;
    let text = wanted.text.trim();
    let length = text.chars().count();
    if length > LONGEST {
        return Err(Refused::TooLong { found: length, allowed: LONGEST });
    }
    let needs_words = [ActKind::Comment, ActKind::Query, ActKind::Answer, ActKind::Withdraw];
    if text.is_empty() && needs_words.contains(&wanted.kind) {
        return Err(Refused::NoText);
    }
    let mut done = Wanted { text: text.to_owned(), ..Wanted::plain(wanted.kind) };
    match wanted.kind {
        ActKind::Raise => return Err(Refused::NotHere),
        ActKind::Answer | ActKind::Resolve => done.about = Some(question(standing, who, wanted)?),
        ActKind::Assign => done.to = assignee(standing, wanted, around)?,
        ActKind::Approve => {
            approvable(standing, who, around)?;
            done.about = matches!(standing.subject, Subject::Day(_)).then_some(around.last);
        }
        ActKind::Withdraw if standing.approval().is_none() => return Err(Refused::NotApproved),
        ActKind::Comment | ActKind::Query | ActKind::Withdraw => {}
    }
    Ok(done)
}

/// Whether the act was made on what stands now. One's own acts in between change nothing under one's hand.
fn current(standing: &Standing, version: u64, who: &str) -> Result<(), Refused> {
    let found = standing.version();
    if version > found {
        return Err(Refused::Ahead { named: version, found });
    }
    let since: Vec<Act> = standing.acts.iter().filter(|a| a.n > version).cloned().collect();
    if since.iter().any(|a| a.who != who) { Err(Refused::Changed { since }) } else { Ok(()) }
}

/// The number of the question that is meant.
fn question(standing: &Standing, who: &str, wanted: &Wanted) -> Result<u64, Refused> {
    let missing = Refused::NoQuery { number: wanted.about };
    let open = standing.queries();
    let query = open.into_iter().find(|q| Some(q.n) == wanted.about).ok_or(missing)?;
    match wanted.kind {
        ActKind::Resolve if query.who != who => Err(Refused::NotOwnQuery { by: query.who.clone() }),
        ActKind::Answer if query.who == who => Err(Refused::OwnQuery { who: who.to_owned() }),
        _ => Ok(query.n),
    }
}

fn assignee(standing: &Standing, wanted: &Wanted, around: &Around) -> Result<String, Refused> {
    let to = wanted.to.trim();
    if !to.is_empty() && !around.reviewers.contains(to) {
        let known = around.reviewers.iter().cloned().collect();
        return Err(Refused::NoReviewer { to: to.chars().take(40).collect(), known });
    }
    if standing.assigned().unwrap_or_default() == to {
        return Err(Refused::SameReviewer { to: to.to_owned() });
    }
    Ok(to.to_owned())
}

/// Four eyes, no open question, and not twice.
fn approvable(standing: &Standing, who: &str, around: &Around) -> Result<(), Refused> {
    let raised = |a: &Act| a.wanted.kind == ActKind::Raise && a.who == who;
    if around.authors.contains(who) || standing.acts.iter().any(raised) {
        return Err(Refused::OwnEntry { who: who.to_owned() });
    }
    let own = (!standing.queries().is_empty()).then_some(standing.subject);
    let on: Vec<Subject> = own.into_iter().chain(around.queried.iter().copied()).collect();
    if !on.is_empty() {
        return Err(Refused::OpenQueries { on });
    }
    match standing.stands(around) {
        Some(approval) => Err(Refused::Approved { by: approval.who.clone() }),
        None => Ok(()),
    }
}
