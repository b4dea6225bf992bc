//! Records into files: JSON, CSV and the report. The one home of `tera`. Nothing here writes a file: callers do.

/// The days of minute bars in a report, and the compact data behind its charts.
pub mod charts;
/// The journal for other programs.
pub mod exports;
/// A broker's statement, held against the journal.
pub mod imports;
/// What a report is made of.
pub mod input;
/// Lines of the session's logs.
pub mod logs;
/// Numbers as people read them.
pub mod numbers;
/// Files for programs.
pub mod outputs;
/// Pages of the browser.
pub mod pages;
/// The readiness report.
pub mod readiness;
/// `report.html`.
pub mod report;
/// The tables of a report.
mod views;
/// Which week a session is of.
pub mod week;
/// Words for what records call otherwise.
pub mod words;

pub use charts::chosen_days;
pub use input::{BooksCheck, ChartDay, ChartRange, RenderError, ReportInput};
pub use outputs::{daily_summary_json, decisions_jsonl, run_json, summary_json, trade_history_csv, trade_history_json};
pub use pages::{Pages, Values};
pub use report::report_html;
