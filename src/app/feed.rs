//! Where a living bot's market data come from: a market that does not exist, or recorded bars played again.

use std::path::Path;

use desk::domain::calendar::Calendar;
use desk::domain::fees::FeeSchedule;
use desk::domain::market::Instrument;
use desk::domain::seed::Seed;
use desk::domain::symbol::Symbol;
use desk::domain::time::{Date, Timestamp};
use desk::world::backtest::Tape;
use desk::world::generated::{MarketSpec, tapes};

use crate::cli::Failure;
use crate::gateway::market_data::DataFolder;

/// The first day of the generated market: an ordinary session of the exchange.
const FIRST_DAY: Option<Date> = Date::new(2026, 11, 20);
/// How many sessions of it are drawn.
const DAYS: u64 = 60;

/// A feed, read or drawn.
pub(super) struct Feed {
    /// As it is said to a person.
    pub(super) name: String,
    /// Recorded, or drawn from this seed.
    pub(super) drawn: Option<u64>,
    /// What is traded, in the byte order of the symbols.
    pub(super) instruments: Vec<Instrument>,
    /// One tape an instrument.
    pub(super) tapes: Vec<Tape>,
}

/// Fees of sales.
///
/// # Errors
/// Where their table cannot be read.
pub(super) fn fees() -> Result<FeeSchedule, Failure> {
    FeeSchedule::us_sales().map_err(|e| Failure::failed(e.fault.code(), e))
}

/// A market from a seed, another day each session.
///
/// # Errors
/// None while the calendar reaches that far.
pub(super) fn generated(seed: u64) -> Result<Feed, Failure> {
    let beyond = || Failure::failed("calendar", "the generated market's days lie beyond the calendar");
    let mut session = FIRST_DAY.and_then(|date| Calendar::XNYS.session(date)).ok_or_else(beyond)?;
    let mut sessions = Vec::new();
    for day in 0..DAYS {
        sessions.push((Seed(seed.wrapping_add(day)), session));
        session = Calendar::XNYS.next(session.id.date).map_err(|_| beyond())?;
    }
    let (instruments, tapes) = tapes(&MarketSpec::demo(), sessions);
    Ok(Feed { name: format!("generated market, seed {seed}"), drawn: Some(seed), instruments, tapes })
}

/// Recorded bars of a folder, from their first to their last.
///
/// # Errors
/// What is wrong with the folder or its files.
pub(super) fn replay(folder: &Path) -> Result<Feed, Failure> {
    let data = DataFolder::open(folder)?;
    let mut symbols: Vec<Symbol> = data.symbols().collect();
    symbols.sort_unstable();
    let (mut instruments, mut tapes) = (Vec::new(), Vec::new());
    for symbol in symbols {
        let read = data.read(symbol, Timestamp::from_nanos(i64::MIN), Timestamp::MAX)?;
        instruments.push(data.instrument(symbol));
        tapes.push(Tape { bars: read.bars, quotes: Vec::new() });
    }
    let name = folder.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned());
    Ok(Feed { name: format!("replay of {name}"), drawn: None, instruments, tapes })
}
