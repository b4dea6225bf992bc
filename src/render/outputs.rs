//! Files for programs (REP-1, REP-3, REP-4): each function gives the bytes of one file.

use desk::domain::records::{DecisionRecord, RunRecord, TradeRecord};
use desk::research::{DailySummary, Summary};
use serde::Serialize;
use serde_json::Value;

use super::input::RenderError;

/// `trade_history.json`: one array, one record a line.
///
/// # Errors
/// [`RenderError::Record`] where a record contradicts itself; then nothing is given.
pub fn trade_history_json(trades: &[TradeRecord]) -> Result<Vec<u8>, RenderError> {
    let mut bytes = vec![b'['];
    for (i, trade) in trades.iter().enumerate() {
        trade.check()?;
        bytes.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut bytes, trade)?;
    }
    bytes.extend_from_slice(b"\n]\n");
    Ok(bytes)
}

/// The columns of `trade_history.csv`: the fields of a record in their order.
pub const TRADE_COLUMNS: &[&str] = &[
    "decision_id",
    "session",
    "strategy_name",
    "ticker",
    "trade_side",
    "side",
    "size",
    "signal_trigger_time",
    "entry_timestamp",
    "exit_timestamp",
    "entry_price",
    "exit_price",
    "fees",
    "commission",
    "sec_fee",
    "taf_fee",
    "pnl_gross",
    "pnl_net",
    "PnL",
    "currency",
    "exit_reason",
    "broker",
    "error_code",
    "mode",
    "synthetic",
    "timestamp",
    "ref_price",
    "stop_price",
    "target_price",
    "risk_per_unit",
    "last_stop_price",
    "entry_arrival_price",
    "exit_arrival_price",
    "entry_slippage",
    "exit_slippage",
    "order_ids",
    "entry_ids",
    "entry_seqs",
];

/// `trade_history.csv`: the fields of the JSON; lists are separated by spaces, nothing is an empty cell.
///
/// # Errors
/// As [`trade_history_json`].
pub fn trade_history_csv(trades: &[TradeRecord]) -> Result<Vec<u8>, RenderError> {
    let refused = |e: csv::Error| RenderError::Csv(e.to_string());
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(TRADE_COLUMNS).map_err(refused)?;
    for trade in trades {
        trade.check()?;
        let record = serde_json::to_value(trade)?;
        let cells = TRADE_COLUMNS.iter().map(|name| record.get(name).map(cell).unwrap_or_default());
        writer.write_record(cells).map_err(refused)?;
    }
    writer.into_inner().map_err(|e| RenderError::Csv(e.to_string()))
}

/// A value in a cell of a spreadsheet.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => guarded(text),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|i| i.as_str().map_or_else(|| i.to_string(), str::to_owned)).collect();
            guarded(&items.join(" "))
        }
        other => other.to_string(),
    }
}

/// A spreadsheet takes a cell that begins with one of these for a formula; an apostrophe keeps it text. Numbers stay
/// numbers.
fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let number = desk::domain::decimal::parse_steps(text.as_bytes()).is_ok();
    if formula && !number { format!("'{text}") } else { text.to_owned() }
}

/// `decisions.jsonl`: one record a line.
///
/// # Errors
/// [`RenderError::Json`].
pub fn decisions_jsonl(decisions: &[DecisionRecord]) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Vec::new();
    for decision in decisions {
        serde_json::to_writer(&mut bytes, decision)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

/// `summaries/{session}/daily_summary.json`.
///
/// # Errors
/// [`RenderError::Json`].
pub fn daily_summary_json(day: &DailySummary) -> Result<Vec<u8>, RenderError> {
    pretty(day)
}

/// `summary.json`.
///
/// # Errors
/// [`RenderError::Json`].
pub fn summary_json(summary: &Summary) -> Result<Vec<u8>, RenderError> {
    pretty(summary)
}

/// `run.json`.
///
/// # Errors
/// [`RenderError::Json`].
pub fn run_json(run: &RunRecord) -> Result<Vec<u8>, RenderError> {
    pretty(run)
}

fn pretty(value: &impl Serialize) -> Result<Vec<u8>, RenderError> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cell_is_never_a_formula() {
        for (text, shown) in [
            ("=1+1", "'=1+1"),
            ("+SUM(A1)", "'+SUM(A1)"),
            ("-cmd", "'-cmd"),
            ("@x", "'@x"),
            ("-12.50", "-12.50"),
            ("12.50", "12.50"),
            ("open", "open"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), shown);
        }
    }
}
