//! Executions of shares (BOOKS.md section 5): positions, units, gains, cash, fees, accruals, in this order.

use std::borrow::Cow;

use super::activity_refusal::ActivityRefusal;
use super::books::Books;
use super::fact::{Fill, LotChoice};
use super::lots::{Shares, Taken, choose, open_units};
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

/// Which accounts units of a kind go through, and how their entry is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) kind: EntryKind,
    /// Where units that are held lie.
    pub(super) long: AccountCode,
    /// Where units that are owed lie; none where nothing can be sold that is not held.
    pub(super) short: Option<AccountCode>,
    /// Their counterpart.
    pub(super) units: AccountCode,
    /// Where the cash goes: 1020 until it settles, or another account at once.
    pub(super) cash: AccountCode,
}

impl Way {
    /// Shares.
    pub(super) const SHARES: Self = Self {
        kind: EntryKind::Fill,
        long: AccountCode::LONG_POSITIONS,
        short: Some(AccountCode::SHORT_POSITIONS),
        units: AccountCode::UNITS_MARKET,
        cash: AccountCode::CASH_UNSETTLED,
    };
    /// Coins: held at cost, settled at once.
    pub(super) const COINS: Self =
        Self { long: AccountCode::COINS, short: None, cash: AccountCode::CASH_SETTLED, ..Self::SHARES };
    /// A fraction of a share that a corporate action leaves, paid in cash.
    pub(super) const IN_LIEU: Self = Self {
        kind: EntryKind::CashInLieu,
        short: None,
        units: AccountCode::UNITS_CORPORATE,
        cash: AccountCode::CASH_SETTLED,
        ..Self::SHARES
    };
}

/// The draft of a fill's entry. The source key is the execution's id, unless a reversed fill is booked anew.
pub(super) fn draft(books: &Books, fill: &Fill, key: &str) -> Result<Draft, BookRefusal> {
    draft_by(books, fill, key, Way::SHARES)
}

/// The draft of an entry that moves units the way that is given.
pub(super) fn draft_by(books: &Books, fill: &Fill, key: &str, way: Way) -> Result<Draft, BookRefusal> {
    books.not_yet(way.kind, key)?;
    check(fill)?;
    let overflow = |Overflow| BookRefusal::overflow(way.kind, key);
    let sold = fill.quantity.raw() < 0;
    let pool = match (sold, way.short) {
        (true, _) => books.pool(fill.instrument, way.long),
        (false, Some(short)) => books.pool(fill.instrument, short),
        (false, None) => &[],
    };
    if let Some(other) = pool.iter().find(|l| l.currency != fill.currency) {
        return Err(BookRefusal::OtherCurrency {
            execution: fill.execution.clone(),
            currency: fill.currency,
            lot: other.lot.clone(),
            cost_in: other.currency,
        });
    }
    let open = open_units(pool).map_err(overflow)?;
    let closing = open.min(fill.quantity.magnitude());
    if sold && way.short.is_none() && closing != fill.quantity.magnitude() {
        return Err(ActivityRefusal::NotHeld {
            instrument: fill.instrument,
            asked: fill.quantity.magnitude(),
            held: open,
        }
        .into());
    }
    let taken = if closing.is_zero() {
        Vec::new()
    } else {
        choose(pool, &fill.lots, closing, fill.instrument).map_err(|e| e.into_refusal(way.kind, key))?
    };
    if let (true, LotChoice::Specific(named)) = (closing.is_zero(), &fill.lots)
        && let Some((lot, _)) = named.first()
    {
        return Err(BookRefusal::UnknownLot { lot: lot.clone(), instrument: fill.instrument });
    }
    let settles =
        if way.cash.is_open_items() { books.settlement_date(fill.currency, fill.settles) } else { fill.settles };
    let settles = books.date_item(settles).map_err(overflow)?;
    let quantity = DecimalText::new(fill.quantity.magnitude().raw(), 0);
    let price = DecimalText::new(fill.price.raw(), 2);
    let session = books.bookable(fill.session);
    let booking = Booking { books, fill, way, closing, settles, quantity, price, session };
    Ok(Draft {
        corrects: fill.corrects,
        description: booking.description(),
        facts: booking.facts(),
        postings: booking.postings(&taken).map_err(overflow)?,
        ..Draft::new(way.kind, key, session, fill.effective_at)
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
    way: Way,
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
            _ if self.way.kind == EntryKind::CashInLieu => {
                return ["Cash in lieu of ", self.quantity.as_str(), " ", fill.instrument.as_str()].concat();
            }
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
                (self.way.short.unwrap_or(self.way.long), opening.negated(), cost.negated())
            } else {
                (self.way.long, opening, cost)
            };
            postings.push(self.position(account, &self.new_lot()?, units, cost, fill.strategy));
        }
        postings.push(Posting {
            account: self.way.units,
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
        if let Some(mut posting) = self.money(self.way.cash, cash) {
            posting.tags.item = self.way.cash.is_open_items().then(|| self.settles.clone());
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
