//! The answer first; then what it cost, and whether it could be luck.

use desk::domain::decimal::Money;
use desk::domain::records::MarketSource;
use desk::domain::wide::{Overflow, Wide};
use desk::research::Figure;
use desk::research::luck::LuckVerdict;
use serde_json::{Value, json};

use crate::render::input::{RenderError, ReportInput};
use crate::render::numbers::{Column, Sign, cents_text, count, counted, glance, percent, plain, ratio};

/// Identity, the answer in a sentence, and its figures.
pub(super) fn head(input: &ReportInput<'_>) -> Value {
    let (run, s) = (input.material.run, input.summary);
    let plan = &run.plan;
    let (from, to) = (plan.from, plan.to);
    let market = match plan.market {
        MarketSource::Generated => {
            format!("Simulated venue, generated market: every price is drawn from seed {}.", plan.seed)
        }
        MarketSource::Recorded => {
            "Simulated venue, recorded market: prices are recorded, fills are modelled; no order left this machine."
                .to_owned()
        }
    };
    let symbols: Vec<&str> = plan.symbols.iter().map(desk::domain::symbol::Symbol::as_str).collect();
    json!({
        "kind": plan.kind.label(),
        "market_word": plan.market.label(),
        "identity": plan.identity,
        "version": plan.version,
        "run_id": run.run_id,
        "run_short": run.run_id.to_string().chars().take(12).collect::<String>(),
        "dates": if from == to { from.to_string() } else { format!("{from} to {to}") },
        "symbols": symbols.join(", "),
        "symbol_count": counted(u64::try_from(symbols.len()).unwrap_or(0), "symbol"),
        "session_count": counted(u64::try_from(s.sessions).unwrap_or(0), "session"),
        "strategies": plan.strategies.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(", "),
        "market": market,
        "currency": s.head.currency,
        "answer": answer(input),
        "luck": verdict(input),
        "net": glance(s.overview.trades.net, Sign::Result),
        "trades": count(s.overview.total_trades),
        "won": s.overview.trades.won,
        "win_rate": s.overview.trades.win_rate.map(percent),
        "signals": counted(s.overview.trade_count_vs_signals_triggered.signals, "signal"),
        "fees": glance(s.overview.fees.total, Sign::Plain),
        "slippage": glance(s.overview.slippage_against_arrival.total, Sign::Plain),
        "fall": glance(s.drawdown.max, Sign::Plain),
        "fall_share": s.drawdown.share_of_float.map(percent),
        "verified": input.books.verified,
        "entries": counted(run.books.records, "entry"),
    })
}

fn answer(input: &ReportInput<'_>) -> String {
    let s = input.summary;
    let t = &s.overview.trades;
    let signals = s.overview.trade_count_vs_signals_triggered;
    let currency = s.head.currency;
    if t.trades == 0 && signals.signals == 0 {
        let evaluations = input.material.run.counts.evaluations;
        return format!("No trade was made: none of {} gave a signal.", counted(evaluations, "evaluation"));
    }
    if t.trades == 0 {
        return format!(
            "No trade was made: of {}, {} were blocked and {} missed.",
            counted(signals.signals, "signal"),
            signals.blocked,
            signals.missed
        );
    }
    let trades = counted(t.trades, "trade");
    let won = match t.won {
        0 => "none of them won".to_owned(),
        n => format!("{} of them won", count(n)),
    };
    let amount = cents_text(t.net.magnitude(), Sign::Plain);
    match t.net.cmp(&Money::ZERO) {
        std::cmp::Ordering::Greater => format!("{amount} {currency} earned after costs: {trades}, {won}."),
        std::cmp::Ordering::Less => format!("{amount} {currency} lost after costs: {trades}, {won}."),
        std::cmp::Ordering::Equal => format!("Nothing earned, nothing lost after costs: {trades}, {won}."),
    }
}

fn verdict(input: &ReportInput<'_>) -> String {
    let test = &input.summary.luck_test;
    let share = test.share_not_above_zero.map(percent).unwrap_or_default();
    let resamples = count(test.resamples.into());
    match test.verdict {
        LuckVerdict::TooFewTrades if test.trades == 0 => "Without a trade there is no luck to test.".to_owned(),
        LuckVerdict::TooFewTrades => "Too few trades to tell skill from luck.".to_owned(),
        LuckVerdict::NoGain => {
            format!("No gain to explain: drawn again {resamples} times, {share} of the results are not above zero.")
        }
        LuckVerdict::LuckPossible => {
            format!("Could be luck: drawn again {resamples} times, {share} of the results are not above zero.")
        }
        LuckVerdict::LuckUnlikely => {
            format!(
                "Unlikely to be luck alone: drawn again {resamples} times, {share} of the results are not above zero."
            )
        }
    }
}

/// From gross to what the books have, to the last digit.
pub(super) fn costs(input: &ReportInput<'_>) -> Result<Value, RenderError> {
    let s = input.summary;
    let (fees, t) = (&s.overview.fees, &s.overview.trades);
    let rounding = fees.sec_rounding.checked_add(fees.taf_rounding).ok_or(Overflow)?;
    let booked = t.net.checked_sub(rounding).ok_or(Overflow)?;
    let apart = (Wide::from(s.equity_change) - Wide::from(booked)).money()?;
    let rows = [
        ("Gross result of the trades", t.gross, ""),
        ("Commission", t.fees.commission.negated(), ""),
        ("SEC section 31 fee, on sales", t.fees.sec.negated(), ""),
        ("FINRA trading activity fee, on sales", t.fees.taf.negated(), ""),
        ("Net result of the trades", t.net, "sum"),
        ("Days’ sums of SEC and TAF raised to the cent; of no trade", rounding.negated(), ""),
        ("Of positions not closed, and fees of no closed trade", apart, "apart"),
        ("Change of equity, as the books have it", s.equity_change, "sum"),
    ];
    let shown: Vec<_> = rows.iter().filter(|(_, value, kind)| *kind != "apart" || !value.is_zero()).collect();
    let column = Column::of(shown.iter().map(|(_, v, _)| *v), Sign::Result);
    let slip = &s.overview.slippage_against_arrival;
    Ok(json!({
        "rows": shown.iter().map(|(label, value, kind)| json!({
            "label": label, "amount": column.cell(*value), "sum": *kind == "sum",
        })).collect::<Vec<_>>(),
        "pad": column.pad(0),
        "entry": glance(slip.entry, Sign::Plain),
        "exit": glance(slip.exit, Sign::Plain),
        "total": glance(slip.total, Sign::Plain),
        "bp": slip.basis_points_of_turnover.map(ratio),
        "turnover": glance(s.overview.exposure.turnover, Sign::Plain),
        "turnover_of_float": s.turnover_of_float.map(ratio),
        "peak_gross": glance(s.overview.exposure.peak_gross, Sign::Plain),
        "average_gross": glance(s.overview.exposure.average_gross, Sign::Plain),
        "time_in_market": s.time_in_market.map(percent),
    }))
}

/// The luck test.
pub(super) fn luck(input: &ReportInput<'_>) -> Value {
    let test = &input.summary.luck_test;
    json!({
        "sentence": verdict(input),
        "trades": test.trades,
        "resamples": count(test.resamples.into()),
        "seed": test.seed,
        "method": test.method,
        "share": test.share_not_above_zero.map(percent),
        "mean": test.mean.map(|m| glance(m, Sign::Result)),
        "low": test.mean_low.map(|m| glance(m, Sign::Result)),
        "high": test.mean_high.map(|m| glance(m, Sign::Result)),
        "parameters": input.summary.assumptions.parameters,
    })
}

/// Ratios, each with its value or the reason why there is none.
pub(super) fn ratios(input: &ReportInput<'_>) -> Value {
    let s = input.summary;
    let (r, t) = (&s.ratios, &s.overview.trades);
    let row = |label: &str, value: Option<Figure>, why: Option<&'static str>, meaning: &str| json!({ "label": label, "value": value.map(ratio), "why": why, "meaning": meaning });
    json!([
        row("Profit factor", t.profit_factor, t.unknown.why("profit_factor"), "gains ÷ losses"),
        row("Expectancy, R", t.expectancy_r, t.unknown.why("expectancy_r"), "mean of net ÷ money at risk"),
        json!({
            "label": "Expectancy, money", "value": t.average_pnl.map(|m| plain(m, Sign::Result)),
            "why": t.unknown.why("average_pnl"), "meaning": "mean net of a trade",
        }),
        row("Sharpe", r.sharpe, r.unknown.why("sharpe"), "of sessions, a year of 252"),
        row("Sortino", r.sortino, r.unknown.why("sortino"), "falls alone count as risk"),
        row("Calmar", r.calmar, r.unknown.why("calmar"), "yearly return ÷ deepest fall"),
    ])
}
