use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use desk::domain::market::{Bar, Instrument, QuoteBar};
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;

use super::check::QuoteRow;
use super::csv;
use super::errors::{DataError, Format};
use super::instruments::{self, Instruments};
use super::nearest;
use super::source::{self, InputFile};
use crate::gateway::reason;

/// A folder of recorded bars, one file a symbol (RES-6). Reading takes `&self`: symbols may be read in parallel.
#[derive(Clone, Debug)]
pub struct DataFolder {
    files: Files,
    instruments: Instruments,
}

/// A folder of recorded quote bars, one file a symbol (`--quotes`).
#[derive(Clone, Debug)]
pub struct QuoteFolder {
    files: Files,
}

/// One symbol's bars, in order of time, each minute once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolBars {
    /// The symbol.
    pub symbol: Symbol,
    /// The bars that start within the dates asked for; may be none.
    pub bars: Vec<Bar>,
    /// The starts of the file's first and last bar, whatever was asked for.
    pub covers: (Timestamp, Timestamp),
    /// The file they came from.
    pub input: InputFile,
}

/// One symbol's quote bars, in order of time, each minute at most once; both sides there, bid at or below ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolQuotes {
    /// The symbol.
    pub symbol: Symbol,
    /// The quote bars that start within the dates asked for; may be none.
    pub bars: Vec<QuoteBar>,
    /// The starts of the file's first and last row, whatever was asked for.
    pub covers: (Timestamp, Timestamp),
    /// Minutes within these dates that had a bid or an ask alone: set aside.
    pub one_sided: usize,
    /// Minutes within these dates whose bid stood above the ask (TRADE-3): set aside.
    pub crossed: usize,
    /// The file they came from.
    pub input: InputFile,
}

impl DataFolder {
    /// Lists the folder and reads its `instruments.toml`, where there is one. No data file is opened yet.
    ///
    /// # Errors
    /// [`DataError`] where the folder is missing, has no data file, has two for one symbol, or where
    /// `instruments.toml` is refused.
    pub fn open(dir: &Path) -> Result<Self, DataError> {
        let files = Files::list(dir)?;
        let instruments = instruments::read(dir, &files.by_symbol)?;
        Ok(Self { files, instruments })
    }

    /// The symbols it has, in order of their bytes.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.files.by_symbol.keys().copied()
    }

    /// The symbol of this name.
    ///
    /// # Errors
    /// [`DataError::UnknownSymbol`], which names the nearest ones.
    pub fn find(&self, name: &str) -> Result<Symbol, DataError> {
        name.parse()
            .ok()
            .filter(|symbol| self.files.by_symbol.contains_key(symbol))
            .ok_or_else(|| self.files.unknown(name))
    }

    /// The terms of an instrument: a US equity unless `instruments.toml` says otherwise.
    #[must_use]
    pub fn instrument(&self, symbol: Symbol) -> Instrument {
        self.instruments.terms.get(&symbol).copied().unwrap_or_else(|| Instrument::us_equity(symbol))
    }

    /// The folder's `instruments.toml`, where there is one: it is an input of a run too. Its rows are its symbols.
    #[must_use]
    pub const fn instruments_file(&self) -> Option<&InputFile> {
        self.instruments.input.as_ref()
    }

    /// Reads one symbol's bars that start in `from` ≤ start < `to`. Every row of the file is checked.
    ///
    /// # Errors
    /// [`DataError`], which names file, line, column, value and what is allowed.
    pub fn read(&self, symbol: Symbol, from: Timestamp, to: Timestamp) -> Result<SymbolBars, DataError> {
        let (path, format) = self.files.path(symbol)?;
        let range = Range { from, to };
        let (kept, input) = if format == Format::Parquet {
            parquet_bars(&path, range)?
        } else {
            let stored = source::stored(&path)?;
            let kept = csv::bars(&path, &source::text(&path, format, &stored)?, range)?;
            let input = InputFile::of(&path, &stored, kept.rows);
            (kept, input)
        };
        Ok(SymbolBars { symbol, covers: kept.covers, bars: kept.into_items(), input })
    }
}

impl QuoteFolder {
    /// Lists the folder. No data file is opened yet.
    ///
    /// # Errors
    /// [`DataError`] where the folder is missing, has no data file, or two for one symbol.
    pub fn open(dir: &Path) -> Result<Self, DataError> {
        Files::list(dir).map(|files| Self { files })
    }

    /// The symbols it has, in order of their bytes.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> + '_ {
        self.files.by_symbol.keys().copied()
    }

    /// Reads one symbol's quote bars that start in `from` ≤ start < `to`. Every row of the file is checked.
    ///
    /// # Errors
    /// [`DataError`], which names file, line, column, value and what is allowed.
    pub fn read(&self, symbol: Symbol, from: Timestamp, to: Timestamp) -> Result<SymbolQuotes, DataError> {
        let (path, format) = self.files.path(symbol)?;
        let range = Range { from, to };
        let (kept, aside, input) = if format == Format::Parquet {
            parquet_quotes(&path, range)?
        } else {
            let stored = source::stored(&path)?;
            let (kept, aside) = csv::quotes(&path, &source::text(&path, format, &stored)?, range)?;
            let input = InputFile::of(&path, &stored, kept.rows);
            (kept, aside, input)
        };
        let SetAside { one_sided, crossed } = aside;
        Ok(SymbolQuotes { symbol, covers: kept.covers, bars: kept.into_items(), one_sided, crossed, input })
    }
}

/// The starts that are kept: `from` ≤ start < `to`.
#[derive(Clone, Copy)]
pub(super) struct Range {
    from: Timestamp,
    to: Timestamp,
}

impl Range {
    fn has(self, start: Timestamp) -> bool {
        self.from <= start && start < self.to
    }
}

/// What was kept of a file, and how much it had.
pub(super) struct Kept<T> {
    items: Vec<T>,
    rows: usize,
    covers: (Timestamp, Timestamp),
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { items: Vec::new(), rows: 0, covers: Default::default() }
    }
}

/// Quotes that are not used, by why.
#[derive(Clone, Copy, Default)]
pub(super) struct SetAside {
    one_sided: usize,
    crossed: usize,
}

impl<T> Kept<T> {
    /// Counts a row that starts here; says whether it is asked for.
    fn count(&mut self, range: Range, start: Timestamp) -> bool {
        if self.rows == 0 {
            self.covers.0 = start;
        }
        self.covers.1 = start;
        self.rows = self.rows.saturating_add(1);
        range.has(start)
    }

    /// Makes room for so many rows, at most a million at a time.
    pub(super) fn expect(&mut self, rows: usize) {
        self.items.reserve(rows.min(1 << 20));
    }

    /// What was kept, without the room that was not needed.
    fn into_items(mut self) -> Vec<T> {
        self.items.shrink_to_fit();
        self.items
    }

    /// Counts a row; keeps it where it is asked for.
    pub(super) fn take(&mut self, range: Range, start: Timestamp, item: T) {
        if self.count(range, start) {
            self.items.push(item);
        }
    }
}

impl Kept<QuoteBar> {
    /// Counts a row of quotes; keeps it where it is asked for and whole.
    pub(super) fn take_quote(&mut self, range: Range, row: QuoteRow, aside: &mut SetAside) {
        match row {
            QuoteRow::Whole(quote) => self.take(range, quote.start, quote),
            QuoteRow::OneSided(start) => {
                aside.one_sided = aside.one_sided.saturating_add(self.count(range, start).into());
            }
            QuoteRow::Crossed(start) => aside.crossed = aside.crossed.saturating_add(self.count(range, start).into()),
        }
    }
}

/// A folder's data files.
#[derive(Clone, Debug)]
struct Files {
    dir: PathBuf,
    by_symbol: BTreeMap<Symbol, Format>,
}

impl Files {
    fn list(dir: &Path) -> Result<Self, DataError> {
        let folder = || dir.to_owned();
        let unreadable = |e: &std::io::Error| DataError::FolderUnreadable { folder: folder(), why: reason(e) };
        if !dir.exists() {
            return Err(DataError::FolderMissing { folder: folder() });
        }
        let mut by_symbol = BTreeMap::new();
        for entry in fs::read_dir(dir).map_err(|e| unreadable(&e))? {
            let entry = entry.map_err(|e| unreadable(&e))?;
            let name = entry.file_name();
            let Some((symbol, format)) = name.to_str().and_then(data_file) else { continue };
            let path = entry.path();
            if path.is_dir() {
                continue;
            }
            if !path.is_file() {
                return Err(DataError::Unreadable { file: path, why: "it is no file, or a link to none".to_owned() });
            }
            if let Some(other) = by_symbol.insert(symbol, format) {
                let (a, b) = (other.min(format), other.max(format));
                let named = |f: Format| format!("{symbol}.{}", f.extension());
                return Err(DataError::TwoFiles { folder: folder(), symbol, files: (named(a), named(b)) });
            }
        }
        if by_symbol.is_empty() {
            return Err(DataError::NoFiles { folder: folder() });
        }
        Ok(Self { dir: folder(), by_symbol })
    }

    fn path(&self, symbol: Symbol) -> Result<(PathBuf, Format), DataError> {
        let format = *self.by_symbol.get(&symbol).ok_or_else(|| self.unknown(symbol.as_str()))?;
        Ok((self.dir.join(format!("{symbol}.{}", format.extension())), format))
    }

    fn unknown(&self, name: &str) -> DataError {
        let names: Vec<Symbol> = self.by_symbol.keys().copied().collect();
        let near = nearest(name, names.iter().map(Symbol::as_str));
        DataError::UnknownSymbol {
            folder: self.dir.clone(),
            symbol: name.to_owned(),
            nearest: near.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// The symbol and format that a file's name says, where it is a data file's. Hidden files are none: some systems put
/// `._SPY.csv` beside each `SPY.csv`.
fn data_file(name: &str) -> Option<(Symbol, Format)> {
    if name.starts_with('.') {
        return None;
    }
    Format::ALL.into_iter().find_map(|format| {
        let symbol = name.strip_suffix(format.extension())?.strip_suffix('.')?;
        Some((symbol.parse().ok()?, format))
    })
}

#[cfg(feature = "parquet")]
use super::parquet::{bars as parquet_bars, quotes as parquet_quotes};

#[cfg(not(feature = "parquet"))]
fn parquet_bars(path: &Path, _range: Range) -> Result<(Kept<Bar>, InputFile), DataError> {
    Err(DataError::WithoutParquet { file: path.to_owned() })
}

#[cfg(not(feature = "parquet"))]
fn parquet_quotes(path: &Path, _range: Range) -> Result<(Kept<QuoteBar>, SetAside, InputFile), DataError> {
    Err(DataError::WithoutParquet { file: path.to_owned() })
}
