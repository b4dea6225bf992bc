//! What the rows of the journal come from: questions to SQLite, or the pages of a file that nobody writes.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Rows};

use super::damaged;
use super::report::Stop;
use super::tree::{Cursor, Image, NOTHING, Seen, Values};
use crate::store::error::StoreError;
use crate::store::sql;

/// What the journal is read from.
pub(super) enum Source {
    /// Questions, answered at one moment.
    Sqlite(Connection),
    /// The trees of entries and postings.
    Pages(Box<(Tree, Tree)>),
}

/// Rows of a table in the order of its key, one at a time.
pub(super) trait Records {
    /// Writes the columns of the present row into [`NOTHING`], as the walk orders them; says whether there is one.
    fn here<'a>(&'a mut self, values: &mut Values<'a>) -> Result<bool, Stop>;
    /// The present row is done with.
    fn pass(&mut self);
}

/// The answer to a question.
pub(super) struct Asked<'a> {
    rows: Rows<'a>,
    here: bool,
}

impl<'a> Asked<'a> {
    pub(super) const fn new(rows: Rows<'a>) -> Self {
        Self { rows, here: false }
    }
}

impl Records for Asked<'_> {
    fn here<'a>(&'a mut self, values: &mut Values<'a>) -> Result<bool, Stop> {
        use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
        if !self.here {
            self.rows.advance().map_err(damaged)?;
            self.here = true;
        }
        let Some(row) = self.rows.get() else { return Ok(false) };
        for (place, value) in values.iter_mut().enumerate() {
            *value = row.get_ref(place).unwrap_or(ValueRef::Null);
        }
        Ok(true)
    }

    fn pass(&mut self) {
        self.here = false;
    }
}

/// What a column holds by its table's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Integer,
    Text,
    Blob,
}

/// Where a column stands in the stored record, and what it holds.
pub(super) type Stored = (usize, Holds);

/// The columns of a table as its records have them, in the order of the walk.
pub(super) fn stored_columns(connection: &Connection, table: &str, columns: &[&str]) -> Result<Vec<Stored>, Stop> {
    let mut asked = connection.prepare(sql::SQLITE_STORED).map_err(damaged)?;
    let rows = asked.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)));
    let stored: Vec<(String, String)> = rows.map_err(damaged)?.collect::<Result<_, _>>().map_err(damaged)?;
    let holds = |kind: &str| match kind {
        "INTEGER" => Holds::Integer,
        "TEXT" => Holds::Text,
        _ => Holds::Blob,
    };
    let place = |column: &&str| {
        let place = stored.iter().position(|(name, _)| name == column);
        place.and_then(|place| Some((place, holds(&stored.get(place)?.1))))
    };
    let places: Option<Vec<Stored>> = columns.iter().map(place).collect();
    places.filter(|places| places.len() == stored.len()).ok_or_else(|| unfit(format!("{table} has other columns")))
}

/// A table as a tree.
pub(super) struct Tree {
    cursor: Cursor,
    columns: Vec<Stored>,
    here: bool,
}

impl Tree {
    pub(super) fn new(image: &Arc<Image>, root: u32, columns: Vec<Stored>) -> Result<Self, Stop> {
        Ok(Self { cursor: Cursor::new(image, root)?, columns, here: false })
    }

    /// Passes what is left; the pages of the whole tree.
    pub(super) fn passed(&mut self) -> Result<&Seen, Stop> {
        self.cursor.passed()
    }
}

impl Records for Tree {
    fn here<'a>(&'a mut self, values: &mut Values<'a>) -> Result<bool, Stop> {
        if !self.here && !self.cursor.advance()? {
            return Ok(false);
        }
        self.here = true;
        let mut stored = NOTHING;
        let count = self.cursor.values(&mut stored)?;
        if count != self.columns.len() {
            return Err(unfit(format!("a record of {count} columns")));
        }
        for (value, (place, holds)) in values.iter_mut().zip(&self.columns) {
            *value = match (stored.get(*place).copied().unwrap_or(ValueRef::Null), holds) {
                (value @ ValueRef::Integer(_), Holds::Integer)
                | (value @ ValueRef::Text(_), Holds::Text)
                | (value @ ValueRef::Blob(_), Holds::Blob)
                | (value @ ValueRef::Null, _) => value,
                // What a strict table never holds equals nothing.
                _ => ValueRef::Real(f64::NAN),
            };
        }
        Ok(true)
    }

    fn pass(&mut self) {
        self.here = false;
    }
}

fn unfit(reason: String) -> Stop {
    Stop::Failed(StoreError::Unread { reason })
}
