//! Wash sales (LEDG-5, BOOKS.md section 7): a loss whose units were bought again within 30 days before or after is
//! marked by a memo. Postings, gains and the cost of lots stay; the tax view reads the marks.

use std::collections::{BTreeMap, BTreeSet};

use super::activity::named;
use super::books::Books;
use super::refusal::BookRefusal;
use crate::domain::decimal::Quantity;
use crate::domain::ids::{ExecutionId, LotId, SessionId};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Fact, Facts, Posting};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Date, Timestamp};

/// How many days before and after a loss count.
const WINDOW: u64 = 30;

/// Units of a loss that were replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WashSale {
    /// The lot closed at a loss.
    pub loss_lot: LotId,
    /// The fill that closed it.
    pub loss_fill: ExecutionId,
    /// The lot that took its place.
    pub replacement: LotId,
    /// The fill that opened that one.
    pub replacement_fill: ExecutionId,
    /// How many units, above zero.
    pub units: Quantity,
    /// The books' day of the later of the two.
    pub session: SessionId,
    /// When the later of the two was executed.
    pub effective_at: Timestamp,
}

impl WashSale {
    /// The source key: `{lot}:{closing fill}:{replacement lot}`.
    fn key(&self) -> String {
        format!("{}:{}:{}", self.loss_lot, self.loss_fill, self.replacement)
    }
}

/// A memo; it has no postings.
pub(super) fn draft(books: &Books, w: &WashSale) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::WashSale;
    let key = w.key();
    books.not_yet(kind, &key)?;
    if w.units.raw() <= 0 {
        return Err(BookRefusal::ZeroQuantity { key });
    }
    Ok(Draft {
        description: format!(
            "Wash sale: loss of fill {} met by fill {} within {WINDOW} days",
            w.loss_fill, w.replacement_fill
        ),
        facts: Facts::from([
            named("loss_lot", &w.loss_lot),
            named("loss_fill", &w.loss_fill),
            named("replacement_lot", &w.replacement),
            named("units", &w.units),
        ]),
        ..Draft::new(kind, &key, books.bookable(w.session), w.effective_at)
    })
}

/// A lot that a fill opened: what of it is held, and what of it has not yet replaced a loss.
#[derive(Clone, Debug)]
struct Opening {
    lot: LotId,
    fill: ExecutionId,
    day: Date,
    held: Quantity,
    unused: Quantity,
}

/// Units of a lot that a fill closed at a loss and nothing has replaced yet.
#[derive(Clone, Debug)]
struct Loss {
    lot: LotId,
    fill: ExecutionId,
    day: Date,
    left: Quantity,
}

/// One instrument on one side.
#[derive(Clone, Debug, Default)]
struct Side {
    openings: Vec<Opening>,
    losses: Vec<Loss>,
}

/// The marks that the fills of a journal ask for and that it does not hold yet. Each replacement unit is used once,
/// earliest first; units bought before the loss count while they are still held. Fills that were reversed do not count.
#[must_use]
pub fn wash_sales(entries: &[Entry]) -> Vec<WashSale> {
    let reversed: BTreeSet<u64> = entries.iter().filter_map(|e| e.draft.reverses).collect();
    let marked = entries.iter().filter(|e| e.draft.kind == EntryKind::WashSale);
    let marked: BTreeSet<&str> = marked.map(|e| e.draft.source_key.as_str()).collect();
    let mut sides = BTreeMap::new();
    let mut marks = Vec::new();
    for entry in entries.iter().filter(|e| e.draft.kind == EntryKind::Fill && !reversed.contains(&e.seq)) {
        note_fill(&mut sides, &mut marks, entry);
    }
    marks.retain(|mark: &WashSale| !marked.contains(mark.key().as_str()));
    marks
}

fn note_fill(sides: &mut BTreeMap<(Symbol, AccountCode), Side>, marks: &mut Vec<WashSale>, entry: &Entry) {
    let d = &entry.draft;
    let late = d.facts.get("trade_session").and_then(Fact::as_str).and_then(|t| t.parse::<SessionId>().ok());
    let day = late.unwrap_or(d.session).date;
    let mut mark = |loss: &mut Loss, opening: &mut Opening, most: Quantity| {
        let units = loss.left.min(opening.unused).min(most);
        if loss.lot == opening.lot || units.raw() <= 0 || loss.day.days().abs_diff(opening.day.days()) > WINDOW {
            return;
        }
        loss.left = loss.left.checked_sub(units).unwrap_or(Quantity::ZERO);
        opening.unused = opening.unused.checked_sub(units).unwrap_or(Quantity::ZERO);
        marks.push(WashSale {
            loss_lot: loss.lot.clone(),
            loss_fill: loss.fill.clone(),
            replacement: opening.lot.clone(),
            replacement_fill: opening.fill.clone(),
            units,
            session: d.session,
            effective_at: d.effective_at,
        });
    };
    for p in d.postings.iter().filter(|p| matches!(p.account.code(), 1310 | 2110)) {
        let (Some(holding), Some(lot), Some(fill)) = (p.holding, &p.tags.lot, &p.tags.fill) else { continue };
        let side = sides.entry((holding.commodity, p.account)).or_default();
        let units = holding.units.magnitude();
        if (holding.units.raw() > 0) == (p.account == AccountCode::LONG_POSITIONS) {
            let mut opening = Opening { lot: lot.clone(), fill: fill.clone(), day, held: units, unused: units };
            side.losses.iter_mut().for_each(|loss| mark(loss, &mut opening, units));
            side.openings.push(opening);
            continue;
        }
        for opening in side.openings.iter_mut().filter(|o| o.lot == *lot) {
            opening.held = opening.held.checked_sub(units).unwrap_or(Quantity::ZERO);
        }
        let is_loss = |g: &Posting| matches!(g.account.code(), 4110 | 4120) && g.amount.raw() > 0;
        if d.postings.iter().any(|g| is_loss(g) && g.tags.lot.as_ref() == Some(lot)) {
            let mut loss = Loss { lot: lot.clone(), fill: fill.clone(), day, left: units };
            side.openings.iter_mut().for_each(|opening| {
                let held = opening.held;
                mark(&mut loss, opening, held);
            });
            side.losses.push(loss);
        }
    }
}
