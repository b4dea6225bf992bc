//! People: who may sign in, what is signed in, and what everybody did. A database of its own beside the books.
//!
//! One connection does it all: questions are small and seldom. What fails, or is left in the middle, drops the
//! connection with its transaction; the next question opens a new one.

/// Keys of commands, so that the same key brings the same answer.
mod answers;
/// Everything that was attempted, refused, commanded and changed; append-only and chained (WEB-2b).
mod audit;
/// One-time codes and recovery codes.
mod codes;
/// Links that open something once.
mod links;
/// Failed attempts and how long they lock (WEB-4).
mod lockout;
/// The audit outside of its database.
mod mirror;
/// Opening, and one question at a time.
mod open;
/// Passwords, as Argon2id.
mod password;
/// Persons and their roles.
mod persons;
/// Review by several people.
pub mod review;
/// What is signed in.
mod sessions;
/// Every statement, in one list.
pub mod sql;
/// Brokers' statements, and what came of them.
mod statements;
/// Random bits that open something; only their hash is stored.
mod token;
/// Personal tokens of the API.
mod tokens;

pub use answers::Kept;
pub use audit::{AuditFilter, AuditRecord, AuditReport, Deed};
pub use codes::{CodeSetup, RecoveryCodes};
pub use links::Purpose;
pub use lockout::locked_for;
pub use open::{People, Seal, Unsealed};
pub use password::{BadPassword, PasswordHash};
pub use persons::{BadName, NewPerson, Person, PersonId, PersonName, Theme};
pub use sessions::{NewSession, SessionId, SessionLine, SignedIn};
pub use statements::{Imported, NewMatching, NewStatement, StatementLine};
pub use token::Token;
pub use tokens::{ApiToken, ApiTokenText};
