//! The command line from outside: the real binary on real files.

/// What an accountant does.
mod accountant;
/// Backups of a living bot, and back.
#[cfg(debug_assertions)]
mod backups;
/// What cannot be used is refused, and nothing is left behind.
mod bad_input;
/// Beside a running bot.
mod beside;
/// Visitors who block the web server.
mod besieged;
/// A living bot for a test.
mod bot;
/// What a start needs, and why nothing trades.
mod check;
/// One-time codes.
mod codes;
/// Data that stop in the middle of a trade.
mod data_end;
/// The files of a day's close.
mod day_exports;
/// Defense mode, freezes, proposals.
mod defense;
/// `tbot demo`.
mod demo;
/// A disk that is full, or turns read-only.
mod disk;
/// The wizard, and first starts that fail.
mod first_start;
/// Floats that accounting assigns.
mod floats;
/// A database of people that is held by somebody else.
mod held_people;
/// Help, version, exit codes.
mod help;
/// Ctrl-C in the middle.
mod interrupted;
/// A kill whose process dies; only a build for tests dies on purpose.
#[cfg(debug_assertions)]
mod killed;
/// `tbot ledger verify`.
mod ledger;
/// The living bot.
mod living;
/// Real recorded bars.
pub(crate) mod recorded;
/// A dry session by flag, ended by a stop.
mod rehearsed;
mod reports;
/// The same inputs give the same bytes.
mod same_bytes;
/// Books on PostgreSQL.
mod server_books;
/// The binary and its files.
pub(crate) mod tool;
