//! Statements in three readings of time, from the indexes and from the first entry on, on both engines (LEDG-6, BOOKS.md section
//! 11). In the worked month the purchase of 10 BOLT on 10 June at 79.00 (entry 47) is reversed and booked at 79.50 on 11 June
//! (entries 53 and 54): what happened on the tenth is known on the eleventh.

use desk::domain::decimal::Money;
use desk::domain::ids::SessionId;
use desk::domain::journal::AccountCode;
use desk::domain::symbol::Currency;
use desk::domain::time::Timestamp;
use tbot::store::{self, Batch, Book, Days, Reader, Reading, Scope, Summed};

use super::sample;
use crate::places::Place;

/// More than there is.
const ALL: u32 = 10_000;

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// Σ of an account in USD of what counts.
async fn sum(summed: &Summed, book: &Book, scope: &Scope, code: &str) -> Money {
    let account: AccountCode = code.parse().unwrap();
    let all = summed.balances(book, scope).await.unwrap();
    let own = all.iter().filter(|b| b.account == account && b.currency == Currency::USD);
    own.fold(Money::ZERO, |sum, b| sum.checked_add(b.amount).unwrap())
}

/// The figures of 10 June, by hand: the gain is 10.00 at 79.00 and 5.00 at 79.50, and the cash is as much less; before 15:00 the
/// perpetuals had not gained anything yet.
async fn the_tenth(summed: &Summed, book: &Book, reader: &Reader) {
    let day = sample::session(10);
    let seen = reader.known_at(book, "2026-06-10T15:00:00Z".parse().unwrap()).await.unwrap();
    assert_eq!(seen, 47);
    for (reading, unsettled, gains, perpetuals, bolt) in [
        (Reading::BySession, "-725.38", "-10.025", "-169.9998", &[(47, "10.00")][..]),
        (Reading::KnownAt(seen), "-725.38", "-10.025", "0", &[(47, "10.00")]),
        (Reading::Effective, "-730.38", "-5.025", "-169.9998", &[(47, "10.00"), (53, "-10.00"), (54, "5.00")]),
    ] {
        let scope = Scope::of(book, Days { from: day, to: day }, reading).unwrap();
        let found = [
            sum(summed, book, &scope, "1020").await,
            sum(summed, book, &scope, "4110").await,
            sum(summed, book, &scope, "4140").await,
        ];
        assert_eq!(found, [unsettled, gains, perpetuals].map(money), "LEDG-6: {reading:?}");
        let realised = summed.gains(book, &scope, ALL).await.unwrap();
        let of_bolt = realised.iter().filter(|g| g.commodity.as_str() == "BOLT").map(|g| (g.seq, g.gain));
        let expected: Vec<_> = bolt.iter().map(|(seq, gain)| (*seq, money(gain))).collect();
        assert_eq!(of_bolt.collect::<Vec<_>>(), expected, "LEDG-6: gains {reading:?}");
        let cash = summed.cash(book, &scope).await.unwrap();
        let unsettled_of_fills = cash.iter().filter(|l| l.currency == Currency::USD).map(|l| l.accounts[1]);
        let moved = unsettled_of_fills.fold(Money::ZERO, |sum, m| sum.checked_add(m).unwrap());
        assert_eq!(moved, money(unsettled), "LEDG-6: cash {reading:?}");
        // What of the tenth settles on the eleventh and on the twelfth.
        let open = summed.unsettled(book, &scope.through()).await.unwrap();
        let open: Vec<_> = open.iter().map(|l| (l.item.as_str(), l.amount)).collect();
        let due = match reading {
            Reading::Effective => vec![("2026-06-11", money("-791.00")), ("2026-06-12", money("-5.00"))],
            _ => vec![("2026-06-11", money("-791.00"))],
        };
        assert_eq!(open, due, "LEDG-6: unsettled {reading:?}");
    }
    // On the eleventh the correction counts by session, and as effective no more; the adoption of 15:30 is not known at 15:10.
    let day = sample::session(11);
    let seen = reader.known_at(book, "2026-06-11T15:10:00Z".parse().unwrap()).await.unwrap();
    for (reading, gains, owner) in [
        (Reading::BySession, "5.00", "mid"),
        (Reading::KnownAt(seen), "5.00", "external"),
        (Reading::Effective, "0", "mid"),
    ] {
        let scope = Scope::of(book, Days { from: day, to: day }, reading).unwrap();
        assert_eq!(sum(summed, book, &scope, "4110").await, money(gains), "LEDG-6: {reading:?}");
        let lots = summed.lots(book, &scope.through()).await.unwrap();
        let delt: Vec<_> =
            lots.iter().filter(|l| l.commodity.as_str() == "DELT").map(|l| l.strategy.as_str()).collect();
        assert_eq!(delt, [owner], "LEDG-6: {reading:?}");
    }
}

/// LEDG-6: any statement may be summed from the first entry on, and is the same to the last digit and in the same order.
async fn both_ways_agree(indexes: &Summed, journal: &Summed, book: &Book, scope: &Scope, what: &str) {
    macro_rules! same {
        ($($ask:ident ( $($given:expr),* )),* $(,)?) => {$(
            assert_eq!(
                indexes.$ask(book, $($given),*).await.unwrap(),
                journal.$ask(book, $($given),*).await.unwrap(),
                "LEDG-6: {} of {what}", stringify!($ask)
            );
        )*};
    }
    for scope in [*scope, scope.before(), scope.through()] {
        let scope = &scope;
        same!(balances(scope), lots(scope), gains(scope, ALL), cash(scope), unsettled(scope), year_closes(scope));
        same!(register(AccountCode::CASH_UNSETTLED, scope, ALL), register(AccountCode::LONG_POSITIONS, scope, 3));
    }
}

#[tokio::test]
async fn ledg_6_three_readings_of_time_and_sums_from_the_first_entry_on_both_engines() {
    let month = sample::worked_month();
    let mut days: Vec<SessionId> = month.iter().map(|e| e.draft.session).collect();
    days.dedup();
    for place in Place::each("readings").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        writer.append(&Batch { entries: &month, ..Batch::default() }).await.unwrap();
        let book = reader.book(&sample::identity()).await.unwrap();
        let indexes = Summed::Indexes(reader.clone());
        let journal = Summed::from_the_first(&reader, &book).await.unwrap();
        the_tenth(&indexes, &book, &reader).await;
        the_tenth(&journal, &book, &reader).await;
        let each = days.iter().map(|day| Days { from: *day, to: *day });
        let whole = Days { from: days[0], to: *days.last().unwrap() };
        for days in each.chain([whole, Days { from: days[3], to: days[7] }]) {
            for reading in [Reading::BySession, Reading::KnownAt(51), Reading::KnownAt(0), Reading::Effective] {
                let scope = Scope::of(&book, days, reading).unwrap();
                both_ways_agree(&indexes, &journal, &book, &scope, &format!("{days:?}, {reading:?}")).await;
            }
        }
        both_ways_agree(&indexes, &journal, &book, &Scope::ALL, "everything").await;
        what_was_known_when(&reader, &book, &month).await;
        writer.close().await.unwrap();
        reader.close().await;
    }
}

/// What is found by halving is what a walk through the journal finds.
async fn what_was_known_when(reader: &Reader, book: &Book, month: &[desk::domain::journal::Entry]) {
    for entry in month {
        for at in [entry.booked_at.nanos() - 1, entry.booked_at.nanos()] {
            let at = Timestamp::from_nanos(at);
            let walked = month.iter().filter(|e| e.booked_at <= at).map(|e| e.seq).max().unwrap_or(0);
            assert_eq!(reader.known_at(book, at).await.unwrap(), walked, "{at}");
        }
    }
}

/// LEDG-6: a sum beyond 64 bits is an error with its code on either engine, never a figure.
#[tokio::test]
async fn ledg_6_a_sum_beyond_64_bits_is_refused_either_way() {
    let most = i64::MAX - 10;
    let entries = [sample::float_in(1, "float-0001", most), sample::float_in(2, "float-0002", most)];
    for place in Place::each("overflow").await {
        store::create(&place.address, &sample::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &sample::identity()).await.unwrap();
        writer.append(&Batch { entries: &entries, ..Batch::default() }).await.unwrap();
        let book = reader.book(&sample::identity()).await.unwrap();
        for summed in [Summed::Indexes(reader.clone()), Summed::from_the_first(&reader, &book).await.unwrap()] {
            for error in [
                summed.balances(&book, &Scope::ALL).await.map(drop).unwrap_err(),
                summed.cash(&book, &Scope::ALL).await.map(drop).unwrap_err(),
            ] {
                assert_eq!(error.code(), "STORE_OVERFLOW", "{}: {error}", place.address);
            }
        }
        writer.close().await.unwrap();
        reader.close().await;
    }
}
