//! One or several sessions as one report: its records, its summaries, its page. The figures are those of a backtest's
//! report, by the same code.

use std::borrow::Cow;
use std::collections::BTreeSet;

use desk::domain::chain::Hash;
use desk::domain::decimal::Money;
use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::records::{
    Assumptions, ChainHead, EquityPoint, Exposure, FeeSums, MarketSource, Mode, RunCounts, RunKind, RunPlan, RunRecord,
    SessionRecord, TradeRecord,
};
use desk::domain::wide::{Overflow, Wide, value_of};
use desk::research::{DailySummary, Material, Summary, summaries};
use desk::world::harvest::Harvest;
use desk::world::trader::Setup;

use super::super::day_exports::NotWritten;
use crate::cli::{assumptions, chart_day, configuration, fees_file};
use crate::render::{self, BooksCheck, ChartDay, ReportInput, chosen_days};

/// What a report says of the bot.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) mode: Mode,
    /// The seed of a market that is drawn.
    pub(super) drawn: Option<u64>,
}

/// The two chains where a session ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heads {
    pub(super) books: ChainHead,
    pub(super) events: ChainHead,
}

/// One or several sessions.
#[derive(Clone, Debug)]
pub(super) struct Paper {
    pub(super) run: RunRecord,
    assumptions: Assumptions,
    pub(super) harvest: Harvest,
    charts: Vec<ChartDay>,
}

/// What cannot be made of records.
pub(super) fn unmade(why: impl std::fmt::Display) -> NotWritten {
    NotWritten::File(why.to_string())
}

impl Paper {
    /// A session that has been closed.
    ///
    /// # Errors
    /// Where the calendar, the fees or the JSON writer refuse.
    pub(super) fn of_session(
        (about, setup): (&About, &Setup),
        harvest: Harvest,
        counts: RunCounts,
        heads: Heads,
        charts: Vec<ChartDay>,
    ) -> Result<Self, NotWritten> {
        let dates = harvest.sessions.first().zip(harvest.sessions.last());
        let (first, last) = dates.ok_or_else(|| unmade("a report without a session"))?;
        let plan = RunPlan {
            kind: RunKind::Session,
            identity: setup.identity.clone(),
            mode: about.mode,
            market: if about.drawn.is_some() { MarketSource::Generated } else { MarketSource::Recorded },
            version: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
            seed: about.drawn.unwrap_or(0),
            symbols: setup.instruments.iter().map(|i| i.symbol).collect(),
            from: first.session.date,
            to: last.session.date,
            strategies: setup.strategies.iter().map(|(s, _)| *s).collect(),
            configuration: configuration(setup),
            inputs: BTreeSet::from([fees_file()]),
        };
        let run = RunRecord { run_id: id(&plan)?, plan, counts, books: heads.books, events: heads.events };
        let assumptions = assumptions(setup, false, &harvest.sessions).map_err(|e| unmade(e.message))?;
        Ok(Self { run, assumptions, harvest, charts })
    }

    /// Sessions one after the other, as one.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn joined<'a>(papers: impl IntoIterator<Item = &'a Self>) -> Result<Self, NotWritten> {
        let mut papers = papers.into_iter();
        let mut all = papers.next().cloned().ok_or_else(|| unmade("a report without a session"))?;
        for paper in papers {
            let (own, more, counts) = (&mut all.harvest, paper.harvest.clone(), paper.run.counts);
            own.trades.extend(more.trades);
            own.decisions.extend(more.decisions);
            own.counted.extend(more.counted);
            // Float that moved between the two is left out of the curve.
            let since = (own.sessions.first(), more.sessions.first());
            let opened = |s: Option<&SessionRecord>| s.map_or(Wide::ZERO, |s| Wide::from(s.contributed_open));
            let moved = opened(since.1) - opened(since.0);
            for point in more.equity {
                let equity = (Wide::from(point.equity) - moved).money().map_err(unmade)?;
                own.equity.push(EquityPoint { equity, ..point });
            }
            own.sessions.extend(more.sessions);
            all.charts.extend(paper.charts.iter().cloned());
            let sum = &mut all.run.counts;
            for (to, from) in [
                (&mut sum.sessions, counts.sessions),
                (&mut sum.bars, counts.bars),
                (&mut sum.evaluations, counts.evaluations),
                (&mut sum.decisions, counts.decisions),
                (&mut sum.orders, counts.orders),
                (&mut sum.fills, counts.fills),
                (&mut sum.trades, counts.trades),
            ] {
                *to = to.saturating_add(from);
            }
            all.run.plan = RunPlan { from: all.run.plan.from, ..paper.run.plan.clone() };
            (all.run.books, all.run.events) = (paper.run.books, paper.run.events);
        }
        all.run.run_id = id(&all.run.plan)?;
        let chosen: BTreeSet<_> = chosen_days(&all.harvest.trades).map_err(unmade)?.into_iter().collect();
        all.charts.retain(|day| chosen.contains(&(day.session, day.ticker)));
        Ok(all)
    }

    /// One strategy's part of it. Equity is what it began with and the results of its closed trades; what stood in the
    /// market counts at entry prices.
    ///
    /// # Errors
    /// [`Overflow`], or those of the JSON writer.
    pub(super) fn of_strategy(&self, strategy: StrategyName) -> Result<Self, NotWritten> {
        let mut own = self.clone();
        own.run.plan.strategies = vec![strategy];
        own.run.run_id = id(&own.run.plan)?;
        let Harvest { trades, decisions, counted, sessions, equity } = &mut own.harvest;
        trades.retain(|t| t.strategy_name == strategy);
        decisions.retain(|d| d.strategy_name == strategy);
        counted.retain(|c| c.strategy_name == strategy);
        *equity = realised(self.opening(), trades, equity).map_err(unmade)?;
        let mut peak = Wide::from(self.opening());
        for session in sessions {
            *session = part_of(session, strategy, trades, (equity, &mut peak)).map_err(unmade)?;
        }
        let traded: BTreeSet<_> = trades.iter().map(|t| (t.session, t.ticker)).collect();
        own.charts.retain(|day| traded.contains(&(day.session, day.ticker)));
        Ok(own)
    }

    /// The equity that it began with.
    fn opening(&self) -> Money {
        self.harvest.sessions.first().map_or(self.assumptions.float, |s| s.equity_open)
    }

    fn material<'a>(&'a self, assumptions: &'a Assumptions) -> Material<'a> {
        Material {
            run: &self.run,
            assumptions,
            sessions: &self.harvest.sessions,
            trades: &self.harvest.trades,
            decisions: &self.harvest.decisions,
            counted: &self.harvest.counted,
            equity: &self.harvest.equity,
        }
    }

    /// Each session's own summary.
    ///
    /// # Errors
    /// [`Overflow`].
    pub(super) fn days(&self) -> Result<Vec<DailySummary>, Overflow> {
        Ok(summaries(&self.material(&self.assumptions))?.0)
    }

    /// What it assumed: a period's equity begins with what the period began with.
    fn of_period(&self) -> Assumptions {
        Assumptions { float: self.opening(), ..self.assumptions.clone() }
    }

    /// The summary of all of it.
    ///
    /// # Errors
    /// [`Overflow`].
    pub(super) fn summary(&self) -> Result<Summary, Overflow> {
        Ok(summaries(&self.material(&self.of_period()))?.1)
    }

    /// The page for a person.
    ///
    /// # Errors
    /// Where a sum does not fit or the template refuses.
    pub(super) fn page(&self, books: &BooksCheck) -> Result<Vec<u8>, NotWritten> {
        let assumed = self.of_period();
        let material = self.material(&assumed);
        let summary = summaries(&material).map_err(unmade)?.1;
        let input = ReportInput { material, summary: &summary, charts: &self.charts, books };
        Ok(render::report_html(&input).map_err(unmade)?.into_bytes())
    }
}

fn id(plan: &RunPlan) -> Result<Hash, NotWritten> {
    plan.id().map_err(unmade)
}

/// The results of trades as they closed, at each of these points.
fn realised(opening: Money, trades: &[TradeRecord], points: &[EquityPoint]) -> Result<Vec<EquityPoint>, Overflow> {
    let mut closed: Vec<_> = trades.iter().map(|t| (t.exit_timestamp, t.pnl_net)).collect();
    closed.sort_unstable();
    let mut left = closed.into_iter().peekable();
    let mut equity = Wide::from(opening);
    let mut point = |p: &EquityPoint| {
        while let Some((_, net)) = left.next_if(|(at, _)| *at <= p.at) {
            equity += Wide::from(net);
        }
        Ok(EquityPoint { at: p.at, equity: equity.money()? })
    };
    points.iter().map(&mut point).collect()
}

/// A session as one strategy had it.
fn part_of(
    session: &SessionRecord,
    strategy: StrategyName,
    trades: &[TradeRecord],
    (equity, peak): (&[EquityPoint], &mut Wide),
) -> Result<SessionRecord, Overflow> {
    let own: Vec<&TradeRecord> = trades.iter().filter(|t| t.session == session.session).collect();
    let sum =
        |of: &dyn Fn(&TradeRecord) -> Money| own.iter().fold(Wide::ZERO, |sum, t| sum + Wide::from(of(t))).money();
    let points: Vec<&EquityPoint> = equity.iter().filter(|p| session.open < p.at && p.at <= session.close).collect();
    let mut deepest = Wide::ZERO;
    for point in &points {
        *peak = (*peak).max(Wide::from(point.equity));
        deepest = deepest.max(*peak - Wide::from(point.equity));
    }
    let last = points.last().map_or(Ok(session.equity_open), |p| Ok(p.equity))?;
    let net = sum(&|t| t.pnl_net)?;
    Ok(SessionRecord {
        equity_open: (Wide::from(last) - Wide::from(net)).money()?,
        equity_close: last,
        contributed_close: session.contributed_open,
        net,
        fees: FeeSums { commission: sum(&|t| t.commission)?, sec: sum(&|t| t.sec_fee)?, taf: sum(&|t| t.taf_fee)? },
        fee_rounding: FeeSums::default(),
        max_drawdown: deepest.money()?,
        exposure: exposure(&own, &points)?,
        freezes: session.freezes.iter().filter(|f| f.strategy_name.is_none_or(|s| s == strategy)).cloned().collect(),
        skipped_windows: session.skipped_windows.iter().filter(|w| w.strategy_name == strategy).cloned().collect(),
        orders: count(own.iter().map(|t| t.order_ids.len()).sum()),
        fills: count(own.iter().map(|t| t.entry_ids.len()).sum()),
        ..session.clone()
    })
}

fn exposure(trades: &[&TradeRecord], points: &[&EquityPoint]) -> Result<Exposure, Overflow> {
    let (mut peak, mut sum, mut minutes_in_market) = (Wide::ZERO, Wide::ZERO, 0_u64);
    for point in points {
        let held = trades.iter().filter(|t| t.entry_timestamp <= point.at && point.at < t.exit_timestamp);
        let mut gross = Wide::ZERO;
        for trade in held {
            gross += Wide::from(value_of(trade.size, trade.entry_price)?);
        }
        if gross > Wide::ZERO {
            minutes_in_market = minutes_in_market.saturating_add(1);
            peak = peak.max(gross);
            sum += gross;
        }
    }
    let mut turnover = Wide::ZERO;
    for trade in trades {
        turnover +=
            Wide::from(value_of(trade.size, trade.entry_price)?) + Wide::from(value_of(trade.size, trade.exit_price)?);
    }
    let minutes = count(points.len());
    Ok(Exposure {
        peak_gross: peak.money()?,
        average_gross: sum.half_even(i128::from(minutes)).unwrap_or_default().money()?,
        minutes_in_market,
        minutes,
        turnover: turnover.money()?,
    })
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The charts of a session: its symbols with trades.
///
/// # Errors
/// [`Overflow`].
pub(super) fn charts<'a>(
    setup: &Setup,
    harvest: &Harvest,
    bars: impl Fn(usize) -> &'a [desk::domain::market::Bar],
) -> Result<Vec<ChartDay>, Overflow> {
    let Some(session) = harvest.sessions.last() else { return Ok(Vec::new()) };
    let chosen: Vec<(SessionId, _)> = chosen_days(&harvest.trades)?;
    let day = |(_, ticker)| {
        let place = setup.instruments.binary_search_by_key(&ticker, |i| i.symbol).ok()?;
        let decisions: Vec<_> = harvest.decisions.iter().filter(|d| d.ticker == ticker).collect();
        chart_day(session, (setup.instruments.get(place)?, bars(place)), &decisions, &setup.strategies)
    };
    Ok(chosen.into_iter().filter_map(day).collect())
}
