//! The cash statement: what was there, what came and went by kind, what is left; settled, unsettled with its dates, and in the
//! wallet. It ends in what the balance sheet has.

use std::collections::BTreeMap;

use desk::domain::decimal::Money;
use desk::domain::journal::EntryKind;
use desk::domain::symbol::Currency;

use super::add;
use super::asked::Chosen;
use super::table::{Cell, Table};
use crate::store::{CashLine, Scope, UnsettledLine};
use crate::web::refusal::Refusal;

/// Amounts of 1010, 1020 and 1030.
type Accounts = [Money; 3];

/// Cash of one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cash {
    pub(crate) currency: Currency,
    pub(crate) opening: Accounts,
    pub(crate) lines: Vec<CashLine>,
    pub(crate) closing: Accounts,
    pub(crate) unsettled: Vec<UnsettledLine>,
}

/// What a kind of entry is in a cash statement.
pub(crate) const fn word(kind: EntryKind) -> &'static str {
    use EntryKind as K;
    match kind {
        K::Opening => "Brought in at the opening",
        K::FloatIn => "Float received",
        K::FloatOut => "Float returned",
        K::Transfer => "Transfers",
        K::Fill => "Trades, with their commissions",
        K::FeeRounding | K::FeeCharge => "Accrued fees charged",
        K::Fee => "Other fees",
        K::Settlement => "Settlement",
        K::DividendAccrual | K::Dividend => "Dividends",
        K::Interest => "Interest",
        K::Borrow => "Borrow cost",
        K::CashInLieu => "Cash in lieu of shares",
        K::Split | K::Reorganisation => "Corporate actions",
        K::Variation => "Variation of futures",
        K::Funding => "Funding of perpetuals",
        K::Conversion => "Currency conversions",
        K::Reversal => "Reversals",
        K::Adoption | K::Adjustment => "Adjustments",
        K::UnknownActivity => "Activity that nobody knows yet",
        K::YearClose => "Year close",
        K::WashSale | K::DayClose | K::Unlock => "Memos",
    }
}

/// All of it.
pub(crate) fn total(accounts: &Accounts) -> Result<Money, Refusal> {
    accounts.iter().copied().try_fold(Money::ZERO, add)
}

async fn standing(chosen: &Chosen, scope: &Scope) -> Result<BTreeMap<Currency, Accounts>, Refusal> {
    let mut standing = BTreeMap::<Currency, Accounts>::new();
    for b in chosen.summed.balances(&chosen.book, scope).await? {
        let place = CashLine::ACCOUNTS.iter().position(|account| *account == b.account);
        if let Some(sum) = place.and_then(|n| standing.entry(b.currency).or_default().get_mut(n)) {
            *sum = add(*sum, b.amount)?;
        }
    }
    Ok(standing)
}

/// Cash in the days, by currency.
///
/// # Errors
/// Where a sum is beyond 64 bits, or the movements do not lead to what the balance sheet has.
pub(crate) async fn cash(chosen: &Chosen) -> Result<Vec<Cash>, Refusal> {
    let (opening, closing) =
        (standing(chosen, &chosen.scope.before()).await?, standing(chosen, &chosen.scope.through()).await?);
    let lines = chosen.summed.cash(&chosen.book, &chosen.scope).await?;
    let unsettled = chosen.summed.unsettled(&chosen.book, &chosen.scope.through()).await?;
    let of = |(currency, closing): (Currency, Accounts)| {
        let cash = Cash {
            currency,
            opening: opening.get(&currency).copied().unwrap_or_default(),
            lines: lines.iter().filter(|l| l.currency == currency).copied().collect(),
            closing,
            unsettled: unsettled.iter().filter(|l| l.currency == currency).cloned().collect(),
        };
        tied(&cash)?;
        Ok(cash)
    };
    closing.into_iter().map(of).collect()
}

/// Holds what was there and what moved against what is left, account by account.
fn tied(cash: &Cash) -> Result<(), Refusal> {
    let mut reached = cash.opening;
    for line in &cash.lines {
        for (sum, moved) in reached.iter_mut().zip(line.accounts) {
            *sum = add(*sum, moved)?;
        }
    }
    let open = cash.unsettled.iter().map(|l| l.amount).try_fold(Money::ZERO, add)?;
    let [_, unsettled, _] = cash.closing;
    if reached == cash.closing && open == unsettled {
        return Ok(());
    }
    Err(Refusal::Broken(format!(
        "The movements of cash in {} do not lead to the balance of its accounts, so nothing is shown. Verify the books: tbot \
         ledger verify.",
        cash.currency
    )))
}

/// The same as a table: what was there, what moved, what is left, and of that what settles when.
pub(crate) fn table(all: &[Cash]) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] =
        &["currency", "part", "what", "settles", "receipts", "payments", "settled", "unsettled", "wallet", "total"];
    let mut rows = Vec::new();
    for cash in all {
        let row = |part: &str, what: &str, sides: Option<(Money, Money)>, accounts: &Accounts| {
            let (receipts, payments) = sides.unzip();
            let mut row = vec![Cell::plain(cash.currency), Cell::text(part), Cell::text(what), Cell::Nothing];
            row.extend([Cell::maybe_money(receipts), Cell::maybe_money(payments)]);
            row.extend(accounts.iter().map(|m| Cell::money(*m)));
            total(accounts).map(|total| {
                row.push(Cell::money(total));
                row
            })
        };
        rows.push(row("opening", "Opening", None, &cash.opening)?);
        for l in &cash.lines {
            rows.push(row(l.kind.as_str(), word(l.kind), Some((l.receipts, l.payments)), &l.accounts)?);
        }
        rows.push(row("closing", "Closing", None, &cash.closing)?);
        for l in &cash.unsettled {
            let mut row = row("unsettled", "Settles", None, &[Money::ZERO, l.amount, Money::ZERO])?;
            if let Some(settles) = row.get_mut(3) {
                *settles = Cell::text(l.item.as_str());
            }
            rows.push(row);
        }
    }
    Ok(Table::new(COLUMNS, rows))
}
