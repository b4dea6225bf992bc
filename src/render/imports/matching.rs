//! Statement lines against entries: first by stable id, then by what both say. The same lines in another order give the
//! same result; a line stands for one entry, and an entry for one line.

use std::collections::{BTreeMap, BTreeSet};

use desk::domain::decimal::{Money, Quantity};
use desk::domain::symbol::Currency;
use desk::domain::wide::Wide;

use super::error::ImportError;
use super::line::{Booked, Line, Stated};
use super::outcome::{Basis, Matching, Pair, Sum, Unmatched, differences};
use crate::render::exports::Period;

/// How many days apart a line and its entry may be: a broker's day is that of its exchange, ours is that of UTC.
pub const WINDOW: u16 = 1;
/// Cash without an id and without units is held side by side where it differs by less than this.
const NEAR: Money = Money::whole(1);
/// So many pairs of near cash are weighed at most.
const WEIGHED: usize = 1_000_000;

/// What two lines have to have in common to be held side by side, from the strictest to the loosest.
type Key = (Currency, Option<String>, Vec<i128>);
const PASSES: [fn(&Line) -> Option<Key>; 9] = [
    |l| Some(key(l, &[units(l)?, l.price?.raw(), amount(l)?])),
    |l| Some(key(l, &[units(l)?, amount(l)?])),
    |l| cash(l).map(|amount| key(l, &[amount])),
    |l| cash(l).map(|amount| (l.currency, None, vec![amount])),
    |l| Some(key(l, &[units(l)?.abs(), amount(l)?.abs()])),
    |l| Some(key(l, &[units(l)?, l.price?.raw()])),
    |l| units(l).map(|units| key(l, &[units])),
    |l| units(l).and(l.price).map(|price| key(l, &[price.raw()])),
    |l| cash(l).map(|amount| key(l, &[amount.abs()])),
];

fn key(line: &Line, figures: &[i128]) -> Key {
    (line.currency, line.instrument.clone(), figures.to_vec())
}

fn units(line: &Line) -> Option<i128> {
    line.units.map(|u| i128::from(u.raw()))
}

fn amount(line: &Line) -> Option<i128> {
    line.amount.map(|a| i128::from(a.raw()))
}

/// The amount of a line without units.
fn cash(line: &Line) -> Option<i128> {
    if line.units.is_some() { None } else { amount(line) }
}

/// Holds the lines of a statement against those of the books.
///
/// # Errors
/// [`ImportError::Overflow`] where amounts cannot be added up.
pub fn matched(stated: &[Stated], booked: &[Booked], period: Period, window: u16) -> Result<Matching, ImportError> {
    let mut desk = Desk::new(stated, booked, period, window);
    desk.by_id();
    for pass in PASSES {
        desk.by_fields(pass);
    }
    desk.near_cash();
    desk.outcome()
}

struct Desk<'a> {
    /// In the order of what they say, so that the order of the file counts for nothing.
    stated: Vec<&'a Stated>,
    booked: Vec<&'a Booked>,
    period: Period,
    window: i64,
    free_stated: BTreeSet<usize>,
    free_booked: BTreeSet<usize>,
    pairs: Vec<Pair>,
    /// Lines that repeat another, by their place among the lines.
    doubles: BTreeMap<usize, u64>,
}

impl<'a> Desk<'a> {
    fn new(stated: &'a [Stated], booked: &'a [Booked], period: Period, window: u16) -> Self {
        let mut stated: Vec<&Stated> = stated.iter().collect();
        stated.sort();
        let mut booked: Vec<&Booked> = booked.iter().collect();
        booked.sort();
        Self {
            free_stated: (0..stated.len()).collect(),
            free_booked: (0..booked.len()).collect(),
            stated,
            booked,
            period,
            window: i64::from(window),
            pairs: Vec::new(),
            doubles: BTreeMap::new(),
        }
    }

    fn differing(&self, stated: &Line, booked: &Line) -> usize {
        differences(stated, booked, u16::try_from(self.window).unwrap_or(u16::MAX)).len()
    }

    fn pair(&mut self, stated: usize, booked: &[usize], basis: Basis) {
        let (Some(line), held) = (self.stated.get(stated), booked.iter().filter_map(|b| self.booked.get(*b))) else {
            return;
        };
        let held: Vec<Booked> = held.map(|b| (*b).clone()).collect();
        let Some(whole) = together(&held) else { return };
        let window = u16::try_from(self.window).unwrap_or(u16::MAX);
        let differences = differences(&line.line, &whole, window);
        self.pairs.push(Pair { stated: (*line).clone(), booked: held, basis, differences });
        self.free_stated.remove(&stated);
        for booked in booked {
            self.free_booked.remove(booked);
        }
    }

    /// Lines and entries with the same id. An id stands once in a statement: what repeats it is a double, even where the
    /// books have nothing of it.
    fn by_id(&mut self) {
        let mut lines = BTreeMap::<&str, Vec<usize>>::new();
        for (at, stated) in self.stated.iter().enumerate() {
            if let Some(id) = &stated.id {
                lines.entry(id).or_default().push(at);
            }
        }
        let mut entries = BTreeMap::<&str, Vec<usize>>::new();
        for (at, booked) in self.booked.iter().enumerate() {
            for id in &booked.ids {
                entries.entry(id).or_default().push(at);
            }
        }
        for (id, lines) in lines {
            let held = entries.get(id).map(Vec::as_slice).unwrap_or_default();
            self.one_id(&lines, held);
        }
    }

    fn one_id(&mut self, lines: &[usize], held: &[usize]) {
        let mut rest: Vec<usize> = lines.to_vec();
        let mut free: Vec<usize> = held.iter().copied().filter(|b| self.free_booked.contains(b)).collect();
        let mut kept = None;
        if let ([line], [_, _, ..]) = (lines, free.as_slice()) {
            // One line for a fill that closed a position and opened another.
            let (line, parts) = (*line, self.parts(*line, &free));
            self.pair(line, &parts, Basis::Id);
            return;
        }
        while let Some((line, booked)) = self.closest(&rest, &free) {
            self.pair(line, &[booked], Basis::Id);
            kept = kept.or(self.stated.get(line).map(|s| s.place));
            rest.retain(|l| *l != line);
            free.retain(|b| *b != booked);
        }
        // Unknown to the books, the first of them may still be found by what it says.
        let first = if kept.is_none() { rest.first().copied() } else { None };
        let of = kept.or_else(|| first.and_then(|f| self.stated.get(f)).map(|s| s.place));
        for line in rest.into_iter().filter(|l| Some(*l) != first) {
            self.doubles.insert(line, of.unwrap_or_default());
            self.free_stated.remove(&line);
        }
    }

    /// The parts of an entry that a single line stands for: one that says the same, otherwise all of its instrument that
    /// move units, otherwise the first.
    fn parts(&self, line: usize, free: &[usize]) -> Vec<usize> {
        let Some(stated) = self.stated.get(line) else { return Vec::new() };
        let of = |b: &usize| self.booked.get(*b).map(|b| &b.line);
        if let Some(same) = free.iter().find(|b| of(b).is_some_and(|l| self.differing(&stated.line, l) == 0)) {
            return vec![*same];
        }
        let whole = |b: &&usize| of(b).is_some_and(|l| l.units.is_some() && l.instrument == stated.line.instrument);
        let parts: Vec<usize> = free.iter().filter(whole).copied().collect();
        if parts.is_empty() { free.first().copied().into_iter().collect() } else { parts }
    }

    /// The line and the entry of one id that differ least.
    fn closest(&self, lines: &[usize], held: &[usize]) -> Option<(usize, usize)> {
        let pairs = lines.iter().flat_map(|line| held.iter().map(move |booked| (*line, *booked)));
        let cost = |(line, booked): &(usize, usize)| {
            let (stated, held) = (self.stated.get(*line)?, self.booked.get(*booked)?);
            Some(self.differing(&stated.line, &held.line))
        };
        pairs.min_by_key(|pair| (cost(pair), *pair))
    }

    /// Free lines and entries of the same key: those of the same day first, then those within the window.
    fn by_fields(&mut self, pass: fn(&Line) -> Option<Key>) {
        let mut keys = BTreeMap::<Key, [Vec<usize>; 2]>::new();
        for at in &self.free_stated {
            if let Some(key) = self.stated.get(*at).and_then(|s| pass(&s.line)) {
                let [lines, _] = keys.entry(key).or_default();
                lines.push(*at);
            }
        }
        for at in &self.free_booked {
            let near = self.booked.get(*at).filter(|b| self.is_near(&b.line));
            if let Some([_, held]) = near.and_then(|b| pass(&b.line)).and_then(|key| keys.get_mut(&key)) {
                held.push(*at);
            }
        }
        for [lines, held] in keys.into_values() {
            for apart in [0, self.window] {
                self.in_order(&lines, &held, apart);
            }
        }
    }

    /// Whether an entry lies in the period, or so close to it that a line of it may mean it.
    fn is_near(&self, line: &Line) -> bool {
        let Period { from, to } = self.period;
        (from.plus(self.window.saturating_neg())..=to.plus(self.window)).contains(&line.date)
    }

    /// Both lists are in the order of days: the earliest of each are paired where they are not too far apart.
    fn in_order(&mut self, lines: &[usize], held: &[usize], apart: i64) {
        let mut lines = lines.iter().filter(|l| self.free_stated.contains(l)).copied().collect::<Vec<_>>().into_iter();
        let mut held = held.iter().filter(|b| self.free_booked.contains(b)).copied().collect::<Vec<_>>().into_iter();
        let (mut line, mut booked) = (lines.next(), held.next());
        while let (Some(l), Some(b)) = (line, booked) {
            let (Some(stated), Some(entry)) = (self.stated.get(l), self.booked.get(b)) else { return };
            let days = stated.line.date.days().saturating_sub(entry.line.date.days());
            if days.abs() <= apart {
                self.pair(l, &[b], Basis::Fields);
                (line, booked) = (lines.next(), held.next());
            } else if days < 0 {
                line = lines.next();
            } else {
                booked = held.next();
            }
        }
    }

    /// Cash that differs by a little: the pairs that differ least first.
    fn near_cash(&mut self) {
        let of = |line: &Line| cash(line).map(|amount| (line.currency, line.instrument.clone(), line.date, amount));
        let lines: Vec<_> =
            self.free_stated.iter().filter_map(|at| Some((*at, of(&self.stated.get(*at)?.line)?))).collect();
        let held: Vec<_> =
            self.free_booked.iter().filter_map(|at| Some((*at, of(&self.booked.get(*at)?.line)?))).collect();
        if lines.len().saturating_mul(held.len()) > WEIGHED {
            return;
        }
        let mut pairs = Vec::new();
        for (at, (currency, instrument, date, amount)) in &lines {
            for (booked, (held_in, about, day, sum)) in &held {
                let (off, days) = (amount.saturating_sub(*sum).abs(), date.days().saturating_sub(day.days()).abs());
                let same = (currency, instrument) == (held_in, about) && (*amount < 0) == (*sum < 0);
                if same && off < i128::from(NEAR.raw()) && days <= self.window {
                    pairs.push((off, days, *at, *booked));
                }
            }
        }
        pairs.sort_unstable();
        for (_, _, at, booked) in pairs {
            if self.free_stated.contains(&at) && self.free_booked.contains(&booked) {
                self.pair(at, &[booked], Basis::Fields);
            }
        }
    }

    fn outcome(mut self) -> Result<Matching, ImportError> {
        let mut said = BTreeMap::<(&Line, &Option<String>), u64>::new();
        for pair in &self.pairs {
            said.entry((&pair.stated.line, &pair.stated.id)).or_insert(pair.stated.place);
        }
        let alone = self.free_stated.iter().chain(self.doubles.keys()).collect::<BTreeSet<_>>();
        let statement_only: Vec<Unmatched> = alone
            .into_iter()
            .filter_map(|at| {
                let stated = *self.stated.get(*at)?;
                let same = said.get(&(&stated.line, &stated.id)).copied();
                Some(Unmatched { stated: stated.clone(), doubles: self.doubles.get(at).copied().or(same) })
            })
            .collect();
        let Period { from, to } = self.period;
        let left = self.free_booked.iter().filter_map(|at| self.booked.get(*at).copied());
        let books_only: Vec<Booked> = left.filter(|b| (from..=to).contains(&b.line.date)).cloned().collect();
        self.pairs.sort_by(|a, b| (&a.stated, &a.booked).cmp(&(&b.stated, &b.booked)));
        let (matched, differing): (Vec<Pair>, Vec<Pair>) =
            self.pairs.into_iter().partition(|p| p.differences.is_empty());
        let held = matched.iter().chain(&differing).flat_map(|p| &p.booked).chain(&books_only);
        let sums = sums(&self.stated, held)?;
        let window = u16::try_from(self.window).unwrap_or(u16::MAX);
        Ok(Matching { days: (from, to), window, matched, differing, statement_only, books_only, sums, closed: None })
    }
}

/// Lines of the books that a single line of a statement stands for. A price stands where all have the same.
fn together(held: &[Booked]) -> Option<Line> {
    let (first, rest) = held.split_first()?;
    let mut whole = first.line.clone();
    for other in rest {
        let add = |a: Option<i64>, b: Option<i64>| a.zip(b).and_then(|(a, b)| a.checked_add(b)).or(a).or(b);
        let units = add(whole.units.map(Quantity::raw), other.line.units.map(Quantity::raw));
        let amount = add(whole.amount.map(Money::raw), other.line.amount.map(Money::raw));
        whole.units = units.map(Quantity::from_raw);
        whole.amount = amount.map(Money::from_raw);
        whole.price = whole.price.filter(|price| other.line.price == Some(*price));
    }
    Some(whole)
}

/// Cash by currency, on both sides.
fn sums<'b>(stated: &[&Stated], held: impl Iterator<Item = &'b Booked>) -> Result<Vec<Sum>, ImportError> {
    let mut both = BTreeMap::<Currency, (Wide, Wide)>::new();
    for line in stated.iter().map(|s| &s.line) {
        both.entry(line.currency).or_default().0 += Wide::from(line.amount.unwrap_or_default());
    }
    for line in held.map(|b| &b.line) {
        both.entry(line.currency).or_default().1 += Wide::from(line.amount.unwrap_or_default());
    }
    let sum = |(currency, (statement, books)): (Currency, (Wide, Wide))| {
        let money = |wide: Wide| wide.money().map_err(|_| ImportError::Overflow);
        let difference = money(statement - books)?;
        Ok(Sum { currency, statement: money(statement)?, books: money(books)?, difference })
    };
    both.into_iter().map(sum).collect()
}
