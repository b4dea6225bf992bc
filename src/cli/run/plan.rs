//! What a run is given, and its record of it: plan, setup, assumptions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use desk::domain::chain::Hash;
use desk::domain::fees::{CommissionSchedule, FeeSchedule, unit};
use desk::domain::ids::Identity;
use desk::domain::journal::FeeKind;
use desk::domain::lots::LotMethod;
use desk::domain::records::{
    Assumptions, FeeRow, InputFile, InputKind, MarketSource, Mode, RunKind, RunPlan, SessionRecord, StatedRule,
};
use desk::domain::symbol::Currency;
use desk::domain::time::Span;
use desk::risk::Limits;
use desk::strategies::PARAMETERS;
use desk::venue::FillRules;
use desk::world::trader::Setup;

use super::choice::Strategies;
use super::inputs::Inputs;
use crate::cli::failure::Failure;

/// Whose books a simulated run keeps.
const IDENTITY: &str = "TBOT_US_SIM_01";
/// How long an entry lives (EXEC-13a).
const TIME_TO_LIVE: Span = Span::minutes(5);
/// The dated rates that come with the product.
const FEES: &str = include_str!("../../../crates/desk/data/us_sell_fees.csv");
const FEES_NAME: &str = "us_sell_fees.csv";

/// A run that is to be played.
#[derive(Debug)]
pub(in crate::cli) struct Job {
    /// Which verb.
    pub(in crate::cli) kind: RunKind,
    /// Where the prices come from.
    pub(in crate::cli) market: MarketSource,
    /// The seed of all that is drawn.
    pub(in crate::cli) seed: u64,
    /// Strategies in their order.
    pub(in crate::cli) strategies: Strategies,
    /// Which lots close first.
    pub(in crate::cli) lots: LotMethod,
    /// Bars and quotes.
    pub(in crate::cli) inputs: Inputs,
}

impl Job {
    /// Whose run it is.
    ///
    /// # Errors
    /// Never; the type asks.
    pub(in crate::cli) fn identity() -> Result<Identity, Failure> {
        IDENTITY.parse().map_err(|e| Failure::failed("identity", e))
    }

    /// How the bot is set up.
    ///
    /// # Errors
    /// As [`Self::identity`].
    pub(in crate::cli) fn setup(&self) -> Result<Setup, Failure> {
        Ok(Setup {
            identity: Self::identity()?,
            epoch: 1,
            limits: Limits::default(),
            strategies: self.strategies.clone(),
            instruments: self.inputs.instruments.clone(),
            rules: FillRules::default(),
            commission: CommissionSchedule::default(),
            time_to_live: TIME_TO_LIVE,
            screen: None,
            lots: self.lots,
        })
    }

    /// The dated fees.
    ///
    /// # Errors
    /// None in a build whose tests pass.
    pub(in crate::cli) fn fees() -> Result<FeeSchedule, Failure> {
        FeeSchedule::parse(FEES).map_err(|e| Failure::failed(e.fault.code(), e))
    }

    /// All that decides what the run does.
    ///
    /// # Errors
    /// As [`Self::identity`].
    pub(in crate::cli) fn plan(&self) -> Result<RunPlan, Failure> {
        let mut inputs = self.inputs.files.clone();
        inputs.insert(fees_file());
        let (from, to) = self.inputs.dates;
        Ok(RunPlan {
            kind: self.kind,
            identity: Self::identity()?,
            mode: Mode::Paper,
            market: self.market,
            version: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
            seed: self.seed,
            symbols: self.inputs.instruments.iter().map(|i| i.symbol).collect(),
            from,
            to,
            strategies: self.strategies.iter().map(|(s, _)| *s).collect(),
            configuration: configuration(&self.setup()?),
            inputs,
        })
    }

    /// What the run assumed; printed in its report.
    ///
    /// # Errors
    /// As [`Self::identity`] and [`Self::fees`].
    pub(in crate::cli) fn assumptions(&self, sessions: &[SessionRecord]) -> Result<Assumptions, Failure> {
        assumptions(&self.setup()?, self.inputs.quotes, sessions)
    }
}

/// Every configured value by its dotted name.
pub(crate) fn configuration(setup: &Setup) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (strategy, parameters) in &setup.strategies {
        for row in PARAMETERS.iter().filter(|row| row.owners.contains(strategy)) {
            values.insert(format!("{strategy}.{}", row.name), parameters.get(row));
        }
    }
    let (l, r, c) = (&setup.limits, &setup.rules, &setup.commission);
    let others: [(&str, &dyn std::fmt::Display); 28] = [
        ("risk.float", &l.float),
        ("risk.risk_per_trade", &l.risk_per_trade),
        ("risk.order_value", &l.order_value),
        ("risk.order_quantity", &l.order_quantity),
        ("risk.collar", &l.collar),
        ("risk.trades_day", &l.trades_day),
        ("risk.trades_strategy", &l.trades_strategy),
        ("risk.trades_symbol", &l.trades_symbol),
        ("risk.positions", &l.positions),
        ("risk.gross", &l.gross),
        ("risk.net", &l.net),
        ("risk.leverage", &l.leverage),
        ("risk.symbol", &l.symbol),
        ("risk.day_loss", &l.day_loss),
        ("risk.strategy_loss", &l.strategy_loss),
        ("risk.losing_row", &l.losing_row),
        ("risk.drawdown", &l.drawdown),
        ("gates.fee_multiple", &l.fee_multiple),
        ("gates.edge_multiple", &l.edge_multiple),
        ("venue.participation", &r.participation),
        ("venue.half_spread", &r.half_spread),
        ("venue.impact", &r.impact),
        ("venue.latency_ms", &r.latency_ms),
        ("venue.synthetic_share", &r.synthetic_share),
        ("commission.per_share", &c.per_share),
        ("commission.minimum", &c.minimum),
        ("commission.cap_share", &c.cap_share),
        ("orders.time_to_live_minutes", &setup.time_to_live.as_minutes()),
    ];
    values.extend(others.map(|(name, value)| (name.to_owned(), value.to_string())));
    // A run that does not choose keeps the id that it always had.
    if setup.lots != LotMethod::default() {
        values.insert("ledger.lot_method".to_owned(), setup.lots.to_string());
    }
    values
}

/// What a run or a session of this setup assumes.
///
/// # Errors
/// As [`Job::fees`].
pub(crate) fn assumptions(setup: &Setup, quotes: bool, sessions: &[SessionRecord]) -> Result<Assumptions, Failure> {
    let owned = |strategy| PARAMETERS.iter().filter(move |row| row.owners.contains(&strategy)).count();
    let parameters: usize = setup.strategies.iter().map(|(s, _)| owned(*s)).fold(0, usize::saturating_add);
    Ok(Assumptions {
        float: setup.limits.float,
        currency: Currency::USD,
        parameters: u64::try_from(parameters).unwrap_or(u64::MAX),
        quotes,
        rules: rules(setup, quotes),
        fees: fees_in_force(&Job::fees()?, sessions),
    })
}

/// The dated fees as an input.
pub(crate) fn fees_file() -> InputFile {
    InputFile {
        kind: InputKind::Fees,
        name: FEES_NAME.to_owned(),
        sha256: Hash::of(FEES.as_bytes()),
        bytes: u64::try_from(FEES.len()).unwrap_or(u64::MAX),
        rows: u64::try_from(FEES.lines().skip(1).count()).ok(),
    }
}

fn rules(setup: &Setup, quotes: bool) -> Vec<StatedRule> {
    let rule = |rule, text: String| StatedRule { rule: Cow::Borrowed(rule), text: Cow::Owned(text) };
    let (r, c) = (&setup.rules, &setup.commission);
    let spread = if quotes {
        "half the spread that the quotes show, where there are quotes, otherwise"
    } else {
        "half a spread of"
    };
    vec![
        rule("STRAT-11", "The float does not compound: sizes and limits are those of the first day.".to_owned()),
        rule(
            "STRAT-13",
            format!(
                "An order decided at a bar's close fills at a later bar's open, never on the signal's own bar, and lives {} min. All fills of a bar take at most {} of its volume; the rest waits for the next bar. Where one bar touches stop and target, the stop comes first.",
                setup.time_to_live.as_minutes(),
                r.participation
            ),
        ),
        rule(
            "STRAT-14",
            format!(
                "A fill pays {spread} at least one tick or {} of the price, impact of {} × share of volume² × price, and, as a market order, {} ms of latency; then the tick against us. A target fills at its limit when the price trades through it by a tick.",
                r.half_spread, r.impact, r.latency_ms
            ),
        ),
        rule(
            "STRAT-15",
            "What is held at the close is closed at the session's last price, moved against us, and marked synthetic."
                .to_owned(),
        ),
        rule(
            "STRAT-16",
            format!(
                "Commission of {} a share, at least {} an order, at most {} of its value; SEC and TAF on sales by the dated rates below, raised to the cent by the day.",
                c.per_share, c.minimum, c.cap_share
            ),
        ),
        rule(
            "RES-6",
            "Prices are taken as recorded: splits and dividends are not adjusted. Symbols that left the market are there only where the data hold them. Missing minutes stay missing."
                .to_owned(),
        ),
    ]
}

/// The fee rows that held in any session of the run.
fn fees_in_force(schedule: &FeeSchedule, sessions: &[SessionRecord]) -> Vec<FeeRow> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for fee in FeeKind::ALL {
        for date in sessions.iter().map(|s| s.session.date) {
            let (row, before) = (schedule.row(fee, date), schedule.is_before_first(fee, date));
            if seen.insert((fee, row.from, before)) {
                rows.push(FeeRow {
                    fee,
                    from_session: row.from,
                    rate: row.rate,
                    per: Cow::Borrowed(unit(fee)),
                    cap_per_trade: row.cap,
                    evidence: row.evidence.clone(),
                    before_first_row: before,
                });
            }
        }
    }
    rows
}
