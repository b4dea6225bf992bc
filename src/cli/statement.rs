//! `tbot ledger reconcile`: a broker's statement against the books, for scripts and for whoever is not in the browser
//! (LEDG-9). It reads and compares as `tbot ledger import` does; what differs goes into the review of the running bot.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use desk::domain::ids::Identity;
use serde_json::{Value, json};

use super::bot::BotArguments;
use super::console;
use super::export::{Wanted, source};
use super::failure::Failure;
use super::import::{Done, Input, import, of_account};
use super::run::runtime;
use crate::gateway::control::{ControlError, Reply, Request, client};
use crate::render::imports::held;
use crate::settings::Boot;

/// How long the bot may take: it holds the statement against its books once more, and writes each item.
const PATIENCE: Duration = Duration::from_mins(1);

const EXAMPLES: &str = "\
Examples:
  tbot ledger reconcile june.ofx
  tbot ledger reconcile june.ofx --account U1234567 --json
  tbot ledger reconcile june.csv --mapping broker.txt --from 2026-06-01 --to 2026-06-30
  tbot ledger reconcile june.ofx --books result/ledger.db

Every difference is printed, to the cent. The statement is kept as by tbot ledger import, and beside a running bot each
difference becomes an item of the review, once. Books at rest (--books) are read alone: nothing is kept, nothing raised.
Exit code 0 says that statement and books agree, 1 that they do not.

";

/// What a reconciliation is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The broker's account: a statement that names another one, or none, is refused
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Books at rest: a ledger file, the folder of a run, a journal in JSON [default: the books of the bot]
    #[arg(long, value_name = "PATH")]
    books: Option<PathBuf>,
    /// Whose books, where the ledger holds several
    #[arg(long, value_name = "IDENTITY", requires = "books")]
    identity: Option<Identity>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// What became of the differences.
struct Review {
    raised: bool,
    message: String,
}

/// Holds a statement against the books.
///
/// # Errors
/// [`super::Exit::Found`] where they do not agree; [`super::Exit::BadInput`] where the statement cannot be read or is another account's.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let done = match &arguments.books {
        Some(_) => at_rest(arguments),
        None => beside(arguments),
    };
    let (done, review) = done.map_err(|failure| arguments.input.name(failure))?;
    if arguments.json {
        let mut object = done.object();
        if let Some(object) = object.as_object_mut() {
            let review = review.as_ref().map(|r| json!({ "raised": r.raised, "message": r.message }));
            object.insert("review".to_owned(), review.unwrap_or(Value::Null));
        }
        console::say(&object.to_string());
    } else {
        done.tell(&arguments.input.file, usize::MAX);
        if let Some(review) = &review {
            console::say(&format!("  {}", review.message));
        }
    }
    done.verdict(&arguments.input.file)
}

/// Against books that nobody writes to.
fn at_rest(arguments: &Arguments) -> Result<(Done, Option<Review>), Failure> {
    let (bytes, asked) = arguments.input.read()?;
    let wanted = Wanted {
        path: arguments.books.as_deref(),
        identity: arguments.identity.as_ref(),
        from: None,
        bot: &arguments.bot,
        json: arguments.json,
    };
    let journal = source(&wanted)?.journal;
    let held = held(&bytes, &asked, &journal.entries, journal.base_currency)?;
    of_account(&held.about, arguments.account.as_deref())?;
    let head = journal.entries.last().map_or(0, |e| e.seq);
    Ok((Done { kept: None, head, about: held.about, matching: held.matching }, None))
}

/// Against the bot's own, and into its review.
fn beside(arguments: &Arguments) -> Result<(Done, Option<Review>), Failure> {
    let boot = arguments.bot.boot()?;
    let (bytes, asked) = arguments.input.read()?;
    let importing = import(&boot, bytes, &asked, ("tbot ledger reconcile", arguments.account.as_deref()));
    let done = runtime()?.block_on(importing)?;
    let differing = done.kept.filter(|_| !done.matching.agrees());
    let review = differing.map(|(statement, _)| raise(&boot, statement)).transpose()?;
    Ok((done, review))
}

fn raise(boot: &Boot, statement: u64) -> Result<Review, Failure> {
    let request = Request::Raise { statement };
    let not = |message: String| Ok(Review { raised: false, message });
    match runtime()?.block_on(client::ask(&boot.folders.control(), &request, PATIENCE)) {
        Ok(Reply::Done { message, .. }) => Ok(Review { raised: true, message }),
        Ok(Reply::Refused { message, .. }) => not(format!("Nothing was raised for the review: {message}")),
        Ok(_) => Err(Failure::failed("protocol", "the bot gave an answer to another question")),
        Err(silent @ ControlError::Silent { .. }) => not(format!(
            "Nothing was raised for the review: {silent}. Give the same command beside the running bot, or raise it on \
             the page Reconciliation."
        )),
        Err(error) => Err(error.into()),
    }
}
