//! The versions of the runtime configuration, from the vault: for the pages that change them, and for the supervisor that
//! applies them.

use std::sync::Arc;

use crate::actors::configuring::{Configure, Prepared, Usual};
use crate::gateway::clock;
use crate::gateway::vault::{Saving as Sealing, Vault, VaultError};
use crate::messages::board::LimitLine;
use crate::settings::{Runtime, Takes, difference};
use crate::web::{NotSaved, Saved, Saving, Versions};

/// The vault as the pages see it.
pub(super) struct Sealed(pub(super) Arc<Vault>);

impl Versions for Sealed {
    fn all(&self) -> Result<Vec<Saved>, String> {
        let read = |number| -> Result<Saved, String> {
            let version = self.0.read(number).map_err(|e| e.to_string())?;
            let runtime = Runtime::read(&version.document, &format!("version {number}")).map_err(|e| e.to_string())?;
            let (at, by, why) = (version.at, version.by, version.why);
            Ok(Saved { number, at, by, why, same_as: version.same_as, runtime })
        };
        self.0.versions().map_err(|e| e.to_string())?.into_iter().map(read).collect()
    }

    fn save(&self, new: &Runtime, saving: &Saving) -> Result<u32, NotSaved> {
        let sealing = Sealing { at: clock::now(), by: saving.by.clone(), why: saving.why.clone(), over: saving.over };
        let saved = match saving.same_as {
            Some(earlier) => self.0.roll_back(earlier, sealing),
            None => self.0.save(&new.document(), sealing),
        };
        saved.map_err(|error| match error {
            VaultError::Changed { .. } => NotSaved::Changed,
            other => NotSaved::Failed(format!("{other}.")),
        })
    }
}

/// What the supervisor applies: a version of the vault, against what the process was started with.
pub(super) fn configuring(vault: Arc<Vault>, started: Runtime) -> Configure {
    Configure::new(move |number| {
        let version = vault.read(number).map_err(|error| match error {
            VaultError::Missing { .. } => format!("There is no version {number} of the configuration."),
            other => format!("Version {number} cannot be read: {other}."),
        })?;
        let new = Runtime::read(&version.document, &format!("version {number}")).map_err(|e| format!("{e}."))?;
        prepared(number, &started, &new)
    })
}

fn prepared(number: u32, started: &Runtime, new: &Runtime) -> Result<Prepared, String> {
    let changes = difference(started, new);
    if let Some(fixed) = changes.iter().find(|c| c.takes == Takes::Fixed) {
        return Err(format!(
            "{} was fixed at set-up at {}, and version {number} has {}.",
            fixed.key, fixed.now, fixed.new
        ));
    }
    let later = changes.iter().filter(|c| c.takes == Takes::NextStart).map(|c| c.key.clone()).collect();
    Ok(Prepared { usual: usual(new), later })
}

/// What of a configuration takes effect at once.
pub(super) fn usual(runtime: &Runtime) -> Usual {
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
        lots: runtime.ledger.lots,
        defense: runtime.defense.profile,
        defends_at_start: runtime.defense.at_start,
        lines: lines.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_3_a_version_says_what_waits_and_what_cannot_change() {
        let started = Runtime::default();
        let with = |change: &str| started.changed_by(change, "test").unwrap();
        let both = prepared(2, &started, &with("[risk]\nday_loss = 500\n[strategies.open]\nenabled = false")).unwrap();
        assert_eq!(both.usual.limits.day_loss.to_string(), "500.00");
        assert_eq!(both.later, ["strategies.open.enabled"]);
        for fixed in ["[risk]\nfloat = 5", "[venue]\nlatency_ms = 1", "[commission]\nminimum = 2"] {
            let refused = prepared(3, &started, &with(fixed)).unwrap_err();
            assert!(refused.contains("was fixed at set-up"), "{refused}");
        }
    }
}
