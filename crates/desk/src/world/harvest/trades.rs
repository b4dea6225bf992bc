//! Closed trades (REP-3, STRAT-15, STRAT-17).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Source;
use super::follow::{Chain, Followed};
use crate::domain::event::Body;
use crate::domain::ids::{EntryId, SessionId};
use crate::domain::order::{ExitReason, Refusal};
use crate::domain::records::TradeRecord;
use crate::domain::symbol::Symbol;
use crate::domain::time::{Span, Timestamp};
use crate::domain::trade::{Trade, average};
use crate::domain::wide::{Overflow, Wide};

/// One record a closed trade, in the order in which they closed.
pub(super) fn records(source: &Source<'_>, followed: &Followed<'_>) -> Result<Vec<TradeRecord>, Overflow> {
    let booked = source.booked.fills();
    let closes: BTreeMap<SessionId, Timestamp> = source.watched.sessions.iter().map(|s| (s.session, s.close)).collect();
    let nothing = Chain::default();
    let closed = source.events.iter().filter_map(|event| match &event.body {
        Body::TradeClosed(trade) => Some((event.at, trade)),
        _ => None,
    });
    closed
        .map(|(at, trade)| {
            let mut record = record(source, at, trade, followed.get(&trade.decision).unwrap_or(&nothing), &booked)?;
            if trade.reason == ExitReason::SessionEnd
                && closes.get(&trade.session).is_some_and(|close| data_ended(source.last_bars, &trade.symbol, *close))
            {
                record.exit_reason = ExitReason::DataEnd;
            }
            Ok(record)
        })
        .collect()
}

/// Whether no bar of the symbol came after a session, and its last one was not the session's last minute (STRAT-15).
fn data_ended(last_bars: &[(Symbol, Option<Timestamp>)], symbol: &Symbol, close: Timestamp) -> bool {
    let place = last_bars.binary_search_by_key(symbol, |(symbol, _)| *symbol).ok();
    let last = place.and_then(|place| last_bars.get(place)?.1);
    last.is_some_and(|last| last < close - Span::MINUTE)
}

fn record(
    source: &Source<'_>,
    at: Timestamp,
    t: &Trade,
    chain: &Chain<'_>,
    booked: &BTreeMap<&str, (&EntryId, u64)>,
) -> Result<TradeRecord, Overflow> {
    let entries: Vec<_> = chain.executions.iter().filter_map(|id| booked.get(id.as_str())).collect();
    let sign = t.side.sign();
    let lost = |paid: Wide, reference: Wide| ((paid - reference) * sign).money();
    Ok(TradeRecord {
        decision_id: t.decision.clone(),
        session: t.session,
        strategy_name: t.strategy,
        ticker: t.symbol,
        trade_side: t.side,
        side: t.side,
        size: t.size,
        signal_trigger_time: t.signal_at,
        entry_timestamp: t.entered_at,
        exit_timestamp: t.exited_at,
        entry_price: t.entry_price()?,
        exit_price: t.exit_price()?,
        fees: t.fees()?,
        commission: t.commission,
        sec_fee: t.sec,
        taf_fee: t.taf,
        pnl_gross: t.gross()?,
        pnl_net: t.net()?,
        pnl: t.net()?,
        currency: source.currency,
        exit_reason: t.reason,
        broker: Cow::Owned(source.identity.broker().to_owned()),
        error_code: chain.refused.map(|why| code(why).to_owned()),
        mode: source.mode,
        synthetic: t.synthetic,
        timestamp: at,
        ref_price: t.plan.reference,
        stop_price: t.plan.stop,
        target_price: t.plan.target,
        risk_per_unit: t.plan.risk,
        last_stop_price: chain.stop.unwrap_or(t.plan.stop),
        entry_arrival_price: average(t.entry_reference_value, t.size)?,
        exit_arrival_price: average(t.exit_reference_value, t.size)?,
        entry_slippage: lost(Wide::from(t.entry_value), Wide::from(t.entry_reference_value))?,
        exit_slippage: lost(Wide::from(t.exit_reference_value), Wide::from(t.exit_value))?,
        order_ids: t.orders.clone(),
        entry_ids: entries.iter().map(|(id, _)| (*id).clone()).collect(),
        entry_seqs: entries.iter().map(|(_, seq)| *seq).collect(),
    })
}

/// The stable code of a venue's refusal.
const fn code(why: Refusal) -> &'static str {
    match why {
        Refusal::DuplicateId => "duplicate_id",
        Refusal::Halted => "halted",
        Refusal::Closed => "closed",
        Refusal::NothingHeld => "nothing_held",
        Refusal::UnknownSymbol => "unknown_symbol",
        Refusal::Scripted => "scripted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strat_15_data_end_needs_no_later_bar_and_a_last_one_before_the_last_minute() {
        let close: Timestamp = "2026-03-13T20:00:00Z".parse().unwrap();
        let symbol: Symbol = "MSFT".parse().unwrap();
        for (last, expected) in [
            (Some("2026-03-13T19:58:00Z"), true),
            (Some("2026-03-13T19:59:00Z"), false),
            (Some("2026-03-16T13:30:00Z"), false),
            (None, false),
        ] {
            let bars = [(symbol, last.map(|text| text.parse().unwrap()))];
            assert_eq!(data_ended(&bars, &symbol, close), expected, "{last:?}");
        }
    }
}
