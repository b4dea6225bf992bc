//! At most so many attempts a minute from one address (WEB-4). A bucket each; old ones are forgotten.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

use desk::domain::time::{Span, Timestamp};

/// So many at once.
const BURST: i64 = 10;
/// One more after each.
const EVERY: Span = Span::seconds(6);
/// So many addresses are remembered.
const MOST: usize = 10_000;

/// Attempts by address: when each bucket would be full again.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<BTreeMap<IpAddr, Timestamp>>);

impl Limits {
    /// Takes one attempt of an address; how long to wait where there is none left.
    pub(crate) fn take(&self, from: IpAddr, now: Timestamp) -> Result<(), Span> {
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= MOST {
            buckets.retain(|_, full| *full > now);
        }
        let full = buckets.get(&from).copied().unwrap_or(now).max(now) + EVERY;
        let deepest = now + Span::nanos(EVERY.as_nanos().saturating_mul(BURST));
        if full > deepest {
            return Err(full - deepest);
        }
        buckets.insert(from, full);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_4_ten_at_once_then_one_each_six_seconds() {
        let limits = Limits::default();
        let (one, two): (IpAddr, IpAddr) = ("127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap());
        let now = Timestamp::from_seconds(1_000);
        for n in 0..10 {
            assert_eq!(limits.take(one, now), Ok(()), "{n}");
        }
        assert_eq!(limits.take(one, now), Err(Span::seconds(6)));
        assert_eq!(limits.take(two, now), Ok(()), "others are not held up");
        assert_eq!(limits.take(one, now + Span::seconds(6)), Ok(()));
        assert!(limits.take(one, now + Span::seconds(6)).is_err());
    }
}
