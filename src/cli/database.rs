//! `tbot database`: a PostgreSQL database that holds the books of several bots.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::console;
use super::failure::Failure;
use super::run::runtime;
use crate::store::{self, Address, Check};

/// What can be done with a database.
#[derive(Debug, Subcommand)]
pub enum DatabaseVerb {
    /// Make the tables of books in a PostgreSQL database, and let the role of the bots in
    Prepare(Prepare),
    /// Bring books from a file, as a backup holds them, into a PostgreSQL database
    Load(Load),
}

/// What is loaded.
#[derive(Debug, Args)]
#[command(after_help = format!("{LOADING}{}", super::EXIT_CODES))]
pub struct Load {
    /// The file with the books
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The database as the role of the bots: `postgres://ROLE@HOST/NAME`
    #[arg(long, value_name = "URL")]
    into: String,
}

const LOADING: &str = "\
Example:
  tbot database load output/TBOT_US_LIVE_01/ledgers/TBOT_US_LIVE_01_BOT_ledger.db --into postgres://tbot_bots@db/tbot

The file is verified first. Every record is then written anew and meets every refusal of the database, and
the book there ends with the same hashes. What was broken off goes on where it stopped; a book that has
other records is left alone. The bot must not run meanwhile.

";

/// What is prepared.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Prepare {
    /// The database as its owner: `postgres://OWNER@HOST/NAME`
    #[arg(value_name = "URL")]
    owner: String,
    /// The role of the bots: it exists, and will read and add, and nothing else
    #[arg(long, value_name = "ROLE")]
    role: String,
}

const EXAMPLES: &str = "\
Examples:
  createuser tbot_bots && createdb --owner tbot_books tbot
  tbot database prepare postgres://tbot_books@db/tbot --role tbot_bots
  tbot run --database postgres://tbot_bots@db/tbot

The owner makes the tables once; no bot ever has its address. A password is read from PGPASSWORD or
~/.pgpass, so that it need not stand in the address. Bots share the database: each has its own book,
and every dashboard lists them all.

";

/// Does what was asked.
///
/// # Errors
/// Where the address is no PostgreSQL database, or the role cannot be let in.
pub fn run(verb: &DatabaseVerb) -> Result<(), Failure> {
    match verb {
        DatabaseVerb::Prepare(asked) => prepare(asked),
        DatabaseVerb::Load(asked) => load(asked),
    }
}

/// An address of a server.
fn server(text: &str, form: &str) -> Result<Address, Failure> {
    let address = Address::new(text);
    if matches!(address, Address::Postgres(_)) {
        return Ok(address);
    }
    let message = format!("{address}: no PostgreSQL address; {form} is needed. A file needs no preparation");
    Err(Failure::bad_input("not_postgres", message))
}

fn load(asked: &Load) -> Result<(), Failure> {
    let into = server(&asked.into, "postgres://ROLE@HOST/NAME")?;
    let from = Address::Sqlite(asked.file.clone());
    runtime()?.block_on(async {
        let report = store::verify(&from, &Check::default()).await?;
        if let Some(finding) = report.finding {
            let message = format!("{from} does not verify, and nothing was loaded: {finding}");
            return Err(Failure::bad_input("books_touched", message));
        }
        for book in report.books {
            let identity = book.book.identity;
            let heads = store::load(&asked.file, &identity, &into).await?;
            let (entries, events) = (heads.entry.seq, heads.events.seq);
            console::say(&format!(
                "{into} has the book of {identity}: {entries} entries, {events} events, the same hashes"
            ));
        }
        Ok(())
    })
}

fn prepare(asked: &Prepare) -> Result<(), Failure> {
    let owner = server(&asked.owner, "postgres://OWNER@HOST/NAME")?;
    runtime()?.block_on(store::prepare(&owner, &asked.role))?;
    console::say(&format!(
        "{owner} is ready: {} may read and add. Start bots with its address as database.url",
        asked.role
    ));
    Ok(())
}
