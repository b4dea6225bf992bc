//! Which column of a broker's CSV is what, one line each: `amount = Net Amount`.

use super::error::ImportError;
use super::figures::Decimals;

/// What a column can be, and what it is needed for.
pub(super) const FIELDS: [&str; 9] =
    ["date", "id", "instrument", "side", "units", "price", "amount", "currency", "text"];

/// How a day is written: what stands first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Days {
    /// `2026-06-30`
    #[default]
    Year,
    /// `06/30/2026`
    Month,
    /// `30.06.2026`
    Day,
}

/// Which column is what, and how figures and days are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Columns that were named, by what they are.
    pub(super) columns: Vec<(&'static str, String)>,
    pub(super) days: Days,
    pub(super) decimals: Decimals,
    pub(super) separator: u8,
}

impl Default for Mapping {
    fn default() -> Self {
        Self { columns: Vec::new(), days: Days::default(), decimals: Decimals::default(), separator: b',' }
    }
}

impl Mapping {
    /// Reads a mapping; an empty one takes each column by the name of what it is.
    ///
    /// # Errors
    /// [`ImportError::Mapping`] with the line.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        let mut mapping = Self::default();
        for (said, line) in text.lines().zip(1_u64..) {
            let said = said.trim();
            if said.is_empty() || said.starts_with('#') {
                continue;
            }
            let wrong = |what: String| ImportError::Mapping { line, what };
            let (name, value) = said
                .split_once('=')
                .map(|(name, value)| (name.trim().to_lowercase(), value.trim()))
                .ok_or_else(|| wrong(format!("{said:?} is no `name = column`")))?;
            if value.is_empty() {
                return Err(wrong(format!("{name} names no column")));
            }
            let choice = |allowed: &str| wrong(format!("{value:?} is no choice for {name}; allowed are {allowed}"));
            match name.as_str() {
                "dates" => {
                    mapping.days = match value {
                        "year-month-day" => Days::Year,
                        "month/day/year" => Days::Month,
                        "day.month.year" => Days::Day,
                        _ => return Err(choice("year-month-day, month/day/year, day.month.year")),
                    };
                }
                "decimals" => {
                    mapping.decimals = match value {
                        "point" => Decimals::Point,
                        "comma" => Decimals::Comma,
                        _ => return Err(choice("point, comma")),
                    };
                }
                "separator" => {
                    mapping.separator = match value {
                        "comma" => b',',
                        "semicolon" => b';',
                        "tab" => b'\t',
                        _ => return Err(choice("comma, semicolon, tab")),
                    };
                }
                _ => {
                    let Some(field) = FIELDS.into_iter().find(|f| *f == name) else {
                        let allowed = FIELDS.join(", ");
                        let what = format!(
                            "{name:?} is nothing that is read; allowed are {allowed}, dates, decimals, separator"
                        );
                        return Err(wrong(what));
                    };
                    if mapping.columns.iter().any(|(known, _)| *known == field) {
                        return Err(wrong(format!("{field} is named twice")));
                    }
                    mapping.columns.push((field, value.to_owned()));
                }
            }
        }
        Ok(mapping)
    }

    /// The column that was named for a field.
    pub(super) fn column(&self, field: &str) -> Option<&str> {
        self.columns.iter().find(|(known, _)| *known == field).map(|(_, column)| column.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledg_9_a_mapping_names_columns_and_ways_of_writing() {
        let text = "# a broker\ndate = Trade Date\nAmount = Net, total\n\ndates = month/day/year\ndecimals = comma\nseparator = semicolon\n";
        let read = Mapping::parse(text).unwrap();
        assert_eq!((read.column("date"), read.column("amount")), (Some("Trade Date"), Some("Net, total")));
        assert_eq!((read.days, read.decimals, read.separator), (Days::Month, Decimals::Comma, b';'));
        assert_eq!(Mapping::parse("").unwrap(), Mapping::default());
        for (text, says) in [
            ("date", "line 1: \"date\" is no `name = column`"),
            ("\nvolume = V", "line 2: \"volume\" is nothing that is read; allowed are date, id"),
            ("date = A\ndate = B", "line 2: date is named twice"),
            ("date =", "line 1: date names no column"),
            ("dates = american", "allowed are year-month-day"),
            ("decimals = dot", "allowed are point, comma"),
            ("separator = |", "allowed are comma, semicolon, tab"),
        ] {
            let said = Mapping::parse(text).unwrap_err().to_string();
            assert!(said.contains(says), "{said}");
        }
    }
}
