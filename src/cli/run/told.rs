//! The result of a run as text for people, and as one JSON object.

use std::path::Path;

use desk::domain::records::MarketSource;
use desk::research::tally::TradeFigures;
use serde_json::json;

use super::outputs::Results;
use crate::cli::console;
use crate::cli::failure::Failure;
use crate::render::numbers::{Sign, cents_text, counted};

/// Prints the tables of a result.
pub(in crate::cli) fn result(results: &Results, out: &Path) {
    let (run, summary) = (&results.run, &results.summary);
    let o = &summary.overview;
    let source = match run.plan.market {
        MarketSource::Recorded => "recorded market, simulated fills",
        MarketSource::Generated => "SIMULATED market, simulated fills",
    };
    console::say(&format!(
        "{} to {}: {}, {}, {} ({source})",
        run.plan.from,
        run.plan.to,
        counted(run.counts.sessions, "session"),
        counted(u64::try_from(run.plan.symbols.len()).unwrap_or(u64::MAX), "symbol"),
        counted(run.counts.bars, "bar"),
    ));
    let rows: Vec<Vec<String>> = o
        .per_strategy
        .iter()
        .map(|(name, s)| row(name.as_str(), s.signals.signals, s.signals.blocked, &s.figures))
        .chain([row(
            "all",
            o.trade_count_vs_signals_triggered.signals,
            o.trade_count_vs_signals_triggered.blocked,
            &o.trades,
        )])
        .collect();
    let heads = ["strategy", "signals", "blocked", "trades", "won", "gross USD", "fees USD", "net USD"];
    console::say(&console::table(&heads, &rows));
    console::say(&format!("drawdown    {} USD", cents_text(summary.drawdown.max, Sign::Plain)));
    console::say(&format!("fees        {} USD, the days' rounding included", cents_text(o.fees.total, Sign::Plain)));
    let blocked: Vec<String> = o
        .blocked_by_gate
        .iter()
        .map(|b| {
            let reason = b.reason.as_deref().map(|r| format!(" ({})", r.replace('_', " "))).unwrap_or_default();
            format!("{} {}{reason}", b.count, b.gate.label())
        })
        .collect();
    if !blocked.is_empty() {
        console::say(&format!("blocked by  {}", blocked.join(", ")));
    }
    for skipped in &o.skipped_windows {
        console::remark(&format!(
            "warning: a window of {} was skipped: {}",
            skipped.strategy_name,
            skipped.reason.replace('_', " ")
        ));
    }
    console::say(&format!("books       verified: {} entries, head {}", run.books.records, run.books.head));
    console::say(&format!("report      {}", out.join("report.html").display()));
}

fn row(name: &str, signals: u64, blocked: u64, f: &TradeFigures) -> Vec<String> {
    vec![
        name.to_owned(),
        signals.to_string(),
        blocked.to_string(),
        f.trades.to_string(),
        f.won.to_string(),
        cents_text(f.gross, Sign::Result),
        fees(f),
        cents_text(f.net, Sign::Result),
    ]
}

fn fees(f: &TradeFigures) -> String {
    f.fees.total().map_or_else(|_| "beyond 64 bits".to_owned(), |total| cents_text(total, Sign::Plain))
}

/// One JSON object with the figures of a result.
///
/// # Errors
/// Those of the JSON writer.
pub(in crate::cli) fn json(results: &Results, out: &Path) -> Result<String, Failure> {
    let (run, summary) = (&results.run, &results.summary);
    let value = json!({
        "out": out.display().to_string(),
        "report": out.join("report.html").display().to_string(),
        "run_id": run.run_id,
        "kind": run.plan.kind,
        "market": run.plan.market,
        "from": run.plan.from,
        "to": run.plan.to,
        "counts": run.counts,
        "net": summary.overview.trades.net,
        "fees": summary.overview.fees.total,
        "drawdown": summary.drawdown.max,
        "equity_close": summary.equity_close,
        "blocked_by_gate": summary.overview.blocked_by_gate,
        "books": { "verified": results.books.verified, "entries": run.books, "events": run.events },
    });
    serde_json::to_string(&value).map_err(|e| Failure::failed("json", e))
}
