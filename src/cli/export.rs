//! `tbot ledger export`: the journal for other programs. `tbot ledger check-ofx`: our own checker of OFX.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use data_encoding::HEXLOWER;
use desk::domain::bot::{Origin, Who};
use desk::domain::decimal::Price;
use desk::domain::ids::Identity;
use desk::domain::symbol::Symbol;
use desk::domain::time::Date;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::audit::WithoutKey;
use super::books::{self, Books};
use super::bot::BotArguments;
use super::console;
use super::failure::{Exit, Failure};
use super::ledger::unusable;
use super::run::runtime;
use crate::gateway::{clock, own_name, reason};
use crate::render::exports::{self, Export, ExportError, Format, Journal, Period, ofx};
use crate::store::people::{Deed, People};
use crate::store::{self, Address, Reader};

const EXPORT_EXAMPLES: &str = "\
Examples:
  tbot ledger export result --format csv --out journal.csv
  tbot ledger export result/ledger.db --format beancount --from 2026-06-01 --to 2026-06-30 --out june.beancount
  tbot ledger export result --format ofx --account 123-456 --price ACME=49.80 --out june.ofx
  tbot ledger export journal.json --format hledger --out journal.hledger

The books are verified first; an export of a bot's own books stands in its audit. A period's file holds the entries whose session lies in it; beancount and hledger begin with the
balances before it, and beside an OFX file FILE.opening.json says them: OFX has no place for them. Market values in OFX need
prices; a position without one says so. A file that exists is never overwritten.

";

const CHECK_EXAMPLES: &str = "\
Examples:
  tbot ledger check-ofx june.ofx
  tbot ledger check-ofx june.ofx --opening may.closing.json --json

Found are: duplicate ids, securities missing in the list, totals that are not units times price and fees, positions and cash that
are not what the transactions make of the opening, wrong signs, sides, dates, splits, reversals and balances.

";

/// What an export is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXPORT_EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    /// A ledger file, the folder of a run, the data folder of a bot, postgres://…, or a journal in JSON that was exported
    /// [default: the books of the bot]
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// The format
    #[arg(long, value_parser = Format::ALL.map(Format::as_str))]
    format: String,
    /// The first day [default: the first that has entries]
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// The last day [default: the last that has entries]
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<Date>,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Whose books, where the ledger holds several
    #[arg(long, value_name = "IDENTITY")]
    identity: Option<Identity>,
    /// The broker's account number, for OFX [default: broker and bot id of the identity]
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// A price at the period's end, for market values in OFX; may be repeated
    #[arg(long = "price", value_name = "SYMBOL=PRICE", value_parser = price)]
    prices: Vec<(Symbol, Price)>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// What the checker is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{CHECK_EXAMPLES}{}", super::EXIT_CODES))]
pub struct CheckArguments {
    /// An OFX file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What was held before it: a closing record of the books [default: FILE.opening.json, if there is one]
    #[arg(long, value_name = "FILE")]
    opening: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// A date of the command line.
pub(super) fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a date is needed, e.g. 2026-06-30".to_owned())
}

fn price(text: &str) -> Result<(Symbol, Price), String> {
    let pair =
        text.split_once('=').and_then(|(symbol, price)| Some((symbol.parse().ok()?, price.parse::<Price>().ok()?)));
    let above_zero = pair.filter(|(_, price)| price.raw() > 0);
    above_zero.ok_or_else(|| "a symbol and a price above zero are needed, e.g. ACME=49.80".to_owned())
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Untellable { .. } => Self::failed(error.code(), error),
            _ => Self::bad_input(error.code(), error),
        }
    }
}

/// Exports a journal.
///
/// # Errors
/// [`Exit::Found`] where the books do not verify; [`Exit::BadInput`] where there is nothing to export or the file exists.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let format = Format::named(&arguments.format).unwrap_or(Format::Csv);
    let beside = opening_of(&arguments.out);
    for file in [Some(&arguments.out), Some(&beside).filter(|_| format == Format::Ofx)].into_iter().flatten() {
        free(file)?;
    }
    let source = source(&Wanted {
        path: arguments.path.as_deref(),
        identity: arguments.identity.as_ref(),
        from: arguments.from,
        bot: &arguments.bot,
        json: arguments.json,
    })?;
    let days = source.journal.days().ok_or(ExportError::NoEntries)?;
    // A day beyond the journal's is a period of its own, which the refusal then names.
    let from = arguments.from.unwrap_or_else(|| arguments.to.map_or(days.from, |to| to.min(days.from)));
    let period = Period { from, to: arguments.to.unwrap_or_else(|| from.max(days.to)) };
    if period.from > period.to {
        let message = format!("--from {} lies after --to {}; the first day comes first", period.from, period.to);
        return Err(Failure::bad_input("period", message));
    }
    let prices: BTreeMap<Symbol, Price> = arguments.prices.iter().copied().collect();
    let export = Export {
        journal: &source.journal,
        period,
        instruments: &BTreeMap::new(),
        prices: &prices,
        account: arguments.account.as_deref(),
    };
    let (bytes, opening) = match format {
        Format::Ofx => ofx::checked(&export, source.record.as_deref())?,
        _ => (exports::export(format, &export)?, None),
    };
    if let Some(people) = &source.people {
        audit(people, arguments, &period, bytes.len())?;
    }
    if let Some(opening) = &opening {
        write(&beside, opening)?;
    }
    write(&arguments.out, &bytes)?;
    let entries = source.journal.entries.iter();
    let entries = entries.filter(|e| (period.from..=period.to).contains(&e.draft.session.date)).count();
    if arguments.json {
        let object = json!({
            "format": format.as_str(), "identity": source.journal.identity, "from": period.from, "to": period.to,
            "entries": entries, "out": arguments.out, "bytes": bytes.len(),
            "sha256": HEXLOWER.encode(&Sha256::digest(&bytes)), "opening": opening.is_some().then_some(&beside),
        });
        console::say(&object.to_string());
    } else {
        let (identity, out) = (&source.journal.identity, arguments.out.display());
        console::say(&format!("{out}: {entries} entries of {identity}, {} to {}", period.from, period.to));
        if opening.is_some() {
            console::say(&format!("{}: what was held before {}", beside.display(), period.from));
        }
    }
    Ok(())
}

/// An export of a bot's books stands in its audit before anybody has it (WEB-2b).
fn audit(people: &Path, arguments: &Arguments, period: &Period, bytes: usize) -> Result<(), Failure> {
    let detail = json!({
        "format": arguments.format, "from": period.from, "to": period.to, "bytes": bytes, "out": arguments.out,
    });
    let object = arguments.out.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let who = Who::OwnerBy(format!("tbot ledger export, user {}", own_name()));
    let deed = Deed { who, origin: Origin::CommandLine, what: "exported", object, detail };
    runtime()?.block_on(async {
        let people = People::open(&Address::Sqlite(people.to_owned()), Arc::new(WithoutKey)).await?;
        people.record(&deed, clock::now()).await?;
        Ok(people.close().await?)
    })
}

/// Which journal is meant.
pub(super) struct Wanted<'a> {
    pub(super) path: Option<&'a Path>,
    pub(super) identity: Option<&'a Identity>,
    /// The closing record before this day comes along.
    pub(super) from: Option<Date>,
    pub(super) bot: &'a BotArguments,
    pub(super) json: bool,
}

/// A journal, and the closing record of the last session before a period.
pub(super) struct Source {
    pub(super) journal: Journal,
    /// Closing records by the entry that seals them, as far as they may be needed.
    record: Option<Vec<u8>>,
    /// The audit of the bot whose journal it is, where that is known.
    people: Option<PathBuf>,
}

/// Reads a journal; books are verified first.
///
/// # Errors
/// Where there is none, or it is not sound.
pub(super) fn source(wanted: &Wanted<'_>) -> Result<Source, Failure> {
    let json = |path: &&Path| path.is_file() && path.extension().is_some_and(|e| e == "json");
    if let Some(path) = wanted.path.filter(json) {
        let named = |error: ExportError| {
            let message = format!("{}: {error}", path.display());
            Failure::bad_input(error.code(), message)
        };
        return Ok(Source { journal: exports::import(&read(path)?).map_err(named)?, record: None, people: None });
    }
    let Books { address, check, people, .. } = books::find(wanted.path, wanted.bot)?;
    let (journal, record) = runtime()?.block_on(async {
        let report = store::verify(&address, &check).await.map_err(unusable)?;
        if let Some(finding) = &report.finding {
            let message = format!("the books do not verify, and nothing was done with them: {finding}");
            console::say(&if wanted.json {
                json!({ "verified": false, "message": message }).to_string()
            } else {
                message.clone()
            });
            return Err(Failure { exit: Exit::Found, code: "ledger_wrong".into(), message });
        }
        let reader = Reader::open(&address).await.map_err(unusable)?;
        let stored = stored(&reader, wanted).await;
        reader.close().await;
        stored
    })?;
    Ok(Source { journal, record, people })
}

async fn stored(reader: &Reader, wanted: &Wanted<'_>) -> Result<(Journal, Option<Vec<u8>>), Failure> {
    let mut books = reader.books().await?;
    if let Some(identity) = wanted.identity {
        books.retain(|book| book.identity == *identity);
    }
    let [book] = books.as_slice() else {
        let all: Vec<String> = reader.books().await?.iter().map(|b| b.identity.to_string()).collect();
        let message = format!("which books? Give --identity; allowed here: {}", all.join(", "));
        return Err(Failure::bad_input("identity", message));
    };
    let entries = reader.all_entries(book).await?;
    let accounts = reader.accounts(book).await?.into_iter().map(|a| (a.code, a.name)).collect();
    let record = match wanted.from {
        Some(from) => reader.record_before(book, &entries, from).await?,
        None => None,
    };
    let journal = Journal { identity: book.identity.clone(), base_currency: book.base_currency, accounts, entries };
    Ok((journal, record))
}

/// The name of the opening beside a file.
fn opening_of(file: &Path) -> PathBuf {
    let mut name = OsString::from(file.file_name().unwrap_or_default());
    name.push(".opening.json");
    file.with_file_name(name)
}

fn free(file: &Path) -> Result<(), Failure> {
    if file.symlink_metadata().is_err() {
        return Ok(());
    }
    let message = format!("{}: exists already and is not overwritten; give another name, or remove it", file.display());
    Err(Failure::bad_input("output_exists", message))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|e| {
        Failure::bad_input("input_unreadable", format!("{}: cannot be read: {}", file.display(), reason(&e)))
    })
}

/// Whole or not there: written under another name beside its place, then renamed.
fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut name = OsString::from(file.file_name().unwrap_or_default());
    name.push(format!(".partial-{}", std::process::id()));
    let partial = file.with_file_name(name);
    let written = std::fs::File::create_new(&partial).and_then(|mut fresh| {
        fresh.write_all(bytes)?;
        fresh.sync_all()
    });
    written.and_then(|()| std::fs::rename(&partial, file)).map_err(|e| {
        let _ = std::fs::remove_file(&partial);
        Failure::bad_input("output_unwritable", format!("{}: cannot be written: {}", file.display(), reason(&e)))
    })
}

/// Checks an OFX file.
///
/// # Errors
/// [`Exit::Found`] with the first fault; [`Exit::BadInput`] where a file cannot be read.
pub fn check_ofx(arguments: &CheckArguments) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(&read(&arguments.file)?).into_owned();
    let beside = Some(opening_of(&arguments.file)).filter(|f| f.is_file());
    let file = arguments.opening.clone().or(beside);
    let opening = match &file {
        None => ofx::Opening::default(),
        Some(file) => ofx::read_opening(&read(file)?).map_err(|_| {
            let message = format!("{}: is no closing record; it has no trial balance that can be read", file.display());
            Failure::bad_input("opening", message)
        })?,
    };
    let found = ofx::check(&text, &opening);
    if arguments.json {
        console::say(&json!({ "file": arguments.file, "opening": file, "found": found }).to_string());
    } else {
        let from = file.map_or_else(|| "nothing".to_owned(), |f| f.display().to_string());
        let shown = arguments.file.display();
        console::say(&format!(
            "{shown}: {} statements, {} transactions, {} positions, {} securities; held before: {from}",
            found.statements, found.transactions, found.positions, found.securities
        ));
        for fault in &found.faults {
            console::say(&format!("  {} {fault}", fault.code));
        }
    }
    match found.faults.first() {
        None => Ok(()),
        Some(fault) => Err(Failure { exit: Exit::Found, code: "ofx_wrong".into(), message: fault.to_string() }),
    }
}
