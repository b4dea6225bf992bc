//! The readiness gate before each window (LIFE-8a): what is missing blocks the window's entries and is said aloud.

use std::collections::BTreeMap;
use std::fmt;

use super::day::{CHECKS, Schedule};
use crate::domain::decimal::Money;
use crate::domain::ids::StrategyName;
use crate::domain::time::{Span, Timestamp};

/// What is known when readiness is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// When the last bar or quote came.
    pub fed_at: Option<Timestamp>,
    /// Whether the trade stream is authorised.
    pub stream: bool,
    /// How far the clock is off, in either direction; nothing where nobody could say.
    pub clock_off: Option<Span>,
    /// Whether the calendar knows this day and the broker's agrees; otherwise why not.
    pub calendar: Result<(), String>,
    /// What the broker lets the account buy; nothing where it did not say.
    pub buying_power: Option<Money>,
    /// Whether books and broker agree; otherwise where they differ.
    pub reconciliation: Result<(), String>,
    /// Whether a canary call to the broker parsed; otherwise what did not.
    pub canary: Result<(), String>,
    /// Until when the log-in is good; nothing where there is none.
    pub login_until: Option<Timestamp>,
}

/// What is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The oldest that the feed's last word may be.
    pub feed_age: Span,
    /// How far the clock may be off.
    pub clock_off: Span,
    /// The least buying power: what one trade may cost.
    pub buying_power: Money,
    /// Until when the log-in has to be good: the session's close.
    pub login_until: Timestamp,
}

/// A point that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The feed does not tick.
    Feed {
        /// Age of its last word; nothing where there was none.
        age: Option<Span>,
        /// What is allowed.
        allowed: Span,
    },
    /// The trade stream is not authorised.
    Stream,
    /// The clock is off, or nobody could say.
    Clock {
        /// By how much.
        off: Option<Span>,
        /// What is allowed.
        allowed: Span,
    },
    /// The calendar does not agree.
    Calendar {
        /// Why.
        why: String,
    },
    /// The account cannot pay for a trade, or did not say.
    BuyingPower {
        /// What it has.
        have: Option<Money>,
        /// What is needed.
        need: Money,
    },
    /// Books and broker differ.
    Reconciliation {
        /// Where.
        why: String,
    },
    /// The broker's interface has changed.
    Canary {
        /// What did not parse.
        why: String,
    },
    /// The log-in is missing, or ends during the session.
    Login {
        /// When it ends.
        until: Option<Timestamp>,
        /// Until when it has to be good.
        need: Timestamp,
    },
}

/// Every point that is missing, in the order of LIFE-8a.
#[must_use]
pub fn readiness(at: Timestamp, evidence: &Evidence, needs: &Needs) -> Vec<Missing> {
    let age = evidence.fed_at.map(|fed| at - fed);
    let off = evidence.clock_off.map(|off| off.max(Span::ZERO - off));
    let why = |result: &Result<(), String>| result.as_ref().err().cloned();
    let points = [
        age.is_none_or(|age| age > needs.feed_age).then_some(Missing::Feed { age, allowed: needs.feed_age }),
        (!evidence.stream).then_some(Missing::Stream),
        off.is_none_or(|off| off > needs.clock_off).then_some(Missing::Clock { off, allowed: needs.clock_off }),
        why(&evidence.calendar).map(|why| Missing::Calendar { why }),
        evidence
            .buying_power
            .is_none_or(|have| have < needs.buying_power)
            .then_some(Missing::BuyingPower { have: evidence.buying_power, need: needs.buying_power }),
        why(&evidence.reconciliation).map(|why| Missing::Reconciliation { why }),
        why(&evidence.canary).map(|why| Missing::Canary { why }),
        evidence
            .login_until
            .is_none_or(|until| until < needs.login_until)
            .then_some(Missing::Login { until: evidence.login_until, need: needs.login_until }),
    ];
    points.into_iter().flatten().collect()
}

/// What the last check of each window found. A window that was never checked, or whose last check found something, takes
/// no entries; it is checked again every minute until it is ready.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    checked: BTreeMap<StrategyName, (Timestamp, Vec<Missing>)>,
}

impl Gate {
    /// The windows to be checked now: 30, 15 and 5 minutes before, and every minute while one is near or open and not
    /// known to be ready.
    #[must_use]
    pub fn due(&self, at: Timestamp, schedule: &Schedule) -> Vec<StrategyName> {
        let due = |strategy: StrategyName, start: Timestamp, end: Timestamp| {
            let moments = CHECKS.map(|m| start - Span::minutes(m));
            let first = moments.first().copied().unwrap_or(start);
            if at < first || at >= end {
                return false;
            }
            match self.checked.get(&strategy) {
                // An earlier session's word does not count.
                Some((last, missing)) if *last >= first => {
                    let passed = moments.iter().any(|m| last < m && *m <= at);
                    passed || (!missing.is_empty() && at - *last >= Span::MINUTE)
                }
                _ => true,
            }
        };
        let windows = schedule.planned().iter().filter_map(|p| p.window.map(|(start, end)| (p.strategy, start, end)));
        windows.filter(|(strategy, start, end)| due(*strategy, *start, *end)).map(|(strategy, ..)| strategy).collect()
    }

    /// A check was made.
    pub fn checked(&mut self, at: Timestamp, strategy: StrategyName, missing: Vec<Missing>) {
        self.checked.insert(strategy, (at, missing));
    }

    /// Whether a strategy's entries may begin, as far as readiness is concerned.
    #[must_use]
    pub fn is_ready(&self, strategy: StrategyName) -> bool {
        self.checked.get(&strategy).is_some_and(|(_, missing)| missing.is_empty())
    }

    /// What the last check found; nothing where none was made.
    #[must_use]
    pub fn missing(&self, strategy: StrategyName) -> Option<&[Missing]> {
        self.checked.get(&strategy).map(|(_, missing)| missing.as_slice())
    }

    /// A new session: nothing is known of its windows.
    pub fn clear(&mut self) {
        self.checked.clear();
    }
}

impl Missing {
    /// The code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Feed { .. } => "feed",
            Self::Stream => "trade_stream",
            Self::Clock { .. } => "clock",
            Self::Calendar { .. } => "calendar",
            Self::BuyingPower { .. } => "buying_power",
            Self::Reconciliation { .. } => "reconciliation",
            Self::Canary { .. } => "broker_interface",
            Self::Login { .. } => "login",
        }
    }
}

fn ms(span: Span) -> i64 {
    span.as_nanos() / 1_000_000
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feed { age: None, .. } => f.write_str("no market data have come yet"),
            Self::Feed { age: Some(age), allowed } => {
                let (age, allowed) = (age.as_seconds(), allowed.as_seconds());
                write!(f, "the last market data are {age} s old; {allowed} s are allowed")
            }
            Self::Stream => f.write_str("the trade stream is not authorised"),
            Self::Clock { off: None, .. } => f.write_str("nobody could say how far the clock is off"),
            Self::Clock { off: Some(off), allowed } => {
                write!(f, "the clock is {} ms off; {} ms are allowed", ms(*off), ms(*allowed))
            }
            Self::Calendar { why } => write!(f, "the calendar does not agree: {why}"),
            Self::BuyingPower { have: None, .. } => f.write_str("the broker did not say what the account may buy"),
            Self::BuyingPower { have: Some(have), need } => {
                write!(f, "the account may buy for {have}; a trade needs {need}")
            }
            Self::Reconciliation { why } => write!(f, "books and broker do not agree: {why}"),
            Self::Canary { why } => write!(f, "the broker's interface has changed: {why}"),
            Self::Login { until: None, .. } => f.write_str("there is no log-in at the broker"),
            Self::Login { until: Some(until), need } => {
                write!(f, "the log-in ends at {until}; it is needed until {need}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;
    use crate::strategies::Parameters;

    fn at(text: &str) -> Timestamp {
        format!("2024-01-03T{text}Z").parse().unwrap()
    }

    fn needs() -> Needs {
        Needs {
            feed_age: Span::seconds(90),
            clock_off: Span::seconds(1),
            buying_power: Money::whole(15_000),
            login_until: at("21:00:00"),
        }
    }

    fn all_well() -> Evidence {
        Evidence {
            fed_at: Some(at("13:59:00")),
            stream: true,
            clock_off: Some(Span::seconds(-1)),
            calendar: Ok(()),
            buying_power: Some(Money::whole(15_000)),
            reconciliation: Ok(()),
            canary: Ok(()),
            login_until: Some(at("21:00:00")),
        }
    }

    #[test]
    fn life_8a_each_missing_point_is_named_with_its_numbers() {
        let now = at("14:00:00");
        assert_eq!(readiness(now, &all_well(), &needs()), []);
        let no = || Err("x".to_owned());
        let cases: [(Evidence, &str, &str); 12] = [
            (Evidence { fed_at: None, ..all_well() }, "feed", "no market data have come yet"),
            (
                Evidence { fed_at: Some(at("13:58:29")), ..all_well() },
                "feed",
                "the last market data are 91 s old; 90 s are allowed",
            ),
            (Evidence { stream: false, ..all_well() }, "trade_stream", "the trade stream is not authorised"),
            (Evidence { clock_off: None, ..all_well() }, "clock", "nobody could say how far the clock is off"),
            (
                Evidence { clock_off: Some(Span::nanos(-1_001_000_000)), ..all_well() },
                "clock",
                "the clock is 1001 ms off; 1000 ms are allowed",
            ),
            (Evidence { calendar: no(), ..all_well() }, "calendar", "the calendar does not agree: x"),
            (
                Evidence { buying_power: None, ..all_well() },
                "buying_power",
                "the broker did not say what the account may buy",
            ),
            (
                Evidence { buying_power: Some(Money::whole(14_999)), ..all_well() },
                "buying_power",
                "the account may buy for 14999.00; a trade needs 15000.00",
            ),
            (Evidence { reconciliation: no(), ..all_well() }, "reconciliation", "books and broker do not agree: x"),
            (Evidence { canary: no(), ..all_well() }, "broker_interface", "the broker's interface has changed: x"),
            (Evidence { login_until: None, ..all_well() }, "login", "there is no log-in at the broker"),
            (
                Evidence { login_until: Some(at("20:00:00")), ..all_well() },
                "login",
                "the log-in ends at 2024-01-03T20:00:00Z; it is needed until 2024-01-03T21:00:00Z",
            ),
        ];
        for (evidence, code, says) in cases {
            let missing = readiness(now, &evidence, &needs());
            let [one] = missing.as_slice() else { panic!("{missing:?}") };
            assert_eq!((one.code(), one.to_string().as_str()), (code, says));
        }
    }

    #[test]
    fn life_8a_windows_are_checked_30_15_and_5_minutes_before_them() {
        let session = Calendar::XNYS.require("2024-01-03".parse().unwrap()).unwrap();
        let schedule = Schedule::new(&session, &StrategyName::TRADING.map(|s| (s, Parameters::of(s))));
        let mut gate = Gate::default();
        let mut asked = Vec::new();
        for minute in 0..480 {
            let now = at("13:30:00") + Span::minutes(minute);
            for strategy in gate.due(now, &schedule) {
                asked.push(format!("{strategy} {}", &now.to_string()[11..16]));
                gate.checked(now, strategy, Vec::new());
            }
        }
        let expected = [
            "open 14:00",
            "open 14:15",
            "open 14:25",
            "mid 15:30",
            "mid 15:45",
            "mid 15:55",
            "close 19:30",
            "close 19:45",
            "close 19:55",
        ];
        assert_eq!(asked, expected);
    }

    #[test]
    fn life_8a_what_is_missing_blocks_until_a_later_check_finds_it() {
        let session = Calendar::XNYS.require("2024-01-03".parse().unwrap()).unwrap();
        let open = StrategyName::Open;
        let schedule = Schedule::new(&session, &[(open, Parameters::of(open))]);
        // The bot comes up inside of the window: it was never checked.
        let mut gate = Gate::default();
        assert!(!gate.is_ready(open) && gate.missing(open).is_none());
        assert_eq!(gate.due(at("14:40:00"), &schedule), [open]);
        gate.checked(at("14:40:00"), open, vec![Missing::Stream]);
        assert!(!gate.is_ready(open));
        assert_eq!(gate.due(at("14:40:59"), &schedule), []);
        assert_eq!(gate.due(at("14:41:00"), &schedule), [open]);
        gate.checked(at("14:41:00"), open, Vec::new());
        assert!(gate.is_ready(open));
        assert_eq!(gate.due(at("15:00:00"), &schedule), []);
        // The window is over, and another session's begins with nothing known.
        assert_eq!(gate.due(at("15:30:00"), &schedule), []);
        gate.clear();
        assert!(!gate.is_ready(open));
    }
}
