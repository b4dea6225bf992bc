//! One row a posting, the entry's fields repeated; an entry without postings is one row with line 0.

use csv::WriterBuilder;
use desk::domain::ids::{ExecutionId, ItemId, LotId, StrategyName};
use desk::domain::journal::{Entry, FeeKind, Posting};
use desk::domain::symbol::Symbol;

use super::input::{Export, ExportError};
use super::numbers::{money, plain};

/// The header.
pub(in crate::render) const COLUMNS: [&str; 25] = [
    "seq",
    "entry_id",
    "kind",
    "session",
    "effective_at",
    "booked_at",
    "source_key",
    "reverses",
    "corrects",
    "reason",
    "by",
    "description",
    "line",
    "account",
    "account_name",
    "currency",
    "amount",
    "commodity",
    "units",
    "lot",
    "strategy",
    "instrument",
    "fill",
    "fee_kind",
    "item",
];

pub(super) fn write(export: &Export<'_>) -> Result<Vec<u8>, ExportError> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for entry in export.inside() {
        let fields = entry_cells(entry);
        if entry.draft.postings.is_empty() {
            let mut row = fields.clone();
            row.push("0".to_owned());
            row.resize(COLUMNS.len(), String::new());
            writer.write_record(&row)?;
        }
        for (posting, line) in entry.draft.postings.iter().zip(1_u64..) {
            let name = export.journal.accounts.get(&posting.account).map(String::as_str).unwrap_or_default();
            let mut row = fields.clone();
            row.extend(posting_cells(posting, line, name));
            writer.write_record(&row)?;
        }
    }
    writer.into_inner().map_err(|e| ExportError::Csv(e.to_string()))
}

fn entry_cells(entry: &Entry) -> Vec<String> {
    let d = &entry.draft;
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    let text = |text: Option<&str>| text.map(guarded).unwrap_or_default();
    vec![
        entry.seq.to_string(),
        entry.entry_id.to_string(),
        d.kind.to_string(),
        d.session.to_string(),
        d.effective_at.to_string(),
        entry.booked_at.to_string(),
        text(Some(&d.source_key)),
        number(d.reverses),
        number(d.corrects),
        text(d.reason.as_deref()),
        text(d.by.as_deref()),
        text(Some(&d.description)),
    ]
}

fn posting_cells(posting: &Posting, line: u64, name: &str) -> [String; 13] {
    let tags = &posting.tags;
    let text = |text: Option<&str>| text.map(guarded).unwrap_or_default();
    [
        line.to_string(),
        posting.account.to_string(),
        guarded(name),
        posting.currency.to_string(),
        money(posting.amount.raw()).as_str().to_owned(),
        text(posting.holding.as_ref().map(|h| h.commodity.as_str())),
        posting.holding.map(|h| plain(h.units.raw()).as_str().to_owned()).unwrap_or_default(),
        text(tags.lot.as_ref().map(LotId::as_str)),
        text(tags.strategy.map(StrategyName::as_str)),
        text(tags.instrument.as_ref().map(Symbol::as_str)),
        text(tags.fill.as_ref().map(ExecutionId::as_str)),
        text(tags.fee_kind.map(FeeKind::as_str)),
        text(tags.item.as_ref().map(ItemId::as_str)),
    ]
}

/// A spreadsheet takes a cell that begins with one of these for a formula; an apostrophe before it keeps it text. A text
/// with an apostrophe before such a sign gets another one, so that one taken off always gives the text back.
#[must_use]
pub fn guarded(text: &str) -> String {
    let bare = text.trim_start_matches('\'');
    let risky = bare.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if risky { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cell_is_never_a_formula_and_comes_back() {
        for text in ["=1+1", "+x", "-5", "@x", "'=1", "it's", "'quoted'", "plain", "", "a=b"] {
            let cell = guarded(text);
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
            let bare = cell.trim_start_matches('\'');
            let back = if bare.starts_with(['=', '+', '-', '@']) { cell.strip_prefix('\'').unwrap() } else { &cell };
            assert_eq!(back, text);
        }
    }
}
