//! What the screener can be told, and what it has found.

use desk::domain::decimal::{Price, Quantity};
use desk::domain::ids::SessionId;
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use desk::machines::screener::Reason;
use serde::Serialize;

use super::chronicle::{Chronicle, Piece};

/// What the screener can be told.
#[derive(Debug)]
pub enum ToScreener {
    /// The chronicle so far.
    Welcome(Chronicle),
    /// What comes after it.
    Piece(Piece),
    /// Are you there.
    Beat(u64),
}

/// What a session's screen found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScreenBoard {
    /// Of which session.
    pub session: SessionId,
    /// When: the session's open.
    pub at: Timestamp,
    /// Whether anything was asked of a symbol; otherwise every one is taken.
    pub asks: bool,
    /// What was asked, by its name, with its unit.
    pub asked: Vec<Asked>,
    /// Every symbol of the feed, in byte order.
    pub lines: Vec<ScreenLine>,
}

/// A criterion in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its name.
    pub name: &'static str,
    /// What it asks for.
    pub value: String,
    /// Its unit.
    pub unit: &'static str,
}

/// A symbol, in or out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScreenLine {
    /// Which.
    pub symbol: Symbol,
    /// Its last price before the session; nothing where none is known.
    pub price: Option<Price>,
    /// What was traded in the session before; nothing where none is known.
    pub volume: Option<Quantity>,
    /// When the price was true.
    pub as_of: Option<Timestamp>,
    /// Why it is out; nothing where it is in.
    pub out: Option<Reason>,
}
