//! Trial balance, entries that can be searched, one entry.

use actix_web::web::{Data, Path, Query};
use desk::domain::decimal::Money;
use desk::domain::journal::{EntryKind, Fact, Facts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::statements::balance;
use super::{Answer, book, names};
use crate::render::numbers::{Column, Sign, count, quantity};
use crate::store::people::review::Subject;
use crate::store::{Book, Reader, Sought, StoredEntry};
use crate::web::books::{self, Cell, Chosen, Table, add, day_of, sheets};
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

/// Which entries, the newest first; empty where nothing is asked. The trial balance is of the day, or of all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    before: Option<u64>,
    day: String,
    kind: String,
    instrument: String,
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
        Ok(Sought { before: self.before, day: day_of(book, &self.day)?, kind, instrument: instrument.transpose()? })
    }

    /// An address's question about statements after the day.
    fn until(&self) -> String {
        if self.day.is_empty() { String::new() } else { format!("?to={}", self.day) }
    }

    /// The rest of an address that asks for older ones of the same.
    fn same(&self) -> String {
        let part = |name: &str, value: &str| if value.is_empty() { String::new() } else { format!("&{name}={value}") };
        [part("day", &self.day), part("kind", &self.kind), part("instrument", self.instrument.trim())].concat()
    }
}

/// Entries that were found.
pub(crate) struct Shown {
    /// The newest of them.
    entries: Vec<StoredEntry>,
    /// Where the older ones begin, if there are some.
    older: Option<u64>,
}

/// The entries that are asked for, at most so many.
async fn found(reader: &Reader, book: &Book, asked: &Asked, most: u32) -> Result<Shown, Refusal> {
    let entries = reader.sought(book, &asked.sought(book)?, most).await?;
    let more = u32::try_from(entries.len()).is_ok_and(|n| n == most);
    let older = entries.last().map(|e| e.entry.seq).filter(|seq| more && *seq > 1);
    Ok(Shown { entries, older })
}

/// `GET /ledger`
pub(crate) async fn journal(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let ledger = match book(&shared).await? {
        None => Value::Null,
        Some((reader, book)) => {
            let heads = reader.heads(&book).await?;
            let shown = found(&reader, &book, &asked, PAGE).await?;
            let lines = shown.entries.iter().map(line).collect::<Result<Vec<_>, _>>()?;
            let days: Vec<String> = reader.days(&book, DAYS).await?.iter().map(|d| d.date.to_string()).collect();
            json!({
                "balance": trial_balance(&shared, &book, &asked.day).await?, "entries": lines,
                "count": count(heads.entry.seq), "head": heads.entry.hash.to_string(), "older": shown.older,
                "same": asked.same(), "until": asked.until(), "currency": book.base_currency, "days": days,
                "asked": { "day": asked.day, "kind": asked.kind, "instrument": asked.instrument.trim() },
                "kinds": EntryKind::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>(),
            })
        }
    };
    Frame::new(&shared, &visitor, "/ledger").page("Journal", "pages/ledger.html", json!({ "ledger": ledger }))
}

/// What an entry moves: all its debits.
fn moved(stored: &StoredEntry) -> Result<Money, Refusal> {
    let debits = stored.entry.draft.postings.iter().map(|p| p.amount).filter(|a| *a > Money::ZERO);
    debits.into_iter().try_fold(Money::ZERO, add)
}

fn line(stored: &StoredEntry) -> Result<Value, Refusal> {
    let (e, total) = (&stored.entry, moved(stored)?);
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
        let shown = found(&reader, &book, &part, READ).await?;
        for stored in &shown.entries {
            let (e, d) = (&stored.entry, &stored.entry.draft);
            let mut row = vec![Cell::Number(e.seq), Cell::plain(e.booked_at), Cell::plain(d.session.date)];
            row.extend([Cell::plain(d.kind), Cell::text(&d.description), Cell::money(moved(stored)?)]);
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
                "units": p.holding.as_ref().map(|h| format!("{} {}", quantity(h.units), h.commodity)),
            })
        })
        .collect();
    let (subject, known) = (Subject::Entry(e.seq), whole.entry_known(e));
    let (standing, around) = (whole.reviewed.standing(subject), whole.reviewed.around(subject, &known));
    let own = json!({ "review": panel(shared, visitor, &whole, (&standing, &around), typed), "entry": {
        "seq": e.seq, "id": e.entry_id, "kind": e.draft.kind.as_str().replace('_', " "), "session": e.draft.session.to_string(),
        "booked": moment(e.booked_at), "effective": moment(e.draft.effective_at), "description": e.draft.description,
        "source": e.draft.source_key, "reverses": e.draft.reverses, "corrects": e.draft.corrects, "postings": postings,
        "pad": amounts.pad(0), "hash": stored.hash.to_string(), "reason": e.draft.reason, "by": e.draft.by,
        "previous": before, "next": (e.seq < last).then_some(e.seq.saturating_add(1)), "facts": facts(&e.draft.facts),
        "reversible": reversible(e.draft.kind), "reversed_by": whole.books.reversal_of(e.seq),
        "strategy": e.draft.postings.iter().find_map(|p| p.tags.strategy), "instrument": e.draft.postings.iter().find_map(|p| p.tags.instrument),
    } });
    Frame::new(shared, visitor, "/ledger").page(&format!("Entry {}", e.seq), "pages/entry.html", own)
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
