//! A view of the books as a table: what a page shows, as a file and for programs.

use std::fmt::Display;

use desk::domain::chain::Hash;
use desk::domain::decimal::{DecimalText, Money};
use serde_json::{Map, Value, json};

use crate::render::exports::guarded;
use crate::web::refusal::Refusal;

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// A text, which no spreadsheet may take for a formula.
    Text(String),
    /// An exact decimal, a date, a time: nothing that begins like a formula but for a minus.
    Plain(String),
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Truth(bool),
    /// Nothing.
    Nothing,
}

impl Cell {
    pub(crate) fn text(what: impl Display) -> Self {
        Self::Text(what.to_string())
    }

    pub(crate) fn plain(what: impl Display) -> Self {
        Self::Plain(what.to_string())
    }

    /// A text or a plain value, where there is one.
    pub(crate) fn maybe(what: Option<impl Display>) -> Self {
        what.map_or(Self::Nothing, Self::plain)
    }

    pub(crate) fn money(amount: Money) -> Self {
        Self::plain(DecimalText::new(amount.raw(), 2).as_str())
    }

    pub(crate) fn maybe_money(amount: Option<Money>) -> Self {
        amount.map_or(Self::Nothing, Self::money)
    }

    pub(crate) fn hash(hash: Option<Hash>) -> Self {
        Self::maybe(hash)
    }

    fn csv(&self) -> String {
        match self {
            Self::Text(text) => guarded(text),
            Self::Plain(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Truth(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Self::Nothing => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) | Self::Plain(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Truth(yes) => json!(yes),
            Self::Nothing => Value::Null,
        }
    }
}

/// A table: names of columns, and rows as long as these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(columns: &'static [&'static str], rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        Self { columns, rows: rows.into_iter().collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The file.
    pub(crate) fn csv(&self) -> Result<Vec<u8>, Refusal> {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        let mut written = writer.write_record(self.columns);
        for row in &self.rows {
            written = written.and_then(|()| writer.write_record(row.iter().map(Cell::csv)));
        }
        let whole = written.map_err(|e| e.to_string()).and_then(|()| writer.into_inner().map_err(|e| e.to_string()));
        whole.map_err(|e| Refusal::Broken(format!("The file could not be made: {e}.")))
    }

    /// The rows for a program, an object each.
    pub(crate) fn json(&self) -> Value {
        let object = |row: &Vec<Cell>| -> Map<String, Value> {
            self.columns.iter().map(|name| (*name).to_owned()).zip(row.iter().map(Cell::json)).collect()
        };
        self.rows.iter().map(object).map(Value::Object).collect()
    }
}
