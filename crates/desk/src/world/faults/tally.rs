//! What was met in a run: faults, crash steps, trades.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Faults of the link and the venue.
    pub faults: BTreeMap<&'static str, u64>,
    /// Crashes, by the step that they hit.
    pub crashes: BTreeMap<&'static str, u64>,
    /// Closed trades, by strategy.
    pub trades: BTreeMap<String, u64>,
    /// What the bot recorded, by the event's name.
    pub events: BTreeMap<String, u64>,
    /// Restarts whose state was compared with the state before the crash.
    pub compared: u64,
    /// Entries that were given up and arrived after all (A1).
    pub returned: u64,
    /// Brackets that were over and got another fill (B6).
    pub reopened: u64,
    /// Sessions played to their end.
    pub sessions: u64,
    /// Steps passed.
    pub steps: u64,
}

impl Tally {
    /// Counts a fault.
    pub fn fault(&mut self, name: &'static str) {
        let count = self.faults.entry(name).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        for (name, n) in &other.faults {
            let count = self.faults.entry(name).or_default();
            *count = count.saturating_add(*n);
        }
        for (name, n) in &other.crashes {
            let count = self.crashes.entry(name).or_default();
            *count = count.saturating_add(*n);
        }
        for (into, from) in [(&mut self.trades, &other.trades), (&mut self.events, &other.events)] {
            for (name, n) in from {
                match into.get_mut(name) {
                    Some(count) => *count = count.saturating_add(*n),
                    None => {
                        into.insert(name.clone(), *n);
                    }
                }
            }
        }
        self.compared = self.compared.saturating_add(other.compared);
        self.returned = self.returned.saturating_add(other.returned);
        self.reopened = self.reopened.saturating_add(other.reopened);
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.steps = self.steps.saturating_add(other.steps);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sessions, steps, compared, returned, reopened, .. } = self;
        writeln!(f, "sessions {sessions}, steps {steps}, restarts compared {compared}")?;
        writeln!(f, "entries given up that arrived {returned}, brackets filled after their end {reopened}")?;
        let named = |list: &BTreeMap<&'static str, u64>| list.iter().map(|(n, c)| (n.to_string(), *c)).collect();
        let owned = |list: &BTreeMap<String, u64>| list.iter().map(|(n, c)| (n.clone(), *c)).collect();
        let parts: [(&str, Vec<(String, u64)>); 4] = [
            ("faults", named(&self.faults)),
            ("crashes", named(&self.crashes)),
            ("trades", owned(&self.trades)),
            ("events", owned(&self.events)),
        ];
        for (title, rows) in parts {
            writeln!(f, "{title}:")?;
            for (name, count) in rows {
                writeln!(f, "  {count:>9}  {name}")?;
            }
        }
        Ok(())
    }
}
