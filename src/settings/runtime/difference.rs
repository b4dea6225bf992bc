//! From one version to the next: each key that changes, what that does, and which right it asks for.

use desk::domain::bot::Action;
use desk::domain::decimal::Quantity;
use desk::domain::ids::StrategyName;
use desk::strategies::{Line, Parameters};
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

/// The keys that differ, in the order of the catalogue, where nothing that was changed before still waits.
#[must_use]
pub fn difference(now: &Runtime, new: &Runtime) -> Vec<Change> {
    difference_to(now, new, |_| None)
}

/// The same beside a bot that runs: `in_force` are the parameters that a strategy trades by at this moment, which are older
/// than those of `now` while a change waits for the next session.
#[must_use]
pub fn difference_to(
    now: &Runtime,
    new: &Runtime,
    in_force: impl Fn(StrategyName) -> Option<Parameters>,
) -> Vec<Change> {
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
    for line in new.lines() {
        let stands = now.lines().into_iter().find(|l| l.strategy == line.strategy).map(|l| l.parameters);
        if let Some(in_force) = in_force(line.strategy).or(stands) {
            hold_together(&mut changes, &line, &in_force);
        }
    }
    changes
}

/// What a strategy gets holds together (decision 0022): where what its session was made with is to be another, everything waits
/// for the next session, also what was changed later. That it is off holds at once in any case.
fn hold_together(changes: &mut [Change], new: &Line, in_force: &Parameters) {
    let section = format!("strategies.{}.", new.strategy);
    let waits = !in_force.agrees_in_a_session(&new.parameters);
    for change in changes.iter_mut().filter(|c| c.key.starts_with(&section)) {
        let goes_off = change.key.ends_with(".enabled") && change.new == "false";
        if matches!(change.takes, Takes::AtOnce | Takes::NextSession) {
            change.takes = if waits && !goes_off { Takes::NextSession } else { Takes::AtOnce };
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
