//! `logs/status.json` (REP-1a): the bot at a glance, for programs that read files.

use serde_json::{Value, json};

use crate::messages::board::{Board, StrategyLine};

/// The status as it stands.
pub(super) fn status(board: &Board) -> Value {
    let session = board.session.as_ref();
    let open = session.is_some_and(|s| !s.closed);
    let strategy = |line: &StrategyLine| {
        let in_window = session.is_some_and(|s| s.windows.contains(&line.name));
        let state = match (&line.suspended, in_window && open) {
            (Some(_), _) => "suspended",
            (None, _) if !line.on => "off",
            (None, true) => "in_window",
            (None, false) => "waiting",
        };
        json!({
            "strategy_name": line.name, "state": state, "suspended": line.suspended, "signals": line.signals,
            "blocked": line.blocked, "trades": line.trades, "won": line.won, "pnl_net": line.net,
        })
    };
    let phase = match session {
        None => "before the first session".to_owned(),
        Some(s) if s.closed => "closed".to_owned(),
        Some(s) if s.windows.is_empty() => "between windows".to_owned(),
        Some(s) => s.windows.iter().map(|w| w.as_str()).collect::<Vec<_>>().join(", "),
    };
    let decision = board.decisions.first().map(|line| {
        json!({ "at": line.at, "decision_id": line.decision.id, "strategy_name": line.decision.strategy,
            "ticker": line.decision.symbol, "outcome": line.outcome })
    });
    json!({
        "identity": board.identity,
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "mode": board.mode,
        "state": board.state,
        "reason": board.reason,
        "phase": phase,
        "session": if open { "OPEN" } else { "CLOSED" },
        "session_id": session.map(|s| s.id),
        "at": board.at,
        "last_cycle": board.day.curve.last().map(|(at, _)| *at),
        "last_decision": decision,
        "strategies": board.strategies.iter().map(strategy).collect::<Vec<_>>(),
        "positions": board.positions.iter().map(|p| json!({
            "ticker": p.symbol, "strategy_name": p.strategy, "trade_side": p.side, "size": p.quantity,
            "entry_price": p.entry, "last_price": p.last, "stop_price": p.stop, "unrealised": p.unrealised,
        })).collect::<Vec<_>>(),
        "pnl": {
            "net": board.day.net, "realised": board.day.realised, "unrealised": board.day.unrealised,
            "fees": board.day.fees, "equity": board.day.equity,
        },
        "freezes": board.freezes.iter().map(|f| json!({
            "name": f.name, "strategy_name": f.strategy, "at": f.mark.at, "why": f.mark.why,
        })).collect::<Vec<_>>(),
        "defense": board.freezes.iter().any(|f| f.name.to_string() == "defense"),
        "latch": board.latch.as_ref().map(|mark| json!({ "at": mark.at, "why": mark.why })),
    })
}
