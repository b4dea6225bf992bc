//! What accounts stand at, day by day.

use std::collections::{BTreeMap, BTreeSet};

use desk::domain::journal::{AccountCode, Posting};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::wide::{Overflow, Wide};

/// What an account holds: positions are asserted by their units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    /// Money.
    Money(Currency),
    /// Units.
    Units(Symbol),
}

/// Cumulative balances, and which of them moved since they were last asserted.
#[derive(Default)]
pub(super) struct Balances {
    all: BTreeMap<(AccountCode, Held), Wide>,
    moved: BTreeSet<(AccountCode, Held)>,
}

impl Balances {
    pub(super) fn take(&mut self, posting: &Posting) {
        let (held, steps) = match posting.holding {
            Some(holding) => (Held::Units(holding.commodity), holding.units.raw()),
            None if posting.account.is_position() => return,
            None => (Held::Money(posting.currency), posting.amount.raw()),
        };
        let key = (posting.account, held);
        *self.all.entry(key).or_default() += Wide::new(i128::from(steps));
        self.moved.insert(key);
    }

    /// Those that moved, by account, in the order of codes.
    pub(super) fn moved(&mut self) -> Result<Vec<(AccountCode, Held, i64)>, Overflow> {
        let moved = std::mem::take(&mut self.moved);
        moved
            .into_iter()
            .map(|key| Ok((key.0, key.1, self.all.get(&key).copied().unwrap_or_default().narrow()?)))
            .collect()
    }

    /// Money that is not nothing, by account.
    pub(super) fn money(&self) -> Result<Vec<(AccountCode, Currency, i64)>, Overflow> {
        let mut found = Vec::new();
        for ((account, held), sum) in &self.all {
            if let (Held::Money(currency), true) = (held, *sum != Wide::ZERO) {
                found.push((*account, *currency, sum.narrow()?));
            }
        }
        Ok(found)
    }
}
