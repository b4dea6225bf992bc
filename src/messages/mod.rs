//! ENVELOPES: what each mailbox can be told, one file a receiver; and the board, what everybody may read.

/// What a person sees at one moment.
pub mod board;
/// What the supervisor can be told.
pub mod supervisor;
