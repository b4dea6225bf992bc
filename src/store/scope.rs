//! Which entries a statement counts: its days, and in which of three readings of time (BOOKS.md section 11).

use desk::domain::calendar::{Calendar, CalendarError};
use desk::domain::ids::SessionId;
use desk::domain::journal::Entry;
use desk::domain::time::{Date, Timestamp};

use super::error::StoreError;
use super::link::on;
use super::pack::{date_number, session_number};
use super::reader::{Reader, signed};
use super::words::Book;
use super::{Days, sql};

/// How time is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Each entry counts in the session that it was booked to.
    #[default]
    BySession,
    /// The same, of the entries up to this one: what the books knew then.
    KnownAt(u64),
    /// Each entry counts in the trade session in which it happened: the few late ones move there.
    Effective,
}

/// The entries that count, as the numbers that stand in rows. Days before all others and after all others are named so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The first and the last session, yyyymmdd.
    pub(super) first: i64,
    pub(super) last: i64,
    /// The last entry.
    pub(super) up_to: i64,
    /// From when on and before when it happened; the same where nobody asks.
    pub(super) begin: i64,
    pub(super) end: i64,
}

impl Scope {
    /// Everything that is booked.
    pub const ALL: Self = Self { first: i64::MIN, last: i64::MAX, up_to: i64::MAX, begin: 0, end: 0 };

    /// What counts in some days.
    ///
    /// # Errors
    /// Days of another calendar, or of years that it does not know.
    pub fn of(book: &Book, days: Days, reading: Reading) -> Result<Self, StoreError> {
        let own = Self {
            first: session_number(book, days.from)?,
            last: session_number(book, days.to)?,
            ..Self::ALL.read(reading)
        };
        if reading != Reading::Effective {
            return Ok(own);
        }
        let begin = ended(book, days.from.date.plus(-1))?;
        Ok(Self { begin, end: ended(book, days.to.date)?, ..own })
    }

    /// What counts up to a day, itself included.
    ///
    /// # Errors
    /// As [`Scope::of`].
    pub fn up_to(book: &Book, day: SessionId, reading: Reading) -> Result<Self, StoreError> {
        let own = Self { last: session_number(book, day)?, ..Self::ALL.read(reading) };
        if reading != Reading::Effective {
            return Ok(own);
        }
        Ok(Self { begin: i64::MIN, end: ended(book, day.date)?, ..own })
    }

    /// What counted before its first day.
    #[must_use]
    pub const fn before(self) -> Self {
        let last = self.first.saturating_sub(1);
        if self.begin == self.end {
            return Self { first: i64::MIN, last, ..self };
        }
        Self { first: i64::MIN, last, begin: i64::MIN, end: self.begin, ..self }
    }

    /// Everything up to its last day.
    #[must_use]
    pub const fn through(self) -> Self {
        if self.begin == self.end {
            return Self { first: i64::MIN, ..self };
        }
        Self { first: i64::MIN, begin: i64::MIN, ..self }
    }

    const fn read(self, reading: Reading) -> Self {
        match reading {
            Reading::KnownAt(seq) => Self { up_to: signed(seq), ..self },
            Reading::BySession | Reading::Effective => self,
        }
    }

    pub(super) const fn is_effective(&self) -> bool {
        self.begin < self.end
    }

    /// The statement that reads time as this does: the one by session, or the one by effect.
    pub(super) const fn choose(&self, by_session: &'static str, by_effect: &'static str) -> &'static str {
        if self.is_effective() { by_effect } else { by_session }
    }

    /// Whether an entry counts.
    #[must_use]
    pub fn counts(&self, entry: &Entry) -> bool {
        let counted = if self.is_effective() {
            (self.begin..self.end).contains(&entry.draft.effective_at.nanos())
        } else {
            (self.first..=self.last).contains(&date_number(entry.draft.session))
        };
        counted && signed(entry.seq) <= self.up_to
    }
}

/// Binds a book and a scope, `$1` to `$6` of a statement about what counts.
macro_rules! bound {
    ($statement:expr, $book:expr, $scope:expr) => {
        $statement
            .bind($book.number)
            .bind($scope.first)
            .bind($scope.last)
            .bind($scope.up_to)
            .bind($scope.begin)
            .bind($scope.end)
    };
}
pub(super) use bound;

/// When the last session up to a date is over: what happened before belongs to it or to one before it.
fn ended(book: &Book, date: Date) -> Result<i64, StoreError> {
    let calendar = Calendar::new(book.calendar);
    let beyond = |e: CalendarError| StoreError::Unfit { reason: e.to_string() };
    let last = calendar.last_up_to(date).map_err(beyond)?;
    Ok(calendar.own_end(last.date).map_or(i64::MAX, Timestamp::nanos))
}

impl Reader {
    /// The last entry that was booked up to a moment; 0 where there is none. Times of booking never run backwards, so it is
    /// found by halving.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn known_at(&self, book: &Book, at: Timestamp) -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, self.heads(book).await?.entry.seq);
        while low < high {
            let middle = high.saturating_sub(high.saturating_sub(low) / 2);
            let booked: i64 = on!(Pool, &self.pool, c => sqlx::query_scalar(sql::BOOKED_AT)
                .bind(book.number).bind(signed(middle)).fetch_one(c).await)
            .map_err(|e| StoreError::from_driver("looking for a moment of the journal", e))?;
            if booked <= at.nanos() {
                low = middle;
            } else {
                high = middle.saturating_sub(1);
            }
        }
        Ok(low)
    }

    /// The numbers of the first and the last entry that count in the days; zero where there is none.
    pub(super) async fn bounds(&self, book: &Book, scope: &Scope) -> Result<(i64, i64), StoreError> {
        let (statement, from, to) = if scope.is_effective() {
            (sql::BOUNDS_OF_EFFECT, scope.begin, scope.end.saturating_sub(1))
        } else {
            (sql::BOUNDS, scope.first, scope.last)
        };
        on!(Pool, &self.pool, c => sqlx::query_as(statement).bind(book.number).bind(from).bind(to).fetch_one(c).await)
            .map_err(|e| StoreError::from_driver("reading the days of the journal", e))
    }
}
