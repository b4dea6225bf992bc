//! Freezes: named, latched reasons not to open positions (RISK-12).

use serde::{Deserialize, Serialize};

use super::command::{FreezeName, FreezeNameError};
use super::mark::Mark;
use crate::domain::ids::StrategyName;

/// How the name of a strategy's freeze begins.
const OF_STRATEGY: &str = "strategy-";

/// A freeze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Its name; one freeze a name.
    pub name: FreezeName,
    /// Whom it holds; nothing is everybody.
    pub strategy: Option<StrategyName>,
    /// Who, when, why.
    pub mark: Mark,
    /// Whether it ends with the session: a day's limit.
    pub for_the_session: bool,
}

impl Freeze {
    /// Whether it holds this strategy's entries.
    #[must_use]
    pub fn holds(&self, strategy: StrategyName) -> bool {
        self.strategy.is_none_or(|s| s == strategy)
    }

    /// This freeze where one of its name stands already: it holds whom either holds, for as long as the longer one.
    #[must_use]
    pub fn widened(mut self, standing: &Self) -> Self {
        if self.strategy != standing.strategy {
            self.strategy = None;
        }
        self.for_the_session &= standing.for_the_session;
        self
    }

    /// Whether it holds the same strategies for the same time.
    #[must_use]
    pub fn is_as_wide_as(&self, other: &Self) -> bool {
        self.strategy == other.strategy && self.for_the_session == other.for_the_session
    }
}

impl FreezeName {
    /// The freeze that Pause sets and Resume clears.
    #[must_use]
    pub fn pause() -> Self {
        Self::known("pause")
    }

    /// The freeze that `control_freeze.flag` sets (LIFE-5).
    #[must_use]
    pub fn file() -> Self {
        Self::known("file")
    }

    /// The freeze by which a person holds one strategy's entries, e.g. `strategy-open`.
    #[must_use]
    pub fn of_strategy(strategy: StrategyName) -> Self {
        Self::made(format!("{OF_STRATEGY}{strategy}"))
    }

    /// The strategy that a freeze of this name holds alone, where it names one that trades.
    #[must_use]
    pub fn strategy(&self) -> Option<StrategyName> {
        let named = self.named_strategy()?;
        StrategyName::TRADING.into_iter().find(|s| s.as_str() == named)
    }

    /// What stands where such a name has its strategy, whether there is one or not.
    #[must_use]
    pub fn named_strategy(&self) -> Option<&str> {
        self.as_str().strip_prefix(OF_STRATEGY)
    }

    /// The name of a limit's freeze: the limit, and the strategy where it holds one alone, e.g. `strategy_loss-open`.
    ///
    /// # Errors
    /// [`FreezeNameError`] where the limit's name is none.
    pub fn of_limit(limit: &str, strategy: Option<StrategyName>) -> Result<Self, FreezeNameError> {
        match strategy {
            None => limit.parse(),
            Some(strategy) => format!("{limit}-{strategy}").parse(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_12_a_limit_names_its_freeze_and_whom_it_holds() {
        let name = |limit: &str, strategy| FreezeName::of_limit(limit, strategy).map(String::from);
        assert_eq!(name("daily_loss", None).as_deref(), Ok("daily_loss"));
        assert_eq!(name("losing_row", Some(StrategyName::Mid)).as_deref(), Ok("losing_row-mid"));
        assert!(name("Daily Loss", None).is_err());
        for strategy in StrategyName::TRADING {
            let name = FreezeName::of_strategy(strategy);
            assert_eq!((name.as_str().parse().as_ref(), name.strategy()), (Ok(&name), Some(strategy)));
        }
        let other: FreezeName = "strategy-nothing".parse().unwrap();
        assert_eq!((other.named_strategy(), other.strategy()), (Some("nothing"), None));
        assert_eq!(FreezeName::pause().as_str().parse(), Ok(FreezeName::pause()));
        assert_eq!(FreezeName::file().as_str().parse(), Ok(FreezeName::file()));
    }
}
