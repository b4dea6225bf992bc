//! The CSV of our own exports: its postings are put together to entries again, and these are what the statement says.

use std::collections::BTreeMap;
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord};
use desk::domain::journal::{Draft, Entry, Facts, Holding, Posting, Tags};
use desk::domain::symbol::Currency;

use super::csv::unguarded;
use super::error::ImportError;
use super::line::Stated;
use crate::render::exports::csv::COLUMNS;
use crate::render::exports::ofx::lines;

/// Whether a file has the header of our own exports.
pub(super) fn is_ours(text: &str) -> bool {
    text.lines().next().is_some_and(|header| header.trim_end() == COLUMNS.join(","))
}

/// The lines that the entries of a file are on a statement. Prices are not in it: they stand in the facts, which a CSV
/// lacks.
pub(super) fn read(text: &str, base: Currency) -> Result<Vec<Stated>, ImportError> {
    let mut entries = BTreeMap::<u64, (u64, Entry)>::new();
    let mut reader = ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    for record in reader.records() {
        let record = record
            .map_err(|e| ImportError::Csv { line: e.position().map_or(1, csv::Position::line), what: e.to_string() })?;
        let row = Row { place: record.position().map_or(0, csv::Position::line), record: &record };
        let (_, entry) = match entries.entry(row.needed("seq")?) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => new.insert((row.place, row.entry()?)),
        };
        if row.needed::<u64>("line")? > 0 {
            entry.draft.postings.push(row.posting()?);
        }
    }
    let places: BTreeMap<u64, u64> = entries.iter().map(|(seq, (place, _))| (*seq, *place)).collect();
    let entries: Vec<Entry> = entries.into_values().map(|(_, entry)| entry).collect();
    let booked = lines(&entries, base).map_err(|_| ImportError::Overflow)?;
    Ok(booked
        .into_iter()
        .map(|booked| Stated {
            place: places.get(&booked.seq).copied().unwrap_or_default(),
            id: booked.ids.into_iter().next(),
            line: super::line::Line { price: None, ..booked.line },
        })
        .collect())
}

struct Row<'a> {
    record: &'a StringRecord,
    place: u64,
}

impl Row<'_> {
    fn text(&self, column: &str) -> &str {
        let at = COLUMNS.iter().position(|c| *c == column);
        unguarded(at.and_then(|at| self.record.get(at)).unwrap_or_default())
    }

    fn maybe<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, ImportError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| ImportError::Value {
            line: self.place,
            column: column.to_owned(),
            found: text.chars().take(60).collect(),
            allowed: "what the export wrote",
        })
    }

    fn needed<T: FromStr>(&self, column: &'static str) -> Result<T, ImportError> {
        self.maybe(column)?.ok_or_else(|| ImportError::Missing { line: self.place, column: column.to_owned() })
    }

    /// The entry of a row, without its postings.
    fn entry(&self) -> Result<Entry, ImportError> {
        let some = |column: &str| Some(self.text(column)).filter(|t| !t.is_empty()).map(str::to_owned);
        Ok(Entry {
            seq: self.needed("seq")?,
            entry_id: self.needed("entry_id")?,
            booked_at: self.needed("booked_at")?,
            draft: Draft {
                kind: self.word("kind")?,
                source_key: self.text("source_key").to_owned(),
                session: self.needed("session")?,
                effective_at: self.needed("effective_at")?,
                reverses: self.maybe("reverses")?,
                corrects: self.maybe("corrects")?,
                description: self.text("description").to_owned(),
                reason: some("reason"),
                by: some("by"),
                facts: Facts::default(),
                postings: Vec::new(),
            },
        })
    }

    /// A value that is one of some words.
    fn word<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T, ImportError> {
        serde_json::from_value(self.text(column).into()).map_err(|_| ImportError::Value {
            line: self.place,
            column: column.to_owned(),
            found: self.text(column).chars().take(60).collect(),
            allowed: "what the export wrote",
        })
    }

    fn posting(&self) -> Result<Posting, ImportError> {
        let holding = match (self.maybe("commodity")?, self.maybe("units")?) {
            (Some(commodity), Some(units)) => Some(Holding { commodity, units }),
            _ => None,
        };
        let fee_kind = if self.text("fee_kind").is_empty() { None } else { Some(self.word("fee_kind")?) };
        Ok(Posting {
            account: self.needed("account")?,
            currency: self.needed("currency")?,
            amount: self.needed("amount")?,
            holding,
            tags: Tags {
                lot: self.maybe("lot")?,
                strategy: self.strategy()?,
                instrument: self.maybe("instrument")?,
                fill: self.maybe("fill")?,
                fee_kind,
                item: self.maybe("item")?,
            },
        })
    }

    fn strategy(&self) -> Result<Option<desk::domain::ids::StrategyName>, ImportError> {
        if self.text("strategy").is_empty() { Ok(None) } else { self.word("strategy").map(Some) }
    }
}
