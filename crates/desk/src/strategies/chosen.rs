//! What of a configuration says who trades what, as the record holds it (decision 0022).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::parameters::{PARAMETERS, Parameters};
use crate::domain::ids::StrategyName;
use crate::machines::screener::Criteria;

/// Which strategies trade, with which parameters, and what is asked of a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The version of the configuration.
    pub version: u32,
    /// Who saved it.
    pub by: String,
    /// Each strategy.
    pub strategies: Vec<Line>,
    /// What is asked of a symbol from the next session's open on; nothing where every symbol is taken.
    pub screen: Option<Criteria>,
}

/// A strategy as it is chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Line {
    /// Which.
    pub strategy: StrategyName,
    /// Whether it takes entries.
    pub on: bool,
    /// With what.
    pub parameters: Parameters,
}

/// A line as it is written: each parameter that the strategy has, as text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    strategy: StrategyName,
    on: bool,
    parameters: BTreeMap<String, String>,
}

impl From<Line> for Raw {
    fn from(line: Line) -> Self {
        let own = PARAMETERS.iter().filter(|row| row.owners.contains(&line.strategy));
        let parameters = own.map(|row| (row.name.to_owned(), line.parameters.get(row))).collect();
        Self { strategy: line.strategy, on: line.on, parameters }
    }
}

impl TryFrom<Raw> for Line {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let strategy = raw.strategy;
        let mut parameters = Parameters::of(strategy);
        for (name, text) in &raw.parameters {
            parameters.set(strategy, name, text).map_err(|e| e.to_string())?;
        }
        let missing = |name: &&str| !raw.parameters.contains_key(*name);
        let mut own = PARAMETERS.iter().filter(|row| row.owners.contains(&strategy)).map(|row| row.name);
        match own.find(missing) {
            // What is not said would be what some version of the program takes for usual.
            Some(name) => Err(format!("{strategy}.{name} is missing")),
            None => Ok(Self { strategy, on: raw.on, parameters }),
        }
    }
}

impl Chosen {
    /// The line of a strategy.
    #[must_use]
    pub fn line(&self, strategy: StrategyName) -> Option<&Line> {
        self.strategies.iter().find(|line| line.strategy == strategy)
    }

    /// Who trades, in words: `open, mid (close off)`.
    #[must_use]
    pub fn who_trades(&self) -> String {
        let named = |on: bool| {
            let names = self.strategies.iter().filter(|line| line.on == on).map(|line| line.strategy.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        match (named(true), named(false)) {
            (on, off) if off.is_empty() => on,
            (on, off) if on.is_empty() => format!("no strategy ({off} off)"),
            (on, off) => format!("{on} ({off} off)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(strategy: StrategyName) -> Line {
        Line { strategy, on: true, parameters: Parameters::of(strategy) }
    }

    #[test]
    fn ops_3_a_line_says_every_parameter_and_reads_back_as_it_was() {
        for strategy in StrategyName::TRADING {
            let mut chosen = line(strategy);
            chosen.parameters.set(strategy, "timeout", "7").unwrap();
            let text = serde_json::to_string(&chosen).unwrap();
            assert!(text.contains(r#""timeout":"7""#), "{text}");
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), chosen);
        }
    }

    #[test]
    fn ops_3_a_line_that_says_too_little_or_what_is_not_allowed_is_refused() {
        let text = serde_json::to_string(&line(StrategyName::Open)).unwrap();
        for (from, to, says) in [
            (r#""timeout":"60","#, "", "open.timeout is missing"),
            (r#""timeout":"60""#, r#""timeout":"-1""#, "Allowed: 0 to 390 min"),
            (r#""timeout":"60""#, r#""timeout":"60","lookback":"30""#, "there is no such parameter"),
        ] {
            let wrong = text.replace(from, to);
            assert_ne!(wrong, text);
            let error = serde_json::from_str::<Line>(&wrong).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn ops_3_who_trades_is_said_in_words() {
        let chosen = |on: &[bool]| Chosen {
            version: 2,
            by: "ann".to_owned(),
            strategies: StrategyName::TRADING.into_iter().zip(on).map(|(s, on)| Line { on: *on, ..line(s) }).collect(),
            screen: None,
        };
        for (on, said) in [
            ([true; 3], "open, mid, close"),
            ([true, false, true], "open, close (mid off)"),
            ([false; 3], "no strategy (open, mid, close off)"),
        ] {
            assert_eq!(chosen(&on).who_trades(), said);
        }
    }
}
