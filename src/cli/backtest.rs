//! `tbot backtest`: strategies over recorded bars.

use std::path::PathBuf;

use clap::Args;
use desk::domain::lots::LotMethod;
use desk::domain::records::{MarketSource, RunKind};

use super::console;
use super::failure::Failure;
use super::progress::Progress;
use super::run::inputs::{self, Wanted};
use super::run::outputs;
use super::run::period::Period;
use super::run::place::Place;
use super::run::plan::Job;
use super::run::{choice, play, told};

const EXAMPLES: &str = "\
Examples:
  tbot backtest --data bars --out result
  tbot backtest --data bars --symbols SPY,QQQ --from 2024-03-26 --to 2024-06-28 --strategies open --out result
  tbot backtest --data bars --quotes quotes --set open.range_minutes=30 --set mid.deviation=5 --out result --json

A data folder holds one file a symbol, SYMBOL.csv, .csv.gz, .csv.zst or .parquet, with the columns
ts_utc,open,high,low,close,volume. The same inputs give the same bytes in every file.

";

/// What a backtest is asked.
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}{}", super::EXIT_CODES))]
pub struct Arguments {
    /// Folder of one-minute bars, one file a symbol
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of one-minute quotes, one file a symbol
    #[arg(long, value_name = "DIR")]
    quotes: Option<PathBuf>,
    /// Symbols, separated by commas [default: all in the folder]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    symbols: Vec<String>,
    /// First date of the exchange, inclusive [default: that of the data]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last date of the exchange, inclusive [default: that of the data]
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Strategies in their order, separated by commas
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "open,mid,close")]
    strategies: Vec<String>,
    /// A parameter of a strategy, e.g. `open.range_minutes=30`; may be given several times
    #[arg(long = "set", value_name = "STRATEGY.PARAMETER=VALUE")]
    settings: Vec<String>,
    /// Which lots close first: `fifo`, `lifo` or `highest_cost`
    #[arg(long, value_name = "METHOD", default_value = "fifo", value_parser = choice::lots)]
    lots: LotMethod,
    /// The seed of all that is drawn
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::seed, allow_negative_numbers = true)]
    seed: u64,
    /// Folder for the result; new or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace the run that is in the folder already
    #[arg(long)]
    force: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// Runs a backtest.
///
/// # Errors
/// [`Failure`]; then no output is left behind.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let strategies = choice::strategies(&arguments.strategies, &arguments.settings)?;
    let period = Period::parse(arguments.from.as_deref(), arguments.to.as_deref())?;
    let place = Place::prepare(&arguments.out, arguments.force)?;
    let inputs = inputs::read(&Wanted {
        data: arguments.data.clone(),
        quotes: arguments.quotes.clone(),
        symbols: arguments.symbols.clone(),
        period,
    })?;
    let (kind, market) = (RunKind::Backtest, MarketSource::Recorded);
    let job = Job { kind, market, seed: arguments.seed, strategies, lots: arguments.lots, inputs };
    let mut progress = Progress::new("running", job.inputs.bars());
    let mut played = play::play(&job, Some(&place), |now| progress.at(now.bars))?;
    progress.done();
    let results = outputs::write(&job, &mut played, &place)?;
    place.keep()?;
    if arguments.json {
        console::say(&told::json(&results, &arguments.out)?);
    } else {
        told::result(&results, &arguments.out);
    }
    Ok(())
}
