//! The closing record: what a closed session leaves behind, as canonical JSON (BOOKS.md section 12).
//!
//! Canonical: one object in UTF-8 without white space, keys in the order of the fields, what says nothing left out,
//! decimals as strings. Its SHA-256 stands in the facts of the `day_close` entry.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::Error;

use crate::domain::chain::Hash;
use crate::domain::decimal::{DecimalText, Money, Price, Quantity};
use crate::domain::ids::{ExecutionId, Identity, LotId, SessionId, StrategyName};
use crate::domain::journal::{AccountCode, Line};
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Timestamp;
use crate::machines::ledger::prices::{EquityLine, PriceList};

/// The version of the closing record that is written. Version 1, which had no price list, is read for ever.
pub const VERSION: u16 = 2;

/// A closing balance: the cumulative sums of one account, currency, commodity and strategy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a posting, summed")]
pub struct ClosingBalance {
    pub account: AccountCode,
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commodity: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategyName>,
    pub amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Quantity>,
}

/// A closing lot: what is left of it, and its cost as it stands in the books.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a posting, summed")]
pub struct ClosingLot {
    pub commodity: Symbol,
    pub account: AccountCode,
    pub lot: LotId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategyName>,
    pub currency: Currency,
    pub units: Quantity,
    pub cost: Money,
    /// Of a contract: the price that it was last settled at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Price>,
}

/// A line of the trial balance in a closing record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "what a trial balance shows")]
pub struct TrialLine {
    pub account: AccountCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commodity: Option<Symbol>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<Quantity>,
}

/// An execution as the broker reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerExecution {
    /// Its id.
    pub id: ExecutionId,
    /// What was traded.
    pub instrument: Symbol,
    /// Units, negative when sold.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
}

/// A position as the broker reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerPosition {
    /// What it is in.
    pub instrument: Symbol,
    /// Units, negative when short.
    pub quantity: Quantity,
}

/// Cash of a currency as the broker reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerCash {
    /// Which currency.
    pub currency: Currency,
    /// All of it, traded but unsettled cash included.
    pub total: Money,
    /// What is settled, where the broker tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Money>,
}

/// An activity of the account besides executions, as the broker reports it: a fee charged, a dividend, a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerActivity {
    /// Its id.
    pub id: String,
    /// In which currency.
    pub currency: Currency,
    /// The cash that it moved, negative when paid.
    pub amount: Money,
}

/// The broker's figures as received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerFigures {
    /// The executions that stand, at least those of the sessions that are closed.
    pub executions: Vec<BrokerExecution>,
    /// The positions.
    pub positions: Vec<BrokerPosition>,
    /// The cash.
    pub cash: Vec<BrokerCash>,
    /// What else happened since the last close.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activities: Vec<BrokerActivity>,
}

/// What a session's end leaves behind where its books stay open: the close that comes later compares with these (decision 0026).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFigures {
    /// The session that is over.
    pub session: SessionId,
    /// The one after it.
    pub next: SessionId,
    /// The broker's figures as received.
    pub broker: BrokerFigures,
    /// The price list.
    pub prices: PriceList,
}

/// A check that passed: what was compared, and the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// Its number in BOOKS.md section 12.
    pub check: u8,
    /// What was compared.
    pub what: String,
    /// The books' figure.
    pub have: String,
    /// The figure it has to equal.
    pub need: String,
    /// The difference.
    pub difference: String,
}

/// The closing record of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosingRecord {
    /// [`VERSION`], or 1.
    pub v: u16,
    /// Whose books.
    pub identity: Identity,
    /// The session that is closed.
    pub session: SessionId,
    /// Which closing of the session this is.
    pub n: u32,
    /// The earliest open session from now on.
    pub next_session: SessionId,
    /// The hash of the record of the same session that it replaces, where the day was opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Hash>,
    /// The first entry that it covers: the first one after the record before it.
    pub first_seq: u64,
    /// The last entry that it covers: the one before its `day_close`.
    pub last_seq: u64,
    /// How many entries it covers.
    pub entries: u64,
    /// How many postings they have.
    pub postings: u64,
    /// The link of the last entry.
    pub last_hash: Hash,
    /// The hash of the record before it; [`Hash::GENESIS`] where there is none.
    pub previous_record: Hash,
    /// Balances by account, without those that are zero.
    pub trial_balance: Vec<TrialLine>,
    /// The SHA-256 of the closing balances as canonical JSON.
    pub closing_balances: Hash,
    /// The SHA-256 of the closing lots as canonical JSON.
    pub closing_lots: Hash,
    /// The broker's figures as received.
    pub broker: BrokerFigures,
    /// The SHA-256 of the broker's figures as canonical JSON.
    pub broker_hash: Hash,
    /// The recorded price list; a record of version 1 has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PriceList>,
    /// The SHA-256 of the price list as canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices_hash: Option<Hash>,
    /// What check 8 of the next close begins with, by currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equity: Vec<EquityLine>,
    /// The checks with their numbers.
    pub checks: Vec<CheckLine>,
    /// The version of the chart of accounts.
    pub chart: u16,
    /// The version of the entries' bytes.
    pub entry_version: u16,
    /// The version of the store's schema.
    pub schema: u32,
    /// The program and its version.
    pub program: String,
    /// When it was written.
    pub closed_at: Timestamp,
    /// By whom.
    pub closed_by: String,
}

impl ClosingRecord {
    /// The canonical bytes that are stored and hashed.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known for a record.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// Where the bytes are no record, of a version that this program does not know, or without what its version has.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let record: Self = serde_json::from_slice(bytes)?;
        let priced = record.prices.is_some() && record.prices_hash.is_some();
        let bare = record.prices.is_none() && record.prices_hash.is_none() && record.equity.is_empty();
        match record.v {
            1 if bare => Ok(record),
            VERSION if priced => Ok(record),
            1 | VERSION => Err(Error::custom(format!("a price list and version {} do not go together", record.v))),
            unknown => Err(Error::custom(format!("version {unknown} is not known; 1 and {VERSION} are"))),
        }
    }
}

/// Closing balances as canonical JSON: what `Serialize` writes, which a test holds it against. Each close writes all that
/// ever was booked to, and the general writer takes several times as long.
#[must_use]
pub fn balances_bytes(balances: &[ClosingBalance]) -> Vec<u8> {
    let mut line = Line(Vec::with_capacity(balances.len().saturating_mul(128).saturating_add(2)));
    let mut before = "[{\"account\":\"";
    for balance in balances {
        line.raw(before);
        before = ",{\"account\":\"";
        line.number(u64::from(balance.account.code()));
        line.raw("\",\"currency\":");
        line.plain(balance.currency.as_str());
        line.code(",\"commodity\":", balance.commodity.as_ref().map(Symbol::as_bytes));
        line.code(",\"strategy\":", balance.strategy.map(StrategyName::as_str));
        line.raw(",\"amount\":");
        line.plain(DecimalText::new(balance.amount.raw(), 2).as_bytes());
        if let Some(units) = balance.units {
            line.raw(",\"units\":");
            line.plain(DecimalText::new(units.raw(), 0).as_bytes());
        }
        line.raw("}");
    }
    line.raw(if balances.is_empty() { "[]" } else { "]" });
    line.0
}

/// The SHA-256 of a list as canonical JSON.
///
/// # Errors
/// Those of the JSON writer; none are known for the lines of a record.
pub fn hash_of(lines: &impl Serialize) -> Result<Hash, Error> {
    serde_json::to_vec(lines).map(|bytes| Hash::of(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn balance() -> impl Strategy<Value = ClosingBalance> {
        let strategy = prop::option::of(prop::sample::select(StrategyName::TRADING.to_vec()));
        (any::<i64>(), prop::option::of(any::<i64>()), any::<bool>(), strategy).prop_map(
            |(amount, units, has_commodity, strategy)| ClosingBalance {
                account: AccountCode::LONG_POSITIONS,
                currency: Currency::USD,
                commodity: has_commodity.then(|| "BRK.B".parse().unwrap()),
                strategy,
                amount: Money::from_raw(amount),
                units: units.map(Quantity::from_raw),
            },
        )
    }

    proptest! {
        // LEDG-12: one canonical encoding, whoever writes it.
        #[test]
        fn the_bytes_of_balances_are_those_of_serialize(balances in prop::collection::vec(balance(), 0..5)) {
            let bytes = balances_bytes(&balances);
            prop_assert_eq!(String::from_utf8_lossy(&bytes), serde_json::to_string(&balances).unwrap());
        }
    }
}
