//! Sessions and the curve of equity.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Source;
use super::watch::{Before, SessionWatch, Standing};
use crate::domain::decimal::{Money, SCALE};
use crate::domain::event::{Body, Event};
use crate::domain::ids::SessionId;
use crate::domain::journal::FeeKind;
use crate::domain::order::{Execution, Purpose};
use crate::domain::records::{EquityPoint, Exposure, FeeSums, FreezeRecord, SessionRecord};
use crate::domain::wide::{Overflow, Wide, value_of};
use crate::gates::Reason;

/// Sums over a session's events.
#[derive(Debug, Default)]
struct Happened {
    net: Wide,
    commission: Wide,
    sec: Wide,
    taf: Wide,
    turnover: Wide,
    freezes: Vec<FreezeRecord>,
    orders: u64,
    fills: u64,
}

/// The sessions, and equity at each whole minute of them. In the curve, float that moves after the first open is left out: it
/// is no gain.
pub(super) fn records(source: &Source<'_>) -> Result<(Vec<SessionRecord>, Vec<EquityPoint>), Overflow> {
    let mut happened = happened(source.events)?;
    let roundings = source.booked.roundings();
    let mut marks = source.watched.marks.iter().peekable();
    let mut points = Vec::with_capacity(source.watched.marks.len());
    let mut sessions = Vec::with_capacity(source.watched.sessions.len());
    let Before { mut peak } = source.watched.before;
    let base = source.watched.sessions.first().map_or(Wide::ZERO, |watch| watch.at_open.contributed);
    for watch in &source.watched.sessions {
        let own = roundings.get(&watch.session).copied().unwrap_or_default();
        let mut deepest = Wide::ZERO;
        let mut last = watch.at_open.equity - watch.at_open.contributed;
        let mut highest = peak.unwrap_or(last);
        while let Some((at, result)) = marks.next_if(|(at, _)| *at <= watch.close) {
            let rounding = if *at == watch.close { Wide::from(own.total()?) } else { Wide::ZERO };
            last = *result - rounding;
            highest = highest.max(last);
            deepest = deepest.max(highest - last);
            points.push(EquityPoint { at: *at, equity: (base + last).money()? });
        }
        peak = Some(highest);
        let sums = happened.remove(&watch.session).unwrap_or_default();
        sessions.push(record(watch, sums, own, (last, deepest))?);
    }
    Ok((sessions, points))
}

fn record(
    watch: &SessionWatch,
    sums: Happened,
    fee_rounding: FeeSums,
    (result, deepest): (Wide, Wide),
) -> Result<SessionRecord, Overflow> {
    Ok(SessionRecord {
        session: watch.session,
        open: watch.open,
        close: watch.close,
        early_close: watch.early_close,
        equity_open: watch.at_open.equity.money()?,
        equity_close: (result + watch.contributed).money()?,
        contributed_open: watch.at_open.contributed.money()?,
        contributed_close: watch.contributed.money()?,
        net: sums.net.money()?,
        fees: FeeSums { commission: sums.commission.money()?, sec: sums.sec.money()?, taf: sums.taf.money()? },
        fee_rounding,
        max_drawdown: deepest.money()?,
        exposure: exposure(&watch.standing, sums.turnover)?,
        data: watch.data.clone(),
        freezes: sums.freezes,
        skipped_windows: watch.skipped.clone(),
        orders: sums.orders,
        fills: sums.fills,
        last_entry_seq: watch.head.seq,
        books_head: watch.head.hash,
    })
}

fn exposure(standing: &Standing, turnover: Wide) -> Result<Exposure, Overflow> {
    let average = standing.sum.half_even(i128::from(standing.minutes)).unwrap_or_default();
    Ok(Exposure {
        peak_gross: standing.peak.money()?,
        average_gross: average.money()?,
        minutes_in_market: standing.minutes_in_market,
        minutes: standing.minutes,
        turnover: turnover.money()?,
    })
}

/// The events of each session, counted.
fn happened(events: &[Event]) -> Result<BTreeMap<SessionId, Happened>, Overflow> {
    let mut sessions = BTreeMap::<SessionId, Happened>::new();
    let mut now = None;
    for event in events {
        if let Body::SessionOpened { session, .. } = &event.body {
            now = Some(*session);
        }
        let Some(session) = now else { continue };
        sessions.entry(session).or_default().add(event)?;
    }
    Ok(sessions)
}

impl Happened {
    fn add(&mut self, event: &Event) -> Result<(), Overflow> {
        match &event.body {
            Body::Intended(intent) => {
                let legs = if matches!(intent.purpose, Purpose::Entry { .. }) { 3 } else { 1 };
                self.orders = self.orders.saturating_add(legs);
            }
            Body::Executed { execution, .. } => self.fill(execution)?,
            Body::TradeClosed(trade) => self.net += Wide::from(trade.net()?),
            Body::Frozen { strategy, reason, have, limit } => self.freezes.push(FreezeRecord {
                at: event.at,
                name: Cow::Borrowed(reason.as_str()),
                strategy_name: *strategy,
                value: figure(*reason, *have),
                limit: figure(*reason, *limit),
            }),
            _ => {}
        }
        Ok(())
    }

    fn fill(&mut self, execution: &Execution) -> Result<(), Overflow> {
        self.fills = self.fills.saturating_add(1);
        self.commission += Wide::from(execution.commission);
        self.turnover += Wide::from(value_of(execution.quantity.magnitude(), execution.price)?);
        for (kind, fee) in &execution.accrued {
            match kind {
                FeeKind::Sec => self.sec += Wide::from(*fee),
                FeeKind::Taf => self.taf += Wide::from(*fee),
            }
        }
        Ok(())
    }
}

/// A freeze's figure: money, or a count of trades.
fn figure(reason: Reason, value: Money) -> String {
    if reason == Reason::LosingRow { value.raw().div_euclid(SCALE).to_string() } else { value.to_string() }
}
