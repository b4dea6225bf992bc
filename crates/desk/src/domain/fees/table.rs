//! Reading a table of fees, with errors that name line, value and what is allowed.

use std::fmt;

use super::schedule::{FeeRow, FeeSchedule, Rates, table_name, unit};
use crate::domain::decimal::{DecimalError, Money, Ratio};
use crate::domain::journal::FeeKind;
use crate::domain::time::{Date, TimeError};

const HEADER: &str = "fee,from_session,rate,per,cap_per_trade_usd,evidence";
const COLUMNS: usize = 6;

/// Why a table of fees was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeTableError {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong there.
    pub fault: FeeTableFault,
}

/// What is wrong in a table of fees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeeTableFault {
    /// The first line is not the header.
    Header(String),
    /// A line has fewer than six columns.
    Columns(usize),
    /// A fee that is not known.
    Fee(String),
    /// The first session is no date.
    Date(String, TimeError),
    /// Rate or cap is no decimal number.
    Number {
        /// Which of them.
        column: &'static str,
        /// What it says.
        found: String,
        /// Why it is no number.
        why: DecimalError,
    },
    /// Rate or cap is below zero.
    Negative {
        /// Which of them.
        column: &'static str,
        /// What it says.
        found: String,
    },
    /// The rate is per something else than the fee's own unit.
    Unit {
        /// Whose unit.
        fee: FeeKind,
        /// What it says.
        found: String,
    },
    /// A fee's date is not later than the one before it.
    NotLater {
        /// Whose dates.
        fee: FeeKind,
        /// The row's date.
        from: Date,
        /// The date of the row before.
        before: Date,
    },
    /// A row does not say where it is known from.
    NoEvidence,
    /// The table ends without a single row of a fee.
    Missing(FeeKind),
}

impl FeeTableFault {
    /// A stable name for records and programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Header(_) => "fee_table_header",
            Self::Columns(_) => "fee_table_columns",
            Self::Fee(_) => "fee_table_fee",
            Self::Date(..) => "fee_table_date",
            Self::Number { .. } => "fee_table_number",
            Self::Negative { .. } => "fee_table_negative",
            Self::Unit { .. } => "fee_table_unit",
            Self::NotLater { .. } => "fee_table_not_later",
            Self::NoEvidence => "fee_table_no_evidence",
            Self::Missing(_) => "fee_table_missing",
        }
    }
}

impl fmt::Display for FeeTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table of fees, line {}: {}", self.line, self.fault)
    }
}

impl fmt::Display for FeeTableFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(found) => write!(f, "the header is {found:?}; {HEADER:?} is needed"),
            Self::Columns(found) => write!(f, "{found} columns; {COLUMNS} are needed ({HEADER})"),
            Self::Fee(found) => {
                write!(
                    f,
                    "fee {found:?} is not known; {} and {} are",
                    table_name(FeeKind::Sec),
                    table_name(FeeKind::Taf)
                )
            }
            Self::Date(found, why) => write!(f, "from_session {found:?} {why}"),
            Self::Number { column, found, why } => write!(f, "{column} {found:?} {why}"),
            Self::Negative { column, found } => write!(f, "{column} {found} is below zero; zero or more is allowed"),
            Self::Unit { fee, found } => {
                write!(f, "per {found:?} does not fit {}; {:?} is needed", table_name(*fee), unit(*fee))
            }
            Self::NotLater { fee, from, before } => {
                write!(
                    f,
                    "from_session {from} of {} is not later than {before}, that of its row before",
                    table_name(*fee)
                )
            }
            Self::NoEvidence => f.write_str("evidence is empty; each row must say where its rate is known from"),
            Self::Missing(fee) => {
                write!(f, "the table ends without a row of {}; each fee needs at least one", table_name(*fee))
            }
        }
    }
}

impl std::error::Error for FeeTableError {}
impl std::error::Error for FeeTableFault {}

/// Reads the whole table; empty lines are passed over.
pub(super) fn parse(text: &str) -> Result<FeeSchedule, FeeTableError> {
    let mut lines = (1..).zip(text.lines());
    let header = lines.next().map_or("", |(_, line)| line.trim_end());
    if header != HEADER {
        return Err(FeeTableError { line: 1, fault: FeeTableFault::Header(header.to_owned()) });
    }
    let (mut sec, mut taf, mut last) = (None, None, 1);
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        last = line;
        row(text)
            .and_then(|row| match row.fee {
                FeeKind::Sec => append(&mut sec, row),
                FeeKind::Taf => append(&mut taf, row),
            })
            .map_err(|fault| FeeTableError { line, fault })?;
    }
    let missing = |fee| FeeTableError { line: last, fault: FeeTableFault::Missing(fee) };
    Ok(FeeSchedule { sec: sec.ok_or_else(|| missing(FeeKind::Sec))?, taf: taf.ok_or_else(|| missing(FeeKind::Taf))? })
}

fn row(line: &str) -> Result<FeeRow, FeeTableFault> {
    // The evidence is the last column, so that it may have commas of its own.
    let columns: Vec<&str> = line.splitn(COLUMNS, ',').map(str::trim).collect();
    let &[fee, from, rate, per, cap, evidence] = columns.as_slice() else {
        return Err(FeeTableFault::Columns(columns.len()));
    };
    let fee = FeeKind::ALL
        .into_iter()
        .find(|kind| table_name(*kind) == fee)
        .ok_or_else(|| FeeTableFault::Fee(fee.to_owned()))?;
    if per != unit(fee) {
        return Err(FeeTableFault::Unit { fee, found: per.to_owned() });
    }
    if evidence.is_empty() {
        return Err(FeeTableFault::NoEvidence);
    }
    Ok(FeeRow {
        fee,
        from: from.parse().map_err(|why| FeeTableFault::Date(from.to_owned(), why))?,
        rate: Ratio::from_raw(steps("rate", rate)?),
        cap: if cap.is_empty() { None } else { Some(Money::from_raw(steps("cap_per_trade_usd", cap)?)) },
        evidence: evidence.to_owned(),
    })
}

fn steps(column: &'static str, text: &str) -> Result<i64, FeeTableFault> {
    let number = |why| FeeTableFault::Number { column, found: text.to_owned(), why };
    let value: Ratio = text.parse().map_err(number)?;
    if value < Ratio::ZERO {
        return Err(FeeTableFault::Negative { column, found: text.to_owned() });
    }
    Ok(value.raw())
}

fn append(rates: &mut Option<Rates>, row: FeeRow) -> Result<(), FeeTableFault> {
    let Some(rates) = rates else {
        *rates = Some(Rates { first: row, later: Vec::new() });
        return Ok(());
    };
    let before = rates.later.last().unwrap_or(&rates.first).from;
    if row.from <= before {
        return Err(FeeTableFault::NotLater { fee: row.fee, from: row.from, before });
    }
    rates.later.push(row);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEC: &str = "sec_section_31,2024-05-22,27.80,usd_per_million_of_sales,,a notice";
    const TAF: &str = "finra_taf,2024-01-01,0.000166,usd_per_share_sold,8.30,a schedule, as published";

    #[test]
    fn a_table_is_read_whole() {
        let schedule = parse(&format!("{HEADER}\r\n{SEC}\r\n\r\n{TAF}\r\n")).unwrap();
        let row = schedule.row(FeeKind::Taf, "2026-01-02".parse().unwrap());
        assert_eq!(row.cap, Some("8.30".parse().unwrap()));
        assert_eq!(row.evidence, "a schedule, as published");
        assert_eq!(schedule.row(FeeKind::Sec, "2026-01-02".parse().unwrap()).cap, None);
    }

    #[test]
    fn a_faulty_line_is_named_with_its_value_and_what_is_allowed() {
        for (line, code, message) in [
            ("finra_taf,2024-01-01,1", "fee_table_columns", "3 columns; 6 are needed"),
            (
                "nyse_fee,2024-01-01,1,x,,y",
                "fee_table_fee",
                "\"nyse_fee\" is not known; sec_section_31 and finra_taf are",
            ),
            (
                "finra_taf,2024-02-30,1,usd_per_share_sold,,y",
                "fee_table_date",
                "\"2024-02-30\" is no day or time that exists",
            ),
            ("finra_taf,1/2/2024,1,usd_per_share_sold,,y", "fee_table_date", "is not of the form"),
            (
                "finra_taf,2024-01-01,1e-4,usd_per_share_sold,,y",
                "fee_table_number",
                "rate \"1e-4\" is not a decimal number",
            ),
            (
                "finra_taf,2024-01-01,0.1,usd_per_share_sold,none,y",
                "fee_table_number",
                "cap_per_trade_usd \"none\" is not",
            ),
            (
                "finra_taf,2024-01-01,-0.1,usd_per_share_sold,,y",
                "fee_table_negative",
                "rate -0.1 is below zero; zero or more",
            ),
            (
                "finra_taf,2024-01-01,0.1,usd_per_million_of_sales,,y",
                "fee_table_unit",
                "\"usd_per_share_sold\" is needed",
            ),
            ("finra_taf,2024-01-01,0.1,usd_per_share_sold,,", "fee_table_no_evidence", "where its rate is known from"),
            (SEC, "fee_table_not_later", "from_session 2024-05-22 of sec_section_31 is not later than 2024-05-22"),
        ] {
            let error = parse(&format!("{HEADER}\n{SEC}\n{line}\n{TAF}\n")).unwrap_err();
            assert_eq!((error.line, error.fault.code()), (3, code), "{line}");
            let text = error.to_string();
            assert!(text.starts_with("table of fees, line 3: ") && text.contains(message), "{text}");
        }
    }

    #[test]
    fn a_table_without_header_or_without_a_fee_is_refused() {
        for (text, line, code) in [
            (String::new(), 1, "fee_table_header"),
            (format!("{SEC}\n{TAF}\n"), 1, "fee_table_header"),
            (format!("{HEADER}\n{TAF}\n"), 2, "fee_table_missing"),
            (format!("{HEADER}\n{SEC}\n"), 2, "fee_table_missing"),
        ] {
            let error = parse(&text).unwrap_err();
            assert_eq!((error.line, error.fault.code()), (line, code), "{text}");
        }
    }
}
