//! What trading costs: dated regulatory fees and the commission of an order (LEDG-3b, STRAT-16).

/// The commission of an order, by its quantity and value so far.
mod commission;
/// Fees on sales by session date.
mod schedule;
/// Reading a table of fees, with errors that name line and value.
mod table;

pub use commission::CommissionSchedule;
pub use schedule::{FeeRow, FeeSchedule, SaleRates, raised_to_cent, table_name, unit};
pub use table::{FeeTableError, FeeTableFault};
