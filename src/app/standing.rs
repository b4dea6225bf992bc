//! What stands before a living bot starts: its configuration, its books, what it has recorded.

use desk::domain::ids::{CalendarName, Identity};
use desk::domain::symbol::Currency;
use desk::strategies::Parameters;
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

/// A version of the runtime configuration.
pub(super) struct Configuration {
    pub(super) runtime: Runtime,
    pub(super) version: u32,
    /// Who saved it.
    pub(super) by: String,
}

/// The newest version of the runtime configuration; the defaults are the first.
pub(super) fn configuration(vault: &Vault, first: &FirstStart) -> Result<Configuration, Failure> {
    if let Some(newest) = vault.newest()? {
        let version = newest.number;
        let runtime = Runtime::read(&newest.document, &format!("version {version}"))?;
        return Ok(Configuration { runtime, version, by: newest.by });
    }
    let mut runtime = Runtime::default();
    if let Some(capital) = first.capital {
        runtime.limits.float = capital;
        runtime.follow_float(&Runtime::default(), |_| false);
        runtime.validate()?;
    }
    let by = "tbot".to_owned();
    let saving = Saving { at: clock::now(), by: by.clone(), why: "the defaults, at set-up".to_owned(), over: 0 };
    let version = vault.save(&runtime.document(), saving)?;
    Ok(Configuration { runtime, version, by })
}

/// How every bot is set up: with all strategies as they are by default. What else is chosen is an event of its record, so that
/// a restart folds the past by what held then (decision 0022).
pub(super) fn setup(identity: &Identity, runtime: &Runtime, feed: &Feed) -> Setup {
    Setup {
        identity: identity.clone(),
        epoch: 1,
        limits: runtime.limits,
        strategies: runtime.strategies.iter().map(|s| (s.name, Parameters::of(s.name))).collect(),
        instruments: feed.instruments.clone(),
        rules: runtime.rules,
        commission: runtime.commission,
        time_to_live: runtime.time_to_live(),
        screen: None,
        lots: runtime.ledger.lots,
    }
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
