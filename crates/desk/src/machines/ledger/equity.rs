//! Equity at market, and what made it change since the last close (BOOKS.md section 12, check 8).
//!
//! One side is the broker's: its cash and its positions at the listed prices, with what accrues in the books and is not
//! in its cash yet. The other is the books' own: what was posted to the accounts of results, and what the open lots are worth
//! beyond their cost. An instrument without a price counts at its cost on both sides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize as _;

use super::books::Books;
use super::close::DayClose;
use super::prices::{EquityLine, worth};
use crate::domain::ids::SessionId;
use crate::domain::journal::{AccountCode, Entry};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::wide::{Overflow, Wide};

/// The name of the fact in which a `day_close` tells the next close what it came to.
pub(super) const FACT: &str = "equity";

/// The accounts of results and of equity, float and conversion among them: what is neither owned nor owed nor units.
const RESULTS: std::ops::Range<u16> = 3000..9000;

/// Σ amount by account of results; credits are negative.
type Results = BTreeMap<(AccountCode, Currency), Wide>;

/// Equity in a currency, and what of it is not realised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) equity: Wide,
    pub(super) unrealised: Wide,
}

/// Where check 8 begins: what the last close came to. Before the first one there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Basis {
    session: Option<SessionId>,
    standings: BTreeMap<Currency, Standing>,
    results: Results,
}

impl Basis {
    /// As a `day_close` leaves it. One that tells no equity is of version 1, which listed no prices: its positions
    /// count at cost.
    pub(super) fn after(books: &Books, close: &Entry) -> Self {
        let results = books.results();
        let told = close.draft.facts.get(FACT).and_then(|fact| Vec::<EquityLine>::deserialize(fact).ok());
        let mut standings: BTreeMap<Currency, Standing> = BTreeMap::new();
        match told {
            Some(lines) => standings.extend(lines.iter().map(|line| {
                let (equity, unrealised) = (line.equity.into(), line.unrealised.into());
                (line.currency, Standing { equity, unrealised })
            })),
            None => results.iter().for_each(|((_, currency), sum)| {
                standings.entry(*currency).or_default().equity += -*sum;
            }),
        }
        Self { session: Some(close.draft.session), standings, results }
    }

    /// Leaves out what the end of a fiscal year moves between the accounts of results.
    pub(super) fn leave_out(&mut self, year_close: &Entry) {
        for p in year_close.draft.postings.iter().filter(|p| RESULTS.contains(&p.account.code())) {
            *self.results.entry((p.account, p.currency)).or_default() += Wide::from(p.amount);
        }
    }
}

/// What the books hold of an instrument in a currency.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    units: Wide,
    cost: Wide,
    /// Of contracts, which carry no amount: what they were last settled at, and so paid for.
    paid: Wide,
}

/// Equity now.
#[derive(Clone, Debug, Default)]
pub(super) struct Equity {
    pub(super) standings: BTreeMap<Currency, Standing>,
    /// What is held and has no price.
    pub(super) unpriced: BTreeSet<Symbol>,
}

impl Equity {
    /// Both sides of a close: what the broker says, and what the lots are worth beyond their cost.
    pub(super) fn now(books: &Books, close: &DayClose) -> Result<Self, Overflow> {
        let mut equity = Self::default();
        let held = held(books, close)?;
        for ((symbol, currency), held) in &held {
            let line = close.prices.of(*symbol);
            match line.map(|line| line.value(held.units.quantity()?)).transpose()?.flatten() {
                Some(value) => equity.of(*currency).unrealised += Wide::from(value) - held.cost - held.paid,
                None => drop(equity.unpriced.insert(*symbol)),
            }
            equity.of(*currency).equity += -held.paid;
        }
        equity.broker(close, &held)?;
        for (key, balance) in books.balances.iter().filter(|(key, _)| accrues(key.account)) {
            equity.of(key.currency).equity += Wide::from(balance.amount);
        }
        Ok(equity)
    }

    /// The broker's cash, and its positions at the listed prices, at cost where there is none.
    fn broker(&mut self, close: &DayClose, held: &BTreeMap<(Symbol, Currency), Held>) -> Result<(), Overflow> {
        for cash in &close.broker.cash {
            self.of(cash.currency).equity += Wide::from(cash.total);
        }
        let mut positions: BTreeMap<Symbol, Wide> = BTreeMap::new();
        for position in &close.broker.positions {
            *positions.entry(position.instrument).or_default() += Wide::from(position.quantity);
        }
        for (symbol, units) in positions {
            let line = close.prices.of(symbol);
            match (line, line.map(|line| line.value(units.quantity()?)).transpose()?.flatten()) {
                (Some(line), Some(value)) => self.of(line.currency).equity += Wide::from(value),
                _ => {
                    for ((_, currency), held) in held.iter().filter(|((of, _), _)| *of == symbol) {
                        self.of(*currency).equity += held.cost;
                    }
                }
            }
        }
        Ok(())
    }

    fn of(&mut self, currency: Currency) -> &mut Standing {
        self.standings.entry(currency).or_default()
    }

    /// As a record tells it.
    pub(super) fn lines(&self) -> Result<Vec<EquityLine>, Overflow> {
        let line = |(currency, standing): (&Currency, &Standing)| {
            let (equity, unrealised) = (standing.equity.money()?, standing.unrealised.money()?);
            Ok(EquityLine { currency: *currency, equity, unrealised })
        };
        self.standings.iter().map(line).collect()
    }

    /// What changed since the last close, by currency.
    pub(super) fn changes(&self, books: &Books) -> BTreeMap<Currency, Change> {
        let (basis, now) = (&books.basis, books.results());
        let of_results = now.keys().chain(basis.results.keys()).map(|(_, currency)| currency);
        let currencies = self.standings.keys().chain(basis.standings.keys()).chain(of_results);
        let mut changes: BTreeMap<Currency, Change> = currencies.map(|c| (*c, Change::new(basis.session))).collect();
        for (currency, change) in &mut changes {
            let standing = |of: &BTreeMap<Currency, Standing>| of.get(currency).copied().unwrap_or_default();
            let (before, after) = (standing(&basis.standings), standing(&self.standings));
            (change.before, change.after) = (before.equity, after.equity);
            change.unrealised = after.unrealised - before.unrealised;
            for (sign, results) in [(-1, &now), (1, &basis.results)] {
                for ((account, _), sum) in results.iter().filter(|((_, of), _)| of == currency) {
                    *change.part(*account) += *sum * sign;
                }
            }
        }
        changes
    }
}

/// What made equity change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The last close; nothing where this is the first.
    since: Option<SessionId>,
    before: Wide,
    after: Wide,
    realised: Wide,
    unrealised: Wide,
    income: Wide,
    /// Expenses are below zero.
    expenses: Wide,
    float: Wide,
    conversion: Wide,
}

impl Change {
    fn new(since: Option<SessionId>) -> Self {
        Self { since, ..Self::default() }
    }

    /// Where an account of results belongs.
    const fn part(&mut self, account: AccountCode) -> &mut Wide {
        match account.code() {
            3900 => &mut self.conversion,
            3000..4000 => &mut self.float,
            4110 | 4120 | 4130 | 4140 => &mut self.realised,
            4000..5000 => &mut self.income,
            _ => &mut self.expenses,
        }
    }

    /// What the books say of the change: the sum of its parts.
    pub(super) fn parts(&self) -> Wide {
        self.realised + self.unrealised + self.income + self.expenses + self.float + self.conversion
    }

    /// What the broker says of it.
    pub(super) fn whole(&self) -> Wide {
        self.after - self.before
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |wide: Wide| wide.money().map_or_else(|_| wide.raw().to_string(), |money| money.to_string());
        match self.since {
            Some(session) => write!(f, "since {session}")?,
            None => f.write_str("since the beginning")?,
        }
        write!(f, ", from {} to {}", figure(self.before), figure(self.after))?;
        write!(f, ": realised {}, unrealised {}", figure(self.realised), figure(self.unrealised))?;
        write!(f, ", income {}, expenses {}", figure(self.income), figure(-self.expenses))?;
        write!(f, ", float {}, currency result {}", figure(self.float), figure(self.conversion))
    }
}

/// Whether an account holds what is owed or claimed and is not in the broker's cash yet.
fn accrues(account: AccountCode) -> bool {
    let cash = [AccountCode::CASH_SETTLED, AccountCode::CASH_UNSETTLED, AccountCode::CASH_DERIVATIVES];
    account.code() < RESULTS.start && !account.is_position() && !cash.contains(&account)
}

/// What the books hold, by instrument and currency. Rounded once for each (BOOKS.md section 4), however many its lots.
fn held(books: &Books, close: &DayClose) -> Result<BTreeMap<(Symbol, Currency), Held>, Overflow> {
    let mut held: BTreeMap<(Symbol, Currency), Held> = BTreeMap::new();
    for lot in books.open_lots() {
        let sum = held.entry((lot.commodity, lot.currency)).or_default();
        sum.units += Wide::from(lot.units);
        sum.cost += Wide::from(lot.cost);
        let line = close.prices.of(lot.commodity).filter(|line| line.price.is_some());
        if let (Some(line), Some(reference)) = (line, books.reference(&lot.lot)) {
            sum.paid += Wide::from(worth(lot.units, reference, line.multiplier)?);
        }
    }
    Ok(held)
}

impl Books {
    /// The balances of the accounts of results.
    fn results(&self) -> Results {
        let mut results = Results::new();
        for (key, balance) in self.balances.iter().filter(|(key, _)| RESULTS.contains(&key.account.code())) {
            *results.entry((key.account, key.currency)).or_default() += Wide::from(balance.amount);
        }
        results
    }
}
