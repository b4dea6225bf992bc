//! Whether a rehearsal may start, and the plan of its windows.

use std::fmt;

use crate::domain::ids::{SessionId, StrategyName};
use crate::domain::time::{Span, Timestamp};
use crate::machines::schedule::Schedule;

/// The most wall time that a window takes (RES-1).
const MOST: Span = Span::MINUTE;

/// What has to be quiet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// Positions that are not flat.
    pub positions: usize,
    /// Orders that may still fill, the unresolved ones too.
    pub working: usize,
    /// Strategies whose windows are open.
    pub windows: Vec<StrategyName>,
    /// Since when another rehearsal runs.
    pub rehearsing: Option<Timestamp>,
}

/// Why a rehearsal may not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MayNot {
    /// One runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// Something is held.
    Positions {
        /// How many.
        count: usize,
    },
    /// Something works.
    Orders {
        /// How many.
        count: usize,
    },
    /// A window is open.
    Windows {
        /// Whose.
        strategies: Vec<StrategyName>,
    },
    /// No strategy has a window in the session that would be rehearsed.
    Nothing {
        /// Which session.
        session: SessionId,
    },
}

/// One window on the rehearsal's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Whose.
    pub strategy: StrategyName,
    /// Bars from here to the window's start warm the indicators up; they are fed at once.
    pub warm_from: Timestamp,
    /// The window's start.
    pub from: Timestamp,
    /// When nothing may be held any more.
    pub to: Timestamp,
    /// How much wall time it takes.
    pub wall: Span,
}

/// A rehearsal's windows, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which session is rehearsed.
    pub session: SessionId,
    /// Its windows, in the strategies' configured order.
    pub segments: Vec<Segment>,
}

/// Nothing where a rehearsal may start.
///
/// # Errors
/// [`MayNot`] with the first reason.
pub fn may_start(quiet: &Quiet) -> Result<(), MayNot> {
    if let Some(since) = quiet.rehearsing {
        Err(MayNot::Running { since })
    } else if quiet.positions > 0 {
        Err(MayNot::Positions { count: quiet.positions })
    } else if quiet.working > 0 {
        Err(MayNot::Orders { count: quiet.working })
    } else if quiet.windows.is_empty() {
        Ok(())
    } else {
        Err(MayNot::Windows { strategies: quiet.windows.clone() })
    }
}

impl Plan {
    /// Every enabled strategy's window, in at most `wall` each and never more than a minute.
    ///
    /// # Errors
    /// [`MayNot::Nothing`] where the session has no window.
    pub fn new(schedule: &Schedule, wall: Span) -> Result<Self, MayNot> {
        let hours = schedule.hours();
        let wall = wall.clamp(Span::nanos(1), MOST);
        let segments: Vec<_> = schedule
            .planned()
            .iter()
            .filter_map(|p| {
                let (from, _) = p.window?;
                Some(Segment { strategy: p.strategy, warm_from: hours.open, from, to: p.exit_at.max(from), wall })
            })
            .collect();
        if segments.is_empty() {
            return Err(MayNot::Nothing { session: hours.session });
        }
        Ok(Self { session: hours.session, segments })
    }

    /// How long it takes in all, on the wall.
    #[must_use]
    pub fn wall(&self) -> Span {
        self.segments.iter().fold(Span::ZERO, |sum, s| sum + s.wall)
    }

    /// Which window runs after so much wall time, and where its market clock stands; nothing when all are over.
    #[must_use]
    pub fn at(&self, elapsed: Span) -> Option<(&Segment, Timestamp)> {
        let mut left = elapsed;
        for segment in &self.segments {
            if left < segment.wall {
                return Some((segment, segment.clock(left)));
            }
            left = left - segment.wall;
        }
        None
    }
}

impl Segment {
    /// Where the market clock stands after so much wall time: from the start to the end, in proportion.
    #[must_use]
    pub fn clock(&self, elapsed: Span) -> Timestamp {
        let market = i128::from((self.to - self.from).as_nanos());
        let (wall, elapsed) = (i128::from(self.wall.as_nanos()), i128::from(elapsed.as_nanos()));
        let gone = market.saturating_mul(elapsed).checked_div(wall).unwrap_or(market).clamp(0, market.max(0));
        self.from + Span::nanos(i64::try_from(gone).unwrap_or(i64::MAX))
    }

    /// How many times faster than the market its clock runs, cut.
    #[must_use]
    pub fn speed(&self) -> i64 {
        (self.to - self.from).as_nanos().checked_div(self.wall.as_nanos()).unwrap_or(1)
    }
}

impl MayNot {
    /// The code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Running { .. } => "rehearsal_runs",
            Self::Positions { .. } => "positions_open",
            Self::Orders { .. } => "orders_working",
            Self::Windows { .. } => "window_open",
            Self::Nothing { .. } => "no_window",
        }
    }
}

impl fmt::Display for MayNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running { since } => write!(f, "a rehearsal runs already, since {since}"),
            Self::Positions { count: 1 } => f.write_str("1 position is open"),
            Self::Positions { count } => write!(f, "{count} positions are open"),
            Self::Orders { count: 1 } => f.write_str("1 order is working"),
            Self::Orders { count } => write!(f, "{count} orders are working"),
            Self::Windows { strategies } => {
                let names: Vec<_> = strategies.iter().map(|s| s.as_str()).collect();
                let verb = if names.len() == 1 { "is" } else { "are" };
                write!(f, "the window of {} {verb} open", names.join(" and "))
            }
            Self::Nothing { session } => write!(f, "no strategy has a window in {session}"),
        }
    }
}

impl std::error::Error for MayNot {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::calendar::Calendar;
    use crate::strategies::Parameters;

    fn schedule() -> Schedule {
        let session = Calendar::XNYS.require("2024-01-03".parse().unwrap()).unwrap();
        Schedule::new(&session, &StrategyName::TRADING.map(|s| (s, Parameters::of(s))))
    }

    #[test]
    fn res_1_it_starts_only_where_all_is_quiet() {
        use StrategyName::{Close, Mid, Open};
        assert_eq!(may_start(&Quiet::default()), Ok(()));
        let since = "2024-01-03T12:00:00Z".parse().unwrap();
        for (quiet, code, says) in [
            (Quiet { positions: 1, working: 9, ..Quiet::default() }, "positions_open", "1 position is open"),
            (Quiet { working: 2, ..Quiet::default() }, "orders_working", "2 orders are working"),
            (Quiet { windows: vec![Mid], ..Quiet::default() }, "window_open", "the window of mid is open"),
            (
                Quiet { windows: vec![Open, Close], ..Quiet::default() },
                "window_open",
                "the window of open and close are open",
            ),
            (
                Quiet { rehearsing: Some(since), ..Quiet::default() },
                "rehearsal_runs",
                "a rehearsal runs already, since 2024-01-03T12:00:00Z",
            ),
        ] {
            let why = may_start(&quiet).unwrap_err();
            assert_eq!((why.code(), why.to_string().as_str()), (code, says));
        }
    }

    #[test]
    fn res_1_each_window_takes_a_minute_or_less_in_the_configured_order() {
        let plan = Plan::new(&schedule(), Span::minutes(10)).unwrap();
        assert!(plan.segments.iter().all(|s| s.wall == Span::MINUTE));
        assert_eq!(plan.wall(), Span::minutes(3));
        let names: Vec<_> = plan.segments.iter().map(|s| s.strategy).collect();
        assert_eq!(names, StrategyName::TRADING);
        // 120, 240 and 55 market minutes.
        assert_eq!(plan.segments.iter().map(Segment::speed).collect::<Vec<_>>(), [120, 240, 55]);
        let quick = Plan::new(&schedule(), Span::seconds(2)).unwrap();
        assert_eq!(quick.wall(), Span::seconds(6));
        let none = Schedule::new(&Calendar::XNYS.require("2024-01-03".parse().unwrap()).unwrap(), &[]);
        assert_eq!(
            Plan::new(&none, Span::MINUTE).unwrap_err().to_string(),
            "no strategy has a window in XNYS:2024-01-03"
        );
    }

    #[test]
    fn res_1_the_market_clock_runs_in_proportion() {
        let plan = Plan::new(&schedule(), Span::MINUTE).unwrap();
        for (seconds, strategy, clock) in [
            (0, StrategyName::Open, "2024-01-03T14:30:00Z"),
            (30, StrategyName::Open, "2024-01-03T15:30:00Z"),
            (60, StrategyName::Mid, "2024-01-03T16:00:00Z"),
            (75, StrategyName::Mid, "2024-01-03T17:00:00Z"),
            (120, StrategyName::Close, "2024-01-03T20:00:00Z"),
        ] {
            let (segment, at) = plan.at(Span::seconds(seconds)).unwrap();
            assert_eq!((segment.strategy, at.to_string().as_str()), (strategy, clock), "{seconds}");
        }
        assert!(plan.at(Span::seconds(180)).is_none());
    }

    proptest! {
        #[test]
        fn res_1_the_clock_never_runs_back_nor_out_of_its_window(a in 0_i64..200_000_000_000, b in 0_i64..200_000_000_000) {
            let plan = Plan::new(&schedule(), Span::seconds(60)).unwrap();
            for segment in &plan.segments {
                let (early, late) = (segment.clock(Span::nanos(a.min(b))), segment.clock(Span::nanos(a.max(b))));
                prop_assert!(segment.from <= early && early <= late && late <= segment.to);
            }
        }
    }
}
