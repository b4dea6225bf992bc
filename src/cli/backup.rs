//! `tbot backup`, `tbot backups`, `tbot restore` (REP-9).

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use desk::domain::bot::{BotBody, BotEvent, Command, Key};
use serde_json::{Value, json};

use super::bot::{BotArguments, identity};
use super::check::signatures;
use super::command::{done, key};
use super::failure::{Exit, Failure};
use super::run::runtime;
use super::{console, examples, interrupt};
use crate::backup::{self, BackupError, Line, Restored, Shelf, Taken};
use crate::gateway::clock::Stopwatch;
use crate::gateway::control::{Request, client, holder};
use crate::gateway::vault::KeySource;
use crate::settings::Boot;

/// How long the bot may take to answer; the backup itself takes as long as it takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the log of the bot's life is looked at for the end.
const LOOK: Duration = Duration::from_millis(200);
/// A size is told in these.
const KIB: u64 = 1_024;

/// Takes a backup.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot backup", "tbot backup --why \"before the upgrade\" --json"]))]
pub struct Take {
    /// Why; recorded with the command where the bot runs
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Lists archives.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot backups", "tbot backups --verify", "tbot backups --verify copies/RIGD_US_SIM_01_20261121T220000Z.backup --key tbot.key"]))]
pub struct List {
    /// These archives alone [default: those in the bot's backups folder]
    #[arg(value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    /// Open each one and check everything in it, the ledger's chain too
    #[arg(long)]
    verify: bool,
    /// The key's file [default: the bot's]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Restores an archive.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot restore RIGD_US_SIM_01_20261121T220000Z.backup --data restored --key tbot.key"]))]
pub struct Restore {
    /// The archive
    #[arg(value_name = "ARCHIVE")]
    archive: PathBuf,
    /// The data folder to make: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The key's file, as it was when the backup was taken
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// Takes a backup: the running bot does it beside its trading, otherwise this process.
///
/// # Errors
/// Where it could not be taken; nothing is left of it then.
pub fn take(arguments: &Take) -> Result<(), Failure> {
    let boot = arguments.bot.boot()?;
    let identity = identity(&boot)?;
    if holder(&boot.folders.control()).held {
        let message = beside(&boot, &arguments.why)?;
        let newest = Shelf::new(boot.folders.backups()).list()?.into_iter().find(|line| line.identity == identity);
        told(arguments.json, &message, &json!({ "done": { "message": message, "backup": newest } }));
        return Ok(());
    }
    let taken = runtime()?.block_on(backup::take(&boot, &identity))?;
    told(arguments.json, &taken.said(), &json!({ "done": { "message": taken.said(), "backup": object(&taken) } }));
    Ok(())
}

/// Has the running bot take it, and waits for the end that the bot records.
fn beside(boot: &Boot, why: &str) -> Result<String, Failure> {
    let key = key()?;
    let request = Request::Command { key: key.clone(), command: Command::Backup, why: why.to_owned(), step_up: None };
    let (_, message) = done(runtime()?.block_on(client::ask(&boot.folders.control(), &request, PATIENCE))?)?;
    console::remark(&message);
    let (life, key, begun) = (boot.folders.data().join("life.log"), Key::of(&key), Stopwatch::start());
    loop {
        match finished(&life, &key)? {
            Some((true, message)) => return Ok(message),
            Some((false, message)) => return Err(Failure::failed("backup", message)),
            None if interrupt::asked() => {
                console::remark("The backup goes on in the bot. See it with: tbot backups");
                return Err(Failure::interrupted());
            }
            None if !holder(&boot.folders.control()).held => {
                let message = "the bot ended before its backup did; take one without it: tbot backup";
                return Err(Failure::failed("backup", message));
            }
            None => begun.wait_until(begun.elapsed().saturating_add(LOOK), || !interrupt::asked()),
        }
    }
}

/// How what this key began has ended, as far as it has.
fn finished(life: &Path, wanted: &Key) -> Result<Option<(bool, String)>, Failure> {
    let unread = |e| Failure::failed("life", format!("{}: {e}", life.display()));
    let text = std::fs::read_to_string(life).map_err(unread)?;
    let events = text.lines().rev().filter(|line| line.contains("\"kind\":\"finished\""));
    let events = events.filter_map(|line| BotEvent::from_bytes(line.split('\t').next()?.as_bytes()).ok());
    Ok(events.map(|event| event.body).find_map(|body| match body {
        BotBody::Finished { key, done, message } if key == *wanted => Some((done, message)),
        _ => None,
    }))
}

fn object(taken: &Taken) -> Value {
    json!({
        "name": taken.path.file_name().unwrap_or_default().to_string_lossy(),
        "path": taken.path,
        "identity": taken.manifest.identity,
        "at": taken.manifest.at,
        "bytes": taken.bytes,
        "sha256": taken.sha256,
        "files": taken.manifest.files.len(),
        "books": taken.manifest.books,
        "removed": taken.removed,
    })
}

/// Lists archives; with `--verify` opens each.
///
/// # Errors
/// [`Exit::Found`] where one does not verify.
pub fn list(arguments: &List) -> Result<(), Failure> {
    let boot = arguments.bot.boot()?;
    let shelf = Shelf::new(boot.folders.backups());
    let lines = if arguments.archives.is_empty() {
        shelf.list()?
    } else {
        arguments.archives.iter().map(|path| backup::line(path)).collect::<Result<_, _>>()?
    };
    let keys = match &arguments.key {
        Some(file) => KeySource { credential: None, file: file.clone() },
        None => KeySource::of_process(boot.key.clone()),
    };
    let checked = lines.iter().map(|line| arguments.verify.then(|| verified(line, &keys)).transpose());
    let checked = checked.collect::<Result<Vec<_>, Failure>>()?;
    if arguments.json {
        let all: Vec<Value> = lines.iter().zip(&checked).map(|(line, checked)| with(line, checked.as_ref())).collect();
        console::say(&json!({ "backups": all }).to_string());
    } else {
        tell(shelf.folder(), &lines, &checked);
    }
    let wrong = checked.iter().flatten().find_map(|checked| checked.as_ref().err());
    match wrong {
        Some(error) => Err(Failure { exit: Exit::Found, code: "backup_wrong".into(), message: error.clone() }),
        None => Ok(()),
    }
}

fn verified(line: &Line, keys: &KeySource) -> Result<Result<Restored, String>, Failure> {
    Ok(runtime()?.block_on(backup::verify(&line.path, keys)).map_err(|error| error.to_string()))
}

fn with(line: &Line, checked: Option<&Result<Restored, String>>) -> Value {
    let mut object = json!(line);
    let more = match checked {
        None => return object,
        Some(Ok(whole)) => json!({ "whole": true, "books": whole.manifest.books }),
        Some(Err(why)) => json!({ "whole": false, "why": why }),
    };
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

fn tell(folder: &Path, lines: &[Line], checked: &[Option<Result<Restored, String>>]) {
    if lines.is_empty() {
        console::say(&format!("{}: no backups yet. Take one with: tbot backup", folder.display()));
        return;
    }
    let row = |(line, checked): (&Line, &Option<Result<Restored, String>>)| {
        let kib = line.bytes.div_ceil(KIB);
        let whole = match checked {
            None if line.sha256.is_some() => "not looked at",
            None => "no checksum beside it",
            Some(Ok(_)) => "whole",
            Some(Err(_)) => "wrong",
        };
        vec![line.name.clone(), line.at.to_string(), format!("{kib} KiB"), whole.to_owned()]
    };
    let rows: Vec<_> = lines.iter().zip(checked).map(row).collect();
    console::say(&console::text_table(&["archive", "taken", "size", "state"], &rows));
    for why in checked.iter().flatten().filter_map(|checked| checked.as_ref().err()) {
        console::say(why);
    }
}

/// Restores an archive into a folder that is empty or not there.
///
/// # Errors
/// Where the folder is in use or holds anything, or the archive is not whole: nothing is left then.
pub fn restore(arguments: &Restore) -> Result<(), Failure> {
    let Restore { archive, data, key, json } = arguments;
    let keys = KeySource { credential: None, file: key.clone() };
    let restored = runtime()?.block_on(backup::restore(archive, &keys, data))?;
    let message = said(&restored, data);
    let manifest = &restored.manifest;
    let done = json!({
        "message": message,
        "data": data,
        "name": restored.name,
        "identity": manifest.identity,
        "taken": manifest.at,
        "files": manifest.files.len(),
        "books": manifest.books,
        "frozen": restored.life > 0,
        "forgotten": restored.forgotten,
    });
    told(*json, &message, &json!({ "done": done }));
    Ok(())
}

fn said(restored: &Restored, data: &Path) -> String {
    let Restored { name, manifest, books, life, forgotten } = restored;
    let place = &manifest.books.place;
    let books = match (books, &manifest.books.heads) {
        (Some(found), Some(head)) if manifest.books.server.is_some() => format!(
            "the books verify, to entry {}; {}; they are the file {}. If {} has lost them: tbot database load {} --into URL",
            head.heads.entry.seq,
            signatures(found),
            data.join(place).display(),
            manifest.books.server.as_deref().unwrap_or_default(),
            data.join(place).display(),
        ),
        (Some(found), Some(head)) => {
            format!("the books verify, to entry {}; {}", head.heads.entry.seq, signatures(found))
        }
        (None, _) if !manifest.books.inside => format!(
            "the books are not among them: they were in {place}, restore them there with the database's own tools"
        ),
        _ => "it had no books yet".to_owned(),
    };
    let mut said = vec![format!("{name} is restored in {}: {} files; {books}.", data.display(), manifest.files.len())];
    if !forgotten.is_empty() {
        said.push(format!("Left out of boot.toml, since they named places elsewhere: {}.", forgotten.join(", ")));
    }
    if *life > 0 {
        let lift = "tbot unfreeze restored --as NAME";
        said.push(format!(
            "It starts frozen and opens nothing until an administrator has looked and lifts the freeze: {lift}."
        ));
    }
    said.join(" ")
}

fn told(json: bool, message: &str, object: &Value) {
    if json {
        console::say(&object.to_string());
    } else {
        console::say(message);
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let exit = match &error {
            BackupError::Busy { .. } | BackupError::Living { .. } => Exit::Refused,
            BackupError::Occupied { .. } | BackupError::Settings(_) => Exit::BadInput,
            _ => Exit::Failed,
        };
        Self { exit, code: error.code().into(), message: error.to_string() }
    }
}
