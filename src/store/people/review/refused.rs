//! Why an act was refused: numbers, a stable code, and a sentence.

use std::fmt;

use super::words::{Act, Subject};

/// Why an act was refused. Nothing was changed, and what was typed is still there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Somebody else acted since the page was opened.
    Changed {
        /// What was done since, the oldest first; never empty.
        since: Vec<Act>,
    },
    /// The page names more acts than there are.
    Ahead {
        /// The number that it names.
        named: u64,
        /// The number that there is.
        found: u64,
    },
    /// The act needs words.
    NoText,
    /// Too many words.
    TooLong {
        /// How many characters.
        found: usize,
        /// How many are allowed.
        allowed: usize,
    },
    /// Whoever entered it does not approve it.
    OwnEntry {
        /// Who.
        who: String,
    },
    /// Questions are open.
    OpenQueries {
        /// On what.
        on: Vec<Subject>,
    },
    /// It is approved already, and nothing has changed since.
    Approved {
        /// By whom.
        by: String,
    },
    /// There is no approval to take back.
    NotApproved,
    /// There is no open question of this number.
    NoQuery {
        /// The number; nothing where none was given.
        number: Option<u64>,
    },
    /// Whoever asked does not answer.
    OwnQuery {
        /// Who.
        who: String,
    },
    /// Only whoever asked takes a question back.
    NotOwnQuery {
        /// Who asked.
        by: String,
    },
    /// It cannot be assigned to this person.
    NoReviewer {
        /// To whom.
        to: String,
        /// To whom it can be.
        known: Vec<String>,
    },
    /// It waits for this person already.
    SameReviewer {
        /// Who.
        to: String,
    },
    /// The bot alone raises, by its own way.
    NotHere,
}

impl Refused {
    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Ahead { .. } => "ahead",
            Self::NoText => "no_text",
            Self::TooLong { .. } => "too_long",
            Self::OwnEntry { .. } => "own_entry",
            Self::OpenQueries { .. } => "open_queries",
            Self::Approved { .. } => "approved",
            Self::NotApproved => "not_approved",
            Self::NoQuery { .. } => "no_query",
            Self::OwnQuery { .. } => "own_query",
            Self::NotOwnQuery { .. } => "not_own_query",
            Self::NoReviewer { .. } => "no_reviewer",
            Self::SameReviewer { .. } => "same_reviewer",
            Self::NotHere => "not_here",
        }
    }

    /// Whether it is about what was typed, and not about what stands.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::NoText | Self::TooLong { .. } | Self::NoReviewer { .. } | Self::NotHere)
    }
}

/// A list for a sentence: at most five, and how many more.
fn listed<T: fmt::Display>(all: &[T]) -> String {
    let shown: Vec<String> = all.iter().take(5).map(ToString::to_string).collect();
    match all.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Who did what when, for a sentence.
fn told(act: &Act) -> String {
    let at = act.at.to_string();
    let clock = at.split_once('T').and_then(|(_, time)| time.get(..5)).unwrap_or_default();
    format!("{} {} at {clock} UTC", act.who, act.wanted.kind.said())
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { since } => {
                let done: Vec<String> = since.iter().map(told).collect();
                write!(
                    f,
                    "Since this page was opened, {}. Nothing was changed by you; look at it, then send again.",
                    listed(&done)
                )
            }
            Self::Ahead { named, found } => write!(
                f,
                "The form names {named} acts, and there are {found}. Open the page again; what was typed can be copied."
            ),
            Self::NoText => f.write_str("A few words are needed: what is asked, answered or taken back, and why."),
            Self::TooLong { found, allowed } => {
                write!(f, "The text has {found} characters; at most {allowed} are kept.")
            }
            Self::OwnEntry { who } => {
                write!(f, "{who} entered it, so {who} cannot approve it. Another reviewer can.")
            }
            Self::OpenQueries { on } => {
                write!(f, "Questions are open on {}. They are answered or resolved before an approval.", listed(on))
            }
            Self::Approved { by } => write!(f, "{by} has approved it, and nothing has changed since."),
            Self::NotApproved => f.write_str("It is not approved, so there is no approval to withdraw."),
            Self::NoQuery { number: Some(number) } => write!(f, "Act {number} is no open question; it may be settled."),
            Self::NoQuery { number: None } => f.write_str("No question is named; choose the one that is meant."),
            Self::OwnQuery { who } => {
                write!(f, "{who} asked this; another reviewer answers it, or {who} resolves it.")
            }
            Self::NotOwnQuery { by } => write!(f, "{by} asked this, and can resolve it; others answer it."),
            Self::NoReviewer { to, known } => {
                write!(f, "It cannot be assigned to {to:?}. Allowed: {}, or nobody.", listed(known))
            }
            Self::SameReviewer { to } if to.is_empty() => f.write_str("It is assigned to nobody already."),
            Self::SameReviewer { to } => write!(f, "It is assigned to {to} already."),
            Self::NotHere => f.write_str("Items are raised by the bot and by imports, not by this form."),
        }
    }
}

impl std::error::Error for Refused {}
