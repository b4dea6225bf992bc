//! Entries and postings: sequence, chain, columns and rows against bytes, sums.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use desk::domain::ids::{ExecutionId, ItemId, LotId, StrategyName};
use desk::domain::journal::entry::entry_id;
use desk::domain::journal::{Entry, EntryKind, FeeKind, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Timestamp;

use super::closings::{Closings, Named};
use super::events::{check_kept, check_link, check_reached};
use super::file::Rows;
use super::report::{BookReport, Finding, Stop, found};
use super::reversals;
use super::rows::{Row, pages, push_number};
use super::{protocol, reading};
use crate::store::error::StoreError;
use crate::store::head::Head;
use crate::store::link::on;
use crate::store::pack::session_number;
use crate::store::reader::{Balance, Reader, signed, unsigned};
use crate::store::scope::Scope;
use crate::store::signed::Signers;
use crate::store::sql;
use crate::store::words::{Account, Book};

/// The columns of an entry as [`sql::CHECK_ENTRIES`] joins them.
const ENTRY_COLUMNS: [&str; 9] =
    ["entry_id", "kind", "session", "effective_at", "booked_at", "reverses", "corrects", "postings", "source_key"];
/// The columns of a posting as [`sql::CHECK_POSTINGS`] joins them.
const POSTING_COLUMNS: [&str; 13] = [
    "line",
    "session",
    "account",
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

/// Walks the journal from its first entry; the versions of the chart that records name come back.
pub(super) async fn verify(
    (reader, book): (&Reader, &Book),
    file: Option<Arc<Mutex<Rows>>>,
    report: &mut BookReport,
    kept: Option<Head>,
    signers: Option<&Signers>,
) -> Result<Vec<Named>, Stop> {
    // What an account carries never changes, so the last version of each tells.
    let accounts = reader.accounts(book).await?.into_iter().map(|a| (a.code.code(), a)).collect();
    let mut walk = Walk {
        book,
        accounts,
        booked_at: Timestamp::from_nanos(i64::MIN),
        reversed: BTreeSet::new(),
        trial: BTreeMap::new(),
        text: Vec::new(),
    };
    let mut closings = Closings::open(reader, book, signers).await?;
    report.signatures_checked = signers.is_some();
    // The balances that statements show are asked for at once, on a connection of their own, and compared at the end.
    let shown = tokio::spawn({
        let (reader, book) = (reader.clone(), book.clone());
        async move { reader.balances(&book, &Scope::ALL).await }
    });
    // Pages are read while the one before is checked.
    let mut pages = pages(reader, book, file);
    while let Some(page) = pages.recv().await {
        for row in page?.rows() {
            let (entry, head) = walk.check(report.heads.entry, &row)?;
            check_kept("entry", book, head, kept)?;
            reversals::check(reader, book, &entry).await?;
            closings.check((reader, book), &entry, report.heads.entry.hash).await?;
            report.heads.entry = head;
            report.entries = report.entries.saturating_add(1);
            report.postings = report.postings.saturating_add(u64::try_from(entry.draft.postings.len()).unwrap_or(0));
        }
    }
    let named = closings.finish(book, report)?;
    check_reached("entry", book, report.heads.entry, kept)?;
    check_loose(reader, book, report.heads.entry).await?;
    walk.check_trial(shown.await.map_err(|e| protocol(&e.to_string()))?)?;
    Ok(named)
}

/// Postings that no entry seals.
async fn check_loose(reader: &Reader, book: &Book, head: Head) -> Result<(), Stop> {
    let loose: Option<(i64, i64)> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::LOOSE_POSTING)
        .bind(book.number)
        .bind(signed(head.seq))
        .fetch_optional(c)
        .await)
    .map_err(reading)?;
    match loose {
        Some((seq, line)) => {
            let finding = found("posting", book.number).seq(unsigned(seq)).line(unsigned(line)).column("seq");
            Err(finding.values("a posting", "no posting: there is no such entry").into())
        }
        None => Ok(()),
    }
}

/// Account, currency, commodity: Σ amount, Σ units.
type Trial = BTreeMap<(u16, Currency, Option<Symbol>), (i128, i128)>;

struct Walk<'a> {
    book: &'a Book,
    accounts: BTreeMap<u16, Account>,
    booked_at: Timestamp,
    reversed: BTreeSet<u64>,
    trial: Trial,
    /// Room for the text of a row.
    text: Vec<u8>,
}

impl Walk<'_> {
    fn check(&mut self, head: Head, row: &Row<'_>) -> Result<(Entry, Head), Finding> {
        let Row { seq, columns, beside, previous, hash, bytes } = *row;
        let next = head.seq.saturating_add(1);
        let wrong = |column: &str| found("entry", self.book.number).seq(next).column(column);
        if unsigned(seq) != next {
            return Err(wrong("seq").values(seq, next));
        }
        let computed = head.hash.link(bytes);
        check_link(previous, head.hash).map_err(|stored| wrong("previous").values(stored, head.hash))?;
        check_link(hash, computed).map_err(|stored| wrong("hash").values(stored, computed))?;
        let entry = Entry::from_bytes(bytes).map_err(|e| wrong("bytes").values(e, "an entry"))?;
        if entry.seq != next {
            return Err(wrong("bytes").values(format!("seq {}", entry.seq), format!("seq {next}")));
        }
        self.check_columns(&entry, columns)?;
        self.check_times(&entry)?;
        self.check_postings(&entry, beside)?;
        check_sums(self.book, &entry)?;
        Ok((entry, Head { seq: next, hash: computed }))
    }

    fn check_columns(&mut self, entry: &Entry, stored: &[u8]) -> Result<(), Finding> {
        let wrong = |column: &str| found("entry", self.book.number).seq(entry.seq).column(column);
        let d = &entry.draft;
        let id = entry_id(&self.book.identity, d.kind, &d.source_key)
            .map_err(|e| wrong("entry_id").values(e, "an entry's id"))?;
        let session = session_number(self.book, d.session).map_err(|e| wrong("session").values(d.session, e))?;
        if entry.entry_id != id {
            return Err(wrong("entry_id").values(&entry.entry_id, id));
        }
        self.text.clear();
        let text = &mut self.text;
        push_words(text, &[id.as_str(), " ", d.kind.as_str(), " "]);
        let postings = u64::try_from(d.postings.len()).unwrap_or(u64::MAX);
        let numbers = [Some(session), Some(d.effective_at.nanos()), Some(entry.booked_at.nanos())];
        let others = [d.reverses, d.corrects, Some(postings)].map(|n| n.map(signed));
        for number in numbers.into_iter().chain(others) {
            if let Some(number) = number {
                push_number(text, number);
            }
            text.push(b' ');
        }
        push_words(text, &[&d.source_key]);
        match difference(stored, &self.text, &ENTRY_COLUMNS) {
            Some((column, stored, expected)) => Err(wrong(column).values(stored, expected)),
            None => Ok(()),
        }
    }

    /// Time runs on, and what is undone or replaced came before, at most once.
    fn check_times(&mut self, entry: &Entry) -> Result<(), Finding> {
        let wrong = |column: &str| found("entry", self.book.number).seq(entry.seq).column(column);
        if entry.booked_at < self.booked_at {
            return Err(wrong("booked_at").values(entry.booked_at, format!("{} or later", self.booked_at)));
        }
        self.booked_at = entry.booked_at;
        for (column, earlier) in [("reverses", entry.draft.reverses), ("corrects", entry.draft.corrects)] {
            if let Some(earlier) = earlier.filter(|e| *e == 0 || *e >= entry.seq) {
                return Err(wrong(column).values(earlier, "an earlier entry"));
            }
        }
        match entry.draft.reverses {
            Some(earlier) if !self.reversed.insert(earlier) => {
                Err(wrong("reverses").values(earlier, "an entry that is not reversed yet"))
            }
            None if entry.draft.kind == EntryKind::Reversal => Err(wrong("reverses").values("", "an earlier entry")),
            _ => Ok(()),
        }
    }

    fn check_postings(&mut self, entry: &Entry, beside: &[u8]) -> Result<(), Finding> {
        let session = session_number(self.book, entry.draft.session).unwrap_or(0);
        self.text.clear();
        for (posting, line) in entry.draft.postings.iter().zip(1_u64..) {
            write_posting(&mut self.text, line, session, posting);
            let wrong = |column: &str| found("posting", self.book.number).seq(entry.seq).line(line).column(column);
            let Some(account) = self.accounts.get(&posting.account.code()) else {
                return Err(wrong("account").values(posting.account, "an account of the chart"));
            };
            if let Some((column, stored, allowed)) = not_carried(account, posting) {
                return Err(wrong(column).values(stored, allowed));
            }
            let commodity = posting.holding.as_ref().map(|h| h.commodity);
            let sums = self.trial.entry((posting.account.code(), posting.currency, commodity)).or_default();
            add(sums, posting);
        }
        if self.text == beside {
            return Ok(());
        }
        Err(self.differing_line(entry.seq, beside))
    }

    /// The first line in which the rows differ from the text that the bytes make.
    fn differing_line(&self, seq: u64, beside: &[u8]) -> Finding {
        let (beside, text) = (String::from_utf8_lossy(beside), String::from_utf8_lossy(&self.text));
        let (mut rows, mut lines) = (beside.lines(), text.lines());
        for line in 1_u64.. {
            let wrong = |column: &str| found("posting", self.book.number).seq(seq).line(line).column(column);
            let (stored, expected) = match (rows.next(), lines.next()) {
                (Some(stored), Some(expected)) => (stored, expected),
                (None, None) => break,
                (stored, _) => return wrong("line").values(stored.unwrap_or_default(), "one row a posting"),
            };
            if let Some((column, stored, expected)) =
                difference(stored.as_bytes(), expected.as_bytes(), &POSTING_COLUMNS)
            {
                return wrong(column).values(stored, expected);
            }
        }
        found("posting", self.book.number).seq(seq).column("line").values(beside, text)
    }

    /// The balances that statements show, which come by the indexes, against those of the bytes.
    fn check_trial(self, shown: Result<Vec<Balance>, StoreError>) -> Result<(), Stop> {
        let balances = match shown {
            Err(StoreError::Database { source, .. }) => return Err(reading(source)),
            other => other?,
        };
        let stored: Trial = balances
            .into_iter()
            .map(|b| {
                let sums = (i128::from(b.amount.raw()), i128::from(b.units.raw()));
                ((b.account.code(), b.currency, b.commodity), sums)
            })
            .collect();
        for key in self.trial.keys().chain(stored.keys()) {
            let (have, want) = (stored.get(key), self.trial.get(key));
            if have != want {
                let show = |sums: Option<&(i128, i128)>| sums.map(|(a, u)| format!("{a}, {u}")).unwrap_or_default();
                let (account, currency, commodity) = key;
                let of = commodity.map(|c| format!(" {c}")).unwrap_or_default();
                let column = format!("balance of {account} {currency}{of}, in steps of 10^-8");
                return Err(found("posting", self.book.number).column(&column).values(show(have), show(want)).into());
            }
        }
        Ok(())
    }
}

/// What a posting has, or lacks, that its account carries otherwise: the column, what is stored, and what is allowed.
fn not_carried(account: &Account, p: &Posting) -> Option<(&'static str, String, &'static str)> {
    let units = || p.holding.map_or_else(String::new, |held| held.units.to_string());
    match account.holds.as_str() {
        _ if account.items && p.tags.item.is_none() => Some(("item", String::new(), "an item")),
        "units" if !p.amount.is_zero() => {
            Some(("amount", p.amount.to_string(), "0.00: the account carries units alone"))
        }
        "units" | "lots" if p.holding.is_none() => Some(("units", String::new(), "units")),
        "lots" if p.tags.lot.is_none() => Some(("lot", String::new(), "a lot")),
        "currency" if p.holding.is_some() => Some(("units", units(), "none: the account carries money alone")),
        _ => None,
    }
}

/// Adds a posting to the sums of its group; 128 bits hold the sum of any number of 64-bit postings that fits a disk.
pub(super) fn add(sums: &mut (i128, i128), posting: &Posting) {
    sums.0 = sums.0.saturating_add(i128::from(posting.amount.raw()));
    sums.1 = sums.1.saturating_add(i128::from(posting.holding.map_or(0, |h| h.units.raw())));
}

/// Σ amount is zero in each currency, Σ units in each commodity; only memos have no postings (LEDG-1).
fn check_sums(book: &Book, entry: &Entry) -> Result<(), Finding> {
    let postings = &entry.draft.postings;
    let wrong = |column: &str| found("entry", book.number).seq(entry.seq).column(column);
    if entry.draft.kind.is_memo() != postings.is_empty() || postings.len() == 1 {
        let allowed = if entry.draft.kind.is_memo() { "0" } else { "2 or more" };
        return Err(wrong("postings").values(postings.len(), allowed));
    }
    let mut amounts: BTreeMap<Currency, i128> = BTreeMap::new();
    let mut units: BTreeMap<Symbol, i128> = BTreeMap::new();
    for p in postings {
        let sum = amounts.entry(p.currency).or_default();
        *sum = sum.saturating_add(i128::from(p.amount.raw()));
        if let Some(h) = &p.holding {
            let sum = units.entry(h.commodity).or_default();
            *sum = sum.saturating_add(i128::from(h.units.raw()));
        }
    }
    let amounts = amounts.into_iter().map(|(currency, sum)| (format!("amounts in {currency}"), sum));
    let units = units.into_iter().map(|(commodity, sum)| (format!("units of {commodity}"), sum));
    match amounts.chain(units).find(|(_, sum)| *sum != 0) {
        Some((what, sum)) => Err(wrong(&format!("sum of {what}, in steps of 10^-8")).values(sum, 0)),
        None => Ok(()),
    }
}

/// As [`sql::CHECK_POSTINGS`] writes a row.
fn write_posting(text: &mut Vec<u8>, line: u64, session: i64, p: &Posting) {
    let t = &p.tags;
    for number in [signed(line), session, i64::from(p.account.code())] {
        push_number(text, number);
        text.push(b' ');
    }
    push_words(text, &[p.currency.as_str(), " "]);
    push_number(text, p.amount.raw());
    match &p.holding {
        Some(held) => {
            push_words(text, &[" =", held.commodity.as_str(), " ="]);
            push_number(text, held.units.raw());
        }
        None => push_words(text, &["  "]),
    }
    let mut tag = |value: Option<&str>| {
        text.push(b' ');
        if let Some(value) = value {
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
        }
    };
    tag(t.lot.as_ref().map(LotId::as_str));
    tag(t.strategy.map(StrategyName::as_str));
    tag(t.instrument.as_ref().map(Symbol::as_str));
    tag(t.fill.as_ref().map(ExecutionId::as_str));
    tag(t.fee_kind.map(FeeKind::as_str));
    tag(t.item.as_ref().map(ItemId::as_str));
    text.push(b'\n');
}

fn push_words(text: &mut Vec<u8>, words: &[&str]) {
    for word in words {
        text.extend_from_slice(word.as_bytes());
    }
}

/// The first column in which two joined rows differ, with both values.
fn difference(stored: &[u8], expected: &[u8], columns: &[&'static str]) -> Option<(&'static str, String, String)> {
    if stored == expected {
        return None;
    }
    let (stored, expected) = (String::from_utf8_lossy(stored), String::from_utf8_lossy(expected));
    let count = columns.len();
    let (mut have, mut want) = (stored.splitn(count, ' '), expected.splitn(count, ' '));
    let differing = columns.iter().find_map(|&column| {
        let (have, want) = (have.next().unwrap_or_default(), want.next().unwrap_or_default());
        (have != want).then(|| (column, have.to_owned(), want.to_owned()))
    });
    differing.or_else(|| Some(("", stored.into_owned(), expected.into_owned())))
}
