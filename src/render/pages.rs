//! The pages of the browser and their regions, by name. Templates are built in; a wrong one shows at the start.

use serde::Serialize;
use serde_json::Value;
use tera::{Context, Tera};

use super::input::RenderError;

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// Every template of the browser, by its path under `templates/`.
pub const TEMPLATES: &[(&str, &str)] = templates![
    "layout.html",
    "plain.html",
    "pages/account.html",
    "pages/account_register.html",
    "pages/accounts.html",
    "pages/alerts.html",
    "pages/api.html",
    "pages/api_rows.html",
    "pages/audit.html",
    "pages/bots.html",
    "pages/cash.html",
    "pages/closes.html",
    "pages/codes.html",
    "pages/dashboard.html",
    "pages/decision.html",
    "pages/decisions.html",
    "pages/decisions_rows.html",
    "pages/enter.html",
    "pages/entries_rows.html",
    "pages/entry.html",
    "pages/exports.html",
    "pages/float.html",
    "pages/health.html",
    "pages/kill.html",
    "pages/ledger.html",
    "pages/link.html",
    "pages/logs.html",
    "pages/lots.html",
    "pages/order.html",
    "pages/orders.html",
    "pages/orders_rows.html",
    "pages/reconciliation.html",
    "pages/refused.html",
    "pages/refused_plain.html",
    "pages/register.html",
    "pages/rehearsal.html",
    "pages/reports.html",
    "pages/review.html",
    "pages/review_day.html",
    "pages/review_item.html",
    "pages/risk.html",
    "pages/screener.html",
    "pages/settings.html",
    "pages/settings_difference.html",
    "pages/shutdown.html",
    "pages/sign_in.html",
    "pages/statement.html",
    "pages/statements.html",
    "pages/strategies.html",
    "pages/symbol.html",
    "pages/trades.html",
    "pages/trades_rows.html",
    "pages/users.html",
    "pages/why.html",
    "pages/why_rows.html",
    "regions/actors.html",
    "regions/alerts.html",
    "regions/answer.html",
    "regions/bar.html",
    "regions/closing.html",
    "regions/curve.html",
    "regions/days.html",
    "regions/prices.html",
    "regions/trial.html",
    "regions/decisions.html",
    "regions/ending.html",
    "regions/freeze_names.html",
    "regions/freezes.html",
    "regions/gates.html",
    "regions/head.html",
    "regions/heading.html",
    "regions/health.html",
    "regions/kill_page.html",
    "regions/killing.html",
    "regions/latest.html",
    "regions/defense.html",
    "regions/limits.html",
    "regions/machine.html",
    "regions/moved.html",
    "regions/orders.html",
    "regions/orders_heading.html",
    "regions/past_closings.html",
    "regions/past_freezes.html",
    "regions/positions.html",
    "regions/raise.html",
    "regions/rehearsal.html",
    "regions/open_days.html",
    "regions/review.html",
    "regions/session_links.html",
    "regions/sessions.html",
    "regions/stopping.html",
    "regions/strategies.html",
    "regions/trades.html",
    "regions/trades_heading.html",
    "regions/verbs.html",
    "setup/closed.html",
    "setup/step.html",
];

/// The templates, ready to be filled.
pub struct Pages(Tera);

impl Pages {
    /// All templates.
    ///
    /// # Errors
    /// Where one cannot be read.
    pub fn new() -> Result<Self, RenderError> {
        let mut tera = Tera::default();
        tera.add_raw_templates(TEMPLATES.iter().copied())?;
        Ok(Self(tera))
    }

    /// One of them, filled. A name that the values lack is an error, not a hole in the page.
    ///
    /// # Errors
    /// Where the template or a value is missing.
    pub fn fill(&self, name: &str, values: &Value) -> Result<String, RenderError> {
        self.fill_from(name, &Values::new(values)?)
    }

    /// The same, from values that fill several.
    ///
    /// # Errors
    /// Where the template or a value is missing.
    pub fn fill_from(&self, name: &str, values: &Values) -> Result<String, RenderError> {
        Ok(self.0.render(name, &values.0)?)
    }
}

/// Values that several templates are filled from, made ready once.
#[derive(Debug)]
pub struct Values(Context);

impl Values {
    /// A map of values by their names.
    ///
    /// # Errors
    /// Where it is no map, or the serialiser refuses.
    pub fn new(values: &impl Serialize) -> Result<Self, RenderError> {
        Ok(Self(Context::from_serialize(values)?))
    }
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}
