use std::fs;
use std::path::Path;
use std::sync::Arc;

use desk::domain::market::Bar;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::Int64Type;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use crate::gateway::market_data::errors::DataError;
use crate::gateway::reason;

const SCHEMA: &str = "message bars {
    required int64 ts_utc (TIMESTAMP(NANOS, true));
    required int64 open (DECIMAL(18, 8));
    required int64 high (DECIMAL(18, 8));
    required int64 low (DECIMAL(18, 8));
    required int64 close (DECIMAL(18, 8));
    required int64 volume (DECIMAL(18, 8));
}";

/// Writes bars as Parquet: `ts_utc` timestamp(ns, UTC), the rest DECIMAL(18,8), packed by zstd. The same bars give
/// the same bytes.
///
/// # Errors
/// [`DataError::Unwritable`].
pub fn write_parquet(path: &Path, bars: &[Bar]) -> Result<(), DataError> {
    let unwritable = |why: String| DataError::Unwritable { file: path.to_owned(), why };
    let bytes = packed(bars).map_err(|e| unwritable(e.to_string()))?;
    fs::write(path, bytes).map_err(|e| unwritable(reason(&e)))
}

fn packed(bars: &[Bar]) -> Result<Vec<u8>, ParquetError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let time = ColumnPath::from("ts_utc");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_column_dictionary_enabled(time.clone(), false)
        .set_column_encoding(time, Encoding::DELTA_BINARY_PACKED)
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let columns: [fn(&Bar) -> i64; 6] = [
        |bar| bar.start.nanos(),
        |bar| bar.open.raw(),
        |bar| bar.high.raw(),
        |bar| bar.low.raw(),
        |bar| bar.close.raw(),
        |bar| bar.volume.raw(),
    ];
    let mut group = writer.next_row_group()?;
    for column in columns {
        let Some(mut chunk) = group.next_column()? else { break };
        let values: Vec<i64> = bars.iter().map(column).collect();
        chunk.typed::<Int64Type>().write_batch(&values, None, None)?;
        chunk.close()?;
    }
    group.close()?;
    writer.into_inner()
}
