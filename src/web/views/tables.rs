//! Positions, orders, strategies, trades.

use desk::domain::decimal::{Money, Quantity};
use desk::domain::market::Side;
use desk::domain::order::OrderState;
use desk::domain::symbol::Symbol;
use desk::domain::trade::Trade;
use serde_json::{Value, json};

use super::words::{age, counted, made, sum, worth};
use crate::messages::board::{Board, OrderLine, PositionLine, StrategyLine};
use crate::render::numbers::{self, Column, Sign, cents_text, clock, decimal, glance, price, quantity, time};
use crate::render::words::order_state;

/// Open positions of the symbols that are wanted.
pub(crate) fn positions(board: &Board, wanted: impl Fn(Symbol) -> bool) -> Value {
    let shown: Vec<&PositionLine> = board.positions.iter().filter(|p| wanted(p.symbol)).collect();
    let value = |p: &PositionLine| worth(p.quantity, p.last.unwrap_or(p.entry));
    let to_stop = |p: &PositionLine| made(p.side, p.quantity, p.last.unwrap_or(p.entry), p.stop);
    let signed = |p: &PositionLine| match p.side {
        Side::Long => format!("+{}", quantity(p.quantity)),
        Side::Short => format!("−{}", quantity(p.quantity)),
    };
    let rows: Vec<Value> = shown
        .iter()
        .map(|p| {
            json!({
                "symbol": p.symbol, "side": p.side, "strategy": p.strategy, "quantity": signed(p),
                "entry": price(p.entry), "last": p.last.map_or_else(|| "unknown".to_owned(), price),
                "stop": price(p.stop), "target": price(p.target),
                "value": glance(value(p), Sign::Plain), "to_stop": glance(to_stop(p), Sign::Result),
                "unrealised": glance(p.unrealised, Sign::Result),
                "since": clock(p.since), "held": age(p.since, board.at), "decision": p.decision,
            })
        })
        .collect();
    json!({
        "rows": rows,
        "value": glance(sum(shown.iter().map(|p| value(p))), Sign::Plain),
        "value_text": cents_text(sum(shown.iter().map(|p| value(p))), Sign::Plain),
        "to_stop": glance(sum(shown.iter().map(|p| to_stop(p))), Sign::Result),
        "unrealised": glance(sum(shown.iter().map(|p| p.unrealised)), Sign::Result),
        "empty": nothing_open(board),
        "meta": counted(shown.len(), "position"),
    })
}

/// What will appear here, and when.
fn nothing_open(board: &Board) -> String {
    let next = board.session.iter().flat_map(|s| &s.next).next();
    let next = next.map(|n| format!(" Next: {}, at {} UTC.", n.what, clock(n.at)));
    format!("No position is open.{}", next.unwrap_or_default())
}

/// Orders of the symbols that are wanted.
pub(crate) fn orders<'a>(lines: impl IntoIterator<Item = &'a OrderLine>, wanted: impl Fn(Symbol) -> bool) -> Value {
    let shown: Vec<&OrderLine> = lines.into_iter().filter(|o| wanted(o.symbol)).collect();
    let unknown = shown.iter().filter(|o| o.state == OrderState::Unknown).count();
    let children = shown.iter().filter(|o| o.leg.reduces()).count();
    let row = |o: &&OrderLine| {
        json!({
            "order": o.order, "symbol": o.symbol, "leg": o.leg, "strategy": o.strategy, "entry": !o.leg.reduces(),
            "asked": quantity(o.asked), "filled": filled(o.filled), "state": order_state(o.state),
            "code": o.state, "unknown": o.state == OrderState::Unknown,
        })
    };
    json!({
        "rows": shown.iter().map(row).collect::<Vec<_>>(),
        "unknown": unknown,
        "meta": match children {
            0 => counted(shown.len(), "order"),
            n => format!("{}; {n} of them stops, targets and exits", counted(shown.len(), "order")),
        },
        "entries": shown.iter().any(|o| !o.leg.reduces()),
    })
}

fn filled(filled: Quantity) -> String {
    if filled.is_zero() { "–".to_owned() } else { quantity(filled) }
}

pub(super) fn strategies(board: &Board) -> Value {
    let state = |s: &StrategyLine| match (&s.suspended, s.window) {
        (Some(_), _) => "suspended",
        (None, _) if !s.on => "off",
        (None, None) if board.session.is_none() => "no session yet",
        (None, None) => "no window today",
        (None, Some((from, _))) if board.at < from => "waits for its window",
        (None, Some((_, to))) if board.at < to && board.state.trades() => "in its window",
        (None, Some((_, to))) if board.at < to => "in its window, not trading",
        (None, Some(_)) => "done for today",
    };
    let rows: Vec<Value> = board
        .strategies
        .iter()
        .map(|s| {
            json!({
                "name": s.name, "state": state(s), "why": s.suspended, "suspended": s.suspended.is_some(),
                "on": s.on, "changes": s.changes,
                "from": s.window.map(|w| clock(w.0)), "to": s.window.map(|w| clock(w.1)),
                "signals": s.signals, "blocked": s.blocked, "trades": s.trades,
                "signals_said": numbers::counted(s.signals, "signal"), "trades_said": numbers::counted(s.trades, "trade"),
                "won": if s.trades == 0 { "–".to_owned() } else { format!("{} of {}", s.won, s.trades) },
                "net": glance(s.net, Sign::Result),
            })
        })
        .collect();
    let total = |f: fn(&StrategyLine) -> u64| board.strategies.iter().map(f).fold(0_u64, u64::saturating_add);
    json!({
        "rows": rows,
        "signals": total(|s| s.signals),
        "blocked": total(|s| s.blocked),
        "trades": total(|s| s.trades),
        "won": total(|s| s.won),
        "net": glance(sum(board.strategies.iter().map(|s| s.net)), Sign::Result),
    })
}

/// Closed trades of the symbols that are wanted, to the last digit.
pub(crate) fn trades(lines: &[Trade], wanted: impl Fn(Symbol) -> bool) -> Value {
    let shown: Vec<_> = lines.iter().filter(|t| wanted(t.symbol)).collect();
    let net = |t: &Trade| t.net().unwrap_or_default();
    let fee = |t: &Trade| t.fees().unwrap_or_default();
    let (total, fees_total) = (sum(shown.iter().map(|t| net(t))), sum(shown.iter().map(|t| fee(t))));
    let nets = Column::of(shown.iter().map(|t| net(t)).chain([total]), Sign::Result);
    let fees = Column::of(shown.iter().map(|t| fee(t)).chain([fees_total]), Sign::Plain);
    let rows: Vec<Value> = shown
        .iter()
        .map(|t| {
            json!({
                "symbol": t.symbol, "strategy": t.strategy, "side": t.side, "size": quantity(t.size),
                "entered": time(t.entered_at), "exited": time(t.exited_at), "held": age(t.entered_at, t.exited_at),
                "entry": decimal(t.entry_price().unwrap_or_default().raw()),
                "exit": decimal(t.exit_price().unwrap_or_default().raw()),
                "reason": t.reason.label(), "code": t.reason, "fees": fees.cell(fee(t)), "net": nets.cell(net(t)),
                "decision": t.decision, "synthetic": t.synthetic,
            })
        })
        .collect();
    let won = shown.iter().filter(|t| net(t) > Money::ZERO).count();
    json!({
        "rows": rows,
        "net": nets.cell(total),
        "fees": fees.cell(fees_total),
        "net_pad": nets.pad(0),
        "fees_pad": fees.pad(0),
        "count": shown.len(),
        "won": won,
        "glance": glance(total, Sign::Result),
        "fees_glance": glance(fees_total, Sign::Plain),
    })
}
