//! Lines of the session's logs (REP-1a, REP-2).

use serde_json::Value;

use super::input::RenderError;
use super::outputs::cell;

/// The fields of an action's line, in their order.
pub const ACTION_COLUMNS: &[&str] = &[
    "timestamp",
    "seq",
    "event",
    "session",
    "strategy_name",
    "ticker",
    "trade_side",
    "side",
    "leg",
    "size",
    "signal_trigger_time",
    "entry_timestamp",
    "exit_timestamp",
    "entry_price",
    "exit_price",
    "stop_price",
    "target_price",
    "fees",
    "pnl_gross",
    "pnl_net",
    "PnL",
    "exit_reason",
    "gate",
    "reason",
    "error_code",
    "broker",
    "mode",
    "synthetic",
    "decision_id",
    "order_id",
];

/// The first line of a log in CSV.
#[must_use]
pub fn csv_head() -> Vec<u8> {
    format!("{}\n", ACTION_COLUMNS.join(",")).into_bytes()
}

/// A line of a log in CSV.
///
/// # Errors
/// [`RenderError::Csv`].
pub fn csv_line(record: &Value) -> Result<Vec<u8>, RenderError> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let cells = ACTION_COLUMNS.iter().map(|name| record.get(name).map(cell).unwrap_or_default());
    writer.write_record(cells).map_err(|e| RenderError::Csv(e.to_string()))?;
    writer.into_inner().map_err(|e| RenderError::Csv(e.to_string()))
}

/// A line of a log in JSON.
#[must_use]
pub fn json_line(record: &Value) -> Vec<u8> {
    format!("{record}\n").into_bytes()
}
