//! Links that open something once: the first administrator's registration, and a sign-in from the terminal.

use desk::domain::bot::Roles;
use desk::domain::time::Timestamp;

use super::open::{People, ask, tell};
use super::persons::{NewPerson, PersonId, add, count};
use super::sql;
use super::token::Token;
use crate::store::error::StoreError;
use crate::store::link::Link;

/// What a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The registration of the first administrator.
    Register,
    /// A person's session, without a password.
    SignIn(PersonId),
}

impl Purpose {
    const fn parts(self) -> (&'static str, Option<PersonId>) {
        match self {
            Self::Register => ("register", None),
            Self::SignIn(person) => ("sign_in", Some(person)),
        }
    }
}

impl People {
    /// Makes a link; its token is shown once and stored nowhere.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn make_link(&self, purpose: Purpose, ends_at: Timestamp) -> Result<Token, StoreError> {
        let token = Token::new()?;
        let (word, person) = purpose.parts();
        let hash = token.hash().bytes().to_vec();
        self.one(async |link| tell!(link, "making a link", sql::ADD_LINK, hash, word, person, ends_at.nanos())).await?;
        Ok(token)
    }

    /// Whether a link still opens the registration. Uses nothing up.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn may_register(&self, token: &Token, now: Timestamp) -> Result<bool, StoreError> {
        self.one(async |link| Ok(good(link, token, "register", now).await?.is_some() && count(link).await? == 0)).await
    }

    /// Registers the first administrator and uses the link up; nothing where the link is used or somebody is there.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn register(
        &self,
        token: &Token,
        new: &NewPerson,
        now: Timestamp,
    ) -> Result<Option<PersonId>, StoreError> {
        self.whole(async |link| {
            if good(link, token, "register", now).await?.is_none() || count(link).await? > 0 {
                return Ok(None);
            }
            spend(link, token, now).await?;
            let first = NewPerson { roles: Roles::ADMINISTRATOR, ..new.clone() };
            Ok(Some(add(link, &first, now).await?))
        })
        .await
    }

    /// Whom a sign-in link lets in. Uses nothing up.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn link_of(&self, token: &Token, now: Timestamp) -> Result<Option<PersonId>, StoreError> {
        self.one(async |link| Ok(good(link, token, "sign_in", now).await?.flatten())).await
    }

    /// Whom a sign-in link lets in, and uses it up.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn open_link(&self, token: &Token, now: Timestamp) -> Result<Option<PersonId>, StoreError> {
        self.whole(async |link| {
            let person = good(link, token, "sign_in", now).await?.flatten();
            if person.is_some() && spend(link, token, now).await? == 0 {
                return Ok(None);
            }
            Ok(person)
        })
        .await
    }
}

/// The person of a link that still opens this: nothing where it does not, nobody where it is nobody's.
async fn good(
    link: &mut Link,
    token: &Token,
    purpose: &'static str,
    now: Timestamp,
) -> Result<Option<Option<PersonId>>, StoreError> {
    let hash = token.hash().bytes().to_vec();
    let row: Option<(Option<i64>,)> =
        ask!(link, "looking for a link", fetch_optional, sql::LINK, hash.clone(), purpose, now.nanos())?;
    Ok(row.map(|(person,)| person))
}

async fn spend(link: &mut Link, token: &Token, now: Timestamp) -> Result<u64, StoreError> {
    let hash = token.hash().bytes().to_vec();
    tell!(link, "using a link up", sql::USE_LINK, hash.clone(), now.nanos())
}
