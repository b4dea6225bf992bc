//! What happens, in the logs (OPS-10): each subject has a file of its own, and a decision's id leads from its signal to its
//! entries.

use desk::domain::bot::{BotBody, BotEvent};
use desk::domain::event::{Body, Event};

use crate::messages::chronicle::Piece;

/// Writes what a piece of the chronicle brought.
pub(super) fn piece(piece: &Piece) {
    match piece {
        Piece::Session(terms) => {
            let hours = terms.hours;
            tracing::info!(target: "cycles", session = %hours.session, open = %hours.open, close = %hours.close, "a session began");
        }
        Piece::Moment(instant) => {
            tracing::debug!(target: "cycles", minute = %instant.at, bars = instant.bars.len(), "a minute ended");
        }
        Piece::Configured(now) => {
            let defense = now.limits.defense.is_some();
            tracing::info!(target: "cycles", version = now.number, defense, "other limits are in force");
        }
        Piece::Events(events) => events.iter().for_each(event),
        // A fill's entry is told with its event, a person's by the audit.
        Piece::Booked(_) => {}
    }
}

fn event(event: &Event) {
    let minute = event.at;
    match &event.body {
        Body::Decided(d) => {
            let (decision, strategy, symbol, side) = (&d.id, d.strategy, d.symbol, d.side.as_str());
            tracing::info!(target: "signals", %minute, %decision, %strategy, %symbol, side, size = %d.size, "a signal");
            if let Some((gate, why)) = d.blocked {
                tracing::info!(target: "gates", %minute, %decision, %gate, why = why.as_str(), "a gate blocked it");
                if d.is_of_defense() {
                    tracing::info!(target: "disaster_mode", %minute, %decision, %symbol, %gate, why = why.as_str(), "blocked in defense mode");
                }
            }
        }
        Body::Intended(i) => {
            tracing::info!(target: "orders", %minute, order = %i.order, strategy = %i.strategy, symbol = %i.symbol, "an order is sent");
        }
        Body::Refused { order, why } => {
            tracing::warn!(target: "orders", %minute, %order, ?why, "the venue refused an order");
        }
        Body::Executed { order, symbol, execution, .. } => {
            let (quantity, price) = (execution.quantity, execution.price);
            tracing::info!(target: "orders", %minute, %order, %symbol, %quantity, %price, "an order was filled");
        }
        Body::Unknown { order } => {
            tracing::warn!(target: "orders", %minute, %order, "an answer did not come; the order is asked for again");
        }
        Body::EntryMissed { decision, .. } => {
            tracing::info!(target: "orders", %minute, %decision, "an entry ended without a fill");
        }
        Body::TradeClosed(t) => {
            let (decision, symbol, reason) = (&t.decision, t.symbol, t.reason.label());
            let net = t.net().unwrap_or_default();
            tracing::info!(target: "exits", %minute, %decision, %symbol, reason, %net, "a trade is closed");
        }
        Body::Configured(chosen) => {
            let (version, by, trading) = (chosen.version, &chosen.by, chosen.who_trades());
            tracing::info!(target: "cycles", %minute, version, %by, %trading, "other strategies or parameters are in force");
        }
        Body::SessionClosed { session } => {
            tracing::info!(target: "cycles", %minute, %session, "the books of the session are closed");
        }
        _ => {}
    }
}

/// Writes what the bot as a whole was told, and what became of it.
pub(super) fn life(events: &[BotEvent]) {
    for event in events {
        match &event.body {
            BotBody::StateChanged { from, to, who, why } => {
                tracing::info!(actor = "supervisor", from = from.as_str(), to = to.as_str(), %who, %why, "the state has changed");
            }
            BotBody::Commanded { command, caller, why, .. } => {
                let (command, who, origin) = (command.as_str(), &caller.who, caller.origin.as_str());
                tracing::info!(actor = "supervisor", command, %who, origin, %why, "a command came");
            }
            BotBody::Frozen(freeze) => {
                tracing::warn!(actor = "supervisor", name = %freeze.name, who = %freeze.mark.who, why = %freeze.mark.why, "entries are frozen");
            }
            BotBody::Unfrozen { name, mark } => {
                tracing::info!(actor = "supervisor", %name, who = %mark.who, "a freeze is cleared");
            }
            BotBody::LatchSet { mark } => {
                tracing::warn!(actor = "supervisor", who = %mark.who, why = %mark.why, "the kill latch is set");
            }
            BotBody::LatchReset { mark } => {
                tracing::info!(actor = "supervisor", who = %mark.who, why = %mark.why, "the kill latch is reset");
            }
            BotBody::DefenseEntered { mark } => {
                tracing::warn!(target: "disaster_mode", who = %mark.who, why = %mark.why, bot_time = %mark.at, "defense mode is on");
            }
            BotBody::DefenseLeft { mark } => {
                tracing::warn!(target: "disaster_mode", who = %mark.who, why = %mark.why, bot_time = %mark.at, "defense mode is off");
            }
            BotBody::ErrorRaised { mark, .. } => {
                tracing::error!(actor = "supervisor", part = %mark.who, why = %mark.why, "a fatal fault");
            }
            _ => {}
        }
    }
}
