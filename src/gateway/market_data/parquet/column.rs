use desk::domain::decimal::DecimalError;
use desk::domain::time::TimeError;
use parquet::basic::{Compression, ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{AsBytes, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::RowGroupReader;
use parquet::schema::types::ColumnDescriptor;

use super::double;
use crate::gateway::market_data::check::Side;
use crate::gateway::market_data::fault::Fault;

/// What stands for a null; no time, price or volume that is allowed has this value.
pub(super) const ABSENT: i64 = i64::MIN;
/// Rows that are decoded at a time.
const BATCH: usize = 4096;

/// A column of a Parquet file and how its values are read.
#[derive(Clone, Copy)]
pub(super) struct Column {
    /// Its place in the file.
    pub(super) index: usize,
    name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Integers: one is so many nanoseconds.
    Time(i64),
    /// Integers, or bytes that are one: one is so many steps of 10⁻⁸.
    Decimal { side: Side, steps: i64, scale: usize },
    /// Doubles.
    Double { side: Side },
}

/// A type that does not fit: what was found, and what is allowed.
pub(super) enum Unfit {
    Type { found: String, allowed: &'static str },
    NoZone { found: String },
}

/// Why a column could not be read.
pub(super) enum Trouble {
    /// The file is damaged.
    Damaged(ParquetError),
    /// The value of this row of the group (the first is 0) is refused.
    Value(usize, Box<Fault>),
}

impl From<ParquetError> for Trouble {
    fn from(error: ParquetError) -> Self {
        Self::Damaged(error)
    }
}

impl Column {
    /// The time column, from its type.
    pub(super) fn time(index: usize, name: &'static str, found: &ColumnDescriptor) -> Result<Self, Unfit> {
        let unit = match (found.physical_type(), found.logical_type_ref(), found.converted_type()) {
            (Physical::INT64, Some(LogicalType::Timestamp(stamp)), _) => {
                if !stamp.is_adjusted_to_u_t_c {
                    return Err(Unfit::NoZone { found: described(found) });
                }
                stamp.unit
            }
            (Physical::INT64, None, ConvertedType::TIMESTAMP_MILLIS) => TimeUnit::MILLIS,
            (Physical::INT64, None, ConvertedType::TIMESTAMP_MICROS) => TimeUnit::MICROS,
            _ => {
                let allowed = "a 64-bit timestamp in UTC (ns, us or ms)";
                return Err(Unfit::Type { found: described(found), allowed });
            }
        };
        let nanos = match unit {
            TimeUnit::MILLIS => 1_000_000,
            TimeUnit::MICROS => 1000,
            TimeUnit::NANOS => 1,
        };
        Ok(Self { index, name, kind: Kind::Time(nanos) })
    }

    /// A column of prices, volumes or sizes, from its type.
    pub(super) fn number(
        index: usize,
        name: &'static str,
        side: Side,
        found: &ColumnDescriptor,
    ) -> Result<Self, Unfit> {
        let volume = side.0.last() == Some(&name);
        let decimal = match (found.logical_type_ref(), found.converted_type()) {
            (Some(LogicalType::Decimal(decimal)), _) => Some(decimal.scale),
            (None, ConvertedType::DECIMAL) => Some(found.type_scale()),
            (None | Some(LogicalType::Integer(_)), _) if volume && found.physical_type() != Physical::BYTE_ARRAY => {
                Some(0)
            }
            _ => None,
        };
        let scale = decimal.and_then(|scale| usize::try_from(scale).ok()).filter(|scale| *scale <= 8);
        let kind = match (found.physical_type(), scale) {
            (Physical::DOUBLE, _) => Some(Kind::Double { side }),
            (
                Physical::INT32 | Physical::INT64 | Physical::FIXED_LEN_BYTE_ARRAY | Physical::BYTE_ARRAY,
                Some(scale),
            ) => {
                let steps = [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1].get(scale).copied();
                steps.map(|steps| Kind::Decimal { side, steps, scale })
            }
            _ => None,
        };
        let allowed = if volume {
            "DECIMAL with at most 8 places, DOUBLE, or whole numbers of 32 or 64 bits"
        } else {
            "DECIMAL with at most 8 places, or DOUBLE"
        };
        kind.map(|kind| Self { index, name, kind }).ok_or_else(|| Unfit::Type { found: described(found), allowed })
    }

    /// Begins to read the column in a row group.
    pub(super) fn open(&self, group: &dyn RowGroupReader) -> Result<Cells<'_>, Trouble> {
        let chunk = match group.get_column_reader(self.index)? {
            ColumnReader::Int32ColumnReader(reader) => Chunk::Int32(Batch::new(reader)),
            ColumnReader::Int64ColumnReader(reader) => Chunk::Int64(Batch::new(reader)),
            ColumnReader::DoubleColumnReader(reader) => Chunk::Double(Batch::new(reader)),
            ColumnReader::ByteArrayColumnReader(reader) => Chunk::Bytes(Batch::new(reader)),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => Chunk::Fixed(Batch::new(reader)),
            _ => return Err(ParquetError::General(format!("column {} changes its type", self.name)).into()),
        };
        Ok(Cells { column: self, chunk, above: 0, steps: Vec::with_capacity(BATCH) })
    }

    const fn unit(&self) -> i64 {
        match self.kind {
            Kind::Time(nanos) => nanos,
            Kind::Decimal { steps, .. } => steps,
            Kind::Double { .. } => 1,
        }
    }

    fn integer(&self, value: i64) -> Result<i64, Box<Fault>> {
        let steps = value.checked_mul(self.unit()).filter(|steps| *steps != ABSENT);
        steps.ok_or_else(|| Box::new(self.beyond(Some(value.into()))))
    }

    fn bytes(&self, bytes: &[u8]) -> Result<i64, Box<Fault>> {
        let sign = if bytes.first().is_some_and(|b| *b >= 0x80) { -1 } else { 0 };
        let value = bytes.iter().try_fold(sign, |sum: i128, b| sum.checked_mul(256)?.checked_add(i128::from(*b)));
        let narrow = value.and_then(|v| i64::try_from(v).ok());
        narrow.map_or_else(|| Err(Box::new(self.beyond(value))), |v| self.integer(v))
    }

    fn double(&self, value: f64) -> Result<i64, Box<Fault>> {
        match double::steps(value) {
            Ok(steps) => Ok(steps),
            Err(why) => Err(Box::new(self.refused(value, why))),
        }
    }

    fn refused(&self, value: f64, why: DecimalError) -> Fault {
        let (column, text) = (self.name, value.to_string());
        match self.kind {
            _ if !value.is_finite() => Fault::NotFinite { column, value: text },
            Kind::Double { side } if why == DecimalError::Overflow => side.beyond(column, text),
            _ => Fault::Number { column, value: text, why },
        }
    }

    /// The fault of a value that 64 bits do not hold.
    fn beyond(&self, value: Option<i128>) -> Fault {
        let mut text = value.map_or_else(|| "a number of over 38 digits".to_owned(), |v| v.to_string());
        match self.kind {
            Kind::Time(_) => Fault::Time { value: text, why: TimeError::Impossible },
            Kind::Decimal { side, scale, .. } => {
                if value.is_some() && scale > 0 {
                    // What does not fit has more digits than any scale that is allowed.
                    text.insert(text.len().saturating_sub(scale), '.');
                }
                side.beyond(self.name, text)
            }
            Kind::Double { side } => side.beyond(self.name, text),
        }
    }
}

/// Whether this build can unpack a column that is packed so.
pub(super) const fn unpacks(compression: Compression) -> bool {
    matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_))
}

fn described(found: &ColumnDescriptor) -> String {
    match found.logical_type_ref() {
        Some(logical) => format!("{} ({logical:?})", found.physical_type()),
        None => found.physical_type().to_string(),
    }
}

/// A column in one row group, some rows at a time, so that a file's columns need little memory at once.
pub(super) struct Cells<'c> {
    column: &'c Column,
    chunk: Chunk,
    above: usize,
    steps: Vec<i64>,
}

enum Chunk {
    Int32(Batch<Int32Type>),
    Int64(Batch<Int64Type>),
    Double(Batch<DoubleType>),
    Bytes(Batch<ByteArrayType>),
    Fixed(Batch<FixedLenByteArrayType>),
}

impl Cells<'_> {
    /// Reads the next rows; none at the end.
    pub(super) fn fill(&mut self) -> Result<(), Trouble> {
        let (column, out) = (self.column, &mut self.steps);
        self.above = self.above.saturating_add(out.len());
        out.clear();
        let done = match &mut self.chunk {
            Chunk::Int32(batch) => batch.next(out, |v| column.integer(i64::from(*v))),
            // The usual case: only what does not fit is looked at again.
            Chunk::Int64(batch) => {
                let unit = column.unit();
                batch.next(out, |v| v.checked_mul(unit).map_or_else(|| column.integer(*v), Ok))
            }
            Chunk::Double(batch) => batch.next(out, |v| column.double(*v)),
            Chunk::Bytes(batch) => batch.next(out, |v| column.bytes(v.as_bytes())),
            Chunk::Fixed(batch) => batch.next(out, |v| column.bytes(v.as_bytes())),
        };
        done.map_err(|trouble| match trouble {
            Trouble::Value(row, fault) => Trouble::Value(row.saturating_add(self.above), fault),
            damaged @ Trouble::Damaged(_) => damaged,
        })
    }

    /// The rows that were read last; nulls are [`ABSENT`].
    pub(super) fn steps(&self) -> &[i64] {
        &self.steps
    }
}

struct Batch<T: DataType> {
    reader: ColumnReaderImpl<T>,
    values: Vec<T::T>,
    levels: Vec<i16>,
}

impl<T: DataType> Batch<T> {
    fn new(reader: ColumnReaderImpl<T>) -> Self {
        Self { reader, values: Vec::with_capacity(BATCH), levels: Vec::new() }
    }

    fn next(&mut self, out: &mut Vec<i64>, convert: impl Fn(&T::T) -> Result<i64, Box<Fault>>) -> Result<(), Trouble> {
        self.values.clear();
        self.levels.clear();
        let (records, present, _) = self.reader.read_records(BATCH, Some(&mut self.levels), None, &mut self.values)?;
        if present == records {
            for value in &self.values {
                out.push(convert(value).map_err(|fault| Trouble::Value(out.len(), fault))?);
            }
            return Ok(());
        }
        // Flat columns: a level above 0 is a value, 0 is a null.
        let mut next = self.values.iter();
        for level in &self.levels {
            let value = if *level > 0 { next.next() } else { None };
            let steps = value.map_or(Ok(ABSENT), &convert).map_err(|fault| Trouble::Value(out.len(), fault))?;
            out.push(steps);
        }
        Ok(())
    }
}
