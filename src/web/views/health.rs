//! Actors, the feed, the heartbeat: the worst first.

use desk::domain::decimal::Ratio;
use desk::domain::time::Span;
use serde_json::{Value, json};

use super::words::{figure, moment};
use crate::messages::board::{ActorLine, Board};
use crate::messages::latency::{Histogram, Latencies};
use crate::render::numbers::{count, span};
use crate::settings::Runtime;
use crate::web::ages::Ages;
use crate::web::site::HostLine;

/// A beat that is on its way is no silence, in milliseconds.
const ONE_BEAT: u64 = 400;

/// An age in milliseconds, in words.
fn silence(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    match ms.div_euclid(1_000) {
        0 => format!("{}.{} s", 0, ms.rem_euclid(1_000).div_euclid(100)),
        seconds => span(Span::seconds(seconds)),
    }
}

pub(super) fn health(board: &Board, ages: Ages, silent: Option<i64>) -> Value {
    let ill: Vec<&ActorLine> = board.actors.iter().filter(|a| !a.well).collect();
    let restarts = board.actors.iter().map(|a| a.restarts).fold(0_u32, u32::saturating_add);
    let answer = match (silent, ill.first()) {
        (Some(seconds), _) => format!("The bot has told nothing new for {seconds} s."),
        (None, Some(a)) => format!("{} does not answer: {}.", a.name, a.fault.as_deref().unwrap_or("no reason known")),
        (None, None) => format!("All {} actors answer.", board.actors.len()),
    };
    json!({
        "answer": answer,
        "well": silent.is_none() && ill.is_empty(),
        "actors": board.actors.len(),
        "ill": ill.len(),
        "restarts": restarts,
        "heartbeat": match board.actors.iter().max_by_key(|a| a.silent_ms) {
            None => "none yet".to_owned(),
            Some(a) if a.silent_ms <= ONE_BEAT => "every actor answered the last one".to_owned(),
            Some(a) => format!("{} has been silent for {}", a.name, silence(a.silent_ms)),
        },
        "feed_name": board.feed_name,
        "feed": ages.feed.map(|seconds| span(Span::seconds(seconds))),
        "waiting": board.actors.iter().map(|a| a.waiting).max().unwrap_or(0),
    })
}

pub(super) fn actors(board: &Board) -> Value {
    let mut shown: Vec<&ActorLine> = board.actors.iter().collect();
    shown.sort_by_key(|a| (a.well, std::cmp::Reverse(a.restarts)));
    let rows: Vec<Value> = shown
        .iter()
        .map(|a| {
            json!({
                "name": a.name, "well": a.well, "answered": silence(a.silent_ms), "waiting": a.waiting,
                "restarts": a.restarts, "fault": a.fault,
            })
        })
        .collect();
    json!({ "rows": rows })
}

/// How long something takes, in words: `0.412 ms`.
fn took(histogram: &Histogram, thousandths: u64) -> Option<String> {
    let micros = histogram.quantile(thousandths)?.as_micros();
    Some(format!("{}.{:03}", micros.div_euclid(1_000), micros.rem_euclid(1_000)))
}

fn latency(what: &str, histogram: &Histogram) -> Value {
    json!({
        "what": what, "count": count(histogram.count()), "half": took(histogram, 500), "most": took(histogram, 990),
        "longest": took(histogram, 1_000),
    })
}

/// Latencies, data quality, disk, clock, versions: what is measured besides the actors.
pub(super) fn machine(board: &Board, host: &HostLine, latencies: &Latencies) -> Value {
    let said = |verdict: Result<String, String>| match verdict {
        Ok(said) => json!({ "well": true, "said": said }),
        Err(said) => json!({ "well": false, "said": said }),
    };
    let data = &board.data;
    let lowest: Vec<Value> = data
        .lowest
        .iter()
        .map(|l| {
            let figure = |r: Ratio| figure(&r.to_string());
            json!({ "symbol": l.symbol, "score": figure(l.score), "lowest": figure(l.lowest), "corrupt": l.corrupt })
        })
        .collect();
    json!({
        "latencies": [
            latency("From a minute's end to an order sent", &latencies.intent),
            latency("From a minute's end to its last consequence", &latencies.settled),
        ],
        "data": {
            "symbols": data.symbols, "clean": count(data.clean), "corrupt": count(data.corrupt),
            "fallen": count(data.fallen), "lowest": lowest,
        },
        "disk": said(host.disk()), "clock": said(host.clock()), "since": moment(host.since), "missing": host.missing,
        "program": env!("CARGO_PKG_VERSION"), "configuration": Runtime::SCHEMA, "books": crate::store::SCHEMA,
    })
}
