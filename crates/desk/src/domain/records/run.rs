//! What a run was given and what it counted: `run.json` (RES-7a). No wall time, path, host or process id.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::words::{MarketSource, Mode, RunKind};
use crate::domain::chain::Hash;
use crate::domain::decimal::{Money, Ratio};
use crate::domain::ids::{Identity, StrategyName};
use crate::domain::journal::FeeKind;
use crate::domain::symbol::{Currency, Symbol};
use crate::domain::time::Date;

/// What an input file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// One-minute bars.
    Bars,
    /// One-minute quote bars.
    Quotes,
    /// `instruments.toml`.
    Instruments,
    /// Dated fee rates.
    Fees,
    /// Configuration.
    Configuration,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// What it is.
    pub kind: InputKind,
    /// Its name without any folder.
    pub name: String,
    /// The SHA-256 of its bytes as stored.
    pub sha256: Hash,
    /// Its length in bytes.
    pub bytes: u64,
    /// Rows read, where it has rows.
    pub rows: Option<u64>,
}

/// All that decides what a run does. Its hash is the run's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPlan {
    /// Which verb.
    pub kind: RunKind,
    /// Whose run.
    pub identity: Identity,
    /// How orders were executed.
    pub mode: Mode,
    /// Where the prices come from.
    pub market: MarketSource,
    /// The program's version.
    pub version: Cow<'static, str>,
    /// The seed of all that is drawn.
    pub seed: u64,
    /// What was traded, in byte order.
    pub symbols: BTreeSet<Symbol>,
    /// The first session's date, inclusive.
    pub from: Date,
    /// The last session's date, inclusive.
    pub to: Date,
    /// The strategies in their configured order.
    pub strategies: Vec<StrategyName>,
    /// Every configured value by its dotted name, in byte order.
    pub configuration: BTreeMap<String, String>,
    /// Every input, by kind and name.
    pub inputs: BTreeSet<InputFile>,
}

impl RunPlan {
    /// The run's id: the SHA-256 of the plan as JSON without white space.
    ///
    /// # Errors
    /// Those of the JSON writer; none are known for a plan.
    pub fn id(&self) -> Result<Hash, serde_json::Error> {
        serde_json::to_vec(self).map(|bytes| Hash::of(&bytes))
    }
}

/// How much a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunCounts {
    /// Sessions played.
    pub sessions: u64,
    /// Bars inside of sessions.
    pub bars: u64,
    /// Evaluations without a signal.
    pub evaluations: u64,
    /// Signals.
    pub decisions: u64,
    /// Orders sent.
    pub orders: u64,
    /// Fills received.
    pub fills: u64,
    /// Trades closed.
    pub trades: u64,
}

/// The end of a hash chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainHead {
    /// How many records the chain has.
    pub records: u64,
    /// Its last link.
    pub head: Hash,
}

/// `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The hash of the plan.
    pub run_id: Hash,
    /// What the run was given.
    #[serde(flatten)]
    pub plan: RunPlan,
    /// What it did.
    pub counts: RunCounts,
    /// The journal's end.
    pub books: ChainHead,
    /// The event log's end.
    pub events: ChainHead,
}

/// A fee rate that was in force in the run's sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRow {
    /// Which fee.
    pub fee: FeeKind,
    /// The first session it holds for.
    pub from_session: Date,
    /// The rate.
    pub rate: Ratio,
    /// Per what: `usd_per_million_of_sales`, `usd_per_share_sold`.
    pub per: Cow<'static, str>,
    /// The most one trade pays.
    pub cap_per_trade: Option<Money>,
    /// How well the row is known, in the source's own words.
    pub evidence: String,
    /// Used for sessions before `from_session`, because it is the fee's first row.
    pub before_first_row: bool,
}

/// A rule that the result rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedRule {
    /// Its number: `STRAT-13`.
    pub rule: Cow<'static, str>,
    /// What it says, in a sentence.
    pub text: Cow<'static, str>,
}

/// What a run assumed; printed in every report (RES-7a).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumptions {
    /// The capital it began with; it does not compound.
    pub float: Money,
    /// Of what.
    pub currency: Currency,
    /// How many values of the strategies can be tuned.
    pub parameters: u64,
    /// Whether quotes were used.
    pub quotes: bool,
    /// Fill rules and the like.
    pub rules: Vec<StatedRule>,
    /// Fee rates in force.
    pub fees: Vec<FeeRow>,
}
