//! The event log: what happened to the bot, in order. State is rebuilt by folding it.
//!
//! Each event carries how much of the market data had been seen before it, so that a restart can feed the session
//! file up to the same place before it applies the event. Events are stored as the bytes of [`Event::to_bytes`].

use serde::{Deserialize, Serialize};

use super::chart::ChartChange;
use super::decimal::{Money, Price, Quantity, Ratio};
use super::float::FloatAssigned;
use super::ids::{DecisionId, OrderId, SessionId, StrategyName};
use super::lots::LotMethod;
use super::market::Side;
use super::order::{Ending, Execution, Intent, OrderState, Plan, Refusal};
use super::symbol::Symbol;
use super::time::Timestamp;
use super::trade::Trade;
use crate::gates::{GateName, Reason, Trace};
use crate::machines::ledger::KeptFigures;
use crate::strategies::Chosen;

/// Canonical bytes, read as they are written.
mod read;

/// The version of the canonical bytes that is written.
pub const VERSION: u16 = 1;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The version of its form.
    pub v: u16,
    /// 1, 2, 3 … without gap, per identity.
    pub seq: u64,
    /// When the bot recorded it; never runs backwards.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
    /// How many bars of the session had been seen before it.
    pub feed: u64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "data")]
pub enum Body {
    /// A session began.
    SessionOpened {
        /// Which.
        session: SessionId,
        /// Its open.
        open: Timestamp,
        /// Its close.
        close: Timestamp,
    },
    /// A signal was decided on, executed or blocked (TRADE-10).
    Decided(Box<Decision>),
    /// An order was decided, before a byte of it was sent (EXEC-1).
    Intended(Box<Intent>),
    /// A cancel of an entry's rest was decided.
    CancelIntended {
        /// Which order.
        order: OrderId,
    },
    /// A stop is to follow the price (STRAT-10).
    AmendIntended {
        /// The stop's order.
        order: OrderId,
        /// Its new price.
        stop: Price,
    },
    /// The venue has the order.
    Accepted {
        /// Which.
        order: OrderId,
    },
    /// The venue refused it.
    Refused {
        /// Which.
        order: OrderId,
        /// Why.
        why: Refusal,
    },
    /// Part or all of an order was filled. Its journal entry is in the same transaction (LEDG-3).
    Executed {
        /// Which order.
        order: OrderId,
        /// Whose it was; nothing where the bot does not know the order (B5).
        strategy: Option<StrategyName>,
        /// In what.
        symbol: Symbol,
        /// The execution; boxed, for most events are small.
        execution: Box<Execution>,
    },
    /// A stop was touched and works as a market order from now on.
    Triggered {
        /// Which.
        order: OrderId,
    },
    /// An order ended with a rest.
    Ended {
        /// Which.
        order: OrderId,
        /// How.
        how: Ending,
    },
    /// A stop stands at its new price.
    Amended {
        /// Which.
        order: OrderId,
        /// Where.
        stop: Price,
    },
    /// An answer did not come; the order's exposure stays reserved (EXEC-3).
    Unknown {
        /// Which.
        order: OrderId,
    },
    /// An unknown order turned out never to have been accepted (A1).
    NotAccepted {
        /// Which.
        order: OrderId,
    },
    /// A step that an order cannot take was reported; recorded, never applied (EXEC-2).
    Impossible {
        /// Which.
        order: OrderId,
        /// Where it stood.
        from: OrderState,
        /// Where the report would have it.
        to: OrderState,
    },
    /// A reason not to open positions, latched (RISK-12).
    Frozen {
        /// Whom it stops; nothing is the whole account.
        strategy: Option<StrategyName>,
        /// Why.
        reason: Reason,
        /// What was measured.
        have: Money,
        /// What is allowed.
        limit: Money,
    },
    /// A person has cleared the freeze by drawdown (RISK-12).
    DrawdownCleared {
        /// The equity of then: the peak from which the next one is measured.
        peak: Money,
        /// Who.
        by: String,
        /// Why.
        why: String,
    },
    /// An entry ended without a share: its decision is missed.
    EntryMissed {
        /// The decision.
        decision: DecisionId,
        /// In what.
        symbol: Symbol,
    },
    /// A trade ended.
    TradeClosed(Box<Trade>),
    /// Cash settled, as the venue's account says.
    Settled {
        /// The settlement date's session.
        session: SessionId,
    },
    /// The venue charged the accrued fees of an earlier session.
    FeeCharged {
        /// The activity's id.
        activity: String,
        /// Of which session.
        of: SessionId,
        /// Which fee.
        fee: super::journal::FeeKind,
        /// How much left the account.
        amount: Money,
    },
    /// The session is over (decision 0012).
    SessionClosed {
        /// Which.
        session: SessionId,
    },
    /// A session is over and its books stay open: the broker's figures and the prices of then are kept (decision 0026).
    FiguresKept(Box<KeptFigures>),
    /// A person has changed the chart of accounts (LEDG-2). The row of the chart is in the same transaction.
    ChartChanged(Box<ChartChange>),
    /// Accounting has assigned a float (LEDG-10): a limit from its date on, and no entry.
    FloatAssigned(Box<FloatAssigned>),
    /// From this session on other lots close first (LEDG-5); what is booked stays as it is.
    LotsChosen {
        /// The session that has just been opened.
        session: SessionId,
        /// Which lots.
        method: LotMethod,
    },
    /// Other strategies, parameters or criteria of the screener are in force (OPS-3).
    Configured(Box<Chosen>),
}

/// A signal with its gate trace and its plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id; also the correlation id of all that follows.
    pub id: DecisionId,
    /// The session.
    pub session: SessionId,
    /// Whose signal.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Long or short.
    pub side: Side,
    /// The plan.
    pub plan: Plan,
    /// The size; zero where none is allowed.
    pub size: Quantity,
    /// Every gate.
    pub trace: Trace,
    /// The first gate that failed, and what in it.
    pub blocked: Option<(GateName, Reason)>,
    /// What the strategy saw, by name.
    pub inputs: Vec<(InputName, Ratio)>,
}

impl Decision {
    /// The share of each limit that it was weighed with, where defense mode was on (RISK-11).
    #[must_use]
    pub fn defense_share(&self) -> Option<Ratio> {
        let mut checks = self.trace.iter().flat_map(|gate| &gate.checks);
        checks.find(|c| c.reason == Reason::Defense).map(|c| c.value)
    }

    /// Whether it was blocked by something that defense mode tightens, while that was on.
    #[must_use]
    pub fn is_of_defense(&self) -> bool {
        self.blocked.is_some_and(|(_, why)| why.is_tightened_in_defense()) && self.defense_share().is_some()
    }
}

/// What a strategy saw when it decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each name is what it holds; units are prices, shares or bars")]
pub enum InputName {
    Close,
    PreviousClose,
    Volume,
    Vwap,
    Atr,
    Sd,
    RangeHigh,
    RangeLow,
    VolumeBefore,
    LookbackHigh,
    LookbackLow,
    FirstOpen,
    DataQuality,
}

impl InputName {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::PreviousClose => "previous_close",
            Self::Volume => "volume",
            Self::Vwap => "vwap",
            Self::Atr => "atr",
            Self::Sd => "sd",
            Self::RangeHigh => "range_high",
            Self::RangeLow => "range_low",
            Self::VolumeBefore => "volume_before",
            Self::LookbackHigh => "lookback_high",
            Self::LookbackLow => "lookback_low",
            Self::FirstOpen => "first_open",
            Self::DataQuality => "data_quality",
        }
    }
}

impl Event {
    /// The canonical bytes that are stored and hashed.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known for an event.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// Where the bytes are no event of a known version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        if let Some(event) = read::read(bytes) {
            return Ok(event);
        }
        let event: Self = serde_json::from_slice(bytes)?;
        if event.v == VERSION {
            Ok(event)
        } else {
            Err(serde::de::Error::custom(format!(
                "event {}: version {} is unknown; this program reads version {VERSION}",
                event.seq, event.v
            )))
        }
    }
}

impl Body {
    /// The order that it is about, where it is about one.
    #[must_use]
    pub fn order(&self) -> Option<&OrderId> {
        match self {
            Self::Intended(intent) => Some(&intent.order),
            Self::CancelIntended { order }
            | Self::AmendIntended { order, .. }
            | Self::Accepted { order }
            | Self::Refused { order, .. }
            | Self::Executed { order, .. }
            | Self::Triggered { order }
            | Self::Ended { order, .. }
            | Self::Amended { order, .. }
            | Self::Unknown { order }
            | Self::NotAccepted { order }
            | Self::Impossible { order, .. } => Some(order),
            Self::SessionOpened { .. }
            | Self::Decided(_)
            | Self::Frozen { .. }
            | Self::DrawdownCleared { .. }
            | Self::EntryMissed { .. }
            | Self::TradeClosed(_)
            | Self::Settled { .. }
            | Self::FeeCharged { .. }
            | Self::SessionClosed { .. }
            | Self::FiguresKept(_)
            | Self::ChartChanged(_)
            | Self::FloatAssigned(_)
            | Self::LotsChosen { .. }
            | Self::Configured(_) => None,
        }
    }

    /// The name in records.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SessionOpened { .. } => "session_opened",
            Self::Decided(_) => "decided",
            Self::Intended(_) => "intended",
            Self::CancelIntended { .. } => "cancel_intended",
            Self::AmendIntended { .. } => "amend_intended",
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::Executed { .. } => "executed",
            Self::Triggered { .. } => "triggered",
            Self::Ended { .. } => "ended",
            Self::Amended { .. } => "amended",
            Self::Unknown { .. } => "unknown",
            Self::NotAccepted { .. } => "not_accepted",
            Self::Impossible { .. } => "impossible",
            Self::Frozen { .. } => "frozen",
            Self::DrawdownCleared { .. } => "drawdown_cleared",
            Self::EntryMissed { .. } => "entry_missed",
            Self::TradeClosed(_) => "trade_closed",
            Self::Settled { .. } => "settled",
            Self::FeeCharged { .. } => "fee_charged",
            Self::SessionClosed { .. } => "session_closed",
            Self::FiguresKept(_) => "figures_kept",
            Self::ChartChanged(_) => "chart_changed",
            Self::FloatAssigned(_) => "float_assigned",
            Self::LotsChosen { .. } => "lots_chosen",
            Self::Configured(_) => "configured",
        }
    }
}
