//! The safety bar.

use chrono_tz::Tz;
use desk::domain::bot::BotState;
use desk::domain::decimal::Money;
use desk::domain::time::Span;
use serde_json::{Value, json};

use super::words::{left, new_york, own_zone, percent, permille};
use crate::messages::board::Board;
use crate::render::numbers::{Sign, cents_text, clock, span};
use crate::render::words::mode;
use crate::web::ages::Ages;

/// A feed that is older than so many seconds while the market is open keeps entries from being decided well.
const FEED_LIMIT: i64 = 120;
/// Of the daily limit, in thousandths.
const LOSS_WARNING: i64 = 500;

fn tone(state: BotState) -> &'static str {
    match state {
        BotState::GracefulClosingPositions | BotState::Shutdown | BotState::Updating => "caution",
        BotState::EmergencyClosingPositions | BotState::Error | BotState::ShutdownTriggered => "alarm",
        _ => "",
    }
}

pub(super) fn bar(board: &Board, zone: Tz, ages: Ages, silent: Option<i64>) -> Value {
    let (mode, word) = mode(board.mode, board.venue);
    let lost = board.day.net.negated().checked_add(Money::ZERO).filter(|l| *l > Money::ZERO).unwrap_or_default();
    let share = permille(lost, board.day.loss_limit);
    let names: Vec<&str> = board.freezes.iter().map(|f| f.name.as_str()).collect();
    let open = board.session.as_ref().is_some_and(|s| s.open <= board.at && board.at < s.close);
    let feed_old = board.state.is_running() && open && ages.feed.is_none_or(|age| age > FEED_LIMIT);
    json!({
        "mode": mode,
        "mode_word": word,
        "identity": board.identity,
        "state": board.state,
        "state_word": board.state.word(),
        "tone": tone(board.state),
        "since": clock(board.since),
        "rehearsing": board.rehearsing,
        "session": session(board),
        "latched": board.latch.is_some(),
        "defense": board.defense.as_ref().map(|d| super::risk::share(d.share)),
        "freezes": names.len(),
        "freeze_names": names.join(", "),
        "feed": match (silent, ages.feed) {
            (Some(seconds), _) => format!("bot silent {}", span(Span::seconds(seconds))),
            (None, Some(seconds)) => format!("{} old", span(Span::seconds(seconds))),
            (None, None) => "none yet".to_owned(),
        },
        "feed_old": silent.is_some() || feed_old,
        "loss": percent(share),
        "loss_limit": cents_text(board.day.loss_limit, Sign::Plain),
        "loss_caution": share >= LOSS_WARNING,
        "loss_width": percent(share.saturating_mul(56).div_euclid(100)),
        "utc": clock(board.at),
        "new_york": new_york(board.at),
        "own_zone": own_zone(board.at, zone).map(|(time, place)| json!({ "time": time, "place": place.replace('_', " ") })),
        "title": format!("{}, {word}: TBot {}", board.state.word(), board.identity),
        "spoken": spoken(board),
    })
}

/// Phase or window, and the time to what closes next.
fn session(board: &Board) -> Value {
    let Some(session) = &board.session else { return json!({ "word": "none", "next": "" }) };
    let windows: Vec<&str> = session.windows.iter().map(|w| w.as_str()).collect();
    let word = if session.closed {
        "closed, books closed".to_owned()
    } else if board.at < session.open {
        "before the open".to_owned()
    } else if board.at >= session.close {
        "after the close".to_owned()
    } else if !board.state.trades() {
        "open, not traded".to_owned()
    } else if windows.is_empty() && board.strategies.iter().all(|s| s.opens_after(board.at).is_none()) {
        "open, no window left".to_owned()
    } else if windows.is_empty() {
        "open, between windows".to_owned()
    } else {
        format!("{} window", windows.join(" and "))
    };
    let next = session.next.first().map(|n| format!("{} in {}", n.what, left(n.at, board.at)));
    json!({ "word": word, "next": next.unwrap_or_default() })
}

/// What the status region says when state, latch or freezes change.
fn spoken(board: &Board) -> String {
    let latch = if board.latch.is_some() { " The latch is set." } else { "" };
    let freezes = match board.freezes.len() {
        0 => String::new(),
        n => format!(" {n} {} entries back.", if n == 1 { "freeze holds" } else { "freezes hold" }),
    };
    let defense = if board.defense.is_some() { " Defense mode is on." } else { "" };
    format!("The bot is {}.{latch}{defense}{freezes}", board.state.word())
}
