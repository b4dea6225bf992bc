//! Bars and quotes in Parquet files.

/// One column's values in steps of 10⁻⁸ or in nanoseconds.
mod column;
/// Binary floating point by its shortest decimal form.
mod double;
/// Rows of a file.
mod read;
/// Writing bars.
mod write;

pub(super) use read::{bars, quotes};
pub use write::write_parquet;
