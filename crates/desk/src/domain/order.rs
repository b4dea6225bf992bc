//! Orders and brackets (EXEC-1, EXEC-2): what is asked of a venue, what it answers, and the states between.

use serde::{Deserialize, Serialize};

use super::chain::Hash;
use super::decimal::{DecimalText, Money, Price, Quantity};
use super::ids::{DecisionId, ExecutionId, IdError, Identity, OrderId, SessionId, StrategyName};
use super::journal::FeeKind;
use super::market::Side;
pub use super::records::ExitReason;
use super::symbol::Symbol;
use super::time::Timestamp;

/// Which part of a bracket an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leg {
    /// Opens the position; the parent.
    Entry,
    /// Protects it; a child.
    Stop,
    /// Takes its profit; a child.
    Target,
    /// Closes it by decision.
    Exit,
}

impl Leg {
    /// The name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Stop => "stop",
            Self::Target => "target",
            Self::Exit => "exit",
        }
    }

    /// Whether it can only make a position smaller.
    #[must_use]
    pub const fn reduces(self) -> bool {
        !matches!(self, Self::Entry)
    }
}

/// What an intent's client order id is made of (EXEC-1).
#[derive(Clone, Copy, Debug)]
pub struct OrderKey<'a> {
    /// Whose order.
    pub identity: &'a Identity,
    /// Rises with each restore of a backup, so that an id is never used twice.
    pub epoch: u32,
    /// The session.
    pub session: SessionId,
    /// The strategy.
    pub strategy: StrategyName,
    /// The signal, by its decision's id.
    pub signal: &'a DecisionId,
    /// The part of the bracket.
    pub leg: Leg,
    /// 1 for the first; a next one exists only after the one before is terminal.
    pub attempt: u32,
}

impl OrderKey<'_> {
    /// `{short code}-{yymmdd}-{16 characters of base32(sha256(…))}`: the same intent can never become two orders.
    ///
    /// # Errors
    /// Never for real keys; the type asks.
    pub fn client_id(&self) -> Result<OrderId, IdError> {
        let session = self.session.text();
        let (epoch, attempt) = (DecimalText::whole(self.epoch), DecimalText::whole(self.attempt));
        let parts = [
            self.identity.as_str(),
            epoch.as_str(),
            session.as_str(),
            self.strategy.as_str(),
            self.signal.as_str(),
            self.leg.as_str(),
            attempt.as_str(),
        ];
        let digest = Hash::of_lines(&parts).base32(16);
        // XNYS:2026-03-13 is 260313.
        let (_, date) = session.as_str().split_once(':').unwrap_or_default();
        let part = |from: usize| date.get(from..from.saturating_add(2)).unwrap_or_default();
        let [entity, bot] = self.identity.short_code();
        OrderId::of_parts(&[entity, bot, "-", part(2), part(5), part(8), "-", &digest])
    }
}

/// How an order wants to be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pricing {
    /// At the next price there is.
    Market,
    /// At this price or worse, once it trades there.
    Stop(Price),
    /// At this price or better.
    Limit(Price),
}

/// The plan of a trade, fixed at the signal (STRAT-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The signal bar's close.
    pub reference: Price,
    /// Where the trade is given up.
    pub stop: Price,
    /// Where its profit is taken.
    pub target: Price,
    /// |reference − stop|, after rounding: one R.
    pub risk: Price,
    /// ATR at the signal.
    pub atr: Price,
    /// The level that the idea rests on: the broken edge of the range (`open`).
    pub edge: Option<Price>,
}

/// A durable intent: an order that has been decided, before a byte of it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The client order id.
    pub order: OrderId,
    /// The decision it follows from; also the bracket's id.
    pub decision: DecisionId,
    /// Whose it is.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// The position's side; a reducing order trades the other way.
    pub side: Side,
    /// For an entry, with stop and target as its children; or an exit with its reason.
    pub purpose: Purpose,
    /// How many; a reducing order closes no more than is held.
    pub quantity: Quantity,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// What an intent is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "leg")]
pub enum Purpose {
    /// Opens a position.
    Entry {
        /// The plan with the children's prices.
        plan: Plan,
        /// The stop's client order id.
        stop_order: OrderId,
        /// The target's client order id.
        target_order: OrderId,
        /// When the rest is cancelled.
        expires_at: Timestamp,
    },
    /// Closes one, and withdraws the entry's rest, stop and target in the same step (STRAT-9).
    Exit {
        /// Why.
        reason: ExitReason,
    },
}

/// One execution as the venue reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// The venue's id of it.
    pub id: ExecutionId,
    /// Bought units are positive, sold ones negative.
    pub quantity: Quantity,
    /// At what price.
    pub price: Price,
    /// When, by the venue's clock.
    pub at: Timestamp,
    /// What the order has filled in all by now, unsigned (B4: state comes from it, not from the order of arrival).
    pub cumulative: Quantity,
    /// Commission charged with this execution.
    pub commission: Money,
    /// Fees accrued with it, charged later.
    pub accrued: Vec<(FeeKind, Money)>,
    /// The undisturbed price that slippage was charged on.
    pub reference: Price,
    /// Made by the model where no trade could be (STRAT-15).
    pub synthetic: bool,
}

/// How an order ended without being filled whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Withdrawn.
    Cancelled,
    /// Its time to live was over.
    Expired,
}

/// Why a venue refused an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// An order of this id is there already (A6).
    DuplicateId,
    /// The instrument is halted.
    Halted,
    /// The venue takes no orders now.
    Closed,
    /// There is nothing to reduce.
    NothingHeld,
    /// The instrument is not traded here.
    UnknownSymbol,
    /// A scripted refusal of the simulated venue.
    Scripted,
}

/// What is sent to a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a command lives for one call; a box would be made for each order")]
pub enum Command {
    /// A new order.
    Submit(Intent),
    /// Withdraw an entry's rest.
    Cancel(OrderId),
    /// Move a stop.
    Amend {
        /// The stop's id.
        order: OrderId,
        /// Its new price.
        stop: Price,
    },
    /// What became of this order (EXEC-3)?
    Query(OrderId),
    /// Which executions were there since this instant, whatever their orders (B5 to B7)?
    Activity(Timestamp),
}

/// What a venue answers. Answers may come late, twice, in another order, or never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The order stands.
    Accepted(OrderId),
    /// It was never taken.
    Refused {
        /// Which.
        order: OrderId,
        /// Why.
        why: Refusal,
    },
    /// Part or all of it is filled.
    Executed {
        /// Which.
        order: OrderId,
        /// The execution.
        execution: Execution,
    },
    /// The stop was touched: it works as a market order from now on, target and entry's rest are withdrawn.
    Triggered(OrderId),
    /// It ended with a rest.
    Ended {
        /// Which.
        order: OrderId,
        /// How.
        how: Ending,
        /// What it had filled in all, unsigned.
        filled: Quantity,
    },
    /// The stop stands at its new price.
    Amended {
        /// Which.
        order: OrderId,
        /// Where.
        stop: Price,
    },
    /// There is no such order (yet).
    NotFound(OrderId),
}

impl Report {
    /// The order it is about.
    #[must_use]
    pub const fn order(&self) -> &OrderId {
        match self {
            Self::Accepted(order)
            | Self::Triggered(order)
            | Self::Refused { order, .. }
            | Self::Executed { order, .. }
            | Self::Ended { order, .. }
            | Self::Amended { order, .. }
            | Self::NotFound(order) => order,
        }
    }
}

/// Where an order is in its life (EXEC-2). Parents and children share the words that mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// A child that waits for its parent's first fill.
    Planned,
    /// Durably recorded, nothing sent.
    Intent,
    /// Sent, no answer yet.
    Submitting,
    /// The venue has it; nothing filled. (A child: *working*.)
    Accepted,
    /// Part of it is filled.
    PartiallyFilled,
    /// All of it is filled.
    Filled,
    /// The venue refused it.
    Rejected,
    /// A cancel is under way.
    CancelPending,
    /// Withdrawn.
    Cancelled,
    /// Its time to live was over.
    Expired,
    /// An answer did not come (EXEC-3); its exposure stays reserved.
    Unknown,
}

impl OrderState {
    /// Whether nothing more is to come.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Filled | Self::Rejected | Self::Cancelled | Self::Expired)
    }

    /// Whether this step is one that an order can take. Terminal states can only be corrected by a fill that the
    /// venue reports afterwards (B6), which [`Self::Cancelled`] and [`Self::Expired`] allow.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use OrderState::{
            Accepted, CancelPending, Cancelled, Expired, Filled, Intent, PartiallyFilled, Planned, Rejected,
            Submitting, Unknown,
        };
        match self {
            Planned => matches!(next, Accepted | PartiallyFilled | Filled | Cancelled | Rejected),
            Intent => matches!(next, Submitting | Unknown | Rejected | Cancelled),
            Submitting | Unknown => !matches!(next, Planned | Intent | Submitting),
            Accepted => {
                matches!(next, PartiallyFilled | Filled | CancelPending | Cancelled | Expired | Rejected | Unknown)
            }
            PartiallyFilled => matches!(next, PartiallyFilled | Filled | CancelPending | Cancelled | Expired | Unknown),
            CancelPending => matches!(next, PartiallyFilled | Filled | Cancelled | Expired | Unknown),
            Cancelled | Expired => matches!(next, PartiallyFilled | Filled),
            Filled | Rejected => false,
        }
    }
}
