//! The runtime configuration as one TOML document.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Runtime, rows};
use crate::settings::error::SettingsError;
use crate::settings::key::Kind;

const SCHEMA_KEY: &str = "schema";

impl Runtime {
    /// The whole as TOML, every key with its value. The same configuration gives the same bytes.
    #[must_use]
    pub fn document(&self) -> String {
        let mut sections: BTreeMap<&str, String> = BTreeMap::new();
        for row in rows() {
            let name = row.key.name.rsplit('.').next().unwrap_or_default();
            let value = row.get(self);
            let bare = matches!(row.key.kind, Kind::Switch | Kind::Whole(..));
            let value = if bare { value } else { quoted(&value) };
            let _ = writeln!(sections.entry(row.key.section()).or_default(), "{name} = {value}");
        }
        let mut text = format!("{SCHEMA_KEY} = {}\n", Self::SCHEMA);
        for (section, lines) in sections {
            let _ = write!(text, "\n[{section}]\n{lines}");
        }
        text
    }

    /// Reads a document and validates it whole; keys that it leaves out keep their defaults. `origin` names it in errors.
    ///
    /// # Errors
    /// [`SettingsError`]: no TOML, another schema, an unknown key, a key of another home, a value out of bounds, values
    /// that do not go together.
    pub fn read(document: &str, origin: &str) -> Result<Self, SettingsError> {
        Self::default().changed_by(document, origin)
    }

    /// This configuration with what a document says changed.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn changed_by(&self, document: &str, origin: &str) -> Result<Self, SettingsError> {
        let table: toml::Table = document.parse().map_err(|e| SettingsError::file(origin, e))?;
        let mut flat = Vec::new();
        flatten("", &toml::Value::Table(table), &mut flat);
        let mut new = self.clone();
        for (key, value) in flat {
            if key == SCHEMA_KEY {
                agree(&value)?;
            } else {
                new.set(&key, &value, origin)?;
            }
        }
        new.validate()?;
        Ok(new)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn agree(schema: &str) -> Result<(), SettingsError> {
    if schema == Runtime::SCHEMA.to_string() {
        return Ok(());
    }
    Err(SettingsError::Version {
        found: format!("the configuration has schema {schema}"),
        own: format!("schema {}", Runtime::SCHEMA),
        remedy: "Start the version of tbot that wrote it, or set the bot up anew".to_owned(),
    })
}

/// Every value with its dotted key, as text.
fn flatten(path: &str, value: &toml::Value, flat: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (name, inner) in table {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, inner, flat);
            }
        }
        toml::Value::Array(items) => {
            let words: Vec<String> = items.iter().map(word).collect();
            flat.push((path.to_owned(), words.join(",")));
        }
        plain => flat.push((path.to_owned(), word(plain))),
    }
}

fn word(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Boolean(switch) => switch.to_string(),
        toml::Value::Datetime(moment) => moment.to_string(),
        toml::Value::Array(_) | toml::Value::Table(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use desk::domain::bot::Action;
    use desk::domain::decimal::Money;
    use desk::domain::ids::StrategyName;

    use super::*;
    use crate::settings::difference;
    use crate::settings::key::Effect;

    #[test]
    fn ops_3_a_document_is_read_back_as_it_was_written() {
        let mut runtime = Runtime::default();
        runtime.set("strategies.order", "close, open,mid", "test").unwrap();
        runtime.set("display.time_zone", "Europe/Berlin", "test").unwrap();
        runtime.set("screener.symbols", "SPY, AAPL", "test").unwrap();
        runtime.set("strategies.mid.enabled", "false", "test").unwrap();
        let text = runtime.document();
        assert_eq!(Runtime::read(&text, "test"), Ok(runtime.clone()));
        assert_eq!(Runtime::read(&text, "test").unwrap().document(), text);
        let order: Vec<StrategyName> = runtime.trading().iter().map(|(name, _)| *name).collect();
        assert_eq!(order, [StrategyName::Close, StrategyName::Open]);
    }

    #[test]
    fn ops_1_what_is_not_allowed_is_refused_with_key_value_and_range() {
        for (document, says) in [
            ("[risk]\nday_loss = \"0\"", "risk.day_loss (here): \"0\" is not allowed. Allowed: 1 to 100000000 USD"),
            ("[risk]\ndayloss = \"10\"", "risk.dayloss (here): there is no such key. The nearest: risk.day_loss"),
            ("[risk]\ntrades_day = 1.5", "Allowed: whole number, 1 to 1000 trades"),
            ("[web]\nlisten = \"0.0.0.0:80\"", "web.listen (here): is a boot key"),
            ("[strategies.open]\nrange_minutes = 3", "Allowed: whole number, 5 to 60 min"),
            ("[strategies.open]\nlookback = 30", "there is no such key"),
            ("[strategies.open]\nwindow_end = \"O+0\"", "the window from O+0 to O+0 is empty"),
            (
                "[strategies.close]\nexit_time = \"C-30\"",
                "positions must be left at C-30, before the window ends at C-10",
            ),
            ("[strategies.mid]\ndeviation = 13", "13.00 is not below 12.00"),
            ("[screener]\nprice_min = 20\nprice_max = 10", "20.00 is above 10.00"),
            ("[display]\ntime_zone = \"Mars/Olympus\"", "a time zone such as America/New_York"),
            ("[strategies]\norder = \"open,mid\"", "open, mid and close, each once"),
            ("schema = 2", "the configuration has schema 2, and this is schema 1"),
            ("risk = ", "here: "),
        ] {
            let refused = Runtime::read(document, "here").unwrap_err().to_string();
            assert!(refused.contains(says), "{document}: {refused}");
        }
    }

    #[test]
    fn ops_3_a_bad_change_changes_nothing() {
        let runtime = Runtime::default();
        let changed = runtime.changed_by("[risk]\nday_loss = \"500\"\norder_value = \"-1\"", "here");
        assert!(changed.is_err());
        assert_eq!(runtime, Runtime::default());
    }

    #[test]
    fn web_2a_a_difference_says_what_loosens_and_who_may() {
        let now = Runtime::default();
        let change = "[risk]\nday_loss = 1500\ngross = 200000\nfee_multiple = 1\n[strategies.open]\nenabled = false\ntimeout = 30\n[venue]\nlatency_ms = 100";
        let new = now.changed_by(change, "here").unwrap();
        let found: Vec<_> =
            difference(&now, &new).into_iter().map(|c| (c.key, c.now, c.new, c.effect, c.action)).collect();
        let expected = [
            ("risk.gross", "100000.00", "200000.00", Effect::Loosens, Action::Loosen),
            ("risk.day_loss", "2000.00", "1500.00", Effect::Tightens, Action::Halt),
            ("risk.fee_multiple", "2.00", "1.00", Effect::Loosens, Action::Loosen),
            ("strategies.open.enabled", "true", "false", Effect::Tightens, Action::Operate),
            ("strategies.open.timeout", "60", "30", Effect::Neither, Action::Operate),
            ("venue.latency_ms", "500", "100", Effect::Neither, Action::Administer),
        ];
        let expected = expected.map(|(k, a, b, e, w)| (k.to_owned(), a.to_owned(), b.to_owned(), e, w));
        assert_eq!(found, expected);
        assert_eq!(new.limits.day_loss, Money::whole(1_500));
        assert_eq!(difference(&now, &now), []);
    }

    #[test]
    fn ops_1a_every_default_lies_within_its_bounds_and_survives_text() {
        for row in rows() {
            let mut copy = Runtime::default();
            let default = row.key.default.clone().unwrap();
            row.set(&mut copy, &default, "default").unwrap();
            assert_eq!(copy, Runtime::default(), "{}", row.key.name);
        }
        assert_eq!(Runtime::default().validate(), Ok(()));
    }
}
