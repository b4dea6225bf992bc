//! Failed attempts and how long they lock a name (WEB-4). An attempt counts as failed before it is judged, so that many
//! at once gain nothing; a good one forgets all.

use desk::domain::time::{Span, Timestamp};

use super::open::{People, ask, tell};
use super::sql;
use crate::store::error::StoreError;

/// So many failures lock nothing yet.
const FREE: u32 = 4;
/// The first lock.
const FIRST: Span = Span::seconds(30);
/// The longest.
const LONGEST: Span = Span::minutes(15);
/// Failures are forgotten after this.
const MEMORY: Span = Span::minutes(24 * 60);

/// How long so many failures lock: nothing up to four, then half a minute, doubled with each, a quarter of an hour at most.
#[must_use]
pub fn locked_for(failures: u32) -> Span {
    let Some(beyond) = failures.checked_sub(FREE).filter(|n| *n > 0) else { return Span::ZERO };
    let doubled = 1_i64.checked_shl(beyond.saturating_sub(1).min(20)).unwrap_or(i64::MAX);
    Span::nanos(FIRST.as_nanos().saturating_mul(doubled)).min(LONGEST)
}

/// The key of a name as it was typed.
fn key(name: &str) -> String {
    name.trim().chars().take(32).flat_map(char::to_lowercase).take(32).collect()
}

impl People {
    /// Counts an attempt under a name; nothing, or until when the name is locked.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn attempt(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let name = key(name);
        self.whole(async |link| {
            tell!(link, "forgetting old failures", sql::FORGET_OLD_FAILURES, (now - MEMORY).nanos())?;
            let row: Option<(i64, i64)> = ask!(link, "reading failures", fetch_optional, sql::FAILURE, name.as_str())?;
            if let Some((count, last)) = row {
                let until = Timestamp::from_nanos(last) + locked_for(u32::try_from(count).unwrap_or(u32::MAX));
                if now < until {
                    return Ok(Some(until));
                }
            }
            tell!(link, "counting an attempt", sql::ADD_FAILURE, name.as_str(), now.nanos())?;
            Ok(None)
        })
        .await
    }

    /// The attempt was good.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn forgive(&self, name: &str) -> Result<(), StoreError> {
        let name = key(name);
        self.one(async |link| tell!(link, "forgetting failures", sql::FORGET_FAILURE, name.as_str())).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_4_the_lock_grows_with_each_failure_and_has_an_end() {
        let table =
            [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (11, 900), (u32::MAX, 900)];
        for (failures, seconds) in table {
            assert_eq!(locked_for(failures), Span::seconds(seconds), "{failures}");
        }
    }
}
