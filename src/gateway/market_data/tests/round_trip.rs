use super::*;
use crate::gateway::market_data::write_csv;
use desk::domain::decimal::{Price, Quantity};
use desk::domain::market::Bar;
use desk::domain::time::Span;
use proptest::prelude::*;

const HIGHEST: i64 = super::super::HIGHEST_PRICE.raw();
const LARGEST: i64 = super::super::LARGEST_VOLUME.raw();

fn some_bars() -> impl Strategy<Value = Vec<Bar>> {
    let price =
        prop_oneof![1..=HIGHEST, Just(1_i64), Just(HIGHEST), (1_i64..=1_000_000).prop_map(|cents| cents * 1_000_000)];
    let volume = prop_oneof![0..=LARGEST, Just(0_i64), Just(LARGEST)];
    let row = ([price.clone(), price.clone(), price.clone(), price], volume, 1_i64..5000);
    prop::collection::vec(row, 1..60).prop_map(|rows| {
        let mut start = Timestamp::from_seconds(1_000_000_020);
        let mut bars = Vec::new();
        for (mut prices, volume, minutes) in rows {
            let swap = prices[0] > prices[3];
            prices.sort_unstable();
            let [low, mut open, mut close, high] = prices.map(Price::from_raw);
            if swap {
                (open, close) = (close, open);
            }
            start = start + Span::minutes(minutes);
            bars.push(Bar { start, open, high, low, close, volume: Quantity::from_raw(volume) });
        }
        bars
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_written_is_what_is_read(bars in some_bars()) {
        for name in ["AAPL.csv", "AAPL.csv.gz", "AAPL.csv.zst", "AAPL.parquet"] {
            if name.ends_with("parquet") && cfg!(not(feature = "parquet")) {
                continue;
            }
            let folder = Scratch::new();
            write(&folder.0.join(name), &bars).unwrap();
            let once = fs::read(folder.0.join(name)).unwrap();
            let read = read_all(&folder.0, "AAPL").unwrap();
            prop_assert_eq!(&read.bars, &bars, "{}", name);
            prop_assert_eq!(read.input.rows, bars.len() as u64);
            prop_assert_eq!(read.input.bytes, once.len() as u64);
            write(&folder.0.join(name), &read.bars).unwrap();
            prop_assert_eq!(once, fs::read(folder.0.join(name)).unwrap(), "the same bars, the same bytes");
        }
    }
}

fn write(path: &Path, bars: &[Bar]) -> Result<(), DataError> {
    #[cfg(feature = "parquet")]
    if path.extension().is_some_and(|end| end == "parquet") {
        return crate::gateway::market_data::write_parquet(path, bars);
    }
    write_csv(path, bars)
}

#[test]
fn where_nothing_can_be_written_the_file_is_named() {
    let folder = Scratch::new();
    for name in ["absent/AAPL.csv", "absent/AAPL.parquet"] {
        if cfg!(feature = "parquet") || name.ends_with("csv") {
            says(&write(&folder.0.join(name), &[]).unwrap_err(), "data_unwritable", &[name]);
        }
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_the_message_says_so() {
    let folder = Scratch::with("AAPL.parquet", b"PAR1");
    says(&read_all(&folder.0, "AAPL").unwrap_err(), "data_without_parquet", &["AAPL.parquet", "feature"]);
}
