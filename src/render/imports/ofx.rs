//! Statements of OFX: investment statements, and bank statements beside them.

use std::collections::BTreeMap;

use desk::domain::decimal::{Money, Quantity, parse_steps};
use desk::domain::symbol::Currency;
use desk::domain::time::{Date, Timestamp};

use super::balances::closing;
use super::elements::{Element, parse};
use super::error::ImportError;
use super::figures::{Decimals, plain, price};
use super::line::{Line, Stated, Statement};
use crate::render::exports::Period;

const FIGURE: &str = "a plain figure with at most 8 decimals, such as -1234.56";
const DAY: &str = "a date such as 20260630 or 20260630160000[-5:EST]";

/// The days of a statement as far as they are known.
type Span = Option<(Date, Date)>;

/// Reads a file. The days are those that it names, widened by those of its lines.
pub(super) fn read(text: &str) -> Result<Statement, ImportError> {
    let root = parse(text)?;
    let tickers = tickers(&root);
    let mut statements = Vec::new();
    root.all("INVSTMTRS", &mut statements);
    root.all("STMTRS", &mut statements);
    if statements.is_empty() {
        return Err(ImportError::NoStatement);
    }
    let mut found = Found { tickers, lines: Vec::new(), left_out: BTreeMap::new(), accounts: Vec::new(), span: None };
    for statement in &statements {
        found.statement(statement)?;
    }
    let closing = closing(&statements, &found.tickers)?;
    let (from, to) = found.span.ok_or(ImportError::Empty)?;
    Ok(Statement {
        accounts: found.accounts,
        period: Period { from, to },
        lines: found.lines,
        left_out: found.left_out.into_iter().collect(),
        closing,
    })
}

/// What securities are called, by their id.
fn tickers(root: &Element) -> BTreeMap<String, String> {
    let mut infos = Vec::new();
    root.all("SECINFO", &mut infos);
    let pair = |info: &&Element| Some((info.text("UNIQUEID")?.to_owned(), info.text("TICKER")?.to_owned()));
    infos.iter().filter_map(pair).collect()
}

struct Found {
    tickers: BTreeMap<String, String>,
    lines: Vec<Stated>,
    left_out: BTreeMap<String, u64>,
    accounts: Vec<String>,
    span: Span,
}

impl Found {
    fn statement(&mut self, statement: &Element) -> Result<(), ImportError> {
        let account = statement.text("ACCTID").unwrap_or("not named").to_owned();
        if !self.accounts.contains(&account) {
            self.accounts.push(account);
        }
        let currency = currency(statement, "CURDEF")?;
        let Some(list) = statement.child("INVTRANLIST").or_else(|| statement.child("BANKTRANLIST")) else {
            return Ok(());
        };
        for name in ["DTSTART", "DTEND"] {
            if let Some(found) = list.child(name) {
                self.widen(day(found)?);
            }
        }
        for element in list.children.iter().filter(|c| !matches!(c.name.as_str(), "DTSTART" | "DTEND")) {
            self.transaction(element, currency)?;
        }
        Ok(())
    }

    fn widen(&mut self, day: Date) {
        self.span = Some(self.span.map_or((day, day), |(from, to)| (from.min(day), to.max(day))));
    }

    fn transaction(&mut self, element: &Element, currency: Currency) -> Result<(), ImportError> {
        let name = element.name.as_str();
        // Between sub-accounts: neither cash nor units leave or come.
        if matches!(name, "JRNLFUND" | "JRNLSEC") {
            let count = self.left_out.entry(name.to_owned()).or_default();
            *count = count.saturating_add(1);
            return Ok(());
        }
        let at = ["DTTRADE", "DTPOSTED", "DTSETTLE"].iter().find_map(|name| element.find(name));
        let at = at.ok_or_else(|| missing(element, "DTTRADE"))?;
        let date = day(at)?;
        self.widen(date);
        let own = match element.find("CURRENCY") {
            Some(stated) => self::currency(stated, "CURSYM")?,
            None => currency,
        };
        let (units, amount) = moved(element)?;
        let told = [name, element.text("NAME").unwrap_or_default(), element.text("MEMO").unwrap_or_default()];
        let told: Vec<&str> = told.into_iter().filter(|t| !t.is_empty()).collect();
        let unit_price = match element.find("UNITPRICE").filter(|p| !p.text.is_empty()) {
            Some(found) => Some(price(&found.text, Decimals::Point).ok_or_else(|| value(found, FIGURE))?),
            None => None,
        };
        self.lines.push(Stated {
            id: element.text("FITID").map(str::to_owned),
            place: u64::try_from(self.lines.len()).unwrap_or(u64::MAX).saturating_add(1),
            line: Line {
                date,
                currency: own,
                instrument: self.security(element),
                units,
                price: unit_price,
                amount,
                text: told.join(": ").chars().take(200).collect(),
            },
        });
        Ok(())
    }

    /// The ticker of a security, or its id where the list has none.
    fn security(&self, element: &Element) -> Option<String> {
        security(&self.tickers, element)
    }
}

pub(super) fn security(tickers: &BTreeMap<String, String>, element: &Element) -> Option<String> {
    let id = element.find("SECID")?.text("UNIQUEID")?;
    Some(tickers.get(id).map_or(id, String::as_str).to_owned())
}

/// Units and cash.
fn moved(element: &Element) -> Result<(Option<Quantity>, Option<Money>), ImportError> {
    let figure = |name: &str| element.find(name).filter(|e| !e.text.is_empty()).map(steps).transpose();
    let units = match element.name.as_str() {
        "SPLIT" => match (figure("OLDUNITS")?, figure("NEWUNITS")?) {
            (Some(old), Some(new)) => Some(new.checked_sub(old).ok_or(ImportError::Overflow)?),
            _ => None,
        },
        "TRANSFER" => figure("UNITS")?.map(|units| {
            let leaves = element.text("TFERACTION") == Some("OUT") && element.text("POSTYPE") != Some("SHORT");
            if leaves && units > 0 { units.saturating_neg() } else { units }
        }),
        _ => figure("UNITS")?,
    };
    let amount = match element.name.as_str() {
        // What a split and a transfer are worth is no cash; what is reinvested stays.
        "SPLIT" | "TRANSFER" | "REINVEST" => None,
        _ => match figure("TRNAMT")? {
            Some(amount) => Some(amount),
            None => figure("TOTAL")?,
        },
    };
    if units.is_none() && amount.is_none() {
        return Err(missing(element, "TOTAL"));
    }
    Ok((units.map(Quantity::from_raw), amount.map(Money::from_raw)))
}

pub(super) fn steps(element: &Element) -> Result<i64, ImportError> {
    let plain = plain(&element.text, Decimals::Point).ok_or_else(|| value(element, FIGURE))?;
    parse_steps(plain.as_bytes()).map_err(|_| value(element, FIGURE))
}

pub(super) fn currency(element: &Element, name: &str) -> Result<Currency, ImportError> {
    let found = element.find(name).ok_or_else(|| missing(element, name))?;
    found.text.parse().map_err(|_| value(found, "a currency such as USD"))
}

pub(super) fn missing(element: &Element, name: &str) -> ImportError {
    ImportError::Missing { line: element.line, column: format!("{} of {}", name, element.name) }
}

pub(super) fn value(element: &Element, allowed: &'static str) -> ImportError {
    let found = element.text.chars().take(60).collect();
    ImportError::Value { line: element.line, column: element.name.clone(), found, allowed }
}

/// The day of a moment in UTC; a day without a time is taken as it is.
fn day(element: &Element) -> Result<Date, ImportError> {
    end(element).map(Timestamp::utc_date)
}

/// A moment; of a day without a time its last second.
pub(super) fn end(element: &Element) -> Result<Timestamp, ImportError> {
    moment(element.text.trim()).ok_or_else(|| value(element, DAY))
}

fn moment(text: &str) -> Option<Timestamp> {
    let (digits, zone) = match text.split_once('[') {
        Some((digits, zone)) => (digits, zone.strip_suffix(']')?),
        None => (text, "0"),
    };
    let (whole, _) = digits.split_once('.').unwrap_or((digits, ""));
    let part = |from: usize, to: usize| {
        let text = whole.get(from..to)?;
        if text.bytes().all(|b| b.is_ascii_digit()) { text.parse::<i64>().ok() } else { None }
    };
    let date = Date::new(part(0, 4)?, part(4, 6)?, part(6, 8)?)?;
    let after = |seconds: i64| Timestamp::from_seconds(date.midnight().seconds().saturating_add(seconds));
    if whole.len() == 8 {
        return Some(after(86_399));
    }
    let (hour, minute) = (part(8, 10)?, part(10, 12)?);
    let second = if whole.len() == 14 { part(12, 14)? } else { 0 };
    if hour > 23 || minute > 59 || second > 60 || !matches!(whole.len(), 12 | 14) {
        return None;
    }
    let seconds = hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
    Some(after(seconds.saturating_sub(offset(zone)?)))
}

/// The seconds before UTC of a zone such as `-5:EST` or `+5.5`.
fn offset(zone: &str) -> Option<i64> {
    let hours = zone.split(':').next().unwrap_or_default();
    let steps = parse_steps(hours.strip_prefix('+').unwrap_or(hours).as_bytes()).ok()?;
    let seconds = i128::from(steps).saturating_mul(3600).div_euclid(100_000_000);
    i64::try_from(seconds).ok().filter(|s| s.abs() <= 50_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledg_9_a_moment_of_ofx_is_a_day_in_utc() {
        for (text, day) in [
            ("20260630", Some("2026-06-30")),
            ("20260630160000", Some("2026-06-30")),
            ("20260630203000[-5:EST]", Some("2026-07-01")),
            ("20260630235959.999[0:GMT]", Some("2026-06-30")),
            ("20260701010000[+2:CEST]", Some("2026-06-30")),
            ("20260701040000[+5.5]", Some("2026-06-30")),
            ("20260631", None),
            ("2026-06-30", None),
            ("20260630250000", None),
            ("20260630160000[EST", None),
            ("", None),
        ] {
            assert_eq!(moment(text).map(|at| at.utc_date().to_string()).as_deref(), day, "{text}");
        }
    }
}
