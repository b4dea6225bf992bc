//! Which symbols are looked at, and why each of the others is not (TRADE-4): by price, volume, exchange, asset flags,
//! lists and a file.

/// What is asked of a symbol.
mod criteria;
/// What the bars themselves say.
mod history;
/// Lists of symbols as text.
mod list;
/// Why a symbol is out.
mod reason;
/// One pass over all candidates.
mod screen;

pub use criteria::{CRITERIA, Criteria, CriteriaError, Criterion};
pub use history::History;
pub use list::{ListError, parse_list};
pub use reason::{Flag, Reason};
pub use screen::{Candidate, Screened, screen};
