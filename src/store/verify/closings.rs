//! Closing records, balances and lots: recomputed from the postings before the close (BOOKS.md sections 11 and 12).

use std::collections::{BTreeMap, VecDeque};

use desk::domain::chain::Hash;
use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::{LotId, StrategyName};
use desk::domain::journal::{AccountCode, Entry, EntryKind, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::machines::ledger::record::{ClosingBalance, ClosingLot, VERSION, hash_of};
use desk::machines::ledger::{EquityLine, PriceList};

use serde::Deserialize;

use super::contracts::Contracts;
use super::entries::add;
use super::events::check_link;
use super::reading;
use super::report::{BookReport, Stop, found};
use crate::store::link::on;
use crate::store::pack::date_number;
use crate::store::reader::{Reader, unsigned};
use crate::store::signed::Signers;
use crate::store::sql;
use crate::store::words::{Book, Closing};

/// What a stored line sums: account, currency, commodity, and the strategy; of lots, the lot.
type Key = (i64, String, Option<String>, Option<String>);
/// Σ amount, Σ units.
type Sums<K = Key> = BTreeMap<K, (i128, i128)>;
/// What a balance sums, in the order of a record's balances.
type Balance = (AccountCode, Currency, Option<Symbol>, Option<StrategyName>);
/// A lot by its holder, in the order of a record's lots.
pub(super) type Held = (Symbol, AccountCode, LotId, Option<StrategyName>, Currency);
/// Cost, units and reference of each line of a lot: one that two strategies hold has two, and their names are not stored beside it.
type Lots = BTreeMap<Key, Vec<(i128, i128, Option<i64>)>>;
/// Sequence, session, n, hash, bytes, signature.
type Row = (i64, i64, i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>);

/// The entry of a record, and the version of the chart that the record names.
pub(super) type Named = (u64, u16);

/// What is read of a record.
#[derive(Deserialize)]
struct Chart {
    chart: u16,
}

/// What a record says of the entry before its own.
#[derive(Deserialize)]
struct Sealed {
    last_hash: Hash,
}

/// The hashes of the lines that a record covers.
#[derive(Deserialize)]
struct Covered {
    closing_balances: Hash,
    closing_lots: Hash,
}

/// What a record says of its price list; version 1 had none.
#[derive(Deserialize)]
struct Priced {
    v: u16,
    prices: Option<PriceList>,
    prices_hash: Option<Hash>,
    #[serde(default)]
    equity: Vec<EquityLine>,
}

/// How many closings are read at once: each by itself would be waited for three times.
const PAGE: i64 = 64;

/// Some closings with what each stored of balances and lots, by its entry.
#[derive(Default)]
struct Page {
    rows: VecDeque<Row>,
    balances: BTreeMap<i64, Sums>,
    /// A balance that a closing states more than once.
    doubled: BTreeMap<i64, Key>,
    lots: BTreeMap<i64, Lots>,
}

/// The closings of a book, checked as the walk comes to their entries.
pub(super) struct Closings<'a> {
    page: Page,
    /// Whether there are any; without one nothing is summed.
    any: bool,
    checked: u64,
    /// How many carry a signature.
    signed: u64,
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
        let seq = entry.seq;
        let wrong = |column: &str| found("closing_record", book.number).seq(seq).column(column);
        let told = entry.draft.facts.get(Closing::FACT).and_then(|v| v.as_str());
        let is_close = entry.draft.kind == EntryKind::DayClose;
        let own = self.page.rows.pop_front_if(|row| unsigned(row.0) <= seq);
        let Some((row_seq, session, n, hash, bytes, signature)) = own else {
            if let Some(told) = told.filter(|_| is_close) {
                return Err(wrong("hash").values("", told).into());
            }
            self.add(entry);
            return Ok(());
        };
        if unsigned(row_seq) != seq || !is_close {
            let what = if is_close { "another entry's record" } else { "a record" };
            return Err(wrong("seq").values(what, "the record of a day_close").into());
        }
        let computed = Hash::of(&bytes);
        check_link(&hash, computed).map_err(|stored| wrong("hash").values(stored, computed))?;
        self.check_signature(book, seq, &bytes, signature.as_deref())?;
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
        // The signature is of the record; through this hash it holds for every entry before it.
        if let Ok(Sealed { last_hash }) = serde_json::from_slice(&bytes)
            && last_hash != before
        {
            return Err(wrong("last_hash").values(last_hash, before).into());
        }
        if let Ok(Chart { chart }) = serde_json::from_slice(&bytes) {
            self.named.push((seq, chart));
        }
        check_prices(book, entry, &bytes)?;
        self.check_lines(book, (row_seq, day), &bytes)?;
        self.checked = self.checked.saturating_add(1);
        if self.page.rows.is_empty() {
            self.page = Page::after(reader, book, row_seq).await?;
        }
        Ok(())
    }

    /// The lines of balances and lots beside a record, and their hashes in it.
    fn check_lines(&mut self, book: &Book, (row_seq, day): (i64, i64), record: &[u8]) -> Result<(), Stop> {
        let seq = unsigned(row_seq);
        let balances = self.page.balances.remove(&row_seq).unwrap_or_default();
        if let Some(key) = self.page.doubled.remove(&row_seq) {
            let finding = found("closing_balance", book.number).seq(seq).column(&column(&key));
            return Err(finding.values("two lines", "one line").into());
        }
        let computed = self.balances.up_to(day);
        compare(
            "closing_balance",
            book,
            seq,
            &balances,
            &computed.iter().map(|(of, s)| (balance_key(of), *s)).collect(),
        )?;
        let mut lots = self.page.lots.remove(&row_seq).unwrap_or_default();
        for lines in lots.values_mut() {
            lines.sort_unstable();
        }
        let computed = closing_lots(self.lots.up_to(day), self.contracts.up_to(day));
        compare_lots(book, seq, &lots, &lines_of(&computed))?;
        let covered: Option<Covered> = serde_json::from_slice(record).ok();
        let stored = (covered.as_ref().map(|c| c.closing_balances), covered.as_ref().map(|c| c.closing_lots));
        let balances = closing_balances(self.balances.up_to(day));
        check_hash(book, seq, ("closing_balances", stored.0), hash_of(&balances).ok())?;
        check_hash(book, seq, ("closing_lots", stored.1), hash_of(&computed).ok())
    }

    /// At the end: tells how many were checked, and which chart each names; one that is left has no entry.
    pub(super) fn finish(self, book: &Book, report: &mut BookReport) -> Result<Vec<Named>, Stop> {
        (report.closings, report.signed) = (self.checked, self.signed);
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
        self.signed = self.signed.saturating_add(u64::from(stored.is_some()));
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
        type Balance = (i64, i64, String, Option<String>, Option<String>, i64, i64);
        type Lot = (i64, i64, String, String, String, i64, i64, Option<i64>);
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
        for (of, account, currency, commodity, strategy, amount, units) in balances {
            let key = (account, currency, commodity, strategy);
            let earlier = page.balances.entry(of).or_default().insert(key.clone(), (amount.into(), units.into()));
            if earlier.is_some() {
                page.doubled.entry(of).or_insert(key);
            }
        }
        let lots: Vec<Lot> = on!(Pool, &reader.pool, c => sqlx::query_as(sql::CHECK_LOTS)
            .bind(book.number)
            .bind(seq)
            .bind(last)
            .fetch_all(c)
            .await)
        .map_err(reading)?;
        for (of, account, currency, commodity, lot, units, cost, reference) in lots {
            let key = (account, currency, Some(commodity), Some(lot));
            page.lots.entry(of).or_default().entry(key).or_default().push((cost.into(), units.into(), reference));
        }
        Ok(page)
    }
}

/// The hash of the price list is that of the list, which every version but the first has; equity is what the entry says.
fn check_prices(book: &Book, entry: &Entry, bytes: &[u8]) -> Result<(), Stop> {
    let wrong = |column: &str| found("closing_record", book.number).seq(entry.seq).column(column);
    let Ok(Priced { v, prices, prices_hash, equity }) = serde_json::from_slice(bytes) else {
        return Err(wrong("prices").values("no price list", "a price list").into());
    };
    let told = entry.draft.facts.get("equity").map(Vec::<EquityLine>::deserialize).transpose();
    if !told.as_ref().is_ok_and(|told| told.as_deref().unwrap_or_default() == equity) {
        return Err(wrong("equity").values(format!("{equity:?}"), format!("{told:?}")).into());
    }
    let computed = prices.and_then(|prices| hash_of(&prices).ok());
    match (v, prices_hash, computed) {
        (1, None, None) => Ok(()),
        (2..=VERSION, Some(stored), Some(computed)) if stored == computed => Ok(()),
        (1..=VERSION, stored, computed) => {
            let text = |hash: Option<Hash>| hash.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string());
            Err(wrong("prices_hash").values(text(stored), text(computed)).into())
        }
        _ => Err(wrong("v").values(v, format!("1 to {VERSION}")).into()),
    }
}

/// The lot that a posting moves, by its holder.
pub(super) fn held(p: &Posting) -> Option<Held> {
    Some((p.holding?.commodity, p.account, p.tags.lot.clone()?, p.tags.strategy, p.currency))
}

fn balance_key((account, currency, commodity, strategy): &Balance) -> Key {
    let (commodity, strategy) = (commodity.map(|c| c.to_string()), strategy.map(|s| s.as_str().to_owned()));
    (i64::from(account.code()), currency.to_string(), commodity, strategy)
}

/// The lines that are stored of open lots.
fn lines_of(open: &[ClosingLot]) -> Lots {
    let mut lots = Lots::new();
    for line in open {
        let (account, currency) = (i64::from(line.account.code()), line.currency.to_string());
        let key = (account, currency, Some(line.commodity.to_string()), Some(line.lot.to_string()));
        let (cost, units) = (line.cost.raw().into(), line.units.raw().into());
        lots.entry(key).or_default().push((cost, units, line.reference.map(Price::raw)));
    }
    for lines in lots.values_mut() {
        lines.sort_unstable();
    }
    lots
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

/// Holds a hash in a record against the one of the lines that were computed.
fn check_hash(
    book: &Book,
    seq: u64,
    (column, stored): (&str, Option<Hash>),
    computed: Option<Hash>,
) -> Result<(), Stop> {
    if stored.is_some() && stored == computed {
        return Ok(());
    }
    let text = |hash: Option<Hash>| hash.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string());
    let finding = found("closing_record", book.number).seq(seq).column(column);
    Err(finding.values(text(stored), text(computed)).into())
}

/// What a line sums, in words.
fn column((account, currency, commodity, last): &Key) -> String {
    let of = [commodity, last].into_iter().flatten().fold(String::new(), |text, part| text + " " + part);
    format!("{account} {currency}{of}")
}

/// Names the first sum that differs; a row of zeros and no row are the same.
fn compare(table: &'static str, book: &Book, seq: u64, stored: &Sums, computed: &Sums) -> Result<(), Stop> {
    for key in computed.keys().chain(stored.keys()) {
        let get = |sums: &Sums| sums.get(key).copied().unwrap_or_default();
        let (have, want) = (get(stored), get(computed));
        if have != want {
            let show = |(amount, units): (i128, i128)| format!("{amount}, {units}");
            return Err(found(table, book.number).seq(seq).column(&column(key)).values(show(have), show(want)).into());
        }
    }
    Ok(())
}

/// Names the first lot whose lines differ.
fn compare_lots(book: &Book, seq: u64, stored: &Lots, computed: &Lots) -> Result<(), Stop> {
    for key in computed.keys().chain(stored.keys()) {
        if stored.get(key) != computed.get(key) {
            let show = |lots: &Lots| {
                let lines = lots.get(key).map_or(&[][..], Vec::as_slice);
                lines
                    .iter()
                    .map(|(cost, units, at)| {
                        format!("{cost}, {units}{}", at.map_or_else(String::new, |at| format!(", {at}")))
                    })
                    .collect::<Vec<_>>()
                    .join("; ")
            };
            let finding = found("closing_lot", book.number).seq(seq).column(&column(key));
            return Err(finding.values(show(stored), show(computed)).into());
        }
    }
    Ok(())
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
