//! Positions and lots, at cost and at market. Market values are asked for and never posted (BOOKS.md section 10).

use std::collections::BTreeMap;

use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::journal::AccountCode;
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Timestamp;
use desk::domain::wide::{Overflow, Wide};
use desk::machines::ledger::prices::worth;

use super::asked::Chosen;
use super::prices::{Listed, Prices, prices};
use super::table::{Cell, Table};
use super::{add, beyond, take};
use crate::store::LotLine;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

/// What something is worth at the market, and by which price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Worth {
    pub(crate) price: Price,
    pub(crate) at: Option<Timestamp>,
    pub(crate) value: Money,
    /// Value less cost.
    pub(crate) gain: Money,
}

/// A lot, and what it is worth; nothing without a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lot {
    pub(crate) line: LotLine,
    pub(crate) worth: Option<Worth>,
}

/// All lots of an instrument in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) commodity: Symbol,
    pub(crate) account: AccountCode,
    pub(crate) currency: Currency,
    pub(crate) units: Quantity,
    pub(crate) cost: Money,
    pub(crate) worth: Option<Worth>,
}

/// All positions of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) currency: Currency,
    pub(crate) cost: Money,
    /// Of those with a price.
    pub(crate) value: Money,
    pub(crate) gain: Money,
    /// How many have none.
    pub(crate) without: u64,
}

/// What is held after the last of the days.
pub(crate) struct Holdings {
    pub(crate) lots: Vec<Lot>,
    pub(crate) positions: Vec<Position>,
    pub(crate) totals: Vec<Total>,
    pub(crate) listed: Listed,
}

/// Draws them up.
pub(crate) async fn holdings(shared: &Shared, chosen: &Chosen) -> Result<Holdings, Refusal> {
    let lines = chosen.summed.lots(&chosen.book, &chosen.scope.through()).await?;
    let listed = prices(shared, chosen, &lines).await?;
    let lots = valued(lines, listed.prices()).map_err(|_| beyond())?;
    let positions = positions(&lots)?;
    let totals = totals(&positions)?;
    Ok(Holdings { lots, positions, totals, listed })
}

/// The value of an instrument is rounded once (BOOKS.md section 4): each lot has what its units add to the value of those
/// before it, so that lots and positions sum to the same figure. Of contracts, which carry no cost, the value is what they
/// gained since they were last settled.
fn valued(lines: Vec<LotLine>, prices: Option<&Prices>) -> Result<Vec<Lot>, Overflow> {
    let mut held = BTreeMap::<(Symbol, Currency), (Quantity, Money)>::new();
    let mut lots = Vec::with_capacity(lines.len());
    for line in lines {
        let listed = prices.and_then(|p| p.list.of(line.commodity)).filter(|l| l.currency == line.currency);
        let paid = match (line.account, prices.and_then(|p| p.references.get(&line.lot))) {
            (AccountCode::FUTURES, reference) => reference.copied(),
            _ => Some(Price::ZERO),
        };
        let (Some(listed), Some(paid)) = (listed, paid) else {
            lots.push(Lot { line, worth: None });
            continue;
        };
        let Some(price) = listed.price else {
            lots.push(Lot { line, worth: None });
            continue;
        };
        let (units, value) = held.entry((line.commodity, line.currency)).or_default();
        let before = *value;
        *units = units.checked_add(line.units).ok_or(Overflow)?;
        *value = worth(*units, price, listed.multiplier)?;
        let own = Wide::from(*value) - Wide::from(before) - Wide::from(worth(line.units, paid, listed.multiplier)?);
        let gain = (own - Wide::from(line.cost)).money()?;
        lots.push(Lot { worth: Some(Worth { price, at: listed.at, value: own.money()?, gain }), line });
    }
    Ok(lots)
}

fn positions(lots: &[Lot]) -> Result<Vec<Position>, Refusal> {
    let mut positions = BTreeMap::<(Symbol, AccountCode, Currency), Position>::new();
    for Lot { line, worth } in lots {
        let (commodity, account, currency) = (line.commodity, line.account, line.currency);
        match positions.get_mut(&(commodity, account, currency)) {
            None => {
                let (units, cost) = (line.units, line.cost);
                let own = Position { commodity, account, currency, units, cost, worth: *worth };
                positions.insert((commodity, account, currency), own);
            }
            Some(own) => {
                own.units = own.units.checked_add(line.units).ok_or_else(beyond)?;
                own.cost = add(own.cost, line.cost)?;
                own.worth = match (own.worth, worth) {
                    (Some(a), Some(b)) => {
                        Some(Worth { value: add(a.value, b.value)?, gain: add(a.gain, b.gain)?, ..a })
                    }
                    _ => None,
                };
            }
        }
    }
    Ok(positions.into_values().collect())
}

fn totals(positions: &[Position]) -> Result<Vec<Total>, Refusal> {
    let mut totals = BTreeMap::<Currency, Total>::new();
    for p in positions {
        let currency = p.currency;
        let fresh = Total { currency, cost: Money::ZERO, value: Money::ZERO, gain: Money::ZERO, without: 0 };
        let total = totals.entry(currency).or_insert(fresh);
        total.cost = add(total.cost, p.cost)?;
        match p.worth {
            Some(worth) => {
                total.value = add(total.value, worth.value)?;
                total.gain = add(total.gain, worth.gain)?;
            }
            None => total.without = total.without.saturating_add(1),
        }
    }
    Ok(totals.into_values().collect())
}

impl Holdings {
    /// The total of a currency.
    pub(crate) fn total(&self, currency: Currency) -> Option<&Total> {
        self.totals.iter().find(|t| t.currency == currency)
    }

    /// Cost and currency; price, its time, value and gain; which list they are of.
    fn figures(&self, cost: Money, currency: Currency, worth: Option<Worth>) -> [Cell; 8] {
        let prices = self.listed.prices();
        [
            Cell::money(cost),
            Cell::plain(currency),
            Cell::maybe(worth.map(|w| w.price)),
            Cell::maybe(worth.and_then(|w| w.at)),
            Cell::maybe_money(worth.map(|w| w.value)),
            Cell::maybe_money(worth.map(|w| w.gain)),
            prices.map_or(Cell::Nothing, |p| Cell::text(&p.list.source)),
            Cell::hash(prices.and_then(|p| p.hash)),
        ]
    }

    /// Positions as a table; the totals of each currency follow them.
    pub(crate) fn positions_table(&self) -> Table {
        const COLUMNS: &[&str] = &[
            "commodity",
            "account",
            "units",
            "cost",
            "currency",
            "price",
            "price_at",
            "value",
            "unrealised",
            "price_source",
            "price_list",
            "without_price",
        ];
        let row = |p: &Position| {
            let mut row = vec![Cell::text(p.commodity), Cell::plain(p.account), Cell::plain(p.units)];
            row.extend(self.figures(p.cost, p.currency, p.worth));
            row.push(Cell::Number(u64::from(p.worth.is_none())));
            row
        };
        let total = |t: &Total| {
            let mut row = vec![Cell::text("Total"), Cell::Nothing, Cell::Nothing];
            row.extend([Cell::money(t.cost), Cell::plain(t.currency), Cell::Nothing, Cell::Nothing]);
            row.extend([Cell::money(t.value), Cell::money(t.gain), Cell::Nothing, Cell::Nothing]);
            row.push(Cell::Number(t.without));
            row
        };
        Table::new(COLUMNS, self.positions.iter().map(row).chain(self.totals.iter().map(total)))
    }

    /// Lots as a table.
    pub(crate) fn lots_table(&self) -> Table {
        const COLUMNS: &[&str] = &[
            "commodity",
            "account",
            "lot",
            "strategy",
            "since",
            "units",
            "cost",
            "currency",
            "price",
            "price_at",
            "value",
            "unrealised",
            "price_source",
            "price_list",
        ];
        let row = |lot: &Lot| {
            let l = &lot.line;
            let mut row = vec![Cell::text(l.commodity), Cell::plain(l.account), Cell::text(l.lot.as_str())];
            row.extend([Cell::text(&l.strategy), Cell::plain(l.since.date), Cell::plain(l.units)]);
            row.extend(self.figures(l.cost, l.currency, lot.worth));
            row
        };
        Table::new(COLUMNS, self.lots.iter().map(row))
    }
}

/// What a currency's balance sheet is at market: positions there, what of it is not realised, and equity with it.
pub(crate) struct AtMarket {
    pub(crate) value: Money,
    pub(crate) gain: Money,
    pub(crate) equity: Money,
    pub(crate) without: u64,
}

/// Of equity at cost, what the market makes of it; nothing where nothing is held or nothing is priced.
pub(crate) fn at_market(holdings: &Holdings, currency: Currency, equity: Money) -> Result<Option<AtMarket>, Refusal> {
    if holdings.listed.prices().is_none() {
        return Ok(None);
    }
    let Some(total) = holdings.total(currency) else { return Ok(None) };
    // What has no price stands at its cost.
    let bare = take(total.cost, take(total.value, total.gain)?)?;
    let (value, equity) = (add(total.value, bare)?, add(equity, total.gain)?);
    Ok(Some(AtMarket { value, gain: total.gain, equity, without: total.without }))
}
