//! Which strategies trade and how, changed while the bot runs (OPS-3, decision 0022). The change is an event: whoever folds the
//! record has it at the same place.

use super::trader::{Halt, Link, Record, Trader};
use crate::domain::event::Body;
use crate::domain::ids::{OrderId, StrategyName};
use crate::domain::time::Timestamp;
use crate::machines::screener::Criteria;
use crate::machines::strategy::StrategyMachine;
use crate::strategies::{Chosen, Parameters};

impl<R: Record> Trader<R> {
    /// Records what was chosen, unless that was chosen before. A strategy that the bot was not set up with stays away.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn choose(&mut self, at: Timestamp, chosen: Chosen) -> Result<(), Halt> {
        let as_chosen = |s: &StrategyMachine| chosen.line(s.name()).is_none_or(|line| *line == s.chosen());
        if self.strategies.iter().all(as_chosen) && self.setup.screen == chosen.screen {
            return Ok(());
        }
        self.commit(at, [Body::Configured(Box::new(chosen))])
    }

    /// Records what was chosen, and withdraws the entries of strategies that it switches off.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn choose_and_withdraw(&mut self, at: Timestamp, chosen: Chosen, link: &mut impl Link) -> Result<(), Halt> {
        self.choose(at, chosen)?;
        self.withdraw_unwanted(at, link)
    }

    /// Withdraws what [`Self::unwanted`] names.
    pub(super) fn withdraw_unwanted(&mut self, now: Timestamp, link: &mut impl Link) -> Result<(), Halt> {
        while let Some(order) = self.unwanted() {
            self.cancel(now, order, link)?;
        }
        Ok(())
    }

    /// An entry that still works though its strategy is off, and whose withdrawal nobody has asked for yet. What it has filled
    /// stays, with its rules.
    #[must_use]
    pub fn unwanted(&self) -> Option<OrderId> {
        let off = |name| self.strategies.iter().any(|s| s.name() == name && !s.is_on());
        let mut entries = self.portfolio.iter().filter(|p| p.entry_working && off(p.strategy)).map(|p| &p.entry);
        entries.find(|order| self.may_cancel(order)).cloned()
    }

    /// What of a choice holds from the next session's open on, in words; what is not named holds from the next minute on, and
    /// that a strategy is off at once.
    #[must_use]
    pub fn waiting(&self, chosen: &Chosen) -> Vec<String> {
        let waits = |s: &&StrategyMachine| {
            chosen.line(s.name()).is_some_and(|line| !s.strategy().parameters().agrees_in_a_session(&line.parameters))
        };
        let strategies = self.strategies.iter().filter(waits).map(|s| format!("the parameters of {}", s.name()));
        let screener = (self.setup.screen != chosen.screen).then(|| "the screener".to_owned());
        strategies.chain(screener).collect()
    }

    /// What is asked of a symbol at the next session's open.
    #[must_use]
    pub const fn criteria(&self) -> Option<&Criteria> {
        self.setup.screen.as_ref()
    }

    /// The strategies that have taken entries at some time of this session, with their parameters of now.
    #[must_use]
    pub fn trading(&self) -> Vec<(StrategyName, Parameters)> {
        let own = self.strategies.iter().filter(|s| s.was_on());
        own.map(|s| (s.name(), *s.strategy().parameters())).collect()
    }
}
