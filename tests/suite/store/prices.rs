//! The price list of a closing record, as the verifier reads it.

use desk::domain::chain::Hash;
use desk::domain::decimal::Quantity;
use desk::domain::ids::SessionId;
use desk::domain::journal::Entry;
use desk::domain::symbol::Currency;
use desk::machines::ledger::record::hash_of;
use desk::machines::ledger::{Books, ListedPrice, PriceList};
use serde_json::json;
use tbot::store::{self, Batch, Check, Closing};

use super::sample;
use super::tampering::closed_days;
use crate::places::Place;

/// What the verifier of a store reads of a record that comes after these entries.
pub(super) fn record(entries: &[Entry], session: SessionId, n: u32) -> Vec<u8> {
    let (mut own, at) = (Books::new(sample::identity()), entries[0].booked_at);
    let covered = entries.iter().filter(|e| e.draft.session <= session && !e.draft.postings.is_empty());
    covered.for_each(|entry| own.apply(entry));
    let last_hash = entries.iter().fold(Hash::GENESIS, |hash, e| hash.link(&e.to_bytes().unwrap()));
    let line = ListedPrice {
        instrument: "ACME".parse().unwrap(),
        currency: Currency::USD,
        multiplier: Quantity::whole(1),
        price: Some("50.92".parse().unwrap()),
        at: Some(at),
    };
    let prices = PriceList { source: PriceList::BARS.to_owned(), at, prices: vec![line] };
    let prices_hash = hash_of(&prices).unwrap();
    let record = json!({
        "v": 2, "session": session, "n": n, "last_hash": last_hash, "prices": prices, "prices_hash": prices_hash,
        "closing_balances": hash_of(&own.closing_balances()).unwrap(), "closing_lots": hash_of(&own.closing_lots()).unwrap(),
    });
    record.to_string().into_bytes()
}

/// LEDG-6, LEDG-12: the price list of a record is held against its hash, whoever made the record's own hash anew.
#[tokio::test]
async fn ledg_6_a_listed_price_that_was_changed_is_found() {
    let cases = [("50.92", "50.93", "prices_hash"), ("\"v\":2", "\"v\":1", "prices_hash"), ("\"v\":2", "\"v\":3", "v")];
    for (n, (from, to, column)) in cases.into_iter().enumerate() {
        let (mut entries, mut closings) = closed_days();
        let changed = String::from_utf8(closings[0].record.clone()).unwrap().replacen(from, to, 1).into_bytes();
        let entry = &mut entries[usize::try_from(closings[0].seq).unwrap() - 1];
        entry.draft.facts.insert(Closing::FACT.into(), Hash::of(&changed).to_string().into());
        closings[0].record = changed;
        for place in Place::each(&format!("priced{n}")).await {
            store::create(&place.address, &sample::new_book()).await.unwrap();
            let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
            writer.append(&Batch { entries: &entries, closings: &closings, events: &[] }).await.unwrap();
            writer.close().await.unwrap();
            let found = store::verify(&place.address, &Check::default()).await.unwrap().finding.unwrap();
            assert_eq!((found.table, found.seq, found.column.as_str()), ("closing_record", Some(5), column));
        }
    }
}
