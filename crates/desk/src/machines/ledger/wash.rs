//! Wash sales (LEDG-5, BOOKS.md section 7): a loss whose units were bought again within 30 days before or after is
//! marked by a memo. Postings, gains and the cost of lots stay; the tax view reads the marks.

use std::collections::{BTreeMap, VecDeque};

use super::activity::named;
use super::books::Books;
use super::refusal::BookRefusal;
use crate::domain::decimal::Quantity;
use crate::domain::ids::{ExecutionId, LotId, SessionId};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Fact, Facts, Posting};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Date, Timestamp};

/// How many days before and after a loss count.
const WINDOW: u32 = 30;
/// How many days openings and losses are kept: a fill may be booked late.
const KEPT: u32 = 2 * WINDOW;

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
#[derive(Clone, Debug, PartialEq, Eq)]
struct Opening {
    lot: LotId,
    fill: ExecutionId,
    day: Date,
    held: Quantity,
    unused: Quantity,
}

/// Units of a lot that a fill closed at a loss and nothing has replaced yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Loss {
    lot: LotId,
    fill: ExecutionId,
    day: Date,
    left: Quantity,
}

/// One instrument on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Side {
    openings: Vec<Opening>,
    losses: Vec<Loss>,
}

/// What the fills of the books ask to be marked. Each replacement unit is used once, earliest first; units bought before the
/// loss count while they are still held. Fills that were reversed do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Washes {
    sides: BTreeMap<(Symbol, AccountCode), Side>,
    due: VecDeque<WashSale>,
}

impl Washes {
    /// The marks that are needed and not booked, in the order in which their replacements were.
    pub(super) const fn due(&self) -> &VecDeque<WashSale> {
        &self.due
    }

    /// Folds one entry in. A fill that was reversed may be booked once more: what of it is marked already is not due again.
    pub(super) fn apply(&mut self, entry: &Entry, is_booked: impl Fn(&str) -> bool) {
        let d = &entry.draft;
        match d.kind {
            EntryKind::Fill => {
                let before = self.due.len();
                self.fill(d);
                let mut new = self.due.split_off(before);
                new.retain(|mark| !is_booked(&mark.key()));
                self.due.append(&mut new);
            }
            EntryKind::Reversal => self.forget(d),
            EntryKind::WashSale => self.booked(&d.source_key),
            _ => {}
        }
    }

    /// A mark was booked; mostly the first one that is due.
    fn booked(&mut self, key: &str) {
        if self.due.pop_front_if(|mark| mark.key() == key).is_none() {
            self.due.retain(|mark| mark.key() != key);
        }
    }

    fn fill(&mut self, d: &Draft) {
        let late = d.facts.get("trade_session").and_then(Fact::as_str).and_then(|t| t.parse::<SessionId>().ok());
        let day = late.unwrap_or(d.session).date;
        for p in &d.postings {
            let (Some(holding), Some(lot), Some(fill)) = (p.holding, &p.tags.lot, &p.tags.fill) else { continue };
            if !matches!(p.account.code(), 1310 | 2110) {
                continue;
            }
            let side = self.sides.entry((holding.commodity, p.account)).or_default();
            let units = holding.units.magnitude();
            if (holding.units.raw() > 0) == (p.account == AccountCode::LONG_POSITIONS) {
                let mut opening = Opening { lot: lot.clone(), fill: fill.clone(), day, held: units, unused: units };
                for loss in &mut side.losses {
                    self.due.extend(mark(d, loss, &mut opening, units));
                }
                side.openings.push(opening);
            } else {
                side.take(lot, units);
                if is_at_a_loss(d, lot) {
                    let mut loss = Loss { lot: lot.clone(), fill: fill.clone(), day, left: units };
                    for opening in &mut side.openings {
                        let held = opening.held;
                        self.due.extend(mark(d, &mut loss, opening, held));
                    }
                    side.losses.push(loss);
                }
            }
            side.forget_before(day);
        }
    }

    /// A fill was reversed: nothing of it replaces a loss, and it has made none. What is marked is reversed by a person.
    fn forget(&mut self, d: &Draft) {
        for fill in d.postings.iter().filter_map(|p| p.tags.fill.as_ref()) {
            for side in self.sides.values_mut() {
                side.openings.retain(|opening| opening.fill != *fill);
                side.losses.retain(|loss| loss.fill != *fill);
            }
            self.due.retain(|mark| mark.loss_fill != *fill && mark.replacement_fill != *fill);
        }
    }
}

impl Side {
    /// Units of a lot were closed.
    fn take(&mut self, lot: &LotId, units: Quantity) {
        for opening in self.openings.iter_mut().filter(|o| o.lot == *lot) {
            opening.held = less(opening.held, units);
        }
    }

    /// What is used up, and what is too long ago for a fill that comes late, too, is asked for no more.
    fn forget_before(&mut self, day: Date) {
        let counts = |of: Date| day.days().saturating_sub(of.days()) <= i64::from(KEPT);
        self.openings.retain(|o| !o.unused.is_zero() && counts(o.day));
        self.losses.retain(|l| !l.left.is_zero() && counts(l.day));
    }
}

/// The units of a loss that an opening takes, at most so many.
fn mark(d: &Draft, loss: &mut Loss, opening: &mut Opening, most: Quantity) -> Option<WashSale> {
    let units = loss.left.min(opening.unused).min(most);
    let apart = loss.day.days().abs_diff(opening.day.days());
    if loss.lot == opening.lot || units.raw() <= 0 || apart > u64::from(WINDOW) {
        return None;
    }
    loss.left = less(loss.left, units);
    opening.unused = less(opening.unused, units);
    Some(WashSale {
        loss_lot: loss.lot.clone(),
        loss_fill: loss.fill.clone(),
        replacement: opening.lot.clone(),
        replacement_fill: opening.fill.clone(),
        units,
        session: d.session,
        effective_at: d.effective_at,
    })
}

/// Whether a fill has closed units of a lot at a loss.
fn is_at_a_loss(d: &Draft, lot: &LotId) -> bool {
    let is_loss = |g: &Posting| matches!(g.account.code(), 4110 | 4120) && g.amount.raw() > 0;
    d.postings.iter().any(|g| is_loss(g) && g.tags.lot.as_ref() == Some(lot))
}

fn less(from: Quantity, units: Quantity) -> Quantity {
    from.checked_sub(units).unwrap_or(Quantity::ZERO)
}
