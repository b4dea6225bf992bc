//! The API as a page: every address, who may, and what it is asked.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::web::api::openapi;
use crate::web::refusal::Refusal;
use crate::web::routes::all;
use crate::web::site::Shared;
use crate::web::visitor::Visitor;

/// `GET /system/api`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor) -> Result<HttpResponse, Refusal> {
    let rows: Vec<Value> = all().filter(|r| openapi::is_described(r)).map(row).collect();
    let (commands, data): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|r| r["command"] == true);
    let own = json!({ "api": { "commands": commands, "data": data } });
    Frame::new(&shared, &visitor, "/system/api").page("API", "pages/api.html", own)
}

fn row(route: &crate::web::routes::Route) -> Value {
    let method = route.verb.method();
    let operation = &openapi::get()["paths"][route.path][method.as_str().to_lowercase().as_str()];
    let named = |parameters: &Value| -> Vec<String> {
        let all = parameters.as_array().into_iter().flatten();
        all.filter(|p| p["in"] == "query").filter_map(|p| p["name"].as_str().map(str::to_owned)).collect()
    };
    let body = &operation["requestBody"]["content"]["application/json"]["schema"]["properties"];
    let mut asks = named(&operation["parameters"]);
    asks.extend(body.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    json!({
        "method": method.as_str(), "path": route.path, "summary": operation["summary"], "who": openapi::who(route.needs),
        "asks": asks.join(", "), "command": route.path.starts_with("/api/v1/commands/"),
        "read": method.as_str() == "GET" && !route.path.contains('{'),
    })
}
