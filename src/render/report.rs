//! `report.html`: one page that carries everything it needs (REP-6, RES-7). The same input gives the same bytes.

use serde_json::Value;
use tera::{Context, Tera};

use super::input::{RenderError, ReportInput};
use super::{charts, views};

/// The templates by name.
const TEMPLATES: &[(&str, &str)] = &[
    ("report.html", include_str!("../../templates/reports/report.html")),
    ("answer.html", include_str!("../../templates/reports/answer.html")),
    ("charts.html", include_str!("../../templates/reports/charts.html")),
    ("trades.html", include_str!("../../templates/reports/trades.html")),
    ("figures.html", include_str!("../../templates/reports/figures.html")),
    ("gates.html", include_str!("../../templates/reports/gates.html")),
    ("run.html", include_str!("../../templates/reports/run.html")),
];

/// Styles and scripts that are inlined, in their order.
const STYLES: &[&str] =
    &[include_str!("../../static/vendor/uplot/uPlot.min.css"), include_str!("../../static/report.css")];
const SCRIPTS: &[&str] = &[
    include_str!("../../static/vendor/uplot/uPlot.iife.min.js"),
    include_str!("../../static/vendor/lightweight-charts/lightweight-charts.standalone.production.js"),
    include_str!("../../static/report.js"),
];

/// The report as HTML.
///
/// # Errors
/// [`RenderError`]; none is known for records that agree with themselves.
pub fn report_html(input: &ReportInput<'_>) -> Result<String, RenderError> {
    let mut tera = Tera::default();
    tera.add_raw_templates(TEMPLATES.iter().copied())?;
    let mut context = Context::from_serialize(&views::page(input)?)?;
    context.insert("styles", &STYLES.join("\n"));
    context.insert("scripts", &SCRIPTS.join("\n"));
    let data = serde_json::json!({ "equity": charts::equity(input), "days": charts::prices(input) });
    context.insert("data", &script_safe(&data)?);
    Ok(tera.render("report.html", &context)?)
}

/// JSON that cannot end the script element it stands in.
fn script_safe(data: &Value) -> Result<String, RenderError> {
    Ok(serde_json::to_string(data)?.replace('<', "\\u003c"))
}
