//! What can be booked (BOOKS.md sections 3 and 5), and the facts that each day of shares brings.

use super::activity::{Borrow, Conversion, LateFee};
use super::close::DayClose;
use super::coins::CoinFill;
use super::contracts::{ContractFill, Funding, Variation};
use super::corporate::{CashInLieu, Reorganisation, Split};
use super::dividends::{Dividend, DividendAccrual};
use super::naming::LotNaming;
use super::person::{Adjustment, Adoption, Found};
use super::reversal::{Bust, Mistake};
use super::wash::WashSale;
use super::year::{Unlock, YearClose};
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{ExecutionId, LotId, OrderId, SessionId, StrategyName};
use crate::domain::journal::FeeKind;
use crate::domain::lots::LotMethod;
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::{Date, Timestamp};

/// Something that happened and belongs into the books.
#[derive(Clone, Debug, PartialEq)]
pub enum BookFact {
    /// Accounting gave float; booked from the broker's cash activity.
    FloatIn(CashActivity),
    /// Float went back to accounting.
    FloatOut(CashActivity),
    /// A position brought in at set-up.
    Opening(Opening),
    /// An execution.
    Fill(Fill),
    /// The last fill of a session is in: its accrued fees are rounded as the broker rounds them.
    FeeRounding(SessionEnd),
    /// The broker charged an accrued day's fee.
    FeeCharge(FeeCharge),
    /// The start of a settlement date.
    Settlement(Settlement),
    /// An execution on a spot market.
    CoinFill(CoinFill),
    /// An execution of a future or a perpetual.
    ContractFill(ContractFill),
    /// Cash that a person moved between the broker's wallets; positive to the derivatives wallet.
    Transfer(CashActivity),
    /// A fee that no fill accrued.
    LateFee(LateFee),
    /// A dividend announced.
    DividendAccrual(DividendAccrual),
    /// A dividend paid or charged.
    Dividend(Dividend),
    /// Interest.
    Interest(CashActivity),
    /// The cost of borrowing shares.
    Borrow(Borrow),
    /// A split.
    Split(Split),
    /// Shares that became those of another instrument.
    Reorganisation(Reorganisation),
    /// Cash for a fraction of a share.
    CashInLieu(CashInLieu),
    /// A future's daily settlement.
    Variation(Variation),
    /// A perpetual's funding.
    Funding(Funding),
    /// One currency for another.
    Conversion(Conversion),
    /// An activity of a type that is not known.
    UnknownActivity(CashActivity),
    /// A lot that a strategy takes over.
    Adoption(Adoption),
    /// A position at the broker without a fill that is known.
    Found(Found),
    /// A person's correction.
    Adjustment(Adjustment),
    /// An entry that a person found to be a mistake.
    Mistake(Box<Mistake>),
    /// Lots that a person names for a fill of an open day.
    Lots(Box<LotNaming>),
    /// Units of a loss that were replaced.
    WashSale(WashSale),
    /// The end of a fiscal year.
    YearClose(YearClose),
    /// A closed day is opened again.
    Unlock(Unlock),
    /// An execution that was taken back or corrected.
    Bust(Box<Bust>),
    /// The end of a session; [`Books::close`](super::Books::close) gives its record too.
    DayClose(Box<DayClose>),
}

/// Cash that really moved, as an activity in the broker's list.
#[derive(Clone, Debug, PartialEq)]
pub struct CashActivity {
    /// The broker's id of the activity; the source key.
    pub activity: String,
    /// How much. Of float above zero; of everything else positive where cash comes in, negative where it leaves.
    pub amount: Money,
    /// In which currency.
    pub currency: Currency,
    /// The books' day of the movement.
    pub session: SessionId,
    /// When the cash moved.
    pub effective_at: Timestamp,
}

/// A position that was there before the bot.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// What it is.
    pub instrument: Symbol,
    /// Units, negative for a short position; not zero.
    pub quantity: Quantity,
    /// What all of it cost (a short position: its proceeds), not below zero.
    pub cost: Money,
    /// The currency of the cost.
    pub currency: Currency,
    /// The session in which it was acquired.
    pub acquired: Date,
    /// The books' day.
    pub session: SessionId,
    /// When it was brought in.
    pub effective_at: Timestamp,
}

/// An execution of shares.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The venue's id of it; the source key.
    pub execution: ExecutionId,
    /// The order filled, where there is one of ours.
    pub order: Option<OrderId>,
    /// What was traded; also the commodity.
    pub instrument: Symbol,
    /// What it is priced in.
    pub currency: Currency,
    /// Whose order it was; `external` for what the bot did not order.
    pub strategy: StrategyName,
    /// Units, negative when sold; not zero.
    pub quantity: Quantity,
    /// Above zero.
    pub price: Price,
    /// Charged with this fill; a rebate is negative.
    pub commission: Money,
    /// Fees that the broker charges later, at full scale, in the order of the books; not below zero.
    pub accrued: Vec<(FeeKind, Money)>,
    /// When the cash settles.
    pub settles: Date,
    /// The trade session.
    pub session: SessionId,
    /// When it was executed.
    pub effective_at: Timestamp,
    /// Which lots it closes, if it closes any.
    pub lots: LotChoice,
    /// The entry that this fill replaces, where the broker corrected one.
    pub corrects: Option<u64>,
}

/// Which lots close first (BOOKS.md section 7).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LotChoice {
    /// The oldest.
    #[default]
    Fifo,
    /// The youngest.
    Lifo,
    /// The dearest unit cost (of shorts the lowest unit proceeds), ties as [`LotChoice::Fifo`].
    HighestCost,
    /// Those named, with the units of each, above zero; the rest as [`LotChoice::Fifo`].
    Specific(Vec<(LotId, Quantity)>),
}

impl From<LotMethod> for LotChoice {
    fn from(method: LotMethod) -> Self {
        match method {
            LotMethod::Fifo => Self::Fifo,
            LotMethod::Lifo => Self::Lifo,
            LotMethod::HighestCost => Self::HighestCost,
        }
    }
}

impl LotChoice {
    /// The name in records.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::HighestCost => "highest_cost",
            Self::Specific(_) => "specific",
        }
    }
}

/// The last fill of a session is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// The trade session whose accruals are rounded.
    pub session: SessionId,
}

/// The broker took an accrued day's fee.
#[derive(Clone, Debug, PartialEq)]
pub struct FeeCharge {
    /// The broker's id of the activity; the source key.
    pub activity: String,
    /// The trade session whose sales the fee is for.
    pub of: SessionId,
    /// Which fee.
    pub fee: FeeKind,
    /// What was taken, above zero.
    pub amount: Money,
    /// In which currency.
    pub currency: Currency,
    /// The books' day of the charge.
    pub session: SessionId,
    /// When it was taken.
    pub effective_at: Timestamp,
}

/// The start of a settlement date: what is dated on it or before it becomes settled cash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The settlement date.
    pub date: Date,
    /// The books' day.
    pub session: SessionId,
}
