//! The checklist of a rehearsal (RES-2a): every point passed or failed, with its evidence.

use serde::Serialize;

use super::plan::Plan;
use crate::domain::chain::Hash;
use crate::domain::ids::StrategyName;
use crate::domain::time::Span;

/// What a rehearsal checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "point", content = "of")]
pub enum Point {
    /// A strategy's self-check passed.
    SelfCheck(StrategyName),
    /// Its window ran to its end, with bars.
    Window(StrategyName),
    /// Every signal of it has a decision with its gate trace.
    Decisions(StrategyName),
    /// Each window took a minute or less.
    InTime,
    /// Every order reached an end.
    Orders,
    /// Nothing is held at the end.
    Flat,
    /// Its books balance and their chain holds.
    Books,
    /// No order left for a real venue.
    NothingSent,
    /// No alert went out.
    AlertsHeld,
    /// Live ledger, positions, orders, logs and statistics are bit for bit what they were (RES-3).
    Untouched,
}

/// What one window did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRan {
    /// Whose.
    pub strategy: StrategyName,
    /// Points of its self-check that failed, in words.
    pub failing: Vec<String>,
    /// Whether it ran to its end.
    pub ended: bool,
    /// Bars that it saw.
    pub bars: u64,
    /// Signals.
    pub signals: u64,
    /// Decisions recorded, each with a whole gate trace.
    pub decisions: u64,
    /// Orders that were filled on the simulated venue.
    pub fills: u64,
    /// Wall time taken.
    pub wall: Span,
}

/// Hashes of what a rehearsal must not touch, by name, the audit log left out.
pub type Digests = Vec<(String, Hash)>;

/// What a rehearsal did, as measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its windows.
    pub windows: Vec<WindowRan>,
    /// Why it ended before its end; nothing where it did not.
    pub interrupted: Option<String>,
    /// Simulated orders.
    pub orders: u64,
    /// Of them without an end.
    pub unended: u64,
    /// Positions left.
    pub positions: u64,
    /// What the verification of its books said: entries verified, or what is wrong.
    pub books: Result<u64, String>,
    /// Orders sent to a real venue meanwhile; nothing where nobody looked.
    pub sent: Option<u64>,
    /// Alerts that went out meanwhile.
    pub alerts: Option<u64>,
    /// The live bot before it.
    pub before: Digests,
    /// The live bot after it.
    pub after: Digests,
}

/// One point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Which.
    #[serde(flatten)]
    pub point: Point,
    /// Whether it passed.
    pub passed: bool,
    /// What was measured, in words.
    pub evidence: String,
}

/// All points, in a fixed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// The points.
    pub points: Vec<Checked>,
}

impl Checklist {
    /// What a rehearsal of this plan comes to. What was planned and did not run has failed.
    #[must_use]
    pub fn of(plan: &Plan, ran: &Ran) -> Self {
        let mut points = Vec::new();
        let mut note = |point, passed, evidence| points.push(Checked { point, passed, evidence });
        for segment in &plan.segments {
            let strategy = segment.strategy;
            let Some(window) = ran.windows.iter().find(|w| w.strategy == strategy) else {
                let why = ran.interrupted.as_deref().unwrap_or("it was left out");
                for point in [Point::SelfCheck(strategy), Point::Window(strategy), Point::Decisions(strategy)] {
                    note(point, false, format!("did not run: {why}"));
                }
                continue;
            };
            let failing = window.failing.join("; ");
            let all = if failing.is_empty() { "every point passed".to_owned() } else { failing };
            note(Point::SelfCheck(strategy), window.failing.is_empty(), all);
            let WindowRan { bars, signals, decisions, fills, ended, .. } = window;
            let end = match &ran.interrupted {
                _ if *ended => String::new(),
                Some(why) => format!(", ended before its end: {why}"),
                None => ", ended before its end".to_owned(),
            };
            note(Point::Window(strategy), *ended && *bars > 0, format!("bars {bars}, fills {fills}{end}"));
            let evidence = format!("signals {signals}, decisions with a trace {decisions}");
            note(Point::Decisions(strategy), signals == decisions, evidence);
        }
        let slowest = ran.windows.iter().map(|w| w.wall).max().unwrap_or(Span::ZERO);
        note(Point::InTime, slowest <= Span::MINUTE, format!("slowest window {} ms", slowest.as_nanos() / 1_000_000));
        note(Point::Orders, ran.unended == 0, format!("orders {}, without an end {}", ran.orders, ran.unended));
        note(Point::Flat, ran.positions == 0, format!("positions left {}", ran.positions));
        let books = match &ran.books {
            Ok(entries) => format!("entries verified {entries}"),
            Err(why) => why.clone(),
        };
        note(Point::Books, ran.books.is_ok(), books);
        let told = |n: Option<u64>| n.map_or_else(|| "not looked at".to_owned(), |n| n.to_string());
        note(Point::NothingSent, ran.sent == Some(0), format!("orders to a real venue {}", told(ran.sent)));
        note(Point::AlertsHeld, ran.alerts == Some(0), format!("alerts sent {}", told(ran.alerts)));
        let (untouched, evidence) = compare(&ran.before, &ran.after);
        note(Point::Untouched, untouched, evidence);
        Self { points }
    }

    /// Whether every point passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.points.iter().all(|p| p.passed)
    }

    /// The exit code: 0 where every point passed, otherwise 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.passed())
    }

    /// One sentence for the audit log.
    #[must_use]
    pub fn verdict(&self) -> String {
        let failed: Vec<_> = self.points.iter().filter(|p| !p.passed).map(|p| p.point.word()).collect();
        if failed.is_empty() {
            format!("The rehearsal passed: {} points.", self.points.len())
        } else {
            format!("The rehearsal failed {} of {} points: {}.", failed.len(), self.points.len(), failed.join(", "))
        }
    }
}

/// Whether the same things are there with the same hashes, and which are not.
fn compare(before: &Digests, after: &Digests) -> (bool, String) {
    let changed = before.iter().filter(|pair| !after.contains(pair));
    let new = after.iter().filter(|(name, _)| !before.iter().any(|(b, _)| b == name));
    let mut names: Vec<_> = changed.chain(new).map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if before.is_empty() {
        (false, "nothing was compared".to_owned())
    } else if names.is_empty() {
        (true, format!("compared {}, all the same", before.len()))
    } else {
        (false, format!("changed: {}", names.join(", ")))
    }
}

impl Point {
    /// In words.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::SelfCheck(strategy) => format!("self-check of {strategy}"),
            Self::Window(strategy) => format!("window of {strategy}"),
            Self::Decisions(strategy) => format!("decisions of {strategy}"),
            Self::InTime => "in time".to_owned(),
            Self::Orders => "every order ended".to_owned(),
            Self::Flat => "flat at the end".to_owned(),
            Self::Books => "books balance".to_owned(),
            Self::NothingSent => "no real order sent".to_owned(),
            Self::AlertsHeld => "alerts held back".to_owned(),
            Self::Untouched => "live bot untouched".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendar;
    use crate::machines::schedule::Schedule;
    use crate::strategies::Parameters;

    fn plan() -> Plan {
        let session = Calendar::XNYS.require("2024-01-03".parse().unwrap()).unwrap();
        let schedule = Schedule::new(&session, &StrategyName::TRADING.map(|s| (s, Parameters::of(s))));
        Plan::new(&schedule, Span::MINUTE).unwrap()
    }

    fn window(strategy: StrategyName) -> WindowRan {
        WindowRan {
            strategy,
            failing: Vec::new(),
            ended: true,
            bars: 120,
            signals: 3,
            decisions: 3,
            fills: 1,
            wall: Span::seconds(59),
        }
    }

    fn digests() -> Digests {
        vec![("ledger".to_owned(), Hash::of(b"a")), ("orders".to_owned(), Hash::of(b"b"))]
    }

    fn good() -> Ran {
        Ran {
            windows: StrategyName::TRADING.map(window).to_vec(),
            interrupted: None,
            orders: 12,
            unended: 0,
            positions: 0,
            books: Ok(40),
            sent: Some(0),
            alerts: Some(0),
            before: digests(),
            after: digests(),
        }
    }

    #[test]
    fn res_2a_every_point_is_told_with_its_evidence() {
        let list = Checklist::of(&plan(), &good());
        assert!(list.passed() && list.exit_code() == 0);
        assert_eq!(list.verdict(), "The rehearsal passed: 16 points.");
        assert!(list.points.iter().all(|p| !p.evidence.is_empty()));
        assert_eq!(
            serde_json::to_string(&list.points[1]).unwrap(),
            r#"{"point":"window","of":"open","passed":true,"evidence":"bars 120, fills 1"}"#
        );
    }

    #[test]
    fn res_2a_each_fault_fails_its_own_point_and_the_verdict() {
        type Spoil = fn(&mut Ran);
        let cases: [(Spoil, &str, &str); 15] = [
            (
                |r| r.windows[1].failing = vec!["no float is assigned".to_owned()],
                "self-check of mid",
                "no float is assigned",
            ),
            (|r| r.windows[0].bars = 0, "window of open", "bars 0, fills 1"),
            (|r| r.windows[2].ended = false, "window of close", "bars 120, fills 1, ended before its end"),
            (|r| r.windows[1].decisions = 2, "decisions of mid", "signals 3, decisions with a trace 2"),
            (|r| r.windows[0].wall = Span::seconds(61), "in time", "slowest window 61000 ms"),
            (|r| r.unended = 1, "every order ended", "orders 12, without an end 1"),
            (|r| r.positions = 2, "flat at the end", "positions left 2"),
            (|r| r.books = Err("entry 7 does not balance".to_owned()), "books balance", "entry 7 does not balance"),
            (|r| r.sent = Some(1), "no real order sent", "orders to a real venue 1"),
            (|r| r.sent = None, "no real order sent", "orders to a real venue not looked at"),
            (|r| r.alerts = Some(1), "alerts held back", "alerts sent 1"),
            (|r| r.alerts = None, "alerts held back", "alerts sent not looked at"),
            (|r| r.after[1].1 = Hash::of(b"c"), "live bot untouched", "changed: orders"),
            (|r| r.after.push(("log".to_owned(), Hash::of(b"d"))), "live bot untouched", "changed: log"),
            (|r| (r.before, r.after) = (Vec::new(), Vec::new()), "live bot untouched", "nothing was compared"),
        ];
        for (spoil, point, evidence) in cases {
            let mut ran = good();
            spoil(&mut ran);
            let list = Checklist::of(&plan(), &ran);
            let failed: Vec<_> = list.points.iter().filter(|p| !p.passed).collect();
            let [one] = failed.as_slice() else { panic!("{point}: {failed:?}") };
            assert_eq!((one.point.word().as_str(), one.evidence.as_str()), (point, evidence));
            assert_eq!(list.exit_code(), 1);
            assert_eq!(list.verdict(), format!("The rehearsal failed 1 of 16 points: {point}."));
        }
    }

    #[test]
    fn res_1_a_rehearsal_that_stop_or_kill_ended_has_failed() {
        let mut ran = good();
        ran.interrupted = Some("ended by kill".to_owned());
        ran.windows.truncate(1);
        let list = Checklist::of(&plan(), &ran);
        let failed: Vec<_> = list.points.iter().filter(|p| !p.passed).map(|p| p.evidence.as_str()).collect();
        assert_eq!(failed, ["did not run: ended by kill"; 6]);
    }
}
