//! Tells a rehearsal's page and the audit log, as it goes.

use std::sync::Arc;
use std::time::Duration;

use desk::domain::decimal::Money;
use desk::domain::event::{Body, Event};
use desk::domain::ids::StrategyName;
use desk::domain::time::{Span, Timestamp};
use desk::machines::rehearsal::{Checklist, Plan};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::stage::{Scene, Stage};
use super::words;
use crate::gateway::clock::{self, Stopwatch};
use crate::messages::board::Mark;
use crate::messages::rehearsal::{LogLine, Note, RehearsalBoard, WindowLine, WindowState};

/// Progress alone is shown this often at most.
const OFTEN: Duration = Duration::from_millis(200);

/// Tells.
pub(super) struct Teller<'a> {
    stage: &'a Stage,
    pub(super) board: RehearsalBoard,
    /// How long it is expected to take.
    expected: Span,
    watch: Stopwatch,
    shown_at: Duration,
}

impl<'a> Teller<'a> {
    /// Tells of a rehearsal that begins.
    pub(super) fn new(stage: &'a Stage, scene: &Scene, plan: &Plan, mark: Mark) -> Self {
        let windows = plan.segments.iter().map(|s| WindowLine {
            strategy: s.strategy,
            state: WindowState::Waiting,
            from: s.from,
            to: s.to,
            market: s.from,
            speed: s.speed(),
            took_ms: None,
            bars: 0,
            decisions: 0,
            blocked: 0,
            orders: 0,
            fills: 0,
            trades: 0,
            net: Money::ZERO,
        });
        let board = RehearsalBoard {
            id: format!("rehearsal-{}", mark.at),
            mark,
            session: plan.session,
            prices: scene.name.clone(),
            screened: Vec::new(),
            left_out: Vec::new(),
            windows: windows.collect(),
            log: Vec::new(),
            earlier: 0,
            permille: 0,
            left_s: plan.wall().as_seconds(),
            checklist: None,
            verdict: None,
            ended: None,
        };
        Self { stage, board, expected: plan.wall(), watch: Stopwatch::start(), shown_at: Duration::ZERO }
    }

    /// For the audit log, tagged. Whoever has to know waits until it is there.
    pub(super) fn note(&self, what: &'static str, object: String, detail: Value) -> oneshot::Receiver<()> {
        let mut tagged = Map::new();
        tagged.insert("rehearsal".to_owned(), json!(self.board.id));
        if let Value::Object(detail) = detail {
            tagged.extend(detail);
        }
        let who = self.board.mark.who.clone();
        (self.stage.notes)(Note { who, what, object, detail: Value::Object(tagged) })
    }

    /// A line of its log.
    pub(super) fn say(&mut self, market: Option<Timestamp>, strategy: Option<StrategyName>, what: impl Into<String>) {
        let log = &mut self.board.log;
        log.push(LogLine { market, strategy, what: what.into() });
        let over = log.len().saturating_sub(RehearsalBoard::LINES);
        log.drain(..over);
        self.board.earlier = self.board.earlier.saturating_add(over);
        self.show();
    }

    /// A window's line, to be changed.
    pub(super) fn window(&mut self, index: usize, change: impl FnOnce(&mut WindowLine)) {
        if let Some(line) = self.board.windows.get_mut(index) {
            change(line);
        }
    }

    /// A simulated event: counted, said, and audited where it is an action.
    pub(super) fn heard(&mut self, index: usize, event: &Event) {
        let Some(strategy) = self.board.windows.get(index).map(|w| w.strategy) else { return };
        self.window(index, |w| match &event.body {
            Body::Decided(decision) => {
                w.decisions = w.decisions.saturating_add(1);
                w.blocked = w.blocked.saturating_add(u64::from(decision.blocked.is_some()));
            }
            Body::Intended(_) => w.orders = w.orders.saturating_add(1),
            Body::Executed { .. } => w.fills = w.fills.saturating_add(1),
            Body::TradeClosed(trade) => {
                w.trades = w.trades.saturating_add(1);
                let net = trade.net().unwrap_or_default();
                w.net = w.net.checked_add(net).unwrap_or(w.net);
            }
            _ => {}
        });
        if let Some(object) = words::object(event) {
            let detail = json!({ "window": strategy, "market": event.at, "simulated": event.body });
            drop(self.note("rehearsed", object, detail));
        }
        if let Some(what) = words::line(event) {
            self.say(Some(event.at), Some(strategy), what);
        }
    }

    /// How far it has come.
    pub(super) fn progress(&mut self) {
        if self.watch.elapsed().saturating_sub(self.shown_at) >= OFTEN {
            self.show();
        }
    }

    /// What came of it.
    pub(super) fn end(&mut self, checklist: Checklist) {
        let verdict = checklist.verdict();
        let failed: Vec<_> = checklist.points.iter().filter(|p| !p.passed).collect();
        let detail = json!({ "passed": checklist.passed(), "verdict": verdict, "failed": failed });
        drop(self.note("rehearsal_ended", self.board.id.clone(), detail));
        self.board.verdict = Some(verdict);
        self.board.checklist = Some(checklist);
        self.board.ended = Some(clock::now());
        for window in &mut self.board.windows {
            if window.state != WindowState::Done {
                window.state = WindowState::Cut;
            }
        }
        self.show();
    }

    fn show(&mut self) {
        self.shown_at = self.watch.elapsed();
        let over = self.board.ended.is_some();
        let expected = self.expected.as_nanos().max(1);
        let gone = i64::try_from(self.shown_at.as_nanos()).unwrap_or(i64::MAX).clamp(0, expected);
        let permille = i128::from(gone).saturating_mul(1_000).checked_div(i128::from(expected)).unwrap_or(0);
        self.board.permille = if over { 1_000 } else { i64::try_from(permille).unwrap_or(0) };
        self.board.left_s = if over { 0 } else { Span::nanos(expected.saturating_sub(gone)).as_seconds() };
        self.stage.shown.send_replace(Some(Arc::new(self.board.clone())));
    }
}
