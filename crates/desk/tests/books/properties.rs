//! Properties over random days: LEDG-1, LEDG-5, I2 and I3 of faults.md.

use std::collections::BTreeMap;

use desk::domain::decimal::{Money, Price, Quantity};
use desk::domain::ids::StrategyName;
use desk::domain::journal::{AccountCode, EntryKind};
use desk::domain::market::Side;
use desk::domain::symbol::Currency;
use desk::machines::ledger::{BookRefusal, Books, Fill, LotChoice, TradeResult, verify};
use proptest::prelude::*;

use crate::support::*;

const NAMES: [&str; 3] = ["ACME", "BOLT", "CRUX"];

/// A fill of any sign, with fractions, fees and a method.
fn any_fill() -> impl Strategy<Value = Fill> {
    let sizes = prop_oneof![
        (-300_i64..300).prop_map(Quantity::whole),
        (-3_000_000_000_i64..3_000_000_000).prop_map(Quantity::from_raw),
    ];
    let rates = (0_i64..3_000_000, 0_i64..5_000_000, -100_000_000_i64..300_000_000);
    (0..NAMES.len(), sizes, 1_i64..20_000_000_000, rates, 0..3_usize, any::<bool>()).prop_map(
        |(name, quantity, price, (sec, taf, commission), method, external)| {
            let methods = [LotChoice::Fifo, LotChoice::Lifo, LotChoice::HighestCost];
            let plain = fill("f", 1, NAMES[name], "1", "1.00");
            let fees = with_fees(plain, "0.00", "0.00", "0.00");
            let amounts = [sec, taf].map(Money::from_raw);
            let sold = quantity.raw() < 0;
            Fill {
                quantity: if quantity.is_zero() { Quantity::whole(1) } else { quantity },
                price: Price::from_raw(price),
                commission: Money::from_raw(commission),
                accrued: fees.accrued.iter().zip(amounts).filter(|_| sold).map(|((k, _), a)| (*k, a)).collect(),
                lots: methods[method].clone(),
                strategy: if external { StrategyName::External } else { StrategyName::Mid },
                ..fees
            }
        },
    )
}

fn any_day() -> impl Strategy<Value = Vec<Fill>> {
    prop::collection::vec(any_fill(), 1..40).prop_map(|mut fills| {
        for (n, fill) in fills.iter_mut().enumerate() {
            fill.execution = format!("x{n}").parse().unwrap();
        }
        fills
    })
}

/// The day booked: fills, roundings, the next day's settlement.
fn booked(fills: &[Fill]) -> Desk {
    let mut desk = Desk::new();
    for fill in fills {
        desk.fill(fill.clone());
    }
    desk.book(1, &rounding(1)).unwrap();
    desk.book(2, &settlement(2)).unwrap();
    desk
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_entry_balances_and_states_its_cash(fills in any_day()) {
        let desk = booked(&fills);
        let mut cash = 0_i128;
        for sealed in &desk.stored {
            let mut amounts: BTreeMap<Currency, i128> = BTreeMap::new();
            let mut held: BTreeMap<_, i128> = BTreeMap::new();
            for p in &sealed.entry.draft.postings {
                *amounts.entry(p.currency).or_default() += i128::from(p.amount.raw());
                if let Some(h) = p.holding {
                    *held.entry(h.commodity).or_default() += i128::from(h.units.raw());
                }
            }
            prop_assert!(amounts.values().chain(held.values()).all(|sum| *sum == 0), "LEDG-1");
        }
        for fill in &fills {
            // Half to even at 10⁻⁸, written with rational arithmetic of its own.
            let product = i128::from(fill.quantity.raw()) * i128::from(fill.price.raw());
            let (whole, rest) = (product.div_euclid(100_000_000), product.rem_euclid(100_000_000));
            let up = rest > 50_000_000 || (rest == 50_000_000 && whole % 2 != 0);
            cash -= whole + i128::from(up) + i128::from(fill.commission.raw());
        }
        let books = desk.books.cash(Currency::USD).unwrap();
        prop_assert_eq!(i128::from(books.total.raw()), cash);
        prop_assert_eq!(books.unsettled, Money::ZERO);
    }

    #[test]
    fn positions_are_the_sum_of_fills_and_9100_their_mirror(fills in any_day()) {
        // I3.
        let desk = booked(&fills);
        let mut sums: BTreeMap<_, i64> = BTreeMap::new();
        for fill in &fills {
            *sums.entry(fill.instrument).or_default() += fill.quantity.raw();
        }
        let positions = desk.books.positions().unwrap();
        let trial = desk.books.trial_balance().unwrap();
        for (instrument, sum) in sums {
            prop_assert_eq!(positions.get(&instrument).map_or(0, |q| q.raw()), sum);
            prop_assert_eq!(trial.units[&(AccountCode::UNITS_MARKET, instrument)].raw(), -sum);
        }
    }

    #[test]
    fn lots_hold_what_the_position_accounts_hold(fills in any_day()) {
        // LEDG-5: cost is conserved to the last step; a pool has one side; lots keep their order.
        let desk = booked(&fills);
        let mut cost: BTreeMap<AccountCode, i64> = BTreeMap::new();
        let mut sides: BTreeMap<_, Side> = BTreeMap::new();
        for lot in desk.books.open_lots() {
            prop_assert!(!lot.units.is_zero());
            prop_assert_eq!(lot.units.raw() < 0, lot.cost.raw() < 0 || (lot.cost.is_zero() && lot.side() == Side::Short));
            prop_assert_eq!(*sides.entry(lot.commodity).or_insert(lot.side()), lot.side());
            *cost.entry(lot.account).or_default() += lot.cost.raw();
        }
        for account in [AccountCode::LONG_POSITIONS, AccountCode::SHORT_POSITIONS] {
            let balance = desk.books.balance(account, Currency::USD).unwrap();
            prop_assert_eq!(balance.raw(), cost.get(&account).copied().unwrap_or(0));
        }
        let mut by_lot: BTreeMap<_, (i128, i128)> = BTreeMap::new();
        for p in desk.stored.iter().flat_map(|s| &s.entry.draft.postings).filter(|p| p.account.is_position()) {
            let sum = by_lot.entry(p.tags.lot.clone().unwrap()).or_default();
            sum.0 += i128::from(p.amount.raw());
            sum.1 += i128::from(p.holding.unwrap().units.raw());
        }
        prop_assert!(by_lot.values().all(|(cost, units)| *units != 0 || *cost == 0), "a closed lot has no cost left");
    }

    /// BOOKS.md section 12, check 8: whatever was traded in fractions, at whatever prices, equity is explained to the last
    /// digit, day after day; and a step of 10⁻⁸ in the broker's cash alone is not.
    #[test]
    fn the_change_of_equity_is_explained(first in any_day(), second in any_day(), prices in prop::collection::vec(1_i64..20_000_000_000, 6)) {
        let mut desk = Desk::new();
        for (day, fills) in (1..).zip([&first, &second]) {
            let fills: Vec<Fill> = fills.iter().map(|f| Fill {
                execution: format!("{day}-{}", f.execution).parse().unwrap(),
                session: session(day),
                settles: june(day + 1),
                effective_at: at(day),
                ..f.clone()
            }).collect();
            desk.book(day, &settlement(day)).unwrap();
            for fill in &fills {
                desk.fill(fill.clone());
            }
            desk.book(day, &rounding(day)).unwrap();
            let mut close = desk.agreed(day, &fills.iter().collect::<Vec<_>>());
            for (line, price) in close.prices.prices.iter_mut().zip(prices.iter().skip(3 * usize::from(day == 2))) {
                line.price = Some(Price::from_raw(*price));
            }
            let mut off = close.clone();
            off.broker.cash[0].total = off.broker.cash[0].total.checked_add(Money::from_raw(1)).unwrap();
            off.broker.cash.push(close.broker.cash[0]);
            let refused = desk.books.close(at(day), &off);
            let by_check_8 = matches!(refused, Err(BookRefusal::NotReconciled { check: 8, .. }));
            prop_assert!(by_check_8, "{refused:?}");
            desk.close(day, &close).unwrap();
        }
    }

    #[test]
    fn a_fold_of_the_stored_bytes_is_the_state(fills in any_day()) {
        // I2: replay equals state; and the verifier, which shares no sums with the machine, agrees.
        let desk = booked(&fills);
        let (books, journal) = Books::fold(identity(), desk.stored.iter().map(|s| &s.bytes)).unwrap();
        prop_assert_eq!(&books, &desk.books);
        prop_assert_eq!(journal.head(), desk.journal.head());
        let rows = desk.stored.iter().map(|s| Ok::<_, String>(crate::verify::bytes_only(s)));
        prop_assert_eq!(verify::verify(&identity(), rows).unwrap().head, desk.journal.head());
    }

    #[test]
    fn gains_are_those_of_share_by_share_bookkeeping(
        trades in prop::collection::vec((-40_i64..40, 1_i64..9_999), 1..30),
        method in 0..3_usize,
    ) {
        // LEDG-5 against an oracle that keeps every share with its own price, in whole shares and cents.
        let methods = [LotChoice::Fifo, LotChoice::Lifo, LotChoice::HighestCost];
        let mut desk = Desk::new();
        let mut shares: Vec<i64> = Vec::new();
        let mut side = 1;
        let mut gains = 0;
        for (n, (quantity, cents)) in trades.iter().filter(|(q, _)| *q != 0).enumerate() {
            let trade = Fill {
                price: Price::from_raw(cents * 1_000_000),
                lots: methods[method].clone(),
                ..fill(&format!("x{n}"), 1, "ACME", &quantity.to_string(), "1.00")
            };
            desk.fill(trade);
            for _ in 0..quantity.abs() {
                if shares.is_empty() {
                    side = quantity.signum();
                }
                if side == quantity.signum() {
                    shares.push(*cents);
                    continue;
                }
                let dearest = |shares: &[i64]| {
                    let worst = shares.iter().map(|c| c * side).max().unwrap() * side;
                    shares.iter().position(|c| *c == worst).unwrap()
                };
                // LIFO takes the youngest lot; its shares cost the same.
                let at = match method {
                    0 => 0,
                    1 => shares.len() - 1,
                    _ => dearest(&shares),
                };
                gains += (cents - shares.remove(at)) * side;
            }
        }
        let postings = desk.stored.iter().flat_map(|s| &s.entry.draft.postings);
        let fills = desk.stored.iter().filter(|s| s.entry.draft.kind == EntryKind::Fill);
        let fills = fills.map(|s| s.entry.draft.source_key.parse().unwrap()).collect();
        prop_assert_eq!(TradeResult::of(postings, &fills).unwrap().gross, Money::from_raw(gains * 1_000_000));
        prop_assert_eq!(desk.books.positions().unwrap().values().map(|q| q.raw()).sum::<i64>(),
            i64::try_from(shares.len()).unwrap() * side * 100_000_000);
    }
}
