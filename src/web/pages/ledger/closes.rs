//! `GET /ledger/closes`: the day closes, and the checks of each.

use actix_web::web::Data;
use desk::machines::ledger::{CheckLine, EquityLine, ListedPrice};
use serde_json::{Value, json};

use super::Answer;
use crate::render::numbers::{Sign, count, plain};
use crate::store::CloseLine;
use crate::web::pages::frame::Frame;
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
        Some(whole) => whole.reader.closes(&whole.book, PAGE).await?.iter().map(|c| row(c, &whole)).collect(),
    };
    Frame::new(&shared, &visitor, "/ledger/closes").page("Day closes", "pages/closes.html", json!({ "closes": closes }))
}

fn equity(line: &EquityLine) -> String {
    let EquityLine { currency, equity, unrealised } = line;
    let figure = |money| plain(money, Sign::Plain);
    format!("{} {currency}, of which {} not realised", figure(*equity), figure(*unrealised))
}

fn row(close: &CloseLine, whole: &Whole) -> Value {
    let r = &close.record;
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
        "seq": close.seq, "day": r.session.date.to_string(), "n": r.n, "at": moment(r.closed_at), "by": r.closed_by,
        "entries": count(r.entries), "postings": count(r.postings), "first": r.first_seq, "last": r.last_seq,
        "checks": r.checks.iter().map(check).collect::<Vec<_>>(), "hash": close.hash.to_string(),
        "program": r.program, "state": state.as_str(), "review": state.review().as_str(),
    })
}
