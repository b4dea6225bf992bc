//! Personal tokens of the API (WEB-5): 256 random bits in a checksummed form, hashed, scoped by roles, expiring.

use data_encoding::BASE32_NOPAD;
use desk::domain::bot::Roles;
use desk::domain::chain::Hash;
use desk::domain::time::Timestamp;
use zeroize::Zeroizing;

use super::open::{People, ask, tell};
use super::persons::{PersonId, roles_from, roles_text};
use super::sql;
use super::token::random;
use crate::store::error::StoreError;

/// What each begins with, so that a scanner of repositories knows it.
const PREFIX: &str = "tbot_";
/// Characters of the checksum.
const CHECK: usize = 6;

/// A token as its owner sees it once.
#[derive(Clone)]
pub struct ApiTokenText(Zeroizing<String>);

impl ApiTokenText {
    fn new() -> Result<Self, StoreError> {
        let body = BASE32_NOPAD.encode(random::<32>()?.as_slice()).to_lowercase();
        Ok(Self(Zeroizing::new(format!("{PREFIX}{body}{}", check_of(&body)))))
    }

    /// One that came from outside; nothing where its form or its checksum is wrong, before any database is asked.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (body, check) = text.strip_prefix(PREFIX).filter(|r| r.is_ascii())?.split_at_checked(52)?;
        (check_of(body) == check).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> Vec<u8> {
        Hash::of(self.0.as_bytes()).bytes().to_vec()
    }
}

fn check_of(body: &str) -> String {
    Hash::of(format!("{PREFIX}{body}").as_bytes()).base32(CHECK)
}

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its number.
    pub token: i64,
    /// What it is for.
    pub label: String,
    /// What it may do: no more than this, and no more than its owner.
    pub roles: Roles,
    /// Since when.
    pub made_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

impl People {
    /// Makes a token for a person.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn make_token(
        &self,
        person: PersonId,
        label: &str,
        roles: Roles,
        now: Timestamp,
        ends_at: Timestamp,
    ) -> Result<ApiTokenText, StoreError> {
        let text = ApiTokenText::new()?;
        let hash = text.hash();
        let _: (i64,) = self
            .one(async |link| {
                ask!(
                    link,
                    "making a token",
                    fetch_one,
                    sql::ADD_TOKEN,
                    hash,
                    person,
                    label,
                    roles_text(roles),
                    now.nanos(),
                    ends_at.nanos()
                )
            })
            .await?;
        Ok(text)
    }

    /// Whose token it is: person, name, and the roles that both the owner and the token have.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn token_of(
        &self,
        text: &ApiTokenText,
        now: Timestamp,
    ) -> Result<Option<(PersonId, String, Roles)>, StoreError> {
        let hash = text.hash();
        let row: Option<(i64, i64, String, String, String)> = self
            .one(async |link| ask!(link, "looking for a token", fetch_optional, sql::TOKEN, hash, now.nanos()))
            .await?;
        Ok(row.map(|(_, person, name, owner, token)| {
            let (owner, token) = (roles_from(&owner), roles_from(&token));
            (person, name, Roles::of(&owner.iter().filter(|r| token.has(*r)).collect::<Vec<_>>()))
        }))
    }

    /// The tokens of a person.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn tokens(&self, person: PersonId, now: Timestamp) -> Result<Vec<ApiToken>, StoreError> {
        let rows: Vec<(i64, String, String, i64, i64)> =
            self.one(async |link| ask!(link, "reading tokens", fetch_all, sql::TOKENS, person, now.nanos())).await?;
        let line = |(token, label, roles, made, ends): (i64, String, String, i64, i64)| ApiToken {
            token,
            label,
            roles: roles_from(&roles),
            made_at: Timestamp::from_nanos(made),
            ends_at: Timestamp::from_nanos(ends),
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Ends a token of a person; whether there was one to end.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn revoke_token(&self, token: i64, person: PersonId, now: Timestamp) -> Result<bool, StoreError> {
        self.one(async |link| tell!(link, "ending a token", sql::REVOKE_TOKEN, token, person, now.nanos()))
            .await
            .map(|rows| rows == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_5_a_mistyped_token_is_known_before_the_database_is_asked() {
        let token = ApiTokenText::new().unwrap();
        let text = token.text().to_owned();
        assert_eq!(text.len(), PREFIX.len() + 52 + CHECK);
        assert!(ApiTokenText::read(&text).is_some());
        for at in 0..text.len() {
            let mut other: Vec<u8> = text.clone().into_bytes();
            other[at] = if other[at] == b'a' { b'b' } else { b'a' };
            assert!(ApiTokenText::read(std::str::from_utf8(&other).unwrap()).is_none(), "{at}");
        }
        assert!(ApiTokenText::read("tbot_").is_none());
    }
}
