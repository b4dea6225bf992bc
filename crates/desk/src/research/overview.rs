//! What a day's and a period's summary have in common (REP-4, RES-7).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::figure::{Figure, Unknown};
use super::tally::{Tally, TradeFigures, by};
use crate::domain::decimal::Money;
use crate::domain::ids::StrategyName;
use crate::domain::records::{
    DecisionRecord, Exposure, FeeSums, FreezeRecord, GateName, Outcome, SessionRecord, SkippedWindow, TradeRecord,
};
use crate::domain::symbol::Symbol;
use crate::domain::wide::{Overflow, Wide, widen};

/// How many symbols are named best and worst.
const NAMED: usize = 5;

/// Signals and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignalCounts {
    /// All signals.
    pub signals: u64,
    /// Their entry filled.
    pub executed: u64,
    /// A gate stopped them.
    pub blocked: u64,
    /// They passed and got no fill.
    pub missed: u64,
    /// Their entry still works.
    pub pending: u64,
    /// Trades closed.
    pub trades: u64,
}

impl SignalCounts {
    fn add(&mut self, outcome: Outcome) {
        self.signals = self.signals.saturating_add(1);
        let slot = match outcome {
            Outcome::Executed => &mut self.executed,
            Outcome::Blocked => &mut self.blocked,
            Outcome::Missed => &mut self.missed,
            Outcome::Pending => &mut self.pending,
        };
        *slot = slot.saturating_add(1);
    }
}

/// A symbol with what it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TickerResult {
    /// Which symbol.
    pub ticker: Symbol,
    /// Its trades.
    pub trades: u64,
    /// Its net result.
    pub net: Money,
}

/// Slippage against the arrival price; positive is against us.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slippage {
    /// At entries.
    pub entry: Money,
    /// At exits.
    pub exit: Money,
    /// Both.
    pub total: Money,
    /// In basis points of the turnover.
    pub basis_points_of_turnover: Option<Figure>,
}

/// Fees as accrued by fills, and what the days' rounding added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fees {
    /// The broker's.
    pub commission: Money,
    /// SEC section 31, as accrued.
    pub sec: Money,
    /// FINRA's trading activity fee, as accrued.
    pub taf: Money,
    /// Raising the day's SEC sum to the cent.
    pub sec_rounding: Money,
    /// Raising the day's TAF sum to the cent.
    pub taf_rounding: Money,
    /// All of it.
    pub total: Money,
}

/// Signals that one gate blocked for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// Which gate.
    pub gate: GateName,
    /// Its reason, where it has several.
    pub reason: Option<Cow<'static, str>>,
    /// How many.
    pub count: u64,
}

/// One symbol's bars over the sessions summarised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QualitySums {
    /// Bars inside of sessions.
    pub bars: u64,
    /// Minutes without a bar.
    pub missing_minutes: u64,
    /// Bars left out because they start outside of a session.
    pub outside_session: u64,
    /// Corrupt bars.
    pub corrupt_bars: u64,
    /// Bars at which the symbol was `fallen`.
    pub fallen_bars: u64,
}

/// A strategy's figures beside its signals.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrategyFigures {
    /// Its signals.
    pub signals: SignalCounts,
    /// Its trades.
    #[serde(flatten)]
    pub figures: TradeFigures,
}

/// The keys that REP-4 names, with their companions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// Won ÷ trades, by strategy; `null` where a strategy has no trade.
    pub win_rate_per_strategy: BTreeMap<StrategyName, Option<Figure>>,
    /// Closed trades.
    pub total_trades: u64,
    /// Mean net, half to even.
    pub average_pnl_per_trade: Option<Money>,
    /// The largest net above zero.
    pub max_gain: Option<Money>,
    /// The smallest net below zero.
    pub max_loss: Option<Money>,
    /// Signals and what became of them.
    pub trade_count_vs_signals_triggered: SignalCounts,
    /// Mean holding time in whole seconds.
    pub average_holding_time: Option<i64>,
    /// At most five with a net above zero, best first.
    pub most_profitable_tickers: Vec<TickerResult>,
    /// At most five with a net below zero, worst first.
    pub worst_tickers: Vec<TickerResult>,
    /// All trades together.
    pub trades: TradeFigures,
    /// By strategy, those without a trade included.
    pub per_strategy: BTreeMap<StrategyName, StrategyFigures>,
    /// By symbol, those with trades.
    pub per_ticker: BTreeMap<Symbol, TradeFigures>,
    /// What stood in the market.
    pub exposure: Exposure,
    /// Slippage against arrival.
    pub slippage_against_arrival: Slippage,
    /// Fees by kind.
    pub fees: Fees,
    /// Signals blocked, by gate and reason, in the gates' order.
    pub blocked_by_gate: Vec<Blocked>,
    /// Bars, by symbol.
    pub data_quality: BTreeMap<Symbol, QualitySums>,
    /// Freezes set.
    pub freezes: Vec<FreezeRecord>,
    /// Windows that did not take place.
    pub skipped_windows: Vec<SkippedWindow>,
    /// Why something is missing.
    pub unknown: Unknown,
}

/// The records of the sessions to be summarised.
#[derive(Clone, Debug, Default)]
pub struct Slice<'a> {
    /// The strategies that ran, in their order.
    pub strategies: &'a [StrategyName],
    /// The sessions, in order.
    pub sessions: &'a [SessionRecord],
    /// Their trades.
    pub trades: Vec<&'a TradeRecord>,
    /// Their decisions.
    pub decisions: Vec<&'a DecisionRecord>,
}

/// Counts the records of some sessions.
///
/// # Errors
/// [`Overflow`].
pub fn overview(slice: &Slice<'_>) -> Result<Overview, Overflow> {
    let mut all = Tally::default();
    for trade in &slice.trades {
        all.add(trade)?;
    }
    let trades = all.figures()?;
    let per_strategy = strategies(slice)?;
    let per_ticker: BTreeMap<_, _> = by(slice.trades.iter().copied(), |t| t.ticker)?.into_iter().collect();
    let exposure = exposure(slice.sessions)?;
    let mut counts = signals(slice.decisions.iter().copied());
    counts.trades = trades.trades;
    let mut unknown = Unknown::default();
    let none = "there are no trades";
    Ok(Overview {
        win_rate_per_strategy: per_strategy.iter().map(|(s, f)| (*s, f.figures.win_rate)).collect(),
        total_trades: trades.trades,
        average_pnl_per_trade: unknown.or("average_pnl_per_trade", none, trades.average_pnl),
        max_gain: unknown.or("max_gain", "no trade won", trades.max_gain),
        max_loss: unknown.or("max_loss", "no trade lost", trades.max_loss),
        trade_count_vs_signals_triggered: counts,
        average_holding_time: unknown.or("average_holding_time", none, trades.average_holding_seconds),
        most_profitable_tickers: named(&per_ticker, |net| net > Money::ZERO, Money::negated),
        worst_tickers: named(&per_ticker, |net| net < Money::ZERO, |net| net),
        slippage_against_arrival: slippage(&slice.trades, exposure.turnover)?,
        fees: fees(slice.sessions)?,
        blocked_by_gate: blocked(slice.decisions.iter().copied()),
        data_quality: quality(slice.sessions),
        freezes: slice.sessions.iter().flat_map(|s| s.freezes.iter().cloned()).collect(),
        skipped_windows: slice.sessions.iter().flat_map(|s| s.skipped_windows.iter().cloned()).collect(),
        trades,
        per_strategy,
        per_ticker,
        exposure,
        unknown,
    })
}

fn signals<'a>(decisions: impl Iterator<Item = &'a DecisionRecord>) -> SignalCounts {
    let mut counts = SignalCounts::default();
    for decision in decisions {
        counts.add(decision.outcome);
    }
    counts
}

fn strategies(slice: &Slice<'_>) -> Result<BTreeMap<StrategyName, StrategyFigures>, Overflow> {
    let ran = slice.strategies.iter().copied();
    let names: std::collections::BTreeSet<_> = ran.chain(slice.trades.iter().map(|t| t.strategy_name)).collect();
    names
        .into_iter()
        .map(|name| {
            let mut tally = Tally::default();
            for trade in slice.trades.iter().filter(|t| t.strategy_name == name) {
                tally.add(trade)?;
            }
            let figures = tally.figures()?;
            let mut signals = signals(slice.decisions.iter().copied().filter(|d| d.strategy_name == name));
            signals.trades = figures.trades;
            Ok((name, StrategyFigures { signals, figures }))
        })
        .collect()
}

fn named(
    tickers: &BTreeMap<Symbol, TradeFigures>,
    keep: impl Fn(Money) -> bool,
    first: impl Fn(Money) -> Money,
) -> Vec<TickerResult> {
    let mut found: Vec<_> = tickers
        .iter()
        .filter(|(_, f)| keep(f.net))
        .map(|(ticker, f)| TickerResult { ticker: *ticker, trades: f.trades, net: f.net })
        .collect();
    found.sort_by_key(|t| (first(t.net), t.ticker));
    found.truncate(NAMED);
    found
}

/// The most that stood at once, the mean weighted by the sessions' minutes, and sums.
fn exposure(sessions: &[SessionRecord]) -> Result<Exposure, Overflow> {
    let mut all = Exposure::default();
    let (mut weighted, mut turnover) = (Wide::ZERO, Wide::ZERO);
    for e in sessions.iter().map(|s| &s.exposure) {
        all.peak_gross = all.peak_gross.max(e.peak_gross);
        all.minutes_in_market = all.minutes_in_market.saturating_add(e.minutes_in_market);
        all.minutes = all.minutes.saturating_add(e.minutes);
        weighted += Wide::from(e.average_gross) * i64::try_from(e.minutes).map_err(|_| Overflow)?;
        turnover += Wide::from(e.turnover);
    }
    all.average_gross = weighted.half_even(i128::from(all.minutes)).unwrap_or_default().money()?;
    all.turnover = turnover.money()?;
    Ok(all)
}

fn slippage(trades: &[&TradeRecord], turnover: Money) -> Result<Slippage, Overflow> {
    let sum = |of: fn(&TradeRecord) -> Money| trades.iter().map(|t| Wide::from(of(t))).fold(Wide::ZERO, |a, b| a + b);
    let (entry, exit) = (sum(|t| t.entry_slippage), sum(|t| t.exit_slippage));
    let total = entry + exit;
    Ok(Slippage {
        entry: entry.money()?,
        exit: exit.money()?,
        total: total.money()?,
        basis_points_of_turnover: Figure::share((total * 10_000).raw(), widen(turnover.raw())),
    })
}

fn fees(sessions: &[SessionRecord]) -> Result<Fees, Overflow> {
    let (mut accrued, mut rounding) = (FeeSums::default(), FeeSums::default());
    for session in sessions {
        accrued = accrued.plus(&session.fees)?;
        rounding = rounding.plus(&session.fee_rounding)?;
    }
    Ok(Fees {
        commission: accrued.commission,
        sec: accrued.sec,
        taf: accrued.taf,
        sec_rounding: rounding.sec,
        taf_rounding: rounding.taf,
        total: accrued.plus(&rounding)?.total()?,
    })
}

fn blocked<'a>(decisions: impl Iterator<Item = &'a DecisionRecord>) -> Vec<Blocked> {
    let mut counts = BTreeMap::<(GateName, Option<&str>), u64>::new();
    for decision in decisions {
        if let Some(gate) = decision.blocked_by {
            let slot = counts.entry((gate, decision.reason.as_deref())).or_default();
            *slot = slot.saturating_add(1);
        }
    }
    let row = |((gate, reason), count): ((_, Option<&str>), _)| Blocked {
        gate,
        reason: reason.map(|r| Cow::Owned(r.to_owned())),
        count,
    };
    counts.into_iter().map(row).collect()
}

fn quality(sessions: &[SessionRecord]) -> BTreeMap<Symbol, QualitySums> {
    let mut all = BTreeMap::<Symbol, QualitySums>::new();
    for q in sessions.iter().flat_map(|s| &s.data) {
        let sums = all.entry(q.ticker).or_default();
        sums.bars = sums.bars.saturating_add(q.bars);
        sums.missing_minutes = sums.missing_minutes.saturating_add(q.missing_minutes);
        sums.outside_session = sums.outside_session.saturating_add(q.outside_session);
        sums.corrupt_bars = sums.corrupt_bars.saturating_add(q.corrupt_bars);
        sums.fallen_bars = sums.fallen_bars.saturating_add(q.fallen_bars);
    }
    all
}
