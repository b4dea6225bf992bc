//! Wash sales (LEDG-5, BOOKS.md section 7): a loss whose units were bought again within 30 days before or after is
//! marked by a memo. Postings, gains and the cost of lots stay; the tax view reads the marks. Where a fill is reversed or its
//! lots are named, the fills that stand are matched anew, and a memo says of each mark that changed what holds now (decision 0029).
//! A split or a new name is a line under what was matched before it; a fraction paid in cash is a sale like any other.

use std::collections::{BTreeMap, VecDeque};

use super::activity::named;
use super::books::Books;
use super::corporate::exchanged;
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

/// The books' day and the time of the fill that asks for a mark, or changes it.
type When = (SessionId, Timestamp);

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
    /// How many units; zero where a mark no longer holds.
    pub units: Quantity,
    /// How many units are marked so far.
    pub was: Quantity,
    /// The books' day of the later of the two.
    pub session: SessionId,
    /// When the later of the two was executed.
    pub effective_at: Timestamp,
}

impl WashSale {
    /// The source key: `{lot}:{closing fill}:{replacement lot}`, with `:2`, `:3` … where an earlier mark of the same is replaced.
    fn key(&self) -> String {
        format!("{}:{}:{}", self.loss_lot, self.loss_fill, self.replacement)
    }

    fn is_of(&self, other: &Self) -> bool {
        (&self.loss_lot, &self.loss_fill, &self.replacement) == (&other.loss_lot, &other.loss_fill, &other.replacement)
    }
}

/// A memo; it has no postings. One that takes the place of another names it.
pub(super) fn draft(books: &Books, w: &WashSale) -> Result<Draft, BookRefusal> {
    let kind = EntryKind::WashSale;
    let (first, mut key) = (w.key(), w.key());
    let mut corrects = None;
    let mut n = 1_u64;
    while let Some(seq) = books.booked(kind, &key) {
        if !books.washes.due.contains(w) {
            return Err(BookRefusal::AlreadyBooked { kind, key, seq });
        }
        n = n.saturating_add(1);
        (corrects, key) = (Some(seq), format!("{first}:{n}"));
    }
    if w.units.raw() < i64::from(corrects.is_none()) {
        return Err(BookRefusal::ZeroQuantity { key });
    }
    let said = if w.units.is_zero() { "Wash sale taken back" } else { "Wash sale" };
    Ok(Draft {
        description: format!(
            "{said}: loss of fill {} met by fill {} within {WINDOW} days",
            w.loss_fill, w.replacement_fill
        ),
        corrects,
        facts: Facts::from([
            named("loss_lot", &w.loss_lot),
            named("loss_fill", &w.loss_fill),
            named("replacement_lot", &w.replacement),
            named("units", &w.units),
        ]),
        ..Draft::new(kind, &key, books.bookable(w.session), w.effective_at)
    })
}

/// A lot that a fill opened: what of it is held, and what of that has not yet replaced a loss.
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

/// What a fill did to one instrument on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moved {
    fill: ExecutionId,
    day: Date,
    opened: Option<(LotId, Quantity)>,
    /// The lots that it closed, whoever held them; whether at a loss.
    closed: Vec<(LotId, Quantity, bool)>,
    /// The marks that it asks for.
    made: Vec<WashSale>,
}

/// What is held, and what has not been replaced, after some fills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Matched {
    openings: Vec<Opening>,
    losses: Vec<Loss>,
}

/// One instrument on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Side {
    /// After the fills that are too long ago to be matched anew.
    base: Matched,
    /// The fills since, in the order in which they were booked; what was booked anew stands where it stood.
    recent: BTreeMap<u64, Moved>,
    now: Matched,
}

/// What the fills of the books ask to be marked. Each replacement unit is used once, earliest first; units bought before the
/// loss count while they are still held. Fills that were reversed do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Washes {
    sides: BTreeMap<(Symbol, AccountCode), Side>,
    /// The place of what was booked anew: the number of the entry that it stands for.
    places: BTreeMap<u64, u64>,
    due: VecDeque<WashSale>,
    /// Whether nobody asks these books for marks.
    idle: bool,
}

impl Washes {
    /// Those of books that are drawn up for a close alone, and not in the order of booking.
    pub(super) fn idle() -> Self {
        Self { idle: true, ..Self::default() }
    }

    /// The marks that are needed and not booked: those that no longer hold first, the others in the order of their replacements.
    pub(super) const fn due(&self) -> &VecDeque<WashSale> {
        &self.due
    }

    /// Folds one entry in.
    pub(super) fn apply(&mut self, entry: &Entry) {
        let d = &entry.draft;
        let at = (d.session, d.effective_at);
        match d.kind {
            _ if self.idle => {}
            EntryKind::Fill | EntryKind::CashInLieu => {
                let place = d.corrects.map_or(entry.seq, |of| self.place(of));
                if place != entry.seq {
                    self.places.insert(entry.seq, place);
                }
                for (of, moved) in moves(d) {
                    self.add(of, (place, place == entry.seq), moved, at);
                }
            }
            EntryKind::Reversal => {
                let place = d.reverses.map_or(entry.seq, |of| self.place(of));
                for (of, moved) in moves(d) {
                    self.forget(of, place, &moved.fill, at);
                }
            }
            EntryKind::WashSale => self.booked(d),
            EntryKind::Split | EntryKind::Reorganisation => self.exchange(d),
            _ => {}
        }
    }

    /// Whether the marks of a fill still follow what becomes of it.
    pub(super) fn follow(&self, fill: &Entry) -> bool {
        let known = |(of, _)| self.sides.get(&of).is_some_and(|side| side.recent.contains_key(&fill.seq));
        self.idle || moves(&fill.draft).into_iter().all(known)
    }

    fn place(&self, seq: u64) -> u64 {
        self.places.get(&seq).copied().unwrap_or(seq)
    }

    /// A mark was booked; mostly the first one that is due.
    fn booked(&mut self, d: &Draft) {
        let fact = |name| d.facts.get(name).and_then(Fact::as_str);
        let (lot, fill, by) = (fact("loss_lot"), fact("loss_fill"), fact("replacement_lot"));
        let is = |m: &WashSale| {
            lot == Some(m.loss_lot.as_str()) && fill == Some(m.loss_fill.as_str()) && by == Some(m.replacement.as_str())
        };
        if self.due.pop_front_if(|mark| is(mark)).is_none() {
            self.due.retain(|mark| !is(mark));
        }
    }

    fn add(&mut self, of: (Symbol, AccountCode), (place, is_new): (u64, bool), mut moved: Moved, at: When) {
        let side = self.sides.entry(of).or_default();
        if is_new {
            let day = moved.day;
            moved.made = side.now.take(&moved, at);
            self.due.extend(moved.made.iter().cloned());
            side.recent.insert(place, moved);
            side.leave_behind(day, at);
        } else {
            let before = side.marks();
            side.recent.insert(place, moved);
            side.match_anew(at);
            change(&mut self.due, &before, side.marks(), at);
        }
    }

    /// What was matched so far goes on in the units, and under the name, that a split or a reorganisation says.
    fn exchange(&mut self, d: &Draft) {
        let text = |name| d.facts.get(name).and_then(Fact::as_str).and_then(|t| t.parse::<Symbol>().ok());
        let number = |name| d.facts.get(name).and_then(Fact::as_u64).and_then(|n| u32::try_from(n).ok());
        let (Some(of), Some(new), Some(old)) = (text("symbol"), number("new"), number("old")) else { return };
        for account in [AccountCode::LONG_POSITIONS, AccountCode::SHORT_POSITIONS] {
            let Some(mut side) = self.sides.remove(&(of, account)) else { continue };
            side.now.exchange(new, old);
            let to = self.sides.entry((text("into").unwrap_or(of), account)).or_default();
            to.now.openings.append(&mut side.now.openings);
            to.now.losses.append(&mut side.now.losses);
            (to.base, to.recent) = (to.now.clone(), BTreeMap::new());
        }
    }

    /// A fill was reversed: nothing of it replaces a loss, and it has made none.
    fn forget(&mut self, of: (Symbol, AccountCode), place: u64, fill: &ExecutionId, at: When) {
        let Some(side) = self.sides.get_mut(&of) else { return };
        let before = side.marks();
        if side.recent.remove(&place).is_none() {
            side.base.openings.retain(|opening| opening.fill != *fill);
            side.base.losses.retain(|loss| loss.fill != *fill);
        }
        side.match_anew(at);
        change(&mut self.due, &before, side.marks(), at);
    }
}

/// Makes due what of the marks is another one now. What is due already and not booked is counted from what stands.
fn change(due: &mut VecDeque<WashSale>, before: &[WashSale], after: Vec<WashSale>, at: When) {
    let gone = before.iter().filter(|mark| !after.iter().any(|other| other.is_of(mark)));
    let gone = gone.map(|mark| WashSale { units: Quantity::ZERO, ..mark.clone() });
    for mut mark in gone.collect::<Vec<_>>().into_iter().chain(after) {
        mark.was = before.iter().find(|other| other.is_of(&mark)).map_or(Quantity::ZERO, |other| other.units);
        if let Some(at) = due.iter().position(|other| other.is_of(&mark))
            && let Some(pending) = due.remove(at)
        {
            mark.was = pending.was;
        }
        if mark.units != mark.was {
            (mark.session, mark.effective_at) = at;
            due.push_back(mark);
        }
    }
}

/// What an entry of a fill, or of its reversal, says of each instrument and side. What two held of one lot is one part.
fn moves(d: &Draft) -> BTreeMap<(Symbol, AccountCode), Moved> {
    let late = d.facts.get("trade_session").and_then(Fact::as_str).and_then(|t| t.parse::<SessionId>().ok());
    let day = late.unwrap_or(d.session).date;
    let mut sides = BTreeMap::new();
    for p in &d.postings {
        let (Some(holding), Some(lot), Some(fill)) = (p.holding, &p.tags.lot, &p.tags.fill) else { continue };
        if !matches!(p.account.code(), 1310 | 2110) {
            continue;
        }
        let fresh = || Moved { fill: fill.clone(), day, opened: None, closed: Vec::new(), made: Vec::new() };
        let moved = sides.entry((holding.commodity, p.account)).or_insert_with(fresh);
        let units = holding.units.magnitude();
        if (holding.units.raw() > 0) == (p.account == AccountCode::LONG_POSITIONS) {
            moved.opened = Some((lot.clone(), units));
        } else if let Some(part) = moved.closed.iter_mut().find(|part| part.0 == *lot) {
            part.1 = part.1.checked_add(units).unwrap_or(part.1);
        } else {
            moved.closed.push((lot.clone(), units, is_at_a_loss(d, lot)));
        }
    }
    sides
}

impl Side {
    fn marks(&self) -> Vec<WashSale> {
        self.recent.values().flat_map(|moved| moved.made.iter().cloned()).collect()
    }

    /// Matches what stands from the first recent fill on.
    fn match_anew(&mut self, at: When) {
        self.now = self.base.clone();
        for moved in self.recent.values_mut() {
            moved.made = self.now.take(moved, at);
        }
    }

    /// What is too long ago is not matched anew.
    fn leave_behind(&mut self, day: Date, at: When) {
        let is_old = |of: &Moved| day.days().saturating_sub(of.day.days()) > i64::from(KEPT);
        while let Some(first) = self.recent.first_entry().filter(|first| is_old(first.get())) {
            let moved = first.remove();
            self.base.take(&moved, at);
        }
    }
}

impl Matched {
    /// Folds a fill in; the marks that it asks for.
    fn take(&mut self, moved: &Moved, at: When) -> Vec<WashSale> {
        let (mut made, day) = (Vec::new(), moved.day);
        if let Some((lot, units)) = &moved.opened {
            let (lot, fill) = (lot.clone(), moved.fill.clone());
            let mut opening = Opening { lot, fill, day, held: *units, unused: *units };
            made.extend(self.losses.iter_mut().filter_map(|loss| mark(at, loss, &mut opening)));
            self.openings.push(opening);
        }
        // What goes with a loss is not held any more, and replaces nothing.
        for (lot, units, _) in &moved.closed {
            for opening in self.openings.iter_mut().filter(|o| o.lot == *lot) {
                opening.held = less(opening.held, *units);
                opening.unused = opening.unused.min(opening.held);
            }
        }
        for (lot, units, _) in moved.closed.iter().filter(|(.., at_a_loss)| *at_a_loss) {
            let mut loss = Loss { lot: lot.clone(), fill: moved.fill.clone(), day, left: *units };
            made.extend(self.openings.iter_mut().filter_map(|opening| mark(at, &mut loss, opening)));
            self.losses.push(loss);
        }
        self.forget_before(day);
        made
    }

    /// In the units after a split; what cannot be counted in them is left as it was.
    fn exchange(&mut self, new: u32, old: u32) {
        let counted = |units: &mut Quantity| *units = exchanged(*units, new, old).unwrap_or(*units);
        self.openings.iter_mut().for_each(|o| [&mut o.held, &mut o.unused].into_iter().for_each(counted));
        self.losses.iter_mut().for_each(|l| counted(&mut l.left));
    }

    /// What is used up, and what is too long ago for a fill that comes late, too, is asked for no more.
    fn forget_before(&mut self, day: Date) {
        let counts = |of: Date| day.days().saturating_sub(of.days()) <= i64::from(KEPT);
        self.openings.retain(|o| !o.unused.is_zero() && counts(o.day));
        self.losses.retain(|l| !l.left.is_zero() && counts(l.day));
    }
}

/// The units of a loss that an opening takes.
fn mark(at: When, loss: &mut Loss, opening: &mut Opening) -> Option<WashSale> {
    let units = loss.left.min(opening.unused);
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
        was: Quantity::ZERO,
        session: at.0,
        effective_at: at.1,
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
