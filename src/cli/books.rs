//! Where the books are that a verb is about, and what they are held against.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use desk::domain::ids::Identity;
use desk::domain::records::{ChainHead, RunRecord};

use super::bot::{BotArguments, identity};
use super::failure::Failure;
use crate::store::{Address, Check, Head, Heads, Signers, head_path, read_heads};

/// Books to read.
pub(super) struct Books {
    /// Where they are.
    pub(super) address: Address,
    /// How they are verified.
    pub(super) check: Check,
    /// What is kept outside of them, so that a tail that was cut off shows.
    pub(super) held_against: Option<PathBuf>,
    /// The people and the audit of the bot whose books they are, where that is known.
    pub(super) people: Option<PathBuf>,
}

/// A ledger file, the folder of a run, the data folder of a bot, `postgres://…`; without a path the books of the bot that
/// is meant.
///
/// # Errors
/// Where a bot has no settings, or the heads that are kept cannot be read.
pub(super) fn find(path: Option<&Path>, bot: &BotArguments) -> Result<Books, Failure> {
    match path {
        None => of_bot(bot),
        Some(path) if path.join("boot.toml").is_file() => {
            of_bot(&BotArguments { data: Some(path.to_path_buf()), config: bot.config.clone() })
        }
        Some(path) => match path.to_str().map(Address::new) {
            Some(address @ Address::Postgres(_)) => {
                Ok(Books { address, check: Check::default(), held_against: None, people: None })
            }
            _ => of_file(path),
        },
    }
}

fn of_bot(bot: &BotArguments) -> Result<Books, Failure> {
    let boot = bot.boot()?;
    let identity = identity(&boot)?;
    let own = boot.own_books(&identity);
    let address = Address::new(&boot.database(&identity));
    // The public keys are kept in the data folder, wherever the books are.
    let signers = Signers::read(&Signers::path(&own))?.map(|s| s.of(identity));
    let base = match &address {
        Address::Sqlite(path) => path.clone(),
        Address::Postgres(_) => own,
    };
    let kept = read_heads(&base)?;
    let held_against = kept.is_some().then(|| head_path(&base));
    let people = Some(boot.folders.data().join("people.db")).filter(|file| file.is_file());
    Ok(Books { address, check: Check { kept, signers, ..Check::default() }, held_against, people })
}

fn of_file(path: &Path) -> Result<Books, Failure> {
    let run = of_run(path)?;
    let file = if path.is_dir() { path.join("ledger.db") } else { path.to_path_buf() };
    let beside = head_path(&file);
    let held_against = run.as_ref().map(|(file, _)| file.clone()).or_else(|| beside.is_file().then_some(beside));
    let check = Check { heads: run.map(|(_, heads)| heads).into_iter().collect(), ..Check::default() };
    Ok(Books { address: Address::Sqlite(path.to_path_buf()), check, held_against, people: None })
}

/// A file, and the heads of whose books it names.
type Ends = (PathBuf, (Identity, Heads));

/// The heads that a run's own record names, where the path is or lies in a run's folder.
fn of_run(path: &Path) -> Result<Option<Ends>, Failure> {
    let folder = if path.is_dir() { Some(path) } else { path.parent() };
    let Some(file) = folder.map(|f| f.join("run.json")).filter(|f| f.is_file()) else { return Ok(None) };
    let shown = file.display();
    let bytes =
        std::fs::read(&file).map_err(|e| Failure::bad_input("run_record", format!("{shown}: cannot be read: {e}")))?;
    let run: RunRecord = serde_json::from_slice(&bytes).map_err(|e| {
        let message = format!("{shown}, line {}: is no record of a run: {e}; restore it, or verify the ledger file alone in another folder", e.line());
        Failure::bad_input("run_record", message)
    })?;
    let head = |chain: ChainHead| Head { seq: chain.records, hash: chain.head };
    let heads = Heads { entry: head(run.books), events: head(run.events) };
    Ok(Some((file, (run.plan.identity, heads))))
}

/// The name of what the books are held against.
pub(super) fn name(file: &Path) -> String {
    file.file_name().map(OsStr::to_string_lossy).unwrap_or_default().into_owned()
}
