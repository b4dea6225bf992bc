//! `tbot database`: a PostgreSQL database that holds the books of several bots.

use clap::{Args, Subcommand};

use super::console;
use super::failure::Failure;
use super::run::runtime;
use crate::store::{self, Address};

/// What can be done with a database.
#[derive(Debug, Subcommand)]
pub enum DatabaseVerb {
    /// Make the tables of books in a PostgreSQL database, and let the role of the bots in
    Prepare(Prepare),
}

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
    let DatabaseVerb::Prepare(asked) = verb;
    let owner = Address::new(&asked.owner);
    if !matches!(owner, Address::Postgres(_)) {
        let message = format!(
            "{owner}: no PostgreSQL address; postgres://OWNER@HOST/NAME is needed. A file needs no preparation"
        );
        return Err(Failure::bad_input("not_postgres", message));
    }
    runtime()?.block_on(store::prepare(&owner, &asked.role))?;
    console::say(&format!(
        "{owner} is ready: {} may read and add. Start bots with its address as database.url",
        asked.role
    ));
    Ok(())
}
