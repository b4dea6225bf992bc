//! `tbot ledger import`: a broker's statement, held against the books of the bot.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use desk::domain::bot::{Origin, Who};
use desk::domain::time::Date;
use serde_json::{Value, json};

use super::audit::WithoutKey;
use super::bot::{BotArguments, identity};
use super::console;
use super::export::date;
use super::failure::{Exit, Failure};
use super::run::runtime;
use crate::gateway::{clock, own_name, reason};
use crate::render::imports::{self, About, Asked, FileFormat, ImportError, LARGEST, Line, Matching, Summary};
use crate::settings::Boot;
use crate::store::people::{NewMatching, NewStatement, People};
use crate::store::{Address, Reader};

/// How many differences are printed.
const SHOWN: usize = 20;

const EXAMPLES: &str = "\
Examples:
  tbot ledger import june.ofx
  tbot ledger import june.csv --mapping broker.txt --from 2026-06-01 --to 2026-06-30

A mapping says which column of a CSV is what, a line each: date = Trade Date. The statement and what came of it are kept; the same
file again changes nothing. The page Reconciliation shows the same.

";

/// A statement, and how it is to be read.
#[derive(Debug, Args)]
pub(super) struct Input {
    /// A statement of the broker: OFX 1 or 2, or CSV
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The format [default: as the file begins]
    #[arg(long, value_parser = FileFormat::ALL.map(FileFormat::as_str))]
    format: Option<String>,
    /// A file that says which column of a CSV is what
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// The first day [default: as the statement says]
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// The last day [default: as the statement says]
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<Date>,
}

/// What an import is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

impl Input {
    /// The file, and how it is to be read.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) fn read(&self) -> Result<(Vec<u8>, Asked), Failure> {
        let bytes = bytes_of(&self.file)?;
        let mapping = match &self.mapping {
            None => String::new(),
            Some(file) => String::from_utf8_lossy(&bytes_of(file)?).replace('\r', ""),
        };
        let asked = Asked {
            name: self.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            format: self.format.clone(),
            mapping,
            from: self.from,
            to: self.to,
        };
        Ok((bytes, asked))
    }

    /// A failure about the statement names the file.
    pub(super) fn name(&self, failure: Failure) -> Failure {
        if failure.code.starts_with("statement_") {
            Failure { message: format!("{}: {}", self.file.display(), failure.message), ..failure }
        } else {
            failure
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::bad_input(error.code(), error)
    }
}

/// Imports a statement.
///
/// # Errors
/// [`Exit::Found`] where it does not agree with the books; [`Exit::BadInput`] where it cannot be read.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let boot = arguments.bot.boot()?;
    let (bytes, asked) = arguments.input.read()?;
    let done = runtime()?.block_on(import(&boot, bytes, &asked, ("tbot ledger import", None)));
    let done = done.map_err(|failure| arguments.input.name(failure))?;
    if arguments.json {
        console::say(&done.object().to_string());
    } else {
        done.tell(&arguments.input.file, SHOWN);
    }
    done.verdict(&arguments.input.file)
}

/// Refuses a statement that is not of this account alone.
///
/// # Errors
/// [`Exit::BadInput`] with the accounts that it names.
pub(super) fn of_account(about: &About, wanted: Option<&str>) -> Result<(), Failure> {
    let Some(wanted) = wanted.filter(|wanted| about.accounts != [*wanted]) else { return Ok(()) };
    let named = match about.accounts.as_slice() {
        [] => "names no account".to_owned(),
        some => format!("is of {}", some.join(", ")),
    };
    let message = format!("the statement {named}, and not of {wanted} alone as --account says; nothing was compared");
    Err(Failure::bad_input("statement_account", message))
}

/// A file of at most the size that is read.
fn bytes_of(file: &std::path::Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |e: std::io::Error| {
        Failure::bad_input("input_unreadable", format!("{}: cannot be read: {}", file.display(), reason(&e)))
    };
    let size = usize::try_from(std::fs::metadata(file).map_err(unreadable)?.len()).unwrap_or(usize::MAX);
    if size > LARGEST {
        return Err(ImportError::TooLarge { bytes: size, most: LARGEST }.into());
    }
    std::fs::read(file).map_err(unreadable)
}

/// A statement, held against books.
pub(super) struct Done {
    /// Its number, and whether it is new; nothing where it is not kept.
    pub(super) kept: Option<(u64, bool)>,
    /// The last entry that was compared.
    pub(super) head: u64,
    pub(super) about: About,
    pub(super) matching: Matching,
}

/// Holds a statement against the bot's books and keeps both, by a verb, and of one account where one is named.
///
/// # Errors
/// What cannot be read or kept.
pub(super) async fn import(
    boot: &Boot,
    bytes: Vec<u8>,
    asked: &Asked,
    (verb, account): (&str, Option<&str>),
) -> Result<Done, Failure> {
    let identity = identity(boot)?;
    let people = boot.folders.data().join("people.db");
    if !people.exists() {
        let message = format!("{}: is not there; statements are kept in it. Start the bot once", people.display());
        return Err(Failure::bad_input("not_set_up", message));
    }
    let reader = Reader::open(&Address::new(&boot.database(&identity))).await?;
    let book = reader.book(&identity).await?;
    let entries = reader.all_entries(&book).await?;
    reader.close().await;
    let held = imports::held(&bytes, asked, &entries, book.base_currency)?;
    of_account(&held.about, account)?;
    let head = entries.last().map_or(0, |e| e.seq);
    let broken = |e: serde_json::Error| Failure::failed("statement_kept", e);
    let value = |what: serde_json::Result<Value>| what.map_err(broken);
    let statement = NewStatement { hash: held.hash, about: value(serde_json::to_value(&held.about))?, bytes };
    let matching = NewMatching {
        head,
        summary: value(serde_json::to_value(Summary::of(&held.matching)))?,
        result: serde_json::to_vec(&held.matching).map_err(broken)?,
    };
    let people = People::open(&Address::Sqlite(people), Arc::new(WithoutKey)).await?;
    let who = Who::OwnerBy(format!("{verb}, user {}", own_name()));
    let by = (&who, Origin::CommandLine);
    let imported = people.import_statement(&identity, (&statement, &matching), by, clock::now()).await?;
    people.close().await?;
    Ok(Done { kept: Some((imported.number, imported.new)), head, about: held.about, matching: held.matching })
}

impl Done {
    /// As one object for programs.
    pub(super) fn object(&self) -> Value {
        let (number, new) = self.kept.unzip();
        json!({
            "statement": number, "new": new, "head": self.head, "agrees": self.matching.agrees(),
            "about": self.about, "result": self.matching,
        })
    }

    /// Fine where they agree.
    ///
    /// # Errors
    /// [`Exit::Found`] where they do not.
    pub(super) fn verdict(&self, file: &std::path::Path) -> Result<(), Failure> {
        if self.matching.agrees() {
            return Ok(());
        }
        let message = format!("{}: the statement does not agree with the books", file.display());
        Err(Failure { exit: Exit::Found, code: "statement_differs".into(), message })
    }

    /// In words, with so many lines of what does not agree.
    pub(super) fn tell(&self, file: &std::path::Path, most: usize) {
        let found = &self.matching;
        let (from, to) = found.days;
        let kept = match self.kept {
            Some((number, true)) => format!("kept as statement {number}"),
            Some((number, false)) => format!("imported before; nothing has changed. It is statement {number}"),
            None => "held against books at rest, and not kept".to_owned(),
        };
        console::say(&format!("{}: {} lines, {from} to {to}; {kept}", file.display(), self.about.lines));
        let counts = [
            ("matched", found.matched.len()),
            ("differing", found.differing.len()),
            ("in the statement alone", found.statement_only.len()),
            ("in the books alone", found.books_only.len()),
            ("held otherwise at its end", found.closed.as_ref().map_or(0, |c| c.differing().count())),
        ];
        for (what, n) in counts {
            console::say(&format!("  {n:>6} {what}"));
        }
        for sum in found.sums.iter().filter(|s| !s.difference.is_zero()) {
            let (currency, off) = (sum.currency, sum.difference);
            console::say(&format!(
                "  cash differs by {off} {currency}: statement {}, books {}",
                sum.statement, sum.books
            ));
        }
        let lines = self.lines();
        for line in lines.iter().take(most) {
            console::say(&format!("  {line}"));
        }
        if let Some(more) = lines.len().checked_sub(most).filter(|more| *more > 0) {
            console::say(&format!("  and {more} more; tbot ledger reconcile prints them all"));
        }
    }

    /// What does not agree, a line each.
    fn lines(&self) -> Vec<String> {
        let found = &self.matching;
        let differing = found.differing.iter().map(|p| {
            let said = p.differences.iter().map(|d| format!("{} {}, books {}", d.field.word(), d.statement, d.books));
            let entries: Vec<String> = p.booked.iter().map(|b| b.seq.to_string()).collect();
            let said: Vec<String> = said.collect();
            format!("line {}, entry {}: {}", p.stated.place, entries.join(" and "), said.join("; "))
        });
        let alone = found.statement_only.iter().map(|u| {
            let why = u.doubles.map_or_else(|| "not in the books".to_owned(), |place| format!("doubles line {place}"));
            format!("line {}, {}: {why}", u.stated.place, short(&u.stated.line))
        });
        let left =
            found.books_only.iter().map(|b| format!("entry {}, {}: not in the statement", b.seq, short(&b.line)));
        let held = found.closed.iter().flat_map(|closed| {
            closed.differing().map(|s| {
                let (statement, books) = (s.asset.figure(s.statement), s.asset.figure(s.books));
                format!("{} held at {}: statement {statement}, books {books}", s.asset, closed.at)
            })
        });
        differing.chain(alone).chain(left).chain(held).collect()
    }
}

fn short(line: &Line) -> String {
    let units = line.units.map(|u| format!(" {u}")).unwrap_or_default();
    let about = line.instrument.as_deref().map(|i| format!(" {i}{units}")).unwrap_or_default();
    let cash = line.amount.map(|a| format!(", {a} {}", line.currency)).unwrap_or_default();
    format!("{}{about}{cash}", line.date)
}
