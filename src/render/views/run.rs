//! What went in and what stands behind it: sessions, data quality, assumptions, inputs, books.

use std::collections::BTreeMap;

use desk::domain::decimal::Ratio;
use desk::domain::symbol::Symbol;
use serde_json::{Value, json};

use crate::render::charts::{MOST_DAYS, days_with_trades};
use crate::render::input::ReportInput;
use crate::render::numbers::{Column, Sign, clock, count, counted, decimal, glance, minus, plain};

/// One row a session.
pub(super) fn sessions(input: &ReportInput<'_>) -> Value {
    let mut trades = BTreeMap::<_, u64>::new();
    for trade in input.material.trades {
        let slot = trades.entry(trade.session).or_default();
        *slot = slot.saturating_add(1);
    }
    input
        .material
        .sessions
        .iter()
        .map(|s| {
            let corrupt = s.data.iter().fold(0_u64, |sum, q| sum.saturating_add(q.corrupt_bars));
            let mut notes: Vec<String> = Vec::new();
            if s.early_close {
                notes.push("early close".to_owned());
            }
            for f in &s.freezes {
                let whose = f.strategy_name.map_or_else(|| "account".to_owned(), |n| n.to_string());
                let name = f.name.replace('_', " ");
                notes.push(format!(
                    "{whose} frozen at {} by {name}: {}, the limit is {}",
                    clock(f.at),
                    minus(&f.value),
                    minus(&f.limit)
                ));
            }
            for w in &s.skipped_windows {
                notes.push(format!("window of {} skipped: {}", w.strategy_name, w.reason.replace('_', " ")));
            }
            json!({
                "date": s.session.date,
                "id": s.session,
                "hours": format!("{} to {}", clock(s.open), clock(s.close)),
                "trades": count(trades.get(&s.session).copied().unwrap_or(0)),
                "net": glance(s.net, Sign::Result),
                "fees": s.fees.total().map(|m| glance(m, Sign::Plain)).ok(),
                "fall": glance(s.max_drawdown, Sign::Plain),
                "equity": glance(s.equity_close, Sign::Plain),
                "corrupt": count(corrupt),
                "notes": notes,
            })
        })
        .collect()
}

/// One row a symbol: what its bars were like.
pub(super) fn quality(input: &ReportInput<'_>) -> Value {
    let mut lowest = BTreeMap::<Symbol, Ratio>::new();
    for q in input.material.sessions.iter().flat_map(|s| &s.data) {
        if let Some(dvs) = q.lowest_dvs {
            let slot = lowest.entry(q.ticker).or_insert(dvs);
            *slot = (*slot).min(dvs);
        }
    }
    let sums = &input.summary.overview.data_quality;
    let total = sums.values().fold(0_u64, |sum, q| sum.saturating_add(q.corrupt_bars));
    let missing = sums.values().fold(0_u64, |sum, q| sum.saturating_add(q.missing_minutes));
    json!({
        "sentence": format!(
            "{} and {} in {}. Nothing is decided on a corrupt bar, nothing is filled in for a missing one.",
            counted(total, "corrupt bar"), counted(missing, "missing minute"),
            counted(u64::try_from(sums.len()).unwrap_or(0), "symbol"),
        ),
        "rows": sums.iter().map(|(ticker, q)| json!({
            "ticker": ticker,
            "bars": count(q.bars),
            "missing": count(q.missing_minutes),
            "corrupt": count(q.corrupt_bars),
            "outside": count(q.outside_session),
            "fallen": count(q.fallen_bars),
            "lowest": lowest.get(ticker).map(|r| decimal(r.raw())),
            "flag": q.fallen_bars > 0,
        })).collect::<Vec<_>>(),
    })
}

/// What the result rests on.
pub(super) fn assumed(input: &ReportInput<'_>) -> Value {
    let (a, plan) = (input.material.assumptions, &input.material.run.plan);
    json!({
        "float": plain(a.float, Sign::Plain),
        "currency": a.currency,
        "parameters": a.parameters,
        "quotes": a.quotes,
        "seed": plan.seed,
        "rules": a.rules,
        "fees": a.fees.iter().map(|f| json!({
            "fee": f.fee.label(),
            "from": f.from_session,
            "rate": f.rate.to_string(),
            "per": f.per.replace("usd_per_", "USD per ").replace('_', " "),
            "cap": f.cap_per_trade.map(|c| plain(c, Sign::Plain)),
            "evidence": f.evidence,
            "before": f.before_first_row,
        })).collect::<Vec<_>>(),
        // In byte order; the engine's own maps have none.
        "configuration": plan.configuration.iter().collect::<Vec<_>>(),
        "inputs": plan.inputs.iter().map(|i| json!({
            "kind": i.kind, "name": i.name, "sha256": i.sha256, "bytes": count(i.bytes), "rows": i.rows.map(count),
        })).collect::<Vec<_>>(),
    })
}

/// The books and the event log.
pub(super) fn books(input: &ReportInput<'_>) -> Value {
    let run = input.material.run;
    let c = run.counts;
    json!({
        "verified": input.books.verified,
        "checks": input.books.checks,
        "first_wrong": input.books.first_wrong,
        "entries": count(run.books.records),
        "head": run.books.head,
        "head_short": run.books.head.to_string().chars().take(12).collect::<String>(),
        "events": count(run.events.records),
        "events_head": run.events.head,
        "run_id": run.run_id,
        "counts": [
            ["Sessions", count(c.sessions)], ["Bars", count(c.bars)], ["Evaluations without a signal", count(c.evaluations)],
            ["Signals", count(c.decisions)], ["Orders", count(c.orders)], ["Fills", count(c.fills)], ["Trades", count(c.trades)],
        ],
    })
}

/// The sentence and the table behind the equity curve, and what the price charts leave out.
pub(super) fn curve(input: &ReportInput<'_>) -> Value {
    let s = input.summary;
    let column = Column::of(s.equity_curve.iter().map(|p| p.equity), Sign::Plain);
    let changes = Column::of(s.equity_curve.iter().map(|p| p.change), Sign::Result);
    let falls = Column::of(s.equity_curve.iter().map(|p| p.drawdown), Sign::Plain);
    let fall = s.drawdown.trough_at.map_or_else(
        || "Equity never fell below its highest value.".to_owned(),
        |at| {
            format!(
                "The deepest fall, {} {}, ended on {} at {} UTC.",
                plain(s.drawdown.max, Sign::Plain),
                s.head.currency,
                at.utc_date(),
                clock(at)
            )
        },
    );
    let days = days_with_trades(input.material.trades);
    let shown = input.charts.len();
    let left_out = days.saturating_sub(shown);
    json!({
        "sentence": format!(
            "Net result from {} to {}: {} {}. {fall}",
            s.from, s.to, minus(&plain(s.equity_change, Sign::Result)), s.head.currency
        ),
        "rows": s.equity_curve.iter().map(|p| json!({
            "date": p.session.date, "equity": column.cell(p.equity),
            "change": changes.cell(p.change), "fall": falls.cell(p.drawdown),
        })).collect::<Vec<_>>(),
        "equity_pad": column.pad(0), "change_pad": changes.pad(0), "fall_pad": falls.pad(0),
        "days": days,
        "shown": shown,
        "left_out": (left_out > 0).then(|| format!(
            "{shown} of {days} symbol-days with trades are drawn (at most {MOST_DAYS}), those with the largest gain, loss and slippage."
        )),
    })
}
