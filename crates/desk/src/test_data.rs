//! Where the tests find recorded market data. Only tests read files.

use std::path::{Path, PathBuf};

/// The text of a file of the market data, or nothing after saying plainly that its test is skipped.
///
/// The folder is that of the environment variable `TBOT_MARKET_DATA`, otherwise
/// `../shared/market-data` beside the workspace.
pub(crate) fn market_data(file: &str) -> Option<String> {
    let path = folder().join(file);
    let read = std::fs::read_to_string(&path);
    if let Err(error) = &read {
        skipped(&path, error);
    }
    read.ok()
}

fn folder() -> PathBuf {
    std::env::var_os("TBOT_MARKET_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/market-data"), PathBuf::from)
}

#[expect(clippy::print_stderr, reason = "who runs the tests must see what was not proven")]
fn skipped(path: &Path, error: &std::io::Error) {
    eprintln!("skipped: {} cannot be read ({error}); set TBOT_MARKET_DATA to the market data", path.display());
}
