//! Which names a freeze may have (RISK-12). A freeze of a person holds all entries, or those of one strategy that it names:
//! a name that looks like something else is refused, lest somebody trusts in a freeze that does not hold it.

use desk::domain::bot::FreezeName;
use desk::domain::ids::StrategyName;
use desk::gates::Reason;

use super::Supervisor;
use crate::messages::supervisor::Refused;

/// Names that the bot itself gives, besides those of limits.
const OWN: [&str; 1] = ["books"];
/// How the names begin that it gives to what fell, hung or is not ready.
const OF_PARTS: [&str; 3] = ["lost-", "hung-", "not-ready-"];

/// What a name can be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// A strategy that is not set up, named as one.
    UnknownStrategy,
    /// A strategy, without the word that says so.
    Strategy,
    /// A symbol.
    Symbol,
    /// What the bot itself sets and ends.
    Own,
}

/// What stands in the way of a name: strategies and symbols are those of this bot.
fn taken(name: &FreezeName, strategies: &[StrategyName], symbols: &[String]) -> Option<Taken> {
    let text = name.as_str();
    if let Some(named) = name.named_strategy() {
        let there = strategies.iter().any(|s| s.as_str() == named);
        return (!there).then_some(Taken::UnknownStrategy);
    }
    let of_limit = |reason: &Reason| text == reason.as_str() || text.starts_with(&format!("{}-", reason.as_str()));
    if StrategyName::TRADING.iter().any(|s| s.as_str() == text) {
        Some(Taken::Strategy)
    } else if text.starts_with("symbol-") || symbols.iter().any(|s| s.eq_ignore_ascii_case(text)) {
        Some(Taken::Symbol)
    } else if OWN.contains(&text) || OF_PARTS.iter().any(|p| text.starts_with(p)) || Reason::ALL.iter().any(of_limit) {
        Some(Taken::Own)
    } else {
        None
    }
}

impl Supervisor {
    /// Whether a person's freeze may have this name.
    pub(super) fn may_freeze(&self, name: &FreezeName) -> Result<(), Refused> {
        let trader = &self.follower.trader;
        let strategies: Vec<StrategyName> = self.wiring.setup.strategies.iter().map(|(s, _)| *s).collect();
        let symbols: Vec<String> = trader.symbols().iter().map(ToString::to_string).collect();
        let Some(taken) = taken(name, &strategies, &symbols) else { return Ok(()) };
        let scopes: Vec<String> = strategies.iter().map(|s| FreezeName::of_strategy(*s).to_string()).collect();
        let scopes = scopes.join(", ");
        let what = match taken {
            Taken::UnknownStrategy => format!("{name} names no strategy of this bot."),
            Taken::Strategy => format!("{name} is a strategy; the freeze of one strategy is called strategy-{name}."),
            Taken::Symbol => format!(
                "{name} names a symbol, and a freeze holds all entries or one strategy's. One symbol is closed by Flatten \
                 with that symbol, and kept out from the next session on by screener.excluded."
            ),
            Taken::Own => format!("{name} is a name that the bot gives to freezes of its own."),
        };
        let there: Vec<String> = self.life.machine.freezes().map(|f| f.name.to_string()).collect();
        let there = if there.is_empty() { "Nothing is".to_owned() } else { format!("{} are", there.join(", ")) };
        let message = format!(
            "{what} Allowed: {scopes} for one strategy, any other word for all entries. {there} frozen now. Nothing was done."
        );
        Err(Refused::Invalid { message })
    }

    /// Whether a person may clear a freeze of this name: one of a day's limit or of the readiness gate ends by itself.
    pub(super) fn may_thaw(&self, name: &FreezeName) -> Result<(), Refused> {
        let of_limit = |f: &desk::risk::Freeze| {
            f.reason != Reason::Drawdown && FreezeName::of_limit(f.reason.as_str(), f.strategy).as_ref() == Ok(name)
        };
        let message = if self.follower.trader.risk().freezes().iter().any(of_limit) {
            format!("{name} was set by a limit and ends with the session. Nothing was done.")
        } else if self.not_ready().iter().any(|f| f.name == *name) {
            format!("{name} ends by itself when what is missing is there; the freeze says what. Nothing was done.")
        } else {
            return Ok(());
        };
        Err(Refused::State { message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_12_a_name_that_looks_like_something_else_is_no_freeze() {
        let strategies = [StrategyName::Open, StrategyName::Mid];
        let symbols = ["SPY".to_owned(), "BRK-B".to_owned()];
        for (name, expected) in [
            ("fomc", None),
            ("pause", None),
            ("file", None),
            ("opening", None),
            ("strategy", None),
            ("strategy-open", None),
            ("strategy-mid", None),
            ("strategy-close", Some(Taken::UnknownStrategy)),
            ("strategy-lunch", Some(Taken::UnknownStrategy)),
            ("strategy-", Some(Taken::UnknownStrategy)),
            ("open", Some(Taken::Strategy)),
            ("close", Some(Taken::Strategy)),
            ("spy", Some(Taken::Symbol)),
            ("brk-b", Some(Taken::Symbol)),
            ("symbol-aapl", Some(Taken::Symbol)),
            ("books", Some(Taken::Own)),
            ("day_loss", Some(Taken::Own)),
            ("strategy_loss-open", Some(Taken::Own)),
            ("losing_row-mid", Some(Taken::Own)),
            ("not-ready-open", Some(Taken::Own)),
            ("hung-risk", Some(Taken::Own)),
            ("lost-market-data", Some(Taken::Own)),
        ] {
            assert_eq!(taken(&name.parse().unwrap(), &strategies, &symbols), expected, "{name}");
        }
    }
}
