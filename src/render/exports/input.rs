//! What is exported, and why something cannot be.

use std::collections::BTreeMap;
use std::fmt;

use desk::domain::chart::{DEFAULT, find};
use desk::domain::decimal::{Price, Quantity};
use desk::domain::ids::Identity;
use desk::domain::journal::{AccountCode, Entry};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Date;
use desk::domain::wide::Overflow;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// OFX 2.2, one investment statement per currency.
    Ofx,
    /// One row a posting.
    Csv,
    /// Our own, which [`import`](super::import) reads back.
    Json,
    /// For `bean-check`, tolerance zero.
    Beancount,
    /// For `hledger check --strict`.
    Hledger,
    /// Debits, credits and balance of each account at the period's end.
    TrialBalance,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Ofx, Self::Csv, Self::Json, Self::Beancount, Self::Hledger, Self::TrialBalance];

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ofx => "ofx",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Beancount => "beancount",
            Self::Hledger => "hledger",
            Self::TrialBalance => "trial-balance",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == name)
    }

    /// What a browser is told that a file of it is.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Ofx => "application/x-ofx",
            Self::Csv | Self::TrialBalance => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Beancount | Self::Hledger => "text/plain; charset=utf-8",
        }
    }

    /// The name of a period's file: whose books, which days, which program.
    #[must_use]
    pub fn file_name(self, identity: &Identity, period: Period) -> String {
        let Period { from, to } = period;
        match self {
            Self::TrialBalance => format!("{identity}_{to}_trial-balance.csv"),
            _ => format!("{identity}_{from}_{to}.{}", self.as_str()),
        }
    }

    /// Whether it needs what was before the period: balances, lots and what they cost.
    const fn needs_past(self) -> bool {
        !matches!(self, Self::Csv | Self::Json)
    }
}

/// A journal as a store or a file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// Whose books.
    pub identity: Identity,
    /// The currency that coins and statements are valued in.
    pub base_currency: Currency,
    /// The chart: names by code.
    pub accounts: BTreeMap<AccountCode, String>,
    /// Entries in the order of booking, without gap.
    pub entries: Vec<Entry>,
}

impl Journal {
    /// The default chart's names.
    #[must_use]
    pub fn default_accounts() -> BTreeMap<AccountCode, String> {
        DEFAULT.iter().map(|a| (a.code, a.name.to_owned())).collect()
    }

    /// The name of an account that persons have added or renamed.
    #[must_use]
    pub fn own_name(&self, code: AccountCode) -> Option<&str> {
        let name = self.accounts.get(&code)?.as_str();
        (find(code).map(|a| a.name) != Some(name)).then_some(name)
    }

    /// The names of the accounts that persons have added or renamed.
    #[must_use]
    pub fn own_names(&self) -> BTreeMap<AccountCode, String> {
        let own = self.accounts.keys().filter_map(|code| Some((*code, self.own_name(*code)?.to_owned())));
        own.collect()
    }

    /// The first and the last day that entries were booked to.
    #[must_use]
    pub fn days(&self) -> Option<Period> {
        let days = || self.entries.iter().map(|e| e.draft.session.date);
        Some(Period { from: days().min()?, to: days().max()? })
    }
}

/// The days of a file, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

/// What a contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// A future: its gains are paid daily.
    Future,
    /// A perpetual.
    Perpetual,
}

/// What is known of an instrument besides its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instrument {
    /// Its name for people.
    pub name: Option<String>,
    /// What a contract is; otherwise the accounts of its gains tell.
    pub contract: Option<Contract>,
    /// Units of the underlying in one contract.
    pub multiplier: Option<Quantity>,
}

/// What is to be exported.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The journal, at least up to the period's end.
    pub journal: &'a Journal,
    /// The days.
    pub period: Period,
    /// Instruments by symbol, where more is known.
    pub instruments: &'a BTreeMap<Symbol, Instrument>,
    /// Prices at the period's end, for market values alone.
    pub prices: &'a BTreeMap<Symbol, Price>,
    /// The broker's account number; otherwise broker and bot id of the identity.
    pub account: Option<&'a str>,
}

impl<'a> Export<'a> {
    pub(super) fn check(&self, format: Format) -> Result<(), ExportError> {
        let Some(days) = self.journal.days() else { return Err(ExportError::NoEntries) };
        if self.inside().next().is_none() {
            return Err(ExportError::EmptyPeriod { period: self.period, days });
        }
        let first = self.journal.entries.first().map_or(1, |e| e.seq);
        if format.needs_past() && first != 1 {
            return Err(ExportError::Torn { format, first });
        }
        Ok(())
    }

    /// Entries of days before the period, in the order of booking.
    pub(super) fn before(&self) -> impl Iterator<Item = &'a Entry> {
        let from = self.period.from;
        self.journal.entries.iter().filter(move |e| e.draft.session.date < from)
    }

    /// Entries of the period, in the order of booking.
    pub(super) fn inside(&self) -> impl Iterator<Item = &'a Entry> {
        let Period { from, to } = self.period;
        self.journal.entries.iter().filter(move |e| (from..=to).contains(&e.draft.session.date))
    }

    /// Entries of the period, day by day, within a day in the order of booking: programs that sort by date see them so.
    pub(super) fn by_day(&self) -> BTreeMap<Date, Vec<&'a Entry>> {
        let mut days = BTreeMap::<Date, Vec<&Entry>>::new();
        for entry in self.inside() {
            days.entry(entry.draft.session.date).or_default().push(entry);
        }
        days
    }

    /// Entries up to the period's end, in the order of booking.
    pub(super) fn until_end(&self) -> impl Iterator<Item = &'a Entry> {
        let to = self.period.to;
        self.journal.entries.iter().filter(move |e| e.draft.session.date <= to)
    }
}

/// Why a file cannot be made, or read.
#[derive(Debug)]
pub enum ExportError {
    /// The journal is empty.
    NoEntries,
    /// No entry lies in the period.
    EmptyPeriod {
        /// The period asked for.
        period: Period,
        /// The days that have entries.
        days: Period,
    },
    /// The journal does not begin with its first entry, and the format needs what was before.
    Torn {
        /// The format.
        format: Format,
        /// The journal's first entry.
        first: u64,
    },
    /// An account number that OFX has no room for.
    LongAccount {
        /// The number.
        account: String,
    },
    /// Nothing was held before the period, so there is no opening.
    NothingBefore {
        /// The period's first day.
        from: Date,
    },
    /// The books hold what OFX cannot tell.
    Untellable {
        /// What our own checker says of the file.
        fault: String,
    },
    /// A sum is beyond what 64 bits hold.
    Overflow(Overflow),
    /// The JSON writer refused.
    Json(serde_json::Error),
    /// The CSV writer refused.
    Csv(String),
    /// A file that is no journal of ours.
    NoJournal {
        /// What is wrong.
        reason: String,
    },
    /// An entry of a file that cannot stand in books.
    BadEntry {
        /// Its sequence.
        seq: u64,
        /// What is wrong.
        reason: String,
    },
}

impl ExportError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoEntries => "no_entries",
            Self::EmptyPeriod { .. } => "empty_period",
            Self::Torn { .. } => "torn_journal",
            Self::LongAccount { .. } => "long_account",
            Self::NothingBefore { .. } => "nothing_before",
            Self::Untellable { .. } => "ofx_wrong",
            Self::Overflow(_) => "overflow",
            Self::Json(_) => "json",
            Self::Csv(_) => "csv",
            Self::NoJournal { .. } => "no_journal",
            Self::BadEntry { .. } => "bad_entry",
        }
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEntries => f.write_str("the journal has no entries; there is nothing to export"),
            Self::EmptyPeriod { period, days } => write!(
                f,
                "no entry lies between {} and {}; the journal has entries from {} to {}",
                period.from, period.to, days.from, days.to
            ),
            Self::Torn { format, first } => write!(
                f,
                "the journal begins with entry {first}; {} needs all entries from the first. Allowed for a part of a journal: csv, json",
                format.as_str()
            ),
            Self::LongAccount { account } => {
                write!(
                    f,
                    "the account number {account:?} cannot stand in OFX; 1 to 18 printable characters are allowed"
                )
            }
            Self::NothingBefore { from } => {
                write!(f, "nothing was booked before {from}, so the period has no opening")
            }
            Self::Untellable { fault } => {
                write!(f, "the books hold what OFX cannot tell, and nothing was written: {fault}")
            }
            Self::Overflow(e) => write!(f, "the journal cannot be added up: {e}"),
            Self::Json(e) => write!(f, "an entry cannot be written as JSON: {e}"),
            Self::Csv(e) => write!(f, "an entry cannot be written as CSV: {e}"),
            Self::NoJournal { reason } => write!(f, "is no journal in JSON: {reason}"),
            Self::BadEntry { seq, reason } => write!(f, "entry {seq} {reason}"),
        }
    }
}

impl std::error::Error for ExportError {}

impl From<Overflow> for ExportError {
    fn from(error: Overflow) -> Self {
        Self::Overflow(error)
    }
}

impl From<serde_json::Error> for ExportError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<::csv::Error> for ExportError {
    fn from(error: ::csv::Error) -> Self {
        Self::Csv(error.to_string())
    }
}
