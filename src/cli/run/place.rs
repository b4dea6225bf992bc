//! A folder that is whole or not there: written under another name beside its place, renamed when it is done.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::gateway::reason;

/// What shows that a folder holds the files of a run.
pub(super) const MARK: &str = "run.json";
/// All that a run leaves in its folder: nothing else is ever replaced.
const OURS: [&str; 10] = [
    MARK,
    "decisions.jsonl",
    "ledger.db",
    // While a reader has the books open.
    "ledger.db-shm",
    "ledger.db-wal",
    "report.html",
    "summaries",
    "summary.json",
    "trade_history.csv",
    "trade_history.json",
];

/// Where a run's files go.
#[derive(Debug)]
pub(in crate::cli) struct Place {
    target: PathBuf,
    partial: PathBuf,
    /// Folders above the target that were made for it, the nearest last.
    made: Vec<PathBuf>,
    force: bool,
    kept: bool,
}

/// What is in a folder.
enum Inside {
    Nothing,
    Run,
    /// Something that is no run's, by name.
    Foreign(String),
}

fn inside(folder: &Path) -> io::Result<Inside> {
    let mut names = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    if names.is_empty() {
        return Ok(Inside::Nothing);
    }
    if let Some(foreign) = names.iter().find(|name| !OURS.contains(&name.as_str())) {
        return Ok(Inside::Foreign(foreign.clone()));
    }
    // Without its record it may be half of a run, or another program's.
    Ok(if folder.join(MARK).is_file() { Inside::Run } else { Inside::Foreign(names.swap_remove(0)) })
}

/// A folder that holds a run, where that was not to be replaced.
fn in_use(target: &Path) -> Failure {
    let shown = target.display();
    let message = format!("--out {shown}: the folder holds a run already; give another one, or --force to replace it");
    Failure::bad_input("output_exists", message)
}

/// An output that cannot be written.
fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::bad_input("output_unwritable", format!("{}: cannot be written: {}", path.display(), reason(error)))
}

/// A name beside the target that no other process uses.
fn beside(target: &Path, name: &OsStr, what: &str) -> PathBuf {
    let mut own = name.to_owned();
    own.push(format!(".{what}-{}", std::process::id()));
    target.with_file_name(own)
}

impl Place {
    /// Makes room for a folder at `target`, before anything is run. With `force`, an earlier run's folder is replaced.
    ///
    /// # Errors
    /// Where the folder has something in it, or cannot be written.
    pub(in crate::cli) fn prepare(target: &Path, force: bool) -> Result<Self, Failure> {
        let shown = target.display();
        match inside(target) {
            Ok(Inside::Nothing) => {}
            Ok(Inside::Run) if force => {}
            Ok(Inside::Run) => return Err(in_use(target)),
            Ok(Inside::Foreign(name)) => {
                let message = format!(
                    "--out {shown}: the folder has files that are no run's, e.g. {name}; give a folder that is new or empty"
                );
                return Err(Failure::bad_input("output_not_empty", message));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) if e.kind() == io::ErrorKind::NotADirectory && target.is_file() => {
                let message = format!("--out {shown}: is a file; a folder that is new or empty is needed");
                return Err(Failure::bad_input("output_unwritable", message));
            }
            Err(e) => return Err(unwritable(target, &e)),
        }
        let Some(name) = target.file_name() else {
            let message = format!("--out {shown}: has no name of its own; a folder that is new or empty is needed");
            return Err(Failure::bad_input("output_unwritable", message));
        };
        let partial = beside(target, name, "partial");
        let mut place = Self { target: target.to_owned(), partial, made: Vec::new(), force, kept: false };
        place.make_above()?;
        fs::create_dir(&place.partial).map_err(|e| unwritable(target, &e))?;
        Ok(place)
    }

    /// Makes the folders above the target that are missing.
    fn make_above(&mut self) -> Result<(), Failure> {
        let above = self.target.parent().unwrap_or(Path::new(""));
        let missing: Vec<PathBuf> = above
            .ancestors()
            .filter(|p| !p.as_os_str().is_empty())
            .take_while(|p| !p.exists())
            .map(Path::to_owned)
            .collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(&folder).map_err(|e| unwritable(&self.target, &e))?;
            self.made.push(folder);
        }
        Ok(())
    }

    /// Where files are written until all are there.
    pub(in crate::cli) fn folder(&self) -> &Path {
        &self.partial
    }

    /// A file by the name that it will have.
    pub(in crate::cli) fn shown(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }

    /// Writes one file; its name may have folders before it.
    ///
    /// # Errors
    /// Where it cannot be written, or Ctrl-C was pressed.
    pub(in crate::cli) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        interrupt::heed()?;
        let path = self.partial.join(name);
        let written = match path.parent() {
            Some(folder) if folder != self.partial => fs::create_dir_all(folder),
            _ => Ok(()),
        };
        written.and_then(|()| fs::write(&path, bytes)).map_err(|e| {
            let shown = self.shown(name);
            let message = format!("{}: cannot be written: {}", shown.display(), reason(&e));
            Failure::failed("output_unwritable", message)
        })
    }

    /// All files are there: the folder takes its name.
    ///
    /// # Errors
    /// Where the system does not let it, or Ctrl-C was pressed before.
    pub(in crate::cli) fn keep(mut self) -> Result<(), Failure> {
        interrupt::heed()?;
        let fail = |e: &io::Error| unwritable(&self.target, e);
        let name = self.target.file_name().unwrap_or_default();
        let old = beside(&self.target, name, "replaced");
        let had = self.target.is_dir();
        // Another run may have ended here meanwhile.
        if had {
            match inside(&self.target).map_err(|e| fail(&e))? {
                Inside::Nothing => {}
                Inside::Run if self.force => {}
                Inside::Run | Inside::Foreign(_) => return Err(in_use(&self.target)),
            }
        }
        if had {
            fs::rename(&self.target, &old).map_err(|e| fail(&e))?;
        }
        if let Err(error) = fs::rename(&self.partial, &self.target) {
            if had {
                // What was there before goes back to its place.
                let _ = fs::rename(&old, &self.target);
            }
            return Err(fail(&error));
        }
        self.kept = true;
        if had {
            fs::remove_dir_all(&old).map_err(|e| unwritable(&old, &e))?;
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // Nothing more can be done here where even this fails; what is left has `.partial` in its name.
        let _ = fs::remove_dir_all(&self.partial);
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
