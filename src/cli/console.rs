//! What a person reads: text, tables, failures. A reader that went away is no failure.

use std::io::{IsTerminal as _, Write as _};

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde_json::json;

use super::failure::{Exit, Failure};

/// A terminal's usual width.
const USUAL: u16 = 80;
/// Below this a terminal's width is not believed.
const NARROWEST: u16 = 20;

/// Prints a line of the result.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints a remark that is no part of the result.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Whether the result is read by a person.
#[must_use]
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// How many characters a line of the terminal holds.
#[must_use]
pub fn width() -> usize {
    usize::from(believed(Table::new().width()))
}

/// The width that a terminal tells, where that can be: some say 0 when they do not know.
fn believed(told: Option<u16>) -> u16 {
    told.filter(|width| *width >= NARROWEST).unwrap_or(USUAL)
}

/// Tells a failure: a sentence on stderr, and as JSON on stdout where that was asked for.
pub fn report(failure: &Failure, json: bool) {
    match failure.exit {
        Exit::Told => say(failure.message.trim_end()),
        // The finding itself is the result and was told already.
        Exit::Found | Exit::Absent => {}
        _ => {
            let message = failure.message.trim_end();
            // The argument parser has its own head, and none on the help that it shows instead of an error.
            let own_head = failure.code == "arguments";
            remark(&if own_head { message.to_owned() } else { format!("error: {message}") });
            if json {
                let error = json!({ "code": failure.code, "message": message, "exit": failure.exit.code() });
                say(&json!({ "error": error }).to_string());
            }
        }
    }
}

/// A table that fits the terminal: the first column is text, the others are numbers.
#[must_use]
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = laid_out(heads, rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// A table of text that fits the terminal.
#[must_use]
pub fn text_table(heads: &[&str], rows: &[Vec<String>]) -> String {
    laid_out(heads, rows).trim_fmt()
}

fn laid_out(heads: &[&str], rows: &[Vec<String>]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if is_terminal() {
        table.set_width(believed(Table::new().width()));
    }
    table.set_header(heads);
    table.add_rows(rows);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_a_width_is_taken_for_one_of_80_characters() {
        for (told, width) in [(None, 80), (Some(0), 80), (Some(1), 80), (Some(20), 20), (Some(132), 132)] {
            assert_eq!(believed(told), width, "{told:?}");
        }
    }
}
