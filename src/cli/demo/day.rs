use std::collections::BTreeSet;
use std::path::Path;

use desk::domain::calendar::Calendar;
use desk::domain::lots::LotMethod;
use desk::domain::records::{MarketSource, RunKind};
use desk::domain::seed::Seed;
use desk::domain::time::Date;
use desk::world::generated::{MarketSpec, tapes};

use crate::cli::failure::Failure;
use crate::cli::run::choice::Strategies;
use crate::cli::run::inputs::{self, Inputs, Wanted};
use crate::cli::run::period::Period;
use crate::cli::run::plan::Job;

/// The generated market's day: an ordinary session of the exchange.
const DATE: Option<Date> = Date::new(2026, 11, 20);

/// The day of a market that does not exist.
///
/// # Errors
/// None while the day is a session.
pub(super) fn generated(seed: u64, strategies: Strategies) -> Result<Job, Failure> {
    let session = DATE.and_then(|date| Calendar::XNYS.session(date));
    let session = session.ok_or_else(|| Failure::failed("demo_date", "the demo's day is no session"))?;
    let (instruments, tapes) = tapes(&MarketSpec::demo(), [(Seed(seed), session)]);
    let date = session.id.date;
    let inputs = Inputs { instruments, tapes, files: BTreeSet::default(), dates: (date, date), quotes: false };
    Ok(Job {
        kind: RunKind::Demo,
        market: MarketSource::Generated,
        seed,
        strategies,
        lots: LotMethod::default(),
        inputs,
    })
}

/// The last session of recorded bars.
///
/// # Errors
/// What is wrong with the folder or its files.
pub(super) fn recorded(data: &Path, symbols: &[String], seed: u64, strategies: Strategies) -> Result<Job, Failure> {
    let mut inputs = inputs::read(&Wanted {
        data: data.to_owned(),
        quotes: None,
        symbols: symbols.to_vec(),
        period: Period::default(),
    })?;
    let last = inputs.dates.1;
    let (from, to) = Period { from: Some(last), to: Some(last) }.range();
    for tape in &mut inputs.tapes {
        tape.bars.retain(|bar| from <= bar.start && bar.start < to);
    }
    inputs.dates = (last, last);
    Ok(Job {
        kind: RunKind::Demo,
        market: MarketSource::Recorded,
        seed,
        strategies,
        lots: LotMethod::default(),
        inputs,
    })
}

#[cfg(test)]
mod tests {
    use desk::domain::event::Body;
    use desk::domain::ids::StrategyName;

    use super::*;
    use crate::cli::run::{choice, play};

    #[test]
    fn ops_5a_with_the_default_seed_two_strategies_trade_and_a_signal_is_blocked() {
        let strategies = choice::strategies(&StrategyName::TRADING.map(|s| s.to_string()), &[]).unwrap();
        let played = play::play(&generated(super::super::SEED, strategies).unwrap(), None, |_| {}).unwrap();
        let (mut traded, mut blocked) = (BTreeSet::new(), 0);
        for event in &played.memory.events {
            match &event.body {
                Body::TradeClosed(trade) => {
                    traded.insert(trade.strategy);
                }
                Body::Decided(decision) => blocked += i32::from(decision.blocked.is_some()),
                _ => {}
            }
        }
        assert!(traded.len() >= 2, "{traded:?}");
        assert!(blocked >= 1);
    }
}
