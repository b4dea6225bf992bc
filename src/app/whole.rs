//! A bot that has run starts whole or not at all: a part of it that is gone is said, and nothing is made anew in silence.
//! Empty books, limits at their defaults or a latch without its history would look as if all were well.

use std::path::{Path, PathBuf};

use desk::domain::ids::Identity;

use crate::cli::Failure;
use crate::settings::Boot;
use crate::store::Address;

/// What is looked for, and where.
struct Part {
    name: &'static str,
    path: PathBuf,
    there: bool,
}

impl Part {
    /// A database may be empty for a while: what it holds stands in the log beside it.
    fn file(name: &'static str, path: PathBuf) -> Self {
        Self { name, there: path.exists(), path }
    }
}

/// Looks for what a bot that has run has.
///
/// # Errors
/// The first part that is gone.
pub(super) fn check(boot: &Boot, identity: &Identity, life: &Path) -> Result<(), Failure> {
    let written = std::fs::metadata(life).is_ok_and(|file| file.len() > 0);
    let life = Part { name: "the log of its life", path: life.to_owned(), there: written };
    let config = boot.folders.config();
    let sealed = std::fs::read_dir(&config).into_iter().flatten().flatten();
    let sealed = sealed.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|e| e == "sealed"));
    let mut parts = vec![
        Part { name: "its configuration", path: config.join("000001.sealed"), there: sealed },
        Part::file("the list of its people", boot.folders.data().join("people.db")),
    ];
    // Books in PostgreSQL say themselves whether they are there.
    if let Address::Sqlite(path) = Address::new(&boot.database(identity)) {
        let ledger = Part::file("its ledger", path);
        if ledger.there && !life.there {
            return Err(gone(&life, &ledger));
        }
        parts.push(ledger);
    }
    match parts.iter().find(|part| life.there && !part.there) {
        Some(part) => Err(gone(part, &life)),
        None => Ok(()),
    }
}

/// Books on a server that say that the bot has run, where the log of its life is gone.
pub(super) fn without_life(boot: &Boot, identity: &Identity) -> Failure {
    let life = Part { name: "the log of its life", path: boot.folders.data().join(super::living::LIFE), there: false };
    let address = Address::new(&boot.database(identity));
    let ledger = Part { name: "its ledger", path: PathBuf::from(address.to_string()), there: true };
    gone(&life, &ledger)
}

fn gone(part: &Part, evidence: &Part) -> Failure {
    let message = format!(
        "{}: {} is gone, but this bot has run: {} is there ({}). It does not start without it and makes no new one, so that \
         nothing is lost unseen. Restore its folder from a backup; or, to begin anew, move the whole folder away.",
        part.path.display(),
        part.name,
        evidence.name,
        evidence.path.display()
    );
    Failure::bad_input("not_whole", message)
}
