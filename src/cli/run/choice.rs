//! Which strategies, with which parameters.

use desk::domain::ids::StrategyName;
use desk::domain::lots::LotMethod;
use desk::strategies::{ParameterError, Parameters};

use crate::cli::failure::Failure;
use crate::gateway::market_data::nearest;

/// Strategies in their configured order, with their parameters.
pub(in crate::cli) type Strategies = Vec<(StrategyName, Parameters)>;

fn known() -> impl Iterator<Item = &'static str> {
    StrategyName::TRADING.iter().map(|s| s.as_str())
}

/// The strategies of these names, changed by `STRATEGY.PARAMETER=VALUE`.
///
/// # Errors
/// A name that is not known or comes twice, a setting that is none, a value out of bounds.
pub(in crate::cli) fn strategies(names: &[String], settings: &[String]) -> Result<Strategies, Failure> {
    let mut chosen = Strategies::new();
    for name in names {
        let strategy = find(name, "--strategies")?;
        if chosen.iter().any(|(other, _)| *other == strategy) {
            let message = format!("--strategies: {strategy} is there twice; once is allowed, the order counts");
            return Err(Failure::bad_input("strategy_twice", message));
        }
        chosen.push((strategy, Parameters::of(strategy)));
    }
    for setting in settings {
        set(&mut chosen, setting)?;
    }
    Ok(chosen)
}

fn find(name: &str, option: &str) -> Result<StrategyName, Failure> {
    let found = StrategyName::TRADING.into_iter().find(|s| s.as_str() == name);
    found.ok_or_else(|| {
        let near = nearest(name, known()).join(", ");
        let all = known().collect::<Vec<_>>().join(", ");
        let message = format!(
            "{option}: there is no strategy \"{name}\"; the nearest: {near}. Allowed: {all}, separated by commas"
        );
        Failure::bad_input("unknown_strategy", message)
    })
}

fn set(chosen: &mut Strategies, setting: &str) -> Result<(), Failure> {
    let parts = setting.split_once('=').and_then(|(key, value)| Some((key.split_once('.')?, value)));
    let Some(((strategy, parameter), value)) = parts else {
        let message = format!("--set {setting}: STRATEGY.PARAMETER=VALUE is needed, e.g. open.range_minutes=30");
        return Err(Failure::bad_input("setting_form", message));
    };
    let strategy = find(strategy, "--set")?;
    let Some((_, parameters)) = chosen.iter_mut().find(|(s, _)| *s == strategy) else {
        let names: Vec<_> = chosen.iter().map(|(s, _)| s.as_str()).collect();
        let message = format!(
            "--set {setting}: {strategy} does not run; it is not among --strategies {}. Add it there or leave the setting out",
            names.join(",")
        );
        return Err(Failure::bad_input("setting_unused", message));
    };
    parameters.set(strategy, parameter, value).map_err(|error| match &error {
        ParameterError::Unknown { names, .. } => {
            let near = nearest(parameter, names.iter().copied()).join(", ");
            Failure::bad_input("unknown_parameter", format!("--set {error}; the nearest: {near}"))
        }
        ParameterError::OutOfBounds { .. } => Failure::bad_input("parameter_out_of_bounds", format!("--set {error}")),
    })
}

/// The lot method of this name.
///
/// # Errors
/// What is allowed.
pub(in crate::cli) fn lots(name: &str) -> Result<LotMethod, String> {
    name.parse().map_err(|_| match name {
        "specific" => {
            "lots are named one by one in the bot's books, for a sale of an open day. Allowed: fifo, lifo, highest_cost"
                .to_owned()
        }
        _ => "allowed: fifo, lifo, highest_cost".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &str, settings: &[&str]) -> Result<Strategies, Failure> {
        let split: Vec<String> = names.split(',').map(str::to_owned).collect();
        strategies(&split, &settings.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_given_order_is_kept_and_settings_reach_their_strategy() {
        let found = chosen("close,open", &["open.range_minutes=30", "close.lookback=45"]).unwrap();
        assert_eq!(found.iter().map(|(s, _)| s.as_str()).collect::<Vec<_>>(), ["close", "open"]);
        assert_eq!((found[1].1.range_minutes, found[0].1.lookback), (30, 45));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_is_allowed() {
        for (names, settings, code, says) in [
            ("opne", &[][..], "unknown_strategy", "there is no strategy \"opne\"; the nearest: open"),
            ("external", &[], "unknown_strategy", "Allowed: open, mid, close"),
            ("open,open", &[], "strategy_twice", "open is there twice"),
            ("open", &["open.range_minutes"], "setting_form", "STRATEGY.PARAMETER=VALUE is needed"),
            ("open", &["mid.timeout=5"], "setting_unused", "mid does not run"),
            ("open", &["open.rangeminutes=5"], "unknown_parameter", "the nearest: range_minutes"),
            ("open", &["open.range_minutes=3"], "parameter_out_of_bounds", "Allowed: 5 to 60 min"),
        ] {
            let failure = chosen(names, settings).unwrap_err();
            assert_eq!(failure.code, code, "{failure}");
            assert!(failure.message.contains(says), "{failure}");
        }
    }
}
