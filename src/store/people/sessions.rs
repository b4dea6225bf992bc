//! What is signed in. A session ends when it is ended, when it was idle too long, and at its absolute end.

use desk::domain::bot::Roles;
use desk::domain::chain::Hash;
use desk::domain::time::{Span, Timestamp};

use super::open::{People, ask, tell};
use super::persons::{PersonId, Theme, roles_from};
use super::sql;
use super::token::Token;
use crate::store::error::StoreError;

/// The number of a session.
pub type SessionId = i64;

/// How often the last use is written down at most.
const TOUCH_EVERY: Span = Span::seconds(20);

/// A session to be begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Whose.
    pub person: PersonId,
    /// Its absolute end.
    pub ends_at: Timestamp,
    /// From where.
    pub address: String,
    /// With what.
    pub agent: String,
}

/// Who is behind a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: SessionId,
    /// The person.
    pub person: PersonId,
    /// The name of the account.
    pub name: String,
    /// The roles, as they are now.
    pub roles: Roles,
    /// Colours.
    pub theme: Theme,
    /// Whether one-time codes are set up.
    pub codes: bool,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// Its absolute end.
    pub ends_at: Timestamp,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLine {
    /// Its number.
    pub session: SessionId,
    /// Since when.
    pub made_at: Timestamp,
    /// Last used.
    pub seen_at: Timestamp,
    /// Its absolute end.
    pub ends_at: Timestamp,
    /// From where.
    pub address: String,
    /// With what.
    pub agent: String,
}

type SessionRow = (i64, i64, String, String, String, i64, i64, i64);
type LivingRow = (Vec<u8>, i64, i64, String, String, String, i64, i64, i64);
type LineRow = (i64, i64, i64, i64, String, String);

impl From<SessionRow> for SignedIn {
    fn from((session, person, name, roles, theme, codes, seen_at, ends_at): SessionRow) -> Self {
        Self {
            session,
            person,
            name,
            roles: roles_from(&roles),
            theme: Theme::named(&theme),
            codes: codes != 0,
            seen_at: Timestamp::from_nanos(seen_at),
            ends_at: Timestamp::from_nanos(ends_at),
        }
    }
}

impl People {
    /// Begins a session and gives the token that opens it.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn begin_session(&self, new: &NewSession, now: Timestamp) -> Result<Token, StoreError> {
        let token = Token::new()?;
        let hash = token.hash().bytes().to_vec();
        let cut = |text: &str| text.chars().take(200).collect::<String>();
        let _: (i64,) = self
            .one(async |link| {
                ask!(
                    link,
                    "beginning a session",
                    fetch_one,
                    sql::ADD_SESSION,
                    hash,
                    new.person,
                    now.nanos(),
                    new.ends_at.nanos(),
                    cut(&new.address),
                    cut(&new.agent)
                )
            })
            .await?;
        Ok(token)
    }

    /// Who is behind a token, until the session's absolute end. Whether it was idle too long is the caller's to judge.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn session(&self, token: &Token, now: Timestamp) -> Result<Option<SignedIn>, StoreError> {
        let hash = token.hash().bytes().to_vec();
        let row: Option<SessionRow> =
            self.one(async |link| ask!(link, "looking for a session", fetch_optional, sql::SESSION, hash)).await?;
        let found = row.map(SignedIn::from);
        Ok(found.filter(|s| now < s.ends_at))
    }

    /// All sessions that still open something, by the hashes of their tokens.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn living_sessions(&self, now: Timestamp) -> Result<Vec<(Hash, SignedIn)>, StoreError> {
        let rows: Vec<LivingRow> = self
            .one(async |link| ask!(link, "reading all sessions", fetch_all, sql::LIVING_SESSIONS, now.nanos()))
            .await?;
        let living = |(token, session, person, name, roles, theme, codes, seen, ends): LivingRow| {
            let hash = Hash::from_bytes(token.try_into().ok()?);
            Some((hash, SignedIn::from((session, person, name, roles, theme, codes, seen, ends))))
        };
        Ok(rows.into_iter().filter_map(living).collect())
    }

    /// Writes down that a session was used, at most every twenty seconds.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn touch(&self, session: &SignedIn, now: Timestamp) -> Result<(), StoreError> {
        if now - session.seen_at < TOUCH_EVERY {
            return Ok(());
        }
        self.one(async |link| {
            tell!(link, "noting that a session was used", sql::TOUCH_SESSION, session.session, now.nanos())
        })
        .await
        .map(drop)
    }

    /// Ends one session of a person; whether there was one to end.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn revoke(&self, session: SessionId, person: PersonId, now: Timestamp) -> Result<bool, StoreError> {
        self.one(async |link| tell!(link, "ending a session", sql::REVOKE_SESSION, session, person, now.nanos()))
            .await
            .map(|rows| rows == 1)
    }

    /// Ends all sessions of a person but one (0: all); how many.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn revoke_others(&self, person: PersonId, but: SessionId, now: Timestamp) -> Result<u64, StoreError> {
        self.one(async |link| tell!(link, "ending sessions", sql::REVOKE_SESSIONS, person, but, now.nanos())).await
    }

    /// The sessions of a person that are not ended, the last used first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn sessions(&self, person: PersonId, now: Timestamp) -> Result<Vec<SessionLine>, StoreError> {
        let rows: Vec<LineRow> = self
            .one(async |link| ask!(link, "reading sessions", fetch_all, sql::SESSIONS, person, now.nanos()))
            .await?;
        let line = |(session, made, seen, ends, address, agent)| SessionLine {
            session,
            made_at: Timestamp::from_nanos(made),
            seen_at: Timestamp::from_nanos(seen),
            ends_at: Timestamp::from_nanos(ends),
            address,
            agent,
        };
        Ok(rows.into_iter().map(line).collect())
    }
}
