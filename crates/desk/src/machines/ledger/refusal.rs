//! Why something was not booked, with its numbers.

use std::fmt;

use super::activity_refusal::ActivityRefusal;
use super::checks::{Compared, Figure};
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{ExecutionId, LotId, SessionId};
use crate::domain::journal::{EntryKind, FeeKind};
use crate::domain::symbol::{Currency, Symbol};

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
    /// A fill in another currency than the lots that it closes.
    OtherCurrency {
        /// The execution.
        execution: ExecutionId,
        /// Its currency.
        currency: Currency,
        /// A lot that it would close.
        lot: LotId,
        /// The currency of that lot's cost.
        cost_in: Currency,
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
    /// An entry that is not undone this way.
    NotReversible {
        /// The entry.
        seq: u64,
        /// Its kind.
        kind: EntryKind,
    },
    /// An entry that is not the one booked under its source key.
    NotThatEntry {
        /// The entry given.
        seq: u64,
        /// Its source key.
        key: String,
        /// The entry booked under it, if there is one.
        booked: Option<u64>,
    },
    /// Later fills used the lot that a busted fill opened; they come with it.
    LotUsed {
        /// The lot.
        lot: LotId,
        /// Units that the fill opened it with.
        opened: Quantity,
        /// Units left.
        left: Quantity,
    },
    /// A session that is closed, or lies before one that is.
    SessionClosed {
        /// The session.
        session: SessionId,
        /// The last one closed.
        closed_through: SessionId,
    },
    /// A session named as the next one that does not follow.
    NotFollowing {
        /// The session to be closed.
        session: SessionId,
        /// The one named.
        next: SessionId,
    },
    /// Entries of a later session are booked already, and the books of the day alone were not given.
    LaterSessionBooked {
        /// The session to be closed.
        session: SessionId,
        /// The latest one booked into.
        latest: SessionId,
    },
    /// A day that does not reconcile does not close by itself (LEDG-12).
    NotReconciled {
        /// The session to be closed.
        session: SessionId,
        /// The number of the check in BOOKS.md section 12.
        check: u8,
        /// What was compared.
        what: Compared,
        /// The books' figure.
        have: Figure,
        /// The figure it has to equal.
        need: Figure,
    },
    /// What a broker's activity, a corporate action or a person's decision lacks.
    Activity(ActivityRefusal),
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
            Self::OtherCurrency { .. } => "other_currency",
            Self::LotUnits { .. } => "lot_units",
            Self::LotsBeyondFill { .. } => "lots_beyond_fill",
            Self::NothingAccrued { .. } => "nothing_accrued",
            Self::NotReversible { .. } => "not_reversible",
            Self::NotThatEntry { .. } => "not_that_entry",
            Self::LotUsed { .. } => "lot_used",
            Self::SessionClosed { .. } => "session_closed",
            Self::NotFollowing { .. } => "not_following",
            Self::LaterSessionBooked { .. } => "later_session_booked",
            Self::NotReconciled { .. } => "not_reconciled",
            Self::Activity(refusal) => refusal.code(),
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
            Self::OtherCurrency { execution, currency, lot, cost_in } => {
                write!(f, "execution {execution} is in {currency}, but lot {lot} has its cost in {cost_in}")
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
            Self::NotReversible { seq, kind } => write!(f, "entry {seq} is a {kind}; that cannot be undone this way"),
            Self::NotThatEntry { seq, key, booked: Some(booked) } => {
                write!(f, "{key} is booked as entry {booked}, not as entry {seq}")
            }
            Self::NotThatEntry { seq, key, booked: None } => {
                write!(f, "entry {seq} ({key}) is not in these books")
            }
            Self::LotUsed { lot, opened, left } => write!(
                f,
                "lot {lot} was opened with {opened} units and has {left}; the later fills that used it must be given too"
            ),
            Self::SessionClosed { session, closed_through } => {
                write!(f, "session {session} cannot be closed; the books are closed through {closed_through}")
            }
            Self::NotFollowing { session, next } => {
                write!(f, "session {next} was named as the one after {session}; a later one is needed")
            }
            Self::LaterSessionBooked { session, latest } => later_booked(f, *session, *latest),
            Self::NotReconciled { session, check, what, have, need } => write!(
                f,
                "session {session} does not close: check {check}, {what}: the books have {have}, needed is {need} \
                 (difference {})",
                have.less(*need)
            ),
            Self::Activity(refusal) => refusal.fmt(f),
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

fn later_booked(f: &mut fmt::Formatter<'_>, session: SessionId, latest: SessionId) -> fmt::Result {
    write!(
        f,
        "session {session} cannot be closed by itself: {latest} has entries already, and no figures of the broker were kept at the \
         end of {session}; it is closed together with {latest}, once that session is over"
    )
}
