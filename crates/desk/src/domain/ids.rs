//! One newtype an identifier. Cloning one is cheap: the text is shared, or short and held inline.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::time::{Date, Text, TimeError};

/// The longest client order id, in bytes.
pub const LONGEST_ORDER: usize = 47;

/// An identifier that is empty, too long, or has characters outside of `! … ~`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "is no identifier; 1 to 200 printable ASCII characters without spaces are allowed, 47 in a client order id",
        )
    }
}

impl std::error::Error for IdError {}

/// What every identifier can do once it has a text: be shown, written and read.
macro_rules! shown {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
            }
        }
    };
}

fn is_identifier(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                if is_identifier(text) { Ok(Self(Arc::from(text))) } else { Err(IdError) }
            }
        }

        shown!($name);
    };
}

/// A client order id of ours (EXEC-1): at most 36 characters, the same for the same intent for ever.
///
/// Held inline, unused bytes zero, so that order is that of the text: every report looks its order up in several maps.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OrderId {
    bytes: [u8; LONGEST_ORDER],
    len: u8,
}

impl PartialOrd for OrderId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderId {
    /// As the texts, eight bytes at a time. No text ends in a zero byte, so its length decides nothing.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let ((ours, our_rest), (theirs, their_rest)) = (self.bytes.as_chunks::<8>(), other.bytes.as_chunks::<8>());
        for (a, b) in ours.iter().zip(theirs) {
            if a != b {
                return u64::from_be_bytes(*a).cmp(&u64::from_be_bytes(*b));
            }
        }
        our_rest.cmp(their_rest)
    }
}

impl OrderId {
    /// From texts that follow on each other.
    ///
    /// # Errors
    /// [`IdError`] where they make no identifier.
    pub(crate) fn of_parts(parts: &[&str]) -> Result<Self, IdError> {
        let mut bytes = [0; LONGEST_ORDER];
        let mut len = 0_usize;
        for part in parts {
            let end = len.checked_add(part.len()).ok_or(IdError)?;
            bytes.get_mut(len..end).ok_or(IdError)?.copy_from_slice(part.as_bytes());
            len = end;
        }
        let used = bytes.get(..len).unwrap_or_default();
        if used.is_empty() || !used.iter().all(u8::is_ascii_graphic) {
            return Err(IdError);
        }
        Ok(Self { bytes, len: u8::try_from(len).map_err(|_| IdError)? })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let used = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        std::str::from_utf8(used).unwrap_or_default()
    }
}

impl FromStr for OrderId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::of_parts(&[text])
    }
}

shown!(OrderId);

id!(
    /// The venue's id of one execution; never booked twice.
    ExecutionId
);
id!(
    /// A decision's id; also the correlation id of everything that follows from it.
    DecisionId
);
id!(
    /// A lot's id: `{instrument}-{execution id}`, for ever.
    LotId
);
id!(
    /// The tag that closes an open item: a settlement date, `{session}:{fee kind}`, an activity id.
    ItemId
);
id!(
    /// A journal entry's id: 26 characters of base32, stable through restore and re-export.
    EntryId
);

/// `{ENTITY}_{JURISDICTION}_{BROKER}_{BOT_ID}`, e.g. `RIGD_US_ALPACA_01`: one identity, one ledger, one account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(Arc<str>);

/// A text that is no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityError;

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no bot identity; ENTITY_JURISDICTION_BROKER_BOTID is needed, capital letters and digits, e.g. RIGD_US_ALPACA_01")
    }
}

impl std::error::Error for IdentityError {}

impl Identity {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The broker's part.
    #[must_use]
    pub fn broker(&self) -> &str {
        self.0.split('_').nth(2).unwrap_or_default()
    }

    /// The short code in client order ids, in two parts: the entity's first four and the bot id's last four characters.
    #[must_use]
    pub fn short_code(&self) -> [&str; 2] {
        let entity = self.0.split('_').next().unwrap_or_default();
        let bot = self.0.rsplit('_').next().unwrap_or_default();
        let tail = bot.get(bot.len().saturating_sub(4)..).unwrap_or_default();
        [entity.get(..4).unwrap_or(entity), tail]
    }
}

impl FromStr for Identity {
    type Err = IdentityError;
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if text.len() <= 64 && text.split('_').count() == 4 && text.split('_').all(part) {
            Ok(Self(Arc::from(text)))
        } else {
            Err(IdentityError)
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
    }
}

/// Which calendar names a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CalendarName {
    /// The New York Stock Exchange.
    Xnys,
    /// CME Globex equity futures.
    Globex,
    /// Around the clock: the UTC day.
    Always,
}

impl CalendarName {
    /// The prefix in a session's id.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xnys => "XNYS",
            Self::Globex => "GLBX",
            Self::Always => "24X7",
        }
    }
}

/// A session's id: the calendar and the exchange's own date, e.g. `XNYS:2026-11-20`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    /// The exchange's own date.
    pub date: Date,
    /// Whose session it is.
    pub calendar: CalendarName,
}

impl SessionId {
    /// A session of the New York Stock Exchange.
    #[must_use]
    pub const fn xnys(date: Date) -> Self {
        Self { date, calendar: CalendarName::Xnys }
    }

    /// As part of a path, where the colon is `_`.
    #[must_use]
    pub fn as_path(self) -> String {
        format!("{}_{}", self.calendar.as_str(), self.date)
    }
}

impl SessionId {
    /// The text, on the stack.
    pub(crate) fn text(self) -> Text {
        let mut text = Text::default();
        text.extend(self.calendar.as_str());
        text.extend(":");
        text.extend(self.date.text().as_str());
        text
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SessionId {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (name, date) = text.split_once(':').ok_or(TimeError::Form)?;
        let calendar = [CalendarName::Xnys, CalendarName::Globex, CalendarName::Always]
            .into_iter()
            .find(|c| c.as_str() == name)
            .ok_or(TimeError::Form)?;
        Ok(Self { date: date.parse()?, calendar })
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.text().as_str())
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
    }
}

/// Who owns a trade, lot, order or posting (TRADE-7a).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrategyName {
    /// Opening-range breakout.
    Open,
    /// Reversion to the session's VWAP.
    Mid,
    /// Momentum into the close.
    Close,
    /// What the bot did not order.
    External,
}

impl StrategyName {
    /// The strategies that can trade, in the default order of TRADE-6.
    pub const TRADING: [Self; 3] = [Self::Open, Self::Mid, Self::Close];

    /// Its place in the order of the names, from 1.
    pub(crate) const fn rank(self) -> u64 {
        match self {
            Self::Open => 1,
            Self::Mid => 2,
            Self::Close => 3,
            Self::External => 4,
        }
    }

    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mid => "mid",
            Self::Close => "close",
            Self::External => "external",
        }
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
