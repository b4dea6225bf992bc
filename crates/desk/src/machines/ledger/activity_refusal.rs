//! Why an activity, a corporate action or a decision was not booked, with its numbers.

use std::fmt;

use super::naming::NamingRefusal;
use super::refusal::BookRefusal;
use crate::domain::decimal::Quantity;
use crate::domain::ids::{ExecutionId, SessionId};
use crate::domain::journal::{AccountCode, EntryKind};
use crate::domain::symbol::{Currency, Symbol};

/// What a broker's activity, a corporate action or a person's decision lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityRefusal {
    /// More is sold or paid than is held of what cannot be owed.
    NotHeld {
        /// What it is.
        instrument: Symbol,
        /// Units asked for.
        asked: Quantity,
        /// Units held.
        held: Quantity,
    },
    /// An activity that moved nothing.
    NoAmount {
        /// The kind of the entry.
        kind: EntryKind,
        /// Its source key.
        key: String,
    },
    /// An account that this kind of entry may not touch.
    WrongAccount {
        /// The source key.
        key: String,
        /// The account.
        account: AccountCode,
        /// Those that it may.
        allowed: &'static str,
    },
    /// An account of the chart that is closed.
    AccountClosed {
        /// The account.
        account: AccountCode,
        /// Its name.
        name: String,
    },
    /// An open item where none belongs, or none where one is needed.
    ItemOf {
        /// The source key.
        key: String,
        /// The account.
        account: AccountCode,
        /// Whether one is needed.
        needed: bool,
    },
    /// A text that cannot name an open item or a lot.
    BadItem {
        /// The kind of the entry.
        kind: EntryKind,
        /// The text.
        item: String,
    },
    /// Two legs of a conversion in one currency.
    SameCurrency {
        /// The execution.
        execution: ExecutionId,
        /// The currency.
        currency: Currency,
    },
    /// Terms of a split that change nothing, or name no shares.
    SplitTerms {
        /// Whose shares.
        instrument: Symbol,
        /// How many come.
        new: u32,
        /// For how many.
        old: u32,
    },
    /// Terms of a reorganisation that name no shares, or the same ones twice.
    ReorganisationTerms {
        /// What they were.
        instrument: Symbol,
        /// What they are to be.
        into: Symbol,
        /// How many come.
        new: u32,
        /// For how many.
        old: u32,
    },
    /// A decision without a person or a reason.
    NoReason {
        /// The kind of the entry.
        kind: EntryKind,
        /// Its source key.
        key: String,
    },
    /// Two persons are needed, and one was named twice.
    SamePerson {
        /// The source key.
        key: String,
        /// Who.
        by: String,
    },
    /// A session that is not closed cannot be opened again.
    NotClosed {
        /// The session.
        session: SessionId,
        /// The last one closed, if one is.
        closed_through: Option<SessionId>,
    },
    /// A date that is no day of the books, though later ones are closed.
    NoDay {
        /// The session.
        session: SessionId,
        /// The first day of the books.
        first: SessionId,
        /// The last one closed.
        last: SessionId,
    },
    /// A session that was closed together with earlier ones, by one record, is opened again together with them.
    ClosedTogether {
        /// The session.
        session: SessionId,
        /// The first of those that its close took along.
        first: SessionId,
    },
    /// A session was closed since the closing records were read that an unlock brings.
    RecordsBehind {
        /// The session whose last record is missing among them.
        session: SessionId,
    },
    /// Lots were named, and cannot be.
    Naming(NamingRefusal),
    /// A year is to end on a day whose results went with a later session's end of a year.
    YearClosedLater {
        /// The session.
        session: SessionId,
        /// The later one.
        later: SessionId,
    },
}

impl ActivityRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotHeld { .. } => "not_held",
            Self::NoAmount { .. } => "no_amount",
            Self::WrongAccount { .. } => "wrong_account",
            Self::AccountClosed { .. } => "account_closed",
            Self::ItemOf { .. } => "item_of_account",
            Self::BadItem { .. } => "bad_item",
            Self::SameCurrency { .. } => "same_currency",
            Self::SplitTerms { .. } => "split_terms",
            Self::ReorganisationTerms { .. } => "reorganisation_terms",
            Self::NoReason { .. } => "no_reason",
            Self::SamePerson { .. } => "same_person",
            Self::NotClosed { .. } => "not_closed",
            Self::NoDay { .. } => "no_day",
            Self::ClosedTogether { .. } => "closed_together",
            Self::RecordsBehind { .. } => "records_behind",
            Self::Naming(refusal) => refusal.code(),
            Self::YearClosedLater { .. } => "year_closed_later",
        }
    }
}

impl From<ActivityRefusal> for BookRefusal {
    fn from(refusal: ActivityRefusal) -> Self {
        Self::Activity(refusal)
    }
}

impl From<NamingRefusal> for BookRefusal {
    fn from(refusal: NamingRefusal) -> Self {
        Self::Activity(ActivityRefusal::Naming(refusal))
    }
}

impl fmt::Display for ActivityRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHeld { instrument, asked, held } => {
                write!(f, "{asked} of {instrument} are to leave, but {held} are held; none can be owed")
            }
            Self::NoAmount { kind, key } => write!(f, "{kind} {key} moved nothing; an amount is needed"),
            Self::WrongAccount { key, account, allowed } => {
                write!(f, "{key} names account {account}; allowed are {allowed}")
            }
            Self::AccountClosed { account, name } => {
                write!(f, "account {account}, {name}, is closed: it takes no postings until it is opened again")
            }
            Self::ItemOf { key, account, needed: true } => {
                write!(f, "{key} names no open item of account {account}, which needs one")
            }
            Self::ItemOf { key, account, needed: false } => {
                write!(f, "{key} names an open item, but account {account} has none")
            }
            Self::BadItem { kind, item } => write!(
                f,
                "{kind} {item:?} cannot name an open item or a lot: 1 to 200 printable characters are allowed"
            ),
            Self::SameCurrency { execution, currency } => {
                write!(f, "conversion {execution} buys and sells {currency}; two currencies are needed")
            }
            Self::SplitTerms { instrument, new, old } => {
                write!(f, "a split {new}:{old} of {instrument} is none; two different numbers above zero are needed")
            }
            Self::ReorganisationTerms { instrument, into, new, old } => write!(
                f,
                "{new} {into} for {old} {instrument} is no reorganisation; another instrument and two numbers above zero are needed"
            ),
            Self::NoReason { kind, key } => write!(f, "{kind} {key} needs the person who decides, and the reason"),
            Self::SamePerson { key, by } => write!(f, "{key} was asked for by {by}; somebody else has to agree"),
            Self::NotClosed { session, closed_through } => {
                let through = closed_through.map(|last| format!("the books are closed through {last}"));
                write!(f, "session {session} is not closed; {}", through.as_deref().unwrap_or("none is"))
            }
            Self::NoDay { session, first, last } => write!(
                f,
                "{session} is no day of the books: nothing was booked into it; their days {first} to {last} are closed"
            ),
            Self::ClosedTogether { session, first } => write!(
                f,
                "session {session} was closed together with {first}, by one record; it is opened by asking for {first}"
            ),
            Self::RecordsBehind { session } => write!(
                f,
                "session {session} was closed while this was asked, and the broker's figures of its close are missing; it can be \
                 confirmed again at once"
            ),
            Self::Naming(refusal) => refusal.fmt(f),
            Self::YearClosedLater { session, later } => write!(
                f,
                "a year was closed in {later} already, with the results of {session}; what came to {session} since goes with the \
                 next close of a year"
            ),
        }
    }
}
