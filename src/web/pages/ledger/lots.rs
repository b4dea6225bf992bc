//! `GET /ledger/lots`: what is held after a day, lot by lot, and what was realised in some days.

use actix_web::web::{Data, Query};
use desk::domain::decimal::Money;
use serde_json::{Value, json};

use super::days::{Asked, Chosen};
use super::{Answer, book};
use crate::render::numbers::{Column, Sign, quantity};
use crate::store::{GainLine, LotLine};
use crate::web::address::in_address;
use crate::web::pages::frame::Frame;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// How many closed parts a page shows.
const PAGE: u32 = 500;

/// `GET /ledger/lots`
pub(crate) async fn lots(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let mut own = json!({});
    if let Some((reader, book)) = book(&shared).await?
        && let Some(chosen) = Chosen::of(&reader, &book, &asked).await?
    {
        let lots = reader.lots(&book, chosen.days.to).await?;
        let gains = reader.gains(&book, chosen.days, PAGE).await?;
        own = json!({ "days": chosen.shown(), "lots": open(&lots), "gains": realised(&gains), "limit": PAGE });
    }
    Frame::new(&shared, &visitor, "/ledger/lots").page("Positions and lots", "pages/lots.html", own)
}

fn open(lots: &[LotLine]) -> Value {
    let column = Column::of(lots.iter().map(|l| l.cost), Sign::Plain);
    let row = |l: &LotLine| {
        json!({
            "of": l.commodity, "lot": l.lot, "lot_in_address": in_address(l.lot.as_str()), "strategy": l.strategy, "units": quantity(l.units), "since": l.since.date.to_string(),
            "cost": column.cell(l.cost), "currency": l.currency, "account": l.account.code(),
        })
    };
    json!({ "rows": lots.iter().map(row).collect::<Vec<_>>(), "pad": column.pad(0) })
}

fn realised(gains: &[GainLine]) -> Value {
    let costs = Column::of(gains.iter().map(GainLine::basis), Sign::Plain);
    let given = Column::of(gains.iter().map(GainLine::proceeds), Sign::Plain);
    let column = Column::of(gains.iter().map(|g| g.gain), Sign::Result);
    let row = |g: &GainLine| {
        json!({
            "seq": g.seq, "day": g.session.date.to_string(), "of": g.commodity, "lot": g.lot, "currency": g.currency,
            "units": quantity(g.units), "cost": costs.cell(g.basis()), "proceeds": given.cell(g.proceeds()),
            "gain": column.cell(g.gain), "long": g.long_term,
        })
    };
    let total = gains.iter().fold(Money::ZERO, |sum, g| sum.checked_add(g.gain).unwrap_or(sum));
    let one = gains.iter().all(|g| Some(g.currency) == gains.first().map(|f| f.currency));
    json!({
        "rows": gains.iter().map(row).collect::<Vec<_>>(), "pad": column.pad(0), "cost_pad": costs.pad(0),
        "proceeds_pad": given.pad(0), "total": one.then(|| column.cell(total)),
    })
}
