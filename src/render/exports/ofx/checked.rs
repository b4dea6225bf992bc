//! A file that our own checker accepts, with what was held before it beside it.

use super::opening::{Opening, opening, read_opening};
use super::{check, write};
use crate::render::exports::input::{Export, ExportError, Format};

/// An OFX file, and what the checker starts from: the closing record before the period if it says what the entries before
/// do, otherwise a file made of them; nothing where the period begins with the journal.
///
/// # Errors
/// [`ExportError::Untellable`] where the file does not pass the checker; otherwise as [`export`](super::super::export).
pub fn checked(export: &Export<'_>, record: Option<&[u8]>) -> Result<(Vec<u8>, Option<Vec<u8>>), ExportError> {
    export.check(Format::Ofx)?;
    let text = write(export)?;
    let (beside, before) = match opening(export)? {
        None => (None, Opening::default()),
        Some(made) => {
            let said = read_opening(&made)?;
            let record = record.filter(|r| read_opening(r).is_ok_and(|found| found == said));
            (Some(record.map_or(made, <[u8]>::to_vec)), said)
        }
    };
    match check(&text, &before).faults.first() {
        None => Ok((text.into_bytes(), beside)),
        Some(fault) => Err(ExportError::Untellable { fault: fault.to_string() }),
    }
}
