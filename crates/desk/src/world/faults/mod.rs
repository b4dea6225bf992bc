//! Sessions under faults (`faults.md`): one seed plays whole days over a link that loses, delays, repeats and reorders,
//! with a process that is stopped at any step and built anew from the stored bytes, while an auditor looks on that uses
//! the venue's records and those bytes alone.

/// The auditor: invariants I1 to I6 over bytes and the venue's records.
pub mod audit;
/// Steps at which a process can be stopped, and the fuse that stops it.
pub mod crash;
/// Days of bars, made once and played often.
pub mod days;
/// The disk that outlives the process.
pub mod disk;
/// What is found to be wrong.
pub mod failure;
/// Everything outside of the process: the venue and the wire to it.
pub mod outside;
/// What a seed decides.
pub mod plan;
/// One seed, played.
mod play;
/// From a dead process to a new one.
mod restart;
/// Many seeds, and I11.
pub mod runs;
/// What was met in a run.
pub mod tally;
