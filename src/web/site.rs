//! What the pages stand on: the board, the supervisor's door, the people, the books, the clock.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use desk::domain::chain::Hash;
use desk::domain::decimal::Money;
use desk::domain::ids::{Identity, SessionId};
use desk::domain::market::Bar;
use desk::domain::symbol::Symbol;
use desk::domain::time::{Span, Timestamp};
use serde::Serialize;
use tokio::sync::{Semaphore, watch};

use super::ages::{Ages, Seen};
use super::limits::Limits;
use super::live::Frame;
use super::once::Doing;
use super::refusal::Refusal;
use super::review::Desk;
use super::versions::Versions;
use crate::messages::board::Board;
use crate::messages::bookkeeping::Bookkeeping;
use crate::messages::latency::Latencies;
use crate::messages::rehearsal::{RehearsalBoard, Rehearsals};
use crate::messages::supervisor::Door;
use crate::render::Pages;
use crate::settings::Current;
use crate::store::Reader;
use crate::store::people::{People, SignedIn};

/// So many symbols are named in a refusal.
const NAMED: usize = 20;

/// The real time; the board has the bot's.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// The session's bars of a symbol so far.
pub type Bars = Arc<dyn Fn(Symbol) -> Vec<Bar> + Send + Sync>;
/// Told the name of the first administrator once, when the registration is done.
pub type Registered = Arc<dyn Fn(&str) + Send + Sync>;
/// The configuration as it stands, a line each.
pub type Settings = Arc<dyn Fn() -> Vec<SettingLine> + Send + Sync>;

/// The last lines of every log, one object each with the name of its log; read anew each time.
pub type Logs = Arc<dyn Fn() -> Vec<serde_json::Map<String, serde_json::Value>> + Send + Sync>;

/// The backups that are there, the newest first, or why they cannot be listed; read anew each time.
pub type Backups = Arc<dyn Fn() -> Result<Vec<BackupLine>, String> + Send + Sync>;

/// How the machine stands that the bot runs on; asked anew each time.
pub type Host = Arc<dyn Fn() -> HostLine + Send + Sync>;

/// How the machine stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLine {
    /// Bytes that may still be written where the data lie; nothing where the system does not say.
    pub free: Option<u64>,
    /// By how much the clock on the wall was set since the process began.
    pub clock_set: Span,
    /// When the process began.
    pub since: Timestamp,
    /// Why the list of symbols that the configuration names is not the one in force; nothing where it is.
    pub missing: Option<String>,
}

impl HostLine {
    /// Less room than this is a fault: a day's logs and books may not fit.
    pub const ROOM: u64 = 512 * 1024 * 1024;
    /// A clock that was set by more is a fault (RISK-9).
    pub const CLOCK: Span = Span::seconds(1);

    /// How the disk is, in words.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn disk(&self) -> Result<String, String> {
        let mib = |bytes: u64| bytes.div_euclid(1024 * 1024);
        match self.free {
            None => Err("the system does not say how much room is left".to_owned()),
            Some(free) if free < Self::ROOM => Err(format!(
                "{} MiB are free; {} MiB are needed for a day's logs and books",
                mib(free),
                mib(Self::ROOM)
            )),
            Some(free) => Ok(format!("{} MiB are free", mib(free))),
        }
    }

    /// How the clock is, in words.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn clock(&self) -> Result<String, String> {
        let ms = self.clock_set.as_nanos().div_euclid(1_000_000);
        let said = match ms {
            0 => "nothing has set it since the process began".to_owned(),
            _ => format!("it was set by {ms} ms since the process began"),
        };
        if self.clock_set > Self::CLOCK || self.clock_set < Span::ZERO - Self::CLOCK {
            Err(format!("{said}; 1000 ms are allowed. Look at timedatectl, then restart the bot"))
        } else {
            Ok(said)
        }
    }
}

/// A backup as the pages list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupLine {
    /// Its file's name.
    pub name: String,
    /// When it was taken.
    pub at: Timestamp,
    /// Its bytes.
    pub bytes: u64,
    /// Whether its checksum lies beside it.
    pub checksum: bool,
}

/// A file of a report, by the names of the session or week and of the file.
pub type ReportFile = Arc<dyn Fn(&str, &str) -> Option<Vec<u8>> + Send + Sync>;

/// The reports of sessions and weeks.
#[derive(Clone)]
pub struct Reports {
    /// Those that are there, the newest first, or why they cannot be listed; read anew each time.
    pub listed: Arc<dyn Fn() -> Result<Vec<Period>, String> + Send + Sync>,
    /// A file of one of them, by their names.
    pub file: ReportFile,
}

/// What the reports of a session or a week are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The folder's name: `XNYS_2026-11-20`, `2026-W47`.
    pub name: String,
    /// The session, where it is one.
    pub session: Option<SessionId>,
    /// Trades closed in it.
    pub trades: u64,
    /// Of them won.
    pub won: u64,
    /// What they made, fees taken off.
    pub net: Money,
    /// Of a week: how many gates for going live were met at its end, `3 of 8 met`.
    pub readiness: Option<String>,
    /// Its files.
    pub files: Vec<String>,
}

/// A line of the settings page. A secret comes as words about it, never as itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingLine {
    /// The key, `risk.daily_loss`.
    pub key: String,
    /// The value as it stands.
    pub value: String,
    /// Where it comes from: `default`, `config/tbot.toml`, `environment`, `version 3`.
    pub origin: String,
}

/// How long what lasts, and how cookies are kept.
#[derive(Clone, Debug)]
pub struct Manners {
    /// A session that was not used for so long only stops, kills and flattens (WEB-2c).
    pub idle: Span,
    /// A session ends after so long, used or not.
    pub longest: Span,
    /// Whether pages come over TLS: cookies are `__Host-` and Secure then. Off for plain HTTP at the loopback alone.
    pub secure: bool,
    /// Whether browsers are told to come over TLS alone from now on: not with a certificate of our own, which they do not
    /// know, and which would bind everything else at the same name.
    pub strict_transport: bool,
    /// The proxies before the server, where there are some: only they are let in, and what they say of who asks is
    /// believed.
    pub proxies: Vec<IpAddr>,
    /// So many connections at once; further ones wait outside, so that a crowd leaves the bot the files that it needs
    /// (RISK-13).
    pub visitors: usize,
    /// Called on each thread that serves or paints pages: they let trading go first.
    pub modest: fn(),
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            idle: Span::minutes(60),
            longest: Span::minutes(12 * 60),
            secure: true,
            strict_transport: true,
            proxies: Vec::new(),
            visitors: 1_000,
            modest: || {},
        }
    }
}

/// What the pages stand on.
#[derive(Clone)]
pub struct Site {
    /// Whose bot.
    pub identity: Identity,
    /// What everybody may read.
    pub board: watch::Receiver<Arc<Board>>,
    /// How long what takes.
    pub latencies: Arc<Latencies>,
    /// The supervisor.
    pub door: Door,
    /// The books, for what persons ask of them and enter.
    pub bookkeeping: Bookkeeping,
    /// Who may sign in, what is signed in, what everybody did.
    pub people: People,
    /// The event log and the books, where they are open already.
    pub books: Option<Reader>,
    /// The real time.
    pub clock: Clock,
    /// The machine.
    pub host: Host,
    /// Bars for the price chart, where somebody keeps them.
    pub bars: Option<Bars>,
    /// The symbols that the bot watches.
    pub symbols: Vec<Symbol>,
    /// The rehearsal that runs, or the last one.
    pub rehearsals: Rehearsals,
    /// The boot settings, or all of them where no versions are kept.
    pub settings: Settings,
    /// The versions of the runtime configuration, where they can be changed here.
    pub versions: Option<Arc<dyn Versions>>,
    /// The runtime configuration that is in force.
    pub current: Current,
    /// The bot's backups.
    pub backups: Backups,
    /// The reports of its sessions and weeks.
    pub reports: Reports,
    /// The program's logs.
    pub logs: Logs,
    /// Their names.
    pub log_names: Vec<&'static str>,
    /// Who hears of the first administrator (LIFE-1: `registration` becomes `started`).
    pub registered: Registered,
    /// How long what lasts.
    pub manners: Manners,
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Site({})", self.identity)
    }
}

/// The site with what the server itself keeps.
pub(crate) struct Shared {
    pub(crate) site: Site,
    pub(crate) pages: Pages,
    pub(crate) limits: Limits,
    /// Sessions as they were last seen in the database.
    pub(crate) known: Mutex<BTreeMap<Hash, SignedIn>>,
    /// Passwords that are looked at at once: each takes 64 MiB.
    pub(crate) hashing: Semaphore,
    /// Files of the books are made one after another.
    pub(crate) exporting: Semaphore,
    /// Searches of the journal by text are made a few at a time.
    pub(crate) searching: Semaphore,
    /// What is being done at this moment.
    pub(crate) doing: Doing,
    /// When what the board says was first seen.
    pub(crate) seen: Seen,
    pub(crate) frames: watch::Receiver<Arc<Frame>>,
    /// Wakes the painter when somebody begins to watch.
    pub(crate) watched: tokio::sync::Notify,
    pub(crate) watchers: AtomicUsize,
    /// The review: who reads what, what waits.
    pub(crate) review: Desk,
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        (self.site.clock)()
    }

    /// How old the board and its feed are.
    pub(crate) fn ages(&self, board: &Board) -> Ages {
        self.seen.look(board, self.now())
    }

    pub(crate) fn rehearsal(&self) -> Option<Arc<RehearsalBoard>> {
        self.site.rehearsals.borrow().clone()
    }

    pub(crate) fn board(&self) -> Arc<Board> {
        Arc::clone(&self.site.board.borrow())
    }

    /// The symbol of an address, where the bot watches it or has traded it.
    pub(crate) fn watched(&self, asked: &str) -> Result<Symbol, Refusal> {
        let (board, watched) = (self.board(), &self.site.symbols);
        let known = |s: &Symbol| {
            watched.contains(s)
                || board.positions.iter().any(|p| p.symbol == *s)
                || board.trades.iter().any(|t| t.symbol == *s)
        };
        if let Some(symbol) = asked.parse().ok().filter(known) {
            return Ok(symbol);
        }
        let named: Vec<String> = watched.iter().take(NAMED).map(Symbol::to_string).collect();
        let more = match watched.len().saturating_sub(named.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let asked: String = asked.chars().take(20).collect();
        Err(Refusal::Missing(match named.as_slice() {
            [] => format!("The bot does not watch {asked:?}; it watches nothing yet."),
            _ => format!("The bot does not watch {asked:?}. It watches {}{more}.", named.join(", ")),
        }))
    }
}
