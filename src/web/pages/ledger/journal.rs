//! Trial balance, entries that can be searched, one entry.

use actix_web::web::{Data, Path, Query};
use desk::domain::decimal::Money;
use desk::domain::journal::{EntryKind, Fact, Facts};
use desk::machines::ledger::nameable;
use serde::Deserialize;
use serde_json::{Value, json};

use super::statements::balance;
use super::{Answer, book, names};
use crate::render::numbers::{Column, Sign, count, counted, quantity};
use crate::store::people::review::Subject;
use crate::store::{Book, Found, Reader, Sought, StoredEntry, Text};
use crate::web::address::in_address;
use crate::web::books::{self, Cell, Chosen, Table, day_of, debits, sheets};
use crate::web::history::Record;
use crate::web::pages::frame::Frame;
use crate::web::pages::review::{Typed, panel};
use crate::web::refusal::Refusal;
use crate::web::review::whole;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

/// Entries of a page.
const PAGE: u32 = 50;
/// Days that a list offers.
const DAYS: u32 = 400;
/// Entries that a file reads at once.
const READ: u32 = 1_000;

/// So many entries are looked through for a text at once, the newest first.
const LOOKED: u32 = 100_000;
/// The longest text that is sought.
const LONGEST: usize = 80;

/// Which entries, the newest first; empty where nothing is asked. The trial balance is of the day, or of all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    before: Option<u64>,
    day: String,
    kind: String,
    instrument: String,
    lot: String,
    text: String,
}

impl Asked {
    fn sought(&self, book: &Book) -> Result<Sought, Refusal> {
        let kind = EntryKind::ALL.iter().copied().find(|k| k.as_str() == self.kind);
        let instrument = self.instrument.trim().to_uppercase();
        let wrong =
            |what: &str, text: &str, allowed: &str| Refusal::Invalid(format!("{text:?} is no {what}; {allowed}."));
        if kind.is_none() && !self.kind.is_empty() {
            return Err(wrong("kind of entry", &self.kind, "choose one of the list, or all kinds"));
        }
        let instrument = (!instrument.is_empty()).then(|| {
            instrument
                .parse()
                .map_err(|_| wrong("instrument", &self.instrument, "a symbol like SPY is needed, or nothing"))
        });
        let lot = (!self.lot.is_empty()).then(|| {
            self.lot
                .parse()
                .map_err(|_| wrong("lot", &self.lot, "an instrument and an execution are needed, as SPY-x1"))
        });
        Ok(Sought {
            before: self.before,
            day: day_of(book, &self.day)?,
            kind,
            instrument: instrument.transpose()?,
            lot: lot.transpose()?,
        })
    }

    /// The text that is sought; nothing where none is.
    fn text(&self) -> Result<Option<&str>, Refusal> {
        match self.text.trim() {
            "" => Ok(None),
            text if text.chars().count() <= LONGEST => Ok(Some(text)),
            _ => Err(Refusal::Invalid(format!(
                "The text that is sought is too long; at most {LONGEST} characters are allowed."
            ))),
        }
    }

    /// An address's question about statements after the day.
    fn until(&self) -> String {
        if self.day.is_empty() { String::new() } else { format!("?to={}", self.day) }
    }

    /// The rest of an address that asks for older ones of the same.
    fn same(&self) -> String {
        let part = |name: &str, value: &str| match value.trim() {
            "" => String::new(),
            value => format!("&{name}={}", in_address(value)),
        };
        let parts = [
            ("day", &self.day),
            ("kind", &self.kind),
            ("instrument", &self.instrument),
            ("lot", &self.lot),
            ("text", &self.text),
        ];
        parts.map(|(name, value)| part(name, value)).concat()
    }
}

/// Entries that were found, and how far they were looked for.
pub(crate) struct Shown {
    /// The newest of them.
    pub(crate) entries: Vec<StoredEntry>,
    /// Where the older ones begin, if there may be some.
    pub(crate) older: Option<u64>,
    /// What came of a text that was sought.
    pub(crate) search: Option<Found>,
}

/// The entries that are asked for, at most so many.
pub(crate) async fn found(
    shared: &Shared,
    reader: &Reader,
    book: &Book,
    asked: &Asked,
    most: u32,
) -> Result<Shown, Refusal> {
    let sought = asked.sought(book)?;
    let Some(text) = asked.text()? else {
        let entries = reader.sought(book, &sought, most).await?;
        let more = u32::try_from(entries.len()).is_ok_and(|n| n == most);
        let older = entries.last().map(|e| e.entry.seq).filter(|seq| more && *seq > 1);
        return Ok(Shown { entries, older, search: None });
    };
    let text = Text::new(text, &reader.accounts(book).await?);
    let turn = shared.searching.acquire().await.map_err(|_| Refusal::Busy)?;
    let mut found = reader.search(book, (&sought, &text), most, LOOKED).await?;
    drop(turn);
    let entries = std::mem::take(&mut found.entries);
    // Those that were found and not shown come first; then those that were not looked at.
    let more = u64::try_from(entries.len()).is_ok_and(|n| n < found.count);
    let last = if more { entries.last() } else { found.stopped.as_ref() };
    let older = last.map(|e| e.entry.seq);
    Ok(Shown { entries, older, search: Some(found) })
}

/// `GET /ledger`
pub(crate) async fn journal(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let ledger = match book(&shared).await? {
        None => Value::Null,
        Some((reader, book)) => {
            let heads = reader.heads(&book).await?;
            let shown = found(&shared, &reader, &book, &asked, PAGE).await?;
            let lines = shown.entries.iter().map(line).collect::<Result<Vec<_>, _>>()?;
            let days: Vec<String> = reader.days(&book, DAYS).await?.iter().map(|d| d.date.to_string()).collect();
            json!({
                "balance": trial_balance(&shared, &book, &asked.day).await?, "entries": lines,
                "search": shown.search.as_ref().map(searched), "count": count(heads.entry.seq),
                "head": heads.entry.hash.to_string(), "older": shown.older,
                "further": shown.search.as_ref().is_some_and(|s| s.stopped.is_some() && s.count <= u64::from(PAGE)),
                "same": asked.same(), "until": asked.until(), "currency": book.base_currency, "days": days,
                "asked": {
                    "day": asked.day, "kind": asked.kind, "instrument": asked.instrument.trim(), "lot": asked.lot,
                    "text": asked.text.trim(), "before": asked.before,
                },
                "kinds": EntryKind::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>(),
                "longest": LONGEST, "fields": Text::FIELDS,
            })
        }
    };
    Frame::new(&shared, &visitor, "/ledger").page("Journal", "pages/ledger.html", json!({ "ledger": ledger }))
}

/// What a search came to, in figures.
fn searched(found: &Found) -> Value {
    let stopped = found
        .stopped
        .as_ref()
        .map(|e| json!({ "seq": count(e.entry.seq), "day": e.entry.draft.session.date.to_string() }));
    json!({ "found": counted(found.count, "entry"), "looked": count(found.looked), "stopped": stopped })
}

/// An entry as a row of a list.
pub(crate) fn line(stored: &StoredEntry) -> Result<Value, Refusal> {
    let (e, total) = (&stored.entry, debits(&stored.entry.draft.postings)?);
    Ok(json!({
        "seq": e.seq, "at": moment(e.booked_at), "kind": e.draft.kind.as_str().replace('_', " "),
        "description": e.draft.description, "amount": Column::of([total], Sign::Plain).cell(total),
    }))
}

/// All that is asked for, whatever page is shown, as a table.
pub(super) async fn table(shared: &Shared, asked: &Asked) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] = &["entry", "booked_at", "session", "kind", "description", "amount"];
    let (reader, book) = crate::web::exports::book(shared).await?;
    let mut part = Asked { before: None, ..asked.clone() };
    let mut rows = Vec::new();
    loop {
        let shown = found(shared, &reader, &book, &part, READ).await?;
        for stored in &shown.entries {
            let (e, d) = (&stored.entry, &stored.entry.draft);
            let mut row = vec![Cell::Number(e.seq), Cell::plain(e.booked_at), Cell::plain(d.session.date)];
            row.extend([
                Cell::plain(d.kind),
                Cell::text(&d.description),
                Cell::money(debits(&stored.entry.draft.postings)?),
            ]);
            rows.push(row);
        }
        if shown.older.is_none() {
            return Ok(Table::new(COLUMNS, rows));
        }
        part.before = shown.older;
    }
}

/// Debit and credit by account, in the base currency.
async fn trial_balance(shared: &Shared, book: &Book, day: &str) -> Result<Value, Refusal> {
    let chosen = Chosen::of(shared, &books::Asked::of_day(day)).await?;
    let trials = match &chosen {
        None => Vec::new(),
        Some(chosen) => sheets::trial(chosen).await?,
    };
    let own = trials.into_iter().find(|t| t.currency == book.base_currency);
    Ok(balance(&own.unwrap_or_else(|| sheets::Trial::empty(book.base_currency))))
}

/// `GET /ledger/entries/{seq}`
pub(crate) async fn entry(shared: Data<Shared>, visitor: Visitor, seq: Path<u64>) -> Answer {
    show_entry(&shared, &visitor, *seq, None).await
}

/// An entry with its review; what was typed and refused stands in the form.
pub(crate) async fn show_entry(shared: &Shared, visitor: &Visitor, seq: u64, typed: Option<&Typed>) -> Answer {
    let missing = || Refusal::Missing("There is no such entry in these books.".to_owned());
    let whole = whole(shared).await?.ok_or_else(missing)?;
    let (reader, book) = (&whole.reader, &whole.book);
    let before = seq.checked_sub(1).ok_or_else(missing)?;
    let stored = reader.entries(book, before, 1).await?.into_iter().next().ok_or_else(missing)?;
    let names = names(reader, book).await?;
    let last = reader.heads(book).await?.entry.seq;
    let e = &stored.entry;
    let amounts = Column::of(e.draft.postings.iter().map(|p| p.amount.magnitude()), Sign::Plain);
    let postings: Vec<Value> = e
        .draft
        .postings
        .iter()
        .map(|p| {
            json!({
                "code": p.account.code(), "name": names.get(&p.account).map_or("", String::as_str),
                "debit": (p.amount > Money::ZERO).then(|| amounts.cell(p.amount)),
                "credit": (p.amount < Money::ZERO).then(|| amounts.cell(p.amount.negated())),
                "currency": p.currency,
                "day": e.draft.session.date.to_string(), "lot": p.tags.lot, "item": p.tags.item,
                "lot_in_address": p.tags.lot.as_ref().map(|lot| in_address(lot.as_str())),
                "units": p.holding.as_ref().map(|h| format!("{} {}", quantity(h.units), h.commodity)),
            })
        })
        .collect();
    let (subject, known) = (Subject::Entry(e.seq), whole.entry_known(e));
    let (standing, around) = (whole.reviewed.standing(subject), whole.reviewed.around(subject, &known));
    let own = json!({ "review": panel(shared, visitor, &whole, (&standing, &around), typed), "entry": {
        "seq": e.seq, "id": e.entry_id, "kind": e.draft.kind.as_str().replace('_', " "), "session": e.draft.session.to_string(), "day": e.draft.session.date.to_string(),
        "booked": moment(e.booked_at), "effective": moment(e.draft.effective_at), "description": e.draft.description,
        "source": e.draft.source_key, "reverses": e.draft.reverses, "corrects": e.draft.corrects, "postings": postings,
        "pad": amounts.pad(0), "hash": stored.hash.to_string(), "reason": e.draft.reason, "by": e.draft.by,
        "previous": before, "next": (e.seq < last).then_some(e.seq.saturating_add(1)), "facts": facts(&e.draft.facts),
        "reversible": reversible(e.draft.kind), "reversed_by": whole.books.reversal_of(e.seq),
        "nameable": nameable(e).is_ok() && whole.books.reversal_of(e.seq).is_none() && !whole.books.closed(e.draft.session.date),
        "from": whence(shared, &e.draft.facts).await?,
        "strategy": e.draft.postings.iter().find_map(|p| p.tags.strategy), "instrument": e.draft.postings.iter().find_map(|p| p.tags.instrument),
    } });
    Frame::new(shared, visitor, "/ledger").page(&format!("Entry {}", e.seq), "pages/entry.html", own)
}

/// The order whose fill was booked, and the decision behind it; nothing where the event log does not have the order.
async fn whence(shared: &Shared, facts: &Facts) -> Result<Value, Refusal> {
    let Some(id) = facts.get("order").and_then(Fact::as_str) else { return Ok(Value::Null) };
    let Some(record) = Record::open(shared).await? else { return Ok(Value::Null) };
    let past = record.of_order(id).await?;
    let order = past.as_ref().and_then(|past| past.order(id));
    Ok(order.map_or(Value::Null, |o| json!({ "order": id, "leg": o.line.leg, "decision": o.decision })))
}

/// Whether a person can undo such an entry: the others follow from what they follow.
const fn reversible(kind: EntryKind) -> bool {
    use EntryKind as K;
    !(kind.is_memo()
        || matches!(
            kind,
            K::Fill | K::Settlement | K::FeeRounding | K::FeeCharge | K::Reversal | K::Split | K::YearClose
        ))
}

/// What the postings alone do not tell, name by name.
fn facts(facts: &Facts) -> Vec<Value> {
    let text = |fact: &Fact| fact.as_str().map_or_else(|| fact.to_string(), str::to_owned);
    facts.iter().map(|(name, fact)| json!({ "name": name.replace('_', " "), "value": text(fact) })).collect()
}
