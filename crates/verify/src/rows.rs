//! Rows as JSON, so that what is stored and what the bytes say are compared field by field.

use std::fmt::Display;

use serde_json::Value;
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{AnyConnection, Column as _, Row as _, ValueRef as _};

use crate::Wrong;
use crate::values::hex;

/// The SHA-256 of version 1 of the schema: each table, index, trigger and view with its statement.
pub(crate) const SCHEMA: &str = "bceb3b30bdb3f6a3b3387c5c6713b0b8380a33163e8a4217223ded471c9657d7";
/// The SHA-256 of what the catalogue of a PostgreSQL database says of it.
pub(crate) const POSTGRES_SCHEMA: &str = "e4b4adc759061ce866394415d61d39015aff0bef9ca78c13ae6c6d9de91d78e8";
/// The SHA-256 of the rows of version 1 of the chart.
pub(crate) const CHART: &str = "841180e661701a7bc96fad64c8789ad9168812f689f7d2b7e81e04657306e490";

/// The rows of a question about a book and a number. Bytes that are text are text; hashes are hexadecimal.
pub(crate) async fn rows(c: &mut AnyConnection, asked: &'static str, book: i64, seq: i64) -> Result<Vec<Value>, Wrong> {
    let rows = sqlx::query(asked).bind(book).bind(seq).fetch_all(c).await?;
    rows.iter()
        .map(|row| Ok(Value::Object(row.columns().iter().map(|c| field(row, c.name())).collect::<Result<_, Wrong>>()?)))
        .collect()
}

fn field(row: &AnyRow, name: &str) -> Result<(String, Value), Wrong> {
    let raw = row.try_get_raw(name)?;
    let value = match raw.type_info().kind() {
        _ if raw.is_null() => Value::Null,
        AnyTypeInfoKind::Text => row.try_get::<String, _>(name)?.into(),
        AnyTypeInfoKind::Blob if name == "bytes" => String::from_utf8_lossy(&row.try_get::<Vec<u8>, _>(name)?).into(),
        AnyTypeInfoKind::Blob => hex(&row.try_get::<Vec<u8>, _>(name)?).into(),
        _ => row.try_get::<i64, _>(name)?.into(),
    };
    Ok((name.to_owned(), value))
}

/// A row that was touched.
pub(crate) fn found<T>(table: &str, row: impl Display, said: impl Display) -> Result<T, Wrong> {
    Err(Wrong::Touched(format!("{table} {row}: {said}")))
}

/// What a row may have besides a number: where nothing is said of it, nothing may stand there.
const OPTIONAL: &[&str] =
    &["commodity", "units", "lot", "strategy", "instrument", "fill", "fee_kind", "item", "reference"];

/// Compares what is stored with what it has to be; names the first field that differs.
pub(crate) fn compare(table: &str, row: impl Display, stored: &Value, expected: &Value) -> Result<(), Wrong> {
    let names = expected.as_object().into_iter().flat_map(|fields| fields.keys().map(String::as_str));
    let other = names.chain(OPTIONAL.iter().copied()).find(|name| stored[*name] != expected[*name]);
    let said = |name: &str| found(table, row, format!("{name} is {}; it has to be {}", stored[name], expected[name]));
    other.map_or(Ok(()), said)
}
