//! A simulated event in words, and whether it is an action.

use desk::domain::decimal::Quantity;
use desk::domain::event::{Body, Event};
use desk::domain::order::Purpose;

use crate::render::numbers::{Sign, cents_text};

/// What an event says to a person; nothing where it is not worth a line.
pub(super) fn line(event: &Event) -> Option<String> {
    Some(match &event.body {
        Body::Decided(d) => {
            let head = format!("{} {}", d.symbol, d.side.as_str());
            match d.blocked {
                Some((gate, reason)) => {
                    format!("{head}: blocked by {} ({})", gate.label(), reason.as_str().replace('_', " "))
                }
                None => format!("{head} {}: approved, stop {}, target {}", whole(d.size), d.plan.stop, d.plan.target),
            }
        }
        Body::Intended(i) => match &i.purpose {
            Purpose::Entry { .. } => format!("{}: simulated entry of {}", i.symbol, whole(i.quantity)),
            Purpose::Exit { reason } => {
                format!("{}: simulated exit of {}, {}", i.symbol, whole(i.quantity), reason.label())
            }
        },
        Body::AmendIntended { order, stop } => format!("{order}: simulated stop moves to {stop}"),
        Body::CancelIntended { order } => format!("{order}: simulated cancel"),
        Body::Executed { symbol, execution, .. } => {
            let verb = if execution.quantity < Quantity::ZERO { "sold" } else { "bought" };
            format!(
                "{symbol}: {verb} {} at {}, simulated",
                whole(execution.quantity).trim_start_matches('-'),
                execution.price
            )
        }
        Body::Refused { order, why } => format!("{order}: refused by the simulated venue, {why:?}"),
        Body::EntryMissed { symbol, .. } => format!("{symbol}: entry without a fill"),
        Body::Frozen { reason, .. } => format!("entries frozen: {}", reason.as_str().replace('_', " ")),
        Body::TradeClosed(t) => {
            let net = cents_text(t.net().unwrap_or_default(), Sign::Result);
            format!("{} {} closed: {}, {net} USD, simulated", t.symbol, t.side.as_str(), t.reason.label())
        }
        _ => return None,
    })
}

/// What an event acts on; nothing where it is no action of the bot, nor what follows from one.
pub(super) fn object(event: &Event) -> Option<String> {
    Some(match &event.body {
        Body::Intended(i) => i.order.to_string(),
        Body::AmendIntended { order, .. }
        | Body::CancelIntended { order }
        | Body::Executed { order, .. }
        | Body::Refused { order, .. }
        | Body::Ended { order, .. } => order.to_string(),
        Body::TradeClosed(t) => t.decision.to_string(),
        Body::Frozen { reason, .. } => reason.as_str().to_owned(),
        _ => return None,
    })
}

/// A quantity without the noughts of one that is whole.
fn whole(quantity: Quantity) -> String {
    let text = quantity.to_string();
    text.strip_suffix(".00").unwrap_or(&text).to_owned()
}
