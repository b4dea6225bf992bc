//! Writes the bars of `cargo bench --bench full_path` as Parquet, one file a symbol (`docs/PERFORMANCE.md`).
//!
//! `cargo run --release --example full_path_bars -- FOLDER`, then `tbot backtest --data FOLDER`.
#![allow(
    missing_docs,
    dead_code,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a tool of the benches, which share its plain generator, and stops where it fails"
)]

use std::path::PathBuf;

use desk::domain::calendar::{Calendar, Session};
use desk::domain::decimal::{Price, Quantity};
use desk::domain::market::Bar;
use desk::domain::time::Span;
use tbot::gateway::market_data::write_parquet;

#[path = "../benches/yardstick/mod.rs"]
mod yardstick;

use yardstick::{DAYS, MINUTES, SYMBOLS};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder is missing"));
    std::fs::create_dir_all(&folder).unwrap();
    let days = Calendar::XNYS.sessions("2024-01-02".parse().unwrap(), "2025-12-31".parse().unwrap()).unwrap();
    let sessions: Vec<Session> = days.filter(|s| !s.early_close).take(DAYS).collect();
    for symbol in 0..SYMBOLS {
        let columns = yardstick::generate(symbol);
        let price = |ten_thousandths: i64| Price::from_raw(ten_thousandths * 10_000);
        let starts = sessions.iter().flat_map(|s| (0..MINUTES as i64).map(|m| s.open + Span::minutes(m)));
        let bars = starts.enumerate().map(|(i, start)| Bar {
            start,
            open: price(columns.open[i]),
            high: price(columns.high[i]),
            low: price(columns.low[i]),
            close: price(columns.close[i]),
            volume: Quantity::whole(columns.volume[i]),
        });
        write_parquet(&folder.join(format!("SYM{symbol:02}.parquet")), &bars.collect::<Vec<_>>()).unwrap();
    }
    println!("{SYMBOLS} files of {} bars in {}", DAYS * MINUTES, folder.display());
}
