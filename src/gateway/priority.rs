//! Who goes first where there are fewer cores than work: what trades before what shows.

/// How far those step back who show: a thread at 10 gets a ninth of the core that one at 0 wants too, and all of it
/// where nobody else wants it.
const BEHIND: i32 = 10;

/// The thread that calls this lets all others go first from now on. Linux keeps the priority for each thread by itself
/// (setpriority(2)); a system that refuses is left as it is, for nothing but speed depends on it.
pub fn step_back() {
    if let Err(error) = rustix::process::setpriority_process(None, BEHIND) {
        tracing::debug!(%error, "pages keep the priority of trading");
    }
}
