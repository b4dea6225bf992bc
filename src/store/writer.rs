//! The one way in. There is one writer; it cannot be cloned, and appending takes it mutably.

use std::path::PathBuf;

use tokio::time::timeout;

use super::address::Address;
use super::error::StoreError;
use super::head::{Heads, write_heads};
use super::link::{Link, SILENCE, on, silent};
use super::lock::FileLock;
use super::open::add_account;
use super::pack::{Chunk, Packed, PackedClosing, Step, pack};
use super::sql;
use super::words::{Batch, Book};

/// Writes one book: each batch is durable when `append` returns.
#[derive(Debug)]
pub struct Writer {
    link: Link,
    book: Book,
    heads: Heads,
    base: Base,
    state: State,
}

/// Where a writer writes.
#[derive(Debug)]
pub(super) enum Base {
    /// A file, and the lock on it that goes with the writer.
    File(PathBuf, #[expect(dead_code, reason = "held, not read: the lock goes with the writer")] FileLock),
    /// A server, found again when it was lost.
    Server {
        /// Its address, with the password.
        url: String,
        /// Beside what the heads are kept: a path as of a database's file.
        heads: Option<PathBuf>,
    },
}

/// What is known of the last write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All of it is there, or nothing.
    Whole,
    /// A transaction is open: a write that was cut short leaves it so.
    Torn,
    /// It failed: a full disk, a lock. Whether something of it is there is asked before the next.
    Doubtful,
    /// The server said nothing more: the connection is given up, and a new one asks what is there.
    Silent,
}

impl Writer {
    pub(super) const fn new(link: Link, book: Book, heads: Heads, base: Base) -> Self {
        Self { link, book, heads, base, state: State::Whole }
    }

    /// Where the heads of books on a server are kept: in a file beside this path, as beside a database's file.
    #[must_use]
    pub fn keeping_heads_at(mut self, path: PathBuf) -> Self {
        if let Base::Server { heads, .. } = &mut self.base {
            *heads = Some(path);
        }
        self
    }

    /// The book that is written.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// The last entry and the last event.
    #[must_use]
    pub const fn heads(&self) -> Heads {
        self.heads
    }

    /// Writes a batch in one transaction: all of it or nothing (LEDG-3). It is durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Refused`] and [`StoreError::Unfit`] leave the store as it was, ready for the next batch. After any
    /// other error the next call asks the database whether all is as it was, and goes on then: a disk that was full may have
    /// room again. [`StoreError::Torn`] stays until the store is opened anew: a write was cut short, or was made after all
    /// although the database said that it failed.
    pub async fn append(&mut self, batch: &Batch<'_>) -> Result<Heads, StoreError> {
        if !matches!(self.base, Base::Server { .. }) {
            return self.attempt(batch).await;
        }
        // Boxed, so that a file's writer does not carry what a server's needs.
        let Ok(done) = timeout(SILENCE, Box::pin(self.attempt(batch))).await else {
            self.state = State::Silent;
            return Err(silent());
        };
        done
    }

    async fn attempt(&mut self, batch: &Batch<'_>) -> Result<Heads, StoreError> {
        self.mend().await?;
        let packed = pack(&self.book, self.heads, batch)?;
        let heads = packed.heads;
        let statements = packed.events.len().saturating_add(packed.journal.len());
        if statements == 1 {
            self.write_alone(&packed).await?;
        } else {
            self.transact(async |link, book| write(link, book, &packed).await).await?;
        }
        self.heads = heads;
        Ok(heads)
    }

    /// Keeps the heads in a file beside the database, where a cut tail cannot reach them (LEDG-4a). Does nothing where
    /// there is no such place: on a server where none was named.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn keep_heads(&self) -> Result<(), StoreError> {
        match &self.base {
            Base::File(path, _) | Base::Server { heads: Some(path), .. } => {
                write_heads(path, &self.book.identity, self.heads)
            }
            Base::Server { heads: None, .. } => Ok(()),
        }
    }

    /// Ends the writing, and keeps the heads.
    ///
    /// # Errors
    /// Where the database cannot be written, or an earlier write was cut short.
    pub async fn close(mut self) -> Result<Heads, StoreError> {
        self.mend().await?;
        self.keep_heads()?;
        let heads = self.heads;
        self.link.close().await?;
        Ok(heads)
    }

    /// After a write that failed: nothing of it is there, or the store is torn.
    async fn mend(&mut self) -> Result<(), StoreError> {
        if matches!(self.state, State::Doubtful | State::Silent) {
            let heads = self.look_again().await?;
            self.state = if heads == self.heads { State::Whole } else { State::Torn };
        }
        if self.state == State::Whole { Ok(()) } else { Err(StoreError::Torn) }
    }

    /// What is in the books after a write that failed. A server that was lost is connected anew, and the book held again.
    async fn look_again(&mut self) -> Result<Heads, StoreError> {
        if self.state == State::Doubtful {
            // SQLite takes some failed transactions back by itself, and has none to take back then.
            let _ = self.link.run("taking a failed batch back", "ROLLBACK").await;
            let heads = self.link.heads(self.book.number).await;
            if heads.is_ok() || !matches!(self.base, Base::Server { .. }) {
                return heads;
            }
        }
        let Base::Server { url, .. } = &self.base else { return Err(StoreError::Torn) };
        let mut link = Link::postgres(url, self.book.identity.as_str()).await?;
        link.hold(self.book.number, &Address::Postgres(url.clone()).to_string()).await?;
        self.link = link;
        self.link.heads(self.book.number).await
    }

    /// One statement is a transaction by itself: all of it or nothing, and durable when it has ended.
    async fn write_alone(&mut self, packed: &Packed) -> Result<(), StoreError> {
        self.state = State::Torn;
        let written = write(&mut self.link, self.book.number, packed).await;
        self.state = match &written {
            Ok(()) | Err(StoreError::Refused { .. }) => State::Whole,
            Err(_) => State::Doubtful,
        };
        written
    }

    /// Runs some writing in a transaction.
    async fn transact(
        &mut self,
        work: impl AsyncFnOnce(&mut Link, i64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.state = State::Torn;
        if let Err(error) = self.link.begin().await {
            self.state = State::Doubtful;
            return Err(error);
        }
        let written = work(&mut self.link, self.book.number).await;
        let done = match written {
            // Foreign keys that were deferred are refused here; that too ends in nothing written.
            Ok(()) => self.link.run("committing", "COMMIT").await,
            Err(e) => Err(e),
        };
        match done {
            Ok(()) => {
                self.state = State::Whole;
                Ok(())
            }
            Err(refusal @ StoreError::Refused { .. }) => {
                self.link.run("taking a refused batch back", "ROLLBACK").await?;
                self.state = State::Whole;
                Err(refusal)
            }
            Err(e) => {
                self.state = State::Doubtful;
                Err(e)
            }
        }
    }
}

async fn write(link: &mut Link, book: i64, packed: &Packed) -> Result<(), StoreError> {
    for chunk in &packed.events {
        write_chunk(link, book, sql::ADD_EVENTS, "writing events", chunk).await?;
    }
    for account in &packed.accounts {
        add_account(link, book, account).await?;
    }
    for step in &packed.journal {
        match step {
            Step::Entries(chunk) => write_chunk(link, book, sql::ADD_ENTRIES, "writing entries", chunk).await?,
            Step::Closing(closing) => write_closing(link, book, closing).await?,
        }
    }
    Ok(())
}

async fn write_chunk(
    link: &mut Link,
    book: i64,
    statement: &'static str,
    doing: &'static str,
    chunk: &Chunk,
) -> Result<(), StoreError> {
    let rows = chunk.rows()?;
    on!(Link, link, c => sqlx::query(statement)
        .bind(book)
        .bind(rows)
        .bind(chunk.pack.as_slice())
        .execute(c)
        .await
        .map(drop))
    .map_err(|e| StoreError::from_driver(doing, e))
}

async fn write_closing(link: &mut Link, book: i64, closing: &PackedClosing) -> Result<(), StoreError> {
    on!(Link, link, c => sqlx::query(sql::ADD_CLOSING)
        .bind(book)
        .bind(closing.seq)
        .bind(closing.session)
        .bind(closing.n)
        .bind(closing.hash.bytes().as_slice())
        .bind(closing.signature.as_deref())
        .bind(closing.record.as_slice())
        .bind(closing.balances.as_str())
        .bind(closing.lots.as_str())
        .execute(c)
        .await
        .map(drop))
    .map_err(|e| StoreError::from_driver("writing a closing", e))
}
