//! A broker's statement, read and held against the journal (LEDG-9). Nothing here reads a file or asks a clock: the same
//! statement, journal and window give the same result.

/// What statements of OFX say was held.
mod balances;
/// What was held at a statement's end, on both sides.
mod closing;
/// A broker's CSV.
mod csv;
/// Elements of OFX, of both kinds.
mod elements;
/// Why a statement cannot be read.
mod error;
/// Decimal figures as brokers write them.
mod figures;
/// A file held against a journal.
mod held;
/// The CSV of our own exports.
mod journal;
/// What a statement and the journal are compared by.
mod line;
/// Which column is what.
mod mapping;
/// Statement lines against entries.
mod matching;
/// OFX, 1.x and 2.x.
mod ofx;
/// What came of it.
mod outcome;
/// A file as a statement.
mod read;

pub use closing::{Asset, Closed, Closing, Standing, closed};
pub use error::ImportError;
pub use held::{About, Asked, Held, Summary, held};
pub use line::{Booked, Line, Stated, Statement, UnitPrice};
pub use mapping::Mapping;
pub use matching::{WINDOW, matched};
pub use outcome::{Basis, Difference, Field, Matching, Pair, Sum, Unmatched};
pub use read::{FileFormat, LARGEST, Reading, read};
