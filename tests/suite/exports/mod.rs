//! The journal for other programs, and what other programs say of it.

/// The worked month.
mod example;
