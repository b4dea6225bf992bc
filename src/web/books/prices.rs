//! Which prices a statement values with: those of its day's closing record, or, of the day that is open, the last ones that the
//! bot knows. Nothing of this is ever posted (BOOKS.md section 10).

use std::collections::{BTreeMap, BTreeSet};

use desk::domain::chain::Hash;
use desk::domain::decimal::{Price, Quantity};
use desk::domain::ids::LotId;
use desk::domain::symbol::Symbol;
use desk::domain::time::Span;
use desk::machines::ledger::{ListedPrice, PriceList};
use serde_json::{Value, json};

use super::asked::Chosen;
use crate::store::{LotLine, Reading};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::{age, moment};

/// A price list, and what contracts were last settled at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prices {
    pub(crate) list: PriceList,
    /// The hash that the closing record has of it; nothing of prices that are not recorded.
    pub(crate) hash: Option<Hash>,
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
                "hash": prices.hash.map(|h| h.to_string()),
            }),
        }
    }

    /// For a program.
    pub(crate) fn told(&self) -> Value {
        match self {
            Self::Nothing(why) => json!({ "source": null, "at": null, "hash": null, "recorded": false, "why": why }),
            Self::Prices(p) => json!({
                "source": p.list.source, "at": p.list.at, "hash": p.hash.map(|h| h.to_string()),
                "recorded": p.hash.is_some(), "why": null,
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
        return Ok(Listed::Prices(Prices { list, hash: Some(hash), references }));
    }
    let open = shared.board().session.as_ref().is_some_and(|s| s.id == day);
    if !open || matches!(chosen.reading, Reading::KnownAt(_)) {
        return Ok(Listed::Nothing("No price list was recorded for this day. The day's close records one."));
    }
    Ok(Listed::Prices(last_known(shared, lots)))
}

/// The last prices that the bot knows of what is held.
fn last_known(shared: &Shared, lots: &[LotLine]) -> Prices {
    let board = shared.board();
    let line = |(instrument, currency): (Symbol, _)| {
        let bar = shared.site.bars.as_ref().and_then(|bars| bars(instrument).last().copied());
        let bar = bar.map(|b| (b.close, b.start + Span::minutes(1)));
        let position =
            || board.positions.iter().find(|p| p.symbol == instrument).and_then(|p| p.last.zip(board.fed_at));
        let (price, at) = bar.or_else(position).unzip();
        ListedPrice { instrument, currency, multiplier: Quantity::whole(1), price, at }
    };
    let held: BTreeSet<_> = lots.iter().map(|l| (l.commodity, l.currency)).collect();
    let list = PriceList {
        source: format!("last prices of {}", board.feed_name),
        at: board.at,
        prices: held.into_iter().map(line).collect(),
    };
    Prices { list, hash: None, references: BTreeMap::new() }
}
