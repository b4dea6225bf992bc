//! Liveness, readiness, each component with status, age and reason, and metrics for Prometheus (WEB-6).

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::web::Data;
use desk::domain::bot::BotState;
use serde_json::{Value, json};

use crate::messages::board::Board;
use crate::messages::latency::Histogram;
use crate::store::StoreError;
use crate::web::ages::Ages;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;

type Answer = Result<HttpResponse, Refusal>;

/// `GET /health`: the server answers.
pub(crate) async fn alive() -> Answer {
    Ok(HttpResponse::Ok().json(json!({ "status": "alive" })))
}

/// `GET /ready`: the bot is set up and not in error.
pub(crate) async fn ready(shared: Data<Shared>) -> Answer {
    let state = shared.board().state;
    let ready =
        state.is_set_up() && !matches!(state, BotState::Error | BotState::Shutdown | BotState::ShutdownTriggered);
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(answer.json(json!({ "status": if ready { "ready" } else { "not_ready" }, "state": state })))
}

/// A feed that is older than so many seconds while the bot trades is a fault.
const FEED_LIMIT: i64 = 120;
/// So is a board that has not changed for so long.
const BOARD_LIMIT: i64 = 5;

fn component(name: &str, status: &str, age: Option<i64>, reason: Option<&str>) -> Value {
    json!({ "component": name, "status": status, "age_seconds": age, "reason": reason })
}

/// The feed: it waits before its first bar, and fails where bars are due and do not come.
fn feed(board: &Board, ages: Ages) -> Value {
    let open = board.session.as_ref().is_some_and(|s| s.open <= board.at && board.at < s.close);
    let (status, reason) = match ages.feed {
        None => ("waiting", "no bar has come yet".to_owned()),
        Some(age) if open && board.state.is_running() && age > FEED_LIMIT => {
            ("failed", format!("the last bar came {age} s ago; {FEED_LIMIT} s are allowed while the market is open"))
        }
        Some(_) => ("ok", String::new()),
    };
    component("feed", status, ages.feed, Some(reason.as_str()).filter(|r| !r.is_empty()))
}

/// `GET /api/sre/health`: each component with status, age and reason.
pub(crate) async fn components(shared: Data<Shared>) -> Answer {
    let board = shared.board();
    let ages = shared.ages(&board);
    let actors = board.actors.iter().map(|a| {
        let age = i64::try_from(a.silent_ms.checked_div(1_000).unwrap_or(0)).ok();
        component(&a.name, if a.well { "ok" } else { "failed" }, age, a.fault.as_deref())
    });
    let silent = ages.board > BOARD_LIMIT;
    let reason = silent.then(|| format!("the bot has told nothing new for {} s", ages.board));
    let own = component("board", if silent { "failed" } else { "ok" }, Some(ages.board), reason.as_deref());
    let people = shared.site.people.count().await;
    let people = component(
        "people",
        if people.is_ok() { "ok" } else { "failed" },
        Some(0),
        people.as_ref().err().map(StoreError::code),
    );
    let books = match &shared.site.books {
        None => component("books", "waiting", None, Some("the books are not open yet")),
        Some(reader) => match reader.book(&shared.site.identity).await {
            Ok(_) => component("books", "ok", Some(0), None),
            Err(e) => component("books", "failed", Some(0), Some(e.code())),
        },
    };
    let host = (shared.site.host)();
    let of_host = |name, said: Result<String, String>| match said {
        Ok(said) => component(name, "ok", Some(0), Some(&said)),
        Err(said) => component(name, "failed", Some(0), Some(&said)),
    };
    let (disk, clock) = (of_host("disk", host.disk()), of_host("clock", host.clock()));
    let all: Vec<Value> = actors.chain([own, feed(&board, ages), people, books, disk, clock]).collect();
    let well = all.iter().all(|c| c["status"] != "failed");
    Ok(HttpResponse::Ok()
        .json(json!({ "status": if well { "ok" } else { "failed" }, "at": board.at, "components": all })))
}

/// `GET /metrics`
pub(crate) async fn metrics(shared: Data<Shared>) -> Answer {
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text(&shared)))
}

fn text(shared: &Shared) -> String {
    let board = shared.board();
    let mut text = prometheus(&board, shared.ages(&board));
    let (latencies, identity) = (&shared.site.latencies, board.identity.as_str());
    let host = (shared.site.host)();
    if let Some(free) = host.free {
        gauge((&mut text, identity), "disk_free_bytes", "Bytes that may still be written where the data lie.", &free);
    }
    let set = host.clock_set.as_nanos().div_euclid(1_000_000);
    gauge((&mut text, identity), "clock_set_milliseconds", "By how much the clock was set since the start.", &set);
    took(
        (&mut text, identity),
        "tick_to_intent",
        "From a tick to an entry decided, recorded and sent.",
        &latencies.intent,
    );
    took((&mut text, identity), "tick_to_settled", "From a tick to its last consequence.", &latencies.settled);
    text
}

/// A summary, since the process began.
fn took((text, identity): (&mut String, &str), name: &str, help: &str, histogram: &Histogram) {
    let _ = writeln!(text, "# HELP tbot_{name}_seconds {help}\n# TYPE tbot_{name}_seconds summary");
    for (quantile, thousandths) in [("0.5", 500), ("0.9", 900), ("0.99", 990), ("1", 1_000)] {
        if let Some(took) = histogram.quantile(thousandths) {
            let _ = writeln!(
                text,
                "tbot_{name}_seconds{{identity=\"{identity}\",quantile=\"{quantile}\"}} {:.6}",
                took.as_secs_f64()
            );
        }
    }
    let _ = writeln!(text, "tbot_{name}_seconds_sum{{identity=\"{identity}\"}} {:.6}", histogram.total().as_secs_f64());
    let _ = writeln!(text, "tbot_{name}_seconds_count{{identity=\"{identity}\"}} {}", histogram.count());
}

fn gauge((text, identity): (&mut String, &str), name: &str, help: &str, value: &dyn std::fmt::Display) {
    let _ = writeln!(
        text,
        "# HELP tbot_{name} {help}\n# TYPE tbot_{name} gauge\ntbot_{name}{{identity=\"{identity}\"}} {value}"
    );
}

fn prometheus(board: &Board, ages: Ages) -> String {
    let mut text = String::new();
    let identity = board.identity.as_str();
    let build = format!("{identity}\",version=\"{}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(
        text,
        "# HELP tbot_build_info The version that runs.\n# TYPE tbot_build_info gauge\ntbot_build_info{{identity=\"{build}\"}} 1"
    );
    let mut one = |name: &str, help: &str, kind: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(
            text,
            "# HELP tbot_{name} {help}\n# TYPE tbot_{name} {kind}\ntbot_{name}{{identity=\"{identity}\"}} {value}"
        );
    };
    one("board_number", "Rises with each change of the board.", "counter", &board.number);
    one("latched", "1 while the kill latch is set.", "gauge", &u8::from(board.latch.is_some()));
    one("freezes", "Freezes that hold entries back.", "gauge", &board.freezes.len());
    one("day_net_usd", "Result of the day, fees taken off.", "gauge", &board.day.net);
    one("day_realised_usd", "Of closed trades.", "gauge", &board.day.realised);
    one("day_unrealised_usd", "Of open positions.", "gauge", &board.day.unrealised);
    one("day_fees_usd", "Fees of the day.", "gauge", &board.day.fees);
    one("day_loss_limit_usd", "The loss at which entries freeze.", "gauge", &board.day.loss_limit);
    one("equity_usd", "Equity.", "gauge", &board.day.equity);
    one("orders_sent", "Orders sent today.", "counter", &board.day.sent);
    one("orders_working", "Working orders.", "gauge", &board.orders.len());
    one("positions", "Open positions.", "gauge", &board.positions.len());
    one("trades", "Trades closed in the session.", "gauge", &board.trades.len());
    one("board_age_seconds", "Since the bot last told something new.", "gauge", &ages.board);
    one(
        "day_open_fees_usd",
        "The rest of the day's result: fees of open positions, and what is booked beside trades.",
        "gauge",
        &board.day.open_fees,
    );
    let signals = board.strategies.iter().fold(0_u64, |n, s| n.saturating_add(s.signals));
    let blocked = board.strategies.iter().fold(0_u64, |n, s| n.saturating_add(s.blocked));
    one("signals", "Signals of the session.", "gauge", &signals);
    one("signals_blocked", "Of them blocked by a gate.", "gauge", &blocked);
    if let Some(age) = ages.feed {
        one("feed_age_seconds", "Since the last bar or quote.", "gauge", &age);
    }
    let _ = writeln!(text, "# HELP tbot_state 1 for the state that the bot is in.\n# TYPE tbot_state gauge");
    for state in BotState::ALL {
        let _ = writeln!(
            text,
            "tbot_state{{identity=\"{identity}\",state=\"{state}\"}} {}",
            u8::from(state == board.state)
        );
    }
    let _ = writeln!(text, "# HELP tbot_actor_up 1 where the actor answers.\n# TYPE tbot_actor_up gauge");
    for a in &board.actors {
        let _ = writeln!(text, "tbot_actor_up{{identity=\"{identity}\",actor=\"{}\"}} {}", a.name, u8::from(a.well));
    }
    let _ = writeln!(text, "# HELP tbot_mailbox Messages that wait for the actor.\n# TYPE tbot_mailbox gauge");
    for a in &board.actors {
        let _ = writeln!(text, "tbot_mailbox{{identity=\"{identity}\",actor=\"{}\"}} {}", a.name, a.waiting);
    }
    let _ = writeln!(
        text,
        "# HELP tbot_actor_restarts How often the actor was rebuilt.\n# TYPE tbot_actor_restarts counter"
    );
    for a in &board.actors {
        let _ = writeln!(text, "tbot_actor_restarts{{identity=\"{identity}\",actor=\"{}\"}} {}", a.name, a.restarts);
    }
    text
}
