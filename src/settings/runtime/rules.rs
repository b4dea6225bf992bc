//! What must hold between keys; each key's own bounds are its row's.

use desk::domain::ids::StrategyName;
use desk::strategies::{Offset, Parameters};

use super::Runtime;
use crate::settings::error::SettingsError;

/// Minutes of a whole session of the exchange.
const SESSION: i64 = 390;

impl Runtime {
    /// Validates the whole (OPS-3).
    ///
    /// # Errors
    /// [`SettingsError::Together`] with the first pair that does not go together.
    pub fn validate(&self) -> Result<(), SettingsError> {
        for strategy in &self.strategies {
            check_window(strategy.name, &strategy.parameters)?;
        }
        let s = &self.screener;
        if s.price_min > s.price_max {
            let message = format!("{} is above {}; the least must not be above the greatest", s.price_min, s.price_max);
            return Err(together("screener.price_min, screener.price_max", message));
        }
        if let Some(both) = s.symbols.iter().find(|symbol| s.excluded.contains(symbol)) {
            let message = format!("{both} is wanted and excluded; take it out of one of them");
            return Err(together("screener.symbols, screener.excluded", message));
        }
        Ok(())
    }
}

fn together(keys: impl Into<String>, message: String) -> SettingsError {
    SettingsError::Together { keys: keys.into(), message }
}

/// Minutes from the open of a whole session.
const fn minute(offset: Offset) -> i64 {
    match offset {
        Offset::AfterOpen(m) => m,
        Offset::BeforeClose(m) => SESSION.saturating_sub(m),
    }
}

fn check_window(name: StrategyName, p: &Parameters) -> Result<(), SettingsError> {
    if minute(p.window_start) >= minute(p.window_end) {
        let message = format!("the window from {} to {} is empty on a whole session", p.window_start, p.window_end);
        let keys = format!("strategies.{name}.window_start, strategies.{name}.window_end");
        return Err(together(keys, message));
    }
    if minute(p.exit_time) < minute(p.window_end) {
        let message = format!("positions must be left at {}, before the window ends at {}", p.exit_time, p.window_end);
        return Err(together(format!("strategies.{name}.exit_time, strategies.{name}.window_end"), message));
    }
    if name == StrategyName::Mid && p.deviation >= p.deviation_max {
        let message = format!("{} is not below {}; no close could lie between them", p.deviation, p.deviation_max);
        return Err(together("strategies.mid.deviation, strategies.mid.deviation_max", message));
    }
    Ok(())
}
