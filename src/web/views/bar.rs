//! The safety bar, and the sentence that a page opens with when the state asks for one.

use chrono_tz::Tz;
use desk::domain::bot::{BotState, Mode, VenueKind};
use desk::domain::decimal::Money;
use desk::domain::time::Span;
use serde_json::{Value, json};

use super::words::{age, left, new_york, own_zone, percent, permille};
use crate::messages::board::Board;
use crate::render::numbers::{Sign, cents_text, clock};

/// A feed that is older than this keeps entries from being decided well.
const FEED_LIMIT: Span = Span::seconds(120);
/// Of the daily limit, in thousandths.
const LOSS_WARNING: i64 = 500;

/// Code and word of the mode block: shape and word, not colour.
pub(super) const fn mode(board: &Board) -> (&'static str, &'static str) {
    match (board.mode, board.venue) {
        (Mode::Observe, _) => ("observe", "OBSERVE"),
        (Mode::Live, _) => ("live", "LIVE"),
        (Mode::Paper, VenueKind::Simulated) => ("simulated", "SIMULATED"),
        (Mode::Paper, _) => ("paper", "PAPER"),
    }
}

fn tone(state: BotState) -> &'static str {
    match state {
        BotState::GracefulClosingPositions | BotState::Shutdown | BotState::Updating => "caution",
        BotState::EmergencyClosingPositions | BotState::Error | BotState::ShutdownTriggered => "alarm",
        _ => "",
    }
}

pub(super) fn bar(board: &Board, zone: Tz, silent: Option<i64>) -> Value {
    let (mode, word) = mode(board);
    let lost = board.day.net.negated().checked_add(Money::ZERO).filter(|l| *l > Money::ZERO).unwrap_or_default();
    let share = permille(lost, board.day.loss_limit);
    let names: Vec<&str> = board.freezes.iter().map(|f| f.name.as_str()).collect();
    let feed_old = board.fed_at.is_none_or(|fed| board.at - fed > FEED_LIMIT);
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
        "freezes": names.len(),
        "freeze_names": names.join(", "),
        "feed": match (silent, board.fed_at) {
            (Some(seconds), _) => format!("bot silent {seconds} s"),
            (None, Some(at)) => age(at, board.at),
            (None, None) => "none yet".to_owned(),
        },
        "feed_old": silent.is_some() || (feed_old && board.state.is_running()),
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
    format!("The bot is {}.{latch}{freezes}", board.state.word())
}

/// One sentence for the states in which the figures are not the first thing to know.
pub(super) fn answer(board: &Board) -> Value {
    let open = match board.positions.len() {
        0 => "No position is open.".to_owned(),
        1 => "One position is open; its stop stands at the venue.".to_owned(),
        n => format!("{n} positions are open; their stops stand at the venue."),
    };
    let why = board.reason.clone().unwrap_or_default();
    let at = clock(board.since);
    let (kind, head, text, steps): (&str, String, String, Vec<&str>) = match board.state {
        BotState::Error => (
            "alarm",
            format!("Halted by an error at {at}"),
            format!("{why} {open} Nothing new is bought or sold."),
            vec![
                "Read what failed, above and on the Health page.",
                "Acknowledge the error once its cause is understood.",
                "Start again; every check runs before the first order.",
            ],
        ),
        BotState::Stopped if board.latch.is_some() => (
            "plain",
            format!("Stopped by a kill at {at}"),
            format!("{why} {open}"),
            vec![
                "An administrator resets the latch, with a reason and a one-time code.",
                "Then an operator starts the bot.",
            ],
        ),
        BotState::Stopped => (
            "plain",
            format!("Stopped at {at}"),
            format!("{why} {open}"),
            vec!["Start checks the venue, the books and the clock before it trades."],
        ),
        BotState::Started => (
            "plain",
            "Ready, not trading yet".to_owned(),
            open,
            vec!["Start makes the bot trade from its next window on."],
        ),
        BotState::GracefulClosingPositions => {
            ("caution", "Stopping in order".to_owned(), format!("No new entries. {open}"), vec![])
        }
        BotState::EmergencyClosingPositions => {
            ("alarm", "Kill: cancelling, closing, locking".to_owned(), format!("No new entries. {open}"), vec![])
        }
        BotState::Shutdown | BotState::ShutdownTriggered => (
            "caution",
            "Shutting down".to_owned(),
            format!("{open} This page goes silent when the process has ended."),
            vec!["Start it again on the machine: tbot service start, or tbot run."],
        ),
        BotState::Registration => (
            "plain",
            "Waiting for the first administrator".to_owned(),
            "The link stands in the terminal.".to_owned(),
            vec![],
        ),
        _ => return Value::Null,
    };
    json!({ "kind": kind, "head": head, "text": text.trim(), "steps": steps })
}
