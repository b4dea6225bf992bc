//! `tbot check`: whether a bot could start here and run (OPS-8). Nothing is started and nothing is changed; what was found is a
//! table for people and an object for programs.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use desk::domain::bot::Mode;
use desk::domain::time::Span;
use desk::machines::supervisor::{Deadlines, Supervisor};
use serde::Serialize;
use serde_json::json;

use super::bot::BotArguments;
use super::failure::{Exit, Failure};
use super::run::runtime;
use super::{console, examples};
use crate::backup::Shelf;
use crate::gateway::control::{holder, last_heartbeat};
use crate::gateway::vault::{KeySource, Vault};
use crate::gateway::{clock, free_bytes};
use crate::settings::{Boot, Runtime, proves_writable};
use crate::store::{self, Address, Check as Verifying, LifeLog, Report, Signers, StoreError, read_heads};

/// Below this a day's logs and books may not fit.
const ROOM: u64 = 512 * 1024 * 1024;
/// A backup that is older is worth a word.
const OLD: Span = Span::minutes(7 * 24 * 60);

/// Which bot.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot check", "tbot check --data /srv/tbot --json", "tbot check --fast"]))]
pub struct Arguments {
    /// Leave out the recomputation of the books
    #[arg(long)]
    fast: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// How a point stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// As it should be.
    Fine,
    /// Worth a look; a start works all the same.
    Remark,
    /// It stands in the way.
    Wrong,
}

/// A point that was looked at.
#[derive(Debug, Serialize)]
struct Point {
    check: &'static str,
    verdict: Verdict,
    found: String,
    /// What to do; empty where it is fine.
    remedy: String,
}

impl Point {
    fn fine(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Fine, found: found.into(), remedy: String::new() }
    }

    fn remark(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Remark, found: found.into(), remedy: remedy.into() }
    }

    fn wrong(check: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Wrong, found: found.into(), remedy: remedy.into() }
    }
}

/// Looks at everything that a start needs.
///
/// # Errors
/// [`Exit::Found`] where something stands in the way; it is told first.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let points = match arguments.bot.boot() {
        Ok(boot) => all(&boot, arguments.fast)?,
        Err(failure) => vec![Point::wrong(
            "settings",
            failure.message,
            "Mend what it names; tbot config keys lists what is allowed.",
        )],
    };
    let wrong = points.iter().filter(|p| p.verdict == Verdict::Wrong).count();
    if arguments.json {
        console::say(&json!({ "ready": wrong == 0, "checks": points }).to_string());
    } else {
        tell(&points);
    }
    if wrong == 0 {
        return Ok(());
    }
    Err(Failure {
        exit: Exit::Found,
        code: "check_failed".into(),
        message: format!("{wrong} of {} checks failed", points.len()),
    })
}

fn tell(points: &[Point]) {
    let word = |p: &Point| match p.verdict {
        Verdict::Fine => "fine",
        Verdict::Remark => "look",
        Verdict::Wrong => "WRONG",
    };
    let rows: Vec<Vec<String>> =
        points.iter().map(|p| vec![p.check.to_owned(), word(p).to_owned(), p.found.clone()]).collect();
    console::say(&console::text_table(&["check", "", "found"], &rows));
    for point in points.iter().filter(|p| p.verdict != Verdict::Fine) {
        console::say(&format!("{} {}: {}", word(point), point.check, point.remedy));
    }
    if points.iter().all(|p| p.verdict != Verdict::Wrong) {
        console::say("Nothing stands in the way of a start.");
    }
}

fn all(boot: &Boot, fast: bool) -> Result<Vec<Point>, Failure> {
    let running = holder(&boot.folders.control());
    let mut points = vec![settings(boot)];
    points.extend(folders(boot));
    points.push(keys(boot));
    points.push(configuration(boot));
    points.push(database(boot, fast)?);
    points.push(life(boot));
    points.push(clock_of(boot));
    points.push(disk(boot));
    points.push(listening(boot, running.held));
    points.push(backups(boot));
    points.push(match (running.held, running.pid) {
        (true, Some(pid)) => Point::fine("process", format!("a bot runs here, process {pid}")),
        (true, None) => Point::fine("process", "a bot runs here"),
        (false, _) => Point::fine("process", "no bot runs here"),
    });
    Ok(points)
}

fn settings(boot: &Boot) -> Point {
    match boot.may_start() {
        Ok(_) => Point::fine("settings", format!("environment {}, every boot key is allowed", boot.environment)),
        Err(error) => Point::wrong("settings", error.to_string(), "Write it into boot.toml in the data folder."),
    }
}

/// Folders can be written, and are their owner's alone where secrets lie.
fn folders(boot: &Boot) -> Vec<Point> {
    let f = &boot.folders;
    if !f.data().exists() {
        let above = f.data().ancestors().find(|p| p.exists()).unwrap_or_else(|| Path::new("/"));
        return vec![match proves_writable(above) {
            Ok(()) => Point::remark(
                "folders",
                format!("{} is not there yet", f.data().display()),
                "The first start makes it: tbot run.",
            ),
            Err(e) => Point::wrong(
                "folders",
                format!("{} cannot be made: {}: {e}", f.data().display(), above.display()),
                "Give the user that runs the bot the right to write there, or name another folder with --data.",
            ),
        }];
    }
    let all = [f.control(), f.keys(), f.config(), f.secrets(), f.logs(), f.backups()];
    let there: Vec<PathBuf> = std::iter::once(f.data().to_owned()).chain(all).filter(|p| p.exists()).collect();
    let closed = there.iter().find_map(|p| proves_writable(p).err().map(|e| format!("{}: {e}", p.display())));
    let written = match closed {
        None => Point::fine("folders", format!("{} folders in {} can be written", there.len(), f.data().display())),
        Some(why) => Point::wrong("folders", why, "Make it writable for the user that runs the bot: chown, chmod u+w."),
    };
    let secret = [f.control(), f.keys(), boot.key.clone()];
    let open = secret.into_iter().filter(|p| p.exists()).find_map(|p| {
        let mode = p.metadata().ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then(|| format!("{} is open to others: mode {mode:o}", p.display()))
    });
    let permissions = match open {
        None => Point::fine("permissions", "control, keys and the key file are their owner's alone"),
        Some(found) => {
            let remedy = "Close them: chmod 700 for the folders, chmod 600 for the key file.";
            Point::wrong("permissions", found, remedy)
        }
    };
    vec![written, permissions]
}

/// Whether a bot was set up in the data folder.
fn is_set_up(boot: &Boot) -> bool {
    boot.identity.is_some() && boot.folders.data().join("life.log").exists()
}

fn keys(boot: &Boot) -> Point {
    let opened = Vault::open(&boot.folders, KeySource::of_process(boot.key.clone()));
    match opened {
        Ok(_) => Point::fine("key", format!("{} can be read", boot.key.display())),
        Err(_) if !is_set_up(boot) && !boot.key.exists() => {
            Point::remark("key", "there is none yet", "The first start makes it: tbot run.")
        }
        Err(e) => Point::wrong(
            "key",
            e.to_string(),
            "Put the key back from where it is kept; without it nothing sealed opens.",
        ),
    }
}

/// The runtime configuration opens, and its limits are sane.
fn configuration(boot: &Boot) -> Point {
    const NAME: &str = "configuration";
    let newest = Vault::open(&boot.folders, KeySource::of_process(boot.key.clone())).and_then(|vault| vault.newest());
    let version = match newest {
        Ok(Some(version)) => version,
        Ok(None) | Err(_) if !is_set_up(boot) => {
            return Point::remark(NAME, "no bot is set up here yet; the defaults hold", "Set one up: tbot run.");
        }
        Ok(None) => {
            return Point::wrong(NAME, "there is no version of it", "Restore it from a backup: tbot restore.");
        }
        Err(e) => {
            return Point::wrong(NAME, e.to_string(), "Restore key and configuration from one backup: tbot restore.");
        }
    };
    let read = Runtime::read(&version.document, &format!("version {}", version.number));
    let runtime = match read.and_then(|runtime| runtime.validate().map(|()| runtime)) {
        Ok(runtime) => runtime,
        Err(e) => {
            return Point::wrong(
                NAME,
                e.to_string(),
                "Roll back to an earlier version under Settings, or mend the key.",
            );
        }
    };
    if let Err(e) = runtime.chosen(version.number, &version.by) {
        let remedy = "Put the file there, or name another one or none: Settings, or tbot config import.";
        return Point::wrong(NAME, e.to_string(), remedy);
    }
    let limits = &runtime.limits;
    for (key, amount) in [
        ("risk.risk_per_trade", limits.risk_per_trade),
        ("risk.day_loss", limits.day_loss),
        ("risk.strategy_loss", limits.strategy_loss),
    ] {
        if amount > limits.float {
            let found =
                format!("version {}: {key} {amount} is more than the float of {}", version.number, limits.float);
            return Point::wrong(NAME, found, "Set it below the float under Settings.");
        }
    }
    if limits.risk_per_trade > limits.day_loss {
        let found = format!(
            "version {}: one trade may lose {}, more than the day's {}",
            version.number, limits.risk_per_trade, limits.day_loss
        );
        return Point::remark(NAME, found, "Set risk.risk_per_trade below risk.day_loss.");
    }
    let trading = runtime.trading().len();
    Point::fine(NAME, format!("version {}, {trading} strategies, daily loss {}", version.number, limits.day_loss))
}

/// The books are there, of this bot, and sound.
fn database(boot: &Boot, fast: bool) -> Result<Point, Failure> {
    const NAME: &str = "books";
    let Some(identity) = &boot.identity else {
        return Ok(Point::remark(NAME, "no bot is set up here yet", "The set-up makes them: tbot run."));
    };
    let address = Address::new(&boot.database(identity));
    if !is_set_up(boot) && matches!(&address, Address::Sqlite(path) if !path.exists()) {
        return Ok(Point::remark(NAME, "there are none yet", "The first start makes them: tbot run."));
    }
    let restored = "Restore them from a backup (tbot backups, tbot restore).";
    if fast {
        let opened = runtime()?.block_on(async { store::Reader::open(&address).await?.book(identity).await });
        return Ok(match opened {
            Ok(_) => Point::fine(NAME, format!("books of {identity} open; not recomputed")),
            Err(e) => Point::wrong(NAME, e.to_string(), restored),
        });
    }
    let kept = read_heads(&match &address {
        Address::Sqlite(path) => path.clone(),
        Address::Postgres(_) => boot.own_books(identity),
    })?;
    // The public keys are kept in the data folder, wherever the books are.
    let signers = Signers::read(&Signers::path(&boot.own_books(identity)))?.map(|signers| signers.of(identity.clone()));
    let verified = runtime()?.block_on(store::verify(&address, &Verifying { kept, signers, ..Verifying::default() }));
    Ok(match verified {
        Err(e) => Point::wrong(NAME, e.to_string(), restored),
        Ok(report) => {
            if let Some(finding) = &report.finding {
                Point::wrong(NAME, finding.to_string(), format!("See tbot ledger verify. {restored}"))
            } else {
                let entries = report.books.iter().map(|b| b.entries).fold(0, u64::saturating_add);
                let found = format!("{entries} entries recomputed, chain and balances hold; {}", signatures(&report));
                Point::fine(NAME, found)
            }
        }
    })
}

/// The log of the bot's life is whole, and its events follow from each other: a start folds it.
fn life(boot: &Boot) -> Point {
    const NAME: &str = "life";
    const REMEDY: &str = "A start refuses it. Keep the file as it is, it is evidence, and restore it from a backup (tbot backups, \
                          tbot restore).";
    const ANOTHER: &str = "A start refuses it. Start with the version of the program that wrote it, or a newer one, and \
                           leave the file as it is. Its chain holds up to that line.";
    let path = boot.folders.data().join("life.log");
    if !path.exists() {
        return Point::remark(NAME, "there is no log of the bot's life yet", "The first start makes it: tbot run.");
    }
    let (events, torn) = match LifeLog::read(&path) {
        Ok(read) => read,
        Err(e @ StoreError::Unknown { .. }) => return Point::wrong(NAME, e.to_string(), ANOTHER),
        Err(e) => return Point::wrong(NAME, e.to_string(), REMEDY),
    };
    let mut machine = Supervisor::new(Deadlines::default(), Mode::Paper);
    for (number, event) in (1_u64..).zip(&events) {
        if let Err(e) = machine.apply(event) {
            return Point::wrong(NAME, format!("{}: line {number}: {e}", path.display()), REMEDY);
        }
    }
    let end = if torn { "; the end of a line that was never whole is cut off at the next start" } else { "" };
    Point::fine(NAME, format!("{} events of the bot's life follow from each other{end}", events.len()))
}

/// What became known of the signatures of day closes.
pub(super) fn signatures(report: &Report) -> String {
    let checked = report.books.iter().filter(|book| book.signatures_checked);
    let closings = checked.map(|book| book.closings).reduce(u64::saturating_add);
    match closings {
        None => "the signatures of day closes are not checked, for no public key is kept beside the books".to_owned(),
        Some(0) => "no day is closed yet".to_owned(),
        Some(1) => "the signature of its one day close holds".to_owned(),
        Some(many) => format!("the signatures of {many} day closes hold"),
    }
}

/// The clock has not gone back behind what was written by it.
fn clock_of(boot: &Boot) -> Point {
    const NAME: &str = "clock";
    let now = clock::now();
    match last_heartbeat(&boot.folders.control()) {
        Ok(Some(beat)) if beat.at > now + Span::seconds(5) => Point::wrong(
            NAME,
            format!("it is {now}, and the last heartbeat is of {}", beat.at),
            "Set the clock (timedatectl set-ntp true); times in books and audit must not run backwards.",
        ),
        Ok(_) => Point::fine(NAME, format!("{now}, not behind the last heartbeat")),
        Err(e) => Point::remark(NAME, e.to_string(), "The next heartbeat replaces it."),
    }
}

fn disk(boot: &Boot) -> Point {
    const NAME: &str = "disk";
    let place = boot.folders.data().ancestors().find(|p| p.exists()).unwrap_or_else(|| Path::new("/"));
    match free_bytes(place) {
        Some(free) => {
            let megabytes = free.div_euclid(1024 * 1024);
            let found = format!("{megabytes} MiB free at {}", place.display());
            if free < ROOM {
                Point::wrong(NAME, found, "Make room: 512 MiB at least.")
            } else {
                Point::fine(NAME, found)
            }
        }
        None => Point::remark(NAME, format!("the room at {} cannot be told", place.display()), "Look with df."),
    }
}

fn listening(boot: &Boot, running: bool) -> Point {
    const NAME: &str = "web";
    let listen = boot.web.listen;
    if running {
        return Point::fine(NAME, format!("{listen} is the running bot's affair"));
    }
    match TcpListener::bind(listen) {
        Ok(_) => Point::fine(NAME, format!("{listen} is free")),
        Err(e) => Point::wrong(
            NAME,
            format!("nothing can listen at {listen}: {e}"),
            "Name another address: web.listen, or --listen.",
        ),
    }
}

fn backups(boot: &Boot) -> Point {
    const NAME: &str = "backups";
    if !is_set_up(boot) {
        return Point::fine(NAME, "none is needed before the set-up");
    }
    match Shelf::new(boot.folders.backups()).list().map(|lines| lines.into_iter().map(|l| l.at).max()) {
        Ok(Some(at)) if clock::now() - at < OLD => Point::fine(NAME, format!("the newest is of {at}")),
        Ok(Some(at)) => Point::remark(NAME, format!("the newest is of {at}"), "Take one: tbot backup."),
        Ok(None) => Point::remark(NAME, "there is none", "Take one: tbot backup."),
        Err(e) => Point::remark(NAME, e.to_string(), "Look into the folder of backups."),
    }
}
