use std::sync::Arc;

use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FixedLenByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::gateway::market_data::HIGHEST_PRICE;
use desk::domain::seed::Seed;

/// One column's values; those of an optional column, with nulls.
#[derive(Clone)]
enum Cells {
    Short(Vec<i32>),
    Long(Vec<i64>),
    Maybe(Vec<Option<i64>>),
    Double(Vec<f64>),
    Bytes(Vec<Vec<u8>>),
    Fixed(Vec<Vec<u8>>),
}
use Cells::{Bytes, Double, Fixed, Long, Maybe, Short};

fn put(chunk: &mut SerializedColumnWriter<'_>, cells: &Cells) -> parquet::errors::Result<usize> {
    match cells {
        Short(values) => chunk.typed::<Int32Type>().write_batch(values, None, None),
        Long(values) => chunk.typed::<Int64Type>().write_batch(values, None, None),
        Maybe(values) => {
            let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
            let there: Vec<i64> = values.iter().flatten().copied().collect();
            chunk.typed::<Int64Type>().write_batch(&there, Some(&levels), None)
        }
        Double(values) => chunk.typed::<DoubleType>().write_batch(values, None, None),
        Bytes(values) => {
            let values: Vec<ByteArray> = values.iter().cloned().map(ByteArray::from).collect();
            chunk.typed::<ByteArrayType>().write_batch(&values, None, None)
        }
        Fixed(values) => {
            let values: Vec<_> = values.iter().cloned().map(|bytes| ByteArray::from(bytes).into()).collect();
            chunk.typed::<FixedLenByteArrayType>().write_batch(&values, None, None)
        }
    }
}

/// A file of these columns, in as many row groups as there are lists of them.
fn file_of(columns: &[&str], groups: &[Vec<Cells>], packing: Compression) -> Vec<u8> {
    let schema = format!("message bars {{ {}; }}", columns.join("; "));
    let properties = WriterProperties::builder().set_compression(packing).build();
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for cells in groups {
        let mut group = writer.next_row_group().unwrap();
        for cells in cells {
            let mut chunk = group.next_column().unwrap().unwrap();
            put(&mut chunk, cells).unwrap();
            chunk.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

const TIME: &str = "required int64 ts_utc (TIMESTAMP(NANOS, true))";
const OPEN: &str = "required int64 open (DECIMAL(18,8))";
const HIGH: &str = "required int64 high (DECIMAL(18,8))";
const LOW: &str = "required int64 low (DECIMAL(18,8))";
const CLOSE: &str = "required int64 close (DECIMAL(18,8))";
const VOLUME: &str = "required int64 volume (DECIMAL(18,8))";
const USUAL: [&str; 6] = [TIME, OPEN, HIGH, LOW, CLOSE, VOLUME];
const AT: i64 = 1_773_410_580_000_000_000;
const MINUTE: i64 = 60_000_000_000;
const UNIT: i64 = 100_000_000;

/// Two bars: 10, 11, 9, 10.5, 100 and the same a minute later.
fn usual() -> Vec<Cells> {
    let twice = |steps: i64| Long(vec![steps; 2]);
    vec![
        Long(vec![AT, AT + MINUTE]),
        twice(10 * UNIT),
        twice(11 * UNIT),
        twice(9 * UNIT),
        twice(1_050_000_000),
        twice(100 * UNIT),
    ]
}

fn read(bytes: &[u8]) -> Result<SymbolBars, DataError> {
    read_all(&Scratch::with("SPY.parquet", bytes).0, "SPY")
}

/// The usual file with one column told and filled otherwise.
fn with(column: usize, told: &str, cells: Cells) -> Vec<u8> {
    let (mut columns, mut values) = (USUAL, usual());
    (columns[column], values[column]) = (told, cells);
    file_of(&columns, &[values], Compression::SNAPPY)
}

#[test]
fn other_writers_types_give_the_same_bars() {
    let plain = read(&file_of(&USUAL, &[usual()], Compression::UNCOMPRESSED)).unwrap().bars;
    assert_eq!((plain.len(), plain[1].close.to_string(), plain[1].start.nanos()), (2, "10.50".into(), AT + MINUTE));
    let big = |steps: i128, width: usize| steps.to_be_bytes()[16 - width..].to_vec();
    let alike: &[(usize, &str, Cells)] = &[
        (0, "required int64 ts_utc (TIMESTAMP(MICROS, true))", Long(vec![AT / 1000, (AT + MINUTE) / 1000])),
        (0, "required int64 ts_utc (TIMESTAMP(MILLIS, true))", Long(vec![AT / 1_000_000, (AT + MINUTE) / 1_000_000])),
        (0, "required int64 ts_utc (TIMESTAMP_MILLIS)", Long(vec![AT / 1_000_000, (AT + MINUTE) / 1_000_000])),
        (0, "optional int64 ts_utc (TIMESTAMP(NANOS, true))", Maybe(vec![Some(AT), Some(AT + MINUTE)])),
        (1, "required double open", Double(vec![10.0; 2])),
        (4, "required double close", Double(vec![10.5; 2])),
        (4, "required int32 close (DECIMAL(9,2))", Short(vec![1050; 2])),
        (4, "required int64 close (DECIMAL(18,1))", Long(vec![105; 2])),
        (4, "required fixed_len_byte_array(8) close (DECIMAL(18,8))", Fixed(vec![big(1_050_000_000, 8); 2])),
        (4, "required fixed_len_byte_array(16) close (DECIMAL(38,8))", Fixed(vec![big(1_050_000_000, 16); 2])),
        (4, "required binary close (DECIMAL(18,8))", Bytes(vec![big(1_050_000_000, 4), big(1_050_000_000, 9)])),
        (4, "optional int64 close (DECIMAL(18,8))", Maybe(vec![Some(1_050_000_000); 2])),
        (5, "required int64 volume", Long(vec![100; 2])),
        (5, "required int64 volume (INTEGER(64,false))", Long(vec![100; 2])),
        (5, "required int32 volume", Short(vec![100; 2])),
        (5, "required double volume", Double(vec![100.0; 2])),
    ];
    for (column, told, cells) in alike {
        assert_eq!(read(&with(*column, told, cells.clone())).unwrap().bars, plain, "{told}");
    }
    for packing in
        [Compression::SNAPPY, Compression::GZIP(GzipLevel::default()), Compression::ZSTD(ZstdLevel::default())]
    {
        assert_eq!(read(&file_of(&USUAL, &[usual()], packing)).unwrap().bars, plain, "{packing}");
    }
    let (mut columns, mut values) = (USUAL, usual());
    columns.reverse();
    values.reverse();
    assert_eq!(read(&file_of(&columns, &[values], Compression::SNAPPY)).unwrap().bars, plain);
}

#[test]
fn types_that_do_not_fit_are_refused() {
    let table: &[(usize, &str, Cells, &str, &[&str])] = &[
        (0, "required int64 ts_utc (TIMESTAMP(NANOS, false))", Long(vec![0; 2]), "data_time_zone_missing", &["row 1"]),
        (0, "required int64 ts_utc", Long(vec![0; 2]), "data_column_type", &["column ts_utc", "INT64", "in UTC"]),
        (0, "required double ts_utc", Double(vec![0.0; 2]), "data_column_type", &["DOUBLE", "in UTC"]),
        (0, "required binary ts_utc (STRING)", Bytes(vec![vec![]; 2]), "data_column_type", &["BYTE_ARRAY", "String"]),
        (1, "required int64 open", Long(vec![10; 2]), "data_column_type", &["column open", "INT64", "DECIMAL"]),
        (1, "required int64 open (DECIMAL(18,9))", Long(vec![1; 2]), "data_column_type", &["at most 8 places"]),
        (1, "required binary open (STRING)", Bytes(vec![vec![]; 2]), "data_column_type", &["column open"]),
        (5, "required binary volume (STRING)", Bytes(vec![vec![]; 2]), "data_column_type", &["column volume"]),
        (5, "required binary volume", Bytes(vec![vec![]; 2]), "data_column_type", &["whole numbers"]),
        (1, "required int64 first (DECIMAL(18,8))", Long(vec![1; 2]), "data_wrong_header", &["ts_utc,first,high"]),
    ];
    for (column, told, cells, code, words) in table {
        let error = read(&with(*column, told, cells.clone())).expect_err(told);
        says(&error, code, words);
        says(&error, code, &["SPY.parquet"]);
    }
    let (mut columns, mut values) = (USUAL.to_vec(), usual());
    columns.push("required int64 contract");
    values.push(Long(vec![1; 2]));
    let error = read(&file_of(&columns, &[values], Compression::SNAPPY)).unwrap_err();
    says(&error, "data_wrong_header", &["volume,contract", "\"ts_utc,open,high,low,close,volume\""]);
    says(&read(&file_of(&USUAL, &[], Compression::SNAPPY)).unwrap_err(), "data_header_only", &["no row"]);
    says(&read(&file_of(&USUAL[..5], &[], Compression::SNAPPY)).unwrap_err(), "data_wrong_header", &["low,close\""]);
}

#[test]
fn each_bad_row_names_file_row_column_value_and_what_is_allowed() {
    let wide = |steps: i128| Fixed(vec![(10 * i128::from(UNIT)).to_be_bytes().to_vec(), steps.to_be_bytes().to_vec()]);
    let (flba, maybe) =
        ("required fixed_len_byte_array(16) open (DECIMAL(38,8))", "optional int64 open (DECIMAL(18,8))");
    let table: &[(usize, &str, Cells, &str, &[&str])] = &[
        (0, TIME, Long(vec![AT, AT]), "data_duplicate_bar", &["column ts_utc", "14:03:00Z"]),
        (0, TIME, Long(vec![AT, AT - MINUTE]), "data_out_of_order", &["14:02:00Z", "14:03:00Z"]),
        (0, TIME, Long(vec![AT, AT + 1]), "data_not_whole_minute", &["14:03:00.000000001Z"]),
        (0, "required int64 ts_utc (TIMESTAMP(MILLIS, true))", Long(vec![0, i64::MAX]), "data_time_impossible", &[]),
        (0, "optional int64 ts_utc (TIMESTAMP(NANOS, true))", Maybe(vec![Some(AT), None]), "data_value_missing", &[]),
        (1, maybe, Maybe(vec![Some(10 * UNIT), None]), "data_value_missing", &["column open"]),
        (1, "required double open", Double(vec![10.0, f64::NAN]), "data_not_finite", &["column open", "NaN"]),
        (1, "required double open", Double(vec![10.0, f64::NEG_INFINITY]), "data_not_finite", &["-inf"]),
        (
            1,
            "required double open",
            Double(vec![10.0, 9.000_000_001]),
            "data_not_a_number",
            &["9.000000001", "8 places"],
        ),
        (1, "required double open", Double(vec![10.0, 1e15]), "data_price_out_of_bounds", &["1000000000000000 is"]),
        (5, "required double volume", Double(vec![10.0, -1e15]), "data_volume_out_of_bounds", &["column volume"]),
        (5, "required int64 volume", Long(vec![10, i64::MAX]), "data_volume_out_of_bounds", &["9223372036854775807"]),
        (1, OPEN, Long(vec![10 * UNIT, -UNIT]), "data_price_out_of_bounds", &["column open", "-1.00"]),
        (1, OPEN, Long(vec![10 * UNIT, 0]), "data_price_out_of_bounds", &["0.00", "above 0"]),
        (1, flba, wide(i128::MAX), "data_price_out_of_bounds", &["1701411834604692317316873037158.84105727"]),
        (1, flba, wide(-i128::from(UNIT)), "data_price_out_of_bounds", &["-1.00"]),
        (2, HIGH, Long(vec![11 * UNIT, 8 * UNIT]), "data_high_below_low", &["column high", "8.00", "9.00"]),
        (4, CLOSE, Long(vec![11 * UNIT, 12 * UNIT]), "data_outside_high_low", &["column close", "12.00"]),
        (5, VOLUME, Long(vec![0, -1]), "data_volume_out_of_bounds", &["column volume", "-0.00000001"]),
    ];
    for (column, told, cells, code, words) in table {
        let error = read(&with(*column, told, cells.clone())).expect_err(told);
        says(&error, code, words);
        says(&error, code, &["SPY.parquet, row 2"]);
    }
    let mut later = usual();
    later[0] = Long(vec![AT + 2 * MINUTE, AT + 3 * MINUTE]);
    let good = file_of(&USUAL, &[usual(), later.clone()], Compression::SNAPPY);
    assert_eq!(read(&good).unwrap().input.rows, 4);
    later[3] = Long(vec![9 * UNIT, 12 * UNIT]);
    let error = read(&file_of(&USUAL, &[usual(), later], Compression::SNAPPY)).unwrap_err();
    says(&error, "data_high_below_low", &["row 4"]);
}

#[test]
fn what_is_cut_off_or_damaged_is_refused_and_never_read_otherwise() {
    let whole = file_of(&USUAL, &[usual()], Compression::SNAPPY);
    let bars = read(&whole).unwrap().bars;
    for end in 0..whole.len() {
        let error = read(&whole[..end]).expect_err("it is cut off");
        let codes = ["data_empty_file", "data_wrong_content", "data_damaged"];
        assert!(codes.contains(&error.code()), "{end}: {error}");
    }
    // A flipped bit may hit what carries no value; it must not stop the program, and what is read stays believable.
    for at in (0..whole.len() * 8).step_by(3) {
        let mut bytes = whole.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        if let Ok(read) = read(&bytes) {
            assert!(read.bars.len() <= bars.len() && read.bars.iter().all(|bar| bar.low <= bar.high));
        }
    }
    says(&read(b"<html>").unwrap_err(), "data_wrong_content", &["web page", "Parquet is needed"]);
    says(&read(b"ts_utc,open").unwrap_err(), "data_wrong_content", &["looks like text"]);
}

#[test]
fn no_damage_stops_the_program() {
    let mut rng = Seed(20).rng();
    let rows = 0..300_i64;
    let told = [
        "optional int64 ts_utc (TIMESTAMP(NANOS, true))",
        "required fixed_len_byte_array(8) open (DECIMAL(18,8))",
        HIGH,
        "required double low",
        CLOSE,
        "required int32 volume",
    ];
    let cells = vec![
        Maybe(rows.clone().map(|row| Some(AT + row * MINUTE)).collect()),
        Fixed(rows.clone().map(|row| (10 * UNIT + row % 7).to_be_bytes().to_vec()).collect()),
        Long(rows.clone().map(|row| 11 * UNIT + row % 5).collect()),
        Double(rows.clone().map(|_| 9.0).collect()),
        Long(rows.map(|_| 10 * UNIT).collect()),
        Short((0..300).collect()),
    ];
    for packing in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())] {
        let whole = file_of(&told, std::slice::from_ref(&cells), packing);
        assert_eq!(read(&whole).unwrap().bars.len(), 300);
        let mut refused = 0;
        for _ in 0..600 {
            let mut bytes = whole.clone();
            for _ in 0..=rng.below(6) {
                // Half of the damage near the end, where the file describes itself.
                let reach = if rng.chance(1, 2) { bytes.len() } else { bytes.len().min(900) };
                let back = usize::try_from(rng.below(reach as u64)).unwrap();
                let at = bytes.len() - 1 - back;
                bytes[at] = u8::try_from(rng.below(256)).unwrap();
            }
            match read(&bytes) {
                Ok(read) => assert!(read.bars.iter().all(|bar| bar.low <= bar.high && bar.high <= HIGHEST_PRICE)),
                Err(error) => {
                    assert!(error.to_string().contains("SPY.parquet"), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 300, "{packing}: {refused} of 600 were refused");
    }
}

#[test]
fn quotes_are_read_with_absent_sides() {
    let head =
        ["bid_open", "bid_high", "bid_low", "bid_close", "bid_size", "ask_open", "ask_high", "ask_low", "ask_close"];
    let mut columns = vec![TIME.to_owned()];
    columns.extend(head.map(|name| format!("optional int64 {name} (DECIMAL(18,8))")));
    columns.push("required int64 ask_size".to_owned());
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let column = |second: Option<i64>| Maybe(vec![Some(10 * UNIT), second]);
    let quotes = |bid: Option<i64>, open: Option<i64>| {
        let mut cells = vec![Long(vec![AT, AT + MINUTE])];
        cells.extend([open, bid, bid, bid, bid, Some(UNIT), Some(UNIT), Some(UNIT), Some(UNIT)].map(column));
        cells.push(Long(vec![1, 1]));
        let folder = Scratch::with("SPY.parquet", &file_of(&columns, &[cells], Compression::SNAPPY));
        read_quotes(&folder.0, "SPY")
    };
    let read = quotes(None, None).unwrap();
    assert_eq!((read.bars.len(), read.one_sided, read.crossed), (1, 1, 0));
    let read = quotes(Some(2 * UNIT), Some(2 * UNIT)).unwrap();
    assert_eq!((read.bars.len(), read.one_sided, read.crossed), (1, 0, 1));
    says(&quotes(Some(UNIT), None).unwrap_err(), "data_partial_side", &["row 2", "column bid_open"]);
}
