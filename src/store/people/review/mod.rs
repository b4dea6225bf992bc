//! Review by several people (LEDG-7): an append-only log of acts on entries, days and items, and what follows from it.

/// What holds, as a pure fold over the acts; what may be done next.
mod fold;
/// Raising, acting, reading.
mod log;
/// Why an act was refused.
mod refused;
/// Subjects, acts, items.
mod words;

#[cfg(test)]
mod tests;

pub use fold::{Around, Review, Standing, State, decide};
pub use log::{Doing, Known, NotDone, Raised, Reviewed};
pub use refused::Refused;
pub use words::{Act, ActKind, CLOSE, Item, ItemKind, MOVED, NewItem, Subject, Wanted};
