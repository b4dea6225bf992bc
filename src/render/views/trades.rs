//! The trades, to the last digit.

use std::collections::{BTreeMap, BTreeSet};

use desk::domain::decimal::Money;
use desk::domain::records::TradeRecord;
use serde_json::{Value, json};

use crate::render::input::ReportInput;
use crate::render::numbers::{Column, Sign, count, price, quantity, span, time};

/// The most rows; a page with more would be slow to read and to open.
const MOST_ROWS: usize = 1_000;

/// The table, and what it leaves out.
pub(super) fn trades(input: &ReportInput<'_>) -> Value {
    let all = input.material.trades;
    let charts: BTreeMap<_, _> = input.charts.iter().zip(0_usize..).map(|(d, i)| ((d.session, d.ticker), i)).collect();
    let rows: Vec<(usize, &TradeRecord)> = shown(all);
    let nets = Column::of(rows.iter().map(|(_, t)| t.pnl_net).chain([input.summary.overview.trades.net]), Sign::Result);
    let fees = Column::of(rows.iter().map(|(_, t)| t.fees), Sign::Plain);
    let slips = Column::of(rows.iter().map(|(_, t)| t.slippage().unwrap_or_default()), Sign::Plain);
    let sessions: BTreeSet<_> = rows.iter().map(|(_, t)| t.session).collect();
    let mut last = None;
    let cells: Vec<Value> = rows
        .iter()
        .map(|(row, t)| {
            let heading = (last != Some(t.session)).then(|| t.session.date.to_string());
            last = Some(t.session);
            json!({
                "row": row,
                "heading": heading,
                "chart": charts.get(&(t.session, t.ticker)),
                "session": t.session,
                "ticker": t.ticker,
                "strategy": t.strategy_name,
                "side": t.side,
                "size": quantity(t.size),
                "entry_time": time(t.entry_timestamp),
                "exit_time": time(t.exit_timestamp),
                "entry": price(t.entry_price),
                "exit": price(t.exit_price),
                "stop": price(t.stop_price),
                "target": price(t.target_price),
                "held": span(t.held()),
                "reason": t.exit_reason.label(),
                "code": t.exit_reason,
                "synthetic": t.synthetic,
                "fees": fees.cell(t.fees),
                "slippage": slips.cell(t.slippage().unwrap_or_default()),
                "net": nets.cell(t.pnl_net),
                "won": t.pnl_net > Money::ZERO,
            })
        })
        .collect();
    json!({
        "rows": cells,
        "count": count(u64::try_from(all.len()).unwrap_or(0)),
        "left_out": (rows.len() < all.len()).then(|| format!(
            "{} of {} trades are shown, those with the largest gain, loss and slippage; trade_history.csv has all.",
            rows.len(), all.len()
        )),
        "many_sessions": sessions.len() > 1,
        "net_pad": nets.pad(0),
        "fees_pad": fees.pad(0),
        "slippage_pad": slips.pad(0),
        "total": nets.cell(input.summary.overview.trades.net),
    })
}

/// All trades by time of entry, or where there are too many, the most telling ones.
fn shown(all: &[TradeRecord]) -> Vec<(usize, &TradeRecord)> {
    let mut rows: Vec<(usize, &TradeRecord)> = all.iter().enumerate().collect();
    if rows.len() > MOST_ROWS {
        rows.sort_by_key(|(row, t)| {
            let weight = t.pnl_net.magnitude().max(t.slippage().unwrap_or_default().magnitude());
            (weight.negated(), *row)
        });
        rows.truncate(MOST_ROWS);
    }
    rows.sort_by_key(|(row, t)| (t.session, t.entry_timestamp, *row));
    rows
}
