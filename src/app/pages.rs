//! The pages of a living bot, on their listener.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use desk::domain::ids::Identity;
use desk::domain::symbol::Symbol;
use tokio::sync::watch;

use super::feed::Feed;
use crate::actors::tree::Tree;
use crate::cli::Failure;
use crate::gateway::clock;
use crate::messages::board::Board;
use crate::messages::rehearsal::Rehearsals;
use crate::settings::{Boot, Runtime};
use crate::store::Reader;
use crate::store::people::People;
use crate::web::{Bars, Manners, SettingLine, Site};

/// Serves the pages; where they listen comes back.
pub(super) fn serve(
    boot: &Boot,
    identity: &Identity,
    tree: &Tree,
    people: &People,
    reader: Reader,
    (feed, rehearsals, runtime, version): (Arc<Feed>, Rehearsals, &Runtime, u32),
) -> Result<SocketAddr, Failure> {
    let wanted = boot.web.listen;
    let unable = |e| Failure::bad_input("web_listen", format!("web.listen {wanted}: nothing can listen there: {e}"));
    let listener = TcpListener::bind(wanted).map_err(unable)?;
    let listening = listener.local_addr().map_err(unable)?;
    let boot_lines = boot.effective().iter().map(|e| SettingLine {
        key: e.key.name.clone(),
        value: e.value.clone().unwrap_or_else(|| "not set".to_owned()),
        origin: e.origin.to_string(),
    });
    let own = runtime.values().map(|(key, value)| SettingLine {
        key: key.name.clone(),
        value,
        origin: format!("version {version}"),
    });
    let lines: Vec<SettingLine> = boot_lines.chain(own).collect();
    let registering = tree.registering();
    let site = Site {
        identity: identity.clone(),
        board: tree.board.clone(),
        door: tree.door.clone(),
        people: people.clone(),
        books: Some(reader),
        clock: Arc::new(clock::now),
        bars: Some(bars(feed, tree.board.clone())),
        rehearsals,
        settings: Arc::new(move || lines.clone()),
        registered: Arc::new(move |name| registering(name)),
        manners: Manners { secure: !listening.ip().is_loopback(), ..Manners::default() },
    };
    let server = crate::web::serve(listener, site).map_err(|e| Failure::failed("web", e))?;
    actix::spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(%error, "the web server ended");
        }
    });
    Ok(listening)
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
