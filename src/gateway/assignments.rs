//! Accounting's files that assign a float (LEDG-10): found, read, put away. A file is taken when it has not changed between
//! two looks, so that one that is still being written is left alone.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use desk::domain::float::FloatAssignment;

use crate::settings::{make_folder, replace};

/// How the name of such a file begins.
const NAME: &str = "float_assignment";
/// Larger files are not read, in bytes.
const LARGEST: u64 = 65_536;

/// Where accounting leaves its files.
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    /// Size and time of what was seen at the last look.
    seen: BTreeMap<PathBuf, (u64, i64, i64)>,
}

impl Inbox {
    /// The folder, made where it is not there, with those of what is done and what is refused.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        let inbox = Self { folder, seen: BTreeMap::new() };
        for folder in [inbox.done(), inbox.refused()] {
            make_folder(&folder)?;
        }
        Ok(inbox)
    }

    fn done(&self) -> PathBuf {
        self.folder.join("done")
    }

    fn refused(&self) -> PathBuf {
        self.folder.join("refused")
    }

    /// The files that have not changed since the last look, by name.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn look(&mut self) -> io::Result<Vec<PathBuf>> {
        let mut now = BTreeMap::new();
        for entry in self.folder.read_dir()? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let ours = name.starts_with(NAME) && [".json", ".csv"].iter().any(|ending| name.ends_with(ending));
            // What goes away between the two is no more there.
            if let (true, Ok(found)) = (ours, path.symlink_metadata()) {
                now.insert(path, (found.len(), found.mtime(), found.mtime_nsec()));
            }
        }
        let still =
            now.iter().filter(|(path, state)| self.seen.get(*path) == Some(state)).map(|(path, _)| path.clone());
        let still = still.collect();
        self.seen = now;
        Ok(still)
    }

    /// Puts a file away whose assignment stands in the record.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn put_away(&self, path: &Path) -> io::Result<()> {
        move_to(&self.done(), path).map(drop)
    }

    /// Puts a file away that was refused, the reason beside it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn refuse(&self, path: &Path, why: &str) -> io::Result<()> {
        let moved = move_to(&self.refused(), path)?;
        let name = moved.file_name().unwrap_or_default().to_string_lossy().into_owned();
        replace(&moved.with_file_name(format!("{name}.reason.txt")), format!("{why}\n").as_bytes())
    }
}

/// Moves a file into a folder; where its name is taken, a number goes before it.
fn move_to(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let names = std::iter::once(name.to_string()).chain((2_u32..10_000).map(|n| format!("{n}-{name}")));
    let free = names.map(|name| folder.join(name)).find(|to| to.symlink_metadata().is_err());
    let to = free.ok_or(io::ErrorKind::AlreadyExists)?;
    std::fs::rename(path, &to)?;
    Ok(to)
}

/// The assignment of a file, the whole of it or nothing.
///
/// # Errors
/// What is wrong with it, and what is needed.
pub fn read(path: &Path) -> Result<FloatAssignment, String> {
    let found = path.symlink_metadata().map_err(|e| format!("the file cannot be read: {e}"))?;
    if !found.is_file() || found.nlink() != 1 {
        return Err("it is no plain file with one name".to_owned());
    }
    if found.len() > LARGEST {
        return Err(format!("it has {} bytes; at most {LARGEST} are read", found.len()));
    }
    let bytes = std::fs::read(path).map_err(|e| format!("the file cannot be read: {e}"))?;
    if path.extension().is_some_and(|ending| ending == "csv") {
        of_csv(&bytes)
    } else {
        serde_json::from_slice(&bytes).map_err(|e| {
            format!("it is no assignment: {e}. Needed is an object as schemas/float_assignment.schema.json says")
        })
    }
}

fn of_csv(bytes: &[u8]) -> Result<FloatAssignment, String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let rows: Result<Vec<FloatAssignment>, csv::Error> = reader.deserialize().collect();
    let needed = "Needed are the columns document, assigned_by, float, currency, from, cash and one line below them";
    match rows.map_err(|e| format!("it is no assignment: {e}. {needed}"))?.as_slice() {
        [one] => Ok(one.clone()),
        rows => Err(format!("it has {} lines. {needed}", rows.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    const GOOD: &str =
        r#"{"document":"FA-7","assigned_by":"Treasury","float":"50000.00","currency":"USD","from":"2026-11-23"}"#;

    /// LEDG-10: a file is read when it has come to rest, the whole of it or nothing, and put away with the reason beside it.
    #[test]
    fn ledg_10_a_file_is_taken_once_it_rests_and_put_away() {
        let place = TestPlace::new();
        let folder = place.join("float");
        let mut inbox = Inbox::open(folder.clone()).unwrap();
        let (json, csv) = (folder.join("float_assignment-7.json"), folder.join("float_assignment_8.csv"));
        std::fs::write(folder.join("notes.json"), "{}").unwrap();
        std::fs::write(&json, GOOD.get(..40).unwrap()).unwrap();
        assert_eq!(inbox.look().unwrap(), Vec::<PathBuf>::new(), "it may still be written");
        std::fs::write(&json, GOOD).unwrap();
        std::fs::write(&csv, "document,assigned_by,float,currency,from,cash\nFA-8,Treasury,60000,USD,2026-11-24,-5\n")
            .unwrap();
        assert_eq!(inbox.look().unwrap(), Vec::<PathBuf>::new(), "it has changed since");
        assert_eq!(inbox.look().unwrap(), [json.clone(), csv.clone()]);
        let seven = read(&json).unwrap();
        assert_eq!(
            (seven.document.as_str(), seven.float.to_string(), seven.cash),
            ("FA-7", "50000.00".to_owned(), None)
        );
        let eight = read(&csv).unwrap();
        assert_eq!((eight.document.as_str(), eight.cash.unwrap().to_string()), ("FA-8", "-5.00".to_owned()));

        inbox.put_away(&json).unwrap();
        std::fs::write(&json, GOOD).unwrap();
        inbox.put_away(&json).unwrap();
        inbox.refuse(&csv, "the books are in USD").unwrap();
        let there = |name: &str| folder.join(name).is_file();
        assert!(there("done/float_assignment-7.json") && there("done/2-float_assignment-7.json"));
        let why = std::fs::read_to_string(folder.join("refused/float_assignment_8.csv.reason.txt")).unwrap();
        assert_eq!(why, "the books are in USD\n");
        assert!(there("refused/float_assignment_8.csv") && inbox.look().unwrap().is_empty());
    }

    #[test]
    fn ledg_10_what_is_no_whole_assignment_is_refused_with_what_is_needed() {
        let place = TestPlace::new();
        let csv = "document,assigned_by,float,currency,from,cash\n";
        for (name, text, says) in [
            ("float_assignment.json", GOOD.get(..60).unwrap().to_owned(), "it is no assignment: EOF"),
            ("float_assignment.json", GOOD.replace("from", "form"), "unknown field"),
            ("float_assignment.json", GOOD.replace("\"50000.00\"", "50000.00"), "it is no assignment"),
            ("float_assignment.csv", csv.to_owned(), "it has 0 lines"),
            ("float_assignment.csv", format!("{csv}A,B,1,USD,2026-11-24,\nC,B,2,USD,2026-11-24,\n"), "it has 2 lines"),
            ("float_assignment.csv", format!("{csv}A,B,x,USD,2026-11-24,\n"), "it is no assignment"),
            ("float_assignment.json", "x".repeat(70_000), "at most 65536 are read"),
        ] {
            let path = place.join(name);
            std::fs::write(&path, &text).unwrap();
            let refused = read(&path).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
        let link = place.join("float_assignment-9.json");
        std::os::unix::fs::symlink(place.join("float_assignment.json"), &link).unwrap();
        assert!(read(&link).unwrap_err().contains("no plain file"));
    }
}
