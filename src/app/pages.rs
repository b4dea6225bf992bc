//! The pages of a living bot, on their listener.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use desk::domain::ids::Identity;
use desk::domain::symbol::Symbol;
use desk::domain::time::Span;
use tokio::sync::watch;

use super::feed::Feed;
use super::versions::Sealed;
use crate::actors::tree::Tree;
use crate::cli::{Failure, console};
use crate::gateway::certificate::certified;
use crate::gateway::clock::{self, Stopwatch};
use crate::gateway::vault::Vault;
use crate::gateway::{Behind, free_bytes, most_open, step_back};
use crate::messages::board::Board;
use crate::messages::counter::Papers;
use crate::messages::rehearsal::Rehearsals;
use crate::settings::{Boot, Current, Tls};
use crate::store::Reader;
use crate::store::people::People;
use crate::telemetry;
use crate::web::{Bars, Host, HostLine, Manners, SettingLine, Site, Versions};

/// So many connections at most, however many files may be open.
const VISITORS: usize = 1_000;

/// A listener, and what it needs for TLS.
pub(super) type Wire = (TcpListener, Option<rustls::ServerConfig>);

/// What the pages show besides the tree.
pub(super) struct House<'a> {
    pub(super) boot: &'a Boot,
    pub(super) identity: &'a Identity,
    pub(super) people: &'a People,
    pub(super) reader: Reader,
    pub(super) feed: Arc<Feed>,
    pub(super) rehearsals: Rehearsals,
    /// The runtime configuration that is in force, and the version that the process started with.
    pub(super) runtime: (Current, u32),
    /// Where its versions are kept; nothing where they cannot be changed.
    pub(super) vault: Option<Arc<Vault>>,
    /// What is asked at the command line and done by the pages.
    pub(super) papers: Papers,
}

/// Listens where the boot settings say.
///
/// # Errors
/// Where nothing can listen there.
pub(super) fn listen(boot: &Boot) -> Result<TcpListener, Failure> {
    let wanted = boot.web.listen;
    TcpListener::bind(wanted).map_err(|e| {
        let message = format!("web.listen {wanted}: nothing can listen there: {e}. Give another with --listen");
        Failure::bad_input("web_listen", message)
    })
}

/// Whether pages come over TLS, ended here or by a proxy.
pub(super) fn is_secure(boot: &Boot) -> bool {
    boot.web.tls != Tls::Off || boot.web.behind_proxy
}

/// Where a browser finds the pages.
pub(super) fn place(boot: &Boot, listening: SocketAddr) -> String {
    let scheme = if boot.web.tls == Tls::Off { "http" } else { "https" };
    // Any address is no address to go to.
    let shown = match listening.ip() {
        ip if ip.is_unspecified() => format!("localhost:{}", listening.port()),
        _ => listening.to_string(),
    };
    format!("{scheme}://{shown}")
}

/// What the listener needs for TLS; says the fingerprint of a certificate of our own.
///
/// # Errors
/// What is wrong with the certificate or its key.
pub(super) fn tls(boot: &Boot) -> Result<Option<rustls::ServerConfig>, Failure> {
    let found = certified(&boot.web.tls, &boot.folders.keys(), boot.web.listen.ip(), clock::now())
        .map_err(|e| Failure::bad_input(e.code(), e))?;
    Ok(found.map(|found| {
        if boot.web.tls == Tls::Own {
            console::say(&format!("The certificate is the bot's own; its SHA-256 fingerprint: {}", found.fingerprint));
        }
        found.config
    }))
}

/// Serves the pages; where they listen comes back.
///
/// # Errors
/// Where the listener cannot be used.
pub(super) fn serve(house: House<'_>, tree: &Tree, (listener, tls): Wire) -> Result<SocketAddr, Failure> {
    let House { boot, identity, people, reader, feed, rehearsals, runtime: (current, version), vault, papers } = house;
    let listening = listener.local_addr().map_err(|e| Failure::failed("web_listen", e))?;
    let boot_lines = boot.effective().iter().map(|e| SettingLine {
        key: e.key.name.clone(),
        value: e.value.clone().unwrap_or_else(|| "not set".to_owned()),
        origin: e.origin.to_string(),
    });
    let runtime = current.get();
    let own = runtime.values().filter(|_| vault.is_none()).map(|(key, value)| SettingLine {
        key: key.name.clone(),
        value,
        origin: format!("version {version}"),
    });
    let lines: Vec<SettingLine> = boot_lines.chain(own).collect();
    let (registering, folder) = (tree.registering(), boot.folders.logs());
    let site = Site {
        identity: identity.clone(),
        board: tree.board.clone(),
        latencies: tree.latencies(),
        door: tree.door.clone(),
        bookkeeping: tree.bookkeeping(),
        people: people.clone(),
        books: Some(reader),
        clock: Arc::new(clock::now),
        host: host(boot, &current),
        symbols: feed.instruments.iter().map(|i| i.symbol).collect(),
        bars: Some(bars(feed, tree.board.clone())),
        rehearsals,
        versions: vault.map(|vault| -> Arc<dyn Versions> { Arc::new(Sealed { vault, current: current.clone() }) }),
        current,
        settings: Arc::new(move || lines.clone()),
        backups: super::backups::listed(boot),
        reports: super::reports::listed(&boot.folders.output(identity)),
        logs: Arc::new(move || telemetry::recent(&folder)),
        log_names: telemetry::names().collect(),
        registered: Arc::new(move |name| registering(name)),
        manners: Manners {
            secure: is_secure(boot),
            strict_transport: matches!(boot.web.tls, Tls::Files { .. }) || boot.web.behind_proxy,
            proxies: if boot.web.behind_proxy { boot.web.trusted_proxies.clone() } else { Vec::new() },
            visitors: visitors(most_open()),
            modest: || step_back(Behind::Trading),
            ..Manners::default()
        },
    };
    let server = crate::web::serve(listener, site, tls, papers).map_err(|e| Failure::failed("web", e))?;
    actix::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the web server ended");
        }
    });
    Ok(listening)
}

/// How the machine stands, from now on.
fn host(boot: &Boot, current: &Current) -> Host {
    let (data, since, watch) = (boot.folders.data().to_owned(), clock::now(), Stopwatch::start());
    let current = current.clone();
    Arc::new(move || {
        let run = Span::nanos(i64::try_from(watch.elapsed().as_nanos()).unwrap_or(i64::MAX));
        HostLine { free: free_bytes(&data), clock_set: clock::now() - since - run, since, missing: current.missing() }
    })
}

/// How many connections the pages may have: half of the files that may be open, and no more than a crowd needs.
pub(super) fn visitors(files: Option<usize>) -> usize {
    files.map_or(VISITORS, |files| files.div_euclid(2)).clamp(8, VISITORS)
}

/// The session's bars so far, for the charts.
fn bars(feed: Arc<Feed>, board: watch::Receiver<Arc<Board>>) -> Bars {
    let symbols: Vec<Symbol> = feed.instruments.iter().map(|i| i.symbol).collect();
    Arc::new(move |symbol| {
        let board = Arc::clone(&board.borrow());
        let Some(session) = &board.session else { return Vec::new() };
        let place = symbols.iter().position(|s| *s == symbol);
        let Some(tape) = place.and_then(|place| feed.tapes.get(place)) else { return Vec::new() };
        let from = tape.bars.partition_point(|b| b.start < session.open);
        let to = tape.bars.partition_point(|b| b.end() <= board.at);
        tape.bars.get(from..to).map(<[_]>::to_vec).unwrap_or_default()
    })
}
