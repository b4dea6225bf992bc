//! `GET /ledger/closes`: the day closes, and the checks of each.

use std::collections::BTreeSet;

use actix_web::web::Data;
use desk::machines::ledger::{CheckLine, EquityLine, ListedPrice};
use serde_json::{Value, json};

use super::Answer;
use crate::render::numbers::{Sign, count, plain};
use crate::store::CloseLine;
use crate::web::books::{Cell, ROWS, Table};
use crate::web::exports::CLOSED;
use crate::web::pages::frame::Frame;
use crate::web::pages::review::open_days;
use crate::web::refusal::Refusal;
use crate::web::review::{Whole, whole};
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

/// How many closes a page shows.
const PAGE: u32 = 60;

/// `GET /ledger/closes`
pub(crate) async fn closes(shared: Data<Shared>, visitor: Visitor) -> Answer {
    let closes = match whole(&shared).await? {
        None => Vec::new(),
        Some(whole) => {
            let mut later = BTreeSet::new();
            let closes = whole.reader.closes(&whole.book, PAGE).await?;
            closes.iter().map(|close| row(close, &whole, !later.insert(close.record.session))).collect()
        }
    };
    let own = json!({ "closes": closes, "open_days": open_days(&shared) });
    Frame::new(&shared, &visitor, "/ledger/closes").page("Day closes", "pages/closes.html", own)
}

fn equity(line: &EquityLine) -> String {
    let EquityLine { currency, equity, unrealised } = line;
    let figure = |money| plain(money, Sign::Plain);
    format!("{} {currency}, of which {} not realised", figure(*equity), figure(*unrealised))
}

/// A close, and what became of it since: a later one of the same day takes its place.
fn row(close: &CloseLine, whole: &Whole, is_replaced: bool) -> Value {
    let r = &close.record;
    let since = match () {
        () if is_replaced => "replaced by a later close of the day",
        () if !whole.books.closed(r.session.date) => "opened again since: the day takes entries",
        () => "",
    };
    let state = whole.of_day(r.session.date).state();
    let check = |c: &CheckLine| json!({ "number": c.check, "what": c.what, "have": c.have, "need": c.need, "difference": c.difference });
    let price = |line: &ListedPrice| {
        json!({
            "instrument": line.instrument.to_string(), "currency": line.currency.to_string(),
            "price": line.price.map(|price| price.to_string()), "at": line.at.map(moment),
        })
    };
    let prices = r.prices.as_ref().map(|list| {
        json!({
            "source": list.source, "lines": list.prices.iter().map(price).collect::<Vec<_>>(),
            "hash": r.prices_hash.map(|hash| hash.to_string()),
        })
    });
    json!({
        "prices": prices, "equity": r.equity.iter().map(equity).collect::<Vec<_>>(),
        "seq": close.seq, "day": r.session.date.to_string(), "n": r.n, "since": since, "at": moment(r.closed_at), "by": r.closed_by,
        "entries": count(r.entries), "postings": count(r.postings), "first": r.first_seq, "last": r.last_seq,
        "checks": r.checks.iter().map(check).collect::<Vec<_>>(), "hash": close.hash.to_string(),
        "program": r.program, "state": state.as_str(), "review": state.review().as_str(),
    })
}

/// All closes as a table, a row for each check, price and equity.
pub(super) async fn table(shared: &Shared) -> Result<Table, Refusal> {
    const COLUMNS: &[&str] = &[
        "day",
        "n",
        "entry",
        "closed_at",
        "closed_by",
        "state",
        "review",
        "entries",
        "postings",
        "first",
        "last",
        "record",
        "price_list",
        "program",
        "part",
        "check",
        "what",
        "books",
        "needed",
        "difference",
        "currency",
        "at",
    ];
    let whole = whole(shared).await?.ok_or_else(|| Refusal::Conflict(CLOSED.to_owned()))?;
    let closes = whole.reader.closes(&whole.book, ROWS).await?;
    let rows = closes.iter().flat_map(|close| {
        let own = own_cells(close, &whole);
        parts(close).map(move |part| own.iter().cloned().chain(part).collect())
    });
    Ok(Table::new(COLUMNS, rows))
}

/// What stands in each row of a close.
fn own_cells(close: &CloseLine, whole: &Whole) -> Vec<Cell> {
    let (r, state) = (&close.record, whole.of_day(close.record.session.date).state());
    let mut cells = vec![Cell::plain(r.session.date), Cell::Number(r.n.into()), Cell::Number(close.seq)];
    cells.extend([Cell::plain(r.closed_at), Cell::text(&r.closed_by), Cell::plain(state.as_str())]);
    cells.extend([Cell::plain(state.review().as_str()), Cell::Number(r.entries), Cell::Number(r.postings)]);
    cells.extend([Cell::Number(r.first_seq), Cell::Number(r.last_seq), Cell::plain(close.hash)]);
    cells.extend([Cell::maybe(r.prices_hash), Cell::text(&r.program)]);
    cells
}

/// Checks, then prices, then equity.
fn parts(close: &CloseLine) -> impl Iterator<Item = [Cell; 8]> + '_ {
    use Cell::Nothing;
    let r = &close.record;
    let checks = r.checks.iter().map(|c| {
        let [have, need, difference] = [&c.have, &c.need, &c.difference].map(Cell::text);
        let number = Cell::Number(c.check.into());
        [Cell::plain("check"), number, Cell::text(&c.what), have, need, difference, Nothing, Nothing]
    });
    let prices = r.prices.iter().flat_map(|list| &list.prices).map(|p| {
        let (what, price) = (Cell::text(p.instrument), Cell::maybe(p.price));
        [Cell::plain("price"), Nothing, what, price, Nothing, Nothing, Cell::plain(p.currency), Cell::maybe(p.at)]
    });
    let equity = r.equity.iter().flat_map(|e| {
        let figure = |what: &str, amount| {
            let (what, amount) = (Cell::text(what), Cell::money(amount));
            [Cell::plain("equity"), Nothing, what, amount, Nothing, Nothing, Cell::plain(e.currency), Nothing]
        };
        [figure("equity at market", e.equity), figure("not realised", e.unrealised)]
    });
    checks.chain(prices).chain(equity)
}
