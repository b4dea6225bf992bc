//! Reversals: each posting of the entry undone, negated and with its tags (BOOKS.md section 5). A reversal that says otherwise
//! balances all the same, and its chain may have been made anew.

use desk::domain::journal::{AccountCode, Entry, Posting};

use super::report::{Finding, Stop, found};
use crate::store::reader::Reader;
use crate::store::words::Book;

/// Holds an entry that undoes another against that.
pub(super) async fn check(reader: &Reader, book: &Book, entry: &Entry) -> Result<(), Stop> {
    let Some(undone) = entry.draft.reverses else { return Ok(()) };
    let stored = reader.entries(book, undone.saturating_sub(1), 1).await?;
    let Some(original) = stored.first().map(|stored| &stored.entry) else { return Ok(()) };
    Ok(compare(book, entry, original)?)
}

fn compare(book: &Book, entry: &Entry, original: &Entry) -> Result<(), Finding> {
    let (undoing, undone) = (&entry.draft.postings, &original.draft.postings);
    if undoing.len() != undone.len() {
        let wrong = found("entry", book.number).seq(entry.seq).column("postings");
        return Err(wrong.values(undoing.len(), format!("{}, as entry {} has", undone.len(), original.seq)));
    }
    for ((undoing, undone), line) in undoing.iter().zip(undone).zip(1..) {
        if let Some((column, have, want)) = difference(undoing, undone) {
            let wrong = found("posting", book.number).seq(entry.seq).line(line).column(column);
            return Err(wrong.values(have, format!("{want}, which undoes entry {}", original.seq)));
        }
    }
    Ok(())
}

/// The first column in which a posting does not undo another: its name, what it has, and what it has to have.
fn difference(undoing: &Posting, undone: &Posting) -> Option<(&'static str, String, String)> {
    let commodity = |p: &Posting| p.holding.map(|h| h.commodity.to_string());
    let (tags, own) = (&undone.tags, &undoing.tags);
    // Unsettled cash falls due anew.
    let item = |p: &Posting| {
        p.tags.item.as_ref().filter(|_| p.account != AccountCode::CASH_UNSETTLED).map(ToString::to_string)
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let columns = [
        ("account", Some(undoing.account.to_string()), Some(undone.account.to_string())),
        ("currency", Some(undoing.currency.to_string()), Some(undone.currency.to_string())),
        ("amount", Some(undoing.amount.to_string()), Some(undone.amount.negated().to_string())),
        ("commodity", commodity(undoing), commodity(undone)),
        ("units", undoing.holding.map(|h| h.units.to_string()), undone.holding.map(|h| h.units.negated().to_string())),
        ("lot", own.lot.as_ref().map(ToString::to_string), tags.lot.as_ref().map(ToString::to_string)),
        ("strategy", own.strategy.map(|s| s.to_string()), tags.strategy.map(|s| s.to_string())),
        ("instrument", own.instrument.map(|i| i.to_string()), tags.instrument.map(|i| i.to_string())),
        ("fill", own.fill.as_ref().map(ToString::to_string), tags.fill.as_ref().map(ToString::to_string)),
        ("fee_kind", own.fee_kind.map(|f| f.as_str().to_owned()), tags.fee_kind.map(|f| f.as_str().to_owned())),
        ("item", item(undoing), item(undone)),
    ];
    let differs = columns.iter().find(|(_, have, want)| have != want);
    differs.map(|(column, have, want)| (*column, text(have), text(want)))
}
