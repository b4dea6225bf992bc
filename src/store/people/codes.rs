//! One-time codes (RFC 6238, six digits, thirty seconds) and recovery codes. A code that matched never matches again.

use data_encoding::{BASE32, BASE32_NOPAD};
use desk::domain::chain::Hash;
use desk::domain::time::Timestamp;
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use super::open::{People, ask, tell};
use super::persons::PersonId;
use super::sql;
use super::token::random;
use crate::store::error::StoreError;

/// How many recovery codes are made at once.
const RECOVERY_CODES: usize = 10;

/// A new secret, shown once so that an authenticator learns it.
pub struct CodeSetup {
    /// The secret as people type it: base32 in groups of four.
    pub secret: Zeroizing<String>,
    /// The address that authenticators read: `otpauth://totp/…`.
    pub address: Zeroizing<String>,
}

/// New recovery codes, shown once.
pub struct RecoveryCodes(pub Vec<Zeroizing<String>>);

/// The sealed secret as it stands: the person's name, the secret, whether it is in use.
type CodeRow = (String, Vec<u8>, i64);

impl People {
    /// Makes a new secret for a person. Codes are asked for only after [`Self::confirm_codes`].
    ///
    /// # Errors
    /// Where the database cannot be written or nothing can be sealed.
    pub async fn begin_codes(&self, person: PersonId, name: &str, issuer: &str) -> Result<CodeSetup, StoreError> {
        let secret = random::<20>()?;
        let sealed = self.seal.seal(&seal_name(name), secret.as_slice()).map_err(|e| unfit(&e))?;
        self.one(async |link| tell!(link, "keeping the secret of codes", sql::SET_CODES, person, sealed)).await?;
        let plain = Zeroizing::new(BASE32_NOPAD.encode(secret.as_slice()));
        let address = format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", *plain);
        let groups: Vec<&str> = plain.as_bytes().chunks(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
        Ok(CodeSetup { secret: Zeroizing::new(groups.join(" ")), address: Zeroizing::new(address) })
    }

    /// From now on codes are asked for, if this one is right. Gives new recovery codes; the old ones open nothing.
    ///
    /// # Errors
    /// Where the database cannot be read or written.
    pub async fn confirm_codes(
        &self,
        person: PersonId,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<RecoveryCodes>, StoreError> {
        if !self.use_code(person, code, now, false).await? {
            return Ok(None);
        }
        let mut codes = Vec::new();
        for _ in 0..RECOVERY_CODES {
            let text = BASE32.encode(random::<10>()?.as_slice()).to_lowercase();
            let (left, right) = text.split_at_checked(8).unwrap_or((&text, ""));
            codes.push(Zeroizing::new(format!("{left}-{right}")));
        }
        self.whole(async |link| {
            tell!(link, "using codes", sql::USE_CODES, person)?;
            tell!(link, "dropping recovery codes", sql::DROP_RECOVERY, person)?;
            for code in &codes {
                tell!(
                    link,
                    "keeping a recovery code",
                    sql::ADD_RECOVERY,
                    person,
                    recovery_hash(code).bytes().to_vec()
                )?;
            }
            Ok(())
        })
        .await?;
        Ok(Some(RecoveryCodes(codes)))
    }

    /// Whether a one-time code is right, now and for the first time.
    ///
    /// # Errors
    /// Where the database cannot be read or written, or the secret cannot be opened.
    pub async fn check_code(&self, person: PersonId, code: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.use_code(person, code, now, true).await
    }

    /// Whether a recovery code is right; it is used up by that.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn use_recovery(&self, person: PersonId, code: &str, now: Timestamp) -> Result<bool, StoreError> {
        let hash = recovery_hash(code).bytes().to_vec();
        self.one(async |link| tell!(link, "using a recovery code", sql::USE_RECOVERY, person, hash, now.nanos()))
            .await
            .map(|rows| rows == 1)
    }

    /// How many recovery codes are left.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn recovery_left(&self, person: PersonId) -> Result<i64, StoreError> {
        let row: (i64,) = self
            .one(async |link| ask!(link, "counting recovery codes", fetch_one, sql::COUNT_RECOVERY, person))
            .await?;
        Ok(row.0)
    }

    async fn use_code(&self, person: PersonId, code: &str, now: Timestamp, used: bool) -> Result<bool, StoreError> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(false);
        }
        let row: Option<CodeRow> = self
            .one(async |link| ask!(link, "reading the secret of codes", fetch_optional, sql::CODES, person))
            .await?;
        let Some((name, sealed, on)) = row else { return Ok(false) };
        if used && on == 0 {
            return Ok(false);
        }
        let secret = Zeroizing::new(self.seal.open(&seal_name(&name), &sealed).map_err(|e| unfit(&e))?);
        let Some(step) = machine(&secret)?.check(&code, u64::try_from(now.seconds()).unwrap_or(0)) else {
            return Ok(false);
        };
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        self.one(async |link| tell!(link, "using a code", sql::USE_STEP, person, step)).await.map(|rows| rows == 1)
    }
}

fn machine(secret: &[u8]) -> Result<Totp, StoreError> {
    let secret: [u8; 20] = secret.try_into().map_err(|_| unfit(&"the secret has not 20 bytes"))?;
    Builder::new().with_secret(secret).build().map_err(|e| unfit(&e))
}

/// A secret opens for its own person alone.
fn seal_name(person: &str) -> String {
    format!("people/{person}/totp")
}

/// Hyphens, spaces and capitals do not matter when a code is typed.
fn recovery_hash(code: &str) -> Hash {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Hash::of(format!("recovery {plain}").as_bytes())
}

fn unfit(e: &impl std::fmt::Display) -> StoreError {
    StoreError::Unfit { reason: format!("one-time codes: {e}") }
}
