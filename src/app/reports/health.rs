//! `daily_health.json` (REP-6): how a session went, in one word with its reasons, and what was rejected why.

use desk::research::DailySummary;
use serde_json::{Value, json};

use crate::render::BooksCheck;

/// So many of a hundred minutes may be without a clean bar before it is worth a look.
const TOLERATED: u64 = 2;

/// The health of a session. `closed` says whether the books of its day were closed with it.
pub(super) fn health(day: &DailySummary, books: &BooksCheck, closed: bool) -> Value {
    let o = &day.overview;
    let (mut critical, mut warnings) = (Vec::new(), Vec::new());
    if let Some(wrong) = &books.first_wrong {
        critical.push(format!("the books do not verify: {wrong}"));
    }
    if !closed {
        warnings
            .push("the books of the day stayed open when the session ended: the page Day close says why".to_owned());
    }
    for freeze in &o.freezes {
        let whose = freeze.strategy_name.map_or_else(|| "the account".to_owned(), |s| s.to_string());
        warnings
            .push(format!("{whose} was frozen by {}: {}, the limit is {}", freeze.name, freeze.value, freeze.limit));
    }
    for window in &o.skipped_windows {
        warnings.push(format!("the window of {} was skipped: {}", window.strategy_name, window.reason));
    }
    for (ticker, q) in &o.data_quality {
        let whole = q.bars.saturating_add(q.missing_minutes);
        let bad = q.corrupt_bars.saturating_add(q.missing_minutes);
        if bad.saturating_mul(100) > whole.saturating_mul(TOLERATED) {
            warnings.push(format!(
                "{ticker}: {} minutes missing and {} corrupt of {whole}",
                q.missing_minutes, q.corrupt_bars
            ));
        }
    }
    if o.trade_count_vs_signals_triggered.pending > 0 {
        warnings.push(format!("{} decisions ended without an outcome", o.trade_count_vs_signals_triggered.pending));
    }
    let status = match (critical.is_empty(), warnings.is_empty()) {
        (false, _) => "critical",
        (true, false) => "warning",
        (true, true) => "healthy",
    };
    critical.extend(warnings);
    let rejections = o.blocked_by_gate.iter();
    json!({
        "identity": day.head.identity,
        "session": day.session,
        "mode": day.head.mode,
        "status": status,
        "reasons": critical,
        "rejections": rejections.map(|b| json!({ "gate": b.gate, "reason": b.reason, "count": b.count })).collect::<Vec<_>>(),
        "signals": o.trade_count_vs_signals_triggered.signals,
        "trades": o.total_trades,
        "books_verified": books.verified,
        "books_closed": closed,
    })
}
