//! `tbot-verify PATH`: the books of TBot, verified without TBot.

use std::io::Write as _;
use std::process::ExitCode;

use tbot_verify::{Verified, Wrong, verify};

const HELP: &str = "\
tbot-verify PATH

Verifies the books of TBot with none of TBot's code and names the first row that was touched.
PATH is a ledger file, a folder with a ledger.db, or a postgres:// address.

Exit codes: 0 all is right; 1 something was touched; 2 there is nothing that can be verified.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (text, code) = match arguments.as_slice() {
        [path] if !path.starts_with('-') => verdict(path),
        other => (HELP.to_owned(), ExitCode::from(if other == ["--help"] { 0 } else { 2 })),
    };
    let _ = std::io::stdout().write_all(text.as_bytes());
    code
}

fn verdict(path: &str) -> (String, ExitCode) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(|e| Wrong::Unreadable(e.to_string())).and_then(|runtime| runtime.block_on(verify(path))) {
        Ok(books) => (books.iter().map(line).collect::<String>(), ExitCode::SUCCESS),
        Err(Wrong::Touched(row)) => (format!("touched: {row}\n"), ExitCode::from(1)),
        Err(Wrong::Unreadable(why)) => (format!("the books cannot be read: {why}\n"), ExitCode::from(2)),
    }
}

fn line(v: &Verified) -> String {
    let Verified { identity, entries: (entries, head), postings, events: (events, _) } = v;
    format!("{identity}: {entries} entries, {postings} postings, {events} events: right; head {head}\n")
}
