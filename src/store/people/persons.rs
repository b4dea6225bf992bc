//! Persons and their roles.

use std::fmt;
use std::str::FromStr;

use desk::domain::bot::{Role, Roles};
use desk::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::open::{People, ask, tell};
use super::password::PasswordHash;
use super::sql;
use crate::store::error::StoreError;
use crate::store::link::Link;

/// The number of a person, for good.
pub type PersonId = i64;

/// The name of an account: 1 to 32 of `a-z`, `0-9`, `.`, `_`, `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PersonName(String);

/// Why a name cannot be an account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName(String);

impl PersonName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PersonName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let text = text.trim();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if (1..=32).contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName(text.chars().take(40).collect()))
        }
    }
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("A name is needed: 1 to 32 of a-z, 0-9, dot, hyphen and underscore.");
        }
        write!(f, "{:?} cannot be a name. Allowed: 1 to 32 of a-z, 0-9, dot, hyphen and underscore.", self.0)
    }
}

impl std::error::Error for BadName {}

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Light.
    Light,
    /// Dark.
    Dark,
    /// As the system says.
    #[default]
    System,
}

impl Theme {
    /// The name in forms and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    /// By its name; what is unknown is the system's.
    #[must_use]
    pub fn named(text: &str) -> Self {
        [Self::Light, Self::Dark].into_iter().find(|t| t.as_str() == text).unwrap_or_default()
    }
}

/// A person as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The number.
    pub id: PersonId,
    /// The name of the account.
    pub name: String,
    /// What the person is trusted with.
    pub roles: Roles,
    /// Whether the person is kept out.
    pub disabled: bool,
    /// Colours.
    pub theme: Theme,
    /// Whether one-time codes are set up.
    pub codes: bool,
    /// Since when.
    pub made_at: Timestamp,
    /// The password; nothing where the person comes in by link alone.
    pub password: Option<PasswordHash>,
}

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The name of the account.
    pub name: PersonName,
    /// The password.
    pub password: Option<PasswordHash>,
    /// What the person is trusted with.
    pub roles: Roles,
}

pub(super) type PersonRow = (i64, String, String, i64, String, i64, i64, Option<String>);

impl From<PersonRow> for Person {
    fn from((id, name, roles, disabled, theme, codes, made_at, password): PersonRow) -> Self {
        Self {
            id,
            name,
            roles: roles_from(&roles),
            disabled: disabled != 0,
            theme: Theme::named(&theme),
            codes: codes != 0,
            made_at: Timestamp::from_nanos(made_at),
            password: password.map(PasswordHash::from_stored),
        }
    }
}

/// Roles as stored: their names with a space between. A word that is no role gives no right.
pub(super) fn roles_from(text: &str) -> Roles {
    let roles: Vec<Role> =
        text.split(' ').filter_map(|word| Role::ALL.into_iter().find(|r| r.as_str() == word)).collect();
    Roles::of(&roles)
}

pub(super) fn roles_text(roles: Roles) -> String {
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(" ")
}

pub(super) async fn add(link: &mut Link, new: &NewPerson, now: Timestamp) -> Result<PersonId, StoreError> {
    let password = new.password.as_ref().map(PasswordHash::as_str);
    let row: (i64,) = ask!(
        link,
        "adding a person",
        fetch_one,
        sql::ADD_PERSON,
        new.name.as_str(),
        password,
        roles_text(new.roles),
        now.nanos()
    )?;
    Ok(row.0)
}

pub(super) async fn count(link: &mut Link) -> Result<u64, StoreError> {
    let row: (i64,) = ask!(link, "counting persons", fetch_one, sql::COUNT_PERSONS)?;
    Ok(u64::try_from(row.0).unwrap_or(0))
}

impl People {
    /// How many persons there are; before the first the bot waits for its administrator.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn count(&self) -> Result<u64, StoreError> {
        self.one(count).await
    }

    /// Adds a person.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the name is taken.
    pub async fn add(&self, new: &NewPerson, now: Timestamp) -> Result<PersonId, StoreError> {
        self.one(async |link| add(link, new, now).await).await
    }

    /// All persons, by name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn persons(&self) -> Result<Vec<Person>, StoreError> {
        let rows: Vec<PersonRow> =
            self.one(async |link| ask!(link, "reading persons", fetch_all, sql::PERSONS)).await?;
        Ok(rows.into_iter().map(Person::from).collect())
    }

    /// A person by name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn named(&self, name: &str) -> Result<Option<Person>, StoreError> {
        let row: Option<PersonRow> =
            self.one(async |link| ask!(link, "looking for a person", fetch_optional, sql::PERSON_NAMED, name)).await?;
        Ok(row.map(Person::from))
    }

    /// A person by number.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn numbered(&self, person: PersonId) -> Result<Option<Person>, StoreError> {
        let row: Option<PersonRow> = self
            .one(async |link| ask!(link, "looking for a person", fetch_optional, sql::PERSON_NUMBERED, person))
            .await?;
        Ok(row.map(Person::from))
    }

    /// Sets another password and ends all other sessions and the person's API tokens.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn set_password(
        &self,
        person: PersonId,
        password: &PasswordHash,
        but: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.whole(async |link| {
            tell!(link, "setting a password", sql::SET_PASSWORD, person, password.as_str())?;
            tell!(link, "ending sessions", sql::REVOKE_SESSIONS, person, but, now.nanos())?;
            tell!(link, "ending tokens", sql::REVOKE_TOKENS, person, now.nanos())?;
            Ok(())
        })
        .await
    }

    /// Sets other roles; whoever is signed in has them from the next page on.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn set_roles(&self, person: PersonId, roles: Roles) -> Result<(), StoreError> {
        self.one(async |link| tell!(link, "setting roles", sql::SET_ROLES, person, roles_text(roles))).await.map(drop)
    }

    /// Keeps a person out, with all sessions, or lets the person in again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn set_disabled(&self, person: PersonId, disabled: bool, now: Timestamp) -> Result<(), StoreError> {
        self.whole(async |link| {
            tell!(link, "keeping a person out", sql::SET_DISABLED, person, i64::from(disabled))?;
            tell!(link, "ending sessions", sql::REVOKE_SESSIONS, person, 0_i64, now.nanos())?;
            Ok(())
        })
        .await
    }

    /// Remembers the colours.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn set_theme(&self, person: PersonId, theme: Theme) -> Result<(), StoreError> {
        self.one(async |link| tell!(link, "remembering the colours", sql::SET_THEME, person, theme.as_str()))
            .await
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_roles_are_read_back_and_nothing_else_gives_a_right() {
        for good in ["a", "ann.k", "risk-2", &"x".repeat(32), " padded "] {
            assert!(good.parse::<PersonName>().is_ok(), "{good}");
        }
        for bad in ["", "Ann", "a b", "ä", &"x".repeat(33), "a\n"] {
            assert!(bad.parse::<PersonName>().is_err() || bad.trim() != bad, "{bad}");
        }
        for role in Role::ALL {
            let roles = Roles::of(&[role, Role::Viewer]);
            assert_eq!(roles_from(&roles_text(roles)), roles);
        }
        assert_eq!(roles_from("root administrators"), Roles::NONE);
        assert_eq!(roles_from(""), Roles::NONE);
    }
}
