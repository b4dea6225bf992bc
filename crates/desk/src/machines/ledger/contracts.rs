//! Futures and perpetuals: units lot by lot without an amount; what they gain is cash at once, or coins
//! (BOOKS.md section 5).

use super::activity::{blank, cash_lines, named};
use super::activity_refusal::ActivityRefusal;
use super::books::{Books, price_of};
use super::coins::{Cause, Coins, note_rate};
use super::fact::{CashActivity, LotChoice};
use super::fill::text;
use super::key::TextKey;
use super::lots::{ChoiceError, Taken, choose, open_units};
use super::refusal::BookRefusal;
use crate::domain::decimal::{Money, Price, Quantity, SCALE};
use crate::domain::ids::{ExecutionId, LotId, OrderId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, Entry, EntryKind, Fact, Facts, Holding, Posting, Tags};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::{Date, Timestamp};
use crate::domain::wide::{Overflow, Wide};

/// How a contract pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// A future: the variation is cash, settled the next business day.
    Future {
        /// Money for one point and contract, above zero.
        multiplier: Quantity,
    },
    /// A perpetual that pays in money, at once, into the derivatives wallet.
    Linear {
        /// Money for one point and contract, above zero.
        multiplier: Quantity,
    },
    /// A perpetual of one unit of money a contract that pays in its coin.
    Inverse {
        /// The coin.
        coin: Symbol,
    },
}

/// An execution of a future or a perpetual.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractFill {
    /// The venue's id of it; the source key.
    pub execution: ExecutionId,
    /// The order filled, where there is one of ours.
    pub order: Option<OrderId>,
    /// What was traded; also the commodity.
    pub instrument: Symbol,
    /// How it pays.
    pub contract: Contract,
    /// What gains and fees are in.
    pub currency: Currency,
    /// Whose order it was.
    pub strategy: StrategyName,
    /// Contracts, negative when sold; not zero.
    pub quantity: Quantity,
    /// Above zero.
    pub price: Price,
    /// Fees in money with their accounts; a rebate is negative.
    pub fees: Vec<(AccountCode, Money)>,
    /// A fee in coins.
    pub coin_fee: Option<Coins>,
    /// Whether it is the expiry, at the final settlement price.
    pub expiry: bool,
    /// When the cash settles.
    pub settles: Date,
    /// The trade session.
    pub session: SessionId,
    /// When it was executed.
    pub effective_at: Timestamp,
    /// Which lots it closes, if it closes any.
    pub lots: LotChoice,
}

/// A future's daily settlement: each lot pays or receives what the price moved since its reference price.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// Which future.
    pub instrument: Symbol,
    /// Money for one point and contract, above zero.
    pub multiplier: Quantity,
    /// The settlement price, above zero.
    pub price: Price,
    /// In which currency.
    pub currency: Currency,
    /// When the cash settles.
    pub settles: Date,
    /// The session that is settled.
    pub session: SessionId,
    /// When the price was known.
    pub effective_at: Timestamp,
}

/// Funding of a perpetual, as the venue books it.
#[derive(Clone, Debug, PartialEq)]
pub struct Funding {
    /// The cash; negative where it was paid. Of nothing where it is in coins.
    pub cash: CashActivity,
    /// Which perpetual.
    pub instrument: Symbol,
    /// Coins paid, where it is paid in coins.
    pub coins: Option<Coins>,
}

/// Money for a move of the price: units × difference × multiplier, half to even at 10⁻⁸.
fn moved(units: Quantity, from: Price, to: Price, multiplier: Quantity) -> Result<Money, Overflow> {
    let points = to.checked_sub(from).ok_or(Overflow)?;
    let exact = Wide::product(points.raw(), units.raw()).times(multiplier.raw()).ok_or(Overflow)?;
    exact.half_even(Wide::product(SCALE, SCALE).raw()).ok_or(Overflow)?.money()
}

/// Coins that an inverse contract gained: units × (1/from − 1/to), half to even at 10⁻⁸; negative for a loss.
fn coins_gained(units: Quantity, from: Price, to: Price) -> Result<Quantity, Overflow> {
    let points = to.checked_sub(from).ok_or(Overflow)?;
    let scaled = Wide::product(points.raw(), units.raw()).times(SCALE).ok_or(Overflow)?;
    scaled.half_even(Wide::product(from.raw(), to.raw()).raw()).ok_or(Overflow)?.quantity()
}

/// A fill on its way into the books.
struct Booking<'a> {
    books: &'a Books,
    fill: &'a ContractFill,
    taken: Vec<Taken<'a>>,
    closing: Quantity,
}

/// The draft of a fill's entry.
pub(super) fn draft(books: &Books, fill: &ContractFill) -> Result<Draft, BookRefusal> {
    let (kind, key) = (EntryKind::Fill, fill.execution.as_str());
    books.not_yet(kind, key)?;
    if fill.quantity.is_zero() || fill.quantity.raw() == i64::MIN {
        return Err(BookRefusal::ZeroQuantity { key: key.to_owned() });
    }
    if fill.price.raw() <= 0 {
        return Err(BookRefusal::PriceNotPositive { execution: fill.execution.clone(), price: fill.price });
    }
    let refused = |e: ChoiceError| e.into_refusal(kind, key);
    let pool = books.pool(fill.instrument, AccountCode::FUTURES);
    let against = pool.first().is_some_and(|lot| (lot.units.raw() < 0) != (fill.quantity.raw() < 0));
    let open = open_units(pool).map_err(|e| refused(e.into()))?;
    let closing = if against { open.min(fill.quantity.magnitude()) } else { Quantity::ZERO };
    let taken = if closing.is_zero() {
        Vec::new()
    } else {
        choose(pool, &fill.lots, closing, fill.instrument).map_err(refused)?
    };
    let booking = Booking { books, fill, taken, closing };
    let gains = booking.gains().map_err(|e| refused(e.into()))?;
    Ok(Draft {
        description: booking.description(),
        facts: booking.facts(&gains).map_err(|e| refused(e.into()))?,
        postings: booking.postings(&gains).map_err(refused)?,
        ..Draft::new(kind, key, books.bookable(fill.session), fill.effective_at)
    })
}

/// What the closing of a part of a lot gained.
enum Gain {
    Money(Money),
    Coins(Quantity),
}

impl Booking<'_> {
    fn description(&self) -> String {
        let fill = self.fill;
        let verb = if fill.quantity.raw() < 0 { "Sell" } else { "Buy" };
        format!("{verb} {} {} at {}", fill.quantity.magnitude(), fill.instrument, fill.price)
    }

    fn gains(&self) -> Result<Vec<Gain>, Overflow> {
        let gain = |part: &Taken<'_>| {
            let from = self.books.reference(&part.lot.lot).ok_or(Overflow)?;
            Ok(match self.fill.contract {
                Contract::Future { multiplier } | Contract::Linear { multiplier } => {
                    Gain::Money(moved(part.units, from, self.fill.price, multiplier)?)
                }
                Contract::Inverse { .. } => Gain::Coins(coins_gained(part.units, from, self.fill.price)?),
            })
        };
        self.taken.iter().map(gain).collect()
    }

    fn realised(gains: &[Gain]) -> Result<Money, Overflow> {
        let money = gains.iter().map(|g| if let Gain::Money(m) = g { *m } else { Money::ZERO });
        money.into_iter().try_fold(Money::ZERO, Money::checked_add).ok_or(Overflow)
    }

    fn facts(&self, gains: &[Gain]) -> Result<Facts, Overflow> {
        let fill = self.fill;
        let mut facts = Facts::from([
            named("price", &fill.price),
            named("quantity", &fill.quantity),
            named("realised", &Self::realised(gains)?),
            named("settles", &fill.settles),
            named("symbol", &fill.instrument),
        ]);
        if !fill.fees.is_empty() {
            let fee = |(account, amount): &(AccountCode, Money)| serde_json::json!({ "account": account.to_string(), "amount": amount.to_string() });
            facts.insert("fees".into(), Fact::Array(fill.fees.iter().map(fee).collect()));
        }
        let coins = self.taken.iter().zip(gains).filter_map(|(part, gain)| match gain {
            Gain::Coins(units) if !units.is_zero() => {
                Some(serde_json::json!({ "lot": part.lot.lot.as_str(), "units": units.to_string() }))
            }
            _ => None,
        });
        let coins: Vec<Fact> = coins.collect();
        if !coins.is_empty() {
            facts.insert("coins".into(), Fact::Array(coins));
        }
        if let Some(fee) = &fill.coin_fee {
            facts.insert("coin_fee".into(), text(&fee.units));
            note_rate(&mut facts, fee);
        }
        if !self.taken.is_empty() || fill.coin_fee.is_some() {
            facts.insert("lot_method".into(), text(fill.lots.as_str()));
        }
        if let Some(order) = &fill.order {
            facts.insert("order".into(), text(order));
        }
        if self.books.bookable(fill.session) != fill.session {
            facts.insert("trade_session".into(), text(&fill.session));
        }
        Ok(facts)
    }

    fn line(&self, account: AccountCode, amount: Money, lot: Option<&LotId>) -> Posting {
        let tags = Tags {
            lot: lot.cloned(),
            strategy: Some(self.fill.strategy),
            instrument: Some(self.fill.instrument),
            fill: Some(self.fill.execution.clone()),
            ..Tags::default()
        };
        Posting { tags, ..Posting::money(account, self.fill.currency, amount) }
    }

    fn units(&self, account: AccountCode, units: Quantity, lot: Option<&LotId>) -> Posting {
        let holding = Some(Holding { commodity: self.fill.instrument, units });
        Posting { holding, ..self.line(account, Money::ZERO, lot) }
    }

    fn postings(&self, gains: &[Gain]) -> Result<Vec<Posting>, ChoiceError> {
        let fill = self.fill;
        let mut postings = Vec::with_capacity(6);
        for part in &self.taken {
            let mut line = self.units(part.lot.account, part.units.negated(), Some(&part.lot.lot));
            line.tags.strategy = part.lot.strategy.or(line.tags.strategy);
            postings.push(line);
        }
        let opening = fill.quantity.magnitude().checked_sub(self.closing).ok_or(Overflow)?;
        if !opening.is_zero() {
            let lot: LotId = format!("{}-{}", fill.instrument, fill.execution).parse().map_err(|_| Overflow)?;
            let units = if fill.quantity.raw() < 0 { opening.negated() } else { opening };
            postings.push(self.units(AccountCode::FUTURES, units, Some(&lot)));
        }
        let counter = if fill.expiry { AccountCode::UNITS_CORPORATE } else { AccountCode::UNITS_MARKET };
        postings.push(self.units(counter, fill.quantity.negated(), None));
        let future = matches!(fill.contract, Contract::Future { .. });
        let account = if future { AccountCode::GAINS_FUTURES } else { AccountCode::GAINS_PERPETUALS };
        for (part, gain) in self.taken.iter().zip(gains) {
            if let Gain::Money(gain) = gain
                && !gain.is_zero()
            {
                let mut line = self.line(account, gain.negated(), Some(&part.lot.lot));
                line.tags.strategy = part.lot.strategy.or(line.tags.strategy);
                postings.push(line);
            }
        }
        self.cash_and_fees(Self::realised(gains)?, future, &mut postings)?;
        self.coins(gains, &mut postings)?;
        Ok(postings)
    }

    fn cash_and_fees(&self, realised: Money, future: bool, postings: &mut Vec<Posting>) -> Result<(), Overflow> {
        let fill = self.fill;
        let fees = fill.fees.iter().try_fold(Money::ZERO, |sum, (_, fee)| sum.checked_add(*fee)).ok_or(Overflow)?;
        let cash = realised.checked_sub(fees).ok_or(Overflow)?;
        if !cash.is_zero() {
            let account = if future { AccountCode::CASH_UNSETTLED } else { AccountCode::CASH_DERIVATIVES };
            let mut line = self.line(account, cash, None);
            if future {
                line.tags.item = Some(self.books.date_item(self.books.settlement_date(fill.currency, fill.settles))?);
            }
            postings.push(line);
        }
        let fees = fill.fees.iter().filter(|(_, fee)| !fee.is_zero());
        postings.extend(fees.map(|(account, fee)| self.line(*account, *fee, None)));
        Ok(())
    }

    /// Coins gained, lost and paid as a fee, in this order.
    fn coins(&self, gains: &[Gain], postings: &mut Vec<Posting>) -> Result<(), ChoiceError> {
        let fill = self.fill;
        let cause = Cause {
            instrument: fill.instrument,
            currency: fill.currency,
            strategy: Some(fill.strategy),
            fill: Some(&fill.execution),
            session: fill.session.date,
        };
        if let Contract::Inverse { coin } = fill.contract {
            let mut received = 0_u32;
            for (part, gain) in self.taken.iter().zip(gains) {
                let Gain::Coins(gained) = gain else { continue };
                let coins = Coins { coin, units: gained.magnitude(), rate: fill.price, stale: false };
                let of = Some(&part.lot.lot);
                if gained.raw() > 0 {
                    received = received.saturating_add(1);
                    let lot = format!("{coin}-{}.{received}", fill.execution).parse().map_err(|_| Overflow)?;
                    postings.extend(cause.receive(&lot, &coins, AccountCode::GAINS_PERPETUALS, of)?);
                } else if gained.raw() < 0 {
                    let pool = self.books.pool(coin, AccountCode::COINS);
                    postings.extend(cause.pay(pool, &fill.lots, &coins, AccountCode::GAINS_PERPETUALS, of)?);
                }
            }
        }
        if let Some(fee) = &fill.coin_fee {
            let pool = self.books.pool(fee.coin, AccountCode::COINS);
            let left = super::coins::after(pool, postings, AccountCode::COINS);
            postings.extend(cause.pay(&left, &fill.lots, fee, AccountCode::COMMISSIONS, None)?);
        }
        Ok(())
    }
}

/// The daily settlement of a future; nothing where no contract is open or the price did not move.
pub(super) fn variation(books: &Books, v: &Variation) -> Result<Vec<Draft>, BookRefusal> {
    let (kind, key) = (EntryKind::Variation, format!("{}:{}", v.instrument, v.session));
    books.not_yet(kind, &key)?;
    let overflow = |_| BookRefusal::overflow(kind, &key);
    let settles = books.settlement_date(v.currency, v.settles);
    let item = books.date_item(settles).map_err(overflow)?;
    let mut postings = Vec::new();
    for lot in books.pool(v.instrument, AccountCode::FUTURES) {
        let from = books.reference(&lot.lot).ok_or(Overflow).map_err(overflow)?;
        let gain = moved(lot.units, from, v.price, v.multiplier).map_err(overflow)?;
        if gain.is_zero() {
            continue;
        }
        let tags = Tags {
            lot: Some(lot.lot.clone()),
            strategy: lot.strategy,
            instrument: Some(v.instrument),
            ..Tags::default()
        };
        let mut cash = Posting { tags: tags.clone(), ..Posting::money(AccountCode::CASH_UNSETTLED, v.currency, gain) };
        cash.tags.item = Some(item.clone());
        postings.push(cash);
        postings.push(Posting { tags, ..Posting::money(AccountCode::GAINS_FUTURES, v.currency, gain.negated()) });
    }
    if postings.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Draft {
        description: format!("Daily settlement of {} at {}", v.instrument, v.price),
        facts: Facts::from([named("symbol", &v.instrument), named("price", &v.price), named("settles", &settles)]),
        postings,
        ..Draft::new(kind, &key, books.bookable(v.session), v.effective_at)
    }])
}

/// Funding, shared by the strategies that hold the perpetual, as their units are.
pub(super) fn funding(books: &Books, f: &Funding) -> Result<Draft, BookRefusal> {
    let (kind, key) = (EntryKind::Funding, f.cash.activity.as_str());
    books.not_yet(kind, key)?;
    if f.cash.amount.is_zero() && f.coins.is_none() {
        return Err(ActivityRefusal::NoAmount { kind, key: key.to_owned() }.into());
    }
    let refused = |e: ChoiceError| e.into_refusal(kind, key);
    let holders = books.holders(f.instrument, AccountCode::FUTURES).map_err(|e| refused(e.into()))?;
    let mut facts = Facts::from([named("symbol", &f.instrument), named("amount", &f.cash.amount)]);
    let mut postings = Vec::new();
    for (strategy, amount) in holders.share(f.cash.amount).map_err(|e| refused(e.into()))? {
        let cash = CashActivity { amount, ..f.cash.clone() };
        let tags = Tags { strategy, instrument: Some(f.instrument), ..Tags::default() };
        let lines = cash_lines(AccountCode::CASH_DERIVATIVES, blank(AccountCode::FUNDING, &cash, tags), &cash);
        postings.extend(lines.into_iter().filter(|l| !l.amount.is_zero()));
    }
    if let Some(coins) = &f.coins {
        let cause = Cause {
            instrument: f.instrument,
            currency: f.cash.currency,
            strategy: books.pool(f.instrument, AccountCode::FUTURES).first().and_then(|lot| lot.strategy),
            fill: None,
            session: f.cash.session.date,
        };
        let pool = books.pool(coins.coin, AccountCode::COINS);
        postings.extend(cause.pay(pool, &LotChoice::Fifo, coins, AccountCode::FUNDING, None).map_err(refused)?);
        facts.insert("coins".into(), text(&coins.units));
        note_rate(&mut facts, coins);
    }
    let units = holders.total().map_err(|e| refused(e.into()))?;
    let way = if f.cash.amount.raw() > 0 { "received" } else { "paid" };
    Ok(Draft {
        description: format!("Funding {way} on {units} {}", f.instrument),
        facts,
        postings,
        ..Draft::new(kind, key, books.bookable(f.cash.session), f.cash.effective_at)
    })
}

impl Books {
    /// What a contract's lot was last settled at.
    #[must_use]
    pub fn reference(&self, lot: &LotId) -> Option<Price> {
        if self.references.is_empty() {
            return None;
        }
        self.references.get(&TextKey::new(lot.as_str())).copied()
    }

    /// Folds a daily settlement: every open lot of the instrument stands at its price from then on.
    pub(super) fn note_variation(&mut self, entry: &Entry) {
        let instrument = entry.draft.postings.iter().find_map(|p| p.tags.instrument);
        let (Some(instrument), Some(price)) = (instrument, price_of(entry)) else { return };
        if let Some(pool) = self.pools.get(&(instrument, AccountCode::FUTURES)) {
            self.references.extend(pool.iter().map(|lot| (TextKey::new(lot.lot.as_str()), price)));
        }
    }
}
