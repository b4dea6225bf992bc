//! The drill (RISK-16): the kill switch against a scratch venue, on a clock of its own. Commands get lost, an exit is
//! refused, an instrument is halted, another one hardly trades; and it has to come to its end all the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::machine::{KillSwitch, Step, Verb};
use super::receipt::Receipt;
use super::view::{Confirmed, Entry, Held, Protective};
use crate::domain::bot::{Mark, Scope, Who};
use crate::domain::decimal::{Money, Price, Quantity};
use crate::domain::fees::{CommissionSchedule, FeeSchedule};
use crate::domain::ids::{DecisionId, Identity, OrderId, SessionId, StrategyName};
use crate::domain::market::{Bar, Instrument, Side};
use crate::domain::order::{Command, Intent, Plan, Purpose, Report};
use crate::domain::seed::{Rng, Seed};
use crate::domain::symbol::Symbol;
use crate::domain::time::{Date, Span, Timestamp};
use crate::venue::{FillRules, Terms, Venue};

/// The most orders that a drill is made with.
const MOST: usize = 1000;
/// How long a drill may take on its own clock.
const LIMIT: Span = Span::seconds(180);
/// For how many bars of a second the halted instrument does not trade.
const HALTED_BARS: u32 = 3;
/// One command in so many gets lost.
const LOST_ONE_IN: u64 = 20;

/// Something that happened in a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillStep {
    /// Milliseconds after the kill.
    pub ms: u64,
    /// What, in words.
    pub what: String,
}

/// How a drill went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillReport {
    /// The same seed gives the same drill.
    pub seed: u64,
    /// Orders that worked when it began.
    pub orders: usize,
    /// Of them entries.
    pub entries: usize,
    /// Positions that were held.
    pub positions: usize,
    /// Step by step.
    pub steps: Vec<DrillStep>,
    /// The receipt, as a real kill leaves one.
    pub receipt: Receipt,
    /// What went wrong, in words; none in a drill that passed.
    pub failures: Vec<String>,
}

impl DrillReport {
    /// Whether everything was closed in time and no rule was broken on the way.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Exercises the kill switch with so many open orders, 1 to 1000.
#[must_use]
pub fn drill(seed: Seed, orders: usize) -> DrillReport {
    let orders = orders.clamp(1, MOST);
    let mut switch = KillSwitch::begin(Verb::Kill, Scope::All, mark(Timestamp::default()));
    let mut report = DrillReport {
        seed: seed.0,
        orders,
        entries: 0,
        positions: 0,
        steps: Vec::new(),
        receipt: switch.receipt(Timestamp::default(), None),
        failures: Vec::new(),
    };
    match Scratch::new(seed, orders).and_then(|mut scratch| {
        switch = scratch.kill()?;
        Ok(scratch)
    }) {
        Ok(scratch) => {
            let view = scratch.view();
            report.receipt = switch.receipt(scratch.now, Some(&view));
            (report.entries, report.positions) = (scratch.entries, scratch.positions);
            (report.steps, report.failures) = (scratch.steps, scratch.failures);
        }
        Err(why) => report.failures.push(why),
    }
    report
}

fn mark(at: Timestamp) -> Mark {
    Mark { at, who: Who::Bot("drill".to_owned()), why: "the kill switch is exercised".to_owned() }
}

/// One bracket on the scratch venue, in an instrument of its own.
struct Bracket {
    decision: DecisionId,
    symbol: Symbol,
    side: Side,
    plan: Plan,
    entry: OrderId,
    stop: OrderId,
    target: OrderId,
    exits: Vec<OrderId>,
}

struct Scratch {
    rng: Rng,
    venue: Venue,
    identity: Identity,
    session: SessionId,
    brackets: Vec<Bracket>,
    entries: usize,
    positions: usize,
    began: Timestamp,
    now: Timestamp,
    bars: u32,
    steps: Vec<DrillStep>,
    failures: Vec<String>,
}

/// What a round of sending came to.
#[derive(Default)]
struct Round {
    cancels: usize,
    exits: usize,
    lost: usize,
    refused: usize,
}

fn said(error: impl std::fmt::Display) -> String {
    format!("the drill's own venue failed: {error}")
}

impl Scratch {
    /// A fifth of the orders' number are positions with stop and target, the rest entries that work.
    fn new(seed: Seed, orders: usize) -> Result<Self, String> {
        let mut rng = seed.part("drill", 0).rng();
        let positions = orders / 5;
        let entries = orders.saturating_sub(positions.saturating_mul(2));
        let count = positions.saturating_add(entries);
        let brackets = (0..count).map(|n| bracket(n, &mut rng)).collect::<Result<Vec<_>, _>>().map_err(said)?;
        let instruments = brackets.iter().map(|b| Instrument::us_equity(b.symbol)).collect();
        let session = SessionId::xnys(Date::from_days(20_000));
        let now = session.date.midnight() + Span::minutes(15 * 60);
        let cash = Money::whole(100_000_000);
        let mut scratch = Self {
            rng,
            venue: Venue::new(FillRules::default(), CommissionSchedule::default(), instruments, cash),
            identity: "DRILL_XX_SIM_00".parse().map_err(said)?,
            session,
            brackets,
            entries,
            positions,
            began: now,
            now,
            bars: 0,
            steps: Vec::new(),
            failures: Vec::new(),
        };
        scratch.set_the_scene()?;
        Ok(scratch)
    }

    /// Fills the first brackets' entries, then submits the others'.
    fn set_the_scene(&mut self) -> Result<(), String> {
        let rates = FeeSchedule::us_sales().map_err(said)?.at(self.session.date);
        let terms = Terms { session: self.session, settles: self.session.date.plus(1), rates };
        self.venue.open_session(terms).map_err(said)?;
        self.submit(0, self.positions)?;
        self.bar(true)?;
        self.submit(self.positions, self.brackets.len())?;
        if self.positions > 0 {
            self.venue.set_halted(0, true);
        }
        self.venue.refuse_exits(1);
        self.bars = 0;
        Ok(())
    }

    fn submit(&mut self, from: usize, to: usize) -> Result<(), String> {
        let expires_at = self.now + Span::minutes(60);
        let mut reports = Vec::new();
        for b in self.brackets.get(from..to).unwrap_or_default() {
            let intent = Intent {
                order: b.entry.clone(),
                decision: b.decision.clone(),
                strategy: StrategyName::Open,
                symbol: b.symbol,
                side: b.side,
                purpose: Purpose::Entry {
                    plan: b.plan,
                    stop_order: b.stop.clone(),
                    target_order: b.target.clone(),
                    expires_at,
                },
                quantity: Quantity::whole(100),
                decided_at: self.now,
            };
            self.venue.handle(self.now, &Command::Submit(intent), &mut reports).map_err(said)?;
        }
        Ok(())
    }

    /// The next second's bar in every instrument. The second one hardly trades.
    fn bar(&mut self, plenty: bool) -> Result<Vec<Report>, String> {
        let mut reports = Vec::new();
        self.now = self.now + Span::seconds(1);
        self.bars = self.bars.saturating_add(1);
        if self.bars >= HALTED_BARS {
            self.venue.set_halted(0, false);
        }
        for (place, b) in self.brackets.iter().enumerate() {
            let volume = if place == 1 && !plenty { 300 } else { self.rng.range(5_000, 50_000) };
            let (price, start) = (b.plan.reference, self.now);
            let (open, high, low, close) = (price, price, price, price);
            let bar = Bar { start, open, high, low, close, volume: Quantity::whole(volume) };
            self.venue.on_bar(place, &bar, None, &mut reports).map_err(said)?;
        }
        Ok(reports)
    }

    /// What the venue confirms now.
    fn view(&self) -> Confirmed {
        let working: BTreeSet<OrderId> = self.venue.working().into_iter().collect();
        let mut view = Confirmed { at: self.now, market_open: true, ..Confirmed::default() };
        let strategy = StrategyName::Open;
        for (place, b) in self.brackets.iter().enumerate() {
            let (decision, symbol, entry) = (b.decision.clone(), b.symbol, b.entry.clone());
            if working.contains(&b.entry) {
                view.entries.push(Entry { order: entry.clone(), strategy, symbol, unresolved: false });
            }
            for order in [&b.stop, &b.target].into_iter().filter(|o| working.contains(*o)) {
                let (order, decision) = (order.clone(), decision.clone());
                view.protective.push(Protective { order, decision, strategy, symbol });
            }
            let quantity = self.venue.position(place).magnitude();
            if !quantity.is_zero() {
                view.positions.push(Held {
                    decision,
                    entry,
                    strategy,
                    symbol,
                    side: b.side,
                    quantity,
                    exits: u32::try_from(b.exits.len()).unwrap_or(u32::MAX),
                    exiting: b.exits.iter().any(|e| working.contains(e)),
                    protected: working.contains(&b.stop),
                });
            }
        }
        if self.bars < HALTED_BARS {
            view.halted.extend(self.brackets.first().filter(|_| self.positions > 0).map(|b| b.symbol));
        }
        view
    }

    /// The kill, round after round, until the venue has confirmed the end.
    fn kill(&mut self) -> Result<KillSwitch, String> {
        self.now = self.now + Span::nanos(self.rng.range(0, 500_000_000));
        self.began = self.now;
        let mut switch = KillSwitch::begin(Verb::Kill, Scope::All, mark(self.now));
        self.note("the latch is set".to_owned());
        while self.now - self.began < LIMIT {
            let asked = self.now;
            self.now = self.now + Span::nanos(self.rng.range(2_000_000, 20_000_000));
            let view = Confirmed { at: self.now, ..self.view() };
            switch.see(self.now, &view);
            if switch.is_done() {
                self.note("nothing is held, nothing works: the venue has confirmed it".to_owned());
                return Ok(switch);
            }
            let steps = switch.decide(self.now, &view);
            self.send(&mut switch, &steps)?;
            self.check_protection();
            self.now = self.now.max(asked + Span::seconds(1)) - Span::seconds(1);
            let reports = self.bar(false)?;
            let fills = reports.iter().filter(|r| matches!(r, Report::Executed { .. })).count();
            for report in &reports {
                switch.hear(self.now, report);
            }
            if fills > 0 {
                self.note(format!("fills: {fills}"));
            }
        }
        let pending = switch.pending(Some(&self.view())).join(" ");
        self.failures.push(format!("not at its end after {} s: {pending}", LIMIT.as_seconds()));
        Ok(switch)
    }

    fn send(&mut self, switch: &mut KillSwitch, steps: &[Step]) -> Result<(), String> {
        let (mut round, mut reports) = (Round::default(), Vec::new());
        for step in steps {
            self.now = self.now + Span::nanos(self.rng.range(50_000, 250_000));
            let command = match step {
                Step::Cancel(order) => {
                    if round.exits > 0 && self.brackets.iter().any(|b| b.entry == *order) {
                        self.failures.push(format!("the entry {order} was cancelled after an exit was sent"));
                    }
                    round.cancels = round.cancels.saturating_add(1);
                    Command::Cancel(order.clone())
                }
                Step::Query(order) => Command::Query(order.clone()),
                Step::Exit(exit) => {
                    round.exits = round.exits.saturating_add(1);
                    let order = exit.reducing(&self.identity, 0, self.session, self.now).map_err(said)?;
                    self.note_exit(&order.intent().clone());
                    Command::Submit(order.intent().clone())
                }
            };
            switch.sent(self.now, step);
            if self.rng.chance(1, LOST_ONE_IN) {
                round.lost = round.lost.saturating_add(1);
            } else {
                self.venue.handle(self.now, &command, &mut reports).map_err(said)?;
            }
        }
        for report in &reports {
            if matches!(report, Report::Refused { .. }) {
                round.refused = round.refused.saturating_add(1);
            }
            switch.hear(self.now, report);
        }
        if !steps.is_empty() {
            let Round { cancels, exits, lost, refused } = round;
            self.note(format!("sent: cancels {cancels}, exits {exits}; lost on the way: {lost}; refused: {refused}"));
        }
        Ok(())
    }

    /// An exit is known by its bracket, and never larger than what is held.
    fn note_exit(&mut self, intent: &Intent) {
        let Some(place) = self.brackets.iter().position(|b| b.decision == intent.decision) else { return };
        let held = self.venue.position(place).magnitude();
        if intent.quantity > held {
            self.failures.push(format!("{}: an exit of {} for {held} held", intent.symbol, intent.quantity));
        }
        if let Some(bracket) = self.brackets.get_mut(place) {
            bracket.exits.push(intent.order.clone());
        }
    }

    /// EXEC-10a: what is held has its stop, or an order that closes it works.
    fn check_protection(&mut self) {
        let bare: Vec<_> =
            self.view().positions.iter().filter(|p| !p.protected && !p.exiting).map(|p| p.symbol).collect();
        for symbol in bare {
            self.failures.push(format!("{symbol} was held without a stop while nothing closed it"));
        }
    }

    fn note(&mut self, what: String) {
        let ms = u64::try_from((self.now - self.began).as_nanos() / 1_000_000).unwrap_or(0);
        self.steps.push(DrillStep { ms, what });
    }
}

fn bracket(number: usize, rng: &mut Rng) -> Result<Bracket, Box<dyn std::error::Error>> {
    let side = if rng.chance(1, 4) { Side::Short } else { Side::Long };
    let reference = rng.range(20, 400);
    // Far enough away that no bar of the drill touches them.
    let away = |by: i64| Price::whole(reference.saturating_add(side.sign().saturating_mul(by)));
    let plan = Plan {
        reference: Price::whole(reference),
        stop: away(-10),
        target: away(20),
        risk: Price::whole(10),
        atr: Price::whole(1),
        edge: None,
    };
    let id = |leg: &str| format!("drill-{number:04}-{leg}").parse::<OrderId>();
    Ok(Bracket {
        decision: format!("drill-{number:04}").parse()?,
        symbol: format!("DRL{number:04}").parse()?,
        side,
        plan,
        entry: id("entry")?,
        stop: id("stop")?,
        target: id("target")?,
        exits: Vec::new(),
    })
}
