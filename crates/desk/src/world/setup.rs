//! What a bot is told before it begins, and before each session.

use crate::domain::fees::{CommissionSchedule, SaleRates};
use crate::domain::ids::{Identity, StrategyName};
use crate::domain::lots::LotMethod;
use crate::domain::market::Instrument;
use crate::domain::time::{Date, Span};
use crate::machines::market_data::Hours;
use crate::machines::screener::Criteria;
use crate::risk::Limits;
use crate::strategies::Parameters;
use crate::venue::FillRules;

/// How a bot is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whose bot.
    pub identity: Identity,
    /// Rises with each restore of a backup.
    pub epoch: u32,
    /// The limits; the float among them is the account's cash at set-up.
    pub limits: Limits,
    /// Strategies in their configured order, with their parameters.
    pub strategies: Vec<(StrategyName, Parameters)>,
    /// Instruments in the byte order of their symbols.
    pub instruments: Vec<Instrument>,
    /// How fills are expected to be charged.
    pub rules: FillRules,
    /// Commission.
    pub commission: CommissionSchedule,
    /// How long an entry lives.
    pub time_to_live: Span,
    /// What is asked of a symbol before each session; nothing where every symbol is taken (TRADE-4).
    pub screen: Option<Criteria>,
    /// Which lots close first, from the next session's open on.
    pub lots: LotMethod,
}

impl Setup {
    /// A bot of which nothing in particular is asked: all strategies that trade, everything as it is by default.
    #[must_use]
    pub fn usual(identity: Identity, instruments: Vec<Instrument>) -> Self {
        Self {
            identity,
            epoch: 1,
            limits: Limits::default(),
            strategies: StrategyName::TRADING.map(|s| (s, Parameters::of(s))).to_vec(),
            instruments,
            rules: FillRules::default(),
            commission: CommissionSchedule::default(),
            time_to_live: Span::minutes(5),
            screen: None,
            lots: LotMethod::default(),
        }
    }
}

/// What holds in one session.
#[derive(Clone, Copy, Debug)]
pub struct SessionTerms {
    /// When it runs.
    pub hours: Hours,
    /// When its trades settle.
    pub settles: Date,
    /// Regulatory fees on sales.
    pub rates: SaleRates,
}
