//! The runtime configuration: what an operator may change while the bot runs. One typed value, one document, versioned
//! by whoever seals it.

/// From one version to the next.
mod difference;
/// As text.
mod document;
/// Limits in proportion to the float.
mod proportion;
/// From text to a field and back.
mod row;
/// Every key: how it is reached, what it may be.
mod rows;
/// What must hold between keys.
mod rules;
/// What the screener asks of a symbol.
mod screening;

pub use difference::{Change, difference, difference_to};
pub use screening::Held;

use chrono_tz::Tz;
use desk::domain::decimal::{Money, Price, Quantity, Ratio, SCALE};
use desk::domain::fees::CommissionSchedule;
use desk::domain::ids::StrategyName;
use desk::domain::lots::LotMethod;
use desk::domain::symbol::Symbol;
use desk::domain::time::Span;
use desk::research::ReadinessGates;
use desk::risk::{Defense as Profile, Limits};
use desk::strategies::{Line, Parameters};
use desk::venue::FillRules;

use super::error::SettingsError;
use super::key::Key;

pub(super) use row::words;
pub(super) use rows::rows;

/// The runtime configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// RISK-1 to RISK-10.
    pub limits: Limits,
    /// Defense mode (RISK-11).
    pub defense: Defense,
    /// Which strategies, in their order, with their parameters and windows.
    pub strategies: Vec<StrategySettings>,
    /// Which symbols.
    pub screener: Screener,
    /// How the simulated venue fills.
    pub rules: FillRules,
    /// What it charges.
    pub commission: CommissionSchedule,
    /// How orders live.
    pub orders: Orders,
    /// Start, stop, shutdown.
    pub lifecycle: Lifecycle,
    /// How faults are met.
    pub supervision: Supervision,
    /// How a dry session runs.
    pub rehearsal: Rehearsal,
    /// When backups are taken, and how many are kept.
    pub backup: Backups,
    /// How the books are kept.
    pub ledger: Ledger,
    /// How far the account may be from the float.
    pub float: FloatWatch,
    /// The gates for going live.
    pub readiness: ReadinessGates,
    /// The time zone that pages show beside UTC and the exchange's.
    pub zone: Tz,
}

/// A strategy's switch and parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategySettings {
    /// Which.
    pub name: StrategyName,
    /// Whether it trades.
    pub enabled: bool,
    /// How.
    pub parameters: Parameters,
}

/// Defense mode: a share of every limit, and what an entry has to have besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defense {
    /// Whether sessions begin in it.
    pub at_start: bool,
    /// What it leaves of the limits, and what it asks for.
    pub profile: Profile,
}

/// Which symbols may be traded today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screener {
    /// The candidates; none means all that the feed has.
    pub symbols: Vec<Symbol>,
    /// Never these.
    pub excluded: Vec<Symbol>,
    /// The least last price.
    pub price_min: Price,
    /// The greatest last price.
    pub price_max: Price,
    /// The least volume of the session before.
    pub volume_min: Quantity,
    /// Only what can be sold short.
    pub shortable: bool,
    /// Only what can be traded in parts.
    pub fractionable: bool,
    /// The oldest that the last price may be; 0 asks for nothing.
    pub age_max_minutes: u32,
    /// A file with the symbols, one a line; empty takes none.
    pub file: String,
    /// How many are taken, those with the most volume.
    pub symbols_max: u32,
}

/// How orders live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orders {
    /// Minutes of an entry's life (EXEC-13a).
    pub time_to_live_minutes: i64,
    /// Milliseconds from a kill to its last cancel, past which it is alarmed (RISK-14).
    pub kill_alarm_ms: u32,
}

/// Start, stop, shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// Whether the bot starts to trade by itself when it is up.
    pub autostart: bool,
    /// Seconds of market time that a stop may take (LIFE-6).
    pub stop_deadline_seconds: u32,
    /// Seconds that a shutdown may take (OPS-7).
    pub shutdown_deadline_seconds: u32,
}

/// How faults are met (LIFE-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supervision {
    /// Milliseconds that one step of a strategy may take.
    pub step_budget_ms: u32,
    /// Failures within the window that escalate.
    pub failures: u32,
    /// Minutes of that window.
    pub window_minutes: u32,
    /// Whether an escalation kills; otherwise it ends in `error`.
    pub escalation_kills: bool,
}

/// How a dry session runs (RES-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// Seconds of real time that each window takes.
    pub window_seconds: u32,
}

/// When backups are taken, and how many are kept (REP-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backups {
    /// Whether one is taken after each session.
    pub after_session: bool,
    /// How many are kept.
    pub keep_count: u32,
    /// How many days they are kept.
    pub keep_days: u32,
}

/// How the books are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Which lots close first (LEDG-5).
    pub lots: LotMethod,
}

/// How far equity may be from the float before accounting hears of it (REP-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatWatch {
    /// As a share of the float, below it.
    pub below: Ratio,
    /// As a share of the float, above it.
    pub above: Ratio,
}

impl Default for Runtime {
    fn default() -> Self {
        let trading = |name| StrategySettings { name, enabled: true, parameters: Parameters::of(name) };
        Self {
            limits: Limits::default(),
            defense: Defense {
                at_start: false,
                profile: Profile {
                    share: Ratio::from_raw(SCALE / 2),
                    price_min: Price::whole(5),
                    volume_min: Quantity::whole(100_000),
                },
            },
            strategies: StrategyName::TRADING.map(trading).into(),
            screener: Screener {
                symbols: Vec::new(),
                excluded: Vec::new(),
                price_min: Price::from_raw(SCALE / 100),
                price_max: Price::whole(1_000_000),
                volume_min: Quantity::ZERO,
                shortable: false,
                fractionable: false,
                age_max_minutes: 0,
                file: String::new(),
                symbols_max: 1_000,
            },
            rules: FillRules::default(),
            commission: CommissionSchedule::default(),
            orders: Orders { time_to_live_minutes: 5, kill_alarm_ms: 1_000 },
            lifecycle: Lifecycle { autostart: false, stop_deadline_seconds: 120, shutdown_deadline_seconds: 30 },
            supervision: Supervision { step_budget_ms: 250, failures: 3, window_minutes: 5, escalation_kills: false },
            rehearsal: Rehearsal { window_seconds: 20 },
            backup: Backups { after_session: true, keep_count: 30, keep_days: 90 },
            ledger: Ledger { lots: LotMethod::Fifo },
            float: FloatWatch { below: Ratio::from_raw(SCALE / 20), above: Ratio::from_raw(SCALE / 10) },
            readiness: ReadinessGates {
                sessions: 20,
                decisions: 100,
                uptime: Ratio::from_raw(SCALE / 100 * 99),
                data_quality: Ratio::from_raw(SCALE / 100 * 99),
                edge: Money::ZERO,
                drawdown: Ratio::from_raw(SCALE / 20),
                breaks: 0,
                stability: Ratio::from_raw(SCALE / 10 * 6),
            },
            zone: Tz::UTC,
        }
    }
}

impl Runtime {
    /// The version of the document's form (OPS-4).
    pub const SCHEMA: u32 = 1;

    /// The enabled strategies in their order, as the trader's setup wants them.
    #[must_use]
    pub fn trading(&self) -> Vec<(StrategyName, Parameters)> {
        self.strategies.iter().filter(|s| s.enabled).map(|s| (s.name, s.parameters)).collect()
    }

    /// Every strategy in its order, as it is chosen.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let line = |s: &StrategySettings| Line { strategy: s.name, on: s.enabled, parameters: s.parameters };
        self.strategies.iter().map(line).collect()
    }

    /// How long an entry lives.
    #[must_use]
    pub const fn time_to_live(&self) -> Span {
        Span::minutes(self.orders.time_to_live_minutes)
    }

    /// The limits as people read them: key, what it is, as it usually is, and in defense mode. The float stays what it is.
    #[must_use]
    pub fn limits_in_words(&self) -> Vec<(&'static Key, String, String)> {
        let left = Self { limits: self.limits.in_defense(self.defense.profile), ..self.clone() };
        let limits = rows().iter().filter(|row| row.key.section() == "risk" && row.key.name != "risk.float");
        limits.map(|row| (&row.key, row.get(self), row.get(&left))).collect()
    }

    /// Sets one key from text. Nothing changes where that is refused.
    ///
    /// # Errors
    /// [`SettingsError`] with the key, the value and what is allowed; `origin` says where it stood.
    pub fn set(&mut self, key: &str, text: &str, origin: &str) -> Result<(), SettingsError> {
        rows::row(key, origin)?.set(self, text, origin)
    }

    /// The value of a key as text, the way [`Self::set`] reads it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        rows().iter().find(|row| row.key.name == key).map(|row| row.get(self))
    }

    /// Every key with its value, in the order of the catalogue.
    pub fn values(&self) -> impl Iterator<Item = (&'static Key, String)> {
        rows().iter().map(|row| (&row.key, row.get(self)))
    }

    pub(super) fn strategy(&mut self, name: StrategyName) -> Option<&mut StrategySettings> {
        self.strategies.iter_mut().find(|s| s.name == name)
    }
}
