use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use desk::domain::decimal::Price;
use desk::domain::symbol::Symbol;
use tbot::render::exports::{Export, Format, Instrument, Journal, Period, export, import};

/// The worked month of the books' doctrine: `TBOT_BOOKS_EXAMPLE`, or beside the repository. It is not part of it.
pub(super) fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/design/books-example");
    let named = std::env::var_os("TBOT_BOOKS_EXAMPLE").map(PathBuf::from);
    let folder = named.clone().unwrap_or(beside);
    if folder.join("journal.json").is_file() {
        return Some(folder);
    }
    assert!(named.is_none(), "TBOT_BOOKS_EXAMPLE has no journal.json: {}", folder.display());
    eprintln!("SKIPPED: no worked month at {} and TBOT_BOOKS_EXAMPLE is not set", folder.display());
    None
}

/// What the month's entries do not say of its instruments.
pub(super) fn instruments() -> BTreeMap<Symbol, Instrument> {
    [
        ("ACME", "Acme Corp", None),
        ("BOLT", "Bolt Industries", None),
        ("BTC", "Bitcoin", None),
        ("CRUX", "Crux Systems", None),
        ("DELT", "Delta Works", None),
        ("MESU6", "Micro S&P future Sep 2026", Some("5")),
        ("PF_XBTUSD", "BTC perpetual, linear", Some("1")),
        ("PI_XBTUSD", "BTC perpetual, inverse", Some("1")),
    ]
    .map(|(symbol, name, multiplier)| {
        let multiplier = multiplier.map(|m| m.parse().unwrap());
        (symbol.parse().unwrap(), Instrument { name: Some(name.to_owned()), contract: None, multiplier })
    })
    .into()
}

/// Its closing prices.
pub(super) fn prices() -> BTreeMap<Symbol, Price> {
    [("ACME", "49.80"), ("BOLT", "81"), ("CRUX", "132"), ("DELT", "40.60"), ("BTC", "60000"), ("MESU6", "5305")]
        .map(|(symbol, price)| (symbol.parse().unwrap(), price.parse().unwrap()))
        .into()
}

/// A journal's file over some days, with the month's prices and instruments.
pub(super) fn written(journal: &Journal, period: Period, format: Format) -> Vec<u8> {
    let (instruments, prices) = (instruments(), prices());
    export(format, &Export { journal, period, instruments: &instruments, prices: &prices, account: None }).unwrap()
}

#[test]
fn ledg_8_the_worked_month_comes_out_byte_for_byte() {
    let Some(folder) = folder() else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let journal = import(read("journal.json").as_bytes()).unwrap();
    assert_eq!((journal.entries.len(), journal.identity.as_str()), (68, "EXAMPLE_US_SIM_01"));
    let period = journal.days().unwrap();
    for (format, name) in [
        (Format::Json, "journal.json"),
        (Format::Csv, "journal.csv"),
        (Format::TrialBalance, "trial-balance.csv"),
        (Format::Beancount, "month.beancount"),
        (Format::Hledger, "month.hledger"),
        (Format::Ofx, "month.ofx"),
    ] {
        let (ours, theirs) = (String::from_utf8(written(&journal, period, format)).unwrap(), read(name));
        let differ = ours.lines().zip(theirs.lines()).enumerate().find(|(_, (a, b))| a != b);
        assert_eq!(differ, None, "{name}: the first line that differs");
        assert_eq!(ours, theirs, "{name}");
    }
}
