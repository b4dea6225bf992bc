//! What a seed decides, before anything is played.

use super::crash::{CrashAt, Step};
use crate::domain::decimal::{Money, Ratio, SCALE};
use crate::domain::fees::CommissionSchedule;
use crate::domain::ids::{Identity, IdentityError, StrategyName};
use crate::domain::lots::LotMethod;
use crate::domain::market::Instrument;
use crate::domain::seed::{Rng, Seed};
use crate::domain::time::Span;
use crate::risk::Limits;
use crate::strategies::{Chosen, Line, Parameters};
use crate::venue::FillRules;
use crate::world::trader::Setup;

/// How often a message meets its fate, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// It never arrives.
    pub lost: u64,
    /// It arrives seconds to minutes late.
    pub late: u64,
    /// It arrives twice.
    pub twice: u64,
    /// Answers that come together change places.
    pub shuffled: u64,
    /// An order's end tells of no fill where there was one.
    pub understated: u64,
}

impl Weather {
    /// Nothing happens.
    pub const FAIR: Self = Self { lost: 0, late: 0, twice: 0, shuffled: 0, understated: 0 };
}

/// What the script does to one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The venue halts it.
    Halt(usize),
    /// It trades again.
    Resume(usize),
    /// The venue refuses the next entries.
    RefuseEntries(u32),
    /// The venue refuses the next exits.
    RefuseExits(u32),
    /// The venue withdraws the stops in it.
    DropStops(usize),
}

/// A run, as its seed decides it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: Seed,
    /// How many sessions.
    pub sessions: usize,
    /// The fates of messages.
    pub weather: Weather,
    /// Where the process is stopped, one after the other, session by session.
    pub crashes: Vec<Vec<CrashAt>>,
    /// What the script does, by the minute of the session.
    pub script: Vec<(i64, Act)>,
    /// What a person chooses, by the minute of the session.
    pub choices: Vec<(i64, Chosen)>,
    /// Which set of limits and parameters holds.
    pub profile: u64,
    /// A bug that is planted.
    #[cfg(feature = "planted-bugs")]
    pub planted: Option<crate::world::planted::PlantedBug>,
}

impl Plan {
    /// What this seed decides, for a market of so many symbols.
    #[must_use]
    pub fn new(seed: Seed, symbols: usize) -> Self {
        let mut rng = seed.part("plan", 0).rng();
        let sessions = if rng.chance(1, 16) { 2 } else { 1 };
        let weather = match rng.below(10) {
            0 => Weather::FAIR,
            1..=5 => Weather { lost: 15, late: 60, twice: 20, shuffled: 50, understated: 20 },
            6..=8 => Weather { lost: 50, late: 150, twice: 60, shuffled: 150, understated: 100 },
            _ => Weather { lost: 180, late: 300, twice: 120, shuffled: 300, understated: 300 },
        };
        let crashes = (0..sessions).map(|_| crashes(&mut rng)).collect();
        let script = script(&mut rng, symbols);
        Self {
            seed,
            sessions,
            weather,
            crashes,
            script,
            choices: choices(&mut seed.part("choices", 0).rng()),
            profile: rng.below(6),
            #[cfg(feature = "planted-bugs")]
            planted: None,
        }
    }

    /// A run without any fault: one session, no crash, no script.
    #[must_use]
    pub fn calm(seed: Seed) -> Self {
        Self {
            seed,
            sessions: 1,
            weather: Weather::FAIR,
            crashes: Vec::new(),
            script: Vec::new(),
            choices: Vec::new(),
            profile: 0,
            #[cfg(feature = "planted-bugs")]
            planted: None,
        }
    }

    /// The bot's own configuration.
    ///
    /// # Errors
    /// Never: the identity is one.
    pub fn setup(&self, instruments: &[Instrument]) -> Result<Setup, IdentityError> {
        let identity: Identity = "WRLD_US_SIM_01".parse()?;
        Ok(Setup {
            identity,
            epoch: 1,
            limits: self.limits(),
            strategies: StrategyName::TRADING.into_iter().map(|name| (name, parameters(name))).collect(),
            instruments: instruments.to_vec(),
            rules: FillRules::default(),
            commission: CommissionSchedule::default(),
            time_to_live: if self.profile.is_multiple_of(2) { Span::minutes(5) } else { Span::seconds(90) },
            screen: None,
            lots: LotMethod::default(),
        })
    }

    /// Limits: wide ones, and such that bind while an order is in doubt.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let base = Limits { trades_symbol: 6, losing_row: 12, drawdown: Money::whole(50_000), ..Limits::default() };
        match self.profile {
            0 | 1 => base,
            2 => Limits { gross: Money::whole(22_000), net: Money::whole(18_000), ..base },
            3 => Limits { gross: Money::whole(32_000), net: Money::whole(32_000), positions: 3, ..base },
            4 => Limits { leverage: Ratio::from_raw(SCALE / 4), symbol: Money::whole(12_000), ..base },
            _ => Limits { positions: 2, order_value: Money::whole(9_000), risk_per_trade: Money::whole(40), ..base },
        }
    }
}

/// The strategies look for trades more eagerly than by default: more of them are in doubt at once.
const fn parameters(strategy: StrategyName) -> Parameters {
    let base = Parameters::of(strategy);
    match strategy {
        StrategyName::Open | StrategyName::External => {
            Parameters { max_trades: 2, buffer_bp: Ratio::ZERO, volume_factor: Ratio::from_raw(SCALE / 2), ..base }
        }
        StrategyName::Mid => Parameters { max_trades: 3, deviation: Ratio::whole(3), ..base },
        StrategyName::Close => {
            Parameters { max_trades: 2, lookback: 15, min_move_bp: Ratio::whole(5), structural: 0, ..base }
        }
    }
}

/// One to three crashes: mostly at a step of a certain kind, sometimes anywhere.
fn crashes(rng: &mut Rng) -> Vec<CrashAt> {
    let mut crashes = Vec::new();
    for number in 0..rng.range(1, 3) {
        if number > 0 && rng.chance(1, 4) {
            // The start that follows is stopped too.
            let starts =
                [Step::StartBegun, Step::StartFolded, Step::StartCaughtUp, Step::QueryBefore, Step::DoubtAfter];
            crashes.extend(rng.pick(&starts).map(|step| CrashAt::Nth(*step, 1)));
            continue;
        }
        if rng.chance(1, 5) {
            crashes.push(CrashAt::Any(rng.below(1500).saturating_add(1)));
            continue;
        }
        let Some(step) = rng.pick(Step::ALL) else { continue };
        let times = match step {
            Step::Observed | Step::Decided => 380,
            Step::Arrived | Step::QueryBefore | Step::QueryAfter => 120,
            Step::AnswerBefore | Step::AnswerAfter => 24,
            Step::OpeningBefore | Step::OpeningAfter | Step::ClosingBefore | Step::ClosingAfter => 2,
            Step::StartBegun | Step::StartFolded | Step::StartCaughtUp => 1,
            _ => 5,
        };
        let nth = u32::try_from(rng.below(times)).unwrap_or(0).saturating_add(1);
        crashes.push(CrashAt::Nth(*step, nth));
    }
    crashes
}

fn script(rng: &mut Rng, symbols: usize) -> Vec<(i64, Act)> {
    let mut script = Vec::new();
    let places = u64::try_from(symbols).unwrap_or(1);
    let place = |rng: &mut Rng| usize::try_from(rng.below(places)).unwrap_or(0);
    if rng.chance(1, 3) {
        let (place, from) = (place(rng), rng.range(15, 370));
        script.push((from, Act::Halt(place)));
        script.push((from.saturating_add(rng.range(2, 30)), Act::Resume(place)));
    }
    if rng.chance(1, 3) {
        script.push((rng.range(10, 350), Act::RefuseEntries(u32::try_from(rng.range(1, 3)).unwrap_or(1))));
    }
    if rng.chance(1, 3) {
        script.push((rng.range(20, 380), Act::RefuseExits(u32::try_from(rng.range(1, 3)).unwrap_or(1))));
    }
    for _ in 0..rng.below(3) {
        let act = Act::DropStops(place(rng));
        script.push((rng.range(16, 385), act));
    }
    script
}

/// In a third of the runs a person switches strategies and changes their parameters, those of exits and of indicators too.
fn choices(rng: &mut Rng) -> Vec<(i64, Chosen)> {
    if !rng.chance(1, 3) {
        return Vec::new();
    }
    let line = |rng: &mut Rng, strategy| {
        let mut parameters = parameters(strategy);
        let shorter = rng.chance(1, 2);
        for (name, value, changes) in [
            ("timeout", "20", rng.chance(1, 2)),
            ("trail_start", "0", rng.chance(1, 3)),
            ("structural_closes", "2", rng.chance(1, 3)),
            ("range_minutes", "10", shorter),
            ("lookback", "10", shorter),
            ("deviation_unit", "sd", shorter),
        ] {
            // What a strategy does not have stays as it is.
            let _ = changes.then(|| parameters.set(strategy, name, value));
        }
        Line { strategy, on: rng.chance(3, 4), parameters }
    };
    let many = rng.range(1, 4);
    let choice = |version: i64| {
        let strategies = StrategyName::TRADING.into_iter().map(|s| line(rng, s)).collect();
        let version = u32::try_from(version).unwrap_or(0).saturating_add(1);
        (rng.range(1, 380), Chosen { version, by: "the script".to_owned(), strategies, screen: None })
    };
    (1..=many).map(choice).collect()
}
