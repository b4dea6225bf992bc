//! What a run leaves behind for people and programs (REP-3 to REP-6, RES-7, RES-7a).

mod page;
mod sample;
pub(crate) mod schemas;
