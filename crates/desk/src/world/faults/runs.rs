//! Many seeds, and I11: the same seed gives the same bytes.

use std::collections::BTreeMap;
use std::fmt;

use super::crash::CrashAt;
use super::days::Market;
use super::failure::{Failure, Invariant};
use super::plan::Plan;
use super::play::play;
use super::tally::Tally;
use crate::domain::fees::FeeSchedule;
use crate::domain::seed::Seed;
use crate::domain::time::{Date, Timestamp};

/// How many markets there are; each is made once.
const MARKETS: u64 = 64;
/// Every so many seeds, one is played twice (I11).
const TWICE: u64 = 16;
/// 2024-03-04, the first session of a run.
const FIRST: Date = Date::from_days(19_786);
/// 2024-07-03, which closes at 13:00.
const SHORT: Date = Date::from_days(19_907);
/// Symbols of a run.
const SYMBOLS: usize = 5;
/// Symbols of the short session.
const FEW: usize = 2;

/// A seed that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Which.
    pub seed: u64,
    /// How.
    pub failure: Failure,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.failure)
    }
}

impl std::error::Error for Failed {}

/// Plays seeds one after the other.
#[derive(Debug)]
pub struct Runner {
    fees: FeeSchedule,
    markets: BTreeMap<u64, Market>,
    /// What was met so far.
    pub tally: Tally,
    #[cfg(feature = "planted-bugs")]
    planted: Option<crate::world::planted::PlantedBug>,
}

impl Runner {
    /// A runner with the fees of United States equities.
    ///
    /// # Errors
    /// [`Failure`] where the built-in table of fees cannot be read.
    pub fn new() -> Result<Self, Failure> {
        let fees = FeeSchedule::us_sales().map_err(|e| dead(e.to_string()))?;
        Ok(Self {
            fees,
            markets: BTreeMap::new(),
            tally: Tally::default(),
            #[cfg(feature = "planted-bugs")]
            planted: None,
        })
    }

    /// Plants a bug in every bot from now on.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub fn with(mut self, bug: crate::world::planted::PlantedBug) -> Self {
        self.planted = Some(bug);
        self
    }

    /// Plays one seed; every sixteenth twice.
    ///
    /// # Errors
    /// [`Failed`] with the first invariant that does not hold.
    pub fn seed(&mut self, seed: u64) -> Result<(), Failed> {
        let number = seed % MARKETS;
        if !self.markets.contains_key(&number) {
            let market = Market::generate(number, SYMBOLS, FIRST, 2, &self.fees);
            let market = market.map_err(|e| Failed { seed, failure: dead(e.to_string()) })?;
            self.markets.insert(number, market);
        }
        let Some(market) = self.markets.get(&number) else { return Ok(()) };
        #[cfg_attr(not(feature = "planted-bugs"), expect(unused_mut, reason = "a bug is planted in it"))]
        let mut plan = Plan::new(Seed(seed), SYMBOLS);
        #[cfg(feature = "planted-bugs")]
        {
            plan.planted = self.planted;
        }
        let played = play(&plan, market);
        self.tally.add(&played.tally);
        played.outcome.map_err(|failure| Failed { seed, failure })?;
        if seed.is_multiple_of(TWICE) {
            let again = play(&plan, market);
            let (first, second) = (played.disk.borrow(), again.disk.borrow());
            if first.stored != second.stored {
                let what = "the same seed made another record".to_owned();
                return Err(Failed { seed, failure: Failure::new(Invariant::I11, Timestamp::default(), what) });
            }
        }
        Ok(())
    }

    /// One short session on two symbols, stopped at each of its steps in turn; how many there are comes back.
    ///
    /// # Errors
    /// [`Failed`]; its seed is the number of the step.
    pub fn every_step(&mut self, seed: u64) -> Result<u64, Failed> {
        let failed = |step: u64, failure: Failure| Failed { seed: step, failure };
        let market = Market::generate(seed, FEW, SHORT, 1, &self.fees).map_err(|e| failed(0, dead(e.to_string())))?;
        let mut plan = Plan::calm(Seed(seed));
        let calm = play(&plan, &market);
        calm.outcome.map_err(|failure| failed(0, failure))?;
        let steps = calm.tally.steps;
        for step in 1..=steps {
            plan.crashes = vec![vec![CrashAt::Any(step)]];
            let played = play(&plan, &market);
            self.tally.add(&played.tally);
            played.outcome.map_err(|failure| failed(step, failure))?;
        }
        Ok(steps)
    }
}

fn dead(what: String) -> Failure {
    Failure::new(Invariant::Alive, Timestamp::default(), what)
}
