//! The chart of accounts that a new book starts with (BOOKS.md section 2, version 1).

use desk::domain::journal::AccountCode;

use super::words::Account;

/// Code, name, type, side, holds.
const DEFAULT: &[(u16, &str, &str, &str, &str)] = &[
    (1010, "Cash, settled", "asset", "debit", "currency"),
    (1020, "Cash, unsettled", "asset", "debit", "currency"),
    (1030, "Cash in derivatives wallet", "asset", "debit", "currency"),
    (1110, "Dividends receivable", "asset", "debit", "currency"),
    (1310, "Long positions at cost", "asset", "debit", "lots"),
    (1320, "Coins at cost", "asset", "debit", "lots"),
    (1330, "Futures and perpetuals", "asset", "debit", "lots"),
    (1900, "Suspense", "asset", "debit", "currency"),
    (2110, "Short positions at proceeds", "liability", "credit", "lots"),
    (2310, "Fees accrued, not yet charged", "liability", "credit", "currency"),
    (2320, "Dividends owed on shorts", "liability", "credit", "currency"),
    (2330, "Interest and borrow accrued", "liability", "credit", "currency"),
    (3100, "Float contributed", "equity", "credit", "currency"),
    (3110, "Float returned", "equity", "debit", "currency"),
    (3200, "Retained result", "equity", "credit", "currency"),
    (3900, "Currency conversion", "equity", "either", "currency"),
    (4110, "Realised gains, short term", "income", "credit", "currency"),
    (4120, "Realised gains, long term", "income", "credit", "currency"),
    (4130, "Gains on futures", "income", "credit", "currency"),
    (4140, "Gains on perpetuals", "income", "credit", "currency"),
    (4210, "Dividends", "income", "credit", "currency"),
    (4310, "Interest earned", "income", "credit", "currency"),
    (4900, "Other income", "income", "credit", "currency"),
    (5110, "Commissions", "expense", "debit", "currency"),
    (5210, "SEC fee", "expense", "debit", "currency"),
    (5220, "FINRA activity fee", "expense", "debit", "currency"),
    (5230, "Other regulatory fees", "expense", "debit", "currency"),
    (5240, "Exchange and clearing fees", "expense", "debit", "currency"),
    (5310, "Margin interest", "expense", "debit", "currency"),
    (5320, "Borrow cost", "expense", "debit", "currency"),
    (5410, "Payments in lieu of dividends", "expense", "debit", "currency"),
    (5510, "Funding", "expense", "either", "currency"),
    (5610, "Taxes withheld", "expense", "debit", "currency"),
    (5910, "Other charges", "expense", "debit", "currency"),
    (5990, "Broker's rounding", "expense", "either", "currency"),
    (9100, "Units: market", "units", "either", "units"),
    (9200, "Units: corporate actions and expiry", "units", "either", "units"),
    (9300, "Units: transfers", "units", "either", "units"),
    (9400, "Units: paid and received in coin", "units", "either", "units"),
];

/// Version 1 of the default chart.
#[must_use]
pub fn default_chart() -> Vec<Account> {
    let row = |&(code, name, kind, side, holds): &(u16, &str, &str, &str, &str)| {
        AccountCode::new(code).map(|code| Account {
            code,
            version: 1,
            name: name.to_owned(),
            kind: kind.to_owned(),
            side: side.to_owned(),
            holds: holds.to_owned(),
            items: code.is_open_items(),
            open: true,
        })
    };
    DEFAULT.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_and_the_words_agree_on_what_an_account_holds() {
        let chart = default_chart();
        assert_eq!(chart.len(), DEFAULT.len());
        for account in chart {
            let holds = match account.code {
                code if code.is_units() => "units",
                code if code.is_position() => "lots",
                _ => "currency",
            };
            assert_eq!(account.holds, holds, "{}", account.code);
            assert_eq!(account.items, account.code.is_open_items(), "{}", account.code);
        }
    }
}
