//! The checks of a day close (BOOKS.md section 12), each exact and with its number.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::books::Books;
use super::close::{DayClose, OpenQuestions};
use super::equity::{Change, Equity};
use super::prices::EquityLine;
use super::record::CheckLine;
use super::refusal::BookRefusal;
use super::statements::TrialBalance;
use crate::domain::decimal::{Money, Quantity};
use crate::domain::ids::{ExecutionId, ItemId, SessionId};
use crate::domain::journal::{AccountCode, EntryKind};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Date;
use crate::domain::wide::{Overflow, Wide};

/// How many sessions an accrued fee may stay open.
const FEE_SESSIONS: u64 = 5;
/// For so many sessions after its pay date a dividend is not open.
const DIVIDEND_SESSIONS: u64 = 10;

/// What a check compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// An execution that only one side has, or that differs.
    Execution(ExecutionId),
    /// How many executions there were.
    Executions,
    /// Σ units of account 9100 since the last close, against minus the executions.
    MarketUnits(Symbol),
    /// Units held of an instrument.
    Position(Symbol),
    /// All cash of a currency.
    Cash(Currency),
    /// Settled cash of a currency.
    SettledCash(Currency),
    /// Cash that should have settled: 1020 of this date.
    Unsettled(Currency, ItemId),
    /// Items of 1020 dated on or before the session.
    UnsettledItems,
    /// The age in sessions of an open item.
    OpenItem(AccountCode, ItemId),
    /// Open items beyond their limit.
    OldItems,
    /// The last entry: that of the checked chain, and that of the books.
    LastEntry,
    /// Σ of all accounts in a currency.
    Amounts(Currency),
    /// Σ of all accounts in a commodity.
    Units(Symbol),
    /// Commodities whose units do not balance.
    Commodities,
    /// All positions, where neither side has any.
    Positions,
    /// All cash, where neither side has any.
    AllCash,
    /// An activity of the broker that has no entry.
    Activity(Box<str>),
    /// How many activities there were.
    Activities,
    /// What an item of 1900 is open with.
    Suspense(Currency, ItemId),
    /// Account 1900.
    AllSuspense,
    /// Breaks that are open in the review.
    Breaks,
    /// Entries, days and items of the review that are queried.
    Queried,
    /// Equity at market in a currency.
    Equity(Currency, Box<Change>),
    /// Equity, where there is none on either side.
    NoEquity,
    /// The unrealised gain of something that has no price.
    Unpriced(Symbol),
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Execution(id) => write!(f, "execution {id}"),
            Self::Executions => f.write_str("executions"),
            Self::MarketUnits(symbol) => write!(f, "units of {symbol} on 9100 since the last close"),
            Self::Position(symbol) => write!(f, "position in {symbol}"),
            Self::Cash(currency) => write!(f, "cash in {currency}"),
            Self::SettledCash(currency) => write!(f, "settled cash in {currency}"),
            Self::Unsettled(currency, item) => write!(f, "unsettled {currency} of {item}"),
            Self::UnsettledItems => f.write_str("overdue items of 1020"),
            Self::OpenItem(account @ (AccountCode::DIVIDENDS_RECEIVABLE | AccountCode::DIVIDENDS_OWED), item) => {
                write!(f, "sessions since item {item} of {account} was to be paid")
            }
            Self::OpenItem(account, item) => write!(f, "sessions that item {item} of {account} is open"),
            Self::OldItems => f.write_str("items open beyond their limit"),
            Self::LastEntry => f.write_str("last entry checked"),
            Self::Amounts(currency) => write!(f, "sum of all accounts in {currency}"),
            Self::Units(symbol) => write!(f, "sum of all units of {symbol}"),
            Self::Commodities => f.write_str("commodities that do not balance"),
            Self::Positions => f.write_str("positions"),
            Self::AllCash => f.write_str("cash"),
            Self::Activity(id) => write!(f, "entry of activity {id}"),
            Self::Activities => f.write_str("activities that have their entries"),
            Self::Suspense(currency, item) => write!(f, "item {item} of 1900 in {currency}"),
            Self::AllSuspense => f.write_str("balance of 1900"),
            Self::Breaks => f.write_str("open breaks"),
            Self::Queried => f.write_str("queried entries, days and items"),
            Self::Equity(currency, change) => write!(f, "change of equity at market in {currency} {change}"),
            Self::NoEquity => f.write_str("equity at market"),
            Self::Unpriced(symbol) => write!(f, "no price for {symbol}: held at cost, its unrealised gain left out"),
        }
    }
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Money.
    Money(Money),
    /// Units.
    Units(Quantity),
    /// A count, an age in sessions, or a number of an entry.
    Count(u64),
    /// There is none on this side.
    Missing,
    /// More than 64 bits hold, in steps of 10⁻⁸.
    Steps(Wide),
}

impl Figure {
    fn steps(self) -> i128 {
        match self {
            Self::Money(m) => Wide::from(m).raw(),
            Self::Units(q) => Wide::from(q).raw(),
            Self::Count(n) => i128::from(n),
            Self::Missing => 0,
            Self::Steps(w) => w.raw(),
        }
    }

    /// What this side has more than the other, in the unit of this side, or of the other where this one is missing.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        let difference = Wide::new(self.steps()) - Wide::new(other.steps());
        let narrow = difference.narrow();
        match (if self == Self::Missing { other } else { self }, narrow) {
            (Self::Money(_), Ok(steps)) => Self::Money(Money::from_raw(steps)),
            (Self::Units(_), Ok(steps)) => Self::Units(Quantity::from_raw(steps)),
            _ => Self::Steps(difference),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(m) => m.fmt(f),
            Self::Units(q) => q.fmt(f),
            Self::Count(n) => n.fmt(f),
            Self::Missing => f.write_str("none"),
            Self::Steps(w) => w.raw().fmt(f),
        }
    }
}

/// The checks of one close.
pub(super) struct Checks<'a> {
    books: &'a Books,
    close: &'a DayClose,
    lines: Vec<CheckLine>,
}

type Checked = Result<(), BookRefusal>;

/// What the checks of a close leave behind, where all of them passed.
pub(super) struct Passed {
    pub(super) lines: Vec<CheckLine>,
    /// What check 7 sums.
    pub(super) trial: TrialBalance,
    /// What check 8 came to.
    pub(super) equity: Vec<EquityLine>,
}

/// Runs checks 1 to 8. Each of them leaves at least one line.
pub(super) fn run(books: &Books, close: &DayClose) -> Result<Passed, BookRefusal> {
    let mut checks = Checks { books, close, lines: Vec::new() };
    let overflow = |Overflow| BookRefusal::overflow(EntryKind::DayClose, &close.session.to_string());
    checks.executions()?;
    checks.market_units().map_err(overflow)??;
    checks.positions().map_err(overflow)??;
    checks.cash().map_err(overflow)??;
    checks.settled()?;
    checks.open_items()?;
    checks.activities()?;
    checks.questions()?;
    let (checked, trial) = checks.chain().map_err(overflow)?;
    checked?;
    let equity = Equity::now(books, close).map_err(overflow)?;
    checks.equity(&equity)?;
    let equity = equity.lines().map_err(overflow)?;
    Ok(Passed { lines: checks.lines, trial, equity })
}

impl Checks<'_> {
    /// Refuses a difference.
    fn equal(&self, check: u8, what: Compared, have: Figure, need: Figure) -> Checked {
        if have == need {
            return Ok(());
        }
        Err(BookRefusal::NotReconciled { session: self.close.session, check, what, have, need })
    }

    /// Refuses a difference and records the equality.
    fn line(&mut self, check: u8, what: Compared, have: Figure, need: Figure) -> Checked {
        let text = what.to_string();
        self.equal(check, what, have, need)?;
        self.lines.push(CheckLine {
            check,
            what: text,
            have: have.to_string(),
            need: need.to_string(),
            difference: have.less(need).to_string(),
        });
        Ok(())
    }

    /// Records that there is nothing on either side.
    fn none(&mut self, check: u8, what: Compared) -> Checked {
        self.line(check, what, Figure::Missing, Figure::Missing)
    }

    /// Check 1, by id: each execution of the broker is booked and stands, and each fill of an open session is the
    /// broker's too.
    fn executions(&mut self) -> Checked {
        let tally = &self.books.tally;
        let mut found: BTreeSet<&ExecutionId> = BTreeSet::new();
        for execution in &self.close.broker.executions {
            let id = &execution.id;
            let need = Figure::Units(execution.quantity);
            let what = || Compared::Execution(id.clone());
            if let Some(fill) = tally.fills.get(id) {
                let have = if fill.instrument == execution.instrument {
                    Figure::Units(fill.quantity)
                } else {
                    Figure::Missing
                };
                self.equal(1, what(), have, need)?;
                found.insert(id);
            } else if tally.busted.contains(id) || self.books.booked(EntryKind::Fill, id.as_str()).is_none() {
                self.equal(1, what(), Figure::Missing, need)?;
            }
        }
        for (id, fill) in tally.fills.iter().filter(|(_, f)| !f.late) {
            if !found.contains(id) {
                self.equal(1, Compared::Execution(id.clone()), Figure::Units(fill.quantity), Figure::Missing)?;
            }
        }
        let late = tally.fills.iter().filter(|(id, f)| f.late && !found.contains(id)).count();
        let count = |n: usize| Figure::Count(u64::try_from(n).unwrap_or(u64::MAX));
        let (have, need) = (tally.fills.len(), found.len().saturating_add(late));
        self.line(1, Compared::Executions, count(have), count(need))
    }

    /// Check 1, by sum: account 9100 = −Σ signed executions, since the last close.
    fn market_units(&mut self) -> Result<Checked, Overflow> {
        let tally = &self.books.tally;
        let mut need: BTreeMap<Symbol, Quantity> = tally.market.keys().map(|s| (*s, Quantity::ZERO)).collect();
        let mut add = |symbol: Symbol, units: Quantity| {
            let sum = need.entry(symbol).or_default();
            *sum = sum.checked_add(units).ok_or(Overflow)?;
            Ok(())
        };
        for execution in self.close.broker.executions.iter().filter(|e| tally.fills.contains_key(&e.id)) {
            add(execution.instrument, execution.quantity.negated())?;
        }
        let reported = |id: &ExecutionId| self.close.broker.executions.iter().any(|e| e.id == *id);
        for (id, fill) in &tally.fills {
            if fill.late && !reported(id) {
                add(fill.instrument, fill.quantity.negated())?;
            }
        }
        for (symbol, units) in &tally.undone {
            add(*symbol, *units)?;
        }
        for (symbol, need) in need {
            let have = tally.market.get(&symbol).copied().unwrap_or_default();
            let checked = self.line(1, Compared::MarketUnits(symbol), Figure::Units(have), Figure::Units(need));
            if checked.is_err() {
                return Ok(checked);
            }
        }
        Ok(Ok(()))
    }

    /// Check 2: units by instrument = the broker's positions.
    fn positions(&mut self) -> Result<Checked, Overflow> {
        let ours = self.books.positions()?;
        let mut need: BTreeMap<Symbol, Quantity> = ours.keys().map(|s| (*s, Quantity::ZERO)).collect();
        for position in &self.close.broker.positions {
            let sum = need.entry(position.instrument).or_default();
            *sum = sum.checked_add(position.quantity).ok_or(Overflow)?;
        }
        if need.is_empty() {
            return Ok(self.none(2, Compared::Positions));
        }
        for (symbol, need) in need {
            let have = ours.get(&symbol).copied().unwrap_or_default();
            let checked = self.line(2, Compared::Position(symbol), Figure::Units(have), Figure::Units(need));
            if checked.is_err() {
                return Ok(checked);
            }
        }
        Ok(Ok(()))
    }

    /// Check 3: 1010 + 1020 + 1030 = the broker's cash; 1010 = its settled cash where it tells.
    fn cash(&mut self) -> Result<Checked, Overflow> {
        let cash = [AccountCode::CASH_SETTLED, AccountCode::CASH_UNSETTLED, AccountCode::CASH_DERIVATIVES];
        let ours = self.books.balances.iter().map(|(k, _)| k).filter(|k| cash.contains(&k.account)).map(|k| k.currency);
        let mut need: BTreeMap<Currency, (Money, Option<Money>)> = ours.map(|c| (c, (Money::ZERO, None))).collect();
        for broker in &self.close.broker.cash {
            need.insert(broker.currency, (broker.total, broker.settled));
        }
        if need.is_empty() {
            return Ok(self.none(3, Compared::AllCash));
        }
        for (currency, (total, settled)) in need {
            let have = self.books.cash(currency)?;
            let mut checked = self.line(3, Compared::Cash(currency), Figure::Money(have.total), Figure::Money(total));
            if let (Ok(()), Some(settled)) = (&checked, settled) {
                let have = Figure::Money(have.settled);
                checked = self.line(3, Compared::SettledCash(currency), have, Figure::Money(settled));
            }
            if checked.is_err() {
                return Ok(checked);
            }
        }
        Ok(Ok(()))
    }

    /// Check 4: nothing of 1020 is dated on or before the session.
    fn settled(&mut self) -> Checked {
        for ((currency, item, _), amount) in self.books.unsettled() {
            if item.as_str().parse::<Date>().is_ok_and(|d| d <= self.close.session.date) {
                let what = Compared::Unsettled(*currency, item.clone());
                self.equal(4, what, Figure::Money(*amount), Figure::Money(Money::ZERO))?;
            }
        }
        self.line(4, Compared::UnsettledItems, Figure::Count(0), Figure::Count(0))
    }

    /// Check 5: accrued fees and interest are younger than 5 sessions; of dividends the pay date is, where it was announced,
    /// not 10 sessions ago.
    fn open_items(&mut self) -> Checked {
        use AccountCode as A;
        for ((account, _, item), open) in self.books.open_items() {
            let (since, limit) = match *account {
                A::FEES_ACCRUED | A::INTEREST_ACCRUED => {
                    (super::fees::session_of(item).unwrap_or(open.since), FEE_SESSIONS)
                }
                A::DIVIDENDS_RECEIVABLE | A::DIVIDENDS_OWED => {
                    match self.books.dividends.get(item).and_then(|d| d.pays) {
                        Some(date) => (SessionId { date, ..self.close.session }, DIVIDEND_SESSIONS),
                        None => continue,
                    }
                }
                _ => continue,
            };
            let closed = self.books.closed.range(since..).filter(|s| **s > since).count();
            let age = u64::try_from(closed).unwrap_or(u64::MAX).saturating_add(u64::from(self.close.session > since));
            if age >= limit {
                let what = Compared::OpenItem(*account, item.clone());
                let most = limit.saturating_sub(1);
                self.equal(5, what, Figure::Count(age), Figure::Count(most))?;
            }
        }
        self.line(5, Compared::OldItems, Figure::Count(0), Figure::Count(0))
    }

    /// Check 6, the broker's side: each of its activities has its entry, and nothing is in suspense.
    fn activities(&mut self) -> Checked {
        let activities = &self.close.broker.activities;
        for activity in activities.iter().filter(|activity| !self.books.has_booked(&activity.id)) {
            self.equal(
                6,
                Compared::Activity(activity.id.as_str().into()),
                Figure::Missing,
                Figure::Money(activity.amount),
            )?;
        }
        let count = Figure::Count(u64::try_from(activities.len()).unwrap_or(u64::MAX));
        self.line(6, Compared::Activities, count, count)?;
        for ((account, currency, item), open) in self.books.open_items() {
            if *account == AccountCode::SUSPENSE {
                let what = Compared::Suspense(*currency, item.clone());
                self.equal(6, what, Figure::Money(open.amount), Figure::Money(Money::ZERO))?;
            }
        }
        self.line(6, Compared::AllSuspense, Figure::Money(Money::ZERO), Figure::Money(Money::ZERO))
    }

    /// Check 6, people's side: no break is open in the review, and nothing queried.
    fn questions(&mut self) -> Checked {
        let OpenQuestions { breaks, queried } = self.close.questions;
        self.line(6, Compared::Breaks, Figure::Count(breaks), Figure::Count(0))?;
        self.line(6, Compared::Queried, Figure::Count(queried), Figure::Count(0))
    }

    /// Check 8: what the broker's figures and the price list say of the change of equity since the last close is what
    /// the postings and the lots say of it.
    fn equity(&mut self, equity: &Equity) -> Checked {
        for symbol in &equity.unpriced {
            self.none(8, Compared::Unpriced(*symbol))?;
        }
        let changes = equity.changes(self.books);
        if changes.is_empty() {
            return self.none(8, Compared::NoEquity);
        }
        for (currency, change) in changes {
            let figure = |wide: Wide| wide.money().map_or(Figure::Steps(wide), Figure::Money);
            let (have, need) = (figure(change.parts()), figure(change.whole()));
            self.line(8, Compared::Equity(currency, Box::new(change)), have, need)?;
        }
        Ok(())
    }

    /// Check 7: the chain that was checked ends where the books end, and all accounts sum to zero.
    fn chain(&mut self) -> Result<(Checked, TrialBalance), Overflow> {
        let ours = Figure::Count(self.books.last_seq);
        let mut checked = self.line(7, Compared::LastEntry, Figure::Count(self.close.head.seq), ours);
        let trial = self.books.trial_balance()?;
        for (currency, sum) in trial.money_totals() {
            if checked.is_ok() {
                let have = sum.money().map_or(Figure::Steps(sum), Figure::Money);
                checked = self.line(7, Compared::Amounts(currency), have, Figure::Money(Money::ZERO));
            }
        }
        for (symbol, sum) in trial.unit_totals() {
            if checked.is_ok() {
                let have = sum.quantity().map_or(Figure::Steps(sum), Figure::Units);
                checked = self.equal(7, Compared::Units(symbol), have, Figure::Units(Quantity::ZERO));
            }
        }
        if checked.is_ok() {
            checked = self.line(7, Compared::Commodities, Figure::Count(0), Figure::Count(0));
        }
        Ok((checked, trial))
    }
}
