//! Lists of symbols as text: one a line in a file, or separated by commas in a field.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::symbol::Symbol;

/// How many symbols a list may hold.
const MOST: usize = 20_000;

/// Why a text is no list of symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListError {
    /// A line holds something that is no symbol.
    NoSymbol {
        /// Which line, from 1.
        line: usize,
        /// What is there, cut.
        text: String,
    },
    /// There are too many.
    TooMany {
        /// What is allowed.
        most: usize,
    },
}

const ALLOWED: &str = "Allowed: 1 to 22 letters, digits, points, dashes, slashes or underscores; one a line or separated by \
                       commas; what follows # is left out";

impl ListError {
    /// The same of a file, without what stands there: whoever may name a file need not be one who may read it.
    #[must_use]
    pub fn of_a_file(&self) -> String {
        match self {
            Self::NoSymbol { line, .. } => format!("line {line}: something there is no symbol. {ALLOWED}"),
            Self::TooMany { .. } => self.to_string(),
        }
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSymbol { line, text } => write!(f, "line {line}: {text:?} is no symbol. {ALLOWED}"),
            Self::TooMany { most } => write!(f, "there are more than {most} symbols"),
        }
    }
}

impl std::error::Error for ListError {}

/// Reads a list; what stands twice counts once.
///
/// # Errors
/// [`ListError`] with the line.
pub fn parse_list(text: &str) -> Result<BTreeSet<Symbol>, ListError> {
    let mut symbols = BTreeSet::new();
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let before = line.split('#').next().unwrap_or_default();
        for word in before.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let none = || ListError::NoSymbol { line: number, text: word.chars().take(40).collect() };
            symbols.insert(word.parse().map_err(|_| none())?);
            if symbols.len() > MOST {
                return Err(ListError::TooMany { most: MOST });
            }
        }
    }
    Ok(symbols)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trade_4_a_list_is_read_line_by_line() {
        let list = parse_list("\u{feff}SPY\r\n\n# index funds\nQQQ, IWM ,SPY # twice\n BRK.B").unwrap();
        assert_eq!(list.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["BRK.B", "IWM", "QQQ", "SPY"]);
        assert_eq!(parse_list(" \n#\n,"), Ok(BTreeSet::new()));
        assert_eq!(
            parse_list("SPY\nS P Y").unwrap_err().to_string(),
            "line 2: \"S P Y\" is no symbol. Allowed: 1 to 22 letters, digits, points, dashes, slashes or underscores; \
             one a line or separated by commas; what follows # is left out"
        );
        let long = (0..=MOST).map(|n| format!("S{n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(parse_list(&long), Err(ListError::TooMany { most: MOST }));
    }
}
