//! Keys of commands (WEB-5): the same key of the same person brings the same answer, and another request with it none.

use desk::domain::chain::Hash;
use desk::domain::time::{Span, Timestamp};

use super::open::{People, ask, tell};
use super::persons::PersonId;
use super::sql;
use crate::store::error::StoreError;

/// How long a key is kept.
const MEMORY: Span = Span::minutes(24 * 60);

/// What a key brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The request that it came with.
    pub request: Hash,
    /// The answer's status.
    pub status: u16,
    /// The answer.
    pub body: String,
}

impl People {
    /// What a key of a person brought, if it was used.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn answer(&self, person: PersonId, key: &str) -> Result<Option<Kept>, StoreError> {
        let row: Option<(Vec<u8>, i64, String)> = self
            .one(async |link| ask!(link, "looking for an answer", fetch_optional, sql::ANSWER, person, key))
            .await?;
        Ok(row.map(|(request, status, body)| Kept {
            request: request.as_slice().try_into().map(Hash::from_bytes).unwrap_or_default(),
            status: u16::try_from(status).unwrap_or(500),
            body,
        }))
    }

    /// Keeps what a key brought, for a day.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn keep_answer(
        &self,
        person: PersonId,
        key: &str,
        kept: &Kept,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (request, status) = (kept.request.bytes().to_vec(), i64::from(kept.status));
        self.whole(async |link| {
            tell!(link, "dropping old answers", sql::DROP_OLD_ANSWERS, (now - MEMORY).nanos())?;
            tell!(
                link,
                "keeping an answer",
                sql::ADD_ANSWER,
                person,
                key,
                request,
                now.nanos(),
                status,
                kept.body.as_str()
            )?;
            Ok(())
        })
        .await
    }
}
