//! The chart of accounts as it stands, and what a person may change in it (LEDG-2, BOOKS.md section 2).
//!
//! A change adds an account, gives one another name, or closes or opens one: the next version of the chart. Code, type, side and
//! what postings carry never change. The accounts of the default chart are those that posting rules name: they stay open.

use std::collections::BTreeMap;
use std::fmt;

use super::books::Books;
use crate::domain::chart::{self, AccountType, Carries, ChartChange, ChartRow, DEFAULT, NormalSide};
use crate::domain::decimal::Money;
use crate::domain::journal::{AccountCode, Draft};
use crate::domain::symbol::Currency;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 60;

/// The chart of one book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    version: u16,
    /// What persons have added or changed.
    changed: BTreeMap<AccountCode, ChartRow>,
}

/// What a person wants changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartEdit {
    /// Another account, of the type that its code tells. It holds money.
    Add {
        /// Its code, 1000 to 5999, never used before.
        code: AccountCode,
        /// Its name.
        name: String,
        /// Its normal side.
        side: NormalSide,
    },
    /// Another name.
    Rename {
        /// Whose.
        code: AccountCode,
        /// The name.
        name: String,
    },
    /// No more postings.
    Close(AccountCode),
    /// Postings again.
    Open(AccountCode),
}

/// Why the chart stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartRefusal {
    /// The code is used, or was once.
    CodeTaken {
        /// The code.
        code: AccountCode,
        /// Whose it is.
        name: String,
    },
    /// A code that no added account can have.
    CodeOutside(AccountCode),
    /// There is no such account.
    NoSuchAccount(AccountCode),
    /// A name of nothing, or one that is too long.
    NameLength(usize),
    /// A name that cannot be written on one line.
    NameUnfit,
    /// Another account has that name.
    NameTaken {
        /// The name.
        name: String,
        /// Whose it is.
        code: AccountCode,
    },
    /// It is so already.
    NothingChanges(AccountCode),
    /// Posting rules name the account.
    InUse(AccountCode),
    /// It has a balance.
    HasBalance {
        /// The account.
        code: AccountCode,
        /// The sum, debits positive.
        amount: Money,
        /// Of which currency.
        currency: Currency,
    },
    /// Who and why are needed.
    NoReason,
    /// There are as many versions as there can be.
    LastVersion,
}

impl Default for Chart {
    fn default() -> Self {
        Self { version: chart::VERSION, changed: BTreeMap::new() }
    }
}

impl Chart {
    /// Its version: 1, and one more with each change.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.version
    }

    /// All accounts, in the order of their codes.
    #[must_use]
    pub fn rows(&self) -> BTreeMap<AccountCode, ChartRow> {
        let mut rows: BTreeMap<_, _> = DEFAULT.iter().map(|a| (a.code, a.row())).collect();
        rows.extend(self.changed.iter().map(|(code, row)| (*code, row.clone())));
        rows
    }

    /// One account, as it stands.
    #[must_use]
    pub fn get(&self, code: AccountCode) -> Option<ChartRow> {
        self.changed.get(&code).cloned().or_else(|| chart::find(code).map(chart::Account::row))
    }

    /// An account that a person has added.
    #[must_use]
    pub fn added(&self, code: AccountCode) -> Option<&ChartRow> {
        self.changed.get(&code).filter(|_| chart::find(code).is_none())
    }

    /// Folds a change. Changes come in the order of their versions.
    pub fn apply(&mut self, change: &ChartChange) {
        self.version = change.version;
        self.changed.insert(change.account.code, change.account.clone());
    }

    /// The first closed account that drafts would post to.
    pub(super) fn closed_in(&self, drafts: &[Draft]) -> Option<&ChartRow> {
        if self.changed.values().all(|row| row.open) {
            return None;
        }
        let postings = drafts.iter().flat_map(|d| &d.postings);
        postings.filter_map(|p| self.changed.get(&p.account)).find(|row| !row.open)
    }

    fn must_have(&self, code: AccountCode) -> Result<ChartRow, ChartRefusal> {
        self.get(code).ok_or(ChartRefusal::NoSuchAccount(code))
    }

    /// A name that no other account has, without space around it.
    fn fitting_name(&self, code: AccountCode, name: &str) -> Result<String, ChartRefusal> {
        let name = name.trim();
        let length = name.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) {
            return Err(ChartRefusal::NameLength(length));
        }
        if name.chars().any(char::is_control) {
            return Err(ChartRefusal::NameUnfit);
        }
        let same = |row: &ChartRow| row.code != code && row.name.to_lowercase() == name.to_lowercase();
        match self.rows().into_values().find(same) {
            Some(other) => Err(ChartRefusal::NameTaken { name: other.name, code: other.code }),
            None => Ok(name.to_owned()),
        }
    }

    fn add(&self, code: AccountCode, name: &str, side: NormalSide) -> Result<ChartRow, ChartRefusal> {
        if let Some(row) = self.get(code) {
            return Err(ChartRefusal::CodeTaken { code, name: row.name });
        }
        let kind = AccountType::of(code).filter(|kind| *kind != AccountType::Units);
        let kind = kind.ok_or(ChartRefusal::CodeOutside(code))?;
        let name = self.fitting_name(code, name)?;
        Ok(ChartRow { code, name, kind, side, holds: Carries::Currency, items: false, open: true })
    }
}

impl Books {
    /// The chart of accounts as it stands.
    #[must_use]
    pub const fn chart(&self) -> &Chart {
        &self.chart
    }

    /// The change that an edit would make now. Nothing is changed.
    ///
    /// # Errors
    /// [`ChartRefusal`].
    pub fn chart_change(&self, edit: &ChartEdit, by: &str, reason: &str) -> Result<ChartChange, ChartRefusal> {
        if by.trim().is_empty() || reason.trim().is_empty() {
            return Err(ChartRefusal::NoReason);
        }
        let chart = &self.chart;
        let account = match edit {
            ChartEdit::Add { code, name, side } => chart.add(*code, name, *side)?,
            ChartEdit::Rename { code, name } => {
                let was = chart.must_have(*code)?;
                ChartRow { name: chart.fitting_name(*code, name)?, ..was }
            }
            ChartEdit::Close(code) => {
                let was = chart.must_have(*code)?;
                self.closable_account(*code)?;
                ChartRow { open: false, ..was }
            }
            ChartEdit::Open(code) => ChartRow { open: true, ..chart.must_have(*code)? },
        };
        if chart.get(account.code).as_ref() == Some(&account) {
            return Err(ChartRefusal::NothingChanges(account.code));
        }
        let version = chart.version.checked_add(1).ok_or(ChartRefusal::LastVersion)?;
        let (by, reason) = (by.to_owned(), reason.to_owned());
        Ok(ChartChange { version, after: self.last_seq, account, by, reason })
    }

    /// Folds a change of the chart.
    pub fn apply_chart(&mut self, change: &ChartChange) {
        self.chart.apply(change);
    }

    /// Only an account that no rule names and that has no balance is closed.
    fn closable_account(&self, code: AccountCode) -> Result<(), ChartRefusal> {
        if chart::find(code).is_some() {
            return Err(ChartRefusal::InUse(code));
        }
        let mut sums: BTreeMap<Currency, Money> = BTreeMap::new();
        for (line, balance) in self.balances.iter().filter(|(line, _)| line.account == code) {
            let sum = sums.entry(line.currency).or_default();
            *sum = sum.checked_add(balance.amount).unwrap_or(balance.amount);
        }
        match sums.into_iter().find(|(_, amount)| !amount.is_zero()) {
            Some((currency, amount)) => Err(ChartRefusal::HasBalance { code, amount, currency }),
            None => Ok(()),
        }
    }
}

impl ChartRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CodeTaken { .. } => "code_taken",
            Self::CodeOutside(_) => "code_outside",
            Self::NoSuchAccount(_) => "no_such_account",
            Self::NameLength(_) => "name_length",
            Self::NameUnfit => "name_unfit",
            Self::NameTaken { .. } => "name_taken",
            Self::NothingChanges(_) => "nothing_changes",
            Self::InUse(_) => "account_in_use",
            Self::HasBalance { .. } => "account_has_balance",
            Self::NoReason => "no_reason",
            Self::LastVersion => "last_version",
        }
    }
}

impl fmt::Display for ChartRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CodeTaken { code, name } => write!(f, "{code} is {name} already; a code is never used again"),
            Self::CodeOutside(code) => write!(
                f,
                "{code} cannot be added; 1000 to 1999 are assets, 2000 to 2999 liabilities, 3000 to 3999 equity, 4000 to 4999 \
                 income, 5000 to 5999 expenses"
            ),
            Self::NoSuchAccount(code) => write!(f, "there is no account {code} in the chart"),
            Self::NameLength(characters) => {
                write!(f, "the name has {characters} characters; 1 to {LONGEST_NAME} are needed")
            }
            Self::NameUnfit => f.write_str("the name has to stand on one line"),
            Self::NameTaken { name, code } => write!(f, "account {code} has the name {name} already"),
            Self::NothingChanges(code) => write!(f, "account {code} is so already; nothing would change"),
            Self::InUse(code) => write!(
                f,
                "account {code} cannot be closed: the rules by which the bot books name it; accounts that persons have \
                 added can be closed"
            ),
            Self::HasBalance { code, amount, currency } => write!(
                f,
                "account {code} has a balance of {amount} {currency}; only an account whose balance is zero is closed"
            ),
            Self::NoReason => f.write_str("a change of the chart needs who and why"),
            Self::LastVersion => f.write_str("the chart has as many versions as it can have"),
        }
    }
}

impl std::error::Error for ChartRefusal {}
