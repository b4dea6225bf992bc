//! Why something was not booked, with its numbers.

use std::fmt;

use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{ExecutionId, LotId, SessionId};
use crate::domain::journal::{EntryKind, FeeKind};
use crate::domain::symbol::Symbol;

/// Why something was not booked. The books are as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookRefusal {
    /// The same fact is in the books.
    AlreadyBooked {
        /// Its kind.
        kind: EntryKind,
        /// Its source key.
        key: String,
        /// The entry that holds it.
        seq: u64,
    },
    /// An execution or position of nothing.
    ZeroQuantity {
        /// Its source key.
        key: String,
    },
    /// An execution id that leaves no room for the instrument in a lot's id.
    ExecutionIdTooLong {
        /// The execution.
        execution: ExecutionId,
        /// How long its id is.
        characters: usize,
        /// How long it may be for this instrument.
        most: usize,
    },
    /// A price that no share trades at.
    PriceNotPositive {
        /// The execution.
        execution: ExecutionId,
        /// Its price.
        price: Price,
    },
    /// An accrued fee below zero.
    FeeBelowZero {
        /// The execution.
        execution: ExecutionId,
        /// Which fee.
        fee: FeeKind,
        /// How much.
        amount: Money,
    },
    /// An amount that must be above zero (a cost: not below).
    AmountNotPositive {
        /// The kind of the entry.
        kind: EntryKind,
        /// Its source key.
        key: String,
        /// The amount.
        amount: Money,
    },
    /// A lot was named that is not open on the side that the fill closes.
    UnknownLot {
        /// The lot.
        lot: LotId,
        /// The instrument.
        instrument: Symbol,
    },
    /// More was asked of a lot than is open, or nothing, or less.
    LotUnits {
        /// The lot.
        lot: LotId,
        /// What was asked.
        asked: Quantity,
        /// What is open.
        open: Quantity,
    },
    /// More units of lots were named than the fill closes.
    LotsBeyondFill {
        /// The units named.
        asked: Quantity,
        /// The units closed.
        closing: Quantity,
    },
    /// A fee was charged that no fill accrued.
    NothingAccrued {
        /// The trade session.
        session: SessionId,
        /// Which fee.
        fee: FeeKind,
    },
    /// A number is beyond what 64 bits hold at 10⁻⁸.
    Overflow {
        /// The kind of the entry.
        kind: EntryKind,
        /// Its source key.
        key: String,
    },
    /// A sum of the books is beyond 64 bits since this entry, which did not come from these rules.
    BooksOverflowed {
        /// The entry.
        seq: u64,
    },
}

impl BookRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyBooked { .. } => "already_booked",
            Self::ZeroQuantity { .. } => "zero_quantity",
            Self::ExecutionIdTooLong { .. } => "execution_id_too_long",
            Self::PriceNotPositive { .. } => "price_not_positive",
            Self::FeeBelowZero { .. } => "fee_below_zero",
            Self::AmountNotPositive { .. } => "amount_not_positive",
            Self::UnknownLot { .. } => "unknown_lot",
            Self::LotUnits { .. } => "lot_units",
            Self::LotsBeyondFill { .. } => "lots_beyond_fill",
            Self::NothingAccrued { .. } => "nothing_accrued",
            Self::Overflow { .. } => "overflow",
            Self::BooksOverflowed { .. } => "books_overflowed",
        }
    }

    pub(super) fn overflow(kind: EntryKind, key: &str) -> Self {
        Self::Overflow { kind, key: key.to_owned() }
    }
}

impl fmt::Display for BookRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyBooked { kind, key, seq } => {
                write!(f, "{kind} {key} is booked already, as entry {seq}; the same fact is booked once")
            }
            Self::ZeroQuantity { key } => write!(f, "{key} has no quantity; nothing can be booked for it"),
            Self::ExecutionIdTooLong { execution, characters, most } => {
                write!(
                    f,
                    "execution id {execution} has {characters} characters; at most {most} leave room for its lot's id"
                )
            }
            Self::PriceNotPositive { execution, price } => {
                write!(f, "execution {execution} has the price {price}; a price above zero is needed")
            }
            Self::FeeBelowZero { execution, fee, amount } => {
                write!(f, "execution {execution} accrues {amount} of {}; zero or more is needed", fee.label())
            }
            Self::AmountNotPositive { kind, key, amount } => {
                write!(f, "{kind} {key} has the amount {amount}; an amount above zero is needed")
            }
            Self::UnknownLot { lot, instrument } => {
                write!(f, "lot {lot} is no open lot of {instrument} that this fill could close")
            }
            Self::LotUnits { lot, asked, open } => {
                write!(f, "{asked} units of lot {lot} were asked for; more than 0 and at most {open} are possible")
            }
            Self::LotsBeyondFill { asked, closing } => {
                write!(f, "lots for {asked} units were named, but the fill closes only {closing}")
            }
            Self::NothingAccrued { session, fee } => {
                write!(f, "{} of {session} was charged, but no fill of that session accrued it", fee.label())
            }
            Self::Overflow { kind, key } => {
                write!(f, "{kind} {key} leads to a number beyond 92,233,720,368.54775807")
            }
            Self::BooksOverflowed { seq } => {
                write!(f, "a balance is beyond 92,233,720,368.54775807 since entry {seq}; nothing more can be booked")
            }
        }
    }
}

impl std::error::Error for BookRefusal {}
