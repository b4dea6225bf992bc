use std::collections::BTreeMap;

use super::*;

/// The real recordings: `TBOT_MARKET_DATA`, or beside the repository. They are not part of it.
fn recordings() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TBOT_MARKET_DATA") {
        let dir = PathBuf::from(named);
        assert!(dir.join("manifest.json").is_file(), "TBOT_MARKET_DATA has no manifest.json: {}", dir.display());
        return Some(dir);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/market-data");
    if beside.join("manifest.json").is_file() {
        return Some(beside);
    }
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("SKIPPED: no real recordings at {} and TBOT_MARKET_DATA is not set", beside.display());
    }
    None
}

/// A file's record in `manifest.json`.
#[derive(serde::Deserialize)]
struct Record {
    path: String,
    rows: Option<u64>,
    sha256: String,
    bytes: u64,
    crossed: Option<u64>,
    columns: Option<Vec<String>>,
}

#[derive(serde::Deserialize)]
struct Manifest {
    files: Vec<Record>,
}

/// The records of the files under `prefix`, by folder.
fn by_folder(dir: &Path, prefixes: &[&str]) -> BTreeMap<String, Vec<Record>> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(dir.join("manifest.json")).unwrap()).unwrap();
    let mut out: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for record in manifest.files {
        let (folder, _) = record.path.rsplit_once('/').unwrap_or_default();
        if prefixes.iter().any(|prefix| folder.starts_with(prefix)) && dir.join(&record.path).is_file() {
            out.entry(folder.to_owned()).or_default().push(record);
        }
    }
    out
}

/// A folder with this file alone, under a name that is a symbol.
fn alone(dir: &Path, record: &Record) -> Scratch {
    Scratch::with("X.csv.zst", &fs::read(dir.join(&record.path)).unwrap())
}

/// What no reader of exact decimals may take: volumes that a double has blurred.
const REFUSED: [(&str, &str, &str); 1] =
    [("crypto_perp_1m/BTC-PERP_2022.csv.zst", "data_not_a_number", "218102.59507500002")];

/// Those that differ in their columns are refused for that alone: futures name the contract of each row.
fn has_columns(record: &Record, columns: &[&str]) -> bool {
    record.columns.as_ref().is_none_or(|found| found == columns)
}

#[test]
fn all_recorded_bars_are_read_and_their_rows_are_those_of_the_manifest() {
    let Some(dir) = recordings() else { return };
    let mut read = 0;
    for (folder, records) in by_folder(&dir, &["equities_1m/", "dirty_1m/", "futures_1m", "crypto_perp_1m"]) {
        if folder.ends_with("_quotes") {
            continue;
        }
        for record in &records {
            let found = read_all(&alone(&dir, record).0, "X");
            if !has_columns(record, &super::super::check::BAR_COLUMNS) {
                says(&found.unwrap_err(), "data_wrong_header", &["contract"]);
                continue;
            }
            if let Some((_, code, value)) = REFUSED.iter().find(|(path, ..)| *path == record.path) {
                says(&found.unwrap_err(), code, &[value]);
                continue;
            }
            let bars = found.unwrap();
            assert_eq!(Some(bars.input.rows), record.rows, "{}", record.path);
            assert_eq!(bars.bars.len() as u64, bars.input.rows, "{}", record.path);
            assert_eq!(bars.input.sha256.to_string(), record.sha256, "{}", record.path);
            assert_eq!(bars.input.bytes, record.bytes, "{}", record.path);
            read += 1;
        }
    }
    assert!(read > 0, "the manifest names files that are there");
}

#[test]
fn all_recorded_quotes_are_read_and_their_rows_are_those_of_the_manifest() {
    let Some(dir) = recordings() else { return };
    let mut read = 0;
    for records in by_folder(&dir, &["equities_1m_quotes/", "futures_1m_quotes", "crypto_perp_1m_quotes"]).into_values()
    {
        for record in &records {
            let found = read_quotes(&alone(&dir, record).0, "X");
            if !has_columns(record, &super::super::check::QUOTE_COLUMNS) {
                says(&found.unwrap_err(), "data_wrong_header", &["contract"]);
                continue;
            }
            let quotes = found.unwrap();
            assert_eq!(Some(quotes.input.rows), record.rows, "{}", record.path);
            let all = quotes.bars.len() + quotes.one_sided + quotes.crossed;
            assert_eq!(all as u64, quotes.input.rows, "{}", record.path);
            assert!(quotes.bars.iter().all(|q| q.bid_open <= q.ask_open && q.bid_close <= q.ask_close));
            assert_eq!(quotes.crossed as u64, record.crossed.unwrap_or_default(), "{}", record.path);
            read += 1;
        }
    }
    assert!(read > 0, "the manifest names files that are there");
}
