//! REP-1a: the trades and decisions of a closed session, as `tbot backtest` writes those of a run, from the record alone.

use desk::domain::bot::Mode;
use desk::domain::event::{Body, Event};
use desk::domain::ids::SessionId;
use desk::machines::ledger::Sealed;
use desk::world::harvest::{Source, Watched, harvest};

use super::day_exports::NotWritten;
use crate::render::{decisions_jsonl, trade_history_csv, trade_history_json};
use crate::store::{Book, Reader, Sought};

/// How many events are read at once, from the end backwards.
const PAGE: u64 = 2_000;

/// The files of a session by their names.
pub(super) async fn files(
    (reader, book): (&Reader, &Book),
    session: SessionId,
    mode: Mode,
) -> Result<Vec<(&'static str, Vec<u8>)>, NotWritten> {
    let unmade = |why: String| NotWritten::File(format!("{session}: {why}"));
    let events = events(reader, book, session).await?;
    let day = Sought { day: Some(session), ..Sought::default() };
    let stored = reader.sought(book, &day, u32::MAX).await?.into_iter().rev();
    let sealed = stored.map(|s| Ok(Sealed { bytes: s.entry.to_bytes()?, entry: s.entry, hash: s.hash }));
    let entries = sealed.collect::<Result<Vec<_>, serde_json::Error>>().map_err(|e| unmade(e.to_string()))?;
    let found = harvest(&Source {
        events: &events,
        entries: &entries,
        watched: &Watched::default(),
        // Whether a symbol's bars go on is not known while the feed runs.
        last_bars: &[],
        identity: &book.identity,
        mode,
        currency: book.base_currency,
    });
    let found = found.map_err(|e| unmade(e.to_string()))?;
    let unrendered = |e: crate::render::RenderError| unmade(e.to_string());
    Ok(vec![
        ("trades/trade_history.json", trade_history_json(&found.trades).map_err(unrendered)?),
        ("trades/trade_history.csv", trade_history_csv(&found.trades).map_err(unrendered)?),
        ("decisions/decisions.jsonl", decisions_jsonl(&found.decisions).map_err(unrendered)?),
    ])
}

/// The events of a session, from its opening to its close.
async fn events(reader: &Reader, book: &Book, session: SessionId) -> Result<Vec<Event>, NotWritten> {
    let mut end = reader.heads(book).await?.events.seq;
    let mut found: Vec<Event> = Vec::new();
    let opens = |event: &Event| matches!(event.body, Body::SessionOpened { session: own, .. } if own == session);
    let closes = |event: &Event| matches!(event.body, Body::SessionClosed { session: own } if own == session);
    while end > 0 && !found.iter().any(opens) {
        let after = end.saturating_sub(PAGE);
        let limit = u32::try_from(end.saturating_sub(after)).unwrap_or(u32::MAX);
        let page = reader.events(book, after, limit).await?;
        let read = page.iter().map(|stored| Event::from_bytes(&stored.event.bytes)).collect::<Result<Vec<_>, _>>();
        let mut read = read.map_err(|e| NotWritten::File(format!("{session}: the event log cannot be read: {e}")))?;
        read.append(&mut found);
        (found, end) = (read, after);
    }
    let first = found.iter().position(opens).unwrap_or(found.len());
    let mut own = found.split_off(first);
    if let Some(last) = own.iter().position(closes) {
        own.truncate(last.saturating_add(1));
    }
    Ok(own)
}
