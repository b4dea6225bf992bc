use std::fmt::Write;

use super::*;
use desk::domain::chain::Hash;
use desk::domain::market::{Instrument, InstrumentKind};

const BARS: &[u8] = b"ts_utc,open,high,low,close,volume\n2026-03-13T14:03:00Z,10,11,9,10.5,100\n";

#[test]
fn one_file_a_symbol_not_searched_deeper_and_others_ignored() {
    let folder = Scratch::new();
    for name in
        ["MSFT.csv", "AAPL.csv.gz", "BRK.B.csv.zst", "ZED.parquet", "README.md", "AAPL.json", "no symbol.csv", ".csv"]
    {
        folder.put(name, BARS);
    }
    for deeper in ["deeper", "dir.csv"] {
        fs::create_dir(folder.0.join(deeper)).unwrap();
        fs::write(folder.0.join(deeper).join("TSLA.csv"), BARS).unwrap();
    }
    let data = DataFolder::open(&folder.0).unwrap();
    let symbols: Vec<String> = data.symbols().map(|symbol| symbol.to_string()).collect();
    assert_eq!(symbols, ["AAPL", "BRK.B", "MSFT", "ZED"]);
}

#[test]
fn a_folder_that_does_not_serve_is_refused() {
    let folder = Scratch::new();
    says(
        &DataFolder::open(&folder.0.join("absent")).unwrap_err(),
        "data_folder_missing",
        &["absent", "no such folder"],
    );
    says(&DataFolder::open(&folder.0).unwrap_err(), "data_no_files", &["SYMBOL.csv", ".parquet"]);
    folder.put("AAPL.csv", BARS);
    let file = folder.0.join("AAPL.csv");
    says(&DataFolder::open(&file).unwrap_err(), "data_folder_unreadable", &["AAPL.csv"]);
    let data = DataFolder::open(&folder.0).unwrap();
    fs::remove_file(&file).unwrap();
    let error = data.read("AAPL".parse().unwrap(), EVER.0, EVER.1).unwrap_err();
    says(&error, "data_unreadable", &["AAPL.csv", "no such file"]);
}

#[test]
fn two_files_for_one_symbol_are_an_error() {
    let folder = Scratch::with("SPY.parquet", BARS);
    folder.put("SPY.csv.zst", BARS);
    for error in [DataFolder::open(&folder.0).unwrap_err(), QuoteFolder::open(&folder.0).unwrap_err()] {
        says(&error, "data_two_files", &["SPY.csv.zst and SPY.parquet"]);
    }
}

#[test]
fn an_unknown_symbol_names_the_nearest() {
    let folder = Scratch::new();
    for name in ["AAPL.csv", "MSFT.csv", "QQQ.csv", "SPY.csv"] {
        folder.put(name, BARS);
    }
    let data = DataFolder::open(&folder.0).unwrap();
    for (name, near) in [("APPL", "it has: AAPL"), ("spy", "it has: SPY"), ("not a symbol", "AAPL, MSFT, SPY")] {
        says(&data.find(name).unwrap_err(), "data_unknown_symbol", &[name, near]);
    }
    let error = data.read("MSFTT".parse().unwrap(), EVER.0, EVER.1).unwrap_err();
    says(&error, "data_unknown_symbol", &["MSFTT", "it has: MSFT"]);
}

#[test]
fn the_input_is_named_by_file_hash_size_and_rows() {
    let folder = Scratch::with("SPY.csv", BARS);
    let input = read_all(&folder.0, "SPY").unwrap().input;
    // printf of the same text into sha256sum.
    let hash = "6766a14c142c96d0f6de2217e17178eead35e6431cae068ca14f2fa217d163d8";
    assert_eq!((input.name.as_str(), input.bytes, input.rows), ("SPY.csv", 72, 1));
    assert_eq!(input.sha256.to_string(), hash);
}

#[test]
fn only_bars_that_start_within_the_range_are_kept() {
    let mut text = "ts_utc,open,high,low,close,volume\n".to_owned();
    for minute in 0..60 {
        writeln!(text, "2026-03-13T14:{minute:02}:00Z,10,11,9,10.5,100").unwrap();
    }
    let folder = Scratch::with("SPY.csv", text.as_bytes());
    let data = DataFolder::open(&folder.0).unwrap();
    let spy = data.find("SPY").unwrap();
    let at = |minute: usize| format!("2026-03-13T14:{minute:02}:00Z").parse::<Timestamp>().unwrap();
    for (from, to, count) in [(0, 59, 59), (10, 20, 10), (20, 20, 0), (30, 10, 0)] {
        let read = data.read(spy, at(from), at(to)).unwrap();
        assert_eq!(read.bars.len(), count);
        assert!(read.bars.iter().all(|bar| bar.start >= at(from) && bar.start < at(to)));
        assert_eq!((read.covers, read.input.rows), ((at(0), at(59)), 60));
    }
}

#[test]
fn instruments_override_the_default() {
    let folder = Scratch::with("ES.csv", BARS);
    folder.put("BRK.B.csv", BARS);
    folder.put("SPY.csv", BARS);
    folder.put(
        "instruments.toml",
        b"# terms\n[ES]\nkind = \"future\"\ntick = 0.25\nlot = 1\nmultiplier = 50\ncurrency = \"USD\"\n\
          [\"BRK.B\"]\ntick = \"0.0001\"\ncurrency = \"EUR\"\n",
    );
    let data = DataFolder::open(&folder.0).unwrap();
    let es = data.instrument("ES".parse().unwrap());
    assert_eq!(
        (es.kind, es.tick.to_string(), es.multiplier.to_string()),
        (InstrumentKind::Future, "0.25".into(), "50.00".into())
    );
    let brk = data.instrument("BRK.B".parse().unwrap());
    assert_eq!(
        (brk.tick.to_string(), brk.currency.as_str(), brk.kind),
        ("0.0001".into(), "EUR", InstrumentKind::UsEquity)
    );
    let spy = "SPY".parse().unwrap();
    assert_eq!(data.instrument(spy), Instrument::us_equity(spy));
    let input = data.instruments_file().unwrap();
    let bytes = fs::read(folder.0.join("instruments.toml")).unwrap();
    assert_eq!((input.name.as_str(), input.rows, input.sha256), ("instruments.toml", 2, Hash::of(&bytes)));
}

#[test]
fn instruments_that_say_something_else_are_refused() {
    for (text, words) in [
        ("[SPY]\ntik = 0.01", &["line 2", "\"tik\"", "did you mean \"tick\"", "multiplier"][..]),
        ("[SPY]\nlot=1\n\nTick = 0.01", &["line 4", "\"Tick\"", "\"tick\""]),
        ("[SPPY]\ntick = 0.01", &["line 1", "\"SPPY\"", "it has: SPY"]),
        ("[SPY]\ntick = 0", &["line 2", "tick is 0", "above 0"]),
        ("[SPY]\ntick = -0.01", &["tick is -0.01", "above 0"]),
        ("[SPY]\ntick = nan", &["tick is nan", "above 0"]),
        ("[SPY]\nlot = 0.000000001", &["lot is 0.000000001", "8 places"]),
        ("[SPY]\nlot = 0x10", &["lot is 0x10"]),
        ("[SPY]\nmultiplier = 1000001", &["multiplier is 1000001", "at most 1000000"]),
        ("[SPY]\nmultiplier = true", &["multiplier is true"]),
        ("[SPY]\ncurrency = \"usd\"", &["currency is \"usd\"", "three capital letters"]),
        ("[SPY]\nkind = \"share\"", &["kind is \"share\"", "us_equity"]),
        ("SPY = 1", &["line 1", "SPY is a value", "[SPY]"]),
        ("[SPY.B]\ntick = 1", &["no key \"B\"", "quotes"]),
        ("[SPY]\ntick 0.01", &["line 2"]),
        ("[SPY]\n[SPY]\n", &["line 2"]),
        ("[SPY]\ntick = \"\u{e9}\"", &["line 2", "above 0"]),
    ] {
        let folder = Scratch::with("SPY.csv", BARS);
        folder.put("instruments.toml", text.as_bytes());
        let error = DataFolder::open(&folder.0).expect_err(text);
        says(&error, "data_instruments", &["instruments.toml"]);
        says(&error, "data_instruments", words);
    }
    let folder = Scratch::with("SPY.csv", BARS);
    folder.put("instruments.toml", b"[SPY]\n# \xE9\n");
    says(&DataFolder::open(&folder.0).unwrap_err(), "data_instruments", &["line 2", "UTF-8"]);
}

#[test]
fn hidden_files_are_no_data() {
    let folder = Scratch::with("SPY.csv", BARS);
    folder.put("._SPY.csv", b"\0\x05\x16\x07");
    folder.put(".QQQ.csv", BARS);
    let data = DataFolder::open(&folder.0).unwrap();
    assert_eq!(data.symbols().map(|s| s.to_string()).collect::<Vec<_>>(), ["SPY"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_refused_and_not_left_out() {
    let folder = Scratch::with("SPY.csv", BARS);
    std::os::unix::fs::symlink("nowhere", folder.0.join("QQQ.csv")).unwrap();
    says(&DataFolder::open(&folder.0).unwrap_err(), "data_unreadable", &["QQQ.csv", "a link to none"]);
}
