//! The look-ahead guard (RES-6): another future must not change what was recorded before it.
//!
//! A bar is known at its end. Everything that ends after a moment is replaced, in all symbols, and whatever was recorded
//! up to the moment, decisions with their sizes and traces, orders, fills, trades, must be the same bytes.

use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Price, Quantity, SCALE};
use desk::domain::event::{Body, Event};
use desk::domain::market::Bar;
use desk::domain::seed::{Rng, Seed};
use desk::domain::time::{Span, Timestamp};

/// How many moments are tried in each symbol.
pub(crate) const MOMENTS: u64 = 200;

/// What the guard has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) moments: u32,
    pub(crate) decisions: u32,
    pub(crate) trades: u32,
}

fn cents(price: Price) -> i64 {
    (price.raw() / (SCALE / 100)).max(100)
}

/// Another walk from a price, minute by minute, one in eight missing.
fn walk(rng: &mut Rng, from: Timestamp, to: Timestamp, start: i64, out: &mut Vec<Bar>) {
    let mut last = start;
    let price = |cents: i64| Price::from_raw(cents.max(1) * (SCALE / 100));
    for minute in 0..(to - from).as_minutes() {
        if rng.chance(1, 8) {
            continue;
        }
        let open = (last + rng.bell(last / 400 + 1)).max(5);
        let close = (open + rng.bell(last / 200 + 1)).max(5);
        let (high, low) = (open.max(close) + rng.range(0, 3), (open.min(close) - rng.range(0, 3)).max(1));
        let volume = Quantity::whole(rng.range(0, 200_000));
        let start = from + Span::minutes(minute);
        out.push(Bar { start, open: price(open), high: price(high), low: price(low), close: price(close), volume });
        last = close;
    }
}

/// The bars that have ended by the moment, and another future.
pub(crate) fn other_future(bars: &[Bar], moment: Timestamp, rng: &mut Rng) -> Vec<Bar> {
    let known = bars.partition_point(|b| b.end() <= moment);
    let (mut out, rest) = (bars[..known].to_vec(), &bars[known..]);
    let last = bars[known.saturating_sub(1)].close;
    let session = Calendar::XNYS.session(moment.utc_date()).unwrap();
    let next = Calendar::XNYS.next(session.id.date).unwrap();
    let elsewhere = cents(last) * rng.range(50, 200) / 100;
    match rng.below(4) {
        // Nothing comes any more.
        0 => {}
        // The rest of the day is missing, another one follows.
        1 => walk(rng, next.open, next.close, elsewhere, &mut out),
        // Another walk from elsewhere, into another day.
        2 => {
            walk(rng, moment, session.close, elsewhere, &mut out);
            walk(rng, next.open, next.close, elsewhere, &mut out);
        }
        // The same minutes turned over around the last close, with other volumes.
        _ => out.extend(rest.iter().map(|b| {
            let over = |p: Price| Price::from_raw((last.raw() * 2 - p.raw()).max(SCALE / 100));
            let volume = Quantity::whole(rng.range(0, 100_000));
            let (open, close) = (over(b.open), over(b.close));
            Bar { start: b.start, open, high: over(b.low), low: over(b.high), close, volume }
        })),
    }
    out
}

fn up_to(events: &[Event], moment: Timestamp) -> Vec<String> {
    events.iter().filter(|e| e.at <= moment).map(|e| serde_json::to_string(e).unwrap()).collect()
}

/// Tries seeded moments in the bars of each symbol of one session, and says where the past changed.
pub(crate) fn guard(
    tapes: &[Vec<Bar>],
    seed: u64,
    run: impl Fn(&[Vec<Bar>]) -> Vec<Event>,
    moments: u64,
) -> (Seen, Vec<Timestamp>) {
    let (mut seen, mut broken) = (Seen::default(), Vec::new());
    let events = run(tapes);
    for (place, tape) in tapes.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
        for number in 0..moments {
            let mut rng = Seed(seed).part("look-ahead", number * 1_000 + place as u64).rng();
            let moment = rng.pick(tape).unwrap().end();
            let other: Vec<Vec<Bar>> = tapes
                .iter()
                .map(|t| {
                    if t.first().is_some_and(|b| b.end() <= moment) {
                        other_future(t, moment, &mut rng)
                    } else {
                        Vec::new()
                    }
                })
                .collect();
            let (before, after) = (up_to(&events, moment), up_to(&run(&other), moment));
            if before != after {
                broken.push(moment);
            }
            seen.moments += 1;
            for event in events.iter().filter(|e| e.at <= moment) {
                match event.body {
                    Body::Decided(_) => seen.decisions += 1,
                    Body::TradeClosed(_) => seen.trades += 1,
                    _ => {}
                }
            }
        }
    }
    (seen, broken)
}
