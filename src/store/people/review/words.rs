//! What is reviewed, what is done about it, what is raised.

use std::fmt;
use std::str::FromStr;

use desk::domain::time::{Date, Timestamp};

/// What is reviewed. As text `entry:12`, `day:2026-11-20`, `item:3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An entry of the journal, by its number.
    Entry(u64),
    /// A day of the books.
    Day(Date),
    /// Something that was raised.
    Item(u64),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(seq) => write!(f, "entry:{seq}"),
            Self::Day(date) => write!(f, "day:{date}"),
            Self::Item(item) => write!(f, "item:{item}"),
        }
    }
}

/// A text that names no subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSubject;

impl FromStr for Subject {
    type Err = NoSubject;

    fn from_str(text: &str) -> Result<Self, NoSubject> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0).map(u64::from).ok_or(NoSubject);
        let found = match text.split_once(':') {
            Some(("entry", seq)) => Self::Entry(number(seq)?),
            Some(("item", item)) => Self::Item(number(item)?),
            Some(("day", date)) => Self::Day(date.parse().map_err(|_| NoSubject)?),
            _ => return Err(NoSubject),
        };
        // One text for one subject: `entry:007` is none.
        if found.to_string() == text { Ok(found) } else { Err(NoSubject) }
    }
}

/// Names in records and forms.
macro_rules! named {
    ($kind:ident: $($(#[$doc:meta])* $name:ident = $text:literal, $word:literal;)*) => {
        impl $kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name in records.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// Its words for a person.
            #[must_use]
            pub const fn said(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The one of this name.
            #[must_use]
            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActKind {
    /// An item was raised: an open question from its first moment.
    Raise,
    /// A remark that asks nothing.
    Comment,
    /// A question: the subject is `queried` until it is answered or taken back.
    Query,
    /// The answer of somebody else to a question.
    Answer,
    /// Whoever asked is content.
    Resolve,
    /// From now on it waits for one person, or for everybody again.
    Assign,
    /// It is right.
    Approve,
    /// An approval is taken back.
    Withdraw,
}

named! { ActKind:
    Raise = "raise", "raised it";
    Comment = "comment", "commented";
    Query = "query", "queried it";
    Answer = "answer", "answered";
    Resolve = "resolve", "resolved the query";
    Assign = "assign", "assigned it";
    Approve = "approve", "approved it";
    Withdraw = "withdraw", "withdrew the approval";
}

/// What kind of thing was raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// The broker's statement and the books differ.
    Statement,
    /// The float and accounting's document differ.
    Float,
    /// A check of the day's close did not agree.
    Break,
    /// A rate or price was too old when it was used.
    Rate,
    /// The broker tells of an activity that nobody knows.
    Activity,
    /// Anything else.
    Other,
}

named! { ItemKind:
    Statement = "statement", "broker's statement";
    Float = "float", "float";
    Break = "break", "break";
    Rate = "rate", "rate";
    Activity = "activity", "unknown activity";
    Other = "other", "other";
}

/// How the source of an item begins that a day's close has raised about a check of its own.
pub const CLOSE: &str = "close:";

/// How the source of an item begins that asks for accounting's document of float that moved.
pub const MOVED: &str = "float_entry:";

/// Something to be raised. The same source is never raised twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem {
    /// What kind of thing it is.
    pub kind: ItemKind,
    /// One line, at most 200 characters: `Fee of 2026-11-20: statement 1.02, books 1.01`.
    pub title: String,
    /// The whole of it, at most 2,000 characters; may be empty.
    pub text: String,
    /// The entry or day that it is about, where there is one.
    pub about: Option<Subject>,
    /// The day of the books that cannot be approved before it is settled.
    pub day: Option<Date>,
    /// What it comes from, in a form that is the same each time: `statement:{hash}:{line}`. At most 200 characters.
    pub source: String,
}

/// Something that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub number: u64,
    /// What kind of thing it is.
    pub kind: ItemKind,
    /// One line.
    pub title: String,
    /// What it is about.
    pub about: Option<Subject>,
    /// The day that it belongs to.
    pub day: Option<Date>,
    /// What it comes from.
    pub source: String,
}

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub kind: ActKind,
    /// Answer and resolve: the number of the question. Approval of a day: the last entry that it covers.
    pub about: Option<u64>,
    /// Assign: to whom; empty is to everybody again.
    pub to: String,
    /// What was typed.
    pub text: String,
}

impl Wanted {
    /// An act without anything beside it.
    #[must_use]
    pub const fn plain(kind: ActKind) -> Self {
        Self { kind, about: None, to: String::new(), text: String::new() }
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// 1, 2, 3 … on its subject.
    pub n: u64,
    /// When.
    pub at: Timestamp,
    /// Who: a person's name, or a part of the bot in brackets.
    pub who: String,
    /// What.
    pub wanted: Wanted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledg_7_a_subject_has_one_text() {
        for text in ["entry:12", "day:2026-11-20", "item:3"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in
            ["", "entry:", "entry:0", "entry:007", "entry:-1", "day:2026-11-31", "day:20261120", "lot:3", "item:3 "]
        {
            assert_eq!(text.parse::<Subject>(), Err(NoSubject), "{text:?}");
        }
    }

    #[test]
    fn every_name_is_found_again() {
        assert!(ActKind::ALL.iter().all(|kind| ActKind::named(kind.as_str()) == Some(*kind)));
        assert!(ItemKind::ALL.iter().all(|kind| ItemKind::named(kind.as_str()) == Some(*kind)));
        assert_eq!(ActKind::named("delete"), None);
    }
}
