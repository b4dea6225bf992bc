//! Equity by the books (LEDG-3a): assets less liabilities, positions at their last price. What risk measures (STRAT-11) is
//! the strategies' own: it leaves out the day's rounding of fees, and whatever else is booked beside fills.

use super::trader::{Record, Trader};
use crate::domain::chart::AccountType;
use crate::domain::decimal::{Price, Quantity};
use crate::domain::journal::{AccountCode, Entry};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::wide::{Overflow, Wide, value_of};
use crate::machines::ledger::Books;
use crate::machines::ledger::prices::worth;

/// What the books hold after an entry, ready to be held against prices. Amounts of other currencies are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// The last entry that it is of.
    seq: u64,
    /// Assets less liabilities, positions left out.
    money: Wide,
    /// Float that came in less float that went back.
    contributed: Wide,
    /// Units and cost of what is held.
    held: Vec<(Symbol, Quantity, Wide)>,
    /// Units of each open lot of a contract, and the price at which it was settled last, or opened.
    contracts: Vec<(Symbol, Quantity, Price)>,
}

/// What something is priced at, and the money for one unit and point.
pub type Priced = (Price, Quantity);

impl Worth {
    /// Of books as they are.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn of(books: &Books) -> Result<Self, Overflow> {
        let mut worth = Self { seq: books.last_seq(), ..Self::default() };
        for (key, balance) in books.balances().filter(|(key, _)| key.currency == Currency::USD) {
            let amount = Wide::from(balance.amount);
            // What a contract is worth beyond what was settled is in no balance.
            let at_cost = key.account.is_position() && key.account != AccountCode::FUTURES;
            match (key.commodity.filter(|_| at_cost), AccountType::of(key.account)) {
                (Some(commodity), _) => worth.hold(commodity, balance.units, amount)?,
                (_, Some(AccountType::Asset | AccountType::Liability)) => worth.money += amount,
                _ if [AccountCode::FLOAT_CONTRIBUTED, AccountCode::FLOAT_RETURNED].contains(&key.account) => {
                    worth.contributed += -amount;
                }
                _ => {}
            }
        }
        worth.held.retain(|(_, units, cost)| !(units.is_zero() && *cost == Wide::ZERO));
        let contracts = books.open_lots().filter(|l| l.account == AccountCode::FUTURES && l.currency == Currency::USD);
        worth.contracts = contracts.filter_map(|l| Some((l.commodity, l.units, books.reference(&l.lot)?))).collect();
        Ok(worth)
    }

    /// Of the same books later: nothing is summed anew where nothing was booked.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn follow(&mut self, books: &Books) -> Result<(), Overflow> {
        if self.seq != books.last_seq() {
            *self = Self::of(books)?;
        }
        Ok(())
    }

    fn hold(&mut self, commodity: Symbol, units: Quantity, cost: Wide) -> Result<(), Overflow> {
        match self.held.iter_mut().find(|(of, ..)| *of == commodity) {
            Some((_, sum, all)) => {
                *sum = sum.checked_add(units).ok_or(Overflow)?;
                *all += cost;
            }
            None => self.held.push((commodity, units, cost)),
        }
        Ok(())
    }

    /// Assets less liabilities at these prices; what has none counts at cost. A contract counts with what it has gained since it
    /// was settled last.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn equity(&self, price: impl Fn(&Symbol) -> Option<Priced>) -> Result<Wide, Overflow> {
        let mut equity = self.money;
        for (commodity, units, cost) in &self.held {
            equity += match price(commodity) {
                Some((price, _)) => Wide::from(value_of(*units, price)?),
                None => *cost,
            };
        }
        for (commodity, units, settled) in &self.contracts {
            if let Some((price, multiplier)) = price(commodity) {
                let at = |price| Ok::<_, Overflow>(Wide::from(worth(*units, price, multiplier)?));
                equity += at(price)? - at(*settled)?;
            }
        }
        Ok(equity)
    }

    /// Float that came in less float that went back: no part of any result.
    #[must_use]
    pub const fn contributed(&self) -> Wide {
        self.contributed
    }
}

impl<R: Record> Trader<R> {
    /// Equity by the books, at the last closes.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn worth(&self) -> Result<Wide, Overflow> {
        self.worth_of(&Worth::of(&self.books)?)
    }

    /// The same, of books that were summed before.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn worth_of(&self, worth: &Worth) -> Result<Wide, Overflow> {
        let multiplier = |symbol: &Symbol| {
            let terms = self.symbols.binary_search(symbol).ok().and_then(|place| self.setup.instruments.get(place));
            terms.map_or(Quantity::whole(1), |terms| Quantity::from_raw(terms.multiplier.raw()))
        };
        worth.equity(|symbol| Some((self.last_close(symbol)?, multiplier(symbol))))
    }

    /// Folds entries that were booked elsewhere.
    pub fn follow_books(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.books.apply(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::Money;
    use crate::domain::ids::{Identity, StrategyName};
    use crate::machines::ledger::{
        BookFact, CashActivity, Contract, ContractFill, Journal, LotChoice, Opening, Variation,
    };

    /// LEDG-3a: equity is assets less liabilities at market; a float moves it and no result, a position without a price
    /// counts at cost.
    #[test]
    fn ledg_3a_equity_is_what_the_books_hold_at_the_last_price() {
        let identity: Identity = "EXAMPLE_US_SIM_01".parse().unwrap();
        let (mut books, mut journal) = (Books::new(identity.clone()), Journal::new(identity));
        let (session, at) = ("XNYS:2026-06-01".parse().unwrap(), "2026-06-01T15:00:00Z".parse().unwrap());
        let cash = |id: &str, amount: i64| CashActivity {
            activity: id.to_owned(),
            amount: Money::whole(amount),
            currency: Currency::USD,
            session,
            effective_at: at,
        };
        let acme: Symbol = "ACME".parse().unwrap();
        let opening = Opening {
            instrument: acme,
            quantity: Quantity::whole(10),
            cost: Money::whole(500),
            currency: Currency::USD,
            acquired: "2026-05-01".parse().unwrap(),
            session,
            effective_at: at,
        };
        let facts = [
            BookFact::FloatIn(cash("F-1", 1_000)),
            BookFact::Opening(opening),
            BookFact::Interest(cash("I-1", 7)),
            BookFact::FloatOut(cash("F-2", 300)),
        ];
        let mut worth = Worth::default();
        let mut seen = Vec::new();
        for fact in facts {
            for draft in books.decide(at, &fact).unwrap() {
                books.apply(&journal.append(draft, at).unwrap().entry);
            }
            worth.follow(&books).unwrap();
            let of = |price: Option<Price>| {
                worth.equity(|_| price.map(|price| (price, Quantity::whole(1)))).unwrap().money().unwrap()
            };
            seen.push((of(None), of(Some(Price::whole(52))), worth.contributed().money().unwrap()));
        }
        let usd = Money::whole;
        assert_eq!(
            seen,
            [
                (usd(1_000), usd(1_000), usd(1_000)),
                (usd(1_500), usd(1_520), usd(1_500)),
                (usd(1_507), usd(1_527), usd(1_500)),
                (usd(1_207), usd(1_227), usd(1_200)),
            ]
        );
    }

    /// LEDG-3a, BOOKS.md section 10: an open future counts with what it gained since it was settled last, whatever else was paid.
    #[test]
    fn ledg_3a_a_future_counts_with_what_is_not_settled_yet() {
        let identity: Identity = "EXAMPLE_US_SIM_01".parse().unwrap();
        let (mut books, mut journal) = (Books::new(identity.clone()), Journal::new(identity));
        let (session, at) = ("XNYS:2026-06-01".parse().unwrap(), "2026-06-01T15:00:00Z".parse().unwrap());
        let (instrument, multiplier) = ("MESU6".parse().unwrap(), Quantity::whole(5));
        let settles = "2026-06-02".parse().unwrap();
        let bought = ContractFill {
            execution: "x1".parse().unwrap(),
            order: None,
            instrument,
            contract: Contract::Future { multiplier },
            currency: Currency::USD,
            strategy: StrategyName::Open,
            quantity: Quantity::whole(2),
            price: Price::whole(5_300),
            fees: Vec::new(),
            coin_fee: None,
            expiry: false,
            settles,
            session,
            effective_at: at,
            lots: LotChoice::Fifo,
        };
        let settled = Variation {
            instrument,
            price: Price::whole(5_310),
            multiplier,
            currency: Currency::USD,
            settles,
            session,
            effective_at: at,
        };
        let mut seen = Vec::new();
        for fact in [BookFact::ContractFill(bought), BookFact::Variation(settled)] {
            for draft in books.decide(at, &fact).unwrap() {
                books.apply(&journal.append(draft, at).unwrap().entry);
            }
            let equity = Worth::of(&books).unwrap().equity(|_| Some((Price::whole(5_312), multiplier))).unwrap();
            seen.push(equity.money().unwrap());
        }
        // 2 × 12 × 5, before the daily settlement as after it.
        assert_eq!(seen, [Money::whole(120), Money::whole(120)]);
    }
}
