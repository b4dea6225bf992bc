//! Recorded bars and quotes in a folder of files (RES-6).

/// Price and volume bounds, and what every row must satisfy.
mod check;
/// Rows of comma-separated text.
mod csv;
/// What can be wrong, where, and what is allowed.
mod errors;
/// What can be wrong within one row.
mod fault;
/// A folder with one file a symbol.
mod folder;
/// `instruments.toml`.
mod instruments;
/// Parquet columns.
#[cfg(feature = "parquet")]
mod parquet;
/// Stored bytes, their hash, and what they unpack to.
mod source;
/// Writing bars as text.
mod write;

#[cfg(test)]
mod tests;

pub use crate::settings::nearest;
pub use check::{HIGHEST_PRICE, LARGEST_VOLUME};
pub use errors::{DataError, Format, Place};
pub use fault::Fault;
pub use folder::{DataFolder, QuoteFolder, SymbolBars, SymbolQuotes};
#[cfg(feature = "parquet")]
pub use parquet::write_parquet;
pub use source::InputFile;
pub use write::write_csv;
