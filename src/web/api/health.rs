//! Liveness, readiness, each component with status, age and reason, and metrics for Prometheus (WEB-6).

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::web::Data;
use desk::domain::bot::BotState;
use serde_json::{Value, json};

use crate::messages::board::Board;
use crate::messages::latency::Histogram;
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

/// `GET /api/sre/health`
pub(crate) async fn components(shared: Data<Shared>) -> Answer {
    let board = shared.board();
    let actors = board.actors.iter().map(|a| {
        json!({
            "component": a.name, "status": if a.well { "ok" } else { "failed" },
            "age_seconds": a.silent_ms.checked_div(1_000), "reason": a.fault,
        })
    });
    let fed = shared.ages(&board).feed;
    let feed = json!({ "component": "feed", "status": if fed.is_some() { "ok" } else { "waiting" }, "age_seconds": fed, "reason": Value::Null });
    let people = shared.site.people.count().await;
    let store = json!({
        "component": "people", "status": if people.is_ok() { "ok" } else { "failed" }, "age_seconds": 0,
        "reason": people.err().map(|e| e.code()),
    });
    let all: Vec<Value> = actors.chain([feed, store]).collect();
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
    let latencies = &shared.site.latencies;
    took(&mut text, "tick_to_intent", "From a tick to an entry decided, recorded and sent.", &latencies.intent);
    took(&mut text, "tick_to_settled", "From a tick to its last consequence.", &latencies.settled);
    text
}

/// A summary, since the process began.
fn took(text: &mut String, name: &str, help: &str, histogram: &Histogram) {
    let _ = writeln!(text, "# HELP tbot_{name}_seconds {help}\n# TYPE tbot_{name}_seconds summary");
    for (quantile, thousandths) in [("0.5", 500), ("0.9", 900), ("0.99", 990), ("1", 1_000)] {
        if let Some(took) = histogram.quantile(thousandths) {
            let _ = writeln!(text, "tbot_{name}_seconds{{quantile=\"{quantile}\"}} {:.6}", took.as_secs_f64());
        }
    }
    let _ = writeln!(text, "tbot_{name}_seconds_sum {:.6}", histogram.total().as_secs_f64());
    let _ = writeln!(text, "tbot_{name}_seconds_count {}", histogram.count());
}

fn prometheus(board: &Board, ages: Ages) -> String {
    let mut text = String::new();
    let identity = board.identity.as_str();
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
    let _ = writeln!(
        text,
        "# HELP tbot_actor_restarts How often the actor was rebuilt.\n# TYPE tbot_actor_restarts counter"
    );
    for a in &board.actors {
        let _ = writeln!(text, "tbot_actor_restarts{{identity=\"{identity}\",actor=\"{}\"}} {}", a.name, a.restarts);
    }
    text
}
