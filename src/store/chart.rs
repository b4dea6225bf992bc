//! The chart of accounts that a new book starts with: the default chart, as rows.

use desk::domain::chart::{AccountType, DEFAULT, Holds, NormalSide, VERSION};

use super::words::Account;

/// The default chart.
#[must_use]
pub fn default_chart() -> Vec<Account> {
    let row = |a: &desk::domain::chart::Account| Account {
        code: a.code,
        version: u32::from(VERSION),
        name: a.name.to_owned(),
        kind: kind(a.kind).to_owned(),
        side: side(a.side).to_owned(),
        holds: holds(a.holds).to_owned(),
        items: a.holds == Holds::OpenItems,
        open: true,
    };
    DEFAULT.iter().map(row).collect()
}

const fn kind(kind: AccountType) -> &'static str {
    match kind {
        AccountType::Asset => "asset",
        AccountType::Liability => "liability",
        AccountType::Equity => "equity",
        AccountType::Income => "income",
        AccountType::Expense => "expense",
        AccountType::Units => "units",
    }
}

const fn side(side: NormalSide) -> &'static str {
    match side {
        NormalSide::Debit => "debit",
        NormalSide::Credit => "credit",
        NormalSide::Either => "either",
    }
}

const fn holds(holds: Holds) -> &'static str {
    match holds {
        Holds::Money | Holds::OpenItems | Holds::MoneyByLot => "currency",
        Holds::LotsAtCost | Holds::LotsWithoutAmount => "lots",
        Holds::Units => "units",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_and_the_words_agree_on_what_an_account_holds() {
        for account in default_chart() {
            let holds = match account.code {
                code if code.is_units() => "units",
                code if code.is_position() => "lots",
                _ => "currency",
            };
            assert_eq!(account.holds, holds, "{}", account.code);
            assert_eq!(account.items, account.code.is_open_items(), "{}", account.code);
            assert_eq!((account.version, account.open), (1, true), "{}", account.code);
        }
    }
}
