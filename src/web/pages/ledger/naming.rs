//! What can be chosen from when lots are named for a fill (LEDG-5): those that were open before it, with what of them is free.

use std::collections::BTreeMap;

use desk::domain::decimal::Quantity;
use desk::domain::ids::LotId;
use desk::domain::journal::{AccountCode, Entry, Posting};
use desk::machines::ledger::nameable;
use serde_json::{Value, json};

use crate::render::numbers::{Column, Sign, quantity};
use crate::store::{LotLine, Reading, Scope};
use crate::web::address::in_address;
use crate::web::books::{Asked, Chosen, beyond};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

/// Of each lot that a fill closes how much, without sign, in the order of its postings; nothing where none can be named for it.
fn closed(entry: &Entry) -> Option<(AccountCode, Vec<(LotId, Quantity)>)> {
    nameable(entry).ok()?;
    let d = &entry.draft;
    let sold = d.postings.iter().find(|p| p.account == AccountCode::UNITS_MARKET)?.holding?.units.raw() > 0;
    let account = if sold { AccountCode::LONG_POSITIONS } else { AccountCode::SHORT_POSITIONS };
    let parts = d.postings.iter().filter(|p| p.account == account);
    let part = |p: &Posting| Some((p.tags.lot.clone()?, p.holding?.units.magnitude()));
    Some((account, parts.map(part).collect::<Option<_>>()?))
}

/// Lots and units as the form reads them.
pub(super) fn as_typed(entry: &Entry) -> String {
    let parts = closed(entry).map(|(_, parts)| parts).unwrap_or_default();
    parts.iter().map(|(lot, units)| format!("{lot} {units}")).collect::<Vec<_>>().join(", ")
}

/// The lots to choose from; nothing where none can be named for the entry.
pub(super) async fn offered(shared: &Shared, entry: &Entry) -> Result<Value, Refusal> {
    let Some((account, taken)) = closed(entry) else { return Ok(Value::Null) };
    let commodity = entry.draft.postings.iter().find_map(|p| Some(p.holding?.commodity));
    let Some(chosen) = Chosen::of(shared, &Asked::default()).await? else { return Ok(Value::Null) };
    let then = Scope::up_to(&chosen.book, chosen.days.to, Reading::KnownAt(entry.seq.saturating_sub(1)))?;
    let own = |l: &LotLine| Some(l.commodity) == commodity && l.account == account;
    let mut before = chosen.reader.lots(&chosen.book, &then).await?;
    before.retain(own);
    let now = chosen.reader.lots(&chosen.book, &chosen.scope.through()).await?;
    let left = now.into_iter().filter(own).map(|l| (l.lot, l.units.magnitude()));
    // What later fills took is not free; what this one took is.
    let mut free = BTreeMap::<LotId, Quantity>::new();
    for (lot, units) in taken.iter().cloned().chain(left) {
        let sum = free.entry(lot).or_default();
        *sum = sum.checked_add(units).ok_or_else(beyond)?;
    }
    let costs = Column::of(before.iter().map(|l| l.cost), Sign::Plain);
    let rows = before.iter().map(|l| {
        let closes = taken.iter().find(|(lot, _)| *lot == l.lot).map(|(_, units)| quantity(*units));
        json!({
            "lot": l.lot, "lot_in_address": in_address(l.lot.as_str()), "since": l.since.date.to_string(),
            "units": quantity(l.units), "cost": costs.cell(l.cost), "currency": l.currency,
            "free": quantity(free.get(&l.lot).copied().unwrap_or(Quantity::ZERO)), "closes": closes,
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json!({ "rows": rows, "pad": costs.pad(0), "entry": entry.seq, "description": entry.draft.description }))
}
