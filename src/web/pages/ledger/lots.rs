//! `GET /ledger/lots`: what is held after a day, at cost and at market, position by position and lot by lot; and what was
//! realised in some days.

use actix_web::web::{Data, Query};
use desk::domain::decimal::Money;
use serde_json::{Value, json};

use super::Answer;
use crate::render::numbers::{Column, Sign, count, price, quantity};
use crate::web::address::in_address;
use crate::web::books::gains::{Realised, gains, total};
use crate::web::books::holdings::{Holdings, Worth, holdings};
use crate::web::books::{Asked, Chosen};
use crate::web::pages::frame::Frame;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

/// How many closed parts a page shows.
const PAGE: u32 = 500;

/// `GET /ledger/lots`
pub(crate) async fn lots(shared: Data<Shared>, visitor: Visitor, asked: Query<Asked>) -> Answer {
    let mut own = json!({});
    if let Some(chosen) = Chosen::of(&shared, &asked).await? {
        let held = holdings(&shared, &chosen).await?;
        let gains = gains(&chosen, PAGE).await?;
        own = json!({
            "days": chosen.shown(), "positions": positions(&held), "lots": open(&held), "gains": realised(&gains)?,
            "prices": held.listed.shown(&shared), "limit": PAGE,
        });
    }
    Frame::new(&shared, &visitor, "/ledger/lots").page("Positions and lots", "pages/lots.html", own)
}

/// The columns of cost, value and result of a table.
struct Columns {
    cost: Column,
    value: Column,
    gain: Column,
}

impl Columns {
    fn of(costs: impl Iterator<Item = Money>, worths: impl Iterator<Item = (Money, Money)> + Clone) -> Self {
        Self {
            cost: Column::of(costs, Sign::Plain),
            value: Column::of(worths.clone().map(|(value, _)| value), Sign::Plain),
            gain: Column::of(worths.map(|(_, gain)| gain), Sign::Result),
        }
    }

    fn worth(&self, worth: Option<Worth>) -> Value {
        worth.map_or(Value::Null, |w| {
            json!({
                "price": price(w.price), "at": w.at.map(moment), "value": self.value.cell(w.value),
                "gain": self.gain.cell(w.gain),
            })
        })
    }

    fn pads(&self) -> Value {
        json!({ "cost": self.cost.pad(0), "value": self.value.pad(0), "gain": self.gain.pad(0) })
    }
}

fn positions(held: &Holdings) -> Value {
    let costs = held.positions.iter().map(|p| p.cost).chain(held.totals.iter().map(|t| t.cost));
    let totals = held.totals.iter().map(|t| (t.value, t.gain));
    let columns = Columns::of(costs, held.positions.iter().filter_map(|p| p.worth).map(sides).chain(totals));
    let rows = held.positions.iter().map(|p| {
        json!({
            "of": p.commodity, "account": p.account.code(), "units": quantity(p.units), "currency": p.currency,
            "cost": columns.cost.cell(p.cost), "worth": columns.worth(p.worth),
        })
    });
    let totals = held.totals.iter().map(|t| {
        json!({
            "currency": t.currency, "cost": columns.cost.cell(t.cost), "value": columns.value.cell(t.value),
            "gain": columns.gain.cell(t.gain), "without": (t.without > 0).then(|| count(t.without)),
        })
    });
    json!({ "rows": rows.collect::<Vec<_>>(), "totals": totals.collect::<Vec<_>>(), "pad": columns.pads() })
}

const fn sides(worth: Worth) -> (Money, Money) {
    (worth.value, worth.gain)
}

fn open(held: &Holdings) -> Value {
    let worths = held.lots.iter().filter_map(|l| l.worth).map(sides);
    let columns = Columns::of(held.lots.iter().map(|l| l.line.cost), worths);
    let rows = held.lots.iter().map(|lot| {
        let l = &lot.line;
        json!({
            "of": l.commodity, "lot": l.lot, "lot_in_address": in_address(l.lot.as_str()), "strategy": l.strategy,
            "units": quantity(l.units), "since": l.since.date.to_string(),
            "cost": columns.cost.cell(l.cost), "currency": l.currency, "account": l.account.code(),
            "worth": columns.worth(lot.worth),
        })
    });
    json!({ "rows": rows.collect::<Vec<_>>(), "pad": columns.pads() })
}

fn realised(gains: &[Realised]) -> Result<Value, Refusal> {
    let costs = Column::of(gains.iter().map(|g| g.cost), Sign::Plain);
    let given = Column::of(gains.iter().map(|g| g.proceeds), Sign::Plain);
    let total = total(gains)?;
    let column = Column::of(gains.iter().map(|g| g.line.gain).chain(total), Sign::Result);
    let row = |g: &Realised| {
        let l = &g.line;
        json!({
            "seq": l.seq, "day": l.session.date.to_string(), "of": l.commodity, "lot": l.lot, "currency": l.currency,
            "units": quantity(l.units), "cost": costs.cell(g.cost), "proceeds": given.cell(g.proceeds),
            "gain": column.cell(l.gain), "long": l.long_term,
        })
    };
    Ok(json!({
        "rows": gains.iter().map(row).collect::<Vec<_>>(), "pad": column.pad(0), "cost_pad": costs.pad(0),
        "proceeds_pad": given.pad(0), "total": total.map(|total| column.cell(total)),
    }))
}
