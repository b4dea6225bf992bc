//! The journal for other programs (BOOKS.md section 13): CSV, JSON, beancount, hledger, OFX, a trial balance. The same
//! journal and period give the same bytes.

/// What accounts stand at, day by day.
mod balances;
/// beancount.
mod beancount;
/// One row a posting.
pub(in crate::render) mod csv;
/// hledger.
mod hledger;
/// What is exported, and why something cannot be.
mod input;
/// Our own JSON, out and in.
mod json;
/// Lots and their unit costs, posting by posting.
mod lots;
/// Accounts and commodities as other programs call them.
mod names;
/// Exact decimals as text.
pub(in crate::render) mod numbers;
/// OFX 2.2 investment statements, and their checker.
pub mod ofx;
/// The trial balance.
mod trial;

pub use csv::guarded;
pub use input::{Contract, Export, ExportError, Format, Instrument, Journal, Period};
pub use json::import;

/// The bytes of a period's file in a format.
///
/// # Errors
/// [`ExportError`]: nothing in the period, a journal that does not begin with its first entry, sums beyond 64 bits.
pub fn export(format: Format, export: &Export<'_>) -> Result<Vec<u8>, ExportError> {
    export.check(format)?;
    match format {
        Format::Csv => csv::write(export),
        Format::Json => json::write(export),
        Format::Beancount => beancount::write(export).map(String::into_bytes),
        Format::Hledger => hledger::write(export).map(String::into_bytes),
        Format::Ofx => ofx::write(export).map(String::into_bytes),
        Format::TrialBalance => trial::write(export),
    }
}
