//! TBot: everything around the pure crate.

/// Templates into reports; files for people and programs.
pub mod render;
