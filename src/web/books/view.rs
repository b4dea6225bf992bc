//! The statements by name, as tables: files and programs ask for them so.

use serde_json::Value;

use super::asked::Chosen;
use super::holdings::{AtMarket, Holdings, at_market, holdings};
use super::prices::Listed;
use super::table::{Cell, Table};
use super::{cash, gains, sheets};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

/// The longest view, in rows.
pub(crate) const ROWS: u32 = 1_000_000;

/// A statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    TrialBalance,
    Income,
    BalanceSheet,
    Cash,
    Positions,
    Lots,
    Gains,
}

impl View {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::TrialBalance, Self::Income, Self::BalanceSheet, Self::Cash, Self::Positions, Self::Lots, Self::Gains];

    /// The name in addresses and of files.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TrialBalance => "trial-balance",
            Self::Income => "income",
            Self::BalanceSheet => "balance-sheet",
            Self::Cash => "cash",
            Self::Positions => "positions",
            Self::Lots => "lots",
            Self::Gains => "gains",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == name)
    }

    /// The table, and the prices that it is valued with; null where nothing is valued.
    pub(crate) async fn table(self, shared: &Shared, chosen: &Chosen) -> Result<(Table, Value), Refusal> {
        let plain = |table| Ok((table, Value::Null));
        let valued = |table: Table, listed: &Listed| Ok((table, listed.told()));
        match self {
            Self::TrialBalance => plain(sheets::trial_table(&sheets::trial(chosen).await?)),
            Self::Income => plain(sheets::table(&sheets::income(chosen).await?, |_| Ok(Vec::new()))?),
            Self::BalanceSheet => {
                let held = holdings(shared, chosen).await?;
                let table = sheets::table(&sheets::sheet(chosen).await?, |sheet| market_rows(&held, sheet))?;
                valued(table, &held.listed)
            }
            Self::Cash => plain(cash::table(&cash::cash(chosen).await?)?),
            Self::Positions => {
                let held = holdings(shared, chosen).await?;
                valued(held.positions_table(), &held.listed)
            }
            Self::Lots => {
                let held = holdings(shared, chosen).await?;
                valued(held.lots_table(), &held.listed)
            }
            Self::Gains => plain(gains::table(&gains::gains(chosen, ROWS).await?)),
        }
    }
}

/// What the market makes of a balance sheet, as its rows.
fn market_rows(held: &Holdings, sheet: &sheets::Statement) -> Result<Vec<Vec<Cell>>, Refusal> {
    let Some(AtMarket { value, gain, equity, without }) = at_market(held, sheet.currency, sheets::equity(sheet)?)?
    else {
        return Ok(Vec::new());
    };
    let named = if without == 0 {
        "Positions at market".to_owned()
    } else {
        format!("Positions at market, {without} without a price at cost")
    };
    let row = |name: &str, amount| {
        vec![Cell::plain(sheet.currency), Cell::text("At market"), Cell::Nothing, Cell::text(name), Cell::money(amount)]
    };
    Ok(vec![row(&named, value), row("Unrealised", gain), row("Equity at market", equity)])
}
