//! Which prices a statement values with: those of its day's closing record, or, of the day that is open, the last ones that the
//! bot knows. Nothing of this is ever posted (BOOKS.md section 10).

use std::collections::{BTreeMap, BTreeSet};

use desk::domain::chain::Hash;
use desk::domain::decimal::{Price, Quantity};
use desk::domain::ids::{LotId, SessionId};
use desk::domain::journal::{AccountCode, Entry, EntryKind, Fact};
use desk::domain::symbol::Symbol;
use desk::domain::time::Span;
use desk::machines::ledger::{ListedPrice, PriceList};
use serde_json::{Value, json};

use super::asked::Chosen;
use crate::store::{Book, LotLine, Reader, Reading, Sought};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::{age, moment};

/// So many unlocks are looked at; no day is opened again that often.
const UNLOCKS: u32 = 500;
/// So many closes are looked through for the multiplier of a contract that the last one does not list: more than a year's.
const CLOSES: u32 = 400;
/// So many entries that moved a lot are looked at for the one that opened it.
const MOVES: u32 = 10_000;

/// A price list, and what contracts were last settled at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prices {
    pub(crate) list: PriceList,
    /// The hash that the closing record has of it; nothing of prices that are not recorded.
    pub(crate) hash: Option<Hash>,
    /// Whether the day was opened again after the close that recorded them.
    pub(crate) reopened: bool,
    pub(crate) references: BTreeMap<LotId, Price>,
}

/// Prices, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    Prices(Prices),
    Nothing(&'static str),
}

impl Listed {
    pub(crate) const fn prices(&self) -> Option<&Prices> {
        match self {
            Self::Prices(prices) => Some(prices),
            Self::Nothing(_) => None,
        }
    }

    /// For a page: source, time, age and hash, or why there are none.
    pub(crate) fn shown(&self, shared: &Shared) -> Value {
        match self {
            Self::Nothing(why) => json!({ "none": why }),
            Self::Prices(prices) => json!({
                "source": prices.list.source, "at": moment(prices.list.at), "age": old(prices, shared),
                "hash": prices.hash.map(|h| h.to_string()), "reopened": prices.reopened,
            }),
        }
    }

    /// For a program.
    pub(crate) fn told(&self) -> Value {
        match self {
            Self::Nothing(why) => {
                json!({ "source": null, "at": null, "hash": null, "recorded": false, "reopened": false, "why": why })
            }
            Self::Prices(p) => json!({
                "source": p.list.source, "at": p.list.at, "hash": p.hash.map(|h| h.to_string()),
                "recorded": p.hash.is_some(), "reopened": p.reopened, "why": null,
            }),
        }
    }
}

/// How old a list is: minutes of today, otherwise days.
fn old(prices: &Prices, shared: &Shared) -> String {
    const DAY: i64 = 24 * 60;
    let now = shared.now();
    match (now - prices.list.at).as_minutes().div_euclid(DAY) {
        ..=0 => age(prices.list.at, now),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The prices of the chosen days' last one.
pub(super) async fn prices(shared: &Shared, chosen: &Chosen, lots: &[LotLine]) -> Result<Listed, Refusal> {
    let up_to = match chosen.reading {
        Reading::KnownAt(seq) => seq,
        Reading::BySession | Reading::Effective => u64::MAX,
    };
    let (reader, book, day) = (&chosen.reader, &chosen.book, chosen.days.to);
    if let Some(close) = reader.close_of(book, day, up_to).await? {
        let Some((list, hash)) = close.record.prices.zip(close.record.prices_hash) else {
            return Ok(Listed::Nothing("No price list was recorded for this day."));
        };
        let references = reader.references(book, close.seq).await?;
        let reopened = reopened(reader, book, (day, close.seq), up_to).await?;
        return Ok(Listed::Prices(Prices { list, hash: Some(hash), reopened, references }));
    }
    let open = shared.board().session.as_ref().is_some_and(|s| s.id == day);
    if matches!(chosen.reading, Reading::KnownAt(_)) {
        return Ok(Listed::Nothing(
            "No price list had been recorded for this day by then. The day's close records one.",
        ));
    }
    if !open {
        return Ok(Listed::Nothing("No price list was recorded for this day. The day's close records one."));
    }
    let contracts = contracts(reader, book, lots).await?;
    Ok(Listed::Prices(last_known(shared, lots, contracts)))
}

/// Whether a day was opened again after its close, as far as was known; an unlock opens every later day too.
async fn reopened(reader: &Reader, book: &Book, close: (SessionId, u64), up_to: u64) -> Result<bool, Refusal> {
    let (day, seq) = close;
    let unlocks = Sought { kind: Some(EntryKind::Unlock), before: up_to.checked_add(1), ..Sought::default() };
    let unlocks = reader.sought(book, &unlocks, UNLOCKS).await?;
    Ok(unlocks.iter().map(|s| &s.entry).any(|e| e.seq > seq && e.draft.session <= day))
}

/// What contracts that are held were last settled at, and their multipliers as far as a close has listed them.
#[derive(Default)]
struct Contracts {
    references: BTreeMap<LotId, Price>,
    multipliers: BTreeMap<Symbol, Quantity>,
}

/// Of a day that is open: a lot was settled last by the variation of its instrument, or opened at its price after that.
async fn contracts(reader: &Reader, book: &Book, lots: &[LotLine]) -> Result<Contracts, Refusal> {
    let mut all = Contracts::default();
    let price = |e: &Entry| e.draft.facts.get("price").and_then(Fact::as_str).and_then(|price| price.parse().ok());
    for line in lots.iter().filter(|line| line.account == AccountCode::FUTURES) {
        let of = Sought { instrument: Some(line.commodity), ..Sought::default() };
        let settled = Sought { kind: Some(EntryKind::Variation), ..of.clone() };
        let settled = reader.sought(book, &settled, 1).await?.pop();
        let opened = reader.sought(book, &Sought { lot: Some(line.lot.clone()), ..of }, MOVES).await?.pop();
        let last = settled.into_iter().chain(opened).map(|s| s.entry).max_by_key(|e| e.seq);
        all.references.extend(last.and_then(|e| Some((line.lot.clone(), price(&e)?))));
    }
    let held = || lots.iter().filter(|line| line.account == AccountCode::FUTURES).map(|line| line.commodity);
    // Mostly the last close lists what is held.
    for limit in [1, CLOSES] {
        if !held().all(|contract| all.multipliers.contains_key(&contract)) {
            let closes = reader.closes(book, limit).await?;
            all.multipliers = multipliers(closes.into_iter().filter_map(|close| close.record.prices));
        }
    }
    Ok(all)
}

/// The multiplier of each instrument in the newest list that has a price of it: one without may have listed what it did not know.
fn multipliers(newest_first: impl Iterator<Item = PriceList>) -> BTreeMap<Symbol, Quantity> {
    let mut known = BTreeMap::new();
    for line in newest_first.flat_map(|list| list.prices).filter(|line| line.price.is_some()) {
        known.entry(line.instrument).or_insert(line.multiplier);
    }
    known
}

/// The last prices that the bot knows of what is held. A contract whose multiplier nobody has recorded yet has none.
fn last_known(shared: &Shared, lots: &[LotLine], contracts: Contracts) -> Prices {
    let board = shared.board();
    let line = |(instrument, currency, contract): (Symbol, _, bool)| {
        let bar = shared.site.bars.as_ref().and_then(|bars| bars(instrument).last().copied());
        let bar = bar.map(|b| (b.close, b.start + Span::minutes(1)));
        let position =
            || board.positions.iter().find(|p| p.symbol == instrument).and_then(|p| p.last.zip(board.fed_at));
        let one = Quantity::whole(1);
        let multiplier = if contract { contracts.multipliers.get(&instrument).copied() } else { Some(one) };
        let (price, at) = bar.or_else(position).filter(|_| multiplier.is_some()).unzip();
        ListedPrice { instrument, currency, multiplier: multiplier.unwrap_or(one), price, at }
    };
    let held: BTreeSet<_> = lots.iter().map(|l| (l.commodity, l.currency, l.account == AccountCode::FUTURES)).collect();
    let list = PriceList {
        source: format!("the feed ({})", board.feed_name),
        at: board.at,
        prices: held.into_iter().map(line).collect(),
    };
    Prices { list, hash: None, reopened: false, references: contracts.references }
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::domain::symbol::Currency;
    use desk::domain::time::Timestamp;

    fn line(symbol: &str, multiplier: i64) -> ListedPrice {
        let (instrument, multiplier) = (symbol.parse().unwrap(), Quantity::whole(multiplier));
        ListedPrice { instrument, currency: Currency::USD, multiplier, price: Some("7".parse().unwrap()), at: None }
    }

    /// BOOKS.md section 10: a contract that was bought again, and that the last close does not list, has the multiplier that was last
    /// recorded of it.
    #[test]
    fn a_contract_has_the_multiplier_that_was_last_recorded() {
        let list = |lines: &[(&str, i64)]| PriceList {
            source: PriceList::BARS.to_owned(),
            at: Timestamp::default(),
            prices: lines.iter().map(|(symbol, multiplier)| line(symbol, *multiplier)).collect(),
        };
        let mut unknown = list(&[("MNQU6", 1)]);
        unknown.prices[0].price = None;
        let closes = [unknown, list(&[("ACME", 1)]), list(&[("MESU6", 5)]), list(&[("MESU6", 50), ("MNQU6", 2)])];
        let known = multipliers(closes.into_iter());
        let of = |symbol: &str| known.get(&symbol.parse().unwrap()).copied();
        assert_eq!(["ACME", "MESU6", "MNQU6"].map(of), [1, 5, 2].map(|n| Some(Quantity::whole(n))));
        assert_eq!(of("MYMU6"), None, "nobody has recorded it yet");
    }
}
