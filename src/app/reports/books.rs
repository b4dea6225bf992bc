//! What the books say of a session: its entries, where they end, whether they verify. Read on a connection of its own.

use desk::domain::event::{Body, Event};
use desk::domain::ids::{Identity, SessionId};
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::records::ChainHead;
use desk::domain::symbol::Currency;
use desk::domain::time::Timestamp;
use desk::machines::ledger::Head;
use desk::world::harvest::Booked;

use std::path::Path;
use std::time::Duration;

use super::super::day_exports::NotWritten;
use super::paper::{Heads, unmade};
use crate::cli::books_check;
use crate::render::BooksCheck;
use crate::store::{self, Address, Book, Check, Reader, Report, Signers, Sought, head_path};

/// How often books on a server are verified before what is wrong is believed.
const TRIES: u32 = 5;
/// How long between two of these.
const PAUSE: Duration = Duration::from_secs(2);
/// How many entries are read at once.
const PAGE: u32 = 64;

/// The books of the bot.
#[derive(Debug)]
pub(super) struct Books {
    address: Address,
    /// Who signs its closes, where the public keys are kept.
    signers: Option<Signers>,
    reader: Reader,
    book: Book,
}

/// A session that is over, in the books.
pub(super) struct DayBooks {
    pub(super) booked: Booked,
    pub(super) head: Head,
    pub(super) heads: Heads,
    /// Whether its day was closed with it.
    pub(super) closed: bool,
}

impl Books {
    /// `keys` is the file of the public keys that sign its day closes.
    ///
    /// # Errors
    /// Where the books or the keys cannot be read.
    pub(super) async fn open(address: &Address, keys: &Path, identity: &Identity) -> Result<Self, NotWritten> {
        let signers = Signers::read(keys)?.map(|signers| signers.of(identity.clone()));
        let reader = Reader::open(address).await?;
        let book = reader.book(identity).await?;
        Ok(Self { address: address.clone(), signers, reader, book })
    }

    pub(super) const fn currency(&self) -> Currency {
        self.book.base_currency
    }

    /// The entries of a session so far.
    ///
    /// # Errors
    /// Where the books cannot be read.
    pub(super) async fn entries(&self, session: SessionId) -> Result<Vec<Entry>, NotWritten> {
        let day = Sought { day: Some(session), ..Sought::default() };
        let stored = self.reader.sought(&self.book, &day, u32::MAX).await?.into_iter().rev();
        Ok(stored.map(|s| s.entry).collect())
    }

    /// A session that is over, as the books stood at its end. A day with open questions is closed later (decision 0012); its
    /// session does not wait for that.
    ///
    /// # Errors
    /// Where the books cannot be read, or the event log does not have the session's end.
    pub(super) async fn day(&self, session: SessionId, events: &[Event]) -> Result<DayBooks, NotWritten> {
        let end = events.iter().rev().find(|e| matches!(e.body, Body::SessionClosed { .. }));
        let end = end.ok_or_else(|| unmade(format!("{session}: the session has not ended")))?;
        let stored = self.reader.events(&self.book, end.seq.saturating_sub(1), 1).await?;
        let event = stored.first().ok_or_else(|| unmade(format!("{session}: the event log ends before its close")))?;
        let mut entries = self.entries(session).await?;
        entries.retain(|entry| entry.booked_at <= end.at);
        let head = self.head_at(end.at).await?;
        let heads = Heads {
            books: ChainHead { records: head.seq, head: head.hash },
            events: ChainHead { records: end.seq, head: event.hash },
        };
        let closed = entries.iter().any(|entry| entry.draft.kind == EntryKind::DayClose);
        Ok(DayBooks { booked: entries.into_iter().collect(), head, heads, closed })
    }

    /// Where the books ended at some time.
    async fn head_at(&self, at: Timestamp) -> Result<Head, NotWritten> {
        let mut sought = Sought::default();
        loop {
            let newest = self.reader.sought(&self.book, &sought, PAGE).await?;
            if let Some(last) = newest.iter().find(|s| s.entry.booked_at <= at) {
                return Ok(Head { seq: last.entry.seq, hash: last.hash, booked_at: last.entry.booked_at });
            }
            sought.before = newest.last().map(|s| s.entry.seq);
            if sought.before.is_none() {
                return Err(unmade("the books are empty"));
            }
        }
    }

    /// Verifies all of them, as they are at one moment; a file is copied for that.
    ///
    /// # Errors
    /// Where the books cannot be read. What is wrong with them is in the report.
    pub(super) async fn verify(&self, beside: &Path) -> Result<BooksCheck, NotWritten> {
        let check = Check { pages: false, signers: self.signers.clone(), ..Check::default() };
        let report = match &self.address {
            // One moment of them: the bot books on meanwhile.
            Address::Sqlite(path) => {
                let (heads, copied) = (head_path(path), head_path(beside));
                clear(&[beside, &copied])?;
                if heads.exists() {
                    std::fs::copy(&heads, &copied).map_err(|e| NotWritten::Folder(copied.clone(), e))?;
                }
                store::copy(path, beside).await?;
                let report = store::verify(&Address::Sqlite(beside.to_owned()), &check).await;
                clear(&[beside, &copied])?;
                report?
            }
            Address::Postgres(_) => self.verify_on_server(&check).await?,
        };
        Ok(books_check(&report))
    }

    /// What was booked while it read is no fault of the books: what is wrong stays wrong.
    async fn verify_on_server(&self, check: &Check) -> Result<Report, NotWritten> {
        let mut tries = TRIES;
        loop {
            let report = store::verify(&self.address, check).await?;
            tries = tries.saturating_sub(1);
            if report.is_sound() || tries == 0 {
                return Ok(report);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Takes away what an earlier verification may have left.
fn clear(files: &[&Path]) -> Result<(), NotWritten> {
    for file in files {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(NotWritten::Folder((*file).to_owned(), error));
            }
            _ => {}
        }
    }
    Ok(())
}
