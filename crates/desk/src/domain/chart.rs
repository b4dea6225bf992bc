//! The default chart of accounts, version 1 (BOOKS.md section 2).
//!
//! Codes are never reused and an account's type never changes; an edit makes a new version of the chart.

use serde::{Deserialize, Serialize};

use super::journal::AccountCode;

/// The version of [`DEFAULT`]; each change by a person makes the next one.
pub const VERSION: u16 = 1;

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of bookkeeping")]
pub enum AccountType {
    Asset,
    Liability,
    Equity,
    Income,
    Expense,
    /// Carries units only: the counterpart of positions.
    Units,
}

/// Which side a positive figure of a statement means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormalSide {
    /// Debits, which are positive in the books.
    Debit,
    /// Credits, which are negative in the books.
    Credit,
    /// Shown signed.
    Either,
}

/// What the postings of an account carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Money of a currency.
    Money,
    /// Money with the tag `item`: open until its postings sum to zero.
    OpenItems,
    /// Money with the tag `lot`.
    MoneyByLot,
    /// Units at cost (shorts: at proceeds), lot by lot.
    LotsAtCost,
    /// Units lot by lot with the amount 0: contracts.
    LotsWithoutAmount,
    /// Units with the amount 0 and without a lot.
    Units,
}

/// What the tables ask of a posting: the coarse form of [`Holds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carries {
    /// Money, and no units.
    Currency,
    /// Units of a lot.
    Lots,
    /// Units alone.
    Units,
}

impl AccountType {
    /// The type of the accounts with this code: its first digit tells. Nothing for 6000 to 8999, which have none.
    #[must_use]
    pub const fn of(code: AccountCode) -> Option<Self> {
        match code.code() / 1000 {
            1 => Some(Self::Asset),
            2 => Some(Self::Liability),
            3 => Some(Self::Equity),
            4 => Some(Self::Income),
            5 => Some(Self::Expense),
            9 => Some(Self::Units),
            _ => None,
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
            Self::Units => "units",
        }
    }
}

impl NormalSide {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Debit, Self::Credit, Self::Either];

    /// Its name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Either => "either",
        }
    }
}

impl Carries {
    /// Its name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Currency => "currency",
            Self::Lots => "lots",
            Self::Units => "units",
        }
    }
}

impl Holds {
    /// What the tables ask of a posting.
    #[must_use]
    pub const fn carries(self) -> Carries {
        match self {
            Self::Money | Self::OpenItems | Self::MoneyByLot => Carries::Currency,
            Self::LotsAtCost | Self::LotsWithoutAmount => Carries::Lots,
            Self::Units => Carries::Units,
        }
    }
}

/// An account as a version of the chart has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartRow {
    /// Its code, never reused.
    pub code: AccountCode,
    /// Its name.
    pub name: String,
    /// What it is; never changes.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// Its normal side; never changes.
    pub side: NormalSide,
    /// What its postings carry; never changes.
    pub holds: Carries,
    /// Whether each of them needs the tag `item`; never changes.
    pub items: bool,
    /// Whether it takes postings.
    pub open: bool,
}

/// A change of the chart by a person: one account as it is from then on, and so the next version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartChange {
    /// The version that it makes.
    pub version: u16,
    /// The number of the last entry before it: what is booked later is booked under this version.
    pub after: u64,
    /// The account.
    pub account: ChartRow,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// An account of the default chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its code.
    pub code: AccountCode,
    /// Its name.
    pub name: &'static str,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// Its normal side.
    pub side: NormalSide,
    /// What its postings carry.
    pub holds: Holds,
}

impl Account {
    /// As a version of the chart has it.
    #[must_use]
    pub fn row(&self) -> ChartRow {
        ChartRow {
            code: self.code,
            name: self.name.to_owned(),
            kind: self.kind,
            side: self.side,
            holds: self.holds.carries(),
            items: self.holds == Holds::OpenItems,
            open: true,
        }
    }
}

const fn account(code: AccountCode, name: &'static str, kind: AccountType, side: NormalSide, holds: Holds) -> Account {
    Account { code, name, kind, side, holds }
}

/// The default chart, in the order of its codes.
pub const DEFAULT: &[Account] = {
    use AccountCode as C;
    use AccountType::{Asset, Equity, Expense, Income, Liability, Units};
    use Holds::{LotsAtCost, LotsWithoutAmount, Money, MoneyByLot, OpenItems};
    use NormalSide::{Credit, Debit, Either};
    &[
        account(C::CASH_SETTLED, "Cash, settled", Asset, Debit, Money),
        account(C::CASH_UNSETTLED, "Cash, unsettled", Asset, Debit, OpenItems),
        account(C::CASH_DERIVATIVES, "Cash in derivatives wallet", Asset, Debit, Money),
        account(C::DIVIDENDS_RECEIVABLE, "Dividends receivable", Asset, Debit, OpenItems),
        account(C::LONG_POSITIONS, "Long positions at cost", Asset, Debit, LotsAtCost),
        account(C::COINS, "Coins at cost", Asset, Debit, LotsAtCost),
        account(C::FUTURES, "Futures and perpetuals", Asset, Debit, LotsWithoutAmount),
        account(C::SUSPENSE, "Suspense", Asset, Debit, OpenItems),
        account(C::SHORT_POSITIONS, "Short positions at proceeds", Liability, Credit, LotsAtCost),
        account(C::FEES_ACCRUED, "Fees accrued", Liability, Credit, OpenItems),
        account(C::DIVIDENDS_OWED, "Dividends owed on shorts", Liability, Credit, OpenItems),
        account(C::INTEREST_ACCRUED, "Interest and borrow accrued", Liability, Credit, OpenItems),
        account(C::FLOAT_CONTRIBUTED, "Float contributed", Equity, Credit, Money),
        account(C::FLOAT_RETURNED, "Float returned", Equity, Debit, Money),
        account(C::RETAINED_RESULT, "Retained result", Equity, Credit, Money),
        account(C::CONVERSION, "Currency conversion", Equity, Either, Money),
        account(C::GAINS_SHORT_TERM, "Realised gains, short term", Income, Credit, MoneyByLot),
        account(C::GAINS_LONG_TERM, "Realised gains, long term", Income, Credit, MoneyByLot),
        account(C::GAINS_FUTURES, "Gains on futures", Income, Credit, MoneyByLot),
        account(C::GAINS_PERPETUALS, "Gains on perpetuals", Income, Credit, MoneyByLot),
        account(C::DIVIDENDS, "Dividends", Income, Credit, Money),
        account(C::INTEREST_EARNED, "Interest earned", Income, Credit, Money),
        account(C::OTHER_INCOME, "Other income", Income, Credit, Money),
        account(C::COMMISSIONS, "Commissions", Expense, Debit, Money),
        account(C::SEC_FEE, "SEC fee", Expense, Debit, Money),
        account(C::TAF, "FINRA trading activity fee", Expense, Debit, Money),
        account(C::OTHER_REGULATORY, "Other regulatory fees", Expense, Debit, Money),
        account(C::EXCHANGE_FEES, "Exchange and clearing fees", Expense, Debit, Money),
        account(C::MARGIN_INTEREST, "Margin interest", Expense, Debit, Money),
        account(C::BORROW_COST, "Borrow cost", Expense, Debit, Money),
        account(C::IN_LIEU, "Payments in lieu of dividends", Expense, Debit, Money),
        account(C::FUNDING, "Funding", Expense, Either, Money),
        account(C::TAXES_WITHHELD, "Taxes withheld", Expense, Debit, Money),
        account(C::OTHER_CHARGES, "Other charges", Expense, Either, Money),
        account(C::BROKER_ROUNDING, "Broker's rounding", Expense, Either, Money),
        account(C::UNITS_MARKET, "Units: market", Units, Either, Holds::Units),
        account(C::UNITS_CORPORATE, "Units: corporate actions, expiry", Units, Either, Holds::Units),
        account(C::UNITS_TRANSFERS, "Units: transfers", Units, Either, Holds::Units),
        account(C::UNITS_COIN, "Units: paid and received in coin", Units, Either, Holds::Units),
    ]
};

/// The account with this code, if the default chart has it.
#[must_use]
pub fn find(code: AccountCode) -> Option<&'static Account> {
    let at = DEFAULT.binary_search_by_key(&code, |a| a.code).ok()?;
    DEFAULT.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_agrees_with_what_posting_rules_say_of_its_codes() {
        // LEDG-2, BOOKS.md section 2: ordered codes without repetition, types by the first digit, tags by account.
        assert!(DEFAULT.is_sorted_by(|a, b| a.code < b.code));
        for a in DEFAULT {
            assert_eq!(AccountType::of(a.code), Some(a.kind), "{}", a.name);
            assert_eq!(a.holds == Holds::Units, a.code.is_units(), "{}", a.name);
            assert_eq!(a.holds == Holds::OpenItems, a.code.is_open_items(), "{}", a.name);
            let lots = matches!(a.holds, Holds::LotsAtCost | Holds::LotsWithoutAmount);
            assert_eq!(lots, a.code.is_position(), "{}", a.name);
            assert_eq!(find(a.code), Some(a));
        }
        assert_eq!(DEFAULT.len(), 39);
        assert_eq!(find(AccountCode::new(1011).unwrap()), None);
    }
}
