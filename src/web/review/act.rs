//! An act as it comes in, from a form or a program.

use std::collections::BTreeSet;

use desk::domain::bot::Origin;
use desk::domain::time::Date;

use super::rows::{Whole, whole};
use crate::store::Reviewable;
use crate::store::people::review::{ActKind, Doing, Known, NotDone, Refused, Standing, Subject, Wanted};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// An act as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) version: u64,
    pub(crate) wanted: Wanted,
}

impl Asked {
    /// From fields by their names; empty where one is missing.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where act, version or number cannot be read.
    pub(crate) fn read(with: &dyn Fn(&str) -> String) -> Result<Self, Refusal> {
        let wrong =
            |name: &str, allowed: &str| Refusal::Invalid(format!("{name} is {:?}. Allowed: {allowed}.", with(name)));
        let allowed = "comment, query, answer, resolve, assign, approve, withdraw";
        let kind = ActKind::named(&with("act")).ok_or_else(|| wrong("act", allowed))?;
        let version = with("version").parse().map_err(|_| wrong("version", "the number of acts that was seen"))?;
        let about = match with("about") {
            none if none.is_empty() => None,
            number => Some(number.parse().map_err(|_| wrong("about", "the number of a question"))?),
        };
        let plain = |text: String| text.replace("\r\n", "\n").replace(|c: char| c.is_control() && c != '\n', " ");
        let wanted = Wanted { kind, about, to: with("to"), text: plain(with("text")) };
        Ok(Self { version, wanted })
    }
}

/// What the books know about a day.
pub(super) fn day_known(books: &Reviewable, day: Date, reviewers: &BTreeSet<String>) -> Known {
    Known {
        day: Some(day),
        authors: books.authors(day),
        last: books.days.get(&day).copied().unwrap_or(0),
        sealed: books.closed(day),
        reviewers: reviewers.clone(),
    }
}

/// What is known about a subject.
///
/// # Errors
/// [`Refusal::Missing`] where there is no such thing.
pub(crate) async fn known(whole: &Whole, subject: Subject) -> Result<Known, Refusal> {
    let missing = || Refusal::Missing(format!("There is no {} to review.", subject.to_string().replace(':', " ")));
    match subject {
        Subject::Entry(seq) => Ok(whole.entry_known(&whole.entry(seq).await?.ok_or_else(missing)?)),
        Subject::Day(day) if whole.books.days.contains_key(&day) => Ok(day_known(&whole.books, day, &whole.reviewers)),
        Subject::Day(_) => Err(missing()),
        Subject::Item(number) => whole.item_known(number).ok_or_else(missing),
    }
}

/// Carries an act out, or says by which rule not.
///
/// # Errors
/// [`Refusal::Missing`] where there is no such subject, or where the database does not answer.
pub(crate) async fn carry_out(
    shared: &Shared,
    visitor: &Visitor,
    subject: Subject,
    asked: &Asked,
) -> Result<Result<Standing, Refused>, Refusal> {
    let missing = || Refusal::Missing("The books are not open yet, so there is nothing to review.".to_owned());
    let whole = whole(shared).await?.ok_or_else(missing)?;
    let known = known(&whole, subject).await?;
    let doing = Doing {
        subject,
        version: asked.version,
        who: visitor.who(),
        origin: Origin::Web,
        wanted: asked.wanted.clone(),
    };
    let done = shared.site.people.review(&shared.site.identity, &doing, &known, shared.now()).await;
    match done {
        Ok(standing) => {
            shared.review.acted();
            shared.site.bookkeeping.reviewed();
            Ok(Ok(standing))
        }
        Err(NotDone::Refused(refused)) => Ok(Err(refused)),
        Err(NotDone::Store(error)) => Err(error.into()),
    }
}
