//! Windows, phases, what comes next. All follow the calendar's hours, so that an early close shortens or skips them.

use serde::{Deserialize, Serialize};

use crate::domain::calendar::Session;
use crate::domain::ids::StrategyName;
use crate::domain::time::{Span, Timestamp};
use crate::machines::market_data::Hours;
use crate::strategies::{Parameters, exit_time, window};

/// How long before the open the session's preparation begins: the first readiness check of a window at the open fits in.
const LEAD: Span = Span::minutes(60);

/// Minutes before a window at which its readiness is checked (LIFE-8a).
pub(super) const CHECKS: [i64; 3] = [30, 15, 5];

/// A strategy's part of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Whose.
    pub strategy: StrategyName,
    /// From its start up to, and without, its end; nothing where the session is too short for it.
    pub window: Option<(Timestamp, Timestamp)>,
    /// When nothing may be held any more.
    pub exit_at: Timestamp,
}

impl Planned {
    /// Whether entries are decided at this instant: the start belongs to a window, the end does not.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.window.is_some_and(|(start, end)| start <= at && at < end)
    }
}

/// Something that will happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coming {
    /// When.
    pub at: Timestamp,
    /// What, in a few words.
    pub what: String,
}

/// The phases of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Configuration is edited and validated, secrets are present.
    PreSession,
    /// Every actor checks itself.
    BootValidation,
    /// Strategies check themselves, limits are loaded, books and broker are compared.
    SessionInitialisation,
    /// A window is open, or its trades are still to be left.
    StrategyCycle,
    /// Limits and faults are watched, and nothing else goes on. (They are watched in every phase.)
    RiskMonitoring,
    /// Positions are closed, reports compiled, books closed, the backup taken.
    Termination,
    /// People review.
    Review,
}

/// How far a session has come by other means than time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Every actor has checked itself.
    pub validated: bool,
    /// The session is initialised.
    pub initialised: bool,
    /// Its books are closed and the backup is taken.
    pub closed: bool,
}

/// A session's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    hours: Hours,
    early_close: bool,
    planned: Vec<Planned>,
}

impl Phase {
    /// Its number, 0 to 6.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::PreSession => 0,
            Self::BootValidation => 1,
            Self::SessionInitialisation => 2,
            Self::StrategyCycle => 3,
            Self::RiskMonitoring => 4,
            Self::Termination => 5,
            Self::Review => 6,
        }
    }

    /// The words on screen.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PreSession => "before the session",
            Self::BootValidation => "boot validation",
            Self::SessionInitialisation => "session initialisation",
            Self::StrategyCycle => "strategy cycle",
            Self::RiskMonitoring => "watching",
            Self::Termination => "session termination",
            Self::Review => "review",
        }
    }
}

impl Schedule {
    /// The order of a session for these strategies, in their configured order.
    #[must_use]
    pub fn new(session: &Session, strategies: &[(StrategyName, Parameters)]) -> Self {
        let hours = Hours { session: session.id, open: session.open, close: session.close };
        let planned = strategies.iter().map(|(strategy, p)| Planned {
            strategy: *strategy,
            window: window(p, &hours),
            exit_at: exit_time(p, &hours),
        });
        Self { hours, early_close: session.early_close, planned: planned.collect() }
    }

    /// When the session runs.
    #[must_use]
    pub const fn hours(&self) -> &Hours {
        &self.hours
    }

    /// The strategies' parts, in their configured order.
    #[must_use]
    pub fn planned(&self) -> &[Planned] {
        &self.planned
    }

    /// The strategies whose windows are open.
    pub fn open(&self, at: Timestamp) -> impl Iterator<Item = StrategyName> + '_ {
        self.planned.iter().filter(move |p| p.is_open(at)).map(|p| p.strategy)
    }

    /// Whether the market trades.
    #[must_use]
    pub fn market_open(&self, at: Timestamp) -> bool {
        self.hours.open <= at && at < self.hours.close
    }

    /// What is shortened or skipped today, to be said aloud; empty on a usual day.
    #[must_use]
    pub fn announcements(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.early_close {
            words.push(format!("The session closes early, at {}.", self.hours.close));
        }
        let skipped = self.planned.iter().filter(|p| p.window.is_none());
        words.extend(skipped.map(|p| format!("{} is skipped: the session is too short for its window.", p.strategy)));
        words
    }

    /// What comes after an instant, the nearest first, at most so many.
    #[must_use]
    pub fn coming(&self, after: Timestamp, most: usize) -> Vec<Coming> {
        let Hours { open, close, .. } = self.hours;
        let mut all = vec![(open, "session opens".to_owned()), (close, "session closes".to_owned())];
        for Planned { strategy, window, exit_at } in &self.planned {
            let Some((start, end)) = window else { continue };
            all.extend(CHECKS.map(|m| (*start - Span::minutes(m), format!("{strategy}: readiness, {m} min before"))));
            all.push((*start, format!("{strategy} opens")));
            all.push((*end, format!("{strategy} takes no more entries")));
            all.push((*exit_at, format!("{strategy} is flat")));
        }
        all.retain(|(at, _)| *at > after);
        // At one instant in the order above: the session before its strategies, these in their configured order.
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().take(most).map(|(at, what)| Coming { at, what }).collect()
    }

    /// The phase at an instant.
    #[must_use]
    pub fn phase(&self, at: Timestamp, progress: Progress) -> Phase {
        let cycle = |p: &Planned| p.window.is_some_and(|(start, _)| start <= at && at < p.exit_at);
        if progress.closed {
            Phase::Review
        } else if at < self.hours.open - LEAD {
            Phase::PreSession
        } else if at >= self.hours.close {
            Phase::Termination
        } else if !progress.validated {
            Phase::BootValidation
        } else if !progress.initialised {
            Phase::SessionInitialisation
        } else if self.planned.iter().any(cycle) {
            Phase::StrategyCycle
        } else {
            Phase::RiskMonitoring
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;

    fn schedule(date: &str) -> Schedule {
        let session = Calendar::XNYS.require(date.parse().unwrap()).unwrap();
        Schedule::new(&session, &StrategyName::TRADING.map(|s| (s, Parameters::of(s))))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// LIFE-8: offsets from the calendar's hours, in the exchange's own time: New York is five hours behind UTC in
    /// January and four in July.
    #[test]
    fn life_8_windows_are_offsets_from_the_calendars_open_and_close() {
        for (date, windows) in [
            ("2024-01-03", ["14:30 15:30 16:30", "16:00 19:30 20:00", "20:00 20:50 20:55"]),
            ("2024-07-02", ["13:30 14:30 15:30", "15:00 18:30 19:00", "19:00 19:50 19:55"]),
            // 13:00 in New York: mid is half an hour long.
            ("2024-07-03", ["13:30 14:30 15:30", "15:00 15:30 16:00", "16:00 16:50 16:55"]),
        ] {
            let s = schedule(date);
            let found = s.planned.iter().map(|p| {
                let (start, end) = p.window.unwrap();
                let clock = |t: Timestamp| t.to_string()[11..16].to_owned();
                [start, end, p.exit_at].map(clock).join(" ")
            });
            assert_eq!(found.collect::<Vec<_>>(), windows, "{date}");
        }
    }

    #[test]
    fn life_8_the_start_belongs_to_a_window_and_the_end_does_not() {
        let s = schedule("2024-01-03");
        let open = |t: &str| s.open(at(&format!("2024-01-03T{t}Z"))).map(StrategyName::as_str).collect::<Vec<_>>();
        assert_eq!(open("14:29:59"), Vec::<&str>::new());
        assert_eq!(open("14:30:00"), ["open"]);
        assert_eq!(open("15:29:59"), ["open"]);
        assert_eq!(open("15:30:00"), Vec::<&str>::new());
        assert_eq!(open("20:00:00"), ["close"]);
    }

    #[test]
    fn life_8_an_early_close_shortens_or_skips_aloud() {
        assert_eq!(schedule("2024-01-03").announcements(), Vec::<String>::new());
        let session = Calendar::XNYS.require("2024-07-03".parse().unwrap()).unwrap();
        let mut late = Parameters::of(StrategyName::Mid);
        late.set(StrategyName::Mid, "window_start", "O+150").unwrap();
        let skipped = Schedule::new(&session, &[(StrategyName::Mid, late)]);
        assert_eq!(
            skipped.announcements(),
            [
                "The session closes early, at 2024-07-03T17:00:00Z.",
                "mid is skipped: the session is too short for its window."
            ]
        );
        assert_eq!(skipped.coming(at("2024-07-03T00:00:00Z"), 9).len(), 2, "the session alone");
    }

    #[test]
    fn life_8_what_comes_next_is_told_in_its_order() {
        let s = schedule("2024-01-03");
        let told = |t: &str, most| {
            s.coming(at(t), most)
                .iter()
                .map(|c| format!("{} {}", &c.at.to_string()[11..16], c.what))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told("2024-01-03T14:25:00Z", 4),
            [
                "14:30 session opens",
                "14:30 open opens",
                "15:30 open takes no more entries",
                "15:30 mid: readiness, 30 min before"
            ]
        );
        assert_eq!(
            told("2024-01-03T20:00:00Z", 9),
            ["20:50 close takes no more entries", "20:55 close is flat", "21:00 session closes"]
        );
        assert_eq!(told("2024-01-03T21:00:00Z", 9), Vec::<String>::new());
    }

    #[test]
    fn the_phases_follow_time_and_progress() {
        let s = schedule("2024-01-03");
        let ready = Progress { validated: true, initialised: true, closed: false };
        for (time, progress, number) in [
            ("13:29", Progress::default(), 0),
            ("13:29", ready, 0),
            ("13:30", Progress::default(), 1),
            ("13:45", Progress { validated: true, ..Progress::default() }, 2),
            ("14:00", ready, 4),
            ("14:30", ready, 3),
            ("16:29", ready, 3),
            ("20:55", ready, 4),
            ("15:00", Progress::default(), 1),
            ("21:00", ready, 5),
            ("21:00", Progress::default(), 5),
            ("21:20", Progress { closed: true, ..ready }, 6),
        ] {
            let phase = s.phase(at(&format!("2024-01-03T{time}:00Z")), progress);
            assert_eq!(phase.number(), number, "{time} {progress:?}");
        }
    }
}
