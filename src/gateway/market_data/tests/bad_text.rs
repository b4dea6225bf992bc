use super::*;

const HEAD: &str = "ts_utc,open,high,low,close,volume\n";
const GOOD: &str = "2026-03-13T14:03:00Z,10,11,9,10.5,100\n";

/// Rows after a good one: the third line is refused with this code, and its message has these words.
const ROWS: &[(&str, &str, &[&str])] = &[
    ("2026-03-13T14:04:00Z,1O,11,9,10,1", "data_not_a_number", &["column open", "\"1O\"", "decimal number"]),
    ("2026-03-13T14:04:00Z,10,abc,9,10,1", "data_not_a_number", &["column high", "\"abc\""]),
    ("2026-03-13T14:04:00Z,10,1e1,9,10,1", "data_not_a_number", &["column high", "\"1e1\""]),
    ("2026-03-13T14:04:00Z,10,11,9,+10,1", "data_not_a_number", &["column close", "\"+10\""]),
    ("2026-03-13T14:04:00Z,10,11, 9,10,1", "data_not_a_number", &["column low", "\" 9\""]),
    ("2026-03-13T14:04:00Z,\"10\",11,9,10,1", "data_not_a_number", &["column open"]),
    ("2026-03-13T14:04:00Z,10,11,9,10,1.5.2", "data_not_a_number", &["column volume", "\"1.5.2\""]),
    ("2026-03-13T14:04:00Z,10.123456789,11,9,10,1", "data_not_a_number", &["column open", "8 places"]),
    ("2026-03-13T14:04:00Z,10,11,9,\u{7}\u{1b},1", "data_not_a_number", &["column close", "\\u{7}\\u{1b}"]),
    ("2026-03-13T14:04:00Z,10,,9,10,1", "data_value_missing", &["column high", "missing"]),
    (",10,11,9,10,1", "data_value_missing", &["column ts_utc"]),
    ("2026-03-13T14:04:00Z,10,11,9,10,", "data_value_missing", &["column volume"]),
    ("2026-03-13T14:04:00Z,NaN,11,9,10,1", "data_not_finite", &["column open", "\"NaN\"", "finite"]),
    ("2026-03-13T14:04:00Z,10,nan,9,10,1", "data_not_finite", &["column high"]),
    ("2026-03-13T14:04:00Z,10,inf,9,10,1", "data_not_finite", &["column high", "\"inf\""]),
    ("2026-03-13T14:04:00Z,10,11,-Infinity,10,1", "data_not_finite", &["column low"]),
    ("2026-03-13T14:04:00Z,10,11,-9,10,1", "data_price_out_of_bounds", &["column low", "-9.00", "10000000.00"]),
    ("2026-03-13T14:04:00Z,0,11,0,10,1", "data_price_out_of_bounds", &["column open", "0.00", "above 0"]),
    ("2026-03-13T14:04:00Z,10,10000000.00000001,9,10,1", "data_price_out_of_bounds", &["column high"]),
    ("2026-03-13T14:04:00Z,10,99999999999999,9,10,1", "data_price_out_of_bounds", &["column high", "99999999999999 "]),
    ("2026-03-13T14:04:00Z,10,11,9,10,-1", "data_volume_out_of_bounds", &["column volume", "-1", "0 to 10000000000"]),
    ("2026-03-13T14:04:00Z,10,11,9,10,10000000000.1", "data_volume_out_of_bounds", &["column volume"]),
    ("2026-03-13T14:04:00Z,10,11,9,10,1000000000000000", "data_volume_out_of_bounds", &["column volume"]),
    ("2026-03-13T14:04:00Z,10,9,11,10,1", "data_high_below_low", &["column high", "9.00", "11.00"]),
    ("2026-03-13T14:04:00Z,12,11,9,10,1", "data_outside_high_low", &["column open", "12.00", "low 9.00", "high 11.00"]),
    ("2026-03-13T14:04:00Z,8,11,9,10,1", "data_outside_high_low", &["column open", "8.00"]),
    ("2026-03-13T14:04:00Z,10,11,9,11.01,1", "data_outside_high_low", &["column close", "11.01"]),
    ("2026-03-13T14:04:00Z,10,11,9,8.99,1", "data_outside_high_low", &["column close", "8.99"]),
    ("2026-03-13T14:02:00Z,10,11,9,10,1", "data_out_of_order", &["14:02:00Z", "14:03:00Z", "order"]),
    ("2026-03-13T14:03:00Z,10,11,9,10,1", "data_duplicate_bar", &["14:03:00Z", "twice"]),
    ("2026-03-13T10:03:00-04:00,10,11,9,10,1", "data_duplicate_bar", &["14:03:00Z"]),
    ("2026-03-13T14:04:00,10,11,9,10,1", "data_time_zone_missing", &["no time zone", "Z"]),
    ("2026-02-30T14:04:00Z,10,11,9,10,1", "data_time_impossible", &["2026-02-30"]),
    ("2026-13-01T14:04:00Z,10,11,9,10,1", "data_time_impossible", &["2026-13-01"]),
    ("2026-03-13T25:04:00Z,10,11,9,10,1", "data_time_impossible", &["25:04"]),
    ("13/03/2026 14:04,10,11,9,10,1", "data_time_malformed", &["13/03/2026 14:04"]),
    ("1773410640,10,11,9,10,1", "data_time_malformed", &["1773410640", "2026-03-13T14:03:00Z"]),
    ("2026-03-13T14:04:30Z,10,11,9,10,1", "data_not_whole_minute", &["14:04:30Z", "second 0"]),
    ("2026-03-13T14:04:00.000000001Z,10,11,9,10,1", "data_not_whole_minute", &["000000001Z"]),
    ("2026-03-13T14:04:00Z,10,11,9,10", "data_short_row", &["5 columns", "header 6"]),
    ("2026-03-13T14:04", "data_short_row", &["1 column,"]),
    ("2026-03-13T14:04:00Z;10;11;9;10;1", "data_short_row", &["1 column,"]),
    ("\n2026-03-13T14:04:00Z,10,11,9,10,1", "data_short_row", &["0 columns"]),
    ("2026-03-13T14:04:00Z,10,11,9,10,1,000", "data_long_row", &["7 columns", "without commas"]),
    ("ts_utc,open,high,low,close,volume", "data_time_malformed", &["\"ts_utc\""]),
];

#[test]
fn each_bad_row_names_file_line_column_value_and_what_is_allowed() {
    for (row, code, words) in ROWS {
        for ending in ["", "\n", "\r\n", "\n2026-03-13T15:00:00Z,10,11,9,10,1\n"] {
            let folder = Scratch::with("AAPL.csv", format!("{HEAD}{GOOD}{row}{ending}").as_bytes());
            let error = read_all(&folder.0, "AAPL").expect_err(row);
            says(&error, code, words);
            says(&error, code, &["AAPL.csv, line 3"]);
        }
    }
}

#[test]
fn a_bad_row_beyond_the_dates_asked_for_is_refused_too() {
    let text = format!("{HEAD}{GOOD}2026-03-16T14:03:00Z,10,x,9,10,1\n");
    let folder = Scratch::with("AAPL.csv", text.as_bytes());
    let data = DataFolder::open(&folder.0).unwrap();
    let (from, to) = ("2026-03-13T00:00:00Z".parse().unwrap(), "2026-03-14T00:00:00Z".parse().unwrap());
    let error = data.read(data.find("AAPL").unwrap(), from, to).unwrap_err();
    says(&error, "data_not_a_number", &["line 3", "column high"]);
}

fn packed(name: &str, text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    if name.ends_with("zst") {
        return zstd::encode_all(text, 3).unwrap();
    }
    if name.ends_with("gz") {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        return encoder.finish().unwrap();
    }
    text.to_vec()
}

#[test]
fn each_bad_file_names_itself_and_what_is_needed() {
    let semicolons = HEAD.replace(',', ";");
    let table: &[(&[u8], &str, &[&str])] = &[
        (b"", "data_empty_file", &["is empty"]),
        (b"\n\r\n  ", "data_empty_file", &["is empty"]),
        (b"\xEF\xBB\xBF", "data_empty_file", &["is empty"]),
        (HEAD.as_bytes(), "data_header_only", &["no row"]),
        (HEAD.trim_end().as_bytes(), "data_header_only", &["no row"]),
        (GOOD.as_bytes(), "data_wrong_header", &["line 1", "14:03:00Z,10", "ts_utc,open,high,low,close,volume"]),
        (b"ts,open,high,low,close,volume\n1\n", "data_wrong_header", &["\"ts,open", "\"ts_utc,open"]),
        (b"ts_utc,high,open,low,close,volume\n", "data_wrong_header", &["ts_utc,high,open"]),
        (b"ts_utc,open,high,low,close\n", "data_wrong_header", &["low,close\""]),
        (b"ts_utc,contract,open,high,low,close,volume\n", "data_wrong_header", &["contract"]),
        (semicolons.as_bytes(), "data_wrong_header", &["ts_utc;open"]),
        (b"<!DOCTYPE html><html><body>404</body></html>", "data_wrong_content", &["web page", "CSV text"]),
        (b"  \n<html>", "data_wrong_content", &["web page"]),
        (b"ts_utc\0,open", "data_wrong_content", &["binary"]),
        (b"\x7FELF\x02\x01\x01\0\0\0", "data_wrong_content", &["binary"]),
        (b"\xFF\xFEt\0s\0", "data_wrong_content", &["binary"]),
        (b"PAR1\x15\x04", "data_wrong_content", &["Parquet", "SYMBOL.parquet"]),
        (b"\x1F\x8B\x08\0\0\0\0\0", "data_wrong_content", &["gzip", "SYMBOL.csv.gz"]),
        (b"\x28\xB5\x2F\xFD\x04\x68", "data_wrong_content", &["zstd", "SYMBOL.csv.zst"]),
        (b"ts_utc,open,high,low,close,volume\nMarch \xE9t\xE9\n", "data_not_utf8", &["line 2", "UTF-8"]),
    ];
    for name in ["SPY.csv", "SPY.csv.gz", "SPY.csv.zst"] {
        for (bytes, code, words) in table {
            let folder = Scratch::with(name, &packed(name, bytes));
            let error = read_all(&folder.0, "SPY").expect_err(code);
            says(&error, code, words);
            says(&error, code, &[name]);
        }
    }
}

#[test]
fn what_is_cut_off_or_not_packed_as_its_name_says_is_refused() {
    let text = format!("{HEAD}{GOOD}");
    for name in ["SPY.csv.gz", "SPY.csv.zst"] {
        let whole = packed(name, text.as_bytes());
        assert_eq!(read_all(&Scratch::with(name, &whole).0, "SPY").unwrap().bars.len(), 1);
        says(&read_all(&Scratch::with(name, b"").0, "SPY").unwrap_err(), "data_empty_file", &[name]);
        for end in 1..whole.len() {
            let error = read_all(&Scratch::with(name, &whole[..end]).0, "SPY").expect_err("it is cut off");
            assert!(["data_damaged", "data_wrong_content"].contains(&error.code()), "{end}: {error}");
            assert!(error.to_string().contains(name));
        }
        let error = read_all(&Scratch::with(name, text.as_bytes()).0, "SPY").unwrap_err();
        says(&error, "data_wrong_content", &["looks like text", "is needed"]);
        let error = read_all(&Scratch::with(name, b"<html>").0, "SPY").unwrap_err();
        says(&error, "data_wrong_content", &["web page"]);
    }
}

#[test]
fn what_editors_do_to_a_file_does_no_harm() {
    let row = GOOD.trim_end();
    let plain = read_all(&Scratch::with("SPY.csv", format!("{HEAD}{row}").as_bytes()).0, "SPY").unwrap().bars;
    for text in [
        format!("\u{FEFF}{HEAD}{row}\n"),
        format!("{HEAD}{row}\n\n"),
        format!("{HEAD}{row}\n\r\n \n"),
        format!("{HEAD}{row}\n").replace('\n', "\r\n"),
        format!("\u{FEFF}{HEAD}{row}\n\n").replace('\n', "\r\n"),
        format!("{HEAD}2026-03-13 10:03:00-04:00,10.00,11.0,9.000000000,10.50,100.0\n"),
    ] {
        assert_eq!(read_all(&Scratch::with("SPY.csv", text.as_bytes()).0, "SPY").unwrap().bars, plain, "{text:?}");
    }
}

const QUOTES: &str =
    "ts_utc,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size\n";

#[test]
fn quotes_with_one_side_and_crossed_ones_are_set_aside_and_counted() {
    let text = format!(
        "{QUOTES}2013-07-01T08:00:00Z,27.0,27.0,27.0,27.0,100,,,,,0\n\
         2013-07-01T11:16:00Z,27.0,27.05,27.0,27.05,100,29.15,29.15,29.1,29.1,200\n\
         2013-07-01T11:17:00Z,,,,,,29.15,29.15,29.1,29.1,200\n\
         2013-07-01T11:18:00Z,27,27,27,27,1,26.9,28,26.9,28,1\n\
         2013-07-01T11:19:00Z,27,27,27,27,1,27,27,27,27,1\n"
    );
    let folder = Scratch::with("FOXA.csv", text.as_bytes());
    let quotes = read_quotes(&folder.0, "FOXA").unwrap();
    assert_eq!((quotes.bars.len(), quotes.one_sided, quotes.crossed, quotes.input.rows), (2, 2, 1, 5));
    let first = quotes.bars[0];
    let shown = [first.bid_open, first.ask_open, first.bid_close, first.ask_close].map(|price| price.to_string());
    assert_eq!(shown, ["27.00", "29.15", "27.05", "29.10"]);
    assert_eq!(quotes.covers.0.to_string(), "2013-07-01T08:00:00Z");
    assert_eq!(quotes.covers.1.to_string(), "2013-07-01T11:19:00Z");
}

#[test]
fn bad_quotes_are_refused_like_bad_bars() {
    for (row, code, words) in [
        ("2013-07-01T08:00:00Z,27,27,,27,1,28,28,28,28,1", "data_partial_side", "column bid_low"),
        ("2013-07-01T08:00:00Z,27,27,27,27,1,,28,28,28,1", "data_partial_side", "column ask_open"),
        ("2013-07-01T08:00:00Z,27,26,27,27,1,28,28,28,28,1", "data_high_below_low", "column bid_high"),
        ("2013-07-01T08:00:00Z,27,27,27,27,1,28,28,28,29,1", "data_outside_high_low", "column ask_close"),
        ("2013-07-01T08:00:00Z,27,27,27,27,-1,28,28,28,28,1", "data_volume_out_of_bounds", "column bid_size"),
        ("2013-07-01T08:00:00Z,27,27,27,27,,28,28,28,28,1", "data_value_missing", "column bid_size"),
        ("2013-07-01T08:00:00Z,27,27,27,27,1,28,28,28,28", "data_short_row", "10 columns"),
        ("2013-07-01T08:00:01Z,,,,,,,,,,", "data_not_whole_minute", "column ts_utc"),
        (GOOD.trim_end(), "data_short_row", "6 columns, the header 11"),
    ] {
        let folder = Scratch::with("FOXA.csv", format!("{QUOTES}{row}\n").as_bytes());
        says(&read_quotes(&folder.0, "FOXA").expect_err(row), code, &["FOXA.csv, line 2", words]);
    }
    let folder = Scratch::with("FOXA.csv", format!("{HEAD}{GOOD}").as_bytes());
    says(&read_quotes(&folder.0, "FOXA").unwrap_err(), "data_wrong_header", &["ts_utc,open", "ts_utc,bid_open"]);
}
