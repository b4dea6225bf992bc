//! Realised gains, part by part of the lots that were closed.

use desk::domain::decimal::Money;

use super::asked::Chosen;
use super::table::{Cell, Table};
use super::{add, beyond};
use crate::store::GainLine;
use crate::web::refusal::Refusal;

/// A closed part, with what it had cost and what it brought.
pub(crate) struct Realised {
    pub(crate) line: GainLine,
    pub(crate) cost: Money,
    pub(crate) proceeds: Money,
}

/// The parts that were closed in the days, in order, at most `limit`.
pub(crate) async fn gains(chosen: &Chosen, limit: u32) -> Result<Vec<Realised>, Refusal> {
    let lines = chosen.summed.gains(&chosen.book, &chosen.scope, limit).await?;
    let sided = |line: GainLine| {
        let (cost, proceeds) = line.sides().map_err(|_| beyond())?;
        Ok(Realised { line, cost, proceeds })
    };
    lines.into_iter().map(sided).collect()
}

/// All gains together, where they are of one currency.
pub(crate) fn total(gains: &[Realised]) -> Result<Option<Money>, Refusal> {
    let mut currencies = gains.iter().map(|g| g.line.currency);
    let first = currencies.next();
    if currencies.any(|c| Some(c) != first) {
        return Ok(None);
    }
    gains.iter().map(|g| g.line.gain).try_fold(Money::ZERO, add).map(Some)
}

/// The same as a table.
pub(crate) fn table(gains: &[Realised]) -> Table {
    const COLUMNS: &[&str] =
        &["session", "entry", "commodity", "lot", "units", "proceeds", "cost", "gain", "currency", "long_term"];
    let row = |g: &Realised| {
        let line = &g.line;
        vec![
            Cell::plain(line.session.date),
            Cell::Number(line.seq),
            Cell::text(line.commodity),
            Cell::text(line.lot.as_str()),
            Cell::plain(line.units),
            Cell::money(g.proceeds),
            Cell::money(g.cost),
            Cell::money(line.gain),
            Cell::plain(line.currency),
            Cell::Truth(line.long_term),
        ]
    };
    Table::new(COLUMNS, gains.iter().map(row))
}
