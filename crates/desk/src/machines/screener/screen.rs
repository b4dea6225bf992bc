//! One pass over all candidates.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::criteria::Criteria;
use super::reason::{Flag, Reason};
use crate::domain::decimal::{Price, Quantity};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;

/// What is known about a symbol. What nobody said is missing, never zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its ticker.
    pub symbol: Symbol,
    /// When the following was true; nothing where nobody said.
    pub as_of: Option<Timestamp>,
    /// Its last price.
    pub price: Option<Price>,
    /// The day's volume, in units.
    pub volume: Option<Quantity>,
    /// Whether the broker trades it.
    pub tradable: Option<bool>,
    /// Whether it can be sold short.
    pub shortable: Option<bool>,
    /// Whether parts of it can be traded.
    pub fractionable: Option<bool>,
    /// Where it is listed.
    pub exchange: Option<String>,
}

/// What a pass found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Screened {
    /// The universe, by symbol.
    pub chosen: Vec<Symbol>,
    /// The others with their reason, by symbol.
    pub rejected: Vec<(Symbol, Reason)>,
}

impl Candidate {
    /// A symbol of which nothing is known.
    #[must_use]
    pub const fn unknown(symbol: Symbol) -> Self {
        Self {
            symbol,
            as_of: None,
            price: None,
            volume: None,
            tradable: None,
            shortable: None,
            fractionable: None,
            exchange: None,
        }
    }

    const fn flag(&self, flag: Flag) -> Option<bool> {
        match flag {
            Flag::Tradable => self.tradable,
            Flag::Shortable => self.shortable,
            Flag::Fractionable => self.fractionable,
        }
    }
}

/// Every candidate is in or out, whatever the order in which they come; of a symbol that comes twice the newer one counts,
/// of equally old ones the last.
#[must_use]
pub fn screen(now: Timestamp, criteria: &Criteria, candidates: &[Candidate]) -> Screened {
    let mut by_symbol: BTreeMap<Symbol, &Candidate> = BTreeMap::new();
    for candidate in candidates {
        let place = by_symbol.entry(candidate.symbol).or_insert(candidate);
        if candidate.as_of >= place.as_of {
            *place = candidate;
        }
    }
    let mut rejected: BTreeMap<Symbol, Reason> = BTreeMap::new();
    let mut passed = Vec::new();
    for (symbol, candidate) in by_symbol {
        match fails(now, criteria, candidate) {
            Some(reason) => drop(rejected.insert(symbol, reason)),
            None => passed.push((Reverse(candidate.volume), symbol)),
        }
    }
    passed.sort_unstable();
    let most = criteria.max_symbols;
    for ((_, symbol), rank) in passed.iter().zip(1..).skip(most) {
        rejected.insert(*symbol, Reason::Full { rank, most });
    }
    let mut chosen: Vec<_> = passed.into_iter().take(most).map(|(_, symbol)| symbol).collect();
    chosen.sort_unstable();
    Screened { chosen, rejected: rejected.into_iter().collect() }
}

/// The first criterion that a symbol fails; what is missing fails where it is asked for.
fn fails(now: Timestamp, c: &Criteria, it: &Candidate) -> Option<Reason> {
    if c.blocklist.contains(&it.symbol) {
        return Some(Reason::Blocked);
    }
    if !c.allowlist.is_empty() && !c.allowlist.contains(&it.symbol) {
        return Some(Reason::NotAllowed);
    }
    if c.file.as_ref().is_some_and(|file| !file.contains(&it.symbol)) {
        return Some(Reason::NotInFile);
    }
    let age = it.as_of.map(|as_of| now - as_of);
    if c.max_age.as_nanos() < i64::MAX && age.is_none_or(|age| age > c.max_age) {
        return Some(Reason::stale(age, c.max_age));
    }
    for flag in c.flags.iter().copied() {
        match it.flag(flag) {
            Some(true) => {}
            Some(false) => return Some(Reason::Lacks { flag }),
            None => return Some(Reason::FlagUnknown { flag }),
        }
    }
    let listed = it.exchange.as_ref().is_some_and(|e| c.exchanges.contains(e));
    if !c.exchanges.is_empty() && !listed {
        return Some(Reason::Exchange { have: it.exchange.clone() });
    }
    let Some(price) = it.price else { return Some(Reason::NoPrice) };
    if price < c.min_price {
        return Some(Reason::PriceBelow { have: price, least: c.min_price });
    }
    if price > c.max_price {
        return Some(Reason::PriceAbove { have: price, most: c.max_price });
    }
    match it.volume {
        _ if c.min_volume.is_zero() => None,
        None => Some(Reason::NoVolume),
        Some(have) if have < c.min_volume => Some(Reason::VolumeBelow { have, least: c.min_volume }),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::list::parse_list;
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    fn good(symbol: &str) -> Candidate {
        Candidate {
            symbol: symbol.parse().unwrap(),
            as_of: Some(now()),
            price: Some(Price::whole(100)),
            volume: Some(Quantity::whole(1_000_000)),
            tradable: Some(true),
            shortable: Some(false),
            fractionable: None,
            exchange: Some("NASDAQ".to_owned()),
        }
    }

    type Settings<'a> = &'a [(&'a str, &'a str)];

    fn criteria(settings: Settings<'_>) -> Criteria {
        let mut c = Criteria::default();
        for (name, text) in settings {
            c.set(name, text).unwrap();
        }
        c
    }

    #[test]
    fn trade_4_each_rejected_symbol_keeps_its_reason() {
        let base = || good("SPY");
        let old = Timestamp::from_seconds(1_800_000_000 - 86_401);
        let cases: [(Settings<'_>, Candidate, &str, &str); 17] = [
            (&[("blocklist", "SPY"), ("allowlist", "SPY")], base(), "blocked", "on the blocklist"),
            (&[("allowlist", "QQQ")], base(), "not_allowed", "not on the allowlist"),
            (&[], Candidate { as_of: Some(old), ..base() }, "stale", "its data are 86401 s old; 86400 s are allowed"),
            (&[], Candidate { as_of: None, ..base() }, "stale", "nobody said how old its data are"),
            (&[], Candidate { tradable: Some(false), ..base() }, "lacks", "not tradable"),
            (&[], Candidate { tradable: None, ..base() }, "flag_unknown", "nobody said whether it is tradable"),
            (&[("flags", "tradable,shortable")], base(), "lacks", "not shortable"),
            (&[("flags", "fractionable")], base(), "flag_unknown", "nobody said whether it is fractionable"),
            (&[("exchanges", "NYSE,ARCA")], base(), "exchange", "listed at NASDAQ"),
            (
                &[("exchanges", "NYSE")],
                Candidate { exchange: None, ..base() },
                "exchange",
                "nobody said where it is listed",
            ),
            (&[], Candidate { price: None, ..base() }, "no_price", "no price is known"),
            (&[("min_price", "100.01")], base(), "price_below", "costs 100.00; at least 100.01 is asked for"),
            (&[("max_price", "99.99")], base(), "price_above", "costs 100.00; at most 99.99 is allowed"),
            (&[], Candidate { volume: None, ..base() }, "no_volume", "no volume is known"),
            (
                &[("min_volume", "1000001")],
                base(),
                "volume_below",
                "1000000 are traded; at least 1000001 are asked for",
            ),
            // The first criterion that fails is the reason.
            (&[("flags", "shortable"), ("min_price", "500")], base(), "lacks", "not shortable"),
            (&[("blocklist", "SPY")], Candidate::unknown("SPY".parse().unwrap()), "blocked", "on the blocklist"),
        ];
        for (settings, candidate, code, says) in cases {
            let found = screen(now(), &criteria(settings), &[candidate]);
            let [(_, reason)] = found.rejected.as_slice() else { panic!("{settings:?}: {found:?}") };
            assert_eq!((reason.code(), reason.to_string().as_str()), (code, says));
            assert_eq!(serde_json::to_value(reason).unwrap()["code"], code);
            assert!(found.chosen.is_empty());
        }
    }

    #[test]
    fn trade_4_bounds_belong_to_what_passes() {
        let c = criteria(&[("min_price", "100"), ("max_price", "100"), ("min_volume", "1000000")]);
        assert_eq!(screen(now(), &c, &[good("SPY")]).chosen.len(), 1);
    }

    #[test]
    fn trade_4_a_file_narrows_and_the_universe_is_full_at_its_size() {
        let mut c = criteria(&[("max_symbols", "2")]);
        c.file = Some(parse_list("AAA\nBBB\nCCC\nDDD").unwrap());
        let with = |symbol: &str, volume: i64| Candidate { volume: Some(Quantity::whole(volume)), ..good(symbol) };
        let all = [
            with("DDD", 900_000),
            with("CCC", 700_000),
            with("BBB", 700_000),
            with("AAA", 600_000),
            with("EEE", 9_000_000),
        ];
        let found = screen(now(), &c, &all);
        let words = |s: &Screened| {
            let out = s.rejected.iter().map(|(symbol, r)| format!("{symbol}: {r}"));
            s.chosen.iter().map(ToString::to_string).chain(out).collect::<Vec<_>>()
        };
        let expected = [
            "BBB",
            "DDD",
            "AAA: rank 4 by volume; 2 are taken",
            "CCC: rank 3 by volume; 2 are taken",
            "EEE: not in the file",
        ];
        assert_eq!(words(&found), expected);
    }

    #[test]
    fn trade_4_a_rehearsal_asks_for_the_price_alone() {
        let c = criteria(&[("allowlist", "QQQ"), ("blocklist", "SPY"), ("exchanges", "NYSE")]).price_only();
        let bare = |symbol: &str, price: i64| Candidate {
            price: Some(Price::whole(price)),
            ..Candidate::unknown(symbol.parse().unwrap())
        };
        let found = screen(now(), &c, &[bare("SPY", 100), bare("PENNY", 1)]);
        assert_eq!(found.chosen, ["SPY".parse().unwrap()]);
        assert_eq!(found.rejected[0].1.code(), "price_below");
    }

    proptest! {
        /// Each symbol is in or out, once; the order of the candidates does not show.
        #[test]
        fn trade_4_the_order_of_the_candidates_makes_no_difference(
            rows in prop::collection::vec((0_u8..30, 0_i64..200, 0_i64..2_000_000, any::<Option<bool>>()), 0..60),
            turn in 0_usize..60,
        ) {
            let candidates: Vec<_> = rows.iter().enumerate().map(|(n, (name, price, volume, tradable))| Candidate {
                as_of: Some(Timestamp::from_seconds(1_799_990_000 + i64::try_from(n).unwrap())),
                price: Some(Price::whole(*price)),
                volume: Some(Quantity::whole(*volume)),
                tradable: *tradable,
                ..good(&format!("S{name}"))
            }).collect();
            let c = criteria(&[("max_symbols", "5")]);
            let found = screen(now(), &c, &candidates);
            let mut turned = candidates.clone();
            turned.rotate_left(turn.min(candidates.len()));
            prop_assert_eq!(&screen(now(), &c, &turned), &found);
            let mut names: Vec<_> = candidates.iter().map(|c| c.symbol).collect();
            names.sort_unstable();
            names.dedup();
            let mut told: Vec<_> = found.rejected.iter().map(|(s, _)| *s).chain(found.chosen.iter().copied()).collect();
            told.sort_unstable();
            prop_assert_eq!(told, names);
            prop_assert!(found.chosen.len() <= 5 && found.chosen.is_sorted() && found.rejected.is_sorted_by_key(|r| r.0));
        }
    }
}
