//! One closed trade (REP-3, STRAT-17).

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::{ExitReason, Mode};
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::ids::{DecisionId, EntryId, OrderId, SessionId, StrategyName};
use crate::domain::market::Side;
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::{Span, Timestamp};
use crate::domain::wide::{Overflow, Wide};

/// A closed trade: from the entry's first fill to the last share left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TradeRecord {
    /// The decision it came from; the correlation id of all that follows.
    pub decision_id: DecisionId,
    /// The exchange's session.
    pub session: SessionId,
    /// Whose trade it is.
    pub strategy_name: StrategyName,
    /// What was traded.
    pub ticker: Symbol,
    /// Long or short.
    pub trade_side: Side,
    /// As `trade_side`.
    pub side: Side,
    /// Shares entered.
    pub size: Quantity,
    /// `T` of the signal.
    pub signal_trigger_time: Timestamp,
    /// The entry's first fill.
    pub entry_timestamp: Timestamp,
    /// The last exit fill.
    pub exit_timestamp: Timestamp,
    /// Entry value ÷ size, half to even at 10⁻⁸.
    pub entry_price: Price,
    /// Exit value ÷ size, half to even at 10⁻⁸.
    pub exit_price: Price,
    /// Commission, SEC and TAF of all its fills, unrounded.
    pub fees: Money,
    /// Of these: commission.
    pub commission: Money,
    /// Of these: SEC section 31.
    pub sec_fee: Money,
    /// Of these: FINRA's trading activity fee.
    pub taf_fee: Money,
    /// s·(exit value − entry value).
    pub pnl_gross: Money,
    /// Gross less fees.
    pub pnl_net: Money,
    /// As `pnl_net`; the accountants' name.
    #[serde(rename = "PnL")]
    pub pnl: Money,
    /// What all money figures are in.
    pub currency: Currency,
    /// Why it was left: the reason of the order which took its last share.
    pub exit_reason: ExitReason,
    /// The broker or venue.
    pub broker: Cow<'static, str>,
    /// A broker's error on one of its orders.
    pub error_code: Option<String>,
    /// How its orders were executed.
    pub mode: Mode,
    /// Closed without a market, at a modelled price (STRAT-15).
    pub synthetic: bool,
    /// When this record was made.
    pub timestamp: Timestamp,
    /// The plan's reference price: the signal bar's close.
    pub ref_price: Price,
    /// The stop as planned.
    pub stop_price: Price,
    /// The target as planned.
    pub target_price: Price,
    /// R: |reference − stop| after rounding.
    pub risk_per_unit: Price,
    /// The stop that worked last; another than planned where it trailed.
    pub last_stop_price: Price,
    /// The undisturbed market's price that the entry met, over all its fills (EXEC-11).
    pub entry_arrival_price: Price,
    /// The undisturbed market's price that the exits met, over all their fills (EXEC-11).
    pub exit_arrival_price: Price,
    /// Money lost between arrival and fills at the entry; negative where the fill was better.
    pub entry_slippage: Money,
    /// The same at the exit.
    pub exit_slippage: Money,
    /// Its orders in the order of their intents.
    pub order_ids: Vec<OrderId>,
    /// Its journal entries.
    pub entry_ids: Vec<EntryId>,
    /// Their numbers in the journal.
    pub entry_seqs: Vec<u64>,
}

/// A record that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The trade's decision.
    pub decision_id: DecisionId,
    /// What does not hold.
    pub law: &'static str,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the trade of decision {} contradicts itself: {} does not hold", self.decision_id, self.law)
    }
}

impl std::error::Error for RecordError {}

impl TradeRecord {
    /// How long it was held.
    #[must_use]
    pub fn held(&self) -> Span {
        self.exit_timestamp - self.entry_timestamp
    }

    /// Slippage against arrival, entry and exit together; positive is against us.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn slippage(&self) -> Result<Money, Overflow> {
        (Wide::from(self.entry_slippage) + Wide::from(self.exit_slippage)).money()
    }

    /// Checks what STRAT-17 says of a record: net, fees, names that mean the same.
    ///
    /// # Errors
    /// [`RecordError`] with the law that is broken.
    pub fn check(&self) -> Result<(), RecordError> {
        let fees = Wide::from(self.commission) + Wide::from(self.sec_fee) + Wide::from(self.taf_fee);
        let laws = [
            ("fees = commission + sec_fee + taf_fee", fees == Wide::from(self.fees)),
            (
                "pnl_net = pnl_gross − fees",
                Wide::from(self.pnl_gross) - Wide::from(self.fees) == Wide::from(self.pnl_net),
            ),
            ("PnL = pnl_net", self.pnl == self.pnl_net),
            ("side = trade_side", self.side == self.trade_side),
            ("size > 0", self.size > Quantity::ZERO),
            ("signal_trigger_time ≤ entry_timestamp", self.signal_trigger_time <= self.entry_timestamp),
            ("entry_timestamp ≤ exit_timestamp", self.entry_timestamp <= self.exit_timestamp),
        ];
        match laws.into_iter().find(|(_, holds)| !holds) {
            Some((law, _)) => Err(RecordError { decision_id: self.decision_id.clone(), law }),
            None => Ok(()),
        }
    }
}
