use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use desk::domain::market::{Bar, QuoteBar};
use desk::domain::time::{TimeError, Timestamp};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, Length, RowGroupReader, SerializedFileReader};

use super::column::{ABSENT, Cells, Column, Trouble, Unfit, unpacks};
use crate::gateway::market_data::check::{self, ASK, BAR_COLUMNS, BID, Order, QUOTE_COLUMNS, Side, Steps, TRADES};
use crate::gateway::market_data::errors::{DataError, Format, Place};
use crate::gateway::market_data::fault::Fault;
use crate::gateway::market_data::folder::{Kept, Range, SetAside};
use crate::gateway::market_data::source::{self, InputFile, PARQUET};
use crate::gateway::reason;

/// Reads bars: all rows are checked, those that start within the range are kept.
pub(in crate::gateway::market_data) fn bars(path: &Path, range: Range) -> Result<(Kept<Bar>, InputFile), DataError> {
    let table = Table::open(path)?;
    let mut kept = Kept::default();
    kept.expect(table.stated_rows());
    let mut order = Order::default();
    let rows = table.rows(BAR_COLUMNS, &[TRADES], |[at, steps @ ..]| {
        let steps = whole(TRADES, steps)?;
        let bar = check::bar(&mut order, instant(at)?, &steps)?;
        kept.take(range, bar.start, bar);
        Ok(())
    })?;
    Ok((kept, table.input(rows)))
}

/// Reads quote bars: all rows are checked; those with two sides, not crossed, within the range are kept.
pub(in crate::gateway::market_data) fn quotes(
    path: &Path,
    range: Range,
) -> Result<(Kept<QuoteBar>, SetAside, InputFile), DataError> {
    let table = Table::open(path)?;
    let (mut kept, mut aside) = (Kept::default(), SetAside::default());
    let mut order = Order::default();
    let rows = table.rows(QUOTE_COLUMNS, &[BID, ASK], |[at, bo, bh, bl, bc, bs, ao, ah, al, ac, az]| {
        let bid = one_side(BID, [bo, bh, bl, bc, bs])?;
        let ask = one_side(ASK, [ao, ah, al, ac, az])?;
        let row = check::quote(&mut order, instant(at)?, bid, ask)?;
        kept.take_quote(range, row, &mut aside);
        Ok(())
    })?;
    Ok((kept, aside, table.input(rows)))
}

fn instant(nanos: i64) -> Result<Timestamp, Box<Fault>> {
    if nanos == ABSENT { Err(Box::new(Fault::Missing { column: "ts_utc" })) } else { Ok(Timestamp::from_nanos(nanos)) }
}

fn whole(side: Side, steps: Steps) -> Result<Steps, Box<Fault>> {
    match steps.iter().zip(side.0).find(|(value, _)| **value == ABSENT) {
        Some((_, column)) => Err(Box::new(Fault::Missing { column })),
        None => Ok(steps),
    }
}

/// A side with all four prices null is absent; its size then says nothing.
fn one_side(side: Side, steps: Steps) -> Result<Option<Steps>, Box<Fault>> {
    let [prices @ .., _] = steps;
    if prices == [ABSENT; 4] {
        return Ok(None);
    }
    match prices.iter().zip(side.0).find(|(value, _)| **value == ABSENT) {
        Some((_, column)) => Err(Box::new(Fault::PartialSide { column })),
        None => whole(side, steps).map(Some),
    }
}

/// An opened file.
struct Table {
    path: PathBuf,
    reader: Box<dyn FileReader>,
    stored: Box<dyn AsRef<[u8]>>,
}

impl Table {
    fn open(path: &Path) -> Result<Self, DataError> {
        let unreadable = |why: String| DataError::Unreadable { file: path.to_owned(), why };
        let file = File::open(path).map_err(|e| unreadable(reason(&e)))?;
        let size = usize::try_from(file.len()).map_err(|e| unreadable(e.to_string()))?;
        let stored = file.get_bytes(0, size).map_err(|e| unreadable(e.to_string()))?;
        source::begins(path, &stored, PARQUET, "Parquet")?;
        let reader = SerializedFileReader::new(stored.clone()).map_err(|e| damaged(path, &e))?;
        Ok(Self { path: path.to_owned(), reader: Box::new(reader), stored: Box::new(stored) })
    }

    /// The rows that the file says it has.
    fn stated_rows(&self) -> usize {
        usize::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or_default()
    }

    fn input(&self, rows: usize) -> InputFile {
        InputFile::of(&self.path, self.stored.as_ref().as_ref(), rows)
    }

    /// Goes through all rows of these columns, which must be all there are, in any order.
    fn rows<const N: usize>(
        &self,
        names: [&'static str; N],
        sides: &[Side],
        mut take: impl FnMut([i64; N]) -> Result<(), Box<Fault>>,
    ) -> Result<usize, DataError> {
        let columns = self.columns(&names, sides)?;
        let mut above: usize = 0;
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group).map_err(|e| damaged(&self.path, &e))?;
            let read = group_rows(&columns, group.as_ref(), &mut take);
            above = above.saturating_add(read.map_err(|trouble| self.trouble(trouble, above))?);
        }
        if above == 0 { Err(DataError::HeaderOnly { file: self.path.clone() }) } else { Ok(above) }
    }

    fn columns(&self, names: &[&'static str], sides: &[Side]) -> Result<Vec<Column>, DataError> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let mut found: Vec<String> = schema.columns().iter().map(|c| c.path().string()).collect();
        let nested = schema.columns().iter().any(|column| column.max_rep_level() > 0 || column.max_def_level() > 1);
        let mut columns = Vec::with_capacity(names.len());
        for name in names.iter().copied() {
            let Some(index) = found.iter().position(|column| column == name).filter(|_| !nested) else { break };
            let column = schema.column(index);
            let side = sides.iter().copied().find(|side| side.0.contains(&name));
            let column = match side {
                None => Column::time(index, name, &column),
                Some(side) => Column::number(index, name, side, &column),
            };
            columns.push(column.map_err(|unfit| self.unfit(name, unfit))?);
        }
        if columns.len() != found.len() || columns.len() != names.len() {
            found.truncate(32);
            let (file, found, expected) = (self.path.clone(), found.join(","), names.join(","));
            return Err(DataError::Header { file, found, expected });
        }
        self.chunks(&columns, names)?;
        Ok(columns)
    }

    /// Refuses column chunks that this build cannot unpack, and such as lie outside of the file (the library would
    /// stop the program over some of these).
    fn chunks(&self, columns: &[Column], names: &[&'static str]) -> Result<(), DataError> {
        let size = i64::try_from(self.stored.as_ref().as_ref().len()).unwrap_or(i64::MAX);
        for group in self.reader.metadata().row_groups() {
            for (column, name) in columns.iter().zip(names) {
                let Some(chunk) = group.columns().get(column.index) else { continue };
                let begin = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
                let end = begin.checked_add(chunk.compressed_size()).unwrap_or(i64::MAX);
                if !(0 <= begin && begin <= end && end <= size) {
                    let what = format!("column {name} lies outside of the file");
                    return Err(damaged(&self.path, &ParquetError::General(what)));
                }
                let packed = chunk.compression();
                if !unpacks(packed) {
                    let (found, allowed) = (format!("packing {packed}"), "none, SNAPPY, GZIP or ZSTD");
                    return Err(DataError::ColumnType { file: self.path.clone(), column: name, found, allowed });
                }
            }
        }
        Ok(())
    }

    fn unfit(&self, column: &'static str, unfit: Unfit) -> DataError {
        match unfit {
            Unfit::Type { found, allowed } => DataError::ColumnType { file: self.path.clone(), column, found, allowed },
            Unfit::NoZone { found } => {
                let fault = Box::new(Fault::Time { value: found, why: TimeError::NoZone });
                DataError::Row { file: self.path.clone(), place: Place::Row(1), fault }
            }
        }
    }

    fn trouble(&self, trouble: Trouble, above: usize) -> DataError {
        match trouble {
            Trouble::Damaged(error) => damaged(&self.path, &error),
            Trouble::Value(row, fault) => {
                let place = Place::Row(above.saturating_add(row).saturating_add(1));
                DataError::Row { file: self.path.clone(), place, fault }
            }
        }
    }
}

/// Goes through the rows of a group, all columns abreast; gives their number.
fn group_rows<const N: usize>(
    columns: &[Column],
    group: &dyn RowGroupReader,
    take: &mut impl FnMut([i64; N]) -> Result<(), Box<Fault>>,
) -> Result<usize, Trouble> {
    let rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
    let mut cells = columns.iter().map(|column| guarded(|| column.open(group))).collect::<Result<Vec<_>, _>>()?;
    let mut done: usize = 0;
    loop {
        for column in &mut cells {
            guarded(|| column.fill())?;
        }
        let count = cells.first().map_or(0, |column| column.steps().len());
        let ended = count == 0 && done == rows;
        if cells.iter().any(|column| column.steps().len() != count) || (count == 0 && !ended) {
            return Err(ParquetError::General(format!("a column has not the {rows} rows of its group")).into());
        }
        if ended {
            return Ok(done);
        }
        let mut steps: [_; N] = std::array::from_fn(|at| cells.get(at).map_or(&[][..], Cells::steps).iter());
        for row in 0..count {
            let values = steps.each_mut().map(|column| column.next().copied().unwrap_or(ABSENT));
            take(values).map_err(|fault| Trouble::Value(done.saturating_add(row), fault))?;
        }
        done = done.saturating_add(count);
    }
}

/// Calls the library, which asserts some of what a damaged file can break; that is a refusal and not our end.
fn guarded<T>(call: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|_| Err(ParquetError::General("its pages contradict each other".to_owned()).into()))
}

fn damaged(path: &Path, error: &ParquetError) -> DataError {
    DataError::Damaged { file: path.to_owned(), format: Format::Parquet, why: error.to_string() }
}
