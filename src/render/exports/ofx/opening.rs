//! What the checker starts from, for OFX knows no opening position: cash and units before the period.
//!
//! A closing record of the books says it in its trial balance. Where no session was closed right before the period, a
//! file with the same trial balance is made from the entries.

use std::collections::BTreeMap;

use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::Identity;
use desk::domain::journal::AccountCode;
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Date;
use desk::domain::wide::Wide;
use serde::{Deserialize, Serialize};

use super::walk::CASH;
use crate::render::exports::input::{Export, ExportError};

/// Cash and units before a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Cash by currency, at 10⁻⁸.
    pub cash: BTreeMap<String, i64>,
    /// Units by security, and whether they are short, at 10⁻⁸.
    pub units: BTreeMap<(String, bool), i64>,
}

/// A line of a trial balance: of money, of units, or of both.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line {
    account: AccountCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commodity: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units: Option<Quantity>,
}

/// What is read of a closing record, or of the file that stands for one.
#[derive(Deserialize)]
struct Record {
    trial_balance: Vec<Line>,
}

/// The file that stands for a closing record.
#[derive(Serialize)]
struct StandIn<'a> {
    v: u16,
    identity: &'a Identity,
    before: Date,
    trial_balance: Vec<Line>,
}

/// The trial balance before a period as a file; nothing where the period begins with the journal.
///
/// # Errors
/// Where a sum is beyond 64 bits.
pub fn opening(export: &Export<'_>) -> Result<Option<Vec<u8>>, ExportError> {
    let mut money = BTreeMap::<(AccountCode, Currency), Wide>::new();
    let mut units = BTreeMap::<(AccountCode, Symbol), Wide>::new();
    let mut any = false;
    for p in export.before().flat_map(|e| &e.draft.postings) {
        any = true;
        *money.entry((p.account, p.currency)).or_default() += Wide::from(p.amount);
        if let Some(holding) = p.holding {
            *units.entry((p.account, holding.commodity)).or_default() += Wide::from(holding.units);
        }
    }
    if !any {
        return Ok(None);
    }
    let mut lines = Vec::new();
    for ((account, currency), sum) in money.into_iter().filter(|(_, sum)| *sum != Wide::ZERO) {
        let (currency, amount) = (Some(currency), Some(sum.money()?));
        lines.push(Line { account, currency, amount, commodity: None, units: None });
    }
    for ((account, commodity), sum) in units.into_iter().filter(|(_, sum)| *sum != Wide::ZERO) {
        let (commodity, units) = (Some(commodity), Some(sum.quantity()?));
        lines.push(Line { account, currency: None, amount: None, commodity, units });
    }
    let file = StandIn { v: 1, identity: &export.journal.identity, before: export.period.from, trial_balance: lines };
    let mut bytes = serde_json::to_vec(&file)?;
    bytes.push(b'\n');
    Ok(Some(bytes))
}

/// Reads a closing record, or the file that stands for one.
///
/// # Errors
/// [`ExportError::NoJournal`] where it is neither.
pub fn read_opening(bytes: &[u8]) -> Result<Opening, ExportError> {
    let no_record = |reason: String| ExportError::NoJournal { reason };
    let record: Record = serde_json::from_slice(bytes).map_err(|e| no_record(format!("line {}: {e}", e.line())))?;
    let beyond = || no_record("a balance is beyond 64 bits".to_owned());
    let mut found = Opening::default();
    for line in record.trial_balance {
        if let (true, Some(currency), Some(amount)) = (CASH.contains(&line.account), line.currency, line.amount) {
            let sum = found.cash.entry(currency.to_string()).or_default();
            *sum = sum.checked_add(amount.raw()).ok_or_else(beyond)?;
        }
        if let (true, Some(commodity), Some(units)) = (line.account.is_position(), line.commodity, line.units) {
            let short = line.account == AccountCode::SHORT_POSITIONS;
            let sum = found.units.entry((commodity.to_string(), short)).or_default();
            *sum = sum.checked_add(units.raw()).ok_or_else(beyond)?;
        }
    }
    found.cash.retain(|_, steps| *steps != 0);
    found.units.retain(|_, steps| *steps != 0);
    Ok(found)
}
