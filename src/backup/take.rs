//! Taking a backup, beside the running bot or without one.
//!
//! The order keeps what is copied consistent: the log of the bot's life first, then the head that is kept outside of the
//! books, then the books themselves: each names nothing that the later ones do not have.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use desk::domain::ids::Identity;
use desk::domain::time::{Span, Timestamp};

use super::error::BackupError;
use super::manifest::{Books, Manifest, SignedHeads};
use super::name::Name;
use super::pack::Packer;
use super::shelf::{Line, PARTIAL, Shelf, remove};
use super::unpack::sum_path;
use crate::gateway::clock::{self, Stopwatch};
use crate::gateway::vault::{KeySource, Signer, Vault};
use crate::settings::{Boot, Runtime, replace, runtime::Backups as Rules};
use crate::store::{self, Address, Heads};

/// The log of the bot's life, in the data folder.
pub(super) const LIFE: &str = "life.log";
/// The list of people, in the data folder.
pub(super) const PEOPLE: &str = "people.db";
/// Folders that are no part of a backup: keys, the backups themselves, what belongs to the process alone.
const LEFT_OUT: &[&str] = &["keys", "backups", "control"];
/// What a restored bot must find there in any case.
const LATCH: &str = "control/kill.latch";
/// Files that grow a line at a time.
const GROWING: &[&str] = &["jsonl", "log", "csv"];
/// Files that belong to the process that has them open.
const OF_THE_PROCESS: &[&str] = &["lock", "new", "partial", "tmp"];

/// A backup that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The archive.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// Its bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// How long that took, in milliseconds.
    pub took_ms: u128,
    /// Archives that were rotated away.
    pub removed: Vec<String>,
    /// Why the rotation could not be done.
    pub unrotated: Option<String>,
}

impl Taken {
    /// One sentence or two.
    #[must_use]
    pub fn said(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let books = match &self.manifest.books {
            Books { heads: Some(head), server: Some(server), .. } => {
                format!(", books from {server} to entry {}", head.heads.entry.seq)
            }
            Books { heads: Some(head), .. } => format!(", books to entry {}", head.heads.entry.seq),
            Books { heads: None, .. } => String::new(),
        };
        let (kib, took) = (self.bytes.div_ceil(1_024), self.took_ms);
        let mut said = format!("Backup {name}: {kib} KiB{books}, in {took} ms.");
        if let Some(why) = &self.unrotated {
            said = format!("{said} Older ones could not be removed: {why}.");
        }
        said
    }
}

/// Takes a backup of a bot, then rotates. It is whole and on the disk when this returns; where it fails nothing is left.
///
/// # Errors
/// Where something cannot be read or written, or another backup is being taken.
pub async fn take(boot: &Boot, identity: &Identity) -> Result<Taken, BackupError> {
    let begun = Stopwatch::start();
    let shelf = Shelf::new(boot.folders.backups());
    boot.folders.make(None)?;
    let _taking = shelf.take()?;
    let vault = Vault::open(&boot.folders, KeySource::of_process(boot.key.clone()))?;
    let rules = rules_of(&vault)?;
    let name = free_name(&shelf, identity, clock::now())?;
    let (path, stage) = (shelf.folder().join(name.file()), shelf.folder().join(format!("{PARTIAL}{name}")));
    let staged = Staged(stage);
    DirBuilder::new().mode(0o700).create(&staged.0).map_err(|e| BackupError::file(&staged.0, e))?;
    let source = Source { boot, identity, stage: &staged.0 };
    let archive = staged.0.join("archive");
    let (manifest, packed) = source.pack(&vault, &name, &archive).await?;
    // A checksum without its archive misleads nobody; an archive without its checksum looks as if it were old.
    let line = format!("{}  {}\n", packed.sha256, name.file());
    let sum = sum_path(&path);
    replace(&sum, line.as_bytes()).map_err(|e| BackupError::file(&sum, e))?;
    let placed = std::fs::rename(&archive, &path).and_then(|()| File::open(shelf.folder())?.sync_all());
    placed.map_err(|e| {
        remove(&sum);
        BackupError::file(&path, e)
    })?;
    let rotated = shelf.rotate(identity, rules, clock::now());
    let (removed, unrotated) = match rotated {
        Ok(removed) => (removed, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let took_ms = begun.elapsed().as_millis();
    Ok(Taken { path, manifest, bytes: packed.bytes, sha256: packed.sha256, took_ms, removed, unrotated })
}

/// The rules of the newest version of the configuration: what is saved holds for the next backup.
///
/// # Errors
/// Where it cannot be read.
pub fn rules(boot: &Boot) -> Result<Rules, BackupError> {
    rules_of(&Vault::open(&boot.folders, KeySource::of_process(boot.key.clone()))?)
}

fn rules_of(vault: &Vault) -> Result<Rules, BackupError> {
    let Some(version) = vault.newest()? else { return Ok(Runtime::default().backup) };
    Ok(Runtime::read(&version.document, &format!("version {}", version.number))?.backup)
}

/// The name of now. Where several are taken in one second a later one has a later name, so that the newest stays the
/// newest; a clock that was set back further than that is believed.
fn free_name(shelf: &Shelf, identity: &Identity, now: Timestamp) -> Result<Name, BackupError> {
    let own: Vec<Line> = shelf.list()?.into_iter().filter(|line| line.identity == *identity).collect();
    let mut name = Name::new(identity.clone(), now);
    let near = own.iter().map(|line| line.at).find(|at| *at >= name.at && *at - name.at < Span::minutes(1));
    name.at = near.map_or(name.at, |at| at + Span::seconds(1));
    while own.iter().any(|line| line.at == name.at) {
        name.at = name.at + Span::seconds(1);
    }
    Ok(name)
}

/// What is not whole; it goes in any case.
struct Staged(PathBuf);

impl Drop for Staged {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Where everything is taken from.
struct Source<'a> {
    boot: &'a Boot,
    identity: &'a Identity,
    stage: &'a Path,
}

impl Source<'_> {
    async fn pack(
        &self,
        vault: &Vault,
        name: &Name,
        archive: &Path,
    ) -> Result<(Manifest, super::pack::Packed), BackupError> {
        let data = self.boot.folders.data();
        let mut packer = Packer::begin(vault, &name.to_string(), archive)?;
        add(&mut packer, LIFE, &data.join(LIFE))?;
        let books = self.books(&mut packer, &vault.signer()?).await?;
        let people = data.join(PEOPLE);
        if people.exists() {
            self.database(&mut packer, PEOPLE, &people).await?;
        }
        let mut others = Vec::new();
        self.walk(data, &mut others).map_err(|e| BackupError::file(data, e))?;
        for path in others {
            let inside = path.strip_prefix(data).unwrap_or(&path).to_string_lossy().into_owned();
            add(&mut packer, &inside, &path)?;
        }
        add(&mut packer, LATCH, &data.join(LATCH))?;
        let (identity, at) = (self.identity.clone(), name.at);
        packer.end(|files| Manifest { identity, at, program: env!("CARGO_PKG_VERSION").to_owned(), books, files })
    }

    /// The books and the head beside them. Those of a server are one moment of it as a file.
    async fn books(&self, packer: &mut Packer, signer: &Signer) -> Result<Books, BackupError> {
        let address = Address::new(&self.boot.database(self.identity));
        let signed = |heads: Heads| -> Result<SignedHeads, BackupError> {
            let line = store::head_line(self.identity, heads)?;
            Ok(SignedHeads { heads, key: signer.key(), signature: signer.sign(&line) })
        };
        let place = place_of_books(self.identity);
        let file = file_of(&address).unwrap_or_else(|| self.boot.folders.data().join(&place));
        let server = matches!(address, Address::Postgres(_)).then(|| address.to_string());
        if server.is_none() && !file.exists() {
            return Ok(Books { inside: true, place, server, heads: None });
        }
        add(packer, &place_of_head(&place), &file.with_extension("head"))?;
        let heads = if server.is_some() {
            let copy = self.stage.join("books.db");
            let heads = store::export(&address, self.identity, &copy).await?;
            add(packer, &place, &copy)?;
            heads
        } else {
            let copy = self.database(packer, &place, &file).await?;
            store::heads_of(&Address::Sqlite(copy), self.identity).await?
        };
        Ok(Books { inside: true, place, server, heads: Some(signed(heads)?) })
    }

    /// One moment of a database; gives where its copy is.
    async fn database(&self, packer: &mut Packer, inside: &str, from: &Path) -> Result<PathBuf, BackupError> {
        let copy = self.stage.join(from.file_name().unwrap_or_default());
        store::copy(from, &copy).await?;
        add(packer, inside, &copy)?;
        Ok(copy)
    }

    /// Everything else below the data folder, by name. Links are not followed: what they lead to is somebody else's.
    fn walk(&self, folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
        let data = self.boot.folders.data();
        let own = [data.join(LIFE), data.join(PEOPLE)];
        // A file from which the books of a server were loaded once lies where that of a bot without a server does.
        let place = data.join(place_of_books(self.identity));
        let books = file_of(&Address::new(&self.boot.database(self.identity))).unwrap_or(place);
        let books = [books.with_extension("head"), books];
        let taken = |path: &PathBuf| own.contains(path) || books.contains(path);
        let entries = match std::fs::read_dir(folder) {
            // A closed session's folders are moved while the bot runs.
            Err(e) if e.kind() == io::ErrorKind::NotFound && folder != data => return Ok(()),
            entries => entries?,
        };
        let mut entries: Vec<_> = entries.collect::<io::Result<_>>()?;
        entries.sort_unstable_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (path, kind) = (entry.path(), entry.file_type()?);
            let left_out = LEFT_OUT.iter().any(|name| path == data.join(name)) || path == self.boot.key;
            if left_out || taken(&path) || of_the_process(&path) {
                continue;
            }
            if kind.is_dir() {
                self.walk(&path, found)?;
            } else if kind.is_file() {
                found.push(path);
            }
        }
        Ok(())
    }
}

/// The file of books that lie in one.
fn file_of(address: &Address) -> Option<PathBuf> {
    match address {
        Address::Sqlite(path) if path.is_dir() => Some(path.join("ledger.db")),
        Address::Sqlite(path) => Some(path.clone()),
        Address::Postgres(_) => None,
    }
}

/// Where the books of an identity lie below a data folder.
pub(super) fn place_of_books(identity: &Identity) -> String {
    format!("output/{identity}/ledgers/{identity}_BOT_ledger.db")
}

/// Where the head of books lies that is kept outside of them.
fn place_of_head(books: &str) -> String {
    Path::new(books).with_extension("head").to_string_lossy().into_owned()
}

/// Locks, side files of databases, what is being written: a process makes them anew.
fn of_the_process(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let side = name.ends_with(".db-wal") || name.ends_with(".db-shm") || name.ends_with(".db-journal");
    name.starts_with('.') || side || OF_THE_PROCESS.contains(&ending)
}

/// Adds a file as it is now; nothing where it is not there, or gone meanwhile.
fn add(packer: &mut Packer, inside: &str, path: &Path) -> Result<(), BackupError> {
    let fail = |e| BackupError::file(path, e);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(fail(e)),
    };
    let mut size = file.metadata().map_err(fail)?.len();
    if path.extension().and_then(|e| e.to_str()).is_some_and(|ending| GROWING.contains(&ending)) {
        size = whole_lines(&mut file, size).map_err(fail)?;
        file.rewind().map_err(fail)?;
    }
    packer.add(inside, size, file)
}

/// The length up to the last whole line: what comes behind it is being written.
fn whole_lines(file: &mut File, size: u64) -> io::Result<u64> {
    const BLOCK: u64 = 8_192;
    let mut end = size;
    while end > 0 {
        let begin = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(begin))?;
        let mut block = Vec::new();
        file.by_ref().take(end.saturating_sub(begin)).read_to_end(&mut block)?;
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            let last = u64::try_from(last).unwrap_or(u64::MAX);
            return Ok(begin.saturating_add(last).saturating_add(1));
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    /// REP-9: the order of the names is the order in which they were taken, also within a second and after a rotation.
    #[test]
    fn rep_9_a_later_backup_has_a_later_name() {
        let place = TestPlace::new();
        let (shelf, own) = (Shelf::new(place.to_path_buf()), "RIGD_US_SIM_01".parse().unwrap());
        let now = Timestamp::from_seconds(1_800_000_000);
        for (there, expected) in [
            (&[][..], 0),
            (&[0], 1),
            (&[1], 2),
            (&[0, 1], 2),
            (&[-5], 0),
            // The clock was an hour ahead: it is believed now.
            (&[3_600], 0),
            (&[3_600, 0], 1),
        ] {
            for seconds in there {
                let name = Name::new("RIGD_US_SIM_01".parse().unwrap(), now + Span::seconds(*seconds));
                std::fs::write(place.join(name.file()), "").unwrap();
            }
            assert_eq!(free_name(&shelf, &own, now).unwrap().at, now + Span::seconds(expected), "{there:?}");
            shelf.list().unwrap().iter().for_each(|line| std::fs::remove_file(&line.path).unwrap());
        }
    }

    #[test]
    fn rep_9_a_line_that_is_being_written_is_left_for_the_next_backup() {
        let place = TestPlace::new();
        let path = place.join("a.log");
        let long = "x".repeat(20_000);
        for (text, whole) in [
            (String::new(), 0),
            ("a\nb\n".to_owned(), 4),
            ("a\nb".to_owned(), 2),
            ("torn".to_owned(), 0),
            (format!("a\n{long}"), 2),
            (format!("{long}\n{long}"), 20_001),
        ] {
            std::fs::write(&path, &text).unwrap();
            let mut file = File::open(&path).unwrap();
            assert_eq!(whole_lines(&mut file, u64::try_from(text.len()).unwrap()).unwrap(), whole);
        }
    }
}
