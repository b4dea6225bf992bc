//! Strategies: what each does now, and its parameters with meaning, bounds and default.

use actix_web::HttpResponse;
use actix_web::web::Data;
use desk::domain::ids::StrategyName;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::messages::board::Board;
use crate::settings::{Key, Runtime, catalogue};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::plain_help;
use crate::web::visitor::Visitor;

/// `GET /strategies`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor) -> Result<HttpResponse, Refusal> {
    let chosen = shared.site.current.get();
    let holds = in_force(&chosen, &shared.board());
    let all: Vec<Value> = StrategyName::TRADING.into_iter().map(|name| strategy(name, &chosen, &holds)).collect();
    let own = json!({ "strategies": all });
    Frame::new(&shared, &visitor, "/strategies").page("Strategies", "pages/strategies.html", own)
}

/// What a strategy does, in one sentence.
const fn idea(name: StrategyName) -> &'static str {
    match name {
        StrategyName::Open => "Trades a breakout from the opening range, with volume behind it.",
        StrategyName::Mid => "Trades the way back to the session's volume-weighted average price (VWAP).",
        StrategyName::Close => "Trades momentum into the close.",
        StrategyName::External => "Orders that came from elsewhere.",
    }
}

/// The configuration with the parameters that strategies trade by at this moment: what was changed may wait for the next session.
fn in_force(chosen: &Runtime, board: &Board) -> Runtime {
    let mut holds = chosen.clone();
    for own in &mut holds.strategies {
        if let Some(line) = board.strategies.iter().find(|s| s.name == own.name && s.changes) {
            own.parameters = line.in_force;
        }
    }
    holds
}

fn strategy(name: StrategyName, chosen: &Runtime, holds: &Runtime) -> Value {
    let section = format!("strategies.{name}");
    let rows: Vec<Value> =
        catalogue().filter(|key| key.section() == section).map(|key| parameter(key, &section, chosen, holds)).collect();
    let changed = rows.iter().filter(|r| r["changed"] == true).count();
    json!({ "name": name, "idea": idea(name), "rows": rows, "changed": changed })
}

fn parameter(key: &Key, section: &str, chosen: &Runtime, holds: &Runtime) -> Value {
    let default = key.default.clone().unwrap_or_default();
    let of = |runtime: &Runtime| runtime.get(&key.name).unwrap_or_else(|| default.clone());
    let (value, next) = (of(holds), of(chosen));
    let own = key.name.strip_prefix(section).unwrap_or(&key.name).trim_start_matches('.');
    json!({
        "name": own.replace('_', " "), "key": key.name, "help": plain_help(key.help), "unit": key.unit,
        "changed": value != default || next != default, "next": (next != value).then_some(&next), "value": value, "default": default, "allowed": key.kind.to_string(),
    })
}
