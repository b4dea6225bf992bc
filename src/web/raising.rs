//! What differs between a statement and the books becomes an item of the review, once, however often it is asked.

use std::collections::BTreeMap;

use desk::domain::bot::{Origin, Who};
use desk::domain::time::Date;
use serde_json::{Value, json};

use super::exports::book;
use super::refusal::Refusal;
use super::site::Shared;
use crate::render::imports::{Asset, Booked, Closed, Field, Line, Matching, Pair, Unmatched};
use crate::store::people::StatementLine;
use crate::store::people::review::{ItemKind, NewItem, Raised, Subject};

/// So many items at once.
const MOST: usize = 200;
/// The longest title, in characters.
const LONGEST: usize = 200;

/// What is to be raised: one difference by its source, or with an empty source all of them.
pub(crate) struct Raise<'a> {
    pub(crate) line: &'a StatementLine,
    pub(crate) found: &'a Matching,
    pub(crate) source: &'a str,
}

/// What an item about a line of a statement comes from.
pub(crate) fn source_of_line(statement: &StatementLine, place: u64) -> String {
    format!("statement:{}:{place}", statement.hash)
}

/// What an item about an entry that a statement lacks comes from.
pub(crate) fn source_of_entry(statement: &StatementLine, booked: &Booked) -> String {
    let id = booked.ids.first().map_or("", String::as_str);
    format!("statement:{}:entry:{id}", statement.hash)
}

/// What an item about a closing balance comes from.
pub(crate) fn source_of_asset(statement: &StatementLine, asset: &Asset) -> String {
    format!("statement:{}:held:{asset}", statement.hash)
}

/// Raises what is asked for. The same difference is raised once.
///
/// # Errors
/// Where nothing of that source differs.
pub(crate) async fn raise(shared: &Shared, by: (&Who, Origin), raise: &Raise<'_>) -> Result<Vec<Raised>, Refusal> {
    let (reader, book) = book(shared).await?;
    let sessions: BTreeMap<u64, Date> =
        reader.all_entries(&book).await?.iter().map(|e| (e.seq, e.draft.session.date)).collect();
    let all = items(raise.line, raise.found, &sessions);
    let chosen: Vec<NewItem> =
        all.into_iter().filter(|item| raise.source.is_empty() || item.source == raise.source).take(MOST).collect();
    if chosen.is_empty() {
        let said = "Nothing of this statement differs there any more; open it again to see what does.";
        return Err(Refusal::Conflict(said.to_owned()));
    }
    let mut raised = Vec::new();
    for item in &chosen {
        raised.push(shared.site.people.raise(&shared.site.identity, item, by, shared.now()).await?);
    }
    shared.review.acted();
    Ok(raised)
}

/// The numbers of the items that were raised from a statement, by their source.
///
/// # Errors
/// Where the database cannot be read.
pub(crate) async fn raised(shared: &Shared, line: &StatementLine, found: &Matching) -> Result<Value, Refusal> {
    if found.agrees() {
        return Ok(json!({}));
    }
    let reviewed = shared.site.people.reviewed(&shared.site.identity).await?;
    let own = format!("statement:{}:", line.hash);
    let items = reviewed.items.into_iter().filter(|(_, item)| item.source.starts_with(&own));
    Ok(items.map(|(number, item)| (item.source, Value::from(number))).collect::<serde_json::Map<_, _>>().into())
}

/// Everything that differs, as items: what differs first, then what the statement alone has, then what the books alone,
/// then what was held at the end.
fn items(statement: &StatementLine, found: &Matching, sessions: &BTreeMap<u64, Date>) -> Vec<NewItem> {
    let item = |title: String, text: String, entry: Option<u64>, source: String| NewItem {
        kind: ItemKind::Statement,
        title: title.chars().take(LONGEST).collect(),
        text,
        about: entry.map(Subject::Entry),
        day: entry.and_then(|seq| sessions.get(&seq).copied()),
        source,
    };
    let of = |n: u64| format!("Line {n} of statement {}", statement.number);
    let differing = found.differing.iter().map(|p: &Pair| {
        let entry = p.booked.first().map(|b| b.seq);
        let said: Vec<String> = p
            .differences
            .iter()
            .map(|d| {
                let by = d.by.as_deref().filter(|_| d.field != Field::Date).map(|by| format!(" ({by})"));
                format!("{}: statement {}, books {}{}", d.field.word(), d.statement, d.books, by.unwrap_or_default())
            })
            .collect();
        let title = format!("{}: {}", what(&p.stated.line), said.join("; "));
        let text = format!("{}: {}", of(p.stated.place), p.stated.line.text);
        item(title, text, entry, source_of_line(statement, p.stated.place))
    });
    let alone = found.statement_only.iter().map(|u: &Unmatched| {
        let why = match u.doubles {
            Some(place) => format!("stands in the statement twice, first in line {place}"),
            None => "is not in the books".to_owned(),
        };
        let title = format!("{} {why}", what(&u.stated.line));
        let text = format!("{}: {}", of(u.stated.place), u.stated.line.text);
        item(title, text, None, source_of_line(statement, u.stated.place))
    });
    let left = found.books_only.iter().map(|b: &Booked| {
        let title = format!("{} is not in the statement", what(&b.line));
        let text = format!("Entry {}, statement {}: {}", b.seq, statement.number, b.line.text);
        item(title, text, Some(b.seq), source_of_entry(statement, b))
    });
    let held = found.closed.iter().flat_map(|closed: &Closed| {
        closed.differing().map(|s| {
            let figure = |steps| s.asset.figure(steps);
            let (asset, day, by) = (&s.asset, closed.at.utc_date(), figure(s.difference()));
            let said = format!("statement {}, books {} ({by})", figure(s.statement), figure(s.books));
            let text = format!("What statement {} says was held at {}", statement.number, closed.at);
            item(format!("{day}, {asset} held: {said}"), text, None, source_of_asset(statement, asset))
        })
    });
    differing.chain(alone).chain(left).chain(held).collect()
}

/// A movement in a few words: `2026-06-01, ACME -200, 10239.00 USD`.
fn what(line: &Line) -> String {
    let about = [line.instrument.clone(), line.units.map(|u| u.to_string())];
    let about: Vec<String> = about.into_iter().flatten().collect();
    let cash = line.amount.map(|amount| format!("{amount} {}", line.currency));
    let parts = [Some(line.date.to_string()), Some(about.join(" ")).filter(|a| !a.is_empty()), cash];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
