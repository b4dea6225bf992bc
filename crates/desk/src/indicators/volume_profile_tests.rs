use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::time::Timestamp;

fn bar(low: i64, high: i64, close: i64, volume: i64) -> Bar {
    let [low, high, close] = [low, high, close].map(Price::from_raw);
    Bar { start: Timestamp::default(), open: low, high, low, close, volume: Quantity::from_raw(volume) }
}

fn profile(bars: &[Bar], height: u32) -> VolumeProfile {
    let mut profile = VolumeProfile::new(Price::from_raw(1), height).unwrap();
    for bar in bars {
        profile.update(bar).unwrap();
    }
    profile
}

fn at(prices: &[(i64, i64)]) -> VolumeProfile {
    profile(&prices.iter().map(|(price, volume)| bar(*price, *price, *price, *volume)).collect::<Vec<_>>(), 1)
}

fn area(profile: &VolumeProfile) -> Option<(i64, i64)> {
    profile.value_area().map(|(low, high)| (low.raw(), high.raw()))
}

// A published worked example: 554 traded, 70 % are 388; 106 has 150, then 107, 108 and 105 are added, 390.
#[test]
fn the_value_area_takes_the_larger_neighbour() {
    let profile =
        at(&[(102, 14), (103, 20), (104, 40), (105, 70), (106, 150), (107, 90), (108, 80), (109, 50), (110, 40)]);
    assert_eq!(profile.point_of_control().unwrap().low.raw(), 106);
    assert_eq!(area(&profile), Some((105, 109)));
}

#[test]
fn ties_go_to_the_middle_then_down_and_the_area_goes_up() {
    for (prices, control, expected) in [
        (&[(10, 5), (12, 5), (14, 5)][..], 12, (10, 15)),
        (&[(10, 5), (14, 5)], 10, (10, 15)),
        (&[(10, 3), (11, 5), (12, 3)], 11, (11, 13)), // 8 of 11 are 73 %
        (&[(10, 30), (11, 70)], 11, (11, 12)),        // 70 % at once
        (&[(-3, 1), (-2, 9)], -2, (-2, -1)),
    ] {
        let profile = at(prices);
        assert_eq!(profile.point_of_control().unwrap().low.raw(), control, "{prices:?}");
        assert_eq!(area(&profile), Some(expected), "{prices:?}");
    }
    assert_eq!(area(&at(&[])), None);
    assert_eq!(area(&at(&[(10, 0)])), None);
}

#[test]
fn a_bar_is_spread_and_its_rest_goes_to_the_close() {
    let mut profile = profile(&[bar(101, 109, 104, 11)], 4); // rows from 100, 104, 108
    let rows: Vec<_> = profile.rows().map(|r| (r.low.raw(), r.high.raw(), r.volume.raw())).collect();
    assert_eq!(rows, [(100, 104, 3), (104, 108, 5), (108, 112, 3)]);
    assert_eq!(profile.update(&bar(1, 1_000_000, 1, i64::MAX)), Err(Overflow));
    assert_eq!(profile.rows().count(), 3);
    profile.reset();
    assert_eq!(profile.rows().count(), 0);
    assert_eq!(VolumeProfile::new(Price::whole(1), 0).unwrap_err(), LengthError { asked: 0, least: 1, most: 1_000 });
}

#[test]
fn the_widest_prices_have_a_row() {
    let profile = profile(&[bar(i64::MIN, i64::MAX, 0, 1_000), bar(5, 5, 5, 7)], 1);
    assert!(profile.rows().count() <= ROWS);
    assert_eq!(profile.rows().map(|r| r.volume.raw()).sum::<i64>(), 1_007);
}

proptest! {
    // Against a plain map, where all fits.
    #[test]
    fn rows_are_what_a_map_says(
        bars in prop::collection::vec((-200_i64..250, 0_i64..60, 0_i64..60, 0_i64..1_000), 1..50), height in 1_u32..9,
    ) {
        let bars: Vec<Bar> = bars.iter().map(|(l, up, c, v)| bar(*l, l + up, l + c.min(up), *v)).collect();
        let mut map = BTreeMap::new();
        let row = |price: Price| price.raw().div_euclid(i64::from(height));
        for bar in &bars {
            let rows = row(bar.high) - row(bar.low) + 1;
            for number in row(bar.low)..=row(bar.high) {
                *map.entry(number).or_insert(0) += bar.volume.raw() / rows;
            }
            *map.get_mut(&row(bar.close)).unwrap() += bar.volume.raw() % rows;
        }
        let found: BTreeMap<i64, i64> =
            profile(&bars, height).rows().map(|r| (row(r.low), r.volume.raw())).filter(|r| map.contains_key(&r.0)).collect();
        prop_assert_eq!(found, map);
    }

    // Where rows have to be merged, no volume is lost, the rows cover the range, and the area holds 70 %.
    #[test]
    fn merging_loses_nothing(
        bars in prop::collection::vec((-1_000_000_i64..1_000_000, 0_i64..9_000, 1_i64..1_000), 1..40),
    ) {
        let bars: Vec<Bar> = bars.iter().map(|(low, up, volume)| bar(*low, low + up, *low, *volume)).collect();
        let profile = profile(&bars, 1);
        let rows: Vec<Row> = profile.rows().collect();
        let total: i64 = bars.iter().map(|b| b.volume.raw()).sum();
        prop_assert_eq!(rows.iter().map(|r| r.volume.raw()).sum::<i64>(), total);
        prop_assert!(rows.len() <= ROWS);
        prop_assert!(rows.windows(2).all(|pair| pair[0].high == pair[1].low));
        prop_assert!(rows[0].low <= bars.iter().map(|b| b.low).min().unwrap());
        prop_assert!(rows[rows.len() - 1].high > bars.iter().map(|b| b.high).max().unwrap());
        let most = rows.iter().map(|r| r.volume).max().unwrap();
        let control = profile.point_of_control().unwrap();
        prop_assert_eq!(control.volume, most);
        let (low, high) = profile.value_area().unwrap();
        prop_assert!(low <= control.low && control.high <= high);
        let inside: i64 = rows.iter().filter(|r| low <= r.low && r.high <= high).map(|r| r.volume.raw()).sum();
        prop_assert!(inside * 10 >= total * 7);
    }
}
