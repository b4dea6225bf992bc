//! A broker's CSV: a header, a line a movement, columns as the mapping says.

use csv::{ReaderBuilder, StringRecord};
use desk::domain::decimal::{Money, Quantity, parse_steps};
use desk::domain::symbol::Currency;
use desk::domain::time::{Date, Timestamp};

use super::error::ImportError;
use super::figures::{plain, price};
use super::line::{Line, Stated};
use super::mapping::{Days, FIELDS, Mapping};
use super::read::MOST_LINES;

const FIGURE: &str = "a figure with at most 8 decimals, written as the mapping says";

/// The lines of a file; those that say no currency are in the base currency.
pub(super) fn read(text: &str, mapping: &Mapping, base: Currency) -> Result<Vec<Stated>, ImportError> {
    let mut reader = ReaderBuilder::new().delimiter(mapping.separator).flexible(false).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    let columns = Columns::of(&header, mapping)?;
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| broken(&e))?;
        let place = record.position().map_or(0, csv::Position::line);
        let row = Row { record: &record, columns: &columns, mapping, place };
        lines.push(row.line(base)?);
        if lines.len() > MOST_LINES {
            return Err(ImportError::TooMany { most: MOST_LINES });
        }
    }
    Ok(lines)
}

fn broken(error: &csv::Error) -> ImportError {
    let line = error.position().map_or(1, csv::Position::line);
    let what = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} columns where the header has {expected_len}; is the separator right?")
        }
        _ => error.to_string(),
    };
    ImportError::Csv { line, what }
}

/// Where each field stands.
struct Columns {
    places: Vec<(&'static str, usize, String)>,
}

impl Columns {
    fn of(header: &StringRecord, mapping: &Mapping) -> Result<Self, ImportError> {
        let names: Vec<String> = header.iter().map(|n| n.trim().trim_start_matches('\u{feff}').to_owned()).collect();
        let found =
            || names.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>().join(", ").chars().take(400).collect();
        let mut places = Vec::new();
        for field in FIELDS {
            let named = mapping.column(field);
            let name = named.unwrap_or(field);
            match names.iter().position(|n| n.eq_ignore_ascii_case(name)) {
                Some(at) => places.push((field, at, name.to_owned())),
                None if named.is_some() => {
                    return Err(ImportError::Column { name: name.to_owned(), field, found: found() });
                }
                None => {}
            }
        }
        let has = |field: &str| places.iter().any(|(known, ..)| *known == field);
        if !has("date") {
            return Err(ImportError::Column { name: "date".to_owned(), field: "date", found: found() });
        }
        if !has("amount") && !has("units") {
            return Err(ImportError::Column { name: "amount".to_owned(), field: "amount", found: found() });
        }
        Ok(Self { places })
    }
}

struct Row<'a> {
    record: &'a StringRecord,
    columns: &'a Columns,
    mapping: &'a Mapping,
    place: u64,
}

impl Row<'_> {
    /// A field's column and text; nothing where there is no column or it is empty.
    fn field(&self, field: &str) -> Option<(&str, &str)> {
        let (_, at, name) = self.columns.places.iter().find(|(known, ..)| *known == field)?;
        let text = self.record.get(*at).unwrap_or_default().trim();
        (!text.is_empty()).then_some((name.as_str(), text))
    }

    fn wrong(&self, (column, found): (&str, &str), allowed: &'static str) -> ImportError {
        let found = found.chars().take(60).collect();
        ImportError::Value { line: self.place, column: column.to_owned(), found, allowed }
    }

    fn steps(&self, field: &str) -> Result<Option<i64>, ImportError> {
        let Some(found) = self.field(field) else { return Ok(None) };
        let steps = plain(found.1, self.mapping.decimals).and_then(|text| parse_steps(text.as_bytes()).ok());
        steps.map(Some).ok_or_else(|| self.wrong(found, FIGURE))
    }

    fn line(&self, base: Currency) -> Result<Stated, ImportError> {
        let text = |field: &str| self.field(field).map(|(_, text)| unguarded(text).to_owned());
        let day = self.field("date").ok_or_else(|| self.missing("date"))?;
        let date = date(day.1, self.mapping.days)
            .ok_or_else(|| self.wrong(day, "a day, written as the mapping's `dates` says"))?;
        let currency = match self.field("currency") {
            None => base,
            Some(found) => found.1.parse().map_err(|_| self.wrong(found, "a currency such as USD"))?,
        };
        let units = self.units()?;
        let unit_price = match self.field("price") {
            None => None,
            Some(found) => Some(price(found.1, self.mapping.decimals).ok_or_else(|| self.wrong(found, FIGURE))?),
        };
        let amount = self.steps("amount")?;
        if units.is_none() && amount.is_none() {
            return Err(self.missing("amount"));
        }
        // A line without units has no price either, whatever the broker fills in.
        let price = unit_price.filter(|_| units.is_some());
        Ok(Stated {
            id: text("id"),
            place: self.place,
            line: Line {
                date,
                currency,
                instrument: text("instrument"),
                units: units.map(Quantity::from_raw),
                price,
                amount: amount.map(Money::from_raw),
                text: text("text").unwrap_or_default().chars().take(200).collect(),
            },
        })
    }

    /// Units with their sign; where a column says the side, that one counts.
    fn units(&self) -> Result<Option<i64>, ImportError> {
        let Some(units) = self.steps("units")?.filter(|units| *units != 0) else { return Ok(None) };
        let Some(found) = self.field("side") else { return Ok(Some(units)) };
        match found.1.chars().next().map(|c| c.to_ascii_lowercase()) {
            Some('b') => Ok(Some(units.saturating_abs())),
            Some('s') => Ok(Some(units.saturating_abs().saturating_neg())),
            _ => Err(self.wrong(found, "a word that begins with b (bought) or s (sold)")),
        }
    }

    fn missing(&self, field: &str) -> ImportError {
        let named = self.columns.places.iter().find(|(known, ..)| *known == field);
        let column = named.map_or_else(|| field.to_owned(), |(_, _, name)| name.clone());
        ImportError::Missing { line: self.place, column }
    }
}

/// A text as it was before a spreadsheet's guard.
pub(super) fn unguarded(text: &str) -> &str {
    let risky = text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
    if risky { text.strip_prefix('\'').unwrap_or(text) } else { text }
}

/// A day, with or without a time behind it; a full time stamp is taken in UTC.
fn date(text: &str, days: Days) -> Option<Date> {
    if days == Days::Year {
        if let Ok(at) = Timestamp::parse(text.as_bytes()) {
            return Some(at.utc_date());
        }
        let compact = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        if compact {
            let part = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse().ok());
            return Date::new(part(0, 4)?, part(4, 6)?, part(6, 8)?);
        }
    }
    let day = text.split([' ', 'T', ',']).next()?;
    let mut parts = day.split(['-', '/', '.']);
    let mut part = || parts.next().filter(|p| !p.is_empty() && p.len() <= 4).and_then(|p| p.parse::<i64>().ok());
    let (first, second, third) = (part()?, part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    match days {
        Days::Year => Date::new(first, second, third),
        Days::Month => Date::new(third, first, second),
        Days::Day => Date::new(third, second, first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, mapping: &str) -> Result<Vec<Stated>, ImportError> {
        read(text, &Mapping::parse(mapping).unwrap(), Currency::USD)
    }

    #[test]
    fn ledg_9_lines_are_read_as_the_mapping_says() {
        let mapping = "date = Trade Date\ninstrument = Symbol\nunits = Qty\nside = Action\nprice = Price\n\
                       amount = Net\nid = Exec\ndates = month/day/year\n";
        let text = "Exec,Trade Date,Action,Symbol,Qty,Price,Net\n\
                    x1,06/30/2026 15:30,Bought,ACME,\"1,000\",50.25,\"(50,250.00)\"\n\
                    x2,6/30/2026,Sold,ACME,10,50.5,505\n\
                    x3,06/30/2026,,,,,-0.32\n";
        let lines = of(text, mapping).unwrap();
        let said: Vec<String> = lines
            .iter()
            .map(|s| {
                let units = s.line.units.map(|u| u.to_string());
                format!("{} {} {units:?} {}", s.place, s.line.date, s.line.amount.unwrap())
            })
            .collect();
        assert_eq!(
            said,
            ["2 2026-06-30 Some(\"1000\") -50250.00", "3 2026-06-30 Some(\"-10\") 505.00", "4 2026-06-30 None -0.32"]
        );
        assert_eq!(lines[0].line.price.unwrap().to_string(), "50.25");
        let plain = of("date,amount,currency\n2026-06-30T20:00:00Z,5,EUR\n20260630,6,\n", "").unwrap();
        assert_eq!(plain[0].line.currency.as_str(), "EUR");
        assert_eq!(plain[1].line.date, plain[0].line.date);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_line_and_column() {
        for (text, mapping, says) in [
            ("date,amount\n2026-06-30,x\n", "", "line 2, amount: \"x\" cannot be read"),
            ("date,amount\n2026-06-30,0.123456789\n", "", "line 2, amount"),
            ("date,amount\n30.06.2026,1\n", "", "line 2, date: \"30.06.2026\" cannot be read"),
            ("date,amount\n,1\n", "", "line 2, date: a value is needed"),
            ("date,amount\n2026-06-30,\n", "", "line 2, amount: a value is needed"),
            ("date,amount\n2026-06-30,1,2\n", "", "line 2: has 3 columns where the header has 2"),
            (
                "day,amount\n2026-06-30,1\n",
                "",
                "no column \"date\", which is needed for the date; the columns are \"day\"",
            ),
            ("date,amount\n2026-06-30,1\n", "price = Px", "no column \"Px\", which is needed for the price"),
            ("date,text\n2026-06-30,1\n", "", "no column \"amount\""),
            ("date,units,side\n2026-06-30,1,hold\n", "", "line 2, side: \"hold\" cannot be read; allowed is a word"),
            ("date,amount,currency\n2026-06-30,1,$\n", "", "line 2, currency"),
        ] {
            let said = of(text, mapping).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        }
    }
}
