//! The weekly readiness report (REP-6): which of the configured gates for going live are met, with have, need and evidence.
//! Made from the daily summaries that were published, and from the trades' results.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use desk::domain::calendar::Calendar;
use desk::domain::decimal::{Money, Ratio, SCALE};
use desk::domain::ids::{Identity, SessionId};
use desk::domain::time::{Span, Timestamp};
use desk::domain::wide::{Overflow, Wide};
use desk::research::ReadinessGates;
use desk::research::luck::luck_test;
use serde::Serialize;
use serde_json::Value;
use tera::{Context, Tera};

use super::input::RenderError;
use super::numbers::{Sign, cents_text};
use super::week::week;

/// A session that is over: its `daily_summary.json` and the results of its trades.
pub type Day = (SessionId, Value, Vec<Money>);

/// What the report is made of.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Whose.
    pub identity: Identity,
    /// The week up to which it looks, `2026-W48`; nothing takes the last that there is.
    pub week: Option<String>,
    /// The sessions that are over.
    pub days: Vec<Day>,
    /// Breaks of reconciliation that are open.
    pub breaks: u64,
}

/// One gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Its name for programs.
    pub gate: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What there is.
    pub have: String,
    /// What is needed.
    pub need: String,
    /// Whether it is met.
    pub met: bool,
    /// Where that is seen.
    pub evidence: String,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whose.
    pub identity: Identity,
    /// Up to the end of which week.
    pub week: Option<String>,
    /// `n of m met`.
    pub head: String,
    /// Gates met.
    pub met: usize,
    /// Gates.
    pub of: usize,
    /// Whether all are met.
    pub ready: bool,
    /// The gates in their order.
    pub gates: Vec<Line>,
}

/// Parts of a whole, exactly.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    part: i128,
    whole: i128,
}

impl Share {
    /// Whether it is at least, or at most, so much; nothing of nothing is neither.
    fn reaches(self, least: Ratio) -> bool {
        self.whole > 0
            && self.part.saturating_mul(i128::from(SCALE)) >= self.whole.saturating_mul(i128::from(least.raw()))
    }

    fn stays_within(self, most: Ratio) -> bool {
        self.whole > 0
            && self.part.saturating_mul(i128::from(SCALE)) <= self.whole.saturating_mul(i128::from(most.raw()))
    }

    fn text(self) -> String {
        self.part.saturating_mul(10_000).checked_div(self.whole).map_or("nothing yet".to_owned(), hundredths)
    }
}

/// Per cent with two decimals.
fn hundredths(hundredths: i128) -> String {
    format!("{}.{:02} %", hundredths.div_euclid(100), hundredths.rem_euclid(100))
}

fn percent(ratio: Ratio) -> String {
    hundredths(i128::from(ratio.raw()).saturating_mul(10_000).div_euclid(i128::from(SCALE)))
}

/// A result to the cent; what is met is decided by the exact one.
fn usd(result: Money) -> String {
    format!("{} USD", cents_text(result, Sign::Result))
}

fn number(value: &Value, path: &str) -> i128 {
    value.pointer(path).and_then(Value::as_i64).map_or(0, i128::from)
}

fn money(value: &Value, path: &str) -> Money {
    value.pointer(path).and_then(Value::as_str).and_then(|text| text.parse().ok()).unwrap_or(Money::ZERO)
}

/// Makes the report.
///
/// # Errors
/// [`Overflow`] where a sum is beyond what 64 bits hold.
pub fn readiness(gates: &ReadinessGates, evidence: &Evidence) -> Result<Readiness, Overflow> {
    let mut days: Vec<_> = evidence.days.iter().collect();
    days.sort_by_key(|(session, ..)| *session);
    let last = evidence.week.clone().or_else(|| days.last().map(|(session, ..)| week(session.date)));
    days.retain(|(session, ..)| last.as_ref().is_none_or(|last| week(session.date) <= *last));
    let period = match (days.first(), days.last()) {
        (Some((first, ..)), Some((last, ..))) => format!("sessions {} to {}", first.date, last.date),
        _ => "no session is closed yet".to_owned(),
    };
    let lines = vec![
        sessions(gates, days.len(), &period),
        decisions(gates, &days, &period),
        uptime(gates, &days),
        data_quality(gates, &days),
        edge(gates, &days)?,
        drawdown(gates, &days),
        Line {
            gate: "reconciliation_breaks",
            title: "Reconciliation breaks",
            have: evidence.breaks.to_string(),
            need: format!("at most {}", gates.breaks),
            met: !days.is_empty() && evidence.breaks <= u64::from(gates.breaks),
            evidence: "review items about statements, the float and day closes that are not approved".to_owned(),
        },
        stability(gates, &days)?,
    ];
    let met = lines.iter().filter(|line| line.met).count();
    Ok(Readiness {
        identity: evidence.identity.clone(),
        week: last,
        head: format!("{met} of {} met", lines.len()),
        met,
        of: lines.len(),
        ready: met == lines.len(),
        gates: lines,
    })
}

type Days<'a> = [&'a Day];

fn sessions(gates: &ReadinessGates, have: usize, period: &str) -> Line {
    Line {
        gate: "sessions",
        title: "Sessions run",
        have: have.to_string(),
        need: format!("at least {}", gates.sessions),
        met: u32::try_from(have).is_ok_and(|have| have >= gates.sessions),
        evidence: period.to_owned(),
    }
}

fn decisions(gates: &ReadinessGates, days: &Days<'_>, period: &str) -> Line {
    let sum = |path| days.iter().map(|(_, day, _)| number(day, path)).fold(0, i128::saturating_add);
    let have = sum("/trade_count_vs_signals_triggered/signals");
    let executed = sum("/trade_count_vs_signals_triggered/executed");
    Line {
        gate: "decisions",
        title: "Decisions",
        have: have.to_string(),
        need: format!("at least {}", gates.decisions),
        met: have >= i128::from(gates.decisions),
        evidence: format!("{executed} of them executed, {period}"),
    }
}

/// Minutes of sessions that the bot heard, of all sessions from its first to its last.
fn uptime(gates: &ReadinessGates, days: &Days<'_>) -> Line {
    let mut share = Share::default();
    let at =
        |day: &Value, path: &str| day.pointer(path).and_then(Value::as_str).and_then(|t| t.parse::<Timestamp>().ok());
    for (_, day, _) in days {
        share.part = share.part.saturating_add(number(day, "/exposure/minutes"));
        let length = at(day, "/close").zip(at(day, "/open")).map_or(Span::ZERO, |(close, open)| close - open);
        share.whole = share.whole.saturating_add(i128::from(length.as_minutes()));
    }
    let there: BTreeSet<SessionId> = days.iter().map(|(session, ..)| *session).collect();
    let mut left_out = 0_u64;
    let mut next = there.first().map(|first| first.date);
    while let Some(session) = next.and_then(|date| Calendar::XNYS.next(date).ok()) {
        if there.last().is_none_or(|last| session.id >= *last) {
            break;
        }
        if !there.contains(&session.id) {
            left_out = left_out.saturating_add(1);
            share.whole = share.whole.saturating_add(i128::from(session.minutes()));
        }
        next = Some(session.id.date);
    }
    Line {
        gate: "uptime",
        title: "Uptime",
        have: share.text(),
        need: format!("at least {}", percent(gates.uptime)),
        met: share.reaches(gates.uptime),
        evidence: format!("{} of {} minutes of sessions; {left_out} sessions left out", share.part, share.whole),
    }
}

fn data_quality(gates: &ReadinessGates, days: &Days<'_>) -> Line {
    let mut share = Share::default();
    let mut corrupt = 0_i128;
    for symbol in
        days.iter().filter_map(|(_, day, _)| day.get("data_quality")?.as_object()).flat_map(|all| all.values())
    {
        let (bars, wrong) = (number(symbol, "/bars"), number(symbol, "/corrupt_bars"));
        share.part = share.part.saturating_add(bars).saturating_sub(wrong);
        share.whole = share.whole.saturating_add(bars).saturating_add(number(symbol, "/missing_minutes"));
        corrupt = corrupt.saturating_add(wrong);
    }
    Line {
        gate: "data_quality",
        title: "Data quality",
        have: share.text(),
        need: format!("at least {}", percent(gates.data_quality)),
        met: share.reaches(gates.data_quality),
        evidence: format!("{} clean bars of {} minutes, {corrupt} corrupt", share.part, share.whole),
    }
}

fn edge(gates: &ReadinessGates, days: &Days<'_>) -> Result<Line, Overflow> {
    let nets: Vec<Money> = days.iter().flat_map(|(.., nets)| nets).copied().collect();
    let test = luck_test(&nets)?;
    let mean = test.mean.map_or("none".to_owned(), usd);
    Ok(Line {
        gate: "edge_after_costs",
        title: "Edge after costs",
        have: test.mean_low.map_or_else(|| format!("too few trades: {}", test.trades), usd),
        need: format!("at least {} USD a trade", cents_text(gates.edge, Sign::Plain)),
        met: test.mean_low.is_some_and(|low| low >= gates.edge),
        evidence: format!("mean net of {} trades {mean}; the low end of its 95 % interval counts", test.trades),
    })
}

fn drawdown(gates: &ReadinessGates, days: &Days<'_>) -> Line {
    let deepest = days.iter().max_by_key(|(_, day, _)| money(day, "/drawdown_of_run"));
    let share = deepest.map_or_else(Share::default, |(_, day, _)| Share {
        part: i128::from(money(day, "/drawdown_of_run").raw()),
        whole: i128::from(money(day, "/float").raw()),
    });
    let shown = deepest.map(|(session, day, _)| {
        let below = cents_text(money(day, "/drawdown_of_run"), Sign::Plain);
        format!("{below} USD below the peak on {}", session.date)
    });
    Line {
        gate: "drawdown",
        title: "Drawdown",
        have: share.text(),
        need: format!("at most {} of the float", percent(gates.drawdown)),
        met: share.stays_within(gates.drawdown),
        evidence: shown.unwrap_or_else(|| "no session is closed yet".to_owned()),
    }
}

fn stability(gates: &ReadinessGates, days: &Days<'_>) -> Result<Line, Overflow> {
    let mut weeks = BTreeMap::<String, Wide>::new();
    for (session, day, _) in days {
        *weeks.entry(week(session.date)).or_default() += Wide::from(money(day, "/trades/net"));
    }
    let gains = weeks.values().filter(|net| **net > Wide::ZERO).count();
    let count = |n: usize| i128::try_from(n).unwrap_or(i128::MAX);
    let share = Share { part: count(gains), whole: count(weeks.len()) };
    let nets = weeks
        .iter()
        .map(|(week, net)| Ok(format!("{week} {}", usd(net.money()?))))
        .collect::<Result<Vec<_>, Overflow>>()?;
    Ok(Line {
        gate: "stability",
        title: "Stability of the edge",
        have: share.text(),
        need: format!("at least {} of weeks with a gain", percent(gates.stability)),
        met: share.reaches(gates.stability),
        evidence: if nets.is_empty() { "no week yet".to_owned() } else { nets.join(", ") },
    })
}

impl Readiness {
    fn title(&self) -> String {
        let week = self.week.as_ref().map(|week| format!(", {week}")).unwrap_or_default();
        format!("Readiness of {}{week}: {}", self.identity, self.head)
    }

    /// As JSON.
    ///
    /// # Errors
    /// [`RenderError::Json`].
    pub fn json(&self) -> Result<Vec<u8>, RenderError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text =
            format!("# {}\n\n| gate | have | need | met | evidence |\n| --- | --- | --- | --- | --- |\n", self.title());
        for line in &self.gates {
            let met = if line.met { "yes" } else { "no" };
            let _ = writeln!(text, "| {} | {} | {} | {met} | {} |", line.title, line.have, line.need, line.evidence);
        }
        text
    }

    /// As a page that needs nothing else.
    ///
    /// # Errors
    /// [`RenderError::Template`].
    pub fn html(&self) -> Result<String, RenderError> {
        let mut tera = Tera::default();
        tera.add_raw_template("readiness.html", include_str!("../../templates/reports/readiness.html"))?;
        let mut context = Context::from_serialize(self)?;
        context.insert("title", &self.title());
        context.insert("styles", include_str!("../../static/report.css"));
        Ok(tera.render("readiness.html", &context)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gates() -> ReadinessGates {
        ReadinessGates {
            sessions: 2,
            decisions: 5,
            uptime: Ratio::from_raw(SCALE / 100 * 99),
            data_quality: Ratio::from_raw(SCALE / 100 * 98),
            edge: Money::ZERO,
            drawdown: Ratio::from_raw(SCALE / 100 * 5),
            breaks: 0,
            stability: Ratio::from_raw(SCALE / 2),
        }
    }

    fn day(session: &str, net: &str, nets: &[&str]) -> (SessionId, Value, Vec<Money>) {
        let date = &session[5..];
        let value = json!({
            "open": format!("{date}T14:30:00Z"), "close": format!("{date}T21:00:00Z"), "float": "30000.00",
            "exposure": { "minutes": 390 }, "trades": { "net": net }, "drawdown_of_run": "150.00",
            "trade_count_vs_signals_triggered": { "signals": 4, "executed": 3 },
            "data_quality": { "ACME": { "bars": 389, "missing_minutes": 1, "corrupt_bars": 0 } },
        });
        (session.parse().unwrap(), value, nets.iter().map(|n| n.parse().unwrap()).collect())
    }

    fn evidence(days: Vec<(SessionId, Value, Vec<Money>)>) -> Evidence {
        Evidence { identity: "RIGD_US_SIM_01".parse().unwrap(), week: None, days, breaks: 0 }
    }

    fn met(report: &Readiness) -> Vec<&'static str> {
        report.gates.iter().filter(|g| g.met).map(|g| g.gate).collect()
    }

    #[test]
    fn rep_6_each_gate_says_have_need_met_and_its_evidence() {
        let gains: Vec<&str> = vec!["10.00"; 30];
        let days = vec![day("XNYS:2026-11-20", "300.00", &gains), day("XNYS:2026-11-23", "300.00", &gains)];
        let all = readiness(&gates(), &evidence(days.clone())).unwrap();
        assert_eq!((all.head.as_str(), all.ready, all.week.as_deref()), ("8 of 8 met", true, Some("2026-W48")));
        assert!(all.gates.iter().all(|g| !g.have.is_empty() && !g.need.is_empty() && !g.evidence.is_empty()));
        for said in [all.markdown(), all.html().unwrap(), String::from_utf8(all.json().unwrap()).unwrap()] {
            assert!(
                said.contains("8 of 8 met") && said.contains("2026-W47 +300.00 USD, 2026-W48 +300.00 USD"),
                "{said}"
            );
        }
        let first = Evidence { week: Some("2026-W47".to_owned()), ..evidence(days.clone()) };
        let first = readiness(&gates(), &first).unwrap();
        assert!(!met(&first).contains(&"sessions") && met(&first).contains(&"uptime"), "{first:#?}");
        let broken = Evidence { breaks: 1, ..evidence(days.clone()) };
        assert!(!met(&readiness(&gates(), &broken).unwrap()).contains(&"reconciliation_breaks"));
        let strict = ReadinessGates { drawdown: Ratio::from_raw(SCALE / 1_000), decisions: 9, ..gates() };
        let strict = readiness(&strict, &evidence(days)).unwrap();
        assert!(!met(&strict).contains(&"drawdown") && !met(&strict).contains(&"decisions"));
    }

    #[test]
    fn rep_6_a_session_that_was_left_out_is_missing_in_the_uptime_and_nothing_is_met_by_nothing() {
        let days = vec![day("XNYS:2026-11-20", "-1.00", &["-1.00"]), day("XNYS:2026-11-24", "-2.00", &["-2.00"])];
        let report = readiness(&gates(), &evidence(days)).unwrap();
        let uptime = report.gates.iter().find(|g| g.gate == "uptime").unwrap();
        assert_eq!((uptime.have.as_str(), uptime.met), ("66.66 %", false));
        assert!(!met(&report).contains(&"stability") && !met(&report).contains(&"edge_after_costs"));
        let nothing = readiness(&gates(), &evidence(Vec::new())).unwrap();
        assert_eq!(nothing.head, "0 of 8 met");
    }
}
