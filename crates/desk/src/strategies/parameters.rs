//! Every parameter of `open`, `mid` and `close`: typed, bounded and documented in one table (TRADE-6, STRAT-18 to 20).

use std::fmt;
use std::str::FromStr;

use crate::domain::decimal::{Money, Quantity, Ratio, SCALE};
use crate::domain::ids::StrategyName;

/// A moment of a session: minutes after its open (`O+60`) or before its close (`C-10`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Minutes after the open.
    AfterOpen(i64),
    /// Minutes before the close.
    BeforeClose(i64),
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AfterOpen(m) => write!(f, "O+{m}"),
            Self::BeforeClose(m) => write!(f, "C-{m}"),
        }
    }
}

/// What `mid` measures the distance from VWAP in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviationUnit {
    /// Average true ranges.
    Atr,
    /// Standard deviations.
    Sd,
}

/// One strategy's parameters. Those that a strategy does not have keep their neutral value and cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is documented by its row in PARAMETERS")]
pub struct Parameters {
    pub window_start: Offset,
    pub window_end: Offset,
    pub exit_time: Offset,
    pub max_trades: i64,
    pub risk_per_trade: Money,
    pub notional: Money,
    pub min_stop_bp: Ratio,
    pub timeout: i64,
    pub trail_start: Ratio,
    pub trail_distance: Ratio,
    pub belief_floor: Ratio,
    pub volatility_exit: Ratio,
    pub pnl_take: Money,
    pub pnl_stop: Money,
    pub target_r: Ratio,
    pub stop_atr: Ratio,
    pub range_minutes: i64,
    pub buffer_bp: Ratio,
    pub volume_bars: i64,
    pub volume_factor: Ratio,
    pub stop_fraction: Ratio,
    pub structural_closes: i64,
    pub deviation_unit: DeviationUnit,
    pub deviation: Ratio,
    pub deviation_max: Ratio,
    pub lookback: i64,
    pub min_move_bp: Ratio,
    pub structural: i64,
}

const fn hundredths(n: i64) -> Ratio {
    Ratio::from_raw(n.saturating_mul(SCALE / 100))
}

impl Parameters {
    /// The defaults of a strategy.
    #[must_use]
    pub const fn of(strategy: StrategyName) -> Self {
        let base = Self {
            window_start: Offset::AfterOpen(0),
            window_end: Offset::AfterOpen(60),
            exit_time: Offset::AfterOpen(120),
            max_trades: 1,
            risk_per_trade: Money::whole(100),
            notional: Money::whole(15_000),
            min_stop_bp: Ratio::whole(10),
            timeout: 60,
            trail_start: Ratio::whole(1),
            trail_distance: Ratio::whole(1),
            belief_floor: Ratio::ZERO,
            volatility_exit: hundredths(250),
            pnl_take: Money::ZERO,
            pnl_stop: Money::ZERO,
            target_r: Ratio::whole(2),
            stop_atr: Ratio::whole(3),
            range_minutes: 15,
            buffer_bp: Ratio::whole(5),
            volume_bars: 10,
            volume_factor: hundredths(150),
            stop_fraction: hundredths(50),
            structural_closes: 5,
            deviation_unit: DeviationUnit::Atr,
            deviation: Ratio::whole(6),
            deviation_max: Ratio::whole(12),
            lookback: 30,
            min_move_bp: Ratio::whole(30),
            structural: 1,
        };
        match strategy {
            StrategyName::Open | StrategyName::External => base,
            StrategyName::Mid => Self {
                window_start: Offset::AfterOpen(90),
                window_end: Offset::BeforeClose(90),
                exit_time: Offset::BeforeClose(60),
                max_trades: 2,
                trail_start: Ratio::ZERO,
                trail_distance: Ratio::ZERO,
                belief_floor: hundredths(10),
                stop_atr: Ratio::whole(4),
                ..base
            },
            StrategyName::Close => Self {
                window_start: Offset::BeforeClose(60),
                window_end: Offset::BeforeClose(10),
                exit_time: Offset::BeforeClose(5),
                timeout: 0,
                target_r: Ratio::whole(3),
                ..base
            },
        }
    }

    /// Sets one parameter from text.
    ///
    /// # Errors
    /// [`ParameterError`] with what is allowed.
    pub fn set(&mut self, strategy: StrategyName, name: &str, text: &str) -> Result<(), ParameterError> {
        let row = PARAMETERS
            .iter()
            .find(|row| row.name == name && row.owners.contains(&strategy))
            .ok_or_else(|| ParameterError::unknown(strategy, name))?;
        let bad = || ParameterError::OutOfBounds { strategy, row, value: text.to_owned() };
        if let Field::Moment(place) = row.field {
            *place(self) = parse_offset(text, row).ok_or_else(bad)?;
        } else if let Field::Unit(place) = row.field {
            *place(self) = match text {
                "atr" => DeviationUnit::Atr,
                "sd" => DeviationUnit::Sd,
                _ => return Err(bad()),
            };
        } else {
            let value: Quantity = text.parse().map_err(|_| bad())?;
            let off = row.zero_is_off && value.is_zero();
            if !off && !(row.least..=row.most).contains(&value) {
                return Err(bad());
            }
            let steps = value.raw();
            match row.field {
                Field::Count(place) if steps % SCALE == 0 => *place(self) = steps / SCALE,
                Field::Count(_) => return Err(bad()),
                Field::Ratio(place) => *place(self) = Ratio::from_raw(steps),
                Field::Money(place) => *place(self) = Money::from_raw(steps),
                Field::Moment(_) | Field::Unit(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a session that goes on by these parameters can go on by others: nothing of what its windows and indicators
    /// were made with is another.
    #[must_use]
    pub fn agrees_in_a_session(&self, other: &Self) -> bool {
        PARAMETERS.iter().filter(|row| OF_A_SESSION.contains(&row.name)).all(|row| self.get(row) == other.get(row))
    }

    /// One parameter as text, the way [`Self::set`] reads it.
    #[must_use]
    pub fn get(&self, row: &Parameter) -> String {
        let mut copy = *self;
        match row.field {
            Field::Moment(place) => place(&mut copy).to_string(),
            Field::Unit(place) => match place(&mut copy) {
                DeviationUnit::Atr => "atr".to_owned(),
                DeviationUnit::Sd => "sd".to_owned(),
            },
            Field::Count(place) => place(&mut copy).to_string(),
            Field::Ratio(place) => place(&mut copy).to_string(),
            Field::Money(place) => place(&mut copy).to_string(),
        }
    }
}

fn parse_offset(text: &str, row: &Parameter) -> Option<Offset> {
    let minutes = |m: &str| i64::from_str(m).ok().filter(|m| (row.least..=row.most).contains(&Quantity::whole(*m)));
    if let Some(m) = text.strip_prefix("O+") {
        minutes(m).map(Offset::AfterOpen)
    } else {
        minutes(text.strip_prefix("C-")?).map(Offset::BeforeClose)
    }
}

/// The parameters that a session's windows and indicators are made with. A change of one of them holds from the next
/// session's open on, and whatever else changes of that strategy waits with it (decision 0022).
pub const OF_A_SESSION: &[&str] =
    &["window_start", "window_end", "range_minutes", "buffer_bp", "volume_bars", "deviation_unit", "lookback"];

/// How a parameter is reached.
#[derive(Clone, Copy)]
pub enum Field {
    /// A moment of the session.
    Moment(fn(&mut Parameters) -> &mut Offset),
    /// A whole number.
    Count(fn(&mut Parameters) -> &mut i64),
    /// A pure number.
    Ratio(fn(&mut Parameters) -> &mut Ratio),
    /// An amount in USD.
    Money(fn(&mut Parameters) -> &mut Money),
    /// `atr` or `sd`.
    Unit(fn(&mut Parameters) -> &mut DeviationUnit),
}

/// A row of the table of parameters.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its unit; empty where it has none.
    pub unit: &'static str,
    /// The least value allowed.
    pub least: Quantity,
    /// The greatest value allowed.
    pub most: Quantity,
    /// Whether 0 switches it off although it lies below the least value.
    pub zero_is_off: bool,
    /// Whose it is.
    pub owners: &'static [StrategyName],
    /// What it does.
    pub help: &'static str,
    /// How it is reached.
    pub field: Field,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const ALL: &[StrategyName] = &StrategyName::TRADING;
const OPEN: &[StrategyName] = &[StrategyName::Open];
const MID: &[StrategyName] = &[StrategyName::Mid];
const CLOSE: &[StrategyName] = &[StrategyName::Close];
const WITH_R: &[StrategyName] = &[StrategyName::Open, StrategyName::Close];
const WITH_ATR: &[StrategyName] = &[StrategyName::Mid, StrategyName::Close];

const HALF: Quantity = Quantity::from_raw(SCALE / 2);

const fn whole(n: i64) -> Quantity {
    Quantity::whole(n)
}

macro_rules! rows {
    ($($name:ident $kind:ident $unit:literal $least:expr, $most:expr, $off:literal $owners:ident $help:literal;)*) => {
        /// All parameters, in the order of the documentation.
        pub const PARAMETERS: &[Parameter] = &[$(Parameter {
            name: stringify!($name), unit: $unit, least: $least, most: $most, zero_is_off: $off,
            owners: $owners, help: $help, field: Field::$kind(|p| &mut p.$name),
        },)*];
    };
}

rows! {
    window_start Moment "min" whole(0), whole(390), false ALL "when entries begin to be decided (O+ after the open, C- before the close)";
    window_end Moment "min" whole(0), whole(390), false ALL "when entries are no longer decided";
    exit_time Moment "min" whole(5), whole(390), false ALL "when nothing may be held any more; never later than 5 min before the close";
    max_trades Count "trades" whole(1), whole(20), false ALL "entries per symbol and session";
    risk_per_trade Money "USD" whole(1), whole(10_000), false ALL "money at risk to the stop; sizes the trade";
    notional Money "USD" whole(100), whole(1_000_000), false ALL "the most that a position may cost; caps the size";
    min_stop_bp Ratio "bp" whole(1), whole(500), false ALL "no stop is nearer to the price than this";
    timeout Count "min" whole(0), whole(390), true ALL "longest holding; 0 is off";
    trail_start Ratio "R" whole(0), whole(10), true ALL "gain at which the stop starts to follow; 0 is off";
    trail_distance Ratio "R" whole(0), whole(10), true ALL "how far behind the best close the stop follows";
    belief_floor Ratio "" whole(0), whole(1), true ALL "leave when the belief is below this";
    volatility_exit Ratio "x" whole(1), whole(10), true ALL "leave when ATR has grown this many times; 0 is off";
    pnl_take Money "USD" whole(0), whole(100_000), true ALL "leave at this gain; 0 is off";
    pnl_stop Money "USD" whole(0), whole(100_000), true ALL "leave at this loss; 0 is off";
    stop_atr Ratio "ATR" HALF, whole(50), false WITH_ATR "distance of the stop";
    range_minutes Count "min" whole(5), whole(60), false OPEN "length of the opening range";
    buffer_bp Ratio "bp" whole(0), whole(200), false OPEN "how far beyond the range a close must be";
    volume_bars Count "bars" whole(1), whole(60), false OPEN "bars that the volume is compared with";
    volume_factor Ratio "x" whole(0), whole(20), false OPEN "how many times their mean it must exceed";
    stop_fraction Ratio "" whole(0), whole(1), false OPEN "how deep inside the range the stop lies";
    structural_closes Count "closes" whole(0), whole(60), true OPEN "closes back inside the range that end the trade; 0 is off";
    deviation_unit Unit "atr or sd" whole(0), whole(0), false MID "what the distance from VWAP is measured in";
    deviation Ratio "U" HALF, whole(50), false MID "how far from VWAP a close must be";
    deviation_max Ratio "U" HALF, whole(100), false MID "and not farther than this";
    target_r Ratio "R" HALF, whole(20), false WITH_R "distance of the target";
    lookback Count "bars" whole(5), whole(120), false CLOSE "bars whose extreme must be passed";
    min_move_bp Ratio "bp" whole(0), whole(1_000), false CLOSE "the day's own move that is needed";
    structural Count "" whole(0), whole(1), true CLOSE "leave when VWAP is lost";
}

/// Why a parameter was refused.
#[derive(Debug)]
pub enum ParameterError {
    /// The strategy has no such parameter.
    Unknown {
        /// Which strategy.
        strategy: StrategyName,
        /// What was asked for.
        name: String,
        /// The names that it has.
        names: Vec<&'static str>,
    },
    /// The value is not allowed.
    OutOfBounds {
        /// Which strategy.
        strategy: StrategyName,
        /// Which parameter.
        row: &'static Parameter,
        /// What was given.
        value: String,
    },
}

impl ParameterError {
    fn unknown(strategy: StrategyName, name: &str) -> Self {
        let names = PARAMETERS.iter().filter(|r| r.owners.contains(&strategy)).map(|r| r.name).collect();
        Self::Unknown { strategy, name: name.to_owned(), names }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { strategy, name, names } => {
                write!(f, "{strategy}.{name}: there is no such parameter. {strategy} has {}", names.join(", "))
            }
            Self::OutOfBounds { strategy, row, value } => {
                let bounds = format!("{} to {} {}", row.least, row.most, row.unit);
                let allowed = match row.field {
                    Field::Unit(_) => "atr or sd".to_owned(),
                    Field::Moment(_) => format!("O+m or C-m with m from {bounds}"),
                    _ => bounds.trim_end().to_owned(),
                };
                let off = if row.zero_is_off { " (0 is off)" } else { "" };
                write!(f, "{strategy}.{}: {value:?} is not allowed. Allowed: {allowed}{off}", row.name)
            }
        }
    }
}

impl std::error::Error for ParameterError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trade_6_defaults_lie_within_their_bounds_and_survive_text() {
        for strategy in StrategyName::TRADING {
            let defaults = Parameters::of(strategy);
            for row in PARAMETERS.iter().filter(|r| r.owners.contains(&strategy)) {
                let mut copy = defaults;
                copy.set(strategy, row.name, &defaults.get(row)).unwrap();
                assert_eq!(copy, defaults, "{strategy}.{}", row.name);
            }
        }
    }

    #[test]
    fn ops_3_what_windows_and_indicators_are_made_with_is_of_a_session() {
        for name in OF_A_SESSION {
            assert!(PARAMETERS.iter().any(|row| row.name == *name), "{name}");
        }
        let old = Parameters::of(StrategyName::Open);
        for (name, value, agrees) in [("timeout", "7", true), ("target_r", "3", true), ("range_minutes", "20", false)] {
            let mut new = old;
            new.set(StrategyName::Open, name, value).unwrap();
            assert_eq!(old.agrees_in_a_session(&new), agrees, "{name}");
        }
    }

    #[test]
    fn trade_6_what_is_out_of_bounds_says_what_is_allowed() {
        let mut p = Parameters::of(StrategyName::Open);
        for (name, value, says) in [
            ("range_minutes", "61", "Allowed: 5 to 60 min"),
            ("range_minutes", "7.5", "Allowed: 5 to 60 min"),
            ("window_end", "C-400", "Allowed: O+m or C-m with m from 0 to 390 min"),
            ("volatility_exit", "0.5", "Allowed: 1 to 10 x (0 is off)"),
            ("belief_floor", "1.1", "Allowed: 0 to 1 (0 is off)"),
            ("stop_fraction", "2", "Allowed: 0 to 1"),
            ("lookback", "30", "there is no such parameter"),
            ("risk_per_trade", "nan", "Allowed: 1 to 10000 USD"),
        ] {
            let error = p.set(StrategyName::Open, name, value).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        p.set(StrategyName::Open, "timeout", "0").unwrap();
        assert_eq!(p.timeout, 0);
    }
}
