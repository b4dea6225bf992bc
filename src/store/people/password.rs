//! Passwords, as Argon2id (WEB-4): 64 MiB, three passes, one lane. About a fifth of a second; call it off the event loop.

use std::fmt;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::token::random;
use crate::store::error::StoreError;

/// The shortest password, in characters (NIST SP 800-63B-4: 15 where it may be the only factor).
const SHORTEST: usize = 15;
/// The longest, in bytes: enough for any sentence, too little to keep the machine busy.
const LONGEST: usize = 256;

/// So many letters and digits have to be there besides the names that somebody who guesses would try.
const BESIDE_NAMES: usize = 8;

/// A password of this score stands against somebody who has stolen the hashes: about ten thousand million guesses.
const GUESSED: zxcvbn::Score = zxcvbn::Score::Four;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPassword {
    /// Too few characters.
    Short {
        /// How many it has.
        found: usize,
    },
    /// Too many bytes.
    Long {
        /// How many it has.
        found: usize,
    },
    /// It is guessed soon: common words, repetitions, the name of the account.
    Plain,
}

impl fmt::Display for BadPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { found } => write!(
                f,
                "The password has {found} characters; at least {SHORTEST} are needed. Four or five words are easy to keep."
            ),
            Self::Long { found } => write!(f, "The password has {found} bytes; at most {LONGEST} are allowed."),
            Self::Plain => f.write_str(
                "The password is guessed soon: it repeats itself, is a common one, or is made of the account's or the bot's name. Four or five words that do not belong together are not.",
            ),
        }
    }
}

impl std::error::Error for BadPassword {}

/// The stored form, with its salt and costs.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Whether a password may be taken at all. `names` are words that somebody who guesses would try: the account's name,
    /// the bot's identity.
    ///
    /// # Errors
    /// [`BadPassword`].
    pub fn check(names: &str, password: &str) -> Result<(), BadPassword> {
        let found = password.chars().count();
        if found < SHORTEST {
            return Err(BadPassword::Short { found });
        }
        if password.len() > LONGEST {
            return Err(BadPassword::Long { found: password.len() });
        }
        let own: Vec<&str> =
            names.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 1).chain(["tbot"]).collect();
        let guessed = zxcvbn::zxcvbn(password, &own).score() < GUESSED || beside(password, &own) < BESIDE_NAMES;
        if guessed { Err(BadPassword::Plain) } else { Ok(()) }
    }

    /// Hashes a password with a salt of its own.
    ///
    /// # Errors
    /// Where the system has no randomness or no memory to give.
    pub fn new(password: &str) -> Result<Self, StoreError> {
        let salt = random::<16>()?;
        let hash = hasher()?.hash_password_with_salt(password.as_bytes(), salt.as_slice()).map_err(|e| unfit(&e))?;
        Ok(Self(hash.to_string()))
    }

    /// Whether this is the password. Takes as long for a wrong one as for the right one.
    #[must_use]
    pub fn is(&self, password: &str) -> bool {
        password.len() <= LONGEST
            && hasher().is_ok_and(|h| h.verify_password(password.as_bytes(), self.0.as_str()).is_ok())
    }

    /// A hash that no password has, so that a name that does not exist takes as long as one that does.
    #[must_use]
    pub fn nobody() -> Self {
        // The salt and the hash are zeros; finding a password for it is finding a preimage.
        Self(format!("$argon2id$v=19$m=65536,t=3,p=1${}${}", "A".repeat(22), "A".repeat(43)))
    }

    pub(super) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

/// How many letters and digits are left where the names are taken out: short ones where they stand alone, longer ones
/// wherever they stand.
fn beside(password: &str, names: &[&str]) -> usize {
    let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let lower = password.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !names.iter().any(|name| name == word));
    let without = |word: &str| {
        let long = names.iter().filter(|name| name.chars().count() > 2);
        long.fold(word.to_owned(), |left, name| left.replace(name, "")).chars().count()
    };
    words.map(without).sum()
}

fn hasher() -> Result<Argon2<'static>, StoreError> {
    let params = Params::new(64 * 1024, 3, 1, None).map_err(|e| unfit(&e))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn unfit(e: &impl fmt::Display) -> StoreError {
    StoreError::Unfit { reason: format!("the password cannot be hashed: {e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_4_only_the_password_itself_opens() {
        let hash = PasswordHash::new("correct horse battery staple").unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        assert!(hash.is("correct horse battery staple"));
        assert!(!hash.is("correct horse battery stapl"));
        assert!(!hash.is(""));
        assert!(!PasswordHash::nobody().is(""));
        assert!(!format!("{hash:?}").contains("argon2id"));
    }

    #[test]
    fn web_7_what_is_wrong_with_a_password_is_said() {
        let check = |p: &str| PasswordHash::check("alice", p);
        assert_eq!(check("correct horse battery"), Ok(()));
        assert_eq!(check("short"), Err(BadPassword::Short { found: 5 }));
        assert_eq!(check(&"long ".repeat(60)), Err(BadPassword::Long { found: 300 }));
        assert_eq!(check("aaaaaaaaaaaaaaaaaaa"), Err(BadPassword::Plain));
        for plain in [
            "alicealicealice1234",
            "passwordpassword",
            "Password123456789",
            "qwertyuiopasdfghjkl",
            "rigdrigdrigdrigd",
            "abcabcabcabcabcabc",
            "1234567890123456789",
            "iloveyouiloveyou",
        ] {
            assert_eq!(PasswordHash::check("alice RIGD_US_SIM_01", plain), Err(BadPassword::Plain), "{plain}");
        }
        // Names alone, in whatever order and however they are joined, are no password.
        for plain in ["ada rigd_us_sim_09", "RIGD-US-SIM-09.Ada", "Ada_tbot_rigd_us_sim_09", "adarigd#sim#09#42"] {
            assert_eq!(PasswordHash::check("ada RIGD_US_SIM_09", plain), Err(BadPassword::Plain), "{plain}");
        }
        assert_eq!(PasswordHash::check("ada RIGD_US_SIM_09", "ada keeps a blue umbrella"), Ok(()));
        for good in ["four words are enough here", "Tr0ub4dour&3-and-more", "ein Haus am See im Regen"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }
}
