//! The versions of the runtime configuration, from the vault: for the pages that change them, and for the supervisor that
//! applies them.

use std::sync::{Arc, Mutex, PoisonError};

use desk::domain::time::Span;
use desk::machines::supervisor::Deadlines;
use desk::machines::watchdog::Tolerance;
use desk::strategies::Chosen;

use crate::actors::configuring::{Configure, Prepared, Usual};
use crate::actors::supervisor::Bearing;
use crate::cli::run_bot::Speed;
use crate::gateway::clock;
use crate::gateway::vault::{Saving as Sealing, Vault, VaultError};
use crate::messages::board::LimitLine;
use crate::settings::{Current, Held, Runtime, SettingsError, Takes, difference};
use crate::web::{NotSaved, Saved, Saving, Versions};

/// The vault as the pages see it.
pub(super) struct Sealed {
    pub(super) vault: Arc<Vault>,
    /// What is in force: a list that it has read may stay.
    pub(super) current: Current,
}

impl Versions for Sealed {
    fn all(&self) -> Result<Vec<Saved>, String> {
        let read = |number| -> Result<Saved, String> {
            let version = self.vault.read(number).map_err(|e| e.to_string())?;
            let runtime = Runtime::read(&version.document, &format!("version {number}")).map_err(|e| e.to_string())?;
            let (at, by, why) = (version.at, version.by, version.why);
            Ok(Saved { number, at, by, why, same_as: version.same_as, runtime })
        };
        self.vault.versions().map_err(|e| e.to_string())?.into_iter().map(read).collect()
    }

    fn check(&self, new: &Runtime) -> Result<(), SettingsError> {
        new.may_follow(&self.current.get())
    }

    fn save(&self, new: &Runtime, saving: &Saving) -> Result<u32, NotSaved> {
        // What cannot be applied is not kept as the newest.
        self.check(new).map_err(NotSaved::Unfit)?;
        let sealing = Sealing { at: clock::now(), by: saving.by.clone(), why: saving.why.clone(), over: saving.over };
        let saved = match saving.same_as {
            Some(earlier) => self.vault.roll_back(earlier, sealing),
            None => self.vault.save(&new.document(), sealing),
        };
        saved.map_err(|error| match error {
            VaultError::Changed { .. } => NotSaved::Changed,
            other => NotSaved::Failed(format!("{other}.")),
        })
    }
}

/// What the supervisor applies: a version of the vault, against what the process was started with. What is in force is put
/// into `current`; the list of symbols that it has read is `held` for as long as its file cannot be read.
pub(super) fn configuring(vault: Arc<Vault>, current: Current, speed: Speed, held: Option<Held>) -> Configure {
    let (started, held) = (current.get(), Arc::new(Mutex::new(held)));
    Configure::new(move |number| {
        let version = vault.read(number).map_err(|error| match error {
            VaultError::Missing { .. } => format!("There is no version {number} of the configuration."),
            other => format!("Version {number} cannot be read: {other}."),
        })?;
        // A start takes the newest version, and the next change is made to it: what is in force has to be that.
        if let Some(newest) = vault.newest().ok().flatten().filter(|newest| newest.number != number) {
            return Err(format!(
                "Version {number} is not the newest, {} is: a restart would undo it. Roll back on the page Settings; that \
                 saves version {number} anew.",
                newest.number
            ));
        }
        let new = Runtime::read(&version.document, &format!("version {number}")).map_err(|e| format!("{e}."))?;
        let list = held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let chosen = new.chosen_holding(number, &version.by, list.as_ref());
        let (chosen, missing) = chosen.map_err(|e| format!("{e}."))?;
        let list = Held::of(&new, &chosen);
        let mut prepared = prepared(&started, &new, chosen, speed)?;
        let missing = missing.map(|e| e.to_string());
        prepared.missing =
            missing.as_ref().map(|e| format!("{e}. The list that was read before stays; a start needs the file."));
        let (current, held) = (current.clone(), Arc::clone(&held));
        prepared.then = Arc::new(move || {
            held.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&list);
            current.set(number, new.clone(), missing.clone());
        });
        Ok(prepared)
    })
}

fn prepared(started: &Runtime, new: &Runtime, chosen: Chosen, speed: Speed) -> Result<Prepared, String> {
    let number = chosen.version;
    let changes = difference(started, new);
    if let Some(fixed) = changes.iter().find(|c| c.takes == Takes::Fixed) {
        return Err(format!(
            "{} was fixed at set-up at {}, and version {number} has {}.",
            fixed.key, fixed.now, fixed.new
        ));
    }
    let later = changes.iter().filter(|c| c.takes == Takes::NextStart).map(|c| c.key.clone()).collect();
    let (bearing, deadlines) = (bearing(new), deadlines(new, speed));
    let usual = usual(new, Some(chosen));
    Ok(Prepared { usual, bearing, deadlines, then: Arc::new(|| ()), later, missing: None })
}

/// A stop and an end are given the market's time. How long a change of configuration takes is the machine's affair: a market
/// that runs faster gives it more, and a minute in any case, since the bot's time goes on by minutes.
pub(super) fn deadlines(runtime: &Runtime, speed: Speed) -> Deadlines {
    let seconds = |s: u32| Span::seconds(i64::from(s));
    let times = match speed {
        Speed::Times(times) => times,
        Speed::Max => Speed::FASTEST,
    };
    let update = Deadlines::default().update.as_seconds().saturating_mul(i64::from(times)).saturating_add(60);
    Deadlines {
        stop: seconds(runtime.lifecycle.stop_deadline_seconds),
        shutdown: seconds(runtime.lifecycle.shutdown_deadline_seconds),
        update: Span::seconds(update),
    }
}

/// What of failures and slow steps is borne.
pub(super) fn bearing(runtime: &Runtime) -> Bearing {
    let set = runtime.supervision;
    let tolerance = Tolerance {
        period: Span::minutes(i64::from(set.window_minutes)),
        failures: usize::try_from(set.failures).unwrap_or(usize::MAX),
        ..Tolerance::default()
    };
    let budget = Span::nanos(i64::from(set.step_budget_ms).saturating_mul(1_000_000));
    Bearing { budget, tolerance, kills: set.escalation_kills }
}

/// What of a configuration everybody is told.
pub(super) fn usual(runtime: &Runtime, chosen: Option<Chosen>) -> Usual {
    let lines = runtime.limits_in_words().into_iter().map(|(key, usual, now)| LimitLine {
        key: key.name.clone(),
        what: key.help,
        unit: key.unit,
        usual,
        now,
    });
    Usual {
        limits: runtime.limits,
        time_to_live: runtime.time_to_live(),
        kill_alarm: Span::nanos(i64::from(runtime.orders.kill_alarm_ms).saturating_mul(1_000_000)),
        lots: runtime.ledger.lots,
        defense: runtime.defense.profile,
        defends_at_start: runtime.defense.at_start,
        lines: lines.collect(),
        chosen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_3_a_version_says_what_waits_and_what_cannot_change() {
        let started = Runtime::default();
        let with = |change: &str| started.changed_by(change, "test").unwrap();
        let prepare =
            |new: &Runtime| prepared(&started, new, new.chosen(2, "ann").map_err(|e| e.to_string())?, Speed::Times(1));
        let both = with(
            "[risk]\nday_loss = 500\n[strategies.open]\nenabled = false\n[lifecycle]\nautostart = true\n\
             [supervision]\nstep_budget_ms = 100",
        );
        let both = prepare(&both).unwrap();
        assert_eq!(both.usual.limits.day_loss.to_string(), "500.00");
        assert_eq!(both.usual.chosen.unwrap().who_trades(), "mid, close (open off)");
        assert_eq!(both.bearing.budget, Span::nanos(100_000_000));
        assert_eq!(both.later, ["lifecycle.autostart"]);
        for fixed in ["[risk]\nfloat = 5", "[venue]\nlatency_ms = 1", "[commission]\nminimum = 2"] {
            let refused = prepare(&with(fixed)).unwrap_err();
            assert!(refused.contains("was fixed at set-up"), "{refused}");
        }
        for (file, why) in [("/nowhere.txt", "it cannot be read"), ("nowhere.txt", "it has to begin with /")] {
            let refused = prepare(&with(&format!("[screener]\nfile = {file:?}"))).unwrap_err();
            assert!(refused.contains(&format!("screener.file {file}: {why}")), "{refused}");
        }
    }

    #[test]
    fn ops_3_a_change_of_configuration_has_ten_real_seconds_at_every_speed() {
        let runtime = Runtime::default();
        for (speed, seconds) in [(Speed::Times(1), 70), (Speed::Times(60), 660), (Speed::Max, 1_000_060)] {
            let given = deadlines(&runtime, speed);
            assert_eq!(given.update, Span::seconds(seconds));
            assert_eq!(given.stop, Deadlines::default().stop, "a stop's is the market's");
        }
    }
}
