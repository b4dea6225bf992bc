//! Beats, failures, budgets. Its clock is the wall's, not the market's: a hang is one whatever the feed's speed.

use std::collections::{BTreeMap, VecDeque};

use super::finding::{Finding, Outcome, Trouble};
use crate::domain::bot::ActorName;
use crate::domain::time::{Span, Timestamp};

/// What is tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Silence after which an actor hangs. Less than the 2 s within which a fault is noticed, so that the time between
    /// two looks fits in.
    pub silence: Span,
    /// The period in which failures and overruns are counted.
    pub period: Span,
    /// Failures in it that are mended in place; one more escalates.
    pub failures: usize,
    /// Overruns in it that suspend a strategy.
    pub overruns: usize,
    /// One step of so many budgets suspends it at once.
    pub gross: i64,
    /// How long the first rebuilding waits; each further one twice as long.
    pub back_off: Span,
    /// The longest that it waits.
    pub longest: Span,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            silence: Span::nanos(1_500_000_000),
            period: Span::minutes(5),
            failures: 3,
            overruns: 3,
            gross: 10,
            back_off: Span::nanos(100_000_000),
            longest: Span::seconds(30),
        }
    }
}

/// Where an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It answered last then.
    Up(Timestamp),
    /// It is being rebuilt and should be up by then.
    Down(Timestamp),
    /// It hangs; only the end of the process helps.
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Post {
    budget: Span,
    life: Life,
    failures: VecDeque<Timestamp>,
    overruns: VecDeque<Timestamp>,
    restarts: u32,
    suspended: bool,
    fault: Option<String>,
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watchdog {
    tolerance: Tolerance,
    posts: BTreeMap<ActorName, Post>,
    looked: Option<Timestamp>,
}

impl Watchdog {
    /// A watchdog that watches nobody yet.
    #[must_use]
    pub const fn new(tolerance: Tolerance) -> Self {
        Self { tolerance, posts: BTreeMap::new(), looked: None }
    }

    /// Bears something else from now on; what was counted stays (OPS-3).
    pub fn bear(&mut self, tolerance: Tolerance, budget: Span) {
        self.tolerance = tolerance;
        self.posts.values_mut().for_each(|post| post.budget = budget);
    }

    /// Watches an actor from now on; `budget` is what one of its steps may take.
    pub fn register(&mut self, at: Timestamp, name: ActorName, budget: Span) {
        let post = Post {
            budget,
            life: Life::Up(at),
            failures: VecDeque::new(),
            overruns: VecDeque::new(),
            restarts: 0,
            suspended: false,
            fault: None,
        };
        self.posts.insert(name, post);
    }

    /// Failures that an earlier process left in its marks: they count, so that an actor which ends the process again and
    /// again escalates too.
    pub fn remember(&mut self, name: ActorName, failures: &[Timestamp]) {
        if let Some(post) = self.posts.get_mut(&name) {
            post.failures.extend(failures);
        }
    }

    /// It answered.
    pub fn beat(&mut self, at: Timestamp, name: ActorName) {
        if let Some(post) = self.posts.get_mut(&name)
            && let Life::Up(last) = post.life
        {
            post.life = Life::Up(last.max(at));
        }
    }

    /// It was rebuilt and takes messages again.
    pub fn rebuilt(&mut self, at: Timestamp, name: ActorName) {
        if let Some(post) = self.posts.get_mut(&name) {
            post.life = Life::Up(at);
            post.restarts = post.restarts.saturating_add(1);
        }
    }

    /// How often it was rebuilt.
    #[must_use]
    pub fn restarts(&self, name: ActorName) -> u32 {
        self.posts.get(&name).map_or(0, |p| p.restarts)
    }

    /// Its last fault, in words.
    #[must_use]
    pub fn fault(&self, name: ActorName) -> Option<&str> {
        self.posts.get(&name)?.fault.as_deref()
    }

    /// When it last answered; nothing while it is down.
    #[must_use]
    pub fn answered(&self, name: ActorName) -> Option<Timestamp> {
        match self.posts.get(&name)?.life {
            Life::Up(at) => Some(at),
            Life::Down(_) | Life::Lost => None,
        }
    }

    /// Whether every actor answered in time: only then is the service manager told that all is well.
    #[must_use]
    pub fn all_well(&self, at: Timestamp) -> bool {
        let in_time = |p: &Post| matches!(p.life, Life::Up(last) if at - last < self.tolerance.silence);
        self.posts.values().all(in_time)
    }

    /// It panicked or ended: somebody who watches its death says so. Nothing for an unknown actor, or one that is down.
    pub fn failed(&mut self, at: Timestamp, name: ActorName, trouble: Trouble) -> Option<Finding> {
        let tolerance = self.tolerance;
        let post = self.posts.get_mut(&name).filter(|p| matches!(p.life, Life::Up(_)))?;
        post.fault = Some(trouble.to_string());
        count(&mut post.failures, at, tolerance.period);
        let failures = post.failures.len();
        let after = tolerance.wait(failures);
        post.life = Life::Down(at + after);
        let escalates = failures > tolerance.failures;
        let mut outcomes = Vec::new();
        if escalates || freezes(name) {
            outcomes.push(Outcome::Freeze);
        }
        if let Some(strategy) = name.strategy().filter(|_| !std::mem::replace(&mut post.suspended, true)) {
            outcomes.push(Outcome::Suspend(strategy));
        }
        if escalates {
            outcomes.push(Outcome::Escalate { failures });
        }
        // Also then: somebody has to look after what is held.
        outcomes.push(Outcome::Rebuild { after, attempt: failures });
        Some(Finding { at, name, trouble, outcomes })
    }

    /// A step was measured. Only a strategy is suspended for it, before it hangs; the others are counted.
    pub fn step(&mut self, at: Timestamp, name: ActorName, took: Span) -> Option<Finding> {
        let tolerance = self.tolerance;
        let post = self.posts.get_mut(&name).filter(|p| took > p.budget)?;
        count(&mut post.overruns, at, tolerance.period);
        let (budget, times) = (post.budget, post.overruns.len());
        let trouble = Trouble::Overran { took, budget, times };
        post.fault = Some(trouble.to_string());
        let gross = took.as_nanos() > budget.as_nanos().saturating_mul(tolerance.gross);
        let strategy = name.strategy().filter(|_| (gross || times >= tolerance.overruns) && !post.suspended)?;
        post.suspended = true;
        Some(Finding { at, name, trouble, outcomes: vec![Outcome::Suspend(strategy)] })
    }

    /// A strategy may trade again: its session is over.
    pub fn reinstate(&mut self, name: ActorName) {
        if let Some(post) = self.posts.get_mut(&name) {
            post.suspended = false;
            post.overruns.clear();
        }
    }

    /// Who is silent for too long. Where the watchdog itself did not run for that long, nobody is to blame: everybody
    /// gets a new time.
    pub fn due(&mut self, at: Timestamp) -> Vec<Finding> {
        let tolerance = self.tolerance;
        let slept = self.looked.replace(at).is_some_and(|last| at - last >= tolerance.silence);
        let mut found = Vec::new();
        for (name, post) in &mut self.posts {
            let since = match &mut post.life {
                Life::Lost => continue,
                Life::Up(since) | Life::Down(since) => {
                    if slept {
                        *since = at.max(*since);
                    }
                    *since
                }
            };
            let silent = at - since;
            if silent < tolerance.silence {
                continue;
            }
            let trouble = Trouble::Hung { silent };
            (post.life, post.fault) = (Life::Lost, Some(trouble.to_string()));
            count(&mut post.failures, at, tolerance.period);
            let failures = post.failures.len();
            let mut outcomes = vec![Outcome::Freeze];
            outcomes.extend(name.strategy().map(Outcome::Suspend));
            if failures > tolerance.failures {
                outcomes.push(Outcome::Escalate { failures });
            }
            outcomes.push(Outcome::EndProcess);
            found.push(Finding { at, name: *name, trouble, outcomes });
        }
        found
    }
}

impl Tolerance {
    /// How long the rebuilding waits after so many failures.
    fn wait(&self, failures: usize) -> Span {
        let doubled = u32::try_from(failures.saturating_sub(1)).ok().and_then(|n| 1_i64.checked_shl(n.min(62)));
        Span::nanos(self.back_off.as_nanos().saturating_mul(doubled.unwrap_or(i64::MAX))).min(self.longest)
    }
}

/// Without these no entry may go out, not even while they are rebuilt: the checks, the books, and what closes everything.
const fn freezes(name: ActorName) -> bool {
    matches!(name, ActorName::Ledger | ActorName::Risk | ActorName::KillSwitch)
}

/// Notes one, and forgets those that are older than the period.
fn count(list: &mut VecDeque<Timestamp>, at: Timestamp, period: Span) {
    list.push_back(at);
    list.retain(|then| at - *then < period);
}
