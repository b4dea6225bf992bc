//! Reads bars and quotes: two files at a time, the same result in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use desk::domain::calendar::Calendar;
use desk::domain::market::{Bar, Instrument, InstrumentKind};
use desk::domain::records::{InputFile, InputKind};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::{Date, Timestamp};
use desk::world::backtest::Tape;

use super::period::Period;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::progress::Progress;
use crate::gateway::market_data::{self, DataFolder, QuoteFolder};

/// How many files are read at once.
const READERS: usize = 2;

/// What to read.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Wanted {
    /// The folder of bars.
    pub(in crate::cli) data: PathBuf,
    /// The folder of quotes.
    pub(in crate::cli) quotes: Option<PathBuf>,
    /// Symbols; none means all in the folder.
    pub(in crate::cli) symbols: Vec<String>,
    /// Dates.
    pub(in crate::cli) period: Period,
}

/// What was read, in the byte order of the symbols.
#[derive(Debug)]
pub(in crate::cli) struct Inputs {
    /// What is traded.
    pub(in crate::cli) instruments: Vec<Instrument>,
    /// Bars and quotes, one tape an instrument.
    pub(in crate::cli) tapes: Vec<Tape>,
    /// The files.
    pub(in crate::cli) files: BTreeSet<InputFile>,
    /// The dates of the run.
    pub(in crate::cli) dates: (Date, Date),
    /// Whether quotes were asked for.
    pub(in crate::cli) quotes: bool,
}

impl Inputs {
    /// How many bars there are.
    pub(in crate::cli) fn bars(&self) -> u64 {
        self.tapes.iter().map(|t| u64::try_from(t.bars.len()).unwrap_or(0)).fold(0, u64::saturating_add)
    }

    /// Each symbol with the start of its last bar inside of a session; others count for nothing (STRAT-1).
    pub(in crate::cli) fn last_bars(&self) -> Vec<(Symbol, Option<Timestamp>)> {
        let last = |bars: &[Bar]| bars.iter().rev().map(|b| b.start).find(|t| Calendar::XNYS.session_at(*t).is_some());
        self.instruments.iter().zip(&self.tapes).map(|(i, tape)| (i.symbol, last(&tape.bars))).collect()
    }
}

/// One symbol as it was read.
struct Read {
    tape: Tape,
    files: Vec<InputFile>,
    covers: (Timestamp, Timestamp),
}

/// Reads what is wanted.
///
/// # Errors
/// What is wrong with a folder or file, the first one in the order of the symbols; symbols that are not there; dates
/// without a bar.
pub(in crate::cli) fn read(wanted: &Wanted) -> Result<Inputs, Failure> {
    let folder = DataFolder::open(&wanted.data)?;
    let quotes = wanted.quotes.as_deref().map(QuoteFolder::open).transpose()?;
    let symbols = symbols(&folder, &wanted.symbols)?;
    if let (Some(quotes), Some(path)) = (&quotes, &wanted.quotes) {
        have_some(quotes, path, &symbols)?;
    }
    let instruments = instruments(&folder, &wanted.data, &symbols)?;
    let all = read_all(&folder, quotes.as_ref(), &symbols, wanted.period)?;
    let dates = dates(&all, wanted)?;
    let mut files: BTreeSet<InputFile> =
        folder.instruments_file().map(|file| input(InputKind::Instruments, file)).into_iter().collect();
    let mut tapes = Vec::with_capacity(all.len());
    for read in all {
        tapes.push(read.tape);
        files.extend(read.files);
    }
    Ok(Inputs { instruments, tapes, files, dates, quotes: quotes.is_some() })
}

fn symbols(folder: &DataFolder, names: &[String]) -> Result<Vec<Symbol>, Failure> {
    if names.is_empty() {
        return Ok(folder.symbols().collect());
    }
    let mut found = BTreeSet::new();
    for name in names {
        let symbol = folder.find(name)?;
        if !found.insert(symbol) {
            let message = format!("--symbols: {symbol} is there twice; each symbol once is allowed");
            return Err(Failure::bad_input("symbol_twice", message));
        }
    }
    Ok(found.into_iter().collect())
}

/// Symbols without quotes take the spread of the model; a folder that has none for any of them is a mistake.
fn have_some(quotes: &QuoteFolder, path: &Path, symbols: &[Symbol]) -> Result<(), Failure> {
    if quotes.symbols().any(|s| symbols.contains(&s)) {
        return Ok(());
    }
    let names =
        |all: &mut dyn Iterator<Item = Symbol>| all.take(5).map(|s| s.to_string()).collect::<Vec<_>>().join(", ");
    let message = format!(
        "--quotes {}: has no quotes of a symbol that runs ({}); it has those of {}",
        path.display(),
        names(&mut symbols.iter().copied()),
        names(&mut quotes.symbols())
    );
    Err(Failure::bad_input("quotes_of_no_symbol", message))
}

fn instruments(folder: &DataFolder, data: &Path, symbols: &[Symbol]) -> Result<Vec<Instrument>, Failure> {
    let found: Vec<Instrument> = symbols.iter().map(|s| folder.instrument(*s)).collect();
    let shares = |i: &&Instrument| {
        let plain = i.multiplier == desk::domain::decimal::Ratio::whole(1) && i.currency == Currency::USD;
        i.kind == InstrumentKind::UsEquity && plain
    };
    match found.iter().find(|i| !shares(i)) {
        None => Ok(found),
        Some(other) => {
            let file = data.join("instruments.toml");
            let message = format!(
                "{}: {} cannot be traded here; United States shares in USD with multiplier 1 can. Leave it out with --symbols",
                file.display(),
                other.symbol
            );
            Err(Failure::bad_input("instrument_kind", message))
        }
    }
}

/// Each reader takes the next symbol; the first failure in the order of the symbols is told.
fn read_all(
    folder: &DataFolder,
    quotes: Option<&QuoteFolder>,
    symbols: &[Symbol],
    period: Period,
) -> Result<Vec<Read>, Failure> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let progress = Mutex::new(Progress::new("reading", u64::try_from(symbols.len()).unwrap_or(0)));
    let reader = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(symbol) = symbols.get(place) else { break };
            let read = interrupt::heed().and_then(|()| read_one(folder, quotes, *symbol, period));
            if read.is_err() {
                // Those before it are under way; those after it do not matter.
                next.store(symbols.len(), Ordering::Relaxed);
            }
            if let Ok(mut done) = done.lock() {
                done.insert(place, read);
                if let Ok(mut progress) = progress.lock() {
                    progress.at(u64::try_from(done.len()).unwrap_or(0));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..READERS {
            scope.spawn(reader);
        }
        reader();
    });
    let done = done.into_inner().map_err(|_| Failure::failed("reader", "a reader of the data files broke off"))?;
    done.into_values().collect()
}

fn read_one(
    folder: &DataFolder,
    quotes: Option<&QuoteFolder>,
    symbol: Symbol,
    period: Period,
) -> Result<Read, Failure> {
    let (from, to) = period.range();
    let bars = folder.read(symbol, from, to)?;
    let mut files = vec![input(InputKind::Bars, &bars.input)];
    let mut tape = Tape { bars: bars.bars, quotes: Vec::new() };
    if let Some(quotes) = quotes.filter(|q| q.symbols().any(|s| s == symbol)) {
        let read = quotes.read(symbol, from, to)?;
        files.push(input(InputKind::Quotes, &read.input));
        tape.quotes = read.bars;
    }
    Ok(Read { tape, files, covers: bars.covers })
}

fn input(kind: InputKind, file: &market_data::InputFile) -> InputFile {
    InputFile { kind, name: file.name.clone(), sha256: file.sha256, bytes: file.bytes, rows: Some(file.rows) }
}

/// The dates of a run: as asked for, otherwise those of the first and the last session with a bar.
fn dates(all: &[Read], wanted: &Wanted) -> Result<(Date, Date), Failure> {
    let covers = all.iter().map(|r| r.covers).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let bars = || all.iter().map(|r| r.tape.bars.as_slice());
    let first = bars().filter_map(|b| inside(b.iter())).min();
    let last = bars().filter_map(|b| inside(b.iter().rev())).max();
    let (Some(first), Some(last)) = (first, last) else {
        let period = match (wanted.period.from, wanted.period.to) {
            (None, None) => "in any session of the exchange".to_owned(),
            (from, to) => {
                let part = |word: &str, date: Option<Date>| date.map(|d| format!(" {word} {d}")).unwrap_or_default();
                format!("in the sessions{}{}", part("from", from), part("to", to))
            }
        };
        let have = covers.map_or_else(String::new, |(a, b)| format!("; the data begin at {a} and end at {b}"));
        let message = format!("{}: has no bar {period}{have}", wanted.data.display());
        return Err(Failure::bad_input("dates_without_data", message));
    };
    Ok((wanted.period.from.unwrap_or(first), wanted.period.to.unwrap_or(last)))
}

/// The date of the first session that a bar lies in.
fn inside<'a>(mut bars: impl Iterator<Item = &'a Bar>) -> Option<Date> {
    bars.find_map(|b| Calendar::XNYS.session_at(b.start)).map(|s| s.id.date)
}
