//! Executions of shares (BOOKS.md section 5): positions, units, gains, cash, fees, accruals, in this order.

use std::borrow::Cow;

use super::books::Books;
use super::fact::{Fill, LotChoice};
use super::lots::{ChoiceError, Shares, Taken, choose, open_units};
use super::refusal::BookRefusal;
use crate::domain::decimal::{DecimalText, Money, Quantity};
use crate::domain::ids::{ItemId, LotId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Draft, EntryKind, Fact, Facts, FeeKind, Holding, Posting, Tags};
use crate::domain::time::Date;
use crate::domain::wide::{Overflow, value_of};

/// The longest lot id in bytes, as of every id.
const LONGEST_LOT: usize = 200;

/// The account that a fee of this kind is expensed in.
pub(super) const fn fee_account(fee: FeeKind) -> AccountCode {
    match fee {
        FeeKind::Sec => AccountCode::SEC_FEE,
        FeeKind::Taf => AccountCode::TAF,
    }
}

/// Text as a fact.
pub(super) fn text(value: &(impl ToString + ?Sized)) -> Fact {
    Fact::String(value.to_string())
}

/// Whether a long position acquired in one session and closed in another was held for more than a year: the closing
/// session is on or after (acquisition session + 1 day) + 1 year (BOOKS.md section 7).
#[must_use]
pub fn is_long_term(acquired: Date, closed: Date) -> bool {
    let (year, month, day) = acquired.plus(1).ymd();
    let next = year.saturating_add(1);
    // 29 February has no anniversary; the year is over with the last of the month.
    let from = Date::new(next, month, day).or_else(|| Date::new(next, 3, 1));
    from.is_some_and(|from| closed >= from)
}

/// The draft of a fill's entry. The source key is the execution's id, unless a reversed fill is booked anew.
pub(super) fn draft(books: &Books, fill: &Fill, key: &str) -> Result<Draft, BookRefusal> {
    books.not_yet(EntryKind::Fill, key)?;
    check(fill)?;
    let overflow = |Overflow| BookRefusal::overflow(EntryKind::Fill, key);
    let closes = if fill.quantity.raw() < 0 { AccountCode::LONG_POSITIONS } else { AccountCode::SHORT_POSITIONS };
    let pool = books.pool(fill.instrument, closes);
    if let Some(other) = pool.iter().find(|l| l.currency != fill.currency) {
        return Err(BookRefusal::OtherCurrency {
            execution: fill.execution.clone(),
            currency: fill.currency,
            lot: other.lot.clone(),
            cost_in: other.currency,
        });
    }
    let closing = open_units(pool).map_err(overflow)?.min(fill.quantity.magnitude());
    let taken = if closing.is_zero() {
        Vec::new()
    } else {
        choose(pool, &fill.lots, closing, fill.instrument).map_err(|e| match e {
            ChoiceError::Refused(refusal) => refusal,
            ChoiceError::Overflow(e) => overflow(e),
        })?
    };
    if let (true, LotChoice::Specific(named)) = (closing.is_zero(), &fill.lots)
        && let Some((lot, _)) = named.first()
    {
        return Err(BookRefusal::UnknownLot { lot: lot.clone(), instrument: fill.instrument });
    }
    let settles = books.date_item(books.settlement_date(fill.currency, fill.settles)).map_err(overflow)?;
    let quantity = DecimalText::new(fill.quantity.magnitude().raw(), 0);
    let price = DecimalText::new(fill.price.raw(), 2);
    let booking = Booking { books, fill, closing, settles, quantity, price, session: books.bookable(fill.session) };
    Ok(Draft {
        kind: EntryKind::Fill,
        source_key: key.to_owned(),
        session: booking.session,
        effective_at: fill.effective_at,
        reverses: None,
        corrects: fill.corrects,
        description: booking.description(),
        reason: None,
        by: None,
        facts: booking.facts(),
        postings: booking.postings(&taken).map_err(overflow)?,
    })
}

fn check(fill: &Fill) -> Result<(), BookRefusal> {
    if fill.quantity.is_zero() {
        return Err(BookRefusal::ZeroQuantity { key: fill.execution.to_string() });
    }
    if fill.quantity.raw() == i64::MIN {
        return Err(BookRefusal::overflow(EntryKind::Fill, fill.execution.as_str()));
    }
    let characters = fill.execution.as_str().len();
    let most = LONGEST_LOT.saturating_sub(fill.instrument.as_str().len()).saturating_sub(1);
    if characters > most {
        return Err(BookRefusal::ExecutionIdTooLong { execution: fill.execution.clone(), characters, most });
    }
    if fill.price.raw() <= 0 {
        return Err(BookRefusal::PriceNotPositive { execution: fill.execution.clone(), price: fill.price });
    }
    if let Some((fee, amount)) = fill.accrued.iter().find(|(_, amount)| amount.raw() < 0) {
        return Err(BookRefusal::FeeBelowZero { execution: fill.execution.clone(), fee: *fee, amount: *amount });
    }
    Ok(())
}

/// A fill on its way into the books.
struct Booking<'a> {
    books: &'a Books,
    fill: &'a Fill,
    /// Units that close lots, without sign.
    closing: Quantity,
    /// The settlement date.
    settles: ItemId,
    /// The quantity without sign, as text.
    quantity: DecimalText,
    /// The price as text.
    price: DecimalText,
    /// The books' day.
    session: SessionId,
}

impl Booking<'_> {
    const fn sold(&self) -> bool {
        self.fill.quantity.raw() < 0
    }

    fn description(&self) -> String {
        let fill = self.fill;
        let verb = match (fill.strategy, self.sold()) {
            (StrategyName::External, true) => "External fill: sell",
            (StrategyName::External, false) => "External fill: buy",
            (_, true) => "Sell",
            (_, false) => "Buy",
        };
        [verb, " ", self.quantity.as_str(), " ", fill.instrument.as_str(), " at ", self.price.as_str()].concat()
    }

    fn facts(&self) -> Facts {
        let fill = self.fill;
        let closes = !self.closing.is_zero();
        let mut facts = Facts::with_capacity(if closes { 8 } else { 6 });
        let mut set = |name: &'static str, value: Fact| facts.insert(Cow::Borrowed(name), value);
        let owned = |text: &str| Fact::String(text.to_owned());
        let decimal = |steps: i64, least: usize| owned(DecimalText::new(steps, least).as_str());
        if closes {
            set("closing", decimal(self.closing.raw(), 0));
        }
        set("commission", decimal(fill.commission.raw(), 2));
        if closes {
            set("lot_method", owned(fill.lots.as_str()));
            if let LotChoice::Specific(named) = &fill.lots {
                let pair = |(lot, units): &(LotId, Quantity)| Fact::Array(vec![text(lot), text(units)]);
                set("lots", Fact::Array(named.iter().map(pair).collect()));
            }
        }
        if let Some(order) = &fill.order {
            set("order", owned(order.as_str()));
        }
        set("price", owned(self.price.as_str()));
        set("quantity", decimal(fill.quantity.raw(), 0));
        set("settles", owned(self.settles.as_str()));
        set("symbol", owned(fill.instrument.as_str()));
        if self.session != fill.session {
            set("trade_session", text(&fill.session));
        }
        facts
    }

    fn tags(&self, strategy: StrategyName) -> Tags {
        Tags {
            strategy: Some(strategy),
            instrument: Some(self.fill.instrument),
            fill: Some(self.fill.execution.clone()),
            ..Tags::default()
        }
    }

    /// A posting of money; of nothing where the amount is nothing.
    fn money(&self, account: AccountCode, amount: Money) -> Option<Posting> {
        let tags = || self.tags(self.fill.strategy);
        let currency = self.fill.currency;
        (!amount.is_zero()).then(|| Posting { account, currency, amount, holding: None, tags: tags() })
    }

    fn postings(&self, taken: &[Taken<'_>]) -> Result<Vec<Posting>, Overflow> {
        let fill = self.fill;
        let value = value_of(fill.quantity.magnitude(), fill.price)?;
        let mut shares = Shares::new(value, fill.quantity.magnitude());
        // A lot and a gain for each part taken, at most one lot opened, units, cash, commission, two for each fee.
        let pairs = taken.len().saturating_add(fill.accrued.len()).saturating_mul(2);
        let opens = usize::from(self.closing != fill.quantity.magnitude());
        let mut postings = Vec::with_capacity(pairs.saturating_add(opens).saturating_add(3));
        let mut gains = Vec::with_capacity(taken.len());
        for part in taken {
            let share = shares.take(part.units.magnitude())?;
            let holder = part.lot.strategy.unwrap_or(fill.strategy);
            let (units, cost) = (part.units.negated(), part.cost.negated());
            postings.push(self.position(part.lot.account, &part.lot.lot, units, cost, holder));
            let cash = if self.sold() { share } else { share.negated() };
            // A gain of nothing is left out.
            let gain = part.cost.checked_sub(cash).ok_or(Overflow)?;
            if !gain.is_zero() {
                gains.push(self.gain(part, gain));
            }
        }
        let opening = fill.quantity.magnitude().checked_sub(self.closing).ok_or(Overflow)?;
        if !opening.is_zero() {
            let cost = shares.take(opening)?;
            let (account, units, cost) = if self.sold() {
                (AccountCode::SHORT_POSITIONS, opening.negated(), cost.negated())
            } else {
                (AccountCode::LONG_POSITIONS, opening, cost)
            };
            postings.push(self.position(account, &self.new_lot()?, units, cost, fill.strategy));
        }
        postings.push(Posting {
            account: AccountCode::UNITS_MARKET,
            currency: fill.currency,
            amount: Money::ZERO,
            holding: Some(Holding { commodity: fill.instrument, units: fill.quantity.negated() }),
            tags: self.tags(fill.strategy),
        });
        postings.append(&mut gains);
        self.cash_and_fees(value, &mut postings)?;
        Ok(postings)
    }

    fn new_lot(&self) -> Result<LotId, Overflow> {
        [self.fill.instrument.as_str(), "-", self.fill.execution.as_str()].concat().parse().map_err(|_| Overflow)
    }

    fn position(
        &self,
        account: AccountCode,
        lot: &LotId,
        units: Quantity,
        amount: Money,
        holder: StrategyName,
    ) -> Posting {
        Posting {
            account,
            currency: self.fill.currency,
            amount,
            holding: Some(Holding { commodity: self.fill.instrument, units }),
            tags: Tags { lot: Some(lot.clone()), ..self.tags(holder) },
        }
    }

    fn gain(&self, part: &Taken<'_>, amount: Money) -> Posting {
        // The shares that cover a short were not held: always short term.
        let long = part.lot.units.raw() > 0 && is_long_term(part.lot.acquired, self.fill.session.date);
        Posting {
            account: if long { AccountCode::GAINS_LONG_TERM } else { AccountCode::GAINS_SHORT_TERM },
            currency: self.fill.currency,
            amount,
            holding: None,
            tags: Tags {
                lot: Some(part.lot.lot.clone()),
                ..self.tags(part.lot.strategy.unwrap_or(self.fill.strategy))
            },
        }
    }

    fn cash_and_fees(&self, value: Money, postings: &mut Vec<Posting>) -> Result<(), Overflow> {
        let fill = self.fill;
        let gross = if self.sold() { value } else { value.negated() };
        let cash = gross.checked_sub(fill.commission).ok_or(Overflow)?;
        if let Some(mut posting) = self.money(AccountCode::CASH_UNSETTLED, cash) {
            posting.tags.item = Some(self.settles.clone());
            postings.push(posting);
        }
        postings.extend(self.money(AccountCode::COMMISSIONS, fill.commission));
        for (fee, amount) in &fill.accrued {
            let Some(mut expense) = self.money(fee_account(*fee), *amount) else { continue };
            expense.tags.fee_kind = Some(*fee);
            let mut owed = expense.clone();
            owed.account = AccountCode::FEES_ACCRUED;
            owed.amount = amount.negated();
            owed.tags.item = Some(self.books.fee_item(fill.session, *fee)?);
            postings.extend([expense, owed]);
        }
        Ok(())
    }
}
