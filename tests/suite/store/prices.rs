//! The price list of a closing record, as the verifier reads it.

use desk::domain::chain::Hash;
use tbot::store::{self, Batch, Check, Closing};

use super::closes::closed_days;
use super::sample;
use crate::places::Place;

/// LEDG-6, LEDG-12: the price list of a record is held against its hash, whoever made the record's own hash anew.
#[tokio::test]
async fn ledg_6_a_listed_price_that_was_changed_is_found() {
    let cases = [("50.92", "50.93", "prices_hash"), ("\"v\":2", "\"v\":1", "bytes"), ("\"v\":2", "\"v\":3", "bytes")];
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
