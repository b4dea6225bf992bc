//! `daily_summary.json` and `summary.json` (REP-4, RES-7), from records alone.

use std::collections::BTreeMap;

use serde::Serialize;

use super::curve::{Drawdown, Ratios, SessionPoint, drawdown, ratios, session_points};
use super::figure::Figure;
use super::luck::{LuckTest, luck_test};
use super::overview::{Overview, Slice, overview};
use super::tally::{TradeFigures, by};
use crate::domain::chain::Hash;
use crate::domain::decimal::Money;
use crate::domain::ids::{Identity, SessionId, StrategyName};
use crate::domain::records::{
    Assumptions, CountedReason, DecisionRecord, EquityPoint, MarketSource, Mode, RunRecord, SessionRecord, TradeRecord,
};
use crate::domain::symbol::Currency;
use crate::domain::time::{Date, Span, Timestamp, Weekday};
use crate::domain::wide::{Overflow, Wide, widen};

/// What a run recorded. Sessions and equity are in order of time; the rest may be in any order.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// What the run was given.
    pub run: &'a RunRecord,
    /// What it assumed.
    pub assumptions: &'a Assumptions,
    /// Its sessions.
    pub sessions: &'a [SessionRecord],
    /// Its trades.
    pub trades: &'a [TradeRecord],
    /// Its decisions.
    pub decisions: &'a [DecisionRecord],
    /// Its evaluations without a signal.
    pub counted: &'a [CountedReason],
    /// Its equity.
    pub equity: &'a [EquityPoint],
}

/// Whose run a summary is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Head {
    /// The run.
    pub run_id: Hash,
    /// Whose.
    pub identity: Identity,
    /// How orders were executed.
    pub mode: Mode,
    /// Where the prices come from.
    pub market: MarketSource,
    /// What money is in.
    pub currency: Currency,
    /// The capital.
    pub float: Money,
}

/// Evaluations without a signal, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// Whose evaluations.
    pub strategy_name: StrategyName,
    /// Why there was no signal.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The last one.
    pub last_at: Timestamp,
}

/// `daily_summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DailySummary {
    /// Whose run.
    #[serde(flatten)]
    pub head: Head,
    /// The session.
    pub session: SessionId,
    /// Its open.
    pub open: Timestamp,
    /// Its close.
    pub close: Timestamp,
    /// Whether the exchange closed early.
    pub early_close: bool,
    /// Equity at the open.
    pub equity_open: Money,
    /// Equity after the close.
    pub equity_close: Money,
    /// The deepest fall within the session.
    pub drawdown: Drawdown,
    /// The deepest fall below the highest equity of the run so far.
    pub drawdown_of_run: Money,
    /// The figures.
    #[serde(flatten)]
    pub overview: Overview,
    /// Every evaluation without a signal, by strategy, symbol and reason.
    pub evaluations_without_signal: Vec<CountedReason>,
    /// The books after its day close.
    pub books_head: Hash,
}

/// Figures of the trades signalled on one weekday.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeekdayFigures {
    /// Which day.
    pub weekday: Weekday,
    /// Its trades.
    #[serde(flatten)]
    pub figures: TradeFigures,
}

/// Figures of the trades signalled in one hour of the session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HourFigures {
    /// 1 for the first hour after the open.
    pub hour_of_session: i64,
    /// Its trades.
    #[serde(flatten)]
    pub figures: TradeFigures,
}

/// `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Whose run.
    #[serde(flatten)]
    pub head: Head,
    /// The first session's date.
    pub from: Date,
    /// The last session's date.
    pub to: Date,
    /// How many sessions.
    pub sessions: usize,
    /// Equity after the last close.
    pub equity_close: Money,
    /// Its change since the start, float that moved left out.
    pub equity_change: Money,
    /// The deepest fall, over all points of equity.
    pub drawdown: Drawdown,
    /// Σ value of all fills ÷ float.
    pub turnover_of_float: Option<Figure>,
    /// Whole minutes with a position ÷ whole minutes.
    pub time_in_market: Option<Figure>,
    /// The figures.
    #[serde(flatten)]
    pub overview: Overview,
    /// Risk-adjusted ratios.
    pub ratios: Ratios,
    /// By weekday of the session.
    pub per_weekday: Vec<WeekdayFigures>,
    /// By hour of the session in which the signal came.
    pub per_hour: Vec<HourFigures>,
    /// The sessions' ends.
    pub equity_curve: Vec<SessionPoint>,
    /// Evaluations without a signal, by strategy and reason.
    pub evaluations_without_signal: Vec<ReasonCount>,
    /// Could it be luck.
    pub luck_test: LuckTest,
    /// What it assumed.
    pub assumptions: Assumptions,
}

/// All summaries of a run: one a session, and one of the whole period.
///
/// # Errors
/// [`Overflow`] where a sum is beyond what 64 bits hold.
pub fn summaries(material: &Material<'_>) -> Result<(Vec<DailySummary>, Summary), Overflow> {
    let plan = &material.run.plan;
    let head = Head {
        run_id: material.run.run_id,
        identity: plan.identity.clone(),
        mode: plan.mode,
        market: plan.market,
        currency: material.assumptions.currency,
        float: material.assumptions.float,
    };
    let mut trades = grouped(material.trades, |t| t.session);
    let mut decisions = grouped(material.decisions, |d| d.session);
    let mut counted = grouped(material.counted, |c| c.session);
    let days = material
        .sessions
        .iter()
        .map(|s| {
            let slice = Slice {
                strategies: &plan.strategies,
                sessions: std::slice::from_ref(s),
                trades: trades.remove(&s.session).unwrap_or_default(),
                decisions: decisions.remove(&s.session).unwrap_or_default(),
            };
            let reasons = counted.remove(&s.session).unwrap_or_default();
            day(&head, s, &slice, within(material.equity, s), reasons)
        })
        .collect::<Result<_, _>>()?;
    Ok((days, period(material, head)?))
}

fn grouped<T>(records: &[T], session: impl Fn(&T) -> SessionId) -> BTreeMap<SessionId, Vec<&T>> {
    let mut groups = BTreeMap::<SessionId, Vec<&T>>::new();
    for record in records {
        groups.entry(session(record)).or_default().push(record);
    }
    groups
}

/// The points of equity from a session's open to its close.
fn within<'a>(equity: &'a [EquityPoint], session: &SessionRecord) -> &'a [EquityPoint] {
    let first = equity.partition_point(|p| p.at < session.open);
    let after = equity.partition_point(|p| p.at <= session.close);
    equity.get(first..after).unwrap_or_default()
}

fn day(
    head: &Head,
    s: &SessionRecord,
    slice: &Slice<'_>,
    equity: &[EquityPoint],
    reasons: Vec<&CountedReason>,
) -> Result<DailySummary, Overflow> {
    let mut fall = drawdown(equity, Some(s.equity_open))?;
    fall.share_of_float = Figure::share(widen(fall.max.raw()), widen(head.float.raw()));
    let mut evaluations: Vec<_> = reasons.into_iter().cloned().collect();
    evaluations.sort_by(|a, b| (a.strategy_name, a.ticker, &a.reason).cmp(&(b.strategy_name, b.ticker, &b.reason)));
    Ok(DailySummary {
        head: head.clone(),
        session: s.session,
        open: s.open,
        close: s.close,
        early_close: s.early_close,
        equity_open: s.equity_open,
        equity_close: s.equity_close,
        drawdown: fall,
        drawdown_of_run: s.max_drawdown,
        overview: overview(slice)?,
        evaluations_without_signal: evaluations,
        books_head: s.books_head,
    })
}

fn period(m: &Material<'_>, head: Head) -> Result<Summary, Overflow> {
    let float = head.float;
    let slice = Slice {
        strategies: &m.run.plan.strategies,
        sessions: m.sessions,
        trades: m.trades.iter().collect(),
        decisions: m.decisions.iter().collect(),
    };
    let overview = overview(&slice)?;
    let curve = session_points(m.sessions, float)?;
    let fall = drawdown(m.equity, Some(float))?;
    let nets: Vec<Money> = m.trades.iter().map(|t| t.pnl_net).collect();
    let equity_close = m.sessions.last().map_or(float, |s| s.equity_close);
    let moved = m.sessions.first().zip(m.sessions.last());
    let moved =
        moved.map(|(a, z)| Wide::from(z.contributed_close) - Wide::from(a.contributed_open)).unwrap_or_default();
    let weekdays = by(m.trades, |t| t.session.date.weekday())?;
    Ok(Summary {
        from: m.run.plan.from,
        to: m.run.plan.to,
        sessions: m.sessions.len(),
        equity_close,
        equity_change: (Wide::from(equity_close) - Wide::from(float) - moved).money()?,
        turnover_of_float: Figure::share(widen(overview.exposure.turnover.raw()), widen(float.raw())),
        time_in_market: Figure::share(overview.exposure.minutes_in_market.into(), overview.exposure.minutes.into()),
        ratios: ratios(&curve, float, fall.max),
        drawdown: fall,
        overview,
        per_weekday: weekdays.into_iter().map(|(weekday, figures)| WeekdayFigures { weekday, figures }).collect(),
        per_hour: hours(m)?,
        equity_curve: curve,
        evaluations_without_signal: reason_counts(m.counted),
        luck_test: luck_test(&nets)?,
        assumptions: m.assumptions.clone(),
        head,
    })
}

fn hours(m: &Material<'_>) -> Result<Vec<HourFigures>, Overflow> {
    let opens: BTreeMap<SessionId, Timestamp> = m.sessions.iter().map(|s| (s.session, s.open)).collect();
    let hour = |t: &TradeRecord| {
        // A signal at `T` = open + 60 min is of the bar that ended then: still the first hour.
        let since = opens.get(&t.session).map_or(Span::ZERO, |open| t.signal_trigger_time - *open);
        since.as_minutes().saturating_sub(1).div_euclid(60).saturating_add(1)
    };
    let groups = by(m.trades, hour)?;
    Ok(groups.into_iter().map(|(hour_of_session, figures)| HourFigures { hour_of_session, figures }).collect())
}

fn reason_counts(counted: &[CountedReason]) -> Vec<ReasonCount> {
    let mut sums = BTreeMap::<(StrategyName, &str), (u64, Timestamp)>::new();
    for c in counted {
        let (count, last) = sums.entry((c.strategy_name, &c.reason)).or_insert((0, c.last_at));
        *count = count.saturating_add(c.count);
        *last = (*last).max(c.last_at);
    }
    sums.into_iter()
        .map(|((strategy_name, reason), (count, last_at))| ReasonCount {
            strategy_name,
            reason: reason.to_owned(),
            count,
            last_at,
        })
        .collect()
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
