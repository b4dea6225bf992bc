use desk::domain::decimal::{Money, Quantity};
use desk::domain::event::{Body, Event};
use desk::domain::ids::StrategyName;
use desk::domain::position::{Position, Stage};
use desk::domain::time::Timestamp;
use desk::domain::trade::average;
use desk::domain::wide::{Wide, value_of};
use desk::world::backtest::Progress;
use desk::world::harvest::watch::last_close;

use crate::render::numbers::{Sign, cents_text, clock};

/// The clock in New York: every session of the exchange opens at 09:30 there.
pub(super) fn new_york(progress: &Progress<'_>, at: Timestamp) -> String {
    let minutes = (at - progress.session.open).as_minutes().saturating_add(570);
    format!("{:02}:{:02}:00", minutes.div_euclid(60), minutes.rem_euclid(60))
}

/// Where each strategy is: before, in or after its window.
pub(super) fn windows(progress: &Progress<'_>) -> String {
    let part = |(name, window): (StrategyName, Option<(Timestamp, Timestamp)>)| match window {
        None => format!("{name} skipped"),
        Some((start, _)) if progress.now < start => format!("{name} from {}", minute(start)),
        Some((_, end)) if progress.now < end => format!("{name} OPEN to {}", minute(end)),
        Some(_) => format!("{name} over"),
    };
    let parts: Vec<String> = progress.trader.strategies().iter().map(|s| part((s.name(), s.window()))).collect();
    parts.join(", ")
}

/// One line a position: shares, entry, price now, unrealised result, stop.
pub(super) fn positions(progress: &Progress<'_>) -> Vec<String> {
    progress.trader.portfolio().iter().map(|p| position(progress, p)).collect()
}

fn position(progress: &Progress<'_>, p: &Position) -> String {
    let head = format!("{:<9} {:<5} {:<5}", p.symbol, p.strategy, p.side.as_str());
    if p.stage() != Stage::Managed {
        return format!("{head} entering {}", whole(p.asked));
    }
    let entry = average(p.entry_value().money().unwrap_or_default(), p.entered).unwrap_or_default();
    let now = last_close(progress.trader, &p.symbol).unwrap_or(entry);
    format!(
        "{head} {:>5} at {:<8} now {:<8} {:>9} stop {}{}",
        whole(p.held()),
        entry.to_string(),
        now.to_string(),
        cents_text(unrealised(progress, p), Sign::Result),
        p.stop,
        if p.trailing { " trailing" } else { "" }
    )
}

fn unrealised(progress: &Progress<'_>, p: &Position) -> Money {
    let Some(now) = last_close(progress.trader, &p.symbol).filter(|_| !p.entered.is_zero()) else { return Money::ZERO };
    let entry = average(p.entry_value().money().unwrap_or_default(), p.entered);
    let gained = entry.map(|entry| (Wide::from(now) - Wide::from(entry)) * p.side.sign());
    gained.and_then(Wide::price).and_then(|each| value_of(p.held(), each)).unwrap_or_default()
}

fn whole(quantity: Quantity) -> String {
    let text = quantity.to_string();
    text.strip_suffix(".00").unwrap_or(&text).to_owned()
}

/// The day's result after fees, and what of it is not realised yet.
pub(super) fn result(progress: &Progress<'_>) -> (Money, Money) {
    let change = progress.trader.marked() - progress.trader.risk().equity_at_open();
    let open = progress.trader.portfolio().iter().map(|p| Wide::from(unrealised(progress, p)));
    let open = open.fold(Wide::ZERO, |sum, own| sum + own);
    (change.money().unwrap_or_default(), open.money().unwrap_or_default())
}

/// What an event says to a person, where it is worth a line.
pub(super) fn line(event: &Event) -> Option<String> {
    match &event.body {
        Body::Decided(d) => {
            let head = format!("{} {:<9} {:<5} {:<5}", clock(event.at), d.symbol, d.strategy, d.side.as_str());
            Some(match d.blocked {
                Some((gate, reason)) => {
                    format!("{head} blocked by {} ({})", gate.label(), reason.as_str().replace('_', " "))
                }
                None => format!("{head} {} ordered, stop {}, target {}", whole(d.size), d.plan.stop, d.plan.target),
            })
        }
        Body::TradeClosed(t) => Some(format!(
            "{} {:<9} {:<5} {:<5} closed: {}, {} USD",
            clock(event.at),
            t.symbol,
            t.strategy,
            t.side.as_str(),
            t.reason.label(),
            cents_text(t.net().unwrap_or_default(), Sign::Result)
        )),
        Body::EntryMissed { symbol, .. } => Some(format!("{} {symbol:<9} entry without a fill", clock(event.at))),
        Body::Frozen { strategy, reason, .. } => {
            let whose = strategy.map_or_else(|| "account".to_owned(), |s| s.to_string());
            Some(format!("{} {whose} frozen: {}", clock(event.at), reason.as_str().replace('_', " ")))
        }
        _ => None,
    }
}

fn minute(at: Timestamp) -> String {
    clock(at).chars().take(5).collect()
}
