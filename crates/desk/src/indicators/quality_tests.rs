use proptest::prelude::*;

use super::*;

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

/// A bar: minute, close, corrupt.
type Seen = (u32, i64, bool);

/// STRAT-3 by its words: the score of the last of these bars.
fn by_its_words(bars: &[Seen]) -> Ratio {
    let k = bars.last().unwrap().0;
    let m = 30.min(k + 1);
    let within = |minute: u32| minute + m > k;
    let missing = m - u32::try_from(bars.iter().filter(|b| within(b.0)).count()).unwrap();
    let corrupt = u32::try_from(bars.iter().filter(|b| within(b.0) && b.2).count()).unwrap();
    let clean: Vec<&Seen> = bars.iter().filter(|b| !b.2).collect();
    let jumps = clean
        .windows(2)
        .filter(|pair| within(pair[1].0) && (pair[1].1 - pair[0].1).abs() * 100 > 5 * pair[0].1)
        .count();
    let lost = i64::from(missing + 2 * corrupt) + 2 * i64::try_from(jumps).unwrap();
    Ratio::from_raw((SCALE - lost * SCALE / i64::from(m)).max(0))
}

/// STRAT-2 and 3 by their words: fallen and hold after the last of these bars with these scores.
fn states_by_their_words(bars: &[Seen], scores: &[Ratio]) -> (bool, u32) {
    let (mut fallen, mut since, mut hold) = (false, None, 0_u32);
    for (bar, score) in bars.iter().zip(scores) {
        hold = if bar.2 { 5 } else { hold.saturating_sub(1) };
        let high = score.raw() >= 85_000_000;
        if fallen && high && since.is_some_and(|s| bar.0 > s) {
            (fallen, since) = (false, None);
        } else if fallen {
            since = high.then(|| since.unwrap_or(bar.0));
        } else {
            fallen = score.raw() < 80_000_000;
        }
    }
    (fallen, hold)
}

// STRAT-3: the minutes since the open, at most 30; a missing minute costs 1, a corrupt bar 2.
#[test]
fn the_score_counts_what_is_lost() {
    let close = price("100");
    for (bars, expected) in [
        (&[(0, false)][..], "1.00"),
        (&[(1, false)], "0.50"),                   // 1 of 2 missing
        (&[(0, false), (2, false)], "0.66666667"), // ⌊1 ÷ 3⌋ = 0.33333333
        (&[(0, false), (1, true)], "0.00"),        // 2 of 2
        (&[(0, true)], "0.00"),                    // 2 of 1, never below 0
        (&[(0, false), (1, false), (2, true)], "0.33333334"),
        (&[(200, false)], "0.03333334"), // 29 of 30 missing
    ] {
        let mut quality = Quality::new();
        assert_eq!(quality.score(), Ratio::ZERO);
        for (minute, corrupt) in bars {
            quality.update(*minute, close, *corrupt).unwrap();
        }
        assert_eq!(quality.score().to_string(), expected, "{bars:?}");
    }
}

// STRAT-3: over 5 %, not at 5 %, from the clean close before; a corrupt bar in between is no close.
#[test]
fn a_jump_is_over_five_percent_of_the_clean_close_before() {
    for (before, after, jumps) in [
        ("100", "105", 0),
        ("100", "105.00000001", 1),
        ("100", "95", 0),
        ("100", "94.99999999", 1),
        ("0.00000019", "0.00000018", 1),
    ] {
        let mut quality = Quality::new();
        quality.update(0, price(before), false).unwrap();
        quality.update(1, price("900"), true).unwrap();
        quality.update(2, price(after), false).unwrap();
        let expected = Evidence { minutes: 3, missing: 0, corrupt: 1, jumps };
        assert_eq!(quality.evidence(), expected, "{before} to {after}");
    }
}

// STRAT-2: 5 on a corrupt bar, the fifth clean bar is free again.
#[test]
fn the_fifth_clean_bar_is_free_again() {
    let mut quality = Quality::new();
    let holds =
        [(false, 0), (true, 5), (false, 4), (true, 5), (false, 4), (false, 3), (false, 2), (false, 1), (false, 0)];
    for (minute, (corrupt, hold)) in (0..).zip(holds) {
        quality.update(minute, price("10"), corrupt).unwrap();
        assert_eq!(quality.hold(), hold, "minute {minute}");
    }
}

// STRAT-3, TRADE-2: below 0.80 it falls; two bars in a row at 0.85 or more end it, a bar below clears.
#[test]
fn a_fallen_symbol_recovers_after_a_minute_above() {
    let mut quality = Quality::new();
    let missing = [7, 8, 9, 10, 11, 40];
    let mut states = Vec::new();
    for minute in (0..=45).filter(|m| !missing.contains(m)) {
        quality.update(minute, price("10"), false).unwrap();
        states.push((minute, quality.score().raw() / 1_000_000, quality.is_fallen(), quality.since()));
    }
    let at = |minute: u32| states.iter().find(|s| s.0 == minute).copied().unwrap();
    assert_eq!(at(12), (12, 61, true, None)); // 5 of 13 missing
    assert_eq!(at(29), (29, 83, true, None)); // 5 of 30: above 0.80 does not do
    assert_eq!(at(37), (37, 86, true, Some(37))); // 7 has left
    assert_eq!(at(38), (38, 90, false, None));
    assert_eq!(at(41), (41, 96, false, None));
    assert_eq!(quality.threshold(), FALLS);
}

// STRAT-3: a bar below 0.85 clears the recovery, also one that does not fall below 0.80.
#[test]
fn a_bar_below_clears_the_recovery() {
    let mut quality = Quality::new();
    // 4 of 26 missing is 0.846, 4 of 27 is 0.851; two missing more at 27 and 28: 6 of 30.
    for minute in (4..=26).chain([29]) {
        quality.update(minute, price("10"), false).unwrap();
        let expected = if minute == 26 { Some(26) } else { None };
        assert_eq!(quality.since(), expected, "minute {minute}");
        assert!(quality.is_fallen(), "minute {minute}");
        assert_eq!(quality.threshold(), RECOVERS);
    }
    quality.reset();
    quality.update(0, price("10"), false).unwrap();
    assert!(!quality.is_fallen());
}

#[test]
fn minutes_have_to_rise() {
    let mut quality = Quality::new();
    quality.update(7, price("10"), false).unwrap();
    let before = quality.score();
    for minute in [7, 3] {
        assert_eq!(quality.update(minute, price("20"), true), Err(NotLater { minute, last: 7 }));
    }
    assert_eq!((quality.score(), quality.hold()), (before, 0));
}

proptest! {
    // STRAT-2 and 3, against a plain recomputation from the list, with holes of any length.
    #[test]
    fn it_is_what_the_list_says(
        steps in prop::collection::vec((prop_oneof![9 => Just(1_u32), 2 => 2_u32..5, 1 => 5_u32..90], 940_i64..1_060, 0_u8..12), 1..150),
        first in 0_u32..40,
    ) {
        let mut quality = Quality::new();
        let (mut bars, mut scores): (Vec<Seen>, Vec<Ratio>) = (Vec::new(), Vec::new());
        let mut minute = first;
        for (step, close, kind) in steps {
            bars.push((minute, close, kind == 0));
            quality.update(minute, Price::from_raw(close), kind == 0).unwrap();
            scores.push(by_its_words(&bars));
            prop_assert_eq!(Some(&quality.score()), scores.last());
            let (fallen, hold) = states_by_their_words(&bars, &scores);
            prop_assert_eq!((quality.is_fallen(), quality.hold()), (fallen, hold));
            minute += step;
        }
    }
}
