//! Back again: unpacked beside the folder, verified, then put in place by one step. A restored bot is frozen until a person
//! has looked (K14), and makes client order ids that nobody has used before (EXEC-1).

use std::fs::File;
use std::path::{Path, PathBuf};

use desk::domain::bot::{BotBody, BotEvent, Freeze, FreezeName, Mark, Mode, Origin, Who};
use desk::domain::time::Timestamp;
use desk::machines::supervisor::{Deadlines, Supervisor};
use serde_json::json;

use super::error::BackupError;
use super::manifest::Manifest;
use super::shelf::{CHECKING, remove};
use super::take::{LIFE, PEOPLE};
use super::unpack::unpack;
use crate::gateway::clock;
use crate::gateway::control::holder;
use crate::gateway::vault::{KeySource, Vault};
use crate::settings::{Folders, forget_places, replace};
use crate::store::people::{Deed, People, Seal, Unsealed};
use crate::store::{self, Address, Check, LifeLog, Report, Signers};

/// The part of the bot in whose name a restored bot is frozen; nobody can command under it.
const PART: &str = "restore";
/// The freeze's name.
const FREEZE: &str = "restored";

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The archive's name, as it was sealed under.
    pub name: String,
    /// What it holds.
    pub manifest: Manifest,
    /// What the verification of the books found; nothing where they are not in the archive.
    pub books: Option<Report>,
    /// How many events the log of the bot's life has.
    pub life: usize,
    /// Boot keys that named places of the other machine, and were left out.
    pub forgotten: Vec<String>,
}

/// Unpacks an archive, holds everything in it against its checksums, the books against their chain and the head that was
/// signed with them, and throws the copy away.
///
/// # Errors
/// The first thing that is wrong.
pub async fn verify(archive: &Path, keys: &KeySource) -> Result<Restored, BackupError> {
    let name = format!("{CHECKING}{}", std::process::id());
    // Copies may lie where nothing can be written.
    let beside = archive.parent().map_or_else(|| Path::new(&name).to_owned(), |folder| folder.join(&name));
    let stage = Stage::make(beside).or_else(|_| Stage::make(std::env::temp_dir().join(&name)))?;
    unfold(archive, keys, &stage.0).await
}

/// Restores an archive as a data folder that was empty or not there.
///
/// # Errors
/// Where the folder holds anything, or the archive is not whole; nothing is left then.
pub async fn restore(archive: &Path, keys: &KeySource, data: &Path) -> Result<Restored, BackupError> {
    let data = std::path::absolute(data).map_err(|e| BackupError::file(data, e))?;
    free(&data)?;
    let fail = |e| BackupError::file(&data, e);
    let above = data.parent().unwrap_or_else(|| Path::new("/"));
    std::fs::create_dir_all(above).map_err(fail)?;
    let name = data.file_name().unwrap_or_default().to_string_lossy();
    let stage = Stage::make(above.join(format!(".{name}.restoring-{}", std::process::id())))?;
    let mut restored = unfold(archive, keys, &stage.0).await?;
    let at = clock::now();
    let why = format!("restored from {} of {}", restored.name, restored.manifest.at);
    freeze(&stage.0, at, &why)?;
    sign_out(&stage.0, at, &restored, &why).await?;
    restored.forgotten = forget_places(&stage.0)?;
    let folders = Folders::new(stage.0.clone());
    folders.make(Some(&restored.manifest.identity))?;
    let key = std::fs::read(&keys.file).map_err(|e| BackupError::file(&keys.file, e))?;
    let own = folders.keys().join("tbot.key");
    replace(&own, &key).map_err(|e| BackupError::file(&own, e))?;
    // An empty folder gives way to the whole one; one that somebody has filled meanwhile does not.
    std::fs::rename(&stage.0, &data).map_err(fail)?;
    File::open(above).and_then(|folder| folder.sync_all()).map_err(fail)?;
    Ok(restored)
}

/// The epoch of client order ids (EXEC-1): the second in which the bot was restored last, and 1 where it never was. It
/// rises with each restore, and since it stands for a time, restoring the same archive twice gives two.
#[must_use]
pub fn epoch(life: &[BotEvent]) -> u32 {
    let restored = |event: &&BotEvent| match &event.body {
        BotBody::Frozen(freeze) => freeze.name.as_str() == FREEZE && freeze.mark.who == Who::Bot(PART.to_owned()),
        _ => false,
    };
    let seconds = |event: &BotEvent| event.written.and_then(|at| u32::try_from(at.seconds()).ok()).unwrap_or(0);
    // Also where the clock was set back meanwhile.
    life.iter().filter(restored).fold(1, |epoch: u32, event| seconds(event).max(epoch.saturating_add(1)))
}

/// A folder that goes again unless it was put in place.
struct Stage(PathBuf);

impl Stage {
    fn make(path: PathBuf) -> Result<Self, BackupError> {
        use std::os::unix::fs::DirBuilderExt as _;
        // What a killed process of this number has left is its own.
        remove(&path);
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|e| BackupError::file(&path, e))?;
        Ok(Self(path))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Nothing where a folder may be filled.
fn free(data: &Path) -> Result<(), BackupError> {
    let living = holder(&data.join("control"));
    if living.held {
        return Err(BackupError::Living { folder: data.to_owned(), pid: living.pid });
    }
    let mut inside = match std::fs::read_dir(data) {
        Ok(inside) => inside,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(BackupError::file(data, e)),
    };
    match inside.next() {
        None => Ok(()),
        Some(entry) => {
            let holds = entry.map_or_else(|e| e.to_string(), |entry| entry.file_name().to_string_lossy().into_owned());
            Err(BackupError::Occupied { folder: data.to_owned(), holds })
        }
    }
}

/// Unpacks an archive and verifies all that can be: checksums, chains, signatures.
async fn unfold(archive: &Path, keys: &KeySource, stage: &Path) -> Result<Restored, BackupError> {
    let (name, manifest) = unpack(archive, keys, stage)?;
    let broken = |why: String| BackupError::Broken { archive: archive.to_owned(), why };
    let books = verify_books(archive, keys, stage, &manifest).await?;
    let life = stage.join(LIFE);
    let life = if life.exists() {
        let (_log, events) = LifeLog::open(&life).map_err(|e| broken(e.to_string()))?;
        folded(&events).map_err(broken)?;
        events.len()
    } else {
        0
    };
    if let Some(people) = people_of(stage).await? {
        people.settle_mirror().await?;
        let report = people.verify_audit().await?;
        people.close().await?;
        if let Some(fault) = report.fault {
            return Err(broken(format!("its audit does not verify: {fault}")));
        }
    }
    Ok(Restored { name, manifest, books, life, forgotten: Vec::new() })
}

async fn verify_books(
    archive: &Path,
    keys: &KeySource,
    stage: &Path,
    manifest: &Manifest,
) -> Result<Option<Report>, BackupError> {
    let books = |finding: String| BackupError::Books { archive: archive.to_owned(), finding };
    let Some(signed) = &manifest.books.heads else { return Ok(None) };
    let vault = Vault::open(&Folders::new(stage.to_owned()), keys.clone())?;
    let line = store::head_line(&manifest.identity, signed.heads)?;
    if !vault.signer()?.is_own(&line, &signed.signature) {
        return Err(books("the head of the ledger is not signed with this bot's key".to_owned()));
    }
    if !manifest.books.inside {
        return Ok(None);
    }
    let place = stage.join(&manifest.books.place);
    // The public keys that the archive was sealed with. One of an older program has none, and no signed day closes.
    let signers = Signers::read(&Signers::path(&place))?.map(|signers| signers.of(manifest.identity.clone()));
    let check = Check { heads: vec![(manifest.identity.clone(), signed.heads)], signers, ..Check::default() };
    let report = store::verify(&Address::Sqlite(place), &check).await?;
    match &report.finding {
        Some(finding) => Err(books(finding.to_string())),
        None => Ok(Some(report)),
    }
}

/// The machine that the log of a bot's life leads to.
fn folded(events: &[BotEvent]) -> Result<Supervisor, String> {
    let mut machine = Supervisor::new(Deadlines::default(), Mode::Paper);
    events.iter().try_for_each(|event| machine.apply(event)).map_err(|e| format!("{LIFE}: {e}"))?;
    Ok(machine)
}

/// Freezes a bot that has run: it starts, and opens nothing until a person has lifted the freeze.
fn freeze(stage: &Path, at: Timestamp, why: &str) -> Result<(), BackupError> {
    let path = stage.join(LIFE);
    if !path.exists() {
        return Ok(());
    }
    let odd = |why: String| BackupError::file(&path, std::io::Error::other(why));
    let (mut log, events) = LifeLog::open(&path)?;
    let machine = folded(&events).map_err(odd)?;
    let name: FreezeName = FREEZE.parse().map_err(|e| odd(format!("{e}")))?;
    // By the bot's clock, as all marks are; the feed may own it.
    let market = events.last().map_or(at, |last| last.at);
    let mark = Mark { at: market, who: Who::Bot(PART.to_owned()), why: why.to_owned() };
    let freeze = Freeze { name, strategy: None, mark, for_the_session: false };
    let mut event = machine.stamped(market, BotBody::Frozen(freeze));
    event.written = Some(at);
    Ok(log.append(&[event])?)
}

/// Ends every session that the archive brings back: whoever was signed out since would be in again. The audit says where
/// its next records come from.
async fn sign_out(stage: &Path, at: Timestamp, restored: &Restored, why: &str) -> Result<(), BackupError> {
    let Some(people) = people_of(stage).await? else { return Ok(()) };
    for person in people.persons().await? {
        people.revoke_others(person.id, 0, at).await?;
    }
    let detail = json!({ "taken": restored.manifest.at, "why": why, "program": restored.manifest.program });
    let object = restored.name.clone();
    let deed = Deed { who: Who::Owner, origin: Origin::CommandLine, what: "restored", object, detail };
    people.record(&deed, at).await?;
    Ok(people.close().await?)
}

/// Nothing that needs a secret is asked of the people here.
struct NoSecrets;

impl Seal for NoSecrets {
    fn seal(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, Unsealed> {
        Err(Unsealed)
    }

    fn open(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, Unsealed> {
        Err(Unsealed)
    }
}

async fn people_of(stage: &Path) -> Result<Option<People>, BackupError> {
    let path = stage.join(PEOPLE);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(People::open(&Address::Sqlite(path), std::sync::Arc::new(NoSecrets)).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;
    use desk::domain::bot::BOT_EVENT_VERSION;

    fn life(place: &TestPlace) -> Vec<BotEvent> {
        LifeLog::open(&place.join(LIFE)).unwrap().1
    }

    /// K14, EXEC-1: the log of the bot's life says from what it was restored; the epoch of order ids rises with each restore.
    #[test]
    fn k14_each_restore_freezes_and_gives_order_ids_a_new_epoch() {
        let place = TestPlace::new();
        let applied = BotBody::ConfigApplied { number: 1 };
        let at = Timestamp::from_seconds(1_800_000_000);
        let first = BotEvent { v: BOT_EVENT_VERSION, seq: 1, at, body: applied, written: Some(at) };
        LifeLog::open(&place.join(LIFE)).unwrap().0.append(&[first]).unwrap();
        assert_eq!(epoch(&life(&place)), 1, "it was never restored");
        // The last one by a clock that was set back.
        for (restored, expected) in [(50, 1_800_000_050), (60, 1_800_000_060), (-900, 1_800_000_061)] {
            freeze(&place, Timestamp::from_seconds(1_800_000_000 + restored), "restored from A of B").unwrap();
            assert_eq!(epoch(&life(&place)), expected);
        }
        let machine = folded(&life(&place)).unwrap();
        let standing: Vec<_> = machine.freezes().map(|f| (f.name.as_str(), f.mark.why.as_str())).collect();
        assert_eq!(standing, [("restored", "restored from A of B")]);
    }

    /// EXEC-1: whoever freezes by hand under the same name changes no order's id.
    #[test]
    fn exec_1_a_freeze_by_a_person_is_no_restore() {
        let at = Timestamp::from_seconds(1_800_000_000);
        let mark = Mark { at, who: Who::Person("ada".to_owned()), why: String::new() };
        let freeze = Freeze { name: FREEZE.parse().unwrap(), strategy: None, mark, for_the_session: false };
        let body = BotBody::Frozen(freeze);
        assert_eq!(epoch(&[BotEvent { v: BOT_EVENT_VERSION, seq: 1, at, body, written: Some(at) }]), 1);
    }
}
