//! Who goes first where there are fewer cores than work: trading, then the pages, then what can wait.

/// Behind whom a thread steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Who shows: a page comes after a trade.
    Trading,
    /// Who writes reports, exports and backups, or rehearses: somebody waits for a page, nobody for these.
    Pages,
}

impl Behind {
    /// How far: a thread at 10 gets a ninth of the core that one at 0 wants too, one at 15 a third of what one at 10 gets,
    /// and each all of it where nobody else wants it.
    const fn steps(self) -> i32 {
        match self {
            Self::Trading => 10,
            Self::Pages => 15,
        }
    }
}

/// The thread that calls this lets others go first from now on. Linux keeps the priority for each thread by itself
/// (setpriority(2)), and gives it to those that the thread begins; a system that refuses is left as it is, for nothing
/// but speed depends on it.
pub fn step_back(behind: Behind) {
    if let Err(error) = rustix::process::setpriority_process(None, behind.steps()) {
        tracing::debug!(%error, ?behind, "the thread keeps the priority of trading");
    }
}
