//! The day close (LEDG-12, BOOKS.md section 12): checks, closing record, and the memo that seals the session.

use std::borrow::Cow;

use super::books::Books;
use super::checks::{self, Passed};
use super::equity::FACT;
use super::fill::text;
use super::journal::Head;
use super::prices::PriceList;
use super::record::{
    BrokerFigures, ClosingBalance, ClosingLot, ClosingRecord, TrialLine, VERSION, balances_bytes, hash_of,
};
use super::refusal::BookRefusal;
use super::statements::TrialBalance;
use crate::domain::chain::Hash;
use crate::domain::ids::SessionId;
use crate::domain::journal::{Draft, EntryKind, Facts, entry};
use crate::domain::time::Timestamp;

/// What the review has open about the days that are closed (BOOKS.md section 12, check 6); nothing where nobody reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenQuestions {
    /// Breaks with an open question. What the close itself has asked about its own checks is none of them.
    pub breaks: u64,
    /// Everything else that is queried.
    pub queried: u64,
}

/// The last fill of a session can be in: it is closed, with all open sessions before it.
#[derive(Clone, Debug, PartialEq)]
pub struct DayClose {
    /// The session.
    pub session: SessionId,
    /// The session that follows; what is late is booked there from then on.
    pub next_session: SessionId,
    /// What the broker says.
    pub broker: BrokerFigures,
    /// What market values are taken from.
    pub prices: PriceList,
    /// What the review has open.
    pub questions: OpenQuestions,
    /// The end of the chain, from the journal that sealed the entries or from a verifier of the stored ones.
    pub head: Head,
    /// The version of the store's schema.
    pub schema: u32,
    /// The program and its version.
    pub program: String,
    /// Who closes.
    pub by: String,
}

/// What a close leaves behind; the entry, the record and the closing lines are stored in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Closing {
    /// The record.
    pub record: ClosingRecord,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// Their SHA-256.
    pub hash: Hash,
    /// The closing balances that it covers.
    pub balances: Vec<ClosingBalance>,
    /// The closing lots that it covers.
    pub lots: Vec<ClosingLot>,
    /// The `day_close` entry.
    pub draft: Draft,
}

impl Books {
    /// Checks a session and draws up its closing. `at` is the time of the record.
    ///
    /// # Errors
    /// [`BookRefusal::NotReconciled`] names the first check that fails, with its numbers; a session that is closed, or
    /// that is not the last one booked into, is refused.
    pub fn close(&self, at: Timestamp, close: &DayClose) -> Result<Closing, BookRefusal> {
        self.closable(close)?;
        self.close_as(self.alone(close.session)?, at, close)
    }

    /// The same from the books of that day alone ([`Self::of_day`]), whatever was booked into later days (decision 0026).
    ///
    /// # Errors
    /// As [`Self::close`], but that later days may have entries.
    pub fn close_as(&self, day: &Self, at: Timestamp, close: &DayClose) -> Result<Closing, BookRefusal> {
        let kind = EntryKind::DayClose;
        let n = self.closings_of(close.session).unwrap_or(u32::MAX).saturating_add(1);
        let key = format!("{}:{n}", close.session);
        if let Some(seq) = day.overflowed_at {
            return Err(BookRefusal::BooksOverflowed { seq });
        }
        self.not_yet(kind, &key)?;
        self.closable(close)?;
        let Passed { lines: checks, trial, equity } = checks::run(day, close)?;
        let overflow = || BookRefusal::overflow(kind, &key);
        let (balances, lots) = (day.closing_balances(), day.closing_lots());
        let covered = self.covered(close.session);
        let hash_lines = |hash: Result<Hash, serde_json::Error>| hash.map_err(|_| overflow());
        let record = ClosingRecord {
            v: VERSION,
            identity: self.identity.clone(),
            session: close.session,
            n,
            next_session: close.next_session,
            replaces: self.records.get(&close.session).copied(),
            first_seq: covered.first,
            last_seq: self.last_seq,
            entries: covered.entries,
            postings: covered.postings,
            last_hash: close.head.hash,
            previous_record: self.last_record,
            trial_balance: trial.lines(),
            closing_balances: Hash::of(&balances_bytes(&balances)),
            closing_lots: hash_lines(hash_of(&lots))?,
            broker_hash: hash_lines(hash_of(&close.broker))?,
            broker: close.broker.clone(),
            prices_hash: Some(hash_lines(hash_of(&close.prices))?),
            prices: Some(close.prices.clone()),
            equity,
            checks,
            chart: self.chart.version(),
            entry_version: entry::VERSION,
            schema: close.schema,
            program: close.program.clone(),
            closed_at: at,
            closed_by: close.by.clone(),
        };
        let bytes = record.to_bytes().map_err(|_| overflow())?;
        let hash = Hash::of(&bytes);
        let mut facts = Facts::from([
            (Cow::Borrowed("next_session"), text(&close.next_session)),
            (Cow::Borrowed("record"), text(&hash)),
        ]);
        if !record.equity.is_empty() {
            facts.insert(Cow::Borrowed(FACT), serde_json::to_value(&record.equity).map_err(|_| overflow())?);
        }
        let draft = Draft {
            kind,
            session: close.session,
            effective_at: at,
            reverses: None,
            corrects: None,
            description: format!("Day close {}", close.session),
            reason: None,
            by: None,
            facts,
            postings: Vec::new(),
            source_key: key,
        };
        Ok(Closing { record, bytes, hash, balances, lots, draft })
    }

    /// A session closes after the last one closed, and before the one that follows.
    fn closable(&self, close: &DayClose) -> Result<(), BookRefusal> {
        let session = close.session;
        if let Some(closed) = self.closed.last().filter(|closed| session <= **closed) {
            return Err(BookRefusal::SessionClosed { session, closed_through: *closed });
        }
        if close.next_session <= session {
            return Err(BookRefusal::NotFollowing { session, next: close.next_session });
        }
        Ok(())
    }
}

impl TrialBalance {
    /// The lines of a closing record: money by account and currency, then units by account and commodity, without
    /// those that are zero.
    #[must_use]
    pub fn lines(&self) -> Vec<TrialLine> {
        let money = self.money.iter().filter(|(_, amount)| !amount.is_zero());
        let units = self.units.iter().filter(|(_, units)| !units.is_zero());
        money
            .map(|((account, currency), amount)| TrialLine {
                account: *account,
                currency: Some(*currency),
                amount: Some(*amount),
                commodity: None,
                units: None,
            })
            .chain(units.map(|((account, commodity), units)| TrialLine {
                account: *account,
                currency: None,
                amount: None,
                commodity: Some(*commodity),
                units: Some(*units),
            }))
            .collect()
    }
}
