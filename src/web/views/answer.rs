//! The sentence that a page opens with when the state asks for one, and the last one before the process ends.

use desk::domain::bot::BotState;
use serde_json::{Value, json};

use crate::messages::board::Board;
use crate::render::numbers::clock;

/// What is open, and what protects it.
fn held(board: &Board) -> String {
    match board.positions.len() {
        0 => "No position is open.".to_owned(),
        1 => "One position is open; its stop stands at the venue.".to_owned(),
        n => format!("{n} positions are open; their stops stand at the venue."),
    }
}

/// What every page says when the process ends (LIFE-2): it is the last that it hears.
pub(super) fn ending(board: &Board) -> Value {
    if !matches!(board.state, BotState::Shutdown | BotState::ShutdownTriggered) {
        return Value::Null;
    }
    let symbols: Vec<String> = board.positions.iter().map(|p| p.symbol.to_string()).collect();
    let holding = match symbols.len() {
        0 => "It is flat.".to_owned(),
        _ => format!("It holds {}; the stops stand at the venue.", symbols.join(", ")),
    };
    let books = match &board.session {
        Some(session) if session.closed => "The books of the day are closed.",
        Some(_) => "The books of the day are not closed yet; that is done after the next start.",
        None => "",
    };
    let why = board.reason.as_deref().unwrap_or_default();
    let text = [why, &holding, books].join(" ");
    json!({
        "head": format!("TBot shut down at {} UTC", clock(board.since)),
        "text": text.trim(),
    })
}

/// One sentence for the states in which the figures are not the first thing to know.
pub(super) fn answer(board: &Board) -> Value {
    let open = held(board);
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
            ("caution", "Stopping in order".to_owned(), format!("{why} No new entries. {open}"), vec![])
        }
        BotState::EmergencyClosingPositions => {
            ("alarm", "Kill: cancelling, closing, locking".to_owned(), format!("{why} No new entries. {open}"), vec![])
        }
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
