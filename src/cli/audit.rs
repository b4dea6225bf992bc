//! `tbot audit`: who did what, and whether somebody has touched it since (WEB-2b).

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use super::bot::BotArguments;
use super::failure::{Exit, Failure};
use super::run::runtime;
use super::{console, examples};
use crate::store::Address;
use crate::store::people::{People, Seal, Unsealed};

/// What can be done with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Read the chain of the audit again, and name the first record that was touched
    Verify(Verify),
}

/// Whose audit.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot audit verify", "tbot audit verify copy/people.db --json"]))]
pub struct Verify {
    /// The file, or the data folder, that holds people and audit [default: the bot's]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Opens no secret: the audit has none.
pub(super) struct WithoutKey;

impl Seal for WithoutKey {
    fn seal(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, Unsealed> {
        Err(Unsealed)
    }

    fn open(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, Unsealed> {
        Err(Unsealed)
    }
}

/// Does what was asked.
///
/// # Errors
/// [`Exit::Found`] with the first record that was touched; [`Exit::BadInput`] where there is no audit.
pub fn run(verb: &AuditVerb) -> Result<(), Failure> {
    let AuditVerb::Verify(asked) = verb;
    let path = match &asked.path {
        Some(path) => path.clone(),
        None => asked.bot.boot()?.folders.data().to_path_buf(),
    };
    let file = if path.is_dir() { path.join("people.db") } else { path };
    let shown = file.display().to_string();
    // Opening makes what is not there; a verification must not.
    if !file.is_file() {
        let message = format!("{shown}: there is no such file; the people.db of a bot's data folder is needed");
        return Err(Failure::bad_input("no_audit", message));
    }
    let report = runtime()?.block_on(async {
        let people = People::open(&Address::Sqlite(file), Arc::new(WithoutKey)).await?;
        let report = people.verify_audit().await;
        people.close().await?;
        report
    })?;
    if asked.json {
        let object = json!({
            "verified": report.fault.is_none(), "records": report.records, "mirrored": report.mirrored,
            "head": report.head.to_string(), "first_wrong": report.fault,
        });
        console::say(&object.to_string());
    } else {
        console::say(&format!("{shown}: {} records of the audit: number, bytes and link of the chain", report.records));
        console::say(&format!("  head    {}", report.head));
        console::say(&format!("  mirror  {} of them stand in audit.log too", report.mirrored));
    }
    let Some(fault) = report.fault else {
        if !asked.json {
            console::say(if report.mirrored == 0 {
                "verified; there is no audit.log beside it, so compare the head with one that was written down earlier: an \
                 end that was cut off shows there"
            } else {
                "verified; a copy of audit.log that is kept elsewhere shows also what was changed in both"
            });
        }
        return Ok(());
    };
    if !asked.json {
        console::say(&format!("WRONG, first: {fault}"));
    }
    Err(Failure { exit: Exit::Found, code: "audit_wrong".into(), message: fault })
}
