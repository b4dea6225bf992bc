//! PAGES and API: what a person and a program see in the browser. Talks to the supervisor through its door, and reads
//! the board; it never asks an actor.
//!
//! One table ([`routes::ROUTES`]) says which addresses exist and who may open them. Registration, the guard and the
//! tests read it.

/// What stands in an address.
mod address;
/// How old what the board says is.
mod ages;
/// JSON for programs.
mod api;
/// What the browser loads once: styles, scripts, charts.
mod assets;
/// The statements of the books, for pages, files and programs.
mod books;
/// What persons change in the chart of accounts.
mod charting;
/// What a verb in an address means.
mod commands;
/// What is asked at the command line and done here.
mod counter;
/// Headers on every answer, and pages for errors.
mod dress;
/// What persons enter into the books.
mod entering;
/// The books as files for other programs.
mod exports;
/// Floats that accounting assigns.
mod floating;
/// Who may open what: session, roles, forgery.
mod guard;
/// Sessions as the event log tells them.
mod history;
/// At most so many attempts a minute.
mod limits;
/// The stream of regions.
mod live;
/// Forms with a file.
mod multipart;
/// The same form sent twice acts once.
mod once;
/// Pages as a person opens them.
mod pages;
/// Differences with a statement as items of the review.
mod raising;
/// Why a request was not answered as asked.
mod refusal;
/// Review by several people: who reads what, what waits for whom.
mod review;
/// Which addresses exist, and who may open them.
pub mod routes;
/// The server on its listener.
mod server;
/// The set-up wizard.
mod setup;
/// What the pages stand on.
mod site;
/// Importing brokers' statements.
mod statements;
/// A closed day is opened again by two persons.
mod unlocking;
/// The versions of the runtime configuration.
mod versions;
/// What the templates show.
mod views;
/// Who asks.
mod visitor;

pub(crate) use floating::{after as assigned, object as assignment_object};
pub use server::serve;
pub use setup::{Answers, Founding, SetUp, SetUpServer, Wanted, serve_setup};
pub use site::{
    BackupLine, Backups, Bars, Clock, Host, HostLine, Logs, Manners, Period, Registered, ReportFile, Reports,
    SettingLine, Settings, Site,
};
pub use versions::{NotSaved, Saved, Saving, Versions};
pub use views::diagnosis;
