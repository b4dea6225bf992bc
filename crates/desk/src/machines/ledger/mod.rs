//! Bookkeeping as a pure machine (`BOOKS.md`): facts go in, balanced entries come out, and a fold of the entries
//! gives every balance, lot and open item back.

/// Interest, borrow, late fees, transfers, conversions, what nobody knows.
pub mod activity;
/// Why an activity or a decision was not booked.
pub mod activity_refusal;
/// Running sums of postings.
pub mod balances;
/// The state of the books and its two doors.
pub mod books;
/// Float, positions brought in, settlement.
mod cash;
/// The chart of accounts and its versions.
pub mod chart;
/// What a day close compares.
pub mod checks;
/// The day close.
pub mod close;
/// Coins: bought, sold, paid and received.
pub mod coins;
/// Futures and perpetuals.
pub mod contracts;
/// Splits, reorganisations and what they leave.
pub mod corporate;
/// Dividends.
pub mod dividends;
/// Equity at market, from one close to the next.
mod equity;
/// What can be booked.
pub mod fact;
/// Accrued fees: rounding and charge.
mod fees;
/// Executions of shares: lots, gains, cash, fees.
mod fill;
/// Who holds what.
mod holders;
/// Numbers, stamps and the chain.
pub mod journal;
/// Texts as keys.
mod key;
/// Open lots and the order in which they close.
pub mod lots;
/// Lots that a person names.
pub mod naming;
/// The books of one day.
mod of_day;
/// What a person decides.
pub mod person;
/// The price list of a close.
pub mod prices;
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
/// Wash sales.
pub mod wash;
/// The end of a fiscal year, and days opened again.
pub mod year;

pub use activity::{Borrow, Conversion, FillTags, LateFee};
pub use activity_refusal::ActivityRefusal;
pub use balances::{Balance, BalanceKey};
pub use books::{Books, OpenItem};
pub use chart::{Chart, ChartEdit, ChartRefusal};
pub use checks::{Compared, Figure};
pub use close::{Closing, DayClose, OpenQuestions};
pub use coins::{CoinFill, Coins};
pub use contracts::{Contract, ContractFill, Funding, Variation};
pub use corporate::{CashInLieu, Reorganisation, Split};
pub use dividends::{Dividend, DividendAccrual};
pub use equity::Change;
pub use fact::{BookFact, CashActivity, FeeCharge, Fill, LotChoice, Opening, SessionEnd, Settlement};
pub use fill::is_long_term;
pub use journal::{Head, Journal, JournalError, Sealed, Stored};
pub use lots::OpenLot;
pub use naming::{LotNaming, nameable};
pub use person::{Adjustment, Adoption, Decision, Found};
pub use prices::{EquityLine, ListedPrice, PriceList};
pub use record::{
    BrokerActivity, BrokerCash, BrokerExecution, BrokerFigures, BrokerPosition, CheckLine, ClosingBalance, ClosingLot,
    ClosingRecord, KeptFigures,
};
pub use refusal::BookRefusal;
pub use reversal::{Bust, Mistake};
pub use statements::{Cash, TradeResult, TrialBalance};
pub use wash::WashSale;
pub use year::{Unlock, YearClose};
