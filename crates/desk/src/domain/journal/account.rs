//! Account codes of the default chart that posting rules name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An account's code: four digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountCode(u16);

#[expect(missing_docs, reason = "each name says what the chart calls it")]
impl AccountCode {
    pub const CASH_SETTLED: Self = Self(1010);
    pub const CASH_UNSETTLED: Self = Self(1020);
    pub const CASH_DERIVATIVES: Self = Self(1030);
    pub const DIVIDENDS_RECEIVABLE: Self = Self(1110);
    pub const LONG_POSITIONS: Self = Self(1310);
    pub const COINS: Self = Self(1320);
    pub const FUTURES: Self = Self(1330);
    pub const SUSPENSE: Self = Self(1900);
    pub const SHORT_POSITIONS: Self = Self(2110);
    pub const FEES_ACCRUED: Self = Self(2310);
    pub const DIVIDENDS_OWED: Self = Self(2320);
    pub const INTEREST_ACCRUED: Self = Self(2330);
    pub const FLOAT_CONTRIBUTED: Self = Self(3100);
    pub const FLOAT_RETURNED: Self = Self(3110);
    pub const RETAINED_RESULT: Self = Self(3200);
    pub const CONVERSION: Self = Self(3900);
    pub const GAINS_SHORT_TERM: Self = Self(4110);
    pub const GAINS_LONG_TERM: Self = Self(4120);
    pub const GAINS_FUTURES: Self = Self(4130);
    pub const GAINS_PERPETUALS: Self = Self(4140);
    pub const DIVIDENDS: Self = Self(4210);
    pub const INTEREST_EARNED: Self = Self(4310);
    pub const OTHER_INCOME: Self = Self(4900);
    pub const COMMISSIONS: Self = Self(5110);
    pub const SEC_FEE: Self = Self(5210);
    pub const TAF: Self = Self(5220);
    pub const OTHER_REGULATORY: Self = Self(5230);
    pub const EXCHANGE_FEES: Self = Self(5240);
    pub const MARGIN_INTEREST: Self = Self(5310);
    pub const BORROW_COST: Self = Self(5320);
    pub const IN_LIEU: Self = Self(5410);
    pub const FUNDING: Self = Self(5510);
    pub const TAXES_WITHHELD: Self = Self(5610);
    pub const OTHER_CHARGES: Self = Self(5910);
    pub const BROKER_ROUNDING: Self = Self(5990);
    pub const UNITS_MARKET: Self = Self(9100);
    pub const UNITS_CORPORATE: Self = Self(9200);
    pub const UNITS_TRANSFERS: Self = Self(9300);
    pub const UNITS_COIN: Self = Self(9400);

    /// From its number, 1000 to 9999.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 1000 && code <= 9999 { Some(Self(code)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Whether it carries units only.
    #[must_use]
    pub const fn is_units(self) -> bool {
        self.0 >= 9000
    }

    /// Whether each posting needs the tag `item`.
    #[must_use]
    pub const fn is_open_items(self) -> bool {
        matches!(self.0, 1020 | 1110 | 1900 | 2310 | 2320 | 2330)
    }

    /// Whether it holds units at cost, lot by lot.
    #[must_use]
    pub const fn is_position(self) -> bool {
        matches!(self.0, 1310 | 1320 | 1330 | 2110)
    }
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Debug for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no account code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountError;

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no account code; four digits are needed")
    }
}

impl std::error::Error for AccountError {}

impl FromStr for AccountCode {
    type Err = AccountError;
    fn from_str(text: &str) -> Result<Self, AccountError> {
        if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AccountError);
        }
        text.parse().ok().and_then(Self::new).ok_or(AccountError)
    }
}

impl Serialize for AccountCode {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountCode {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|e| de::Error::custom(format!("{text:?} {e}")))
    }
}
