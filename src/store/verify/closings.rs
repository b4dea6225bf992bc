//! Closing records, balances and lots: recomputed from the postings before the close (BOOKS.md sections 11 and 12).

use std::collections::{BTreeMap, VecDeque};

use desk::domain::chain::Hash;
use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::{LotId, StrategyName};
use desk::domain::journal::{AccountCode, Entry, EntryKind, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::machines::ledger::record::{ClosingBalance, ClosingLot, ClosingRecord, TrialLine, hash_of};

use super::contracts::Contracts;
use super::entries::add;
use super::events::check_link;
use super::reading;
use super::records::{Records, trial_lines};
use super::report::{BookReport, Finding, Stop, found};
use crate::store::link::on;
use crate::store::pack::date_number;
use crate::store::reader::{Reader, unsigned};
use crate::store::signed::Signers;
use crate::store::sql;
use crate::store::words::{Book, Closing};

/// What a stored line sums: account, currency, commodity, and the strategy; of lots, the lot.
type Key = (i64, String, Option<String>, Option<String>);
/// Σ amount, Σ units.
type Sums<K> = BTreeMap<K, (i128, i128)>;
/// What a balance sums, in the order of a record's balances.
type Balance = (AccountCode, Currency, Option<Symbol>, Option<StrategyName>);
/// A lot by its holder, in the order of a record's lots.
pub(super) type Held = (Symbol, AccountCode, LotId, Option<StrategyName>, Currency);
/// A stored line: its number, what it is of, amount or cost, units, and what a contract was last settled at. Of a lot that two
/// strategies hold there are two; their names are not stored beside it.
type Line = (i64, Key, [Option<i64>; 3]);
/// Sequence, session, n, hash, bytes, signature.
type Row = (i64, i64, i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>);

/// The entry of a record, and the version of the chart that the record names.
pub(super) type Named = (u64, u16);

/// How many closings are read at once: each by itself would be waited for three times.
const PAGE: i64 = 64;

/// Some closings with what each stored of balances and lots, by its entry.
#[derive(Default)]
struct Page {
    rows: VecDeque<Row>,
    balances: BTreeMap<i64, Vec<Line>>,
    lots: BTreeMap<i64, Vec<Line>>,
}

/// The closings of a book, checked as the walk comes to their entries.
pub(super) struct Closings<'a> {
    page: Page,
    /// Whether there are any; without one nothing is summed.
    any: bool,
    checked: u64,
    /// How many carry a signature.
    signed: u64,
    /// The last entry that one of them seals.
    sealed: u64,
    records: Records,
    /// Who signs; nothing where no key is known.
    signers: Option<&'a Signers>,
    /// The version of the chart that each record names.
    named: Vec<Named>,
    balances: Cumulative<Balance>,
    lots: Cumulative<Held>,
    contracts: Contracts,
}

impl<'a> Closings<'a> {
    pub(super) async fn open(reader: &Reader, book: &Book, signers: Option<&'a Signers>) -> Result<Self, Stop> {
        let page = Page::after(reader, book, 0).await?;
        Ok(Self {
            any: !page.rows.is_empty(),
            page,
            checked: 0,
            signed: 0,
            sealed: 0,
            records: Records::default(),
            signers,
            named: Vec::new(),
            balances: Cumulative::default(),
            lots: Cumulative::default(),
            contracts: Contracts::default(),
        })
    }

    /// Takes the next entry, and the hash of the one before: checks the closing that it seals, and adds its postings.
    pub(super) async fn check(
        &mut self,
        (reader, book): (&Reader, &Book),
        entry: &Entry,
        before: Hash,
    ) -> Result<(), Stop> {
        self.records.in_order(book, entry)?;
        let seq = entry.seq;
        let wrong = |column: &str| found("closing_record", book.number).seq(seq).column(column);
        let is_close = entry.draft.kind == EntryKind::DayClose;
        let own = self.page.rows.pop_front_if(|row| unsigned(row.0) <= seq);
        let Some((row_seq, session, n, hash, bytes, signature)) = own else {
            if is_close {
                return Err(wrong("seq").values("", "the record of a day_close").into());
            }
            self.add(entry);
            self.records.take(entry, None);
            return Ok(());
        };
        if unsigned(row_seq) != seq || !is_close {
            let what = if is_close { "another entry's record" } else { "a record" };
            return Err(wrong("seq").values(what, "the record of a day_close").into());
        }
        let computed = Hash::of(&bytes);
        check_link(&hash, computed).map_err(|stored| wrong("hash").values(stored, computed))?;
        self.check_signature(book, seq, &bytes, signature.as_deref())?;
        let told = entry.draft.facts.get(Closing::FACT).and_then(|v| v.as_str());
        if told != Some(computed.to_string().as_str()) {
            return Err(wrong("hash").values(computed, told.unwrap_or("no hash in the entry")).into());
        }
        let day = date_number(entry.draft.session);
        if session != day {
            return Err(wrong("session").values(session, day).into());
        }
        if entry.draft.source_key != format!("{}:{n}", entry.draft.session) {
            return Err(wrong("n").values(n, &entry.draft.source_key).into());
        }
        let record = ClosingRecord::from_bytes(&bytes).map_err(|e| wrong("bytes").values(e, "a closing record"))?;
        if record.to_bytes().ok().as_ref() != Some(&bytes) {
            return Err(wrong("bytes").values("another writing", "the canonical bytes of the record").into());
        }
        // The signature is of the record; through the hash of the entry before it holds for every entry before.
        self.records.check(book, entry, &record, before)?;
        self.named.push((seq, record.chart));
        self.check_lines(book, (row_seq, day), &record)?;
        self.records.take(entry, Some(computed));
        self.checked = self.checked.saturating_add(1);
        if self.page.rows.is_empty() {
            self.page = Page::after(reader, book, row_seq).await?;
        }
        Ok(())
    }

    /// The lines of balances and lots beside a record, in their order; their hashes in it, and its trial balance.
    fn check_lines(&mut self, book: &Book, (row_seq, day): (i64, i64), record: &ClosingRecord) -> Result<(), Stop> {
        let seq = unsigned(row_seq);
        let balances = closing_balances(self.balances.up_to(day));
        let stored = self.page.balances.remove(&row_seq).unwrap_or_default();
        compare("closing_balance", book, seq, &stored, balances.iter().map(balance_line).collect())?;
        let lots = closing_lots(self.lots.up_to(day), self.contracts.up_to(day));
        let stored = self.page.lots.remove(&row_seq).unwrap_or_default();
        compare("closing_lot", book, seq, &stored, lots.iter().map(lot_line).collect())?;
        let wrong = |column: &str| found("closing_record", book.number).seq(seq).column(column);
        for (column, stored, computed) in [
            ("closing_balances", record.closing_balances, hash_of(&balances)),
            ("closing_lots", record.closing_lots, hash_of(&lots)),
        ] {
            match computed {
                Ok(computed) if computed == stored => {}
                other => return Err(wrong(column).values(stored, other.unwrap_or(Hash::GENESIS)).into()),
            }
        }
        let trial = trial_lines(&balances);
        if record.trial_balance == trial {
            return Ok(());
        }
        let at = record.trial_balance.iter().zip(&trial).take_while(|(stored, computed)| stored == computed).count();
        let line = |lines: &[TrialLine]| lines.get(at).map_or_else(String::new, |line| format!("{line:?}"));
        Err(wrong("trial_balance").values(line(&record.trial_balance), line(&trial)).into())
    }

    /// At the end: tells how many were checked, and which chart each names; one that is left has no entry.
    pub(super) fn finish(self, book: &Book, report: &mut BookReport) -> Result<Vec<Named>, Stop> {
        (report.closings, report.signed, report.sealed) = (self.checked, self.signed, self.sealed);
        match self.page.rows.front() {
            Some((seq, ..)) => {
                let finding = found("closing_record", book.number).seq(unsigned(*seq)).column("seq");
                Err(finding.values("a record", "no record: there is no such entry").into())
            }
            None => Ok(self.named),
        }
    }

    /// Where a key is known, a record without its signature was not written by the bot.
    fn check_signature(&mut self, book: &Book, seq: u64, record: &[u8], stored: Option<&[u8]>) -> Result<(), Stop> {
        if stored.is_some() {
            (self.signed, self.sealed) = (self.signed.saturating_add(1), seq.saturating_sub(1));
        }
        if self.signers.is_none_or(|s| stored.is_some_and(|signature| s.have_signed(record, signature))) {
            return Ok(());
        }
        let stored = if stored.is_some() { "another one" } else { "" };
        let finding = found("closing_record", book.number).seq(seq).column("signature");
        Err(finding.values(stored, "the signature of the bot's key").into())
    }

    fn add(&mut self, entry: &Entry) {
        if !self.any {
            return;
        }
        let session = date_number(entry.draft.session);
        for p in &entry.draft.postings {
            self.balances.add(session, (p.account, p.currency, p.holding.map(|h| h.commodity), p.tags.strategy), p);
            if let (true, Some(held)) = (p.account.is_position(), held(p)) {
                self.lots.add(session, held, p);
            }
        }
        self.contracts.add(session, entry.seq, &entry.draft);
    }
}

impl Page {
    /// The closings after an entry.
    async fn after(reader: &Reader, book: &Book, seq: i64) -> Result<Self, Stop> {
        type Balance = (i64, i64, i64, String, Option<String>, Option<String>, i64, i64);
        type Lot = (i64, i64, i64, String, String, String, i64, i64, Option<i64>);
        let rows: Vec<Row> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CLOSINGS)
            .bind(book.number)
            .bind(seq)
            .bind(PAGE)
            .fetch_all(c)
            .await)
        .map_err(reading)?;
        let mut page = Self { rows: rows.into(), ..Self::default() };
        let Some(last) = page.rows.back().map(|row| row.0) else { return Ok(page) };
        let balances: Vec<Balance> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_BALANCES)
            .bind(book.number)
            .bind(seq)
            .bind(last)
            .fetch_all(c)
            .await)
        .map_err(reading)?;
        for (of, line, account, currency, commodity, strategy, amount, units) in balances {
            let numbers = [Some(amount), Some(units), None];
            page.balances.entry(of).or_default().push((line, (account, currency, commodity, strategy), numbers));
        }
        let lots: Vec<Lot> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_LOTS)
            .bind(book.number)
            .bind(seq)
            .bind(last)
            .fetch_all(c)
            .await)
        .map_err(reading)?;
        for (of, line, account, currency, commodity, lot, units, cost, reference) in lots {
            let numbers = [Some(cost), Some(units), reference];
            page.lots.entry(of).or_default().push((line, (account, currency, Some(commodity), Some(lot)), numbers));
        }
        Ok(page)
    }
}

/// The lot that a posting moves, by its holder.
pub(super) fn held(p: &Posting) -> Option<Held> {
    Some((p.holding?.commodity, p.account, p.tags.lot.clone()?, p.tags.strategy, p.currency))
}

/// What is stored of a closing balance; a zero where it has no units.
fn balance_line(b: &ClosingBalance) -> (Key, [Option<i64>; 3]) {
    let (commodity, strategy) = (b.commodity.map(|c| c.to_string()), b.strategy.map(|s| s.as_str().to_owned()));
    let key = (i64::from(b.account.code()), b.currency.to_string(), commodity, strategy);
    (key, [Some(b.amount.raw()), Some(b.units.map_or(0, Quantity::raw)), None])
}

/// What is stored of an open lot.
fn lot_line(l: &ClosingLot) -> (Key, [Option<i64>; 3]) {
    let (commodity, lot) = (Some(l.commodity.to_string()), Some(l.lot.to_string()));
    let key = (i64::from(l.account.code()), l.currency.to_string(), commodity, lot);
    (key, [Some(l.cost.raw()), Some(l.units.raw()), l.reference.map(Price::raw)])
}

/// The balances as a record's hash takes them.
fn closing_balances(sums: &Sums<Balance>) -> Vec<ClosingBalance> {
    let line = |(&(account, currency, commodity, strategy), sums): (&Balance, &(i128, i128))| ClosingBalance {
        account,
        currency,
        commodity,
        strategy,
        amount: Money::from_raw(fit(sums.0)),
        units: commodity.map(|_| Quantity::from_raw(fit(sums.1))),
    };
    sums.iter().filter(|(_, sums)| **sums != (0, 0)).map(line).collect()
}

/// The open lots as a record's hash takes them.
fn closing_lots(held: &Sums<Held>, references: &BTreeMap<LotId, Price>) -> Vec<ClosingLot> {
    let line = |((commodity, account, lot, strategy, currency), sums): (&Held, &(i128, i128))| ClosingLot {
        commodity: *commodity,
        account: *account,
        lot: lot.clone(),
        strategy: *strategy,
        currency: *currency,
        units: Quantity::from_raw(fit(sums.1)),
        cost: Money::from_raw(fit(sums.0)),
        reference: references.get(lot).copied(),
    };
    held.iter().filter(|(_, sums)| sums.1 != 0).map(line).collect()
}

/// The stored lines fit 64 bits, and these sums equal them.
fn fit(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(i64::MAX)
}

/// What a line sums, in words.
fn column((account, currency, commodity, last): &Key) -> String {
    let of = [commodity, last].into_iter().flatten().fold(String::new(), |text, part| text + " " + part);
    format!("{account} {currency}{of}")
}

/// Names the first line that differs: another number, too much, or missing.
fn compare(
    table: &'static str,
    book: &Book,
    seq: u64,
    stored: &[Line],
    computed: Vec<(Key, [Option<i64>; 3])>,
) -> Result<(), Finding> {
    let computed: Vec<Line> =
        computed.into_iter().zip(1..).map(|((key, numbers), line)| (line, key, numbers)).collect();
    let same = stored.iter().zip(&computed).take_while(|(stored, computed)| stored == computed).count();
    let (have, want) = (stored.get(same), computed.get(same));
    let Some((_, key, _)) = want.or(have) else { return Ok(()) };
    let line = |line: Option<&Line>| {
        let Some((n, of, numbers)) = line else { return String::new() };
        let numbers: Vec<String> = numbers.iter().flatten().map(i64::to_string).collect();
        // Where both are of the same, the numbers alone are told.
        let of = if of == key { String::new() } else { format!("{}: ", column(of)) };
        let both = have.zip(want).is_some_and(|(have, want)| have.1 == want.1 && have.2 == want.2);
        if both { format!("line {n}") } else { format!("{of}{}", numbers.join(", ")) }
    };
    Err(found(table, book.number).seq(seq).column(&column(key)).values(line(have), line(want)))
}

/// Sums by session, and their total up to the session last asked for.
struct Cumulative<K> {
    sessions: BTreeMap<i64, Sums<K>>,
    total: Sums<K>,
    through: i64,
}

impl<K> Default for Cumulative<K> {
    fn default() -> Self {
        Self { sessions: BTreeMap::new(), total: BTreeMap::new(), through: 0 }
    }
}

impl<K: Clone + Ord> Cumulative<K> {
    fn add(&mut self, session: i64, key: K, posting: &Posting) {
        if session <= self.through {
            add(self.total.entry(key.clone()).or_default(), posting);
        }
        add(self.sessions.entry(session).or_default().entry(key).or_default(), posting);
    }

    /// The sums of all sessions up to one; going back (a session closed again) sums anew.
    fn up_to(&mut self, session: i64) -> &Sums<K> {
        if session < self.through {
            self.total.clear();
            self.through = 0;
        }
        // The same session closed a second time has no range of its own.
        let from = session.min(self.through.saturating_add(1));
        let fresh = self.sessions.range(from..=session).filter(|(of, _)| **of > self.through);
        for sums in fresh.map(|(_, sums)| sums) {
            for (key, (amount, units)) in sums {
                let total = self.total.entry(key.clone()).or_default();
                total.0 = total.0.saturating_add(*amount);
                total.1 = total.1.saturating_add(*units);
            }
        }
        self.through = session;
        &self.total
    }
}
