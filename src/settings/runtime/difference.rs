//! From one version to the next: each key that changes, what that does, and which right it asks for.

use desk::domain::bot::Action;
use desk::domain::decimal::Quantity;
use serde::Serialize;

use super::{Runtime, rows};
use crate::settings::key::{Effect, Key, Larger, Takes};

/// A key that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which.
    pub key: String,
    /// As it is.
    pub now: String,
    /// As it would be.
    pub new: String,
    /// The unit of both.
    pub unit: &'static str,
    /// What that does to risk.
    pub effect: Effect,
    /// The right that it asks for.
    pub action: Action,
    /// When it takes effect.
    pub takes: Takes,
    /// What the key does.
    pub help: &'static str,
}

/// The keys that differ, in the order of the catalogue.
#[must_use]
pub fn difference(now: &Runtime, new: &Runtime) -> Vec<Change> {
    let pairs = rows().iter().map(|row| (&row.key, row.get(now), row.get(new)));
    let changed = pairs.filter(|(_, now, new)| now != new);
    let changes = changed.map(|(key, now, new)| {
        let effect = effect(key, &now, &new);
        Change {
            key: key.name.clone(),
            unit: key.unit,
            effect,
            action: key.action(effect),
            takes: key.takes(),
            help: key.help,
            now,
            new,
        }
    });
    let mut changes: Vec<Change> = changes.collect();
    hold_together(&mut changes);
    changes
}

/// What a strategy gets holds together (decision 0022): where one of its parameters waits for the next session, the others
/// wait with it. That it is off holds at once in any case.
fn hold_together(changes: &mut [Change]) {
    let section = |key: &str| key.rsplit_once('.').map_or("", |(section, _)| section).to_owned();
    let waits = changes.iter().filter(|c| c.takes == Takes::NextSession && c.key.starts_with("strategies."));
    let waiting: Vec<String> = waits.map(|c| section(&c.key)).collect();
    for change in changes.iter_mut().filter(|c| waiting.contains(&section(&c.key))) {
        let goes_off = change.key.ends_with(".enabled") && change.new == "false";
        if !goes_off {
            change.takes = Takes::NextSession;
        }
    }
}

/// Both are as the rows write them.
fn effect(key: &Key, now: &str, new: &str) -> Effect {
    let steps = |text: &str| match text {
        "true" => Some(1),
        "false" => Some(0),
        number => number.parse::<Quantity>().ok().map(Quantity::raw),
    };
    let (Some(now), Some(new)) = (steps(now), steps(new)) else { return Effect::Neither };
    match (key.larger, new > now) {
        (Larger::Neither, _) => Effect::Neither,
        (Larger::Loosens, true) | (Larger::Tightens, false) => Effect::Loosens,
        (Larger::Loosens, false) | (Larger::Tightens, true) => Effect::Tightens,
    }
}
