use std::collections::BTreeMap;
use std::path::Path;

use crate::report::schemas::{fits, validator};
use desk::domain::journal::entry::entry_id;
use desk::domain::journal::{Draft, EntryKind};
use desk::domain::time::Span;
use tbot::render::exports::{Export, Format, Journal, Period, export, import, ofx};

/// Two journals of the repository: the worked month, and three days with what it lacks (a bust, a split position sold, tax
/// withheld, symbols and texts that other programs trip over).
pub(crate) fn journals() -> Vec<(&'static str, Journal)> {
    [("month", "books-example"), ("sample", "exports")].map(|(name, folder)| (name, journal(folder))).into()
}

pub(crate) fn journal(folder: &str) -> Journal {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder).join("journal.json");
    import(&std::fs::read(file).unwrap()).unwrap()
}

/// Each journal as a whole, and from each of its days on.
pub(crate) fn parts() -> Vec<(String, Journal, Period)> {
    let mut parts = Vec::new();
    for (name, journal) in journals() {
        let days = journal.days().unwrap();
        let mut starts: Vec<_> = journal.entries.iter().map(|e| e.draft.session.date).collect();
        starts.dedup();
        for from in starts {
            parts.push((format!("{name} from {from}"), journal.clone(), Period { from, to: days.to }));
        }
    }
    parts
}

/// A file, without prices and names.
pub(crate) fn bare(journal: &Journal, period: Period, format: Format) -> String {
    let nothing = (BTreeMap::new(), BTreeMap::new());
    let asked = Export { journal, period, instruments: &nothing.0, prices: &nothing.1, account: None };
    String::from_utf8(export(format, &asked).unwrap()).unwrap()
}

/// What the checker starts from.
pub(crate) fn opening(journal: &Journal, period: Period) -> ofx::Opening {
    let nothing = (BTreeMap::new(), BTreeMap::new());
    let asked = Export { journal, period, instruments: &nothing.0, prices: &nothing.1, account: None };
    ofx::opening(&asked).unwrap().map(|bytes| ofx::read_opening(&bytes).unwrap()).unwrap_or_default()
}

#[test]
fn ledg_8_json_comes_back_as_it_was_and_the_same_journal_gives_the_same_bytes() {
    for (name, journal) in journals() {
        let days = journal.days().unwrap();
        let json = bare(&journal, days, Format::Json);
        assert_eq!(import(json.as_bytes()).unwrap(), journal, "{name}");
        fits(&validator("journal"), &serde_json::from_str(&json).unwrap(), name);
        for format in Format::ALL {
            assert_eq!(bare(&journal, days, format), bare(&journal, days, format), "{name}: {format:?}");
        }
    }
}

#[test]
fn the_sample_s_files_are_as_they_were_looked_at() {
    let journal = journal("exports");
    let days = journal.days().unwrap();
    for (format, file) in [
        (Format::Json, "journal.json"),
        (Format::Csv, "journal.csv"),
        (Format::TrialBalance, "trial-balance.csv"),
        (Format::Beancount, "journal.beancount"),
        (Format::Hledger, "journal.hledger"),
        (Format::Ofx, "journal.ofx"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exports").join(file);
        assert_eq!(bare(&journal, days, format), std::fs::read_to_string(path).unwrap(), "{file}");
    }
}

#[test]
fn the_parts_of_a_journal_together_are_the_whole() {
    for (name, journal) in journals() {
        let days = journal.days().unwrap();
        let mut joined = String::new();
        let mut all: Vec<_> = journal.entries.iter().map(|e| e.draft.session.date).collect();
        all.dedup();
        for (n, day) in all.into_iter().enumerate() {
            let part = bare(&journal, Period { from: day, to: day }, Format::Csv);
            joined.push_str(if n == 0 { &part } else { part.split_once('\n').unwrap().1 });
        }
        assert_eq!(joined, bare(&journal, days, Format::Csv), "{name}");
    }
}

#[test]
fn our_checker_finds_nothing_in_what_we_write() {
    for (name, journal, period) in parts() {
        let found = ofx::check(&bare(&journal, period, Format::Ofx), &opening(&journal, period));
        // Without prices the market values of what is held say nothing.
        assert_eq!(found.faults, [], "{name}");
        assert!(found.transactions > 0 && found.positions > 0, "{name}: {found:?}");
    }
}

#[test]
fn what_cannot_stand_in_books_is_not_imported() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exports/journal.json");
    let whole = std::fs::read_to_string(folder).unwrap();
    for (from, to, says) in [
        (
            "\"amount\": \"6000.00\"",
            "\"amount\": \"6000.01\"",
            "entry 3 does not balance: its amounts in USD sum to 0.01",
        ),
        ("\"units\": \"300\"", "\"units\": \"299\"", "entry 3 does not balance: its units of FERN sum to -1"),
        ("\"units\": \"-0.004\"", "\"units\": \"0\"", "entry 12 line 4: commodity and units go together"),
        ("\"seq\": 4,", "\"seq\": 5,", "entry 5 stands where entry 4 is due"),
        ("\"source_key\": \"f1\"", "\"source_key\": \"f9\"", "entry 3 has an id that does not follow"),
        ("\"line\": 2,", "\"line\": 3,", "entry 1 has a line 3 where line 2 is due"),
        ("\"reverses\": 11", "\"reverses\": 20", "entry 17 reverses entry 20"),
        ("\"kind\": \"day_close\"", "\"kind\": \"float_in\"", "entry 7 has an id"),
        ("\"kind\": \"float_in\"", "\"kind\": \"gift\"", "unknown variant `gift`"),
        ("\"version\": 1", "\"version\": 2", "version 2; \"tbot-journal\", version 1 is read"),
        ("\"format\"", "\"shape\"", "line 2, column"),
    ] {
        let planted = whole.replacen(from, to, 1);
        assert_ne!(planted, whole, "{from}");
        let refused = import(planted.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains(says), "{from}: {refused}");
    }
}

/// A journal up to an entry, and that entry reversed.
pub(crate) fn reversed(journal: &Journal, at: usize) -> Journal {
    let mut cut = journal.clone();
    cut.entries.truncate(at + 1);
    let last = cut.entries[at].clone();
    let mut undo = last.clone();
    undo.seq += 1;
    undo.draft.kind = EntryKind::Reversal;
    undo.draft.source_key = last.entry_id.to_string();
    undo.draft.reverses = Some(last.seq);
    undo.entry_id = entry_id(&cut.identity, EntryKind::Reversal, &undo.draft.source_key).unwrap();
    for posting in &mut undo.draft.postings {
        posting.amount = posting.amount.negated();
        if let Some(holding) = &mut posting.holding {
            holding.units = holding.units.negated();
        }
    }
    cut.entries.push(undo);
    cut
}

#[test]
fn a_reversal_leaves_in_ofx_what_was_there_before_whatever_it_reverses() {
    for (name, journal) in journals() {
        for (at, entry) in journal.entries.iter().enumerate() {
            if entry.draft.kind.is_memo() || entry.draft.kind == EntryKind::Reversal {
                continue;
            }
            let journal = reversed(&journal, at);
            let text = bare(&journal, journal.days().unwrap(), Format::Ofx);
            let found = ofx::check(&text, &ofx::Opening::default());
            assert_eq!(found.faults, [], "{name}, entry {}: {}", entry.seq, entry.draft.description);
            let moved = text.matches(&format!("<FITID>{}-", entry.entry_id)).count();
            assert_eq!(
                text.matches(&format!("Reverses FITID {}-", entry.entry_id)).count(),
                moved,
                "{name}, {}",
                entry.seq
            );
        }
    }
}

/// LEDG-8: a day that was closed late, or opened again, is told as of its own end.
#[test]
fn ledg_8_a_late_close_does_not_move_the_day_of_an_ofx_file() {
    for (name, journal) in journals() {
        let days = journal.days().unwrap();
        let mut closed_late = journal.clone();
        let mut close = closed_late.entries.last().unwrap().clone();
        let key = format!("{}:9", close.draft.session);
        close.entry_id = entry_id(&journal.identity, EntryKind::DayClose, &key).unwrap();
        (close.seq, close.booked_at) = (close.seq + 1, close.booked_at + Span::seconds(8 * 24 * 60 * 60));
        close.draft = Draft::new(EntryKind::DayClose, &key, close.draft.session, close.booked_at);
        closed_late.entries.push(close);
        let text = bare(&closed_late, days, Format::Ofx);
        let day = days.to.to_string().replace('-', "");
        for field in ["<DTASOF>", "<DTEND>"] {
            let told: Vec<&str> = text.split(field).skip(1).map(|rest| &rest[..8]).collect();
            assert!(!told.is_empty() && told.iter().all(|d| *d == day), "{name}: {field} {told:?}");
        }
    }
}
