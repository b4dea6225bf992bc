//! What accountants ask of the journal, summed again from its entries, the same on both engines (LEDG-6, LEDG-11).

use std::collections::{BTreeMap, BTreeSet};

use desk::domain::decimal::{Money, Quantity};
use desk::domain::ids::{LotId, SessionId};
use desk::domain::journal::{AccountCode, Entry, EntryKind, Posting};
use desk::domain::symbol::{Currency, Symbol};
use tbot::store::{self, Batch, Book, Days, LotLine, Reader, Reading, Scope, Sought};

use super::sample;
use crate::places::Place;

/// More than there is.
const ALL: u32 = 10_000;

fn in_days(book: &Book, days: Days) -> Scope {
    Scope::of(book, days, Reading::BySession).unwrap()
}

struct Journal {
    entries: Vec<Entry>,
    days: BTreeSet<SessionId>,
}

impl Journal {
    fn new(entries: Vec<Entry>) -> Self {
        let with_postings = entries.iter().filter(|e| !e.draft.postings.is_empty());
        let days = with_postings.map(|e| e.draft.session).collect();
        Self { entries, days }
    }

    fn whole(&self) -> Days {
        Days { from: *self.days.first().unwrap(), to: *self.days.last().unwrap() }
    }

    fn postings(&self, days: Days) -> impl Iterator<Item = (&Entry, &Posting)> {
        let of = self.entries.iter().filter(move |e| (days.from..=days.to).contains(&e.draft.session));
        of.flat_map(|e| e.draft.postings.iter().map(move |p| (e, p)))
    }
}

async fn registers_are_the_journals(reader: &Reader, book: &Book, journal: &Journal) {
    let accounts: BTreeSet<AccountCode> = journal.postings(journal.whole()).map(|(_, p)| p.account).collect();
    assert!(accounts.len() > 20, "{accounts:?}");
    let each_day = journal.days.iter().map(|day| Days { from: *day, to: *day });
    for days in each_day.chain([journal.whole()]) {
        for account in &accounts {
            let read = reader.register(book, *account, &in_days(book, days), ALL).await.unwrap();
            let read = read.iter().map(|l| (l.entry.seq, l.currency, l.amount, l.units));
            let own = journal.postings(days).filter(|(_, p)| p.account == *account);
            let own = own.map(|(e, p)| (e.seq, p.currency, p.amount, p.holding.map(|h| (h.units, h.commodity))));
            assert!(read.eq(own), "LEDG-6: {account} of {days:?}");
        }
    }
}

async fn searches_find_what_is_there(reader: &Reader, book: &Book, journal: &Journal) {
    let kinds: Vec<Option<EntryKind>> = EntryKind::ALL.iter().copied().map(Some).chain([None]).collect();
    let held = journal.postings(journal.whole()).filter_map(|(_, p)| p.tags.instrument).collect::<BTreeSet<_>>();
    let instruments = held.into_iter().chain(["NEVER".parse().unwrap()]).map(Some).chain([None]);
    let mut found = 0;
    for instrument in instruments {
        for day in journal.days.iter().copied().map(Some).chain([None]) {
            let fits = |e: &&Entry, kind: Option<EntryKind>| {
                kind.is_none_or(|k| e.draft.kind == k)
                    && day.is_none_or(|d| e.draft.session == d)
                    && instrument.is_none_or(|i| e.draft.postings.iter().any(|p| p.tags.instrument == Some(i)))
            };
            // All kinds where something else is sought too would be thousands of questions.
            for kind in kinds.iter().copied().filter(|k| k.is_none() || day.is_none() || instrument.is_none()) {
                let sought = Sought { day, kind, instrument, ..Sought::default() };
                let read = reader.sought(book, &sought, ALL).await.unwrap();
                let own = journal.entries.iter().rev().filter(|e| fits(e, kind));
                assert!(read.iter().map(|s| &s.entry).eq(own), "{sought:?}");
                found += read.len();
                if let Some(last) = read.last().map(|s| s.entry.seq) {
                    let before = Sought { before: Some(last + 1), ..sought };
                    assert_eq!(reader.sought(book, &before, 1).await.unwrap()[0].entry.seq, last, "{before:?}");
                }
            }
        }
    }
    assert!(found > 300, "{found}");
}

async fn lots_are_the_sums_of_their_postings(reader: &Reader, book: &Book, journal: &Journal) {
    type Slice = (Symbol, AccountCode, LotId, String, Currency);
    for day in &journal.days {
        let days = Days { from: journal.whole().from, to: *day };
        let mut own = BTreeMap::<Slice, (i64, i64, SessionId)>::new();
        for (entry, p) in journal.postings(days).filter(|(_, p)| p.account.is_position()) {
            let (Some(holding), Some(lot)) = (p.holding, p.tags.lot.clone()) else { continue };
            let strategy = p.tags.strategy.map(|s| s.to_string()).unwrap_or_default();
            let slice = (holding.commodity, p.account, lot, strategy, p.currency);
            let sum = own.entry(slice).or_insert((0, 0, entry.draft.session));
            *sum = (sum.0 + holding.units.raw(), sum.1 + p.amount.raw(), sum.2.min(entry.draft.session));
        }
        own.retain(|_, (units, ..)| *units != 0);
        let read = reader.lots(book, &Scope::up_to(book, *day, Reading::BySession).unwrap()).await.unwrap();
        assert!(read.is_sorted_by_key(|l| l.commodity), "{day}: by what they are of");
        let of = |l: LotLine| {
            ((l.commodity, l.account, l.lot, l.strategy, l.currency), (l.units.raw(), l.cost.raw(), l.since))
        };
        assert_eq!(read.into_iter().map(of).collect::<BTreeMap<_, _>>(), own, "LEDG-6: lots of {day}");
    }
}

async fn gains_are_those_of_the_accounts(reader: &Reader, book: &Book, journal: &Journal) {
    let mut closings = 0;
    for day in &journal.days {
        let days = Days { from: *day, to: *day };
        let read = reader.gains(book, &in_days(book, days), ALL).await.unwrap();
        let gains = |kinds: &[EntryKind]| {
            let of = journal.postings(days).filter(|(e, p)| {
                kinds.contains(&e.draft.kind) && p.tags.lot.is_some() && (4110..=4140).contains(&p.account.code())
            });
            of.fold(Money::ZERO, |sum, (_, p)| sum.checked_sub(p.amount).unwrap())
        };
        let sum = read.iter().fold(Money::ZERO, |sum, line| sum.checked_add(line.gain).unwrap());
        assert_eq!(
            sum,
            gains(&[EntryKind::Fill, EntryKind::CashInLieu, EntryKind::Reversal]),
            "LEDG-6: gains of {day}"
        );
        for line in &read {
            let of = journal.entries.iter().find(|e| e.seq == line.seq).unwrap();
            let left =
                of.draft.postings.iter().find(|p| {
                    p.tags.lot.as_ref() == Some(&line.lot) && p.holding.is_some_and(|h| h.units == line.units)
                });
            assert_eq!(left.map(|p| p.amount), Some(line.cost), "{line:?}");
            assert_ne!(line.units, Quantity::ZERO);
        }
        closings += read.len();
    }
    assert!(closings > 8, "{closings}");
    let whole = reader.gains(book, &in_days(book, journal.whole()), ALL).await.unwrap();
    assert_eq!(whole.len(), closings);
}

#[tokio::test]
async fn ledg_6_what_accountants_ask_is_what_the_entries_sum_to_on_both_engines() {
    let journal = Journal::new(sample::worked_month());
    for place in Place::each("registers").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        writer.append(&Batch { entries: &journal.entries, ..Batch::default() }).await.unwrap();
        let book = reader.book(&sample::identity()).await.unwrap();
        let days = reader.days(&book, ALL).await.unwrap();
        assert!(days.iter().rev().eq(&journal.days), "{}", place.address);
        registers_are_the_journals(&reader, &book, &journal).await;
        searches_find_what_is_there(&reader, &book, &journal).await;
        lots_are_the_sums_of_their_postings(&reader, &book, &journal).await;
        gains_are_those_of_the_accounts(&reader, &book, &journal).await;
        writer.close().await.unwrap();
        reader.close().await;
    }
}
