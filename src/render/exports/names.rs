//! Accounts and commodities as other programs call them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use desk::domain::journal::{AccountCode, Entry};
use desk::domain::symbol::{Currency, Symbol};

/// The account that takes what unit costs without an end leave over, in beancount alone.
pub(super) const ROUNDING: &str = "Equity:Export:Rounding";

/// The path of an account: words for the codes of the default chart, the code itself for others.
pub(super) fn path(code: AccountCode) -> String {
    let known = match code.code() {
        1010 => "Assets:Cash:Settled",
        1020 => "Assets:Cash:Unsettled",
        1030 => "Assets:Cash:Wallet",
        1110 => "Assets:Receivable:Dividends",
        1310 => "Assets:Positions:Long",
        1320 => "Assets:Positions:Coins",
        1330 => "Assets:Positions:Contracts",
        1900 => "Assets:Suspense",
        2110 => "Liabilities:Positions:Short",
        2310 => "Liabilities:Accrued:Fees",
        2320 => "Liabilities:Accrued:Dividends",
        2330 => "Liabilities:Accrued:Interest",
        3100 => "Equity:Float:Contributed",
        3110 => "Equity:Float:Returned",
        3200 => "Equity:Retained",
        3900 => "Equity:Conversion",
        4110 => "Income:Gains:ShortTerm",
        4120 => "Income:Gains:LongTerm",
        4130 => "Income:Gains:Futures",
        4140 => "Income:Gains:Perpetuals",
        4210 => "Income:Dividends",
        4310 => "Income:Interest",
        4900 => "Income:Other",
        5110 => "Expenses:Commissions",
        5210 => "Expenses:Regulatory:SEC",
        5220 => "Expenses:Regulatory:TAF",
        5230 => "Expenses:Regulatory:Other",
        5240 => "Expenses:Exchange",
        5310 => "Expenses:MarginInterest",
        5320 => "Expenses:Borrow",
        5410 => "Expenses:PaymentsInLieu",
        5510 => "Expenses:Funding",
        5610 => "Expenses:TaxesWithheld",
        5910 => "Expenses:Other",
        5990 => "Expenses:Rounding",
        _ => "",
    };
    let root = match code.code() / 1000 {
        _ if !known.is_empty() => return known.to_owned(),
        1 => "Assets",
        2 => "Liabilities",
        3 => "Equity",
        4 => "Income",
        _ => "Expenses",
    };
    format!("{root}:{code}")
}

/// What the entries of a file move: currencies, the base first; then shares, coins, contracts.
pub(super) struct Commodities {
    /// Currencies.
    pub(super) money: Vec<Currency>,
    /// The rest.
    pub(super) units: Vec<Symbol>,
}

impl Commodities {
    pub(super) fn of<'a>(base: Currency, entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut money = BTreeSet::new();
        let mut units = BTreeMap::new();
        for posting in entries.flat_map(|e| &e.draft.postings) {
            money.insert(posting.currency);
            if let Some(holding) = posting.holding.filter(|_| posting.account.is_position()) {
                let rank = match posting.account {
                    AccountCode::COINS => 1,
                    AccountCode::FUTURES => 2,
                    _ => 0,
                };
                units.entry(holding.commodity).and_modify(|r| *r = rank.min(*r)).or_insert(rank);
            }
        }
        money.remove(&base);
        let mut ranked: Vec<(i32, Symbol)> = units.into_iter().map(|(symbol, rank)| (rank, symbol)).collect();
        ranked.sort_unstable();
        Self {
            money: std::iter::once(base).chain(money).collect(),
            units: ranked.into_iter().map(|(_, symbol)| symbol).collect(),
        }
    }

    /// A symbol that is not taken for one of the currencies.
    pub(super) fn apart(&self, symbol: Symbol) -> String {
        let taken = self.money.iter().any(|c| c.as_str() == symbol.as_str());
        if taken { format!("X'{symbol}") } else { symbol.to_string() }
    }

    /// A symbol as beancount allows it: capital letter, then capitals, digits, `' . _ -`, no mark at the end. What it does
    /// not allow becomes an apostrophe and two hexadecimal digits, which no symbol has, so that two never become one.
    pub(super) fn for_beancount(&self, symbol: Symbol) -> String {
        let bytes = symbol.as_bytes();
        let last = bytes.len().saturating_sub(1);
        let mut text = String::new();
        if !bytes.first().is_some_and(u8::is_ascii_uppercase)
            || self.money.iter().any(|c| c.as_str() == symbol.as_str())
        {
            text.push_str("X'");
        }
        for (at, byte) in bytes.iter().enumerate() {
            let mark = matches!(byte, b'.' | b'_' | b'-') && at != last;
            if byte.is_ascii_uppercase() || byte.is_ascii_digit() || mark {
                text.push(char::from(*byte));
            } else {
                let _ = write!(text, "'{byte:02X}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_of_the_chart_has_a_path_of_its_own() {
        let paths: BTreeSet<String> = desk::domain::chart::DEFAULT
            .iter()
            .filter(|a| !a.code.is_units())
            .map(|a| path(a.code).to_lowercase())
            .collect();
        assert_eq!(paths.len(), 35);
        assert_eq!(path(AccountCode::new(1011).unwrap()), "Assets:1011");
    }

    #[test]
    fn two_symbols_never_share_a_name() {
        let names = Commodities { money: vec![Currency::USD], units: Vec::new() };
        for (symbol, name) in [
            ("ACME", "ACME"),
            ("BRK.B", "BRK.B"),
            ("BTC/USD", "BTC'2FUSD"),
            ("aB", "X''61B"),
            ("2330", "X'2330"),
            ("A-", "A'2D"),
            ("USD", "X'USD"),
        ] {
            assert_eq!(names.for_beancount(symbol.parse().unwrap()), name);
        }
        assert_eq!(names.apart("USD".parse().unwrap()), "X'USD");
    }
}
