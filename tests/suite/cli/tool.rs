use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use desk::domain::calendar::Calendar;
use desk::domain::market::Bar;
use desk::domain::seed::Seed;
use desk::domain::time::Date;
use desk::world::generated::{GeneratedMarket, MarketSpec};
use tbot::gateway::market_data::write_csv;

/// What the binary said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The one JSON object that `--json` promises.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}{}", self.out, self.err))
    }
}

/// The binary with these arguments.
pub(crate) fn command<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tbot"));
    command.args(arguments);
    command
}

/// Runs the binary.
pub(crate) fn tbot<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Said {
    Said::of(&command(arguments).output().unwrap())
}

/// Runs the binary, which has to end well.
pub(crate) fn tbot_well<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Said {
    let said = tbot(arguments);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    said
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The bars of a generated market, over some sessions from a date on: by symbol.
pub(crate) fn generated(from: &str, sessions: usize, seed: u64) -> BTreeMap<String, Vec<Bar>> {
    let from: Date = from.parse().unwrap();
    let mut bars = BTreeMap::<String, Vec<Bar>>::new();
    for session in Calendar::XNYS.sessions(from, from.plus(400)).unwrap().take(sessions) {
        let market = GeneratedMarket::new(Seed(seed), session.open, session.close, MarketSpec::demo());
        for symbol in market.symbols() {
            bars.entry(symbol.symbol.to_string()).or_default().extend(symbol.bars);
        }
    }
    bars
}

/// Writes one file a symbol.
pub(crate) fn write_bars(folder: &Path, bars: &BTreeMap<String, Vec<Bar>>) {
    std::fs::create_dir_all(folder).unwrap();
    for (symbol, bars) in bars {
        write_csv(&folder.join(format!("{symbol}.csv")), bars).unwrap();
    }
}

/// All files below a folder with their bytes, by relative path.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The names in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
