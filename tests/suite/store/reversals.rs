//! LEDG-4a: a reversal undoes its entry posting by posting; one that does not is found, though it balances and its chain is whole.

use desk::domain::decimal::{Money, Quantity};
use desk::domain::journal::{AccountCode, Entry, EntryKind, Holding, Posting};
use tbot::store::{self, Batch, Check, Finding};

use super::sample;
use crate::places::Place;

type Change = fn(&mut Entry);

/// The reversal of entry 3 of five, changed as somebody would who makes the chain anew afterwards.
async fn verified(name: &str, change: impl Fn(&mut Entry)) -> Vec<Option<Finding>> {
    let mut findings = Vec::new();
    for place in Place::each(name).await {
        let mut entries = sample::trades(5);
        let undone = entries[2].clone();
        let negated = |p: &Posting| Posting {
            amount: Money::from_raw(-p.amount.raw()),
            holding: p.holding.map(|h| Holding { units: Quantity::from_raw(-h.units.raw()), ..h }),
            ..p.clone()
        };
        let postings = undone.draft.postings.iter().map(negated).collect();
        let mut undoing = sample::entry(6, EntryKind::Reversal, undone.entry_id.as_str(), 2, postings);
        undoing.draft.reverses = Some(3);
        change(&mut undoing);
        entries.push(undoing);
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (_, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        writer.append(&Batch { entries: &entries, ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
        findings.push(store::verify(&place.address, &Check::default()).await.unwrap().finding);
    }
    findings
}

#[tokio::test]
async fn ledg_4a_a_reversal_that_undoes_something_else_is_found() {
    assert!(verified("undone", |_| ()).await.iter().all(Option::is_none));
    let settles = |e: &mut Entry| e.draft.postings[2].tags.item = Some("2026-06-05".parse().unwrap());
    assert!(verified("undone_due", settles).await.iter().all(Option::is_none), "unsettled cash falls due anew");
    let changes: [(&str, Change, &str, Option<u32>); 7] = [
        (
            "amount",
            |e| {
                let p = &mut e.draft.postings;
                p[2].amount = Money::from_raw(p[2].amount.raw() - 5);
                p[3].amount = Money::from_raw(p[3].amount.raw() + 5);
            },
            "amount",
            Some(3),
        ),
        (
            "units",
            |e| {
                for (line, by) in [(0, 1), (1, -1)] {
                    let h = e.draft.postings[line].holding.as_mut().unwrap();
                    h.units = Quantity::from_raw(h.units.raw() + by);
                }
            },
            "units",
            Some(1),
        ),
        ("lot", |e| e.draft.postings[0].tags.lot = Some("SYM9-other".parse().unwrap()), "lot", Some(1)),
        ("fill", |e| e.draft.postings[4].tags.fill = None, "fill", Some(5)),
        ("account", |e| e.draft.postings[4].account = AccountCode::TAF, "account", Some(5)),
        (
            "lines",
            |e| {
                let fee = e.draft.postings.pop().unwrap();
                let p = &mut e.draft.postings[2];
                p.amount = Money::from_raw(p.amount.raw() + fee.amount.raw());
            },
            "postings",
            None,
        ),
        ("other", |e| e.draft.reverses = Some(4), "amount", Some(1)),
    ];
    for (name, change, column, line) in changes {
        for found in verified(&format!("undone_{name}"), change).await {
            let found = found.unwrap_or_else(|| panic!("not found: {name}"));
            assert_eq!((found.seq, found.line, found.column.as_str()), (Some(6), line, column), "{name}: {found}");
        }
    }
}
