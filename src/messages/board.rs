//! The board: what a person sees at one moment. The reporter writes a new one whenever something has changed; pages, the
//! command line and the heartbeat read it, and never ask an actor.

use desk::domain::bot::{self, BotState, FreezeName, Mode, VenueKind, Who};
use desk::domain::decimal::{Money, Price, Quantity, Ratio};
use desk::domain::event::Decision;
use desk::domain::float::FloatAssigned;
use desk::domain::ids::{DecisionId, Identity, OrderId, SessionId, StrategyName};
use desk::domain::market::Side;
use desk::domain::order::{Leg, OrderState};
use desk::domain::records::GateName;
use desk::domain::symbol::Symbol;
use desk::domain::time::Timestamp;
use desk::domain::trade::Trade;
use desk::gates::Reason;
use desk::strategies::Parameters;
use serde::Serialize;

use super::past::Past;
use super::screener::ScreenBoard;

/// What a person sees at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Board {
    /// Rises with each change; an older board never replaces a newer one.
    pub number: u64,
    /// When it was written: the bot's clock, which a replayed feed owns.
    pub at: Timestamp,
    /// Whose bot.
    pub identity: Identity,
    /// How orders are executed.
    pub mode: Mode,
    /// On what.
    pub venue: VenueKind,
    /// Where its market data come from, as said to a person: `generated`, `replay of …`.
    pub feed_name: String,
    /// The state.
    pub state: BotState,
    /// Since when.
    pub since: Timestamp,
    /// What failed and what to do, in the state `error`; why it stopped, in `stopped`.
    pub reason: Option<String>,
    /// The version of the configuration that is being applied and not recorded yet, so that it does not hold.
    pub applying: Option<u32>,
    /// Whether a rehearsal runs.
    pub rehearsing: bool,
    /// The session, from its start to the start of the next.
    pub session: Option<SessionBoard>,
    /// The days that are over and whose books are not closed, in their order.
    pub open_days: Vec<OpenDay>,
    /// Set since, by whom, why.
    pub latch: Option<Mark>,
    /// When it was set by the clock on the wall, where that is recorded.
    pub latch_written: Option<Timestamp>,
    /// Defense mode, while it is on (RISK-11).
    pub defense: Option<DefenseBoard>,
    /// What holds entries back.
    pub freezes: Vec<FreezeLine>,
    /// When the last bar or quote came.
    pub fed_at: Option<Timestamp>,
    /// How good the session's market data are.
    pub data: DataBoard,
    /// The float in force (LEDG-10).
    pub float: Money,
    /// What accounting has assigned, in the order of the record.
    pub floats: Vec<FloatAssigned>,
    /// The day's money.
    pub day: Day,
    /// Each limit with what is used of it, in the order of the rules.
    pub limits: Vec<UsedLimit>,
    /// Open positions, by symbol.
    pub positions: Vec<PositionLine>,
    /// Working orders, unknown ones first.
    pub orders: Vec<OrderLine>,
    /// Strategies, in their configured order.
    pub strategies: Vec<StrategyLine>,
    /// The latest decisions, the newest first, at most [`Board::DECISIONS`].
    pub decisions: Vec<DecisionLine>,
    /// The session's trades, the newest first.
    pub trades: Vec<Trade>,
    /// Which symbols are looked at in this session, and why the others are not.
    pub screen: Option<ScreenBoard>,
    /// Actors.
    pub actors: Vec<ActorLine>,
    /// A stop or kill under way, or the last one of the session.
    pub closing: Option<ClosingBoard>,
    /// The kill switch's last drill, if there was one.
    pub drill: Option<DrillBoard>,
    /// Freezes that were cleared, closings with their receipts.
    pub past: Past,
    /// Which gates refused signals in this session, how often.
    pub refusals: Vec<RefusalLine>,
    /// Which conditions of the strategies ended an evaluation without a signal, how often.
    pub skips: Vec<SkipLine>,
    /// What the notifier said, the newest first, at most [`Board::ALERTS`].
    pub alerts: Vec<Alert>,
}

impl Board {
    /// How many decisions it keeps.
    pub const DECISIONS: usize = 200;
    /// How many alerts it keeps.
    pub const ALERTS: usize = 200;
}

/// How often a gate refused a strategy's signals in a symbol, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusalLine {
    /// Whose signals.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Which gate blocked.
    pub gate: GateName,
    /// For which reason.
    pub reason: Reason,
    /// How often.
    pub count: u64,
}

/// How often a strategy's evaluation of a symbol ended without a signal, for one reason (STRAT-6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkipLine {
    /// Whose evaluation.
    pub strategy: StrategyName,
    /// Of what.
    pub symbol: Symbol,
    /// The reason's name in records: `no_setup`.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
    /// Since when: a start and a strategy that is rebuilt begin anew.
    pub since: Timestamp,
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertLevel {
    /// Good to know.
    Info,
    /// To be looked at today.
    Warning,
    /// To be looked at now.
    Critical,
}

impl AlertLevel {
    /// All, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Critical, Self::Warning, Self::Info];

    /// The word on screen and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Something that the notifier said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// When, by the clock on the wall.
    pub at: Timestamp,
    /// How urgent.
    pub level: AlertLevel,
    /// A name for programs that never changes: `limit_reached`.
    pub code: String,
    /// One sentence.
    pub text: String,
}

/// How the kill switch was exercised last (RISK-16).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DrillBoard {
    /// When, by the clock on the wall.
    pub at: Timestamp,
    /// With how many open orders.
    pub orders: usize,
    /// With how many positions among them.
    pub positions: usize,
    /// Milliseconds, on the drill's own clock, from its command to the last cancel sent.
    pub last_cancel_ms: Option<u64>,
    /// The same to flat, as its venue confirmed.
    pub flat_ms: Option<u64>,
    /// What went wrong; none in a drill that passed.
    pub failures: Vec<String>,
    /// The name of its signed receipt.
    pub receipt: String,
}

impl DrillBoard {
    /// How it went, in one sentence.
    #[must_use]
    pub fn said(&self) -> String {
        let ms = |ms: Option<u64>| ms.map_or_else(|| "never".to_owned(), |ms| format!("{ms} ms"));
        let verdict = if self.failures.is_empty() { "passed".to_owned() } else { self.failures.join("; ") };
        format!(
            "Drill with {} orders: last cancel after {}, flat after {}: {verdict}.",
            self.orders,
            ms(self.last_cancel_ms),
            ms(self.flat_ms)
        )
    }
}

/// The session and what comes next in it.
#[derive(Clone, Debug, Serialize)]
pub struct SessionBoard {
    /// Which.
    pub id: SessionId,
    /// Its open.
    pub open: Timestamp,
    /// Its close.
    pub close: Timestamp,
    /// The windows that are open now, of strategies that take part.
    pub windows: Vec<StrategyName>,
    /// The next events, the nearest first: windows of strategies that take part while the bot trades, when what is held is
    /// left, the close.
    pub next: Vec<Coming>,
    /// Whether its books are closed.
    pub closed: bool,
}

/// A day that is over and whose books are not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenDay {
    /// Which.
    pub day: SessionId,
    /// Why.
    pub why: String,
    /// Whether it closes by itself once the questions about it are answered.
    pub by_itself: bool,
    /// Whether somebody can close it now; otherwise it closes after another day, or with a later one.
    pub closable: bool,
    /// The open day that is closed before it.
    pub after: Option<SessionId>,
}

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coming {
    /// When.
    pub at: Timestamp,
    /// What, in a few words: *mid opens*, *session closes*.
    pub what: String,
}

/// Who set something, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Who,
    /// Why.
    pub why: String,
}

impl From<&bot::Mark> for Mark {
    fn from(mark: &bot::Mark) -> Self {
        Self { at: mark.at, who: mark.who.clone(), why: mark.why.clone() }
    }
}

/// A freeze (RISK-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FreezeLine {
    /// Its name.
    pub name: FreezeName,
    /// Whom it holds; nothing is everybody.
    pub strategy: Option<StrategyName>,
    /// Who, when, why.
    pub mark: Mark,
    /// Whether it ends with the session.
    pub for_the_session: bool,
}

/// Defense mode (RISK-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DefenseBoard {
    /// Who, when, why.
    pub mark: Mark,
    /// What is left of each limit.
    pub share: Ratio,
    /// The least price of an entry.
    pub price_min: Price,
    /// The least volume of the session before.
    pub volume_min: Quantity,
    /// Each limit.
    pub limits: Vec<LimitLine>,
}

/// A limit with what is used of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UsedLimit {
    /// Its key in the configuration; the key's unit is that of both figures.
    pub key: &'static str,
    /// What is used; of limits of single orders the largest that was approved in the session.
    pub used: Ratio,
    /// What is allowed now.
    pub limit: Ratio,
    /// Of several, the strategy or symbol that comes nearest.
    pub nearest: Option<String>,
}

/// A limit as defense mode leaves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitLine {
    /// Its key in the configuration.
    pub key: String,
    /// What it limits, in words.
    pub what: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// As it usually is.
    pub usual: String,
    /// In defense mode.
    pub now: String,
}

/// How good the session's market data are (TRADE-3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DataBoard {
    /// Symbols that brought a bar.
    pub symbols: usize,
    /// Bars that passed every check.
    pub clean: u64,
    /// Bars that did not.
    pub corrupt: u64,
    /// Bars that came while their symbol's score had fallen and not recovered.
    pub fallen: u64,
    /// The symbols with the lowest scores of the session, at most [`DataBoard::LOWEST`]; those without a blemish are left
    /// out.
    pub lowest: Vec<QualityLine>,
}

impl DataBoard {
    /// How many symbols are named.
    pub const LOWEST: usize = 5;
}

/// How good one symbol's data are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QualityLine {
    /// Which.
    pub symbol: Symbol,
    /// Its score now, 1 at best.
    pub score: Ratio,
    /// The lowest of the session.
    pub lowest: Ratio,
    /// Bars that did not pass a check.
    pub corrupt: u32,
}

/// The day's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// What the books have earned in the session, open positions at market; float that moved is no part of it.
    pub net: Money,
    /// Of closed trades, fees taken off.
    pub realised: Money,
    /// Of open positions at the last closes.
    pub unrealised: Money,
    /// Fees so far, of closed trades and open positions.
    pub fees: Money,
    /// What is missing between the net and the two results above: fees of positions that are still open, negative, and what was
    /// booked beside trades.
    pub open_fees: Money,
    /// The daily loss at which entries freeze.
    pub loss_limit: Money,
    /// What the day makes if every stop is hit now.
    pub at_stops: Money,
    /// Equity now, by the books (LEDG-3a).
    pub equity: Money,
    /// The day's net, minute by minute.
    pub curve: Vec<(Timestamp, Money)>,
    /// Orders sent today.
    pub sent: u64,
}

impl StrategyLine {
    /// Whether entries are looked for in its window, as far as it alone decides.
    #[must_use]
    pub const fn takes_part(&self) -> bool {
        self.on && self.suspended.is_none()
    }

    /// When its window opens, where that is still to come and it takes part.
    #[must_use]
    pub fn opens_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.window.map(|(from, _)| from).filter(|from| now < *from && self.takes_part())
    }
}

/// A position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PositionLine {
    /// In what.
    pub symbol: Symbol,
    /// Whose.
    pub strategy: StrategyName,
    /// Long or short.
    pub side: Side,
    /// How many, positive.
    pub quantity: Quantity,
    /// Average entry.
    pub entry: Price,
    /// The last close seen.
    pub last: Option<Price>,
    /// The stop as it stands.
    pub stop: Price,
    /// The target.
    pub target: Price,
    /// At the last close, before fees.
    pub unrealised: Money,
    /// When it was entered.
    pub since: Timestamp,
    /// The decision behind it.
    pub decision: DecisionId,
}

/// A working order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderLine {
    /// Its id.
    pub order: OrderId,
    /// Which part of its bracket.
    pub leg: Leg,
    /// Whose.
    pub strategy: StrategyName,
    /// In what.
    pub symbol: Symbol,
    /// Where it is in its life.
    pub state: OrderState,
    /// What it asks for.
    pub asked: Quantity,
    /// What was filled.
    pub filled: Quantity,
}

/// A strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StrategyLine {
    /// Its name.
    pub name: StrategyName,
    /// Whether it takes entries by the configuration; what it holds is managed in any case.
    pub on: bool,
    /// Whether parameters of it hold from the next session's open on.
    pub changes: bool,
    /// What it trades by now.
    #[serde(skip)]
    pub in_force: Parameters,
    /// Its window today.
    pub window: Option<(Timestamp, Timestamp)>,
    /// Why it is out for the session (LIFE-9).
    pub suspended: Option<String>,
    /// Signals today.
    pub signals: u64,
    /// Of them blocked.
    pub blocked: u64,
    /// Trades closed today.
    pub trades: u64,
    /// Of them won.
    pub won: u64,
    /// What they made, fees taken off.
    pub net: Money,
}

/// A decision and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionLine {
    /// When.
    pub at: Timestamp,
    /// The decision as recorded, gate trace included.
    pub decision: Decision,
    /// What came of it: `executed`, `blocked`, `missed`, `pending`.
    pub outcome: &'static str,
}

/// An actor's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActorLine {
    /// Its name.
    pub name: String,
    /// Whether it answered the last heartbeat in time.
    pub well: bool,
    /// For how many milliseconds of real time it has not answered.
    pub silent_ms: u64,
    /// Messages in its mailbox.
    pub waiting: usize,
    /// How often it was rebuilt.
    pub restarts: u32,
    /// Its last fault.
    pub fault: Option<String>,
}

/// A stop or a kill, step by step; when it is done, its receipt (RISK-15a).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClosingBoard {
    /// The name of its signed receipt, when the venue has confirmed the end.
    pub receipt: Option<String>,
    /// Which verb.
    pub verb: &'static str,
    /// Who, when, why.
    pub mark: Mark,
    /// Who else asked for it while it was under way.
    pub also: Vec<Mark>,
    /// Entries to cancel when it began.
    pub cancels: usize,
    /// Of them confirmed.
    pub cancelled: usize,
    /// Positions to close when it began.
    pub exits: usize,
    /// Of them flat.
    pub flat: usize,
    /// Milliseconds from the command to the last cancel sent.
    pub last_cancel_ms: Option<u64>,
    /// Milliseconds from the command to flat and confirmed by the venue.
    pub done_ms: Option<u64>,
    /// What is pending and why.
    pub pending: Vec<String>,
    /// Share of the expected time that has passed, for a progress bar.
    pub progress: Ratio,
}
