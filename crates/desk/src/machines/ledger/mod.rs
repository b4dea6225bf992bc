//! Bookkeeping as a pure machine (`BOOKS.md`): facts go in, balanced entries come out, and a fold of the entries
//! gives every balance, lot and open item back.

/// Running sums of postings.
pub mod balances;
/// The state of the books and its two doors.
pub mod books;
/// Float, positions brought in, settlement.
mod cash;
/// What a day close compares.
pub mod checks;
/// The day close.
pub mod close;
/// What can be booked.
pub mod fact;
/// Accrued fees: rounding and charge.
mod fees;
/// Executions of shares: lots, gains, cash, fees.
mod fill;
/// Numbers, stamps and the chain.
pub mod journal;
/// Texts as keys.
mod key;
/// Open lots and the order in which they close.
pub mod lots;
/// The closing record and its lines.
pub mod record;
/// Why something was not booked.
pub mod refusal;
/// Busts and corrections.
pub mod reversal;
/// Sums over postings.
pub mod statements;
/// What was booked since the last close.
mod tally;
/// The verifier of stored entries.
pub mod verify;

pub use balances::{Balance, BalanceKey};
pub use books::{Books, OpenItem};
pub use checks::{Compared, Figure};
pub use close::{Closing, DayClose};
pub use fact::{BookFact, FeeCharge, Fill, FloatMove, LotChoice, Opening, SessionEnd, Settlement};
pub use fill::is_long_term;
pub use journal::{Head, Journal, JournalError, Sealed};
pub use lots::OpenLot;
pub use record::{
    BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition, ClosingBalance, ClosingLot, ClosingRecord,
};
pub use refusal::BookRefusal;
pub use reversal::Bust;
pub use statements::{Cash, TradeResult, TrialBalance};
