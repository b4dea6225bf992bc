//! What the screener took and left out, and why (TRADE-4).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::words::moment;
use crate::messages::board::Board;
use crate::messages::screener::ScreenLine;
use crate::render::numbers::{price, quantity};

/// What the list is narrowed to.
#[derive(Debug, Default)]
pub(crate) struct Narrowed<'a> {
    /// Part of a symbol.
    pub(crate) symbol: &'a str,
    /// `in` or `out`.
    pub(crate) result: &'a str,
    /// The code of a reason.
    pub(crate) reason: &'a str,
}

impl Narrowed<'_> {
    fn fits(&self, line: &ScreenLine) -> bool {
        let symbol = self.symbol.trim().to_ascii_uppercase();
        line.symbol.as_str().contains(&symbol)
            && match self.result {
                "in" => line.out.is_none(),
                "out" => line.out.is_some(),
                _ => true,
            }
            && (self.reason.is_empty() || line.out.as_ref().is_some_and(|why| why.code() == self.reason))
    }
}

/// The latest screen; nothing before the first session.
pub(crate) fn screener(board: &Board, narrowed: &Narrowed<'_>) -> Value {
    let Some(screen) = &board.screen else { return Value::Null };
    let passed = screen.lines.iter().filter(|l| l.out.is_none()).count();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for why in screen.lines.iter().filter_map(|l| l.out.as_ref()) {
        let count = reasons.entry(why.code()).or_default();
        *count = count.saturating_add(1);
    }
    let unknown = ["no_price", "no_volume", "stale"].iter().any(|code| reasons.contains_key(code));
    let shown: Vec<Value> = screen.lines.iter().filter(|l| narrowed.fits(l)).map(row).collect();
    json!({
        "session": screen.session, "at": moment(screen.at), "asks": screen.asks,
        "passed": passed, "out": screen.lines.len().saturating_sub(passed), "all": screen.lines.len(),
        "asked": screen.asked.iter().map(|a| {
            json!({ "name": a.name.replace('_', " "), "value": a.value, "unit": a.unit })
        }).collect::<Vec<_>>(),
        "reasons": reasons.iter().map(|(code, count)| {
            json!({ "code": code, "word": code.replace('_', " "), "count": count })
        }).collect::<Vec<_>>(),
        "unknown": unknown, "known": screen.lines.iter().any(|l| l.as_of.is_some()),
        "rows": shown,
    })
}

fn row(line: &ScreenLine) -> Value {
    json!({
        "symbol": line.symbol,
        "price": line.price.map(price),
        "volume": line.volume.map(quantity),
        "as_of": line.as_of.map(moment),
        "out": line.out.is_some(),
        "code": line.out.as_ref().map(|why| why.code().replace('_', " ")),
        "why": line.out.as_ref().map(ToString::to_string),
    })
}
