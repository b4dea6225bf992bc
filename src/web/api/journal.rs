//! The journal for programs: entries by day, kind, instrument, lot and text, the newest first (LEDG-6).

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use desk::domain::journal::Posting;
use serde_json::{Value, json};

use crate::store::StoredEntry;
use crate::web::pages::ledger::{Asked, book, found};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

/// Entries at once.
const ROWS: u32 = 200;

/// `GET /api/v1/ledger/journal`
pub(crate) async fn entries(shared: Data<Shared>, asked: Query<Asked>) -> Result<HttpResponse, Refusal> {
    let Some((reader, book)) = book(&shared).await? else {
        return Err(Refusal::Missing("The books are not open yet.".to_owned()));
    };
    let shown = found(&shared, &reader, &book, &asked, ROWS).await?;
    let search = shown.search.as_ref().map(|found| {
        json!({
            "found": found.count, "looked": found.looked, "stopped": found.stopped.as_ref().map(|e| e.entry.seq),
        })
    });
    let rows: Vec<Value> = shown.entries.iter().map(row).collect();
    Ok(HttpResponse::Ok().json(json!({ "rows": rows, "search": search, "next": shown.older })))
}

fn row(stored: &StoredEntry) -> Value {
    let (e, d) = (&stored.entry, &stored.entry.draft);
    let postings: Vec<Value> = d.postings.iter().map(posting).collect();
    json!({
        "seq": e.seq, "entry_id": e.entry_id, "kind": d.kind.as_str(), "source_key": d.source_key, "session": d.session,
        "effective_at": d.effective_at, "booked_at": e.booked_at, "reverses": d.reverses, "corrects": d.corrects,
        "description": d.description, "reason": d.reason, "by": d.by, "facts": d.facts, "postings": postings,
        "hash": stored.hash.to_string(),
    })
}

fn posting(p: &Posting) -> Value {
    json!({
        "account": p.account, "currency": p.currency, "amount": p.amount,
        "commodity": p.holding.map(|h| h.commodity), "units": p.holding.map(|h| h.units), "lot": p.tags.lot,
        "strategy": p.tags.strategy, "instrument": p.tags.instrument, "fill": p.tags.fill,
        "fee_kind": p.tags.fee_kind, "item": p.tags.item,
    })
}
