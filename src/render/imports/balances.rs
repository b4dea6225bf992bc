//! What statements of OFX say was held at their end.

use std::collections::BTreeMap;

use desk::domain::wide::{Wide, widen};

use super::closing::{Asset, Closing};
use super::elements::Element;
use super::error::ImportError;
use super::ofx::{currency, end, missing, security, steps};

/// The cash and the positions of all statements of a file, where they are of the same second; otherwise there is no moment
/// at which the books could be held against them.
///
/// Cash is AVAILCASH and MARGINBALANCE together, which below zero is what was borrowed; a bank's is BALAMT of LEDGERBAL.
pub(super) fn closing(
    statements: &[&Element],
    tickers: &BTreeMap<String, String>,
) -> Result<Option<Closing>, ImportError> {
    let mut found: Option<Closing> = None;
    for statement in statements {
        let Some(own) = of_one(statement, tickers)? else { return Ok(None) };
        match &mut found {
            None => found = Some(own),
            Some(all) if all.at.seconds() == own.at.seconds() => {
                all.positions |= own.positions;
                for (asset, held) in own.held {
                    *all.held.entry(asset).or_default() += held;
                }
            }
            Some(_) => return Ok(None),
        }
    }
    Ok(found)
}

fn of_one(statement: &Element, tickers: &BTreeMap<String, String>) -> Result<Option<Closing>, ImportError> {
    let cash = Asset::Cash(currency(statement, "CURDEF")?);
    let mut held = BTreeMap::<Asset, Wide>::new();
    if let Some(balance) = statement.child("LEDGERBAL") {
        let amount = balance.child("BALAMT").ok_or_else(|| missing(balance, "BALAMT"))?;
        let at = end(balance.child("DTASOF").ok_or_else(|| missing(balance, "DTASOF"))?)?;
        held.insert(cash, wide(steps(amount)?));
        return Ok(Some(Closing { at, held, positions: false }));
    }
    let (balance, list) = (statement.child("INVBAL"), statement.child("INVPOSLIST"));
    let (Some(as_of), true) = (statement.child("DTASOF"), balance.is_some() || list.is_some()) else {
        return Ok(None);
    };
    if let Some(balance) = balance {
        let mut sum = Wide::ZERO;
        for name in ["AVAILCASH", "MARGINBALANCE"] {
            if let Some(amount) = balance.child(name).filter(|a| !a.text.is_empty()) {
                sum += wide(steps(amount)?);
            }
        }
        held.insert(cash, sum);
    }
    for position in list.map(|l| l.children.as_slice()).unwrap_or_default() {
        let instrument = security(tickers, position).ok_or_else(|| missing(position, "SECID"))?;
        let units = steps(position.find("UNITS").ok_or_else(|| missing(position, "UNITS"))?)?;
        // Some brokers write what is owed without its sign.
        let owed = position.text("POSTYPE") == Some("SHORT") && units > 0;
        let units = if owed { units.saturating_neg() } else { units };
        *held.entry(Asset::Units(instrument)).or_default() += wide(units);
    }
    Ok(Some(Closing { at: end(as_of)?, held, positions: true }))
}

fn wide(steps: i64) -> Wide {
    Wide::new(widen(steps))
}
