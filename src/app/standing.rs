//! What stands before a living bot starts: its configuration, its books, what it has recorded.

use std::collections::BTreeSet;

use desk::domain::ids::{CalendarName, Identity};
use desk::domain::symbol::{Currency, Symbol};
use desk::machines::screener::parse_list;
use desk::world::trader::Setup;

use super::feed::Feed;
use crate::cli::Failure;
use crate::cli::run_bot::FirstStart;
use crate::gateway::clock;
use crate::gateway::vault::{Saving, Vault};
use crate::settings::{Boot, Runtime};
use crate::store::{self, Address, NewBook, Reader, Writer, chart};

/// How many rows are read at once when the record is folded.
const PAGE: u32 = 10_000;

/// The newest version of the runtime configuration; the defaults are the first.
pub(super) fn configuration(vault: &Vault, first: &FirstStart) -> Result<(Runtime, u32), Failure> {
    if let Some(version) = vault.newest()? {
        let origin = format!("version {}", version.number);
        return Ok((Runtime::read(&version.document, &origin)?, version.number));
    }
    let mut runtime = Runtime::default();
    if let Some(capital) = first.capital {
        runtime.limits.float = capital;
        runtime.follow_float(&Runtime::default(), |_| false);
        runtime.validate()?;
    }
    let saving = Saving { at: clock::now(), by: "tbot".to_owned(), why: "the defaults, at set-up".to_owned(), over: 0 };
    let number = vault.save(&runtime.document(), saving)?;
    Ok((runtime, number))
}

pub(super) fn setup(identity: &Identity, runtime: &Runtime, feed: &Feed) -> Result<Setup, Failure> {
    let screen = runtime.screener.criteria(listed(&runtime.screener.file)?);
    Ok(Setup {
        identity: identity.clone(),
        epoch: 1,
        limits: runtime.limits,
        strategies: runtime.trading(),
        instruments: feed.instruments.clone(),
        rules: runtime.rules,
        commission: runtime.commission,
        time_to_live: runtime.time_to_live(),
        screen,
        lots: runtime.ledger.lots,
    })
}

/// The symbols of the screener's file, where one is named.
fn listed(path: &str) -> Result<Option<BTreeSet<Symbol>>, Failure> {
    if path.is_empty() {
        return Ok(None);
    }
    let unfit = |why: String| Failure::bad_input("screener_file", format!("screener.file {path}: {why}"));
    let text = std::fs::read_to_string(path).map_err(|e| unfit(format!("it cannot be read: {e}")))?;
    parse_list(&text).map(Some).map_err(|e| unfit(e.to_string()))
}

/// What becomes of books that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// They are made: the bot is being set up.
    Make,
    /// They were there, and are gone.
    Refuse,
}

/// The books. On a server their heads are kept in the data folder.
pub(super) async fn books(boot: &Boot, identity: &Identity, missing: Missing) -> Result<(Reader, Writer), Failure> {
    let address = Address::new(&boot.database(identity));
    if missing == Missing::Make {
        let book = NewBook {
            identity: identity.clone(),
            base_currency: Currency::USD,
            calendar: CalendarName::Xnys,
            chart: chart::default_chart(),
        };
        store::found(&address, &book).await?;
    }
    let (reader, writer) = store::open(&address, identity).await?;
    Ok((reader, writer.keeping_heads_at(boot.own_books(identity))))
}

pub(super) type Bytes = Vec<Vec<u8>>;

/// Every event and entry, as stored.
pub(super) async fn record(reader: &Reader, identity: &Identity) -> Result<(Bytes, Bytes), Failure> {
    let book = reader.book(identity).await?;
    let (mut events, mut entries) = (Vec::new(), Vec::new());
    let count = |list: &Bytes| u64::try_from(list.len()).unwrap_or(u64::MAX);
    loop {
        let page = reader.events(&book, count(&events), PAGE).await?;
        if page.is_empty() {
            break;
        }
        events.extend(page.into_iter().map(|stored| stored.event.bytes));
    }
    loop {
        let page = reader.entries(&book, count(&entries), PAGE).await?;
        if page.is_empty() {
            break;
        }
        for stored in page {
            let bytes = stored.entry.to_bytes();
            entries.push(bytes.map_err(|e| Failure::failed("json", format!("entry {}: {e}", stored.entry.seq)))?);
        }
    }
    Ok((events, entries))
}
