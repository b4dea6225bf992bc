//! One window: the strategy alone, with a venue, books and a clock of its own.

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::time::Duration;

use desk::domain::decimal::Quantity;
use desk::domain::event::Body;
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::Identity;
use desk::domain::journal::EntryKind;
use desk::domain::records::GateName;
use desk::domain::time::{Span, Timestamp};
use desk::machines::ledger::verify::{StoredClosing, StoredEntry, Verifier};
use desk::machines::market_data::Hours;
use desk::machines::rehearsal::{Segment, WindowRan};
use desk::strategies::Readiness;
use desk::world::backtest::{Backtest, Closed, Progress, Stopped, Watcher};
use desk::world::trader::{Halt, Setup};

use super::stage::Scene;
use super::teller::Teller;
use crate::gateway::clock::Stopwatch;
use crate::messages::rehearsal::WindowState;

/// A window that is to be played.
pub(super) struct Window<'a> {
    pub(super) index: usize,
    pub(super) segment: &'a Segment,
    pub(super) scene: &'a Scene,
    /// The strategy alone, under the rehearsal's name.
    pub(super) setup: Setup,
    pub(super) fees: &'a FeeSchedule,
    /// Whether the live broker answers and the books agree with it.
    pub(super) broker: bool,
    /// Why it is to end at once, as soon as somebody says so.
    pub(super) stop: &'a OnceLock<String>,
}

/// What a window came to.
pub(super) struct Played {
    pub(super) ran: WindowRan,
    pub(super) orders: u64,
    pub(super) unended: u64,
    pub(super) positions: u64,
    /// Entries verified, or what is wrong with its books.
    pub(super) books: Result<u64, String>,
}

impl Window<'_> {
    /// Plays it.
    ///
    /// # Errors
    /// Where the machines cannot be made.
    pub(super) fn play(self, teller: &mut Teller<'_>) -> Result<Played, Halt> {
        let watch = Stopwatch::start();
        let (index, segment) = (self.index, self.segment);
        let identity = self.setup.identity.clone();
        let mut backtest = Backtest::new(self.setup, self.fees.clone())?;
        let failing = self_check(&backtest, self.scene, self.broker);
        teller.window(index, |w| w.state = WindowState::Running);
        let begun = match failing.as_slice() {
            [] => "self-check passed; the window begins".to_owned(),
            failing => format!("self-check: {}", failing.join("; ")),
        };
        teller.say(None, Some(segment.strategy), begun);
        let mut looking = Looking {
            teller,
            index,
            segment,
            stop: self.stop,
            watch: None,
            events: 0,
            bars: (0, 0),
            signals: 0,
            closing: None,
        };
        let outcome = backtest.run(&self.scene.tapes, &mut looking);
        let Looking { bars, signals, closing, .. } = looking;
        let halted = match &outcome {
            Ok(()) | Err(Stopped::Interrupted) => None,
            Err(stopped) => Some(stopped.to_string()),
        };
        if let Some(why) = &halted {
            teller.say(None, Some(segment.strategy), format!("the machines halted: {why}"));
        }
        let ended = outcome.is_ok();
        let events = &backtest.trader.record.events;
        let count = |wanted: fn(&Body) -> bool| number(events.iter().filter(|e| wanted(&e.body)).count());
        let live = backtest.trader.broker().iter().filter(|(_, t)| !t.state.is_terminal());
        let held = backtest.trader.portfolio().iter().filter(|p| p.held() > Quantity::ZERO);
        let (unended, positions) = (number(live.count()), number(held.count()));
        let ran = WindowRan {
            strategy: segment.strategy,
            failing,
            ended,
            bars: bars.1,
            signals,
            decisions: count(|b| matches!(b, Body::Decided(d) if d.trace.len() == GateName::ALL.len())),
            fills: count(|b| matches!(b, Body::Executed { .. })),
            wall: span(watch.elapsed()),
        };
        let orders = count(|b| matches!(b, Body::Intended(_)));
        let books = halted.map_or_else(|| verified(&backtest, &identity, closing.as_deref()), Err);
        let took = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        teller.window(index, |w| {
            w.state = if ended { WindowState::Done } else { WindowState::Cut };
            w.took_ms = Some(took);
        });
        let end = if ended { "the window is over" } else { "the window was cut short" };
        teller.say(None, Some(segment.strategy), end);
        Ok(Played { ran, orders, unended, positions, books })
    }
}

/// Points of the strategy's self-check that fail. The market's clock is the tape's own, and never off.
fn self_check(backtest: &Backtest, scene: &Scene, broker: bool) -> Vec<String> {
    let session = &scene.session;
    let readiness = Readiness {
        feed: scene.tapes.iter().any(|tape| !tape.bars.is_empty()),
        broker,
        clock: true,
        float: backtest.trader.float(),
        hours: Hours { session: session.id, open: session.open, close: session.close },
    };
    let strategies = backtest.trader.strategies().iter();
    strategies.flat_map(|s| s.strategy().self_check(&readiness)).map(|failing| failing.to_string()).collect()
}

/// Verifies its books from their bytes.
fn verified(backtest: &Backtest, identity: &Identity, closing: Option<&[u8]>) -> Result<u64, String> {
    let mut verifier = Verifier::new(identity.clone());
    let entries = &backtest.trader.record.entries;
    for (stored, seq) in entries.iter().zip(1..) {
        // A session has one closing, and it is the last entry.
        let last = stored.entry().is_ok_and(|entry| entry.draft.kind == EntryKind::DayClose);
        let closing = closing.filter(|_| last).map(|record| StoredClosing { record, balances: None, lots: None });
        let stored =
            StoredEntry { seq, bytes: &stored.bytes, hash: stored.hash, columns: None, postings: None, closing };
        verifier.entry(&stored).map_err(|fault| fault.to_string())?;
    }
    Ok(verifier.verified().head.seq)
}

/// Looks on: tells what happens, keeps the pace, and ends it when somebody says so.
struct Looking<'a, 'b> {
    teller: &'a mut Teller<'b>,
    index: usize,
    segment: &'a Segment,
    stop: &'a OnceLock<String>,
    /// Begins with the window: what comes before it warms up, and is not waited for.
    watch: Option<Stopwatch>,
    /// How many events were told.
    events: usize,
    /// Bars seen in all, and of them in the window.
    bars: (u64, u64),
    signals: u64,
    closing: Option<Vec<u8>>,
}

impl Looking<'_, '_> {
    fn tell(&mut self, progress: &Progress<'_>) {
        let events = &progress.trader.record.events;
        for event in events.get(self.events..).unwrap_or_default() {
            self.teller.heard(self.index, event);
        }
        self.events = events.len();
        let fresh = progress.bars.saturating_sub(self.bars.0);
        let inside = self.segment.from < progress.now && progress.now <= self.segment.to;
        self.bars = (progress.bars, self.bars.1.saturating_add(if inside { fresh } else { 0 }));
        let (bars, market) = (self.bars.1, progress.now.clamp(self.segment.from, self.segment.to));
        self.teller.window(self.index, |w| (w.bars, w.market) = (bars, market));
        self.teller.progress();
    }

    /// Waits until the window's share of wall time has passed. What comes after it is not waited for.
    fn keep_pace(&mut self, now: Timestamp) {
        let Segment { from, to, wall, .. } = *self.segment;
        if now <= from || now > to {
            return;
        }
        let watch = *self.watch.get_or_insert_with(Stopwatch::start);
        let (gone, whole) = (i128::from((now - from).as_nanos()), i128::from((to - from).as_nanos()));
        let due = i128::from(wall.as_nanos()).saturating_mul(gone).checked_div(whole).unwrap_or(0);
        watch.wait_until(Duration::from_nanos(u64::try_from(due).unwrap_or(0)), || self.stop.get().is_none());
    }
}

impl Watcher for Looking<'_, '_> {
    fn instant(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        self.tell(progress);
        self.keep_pace(progress.now);
        if self.stop.get().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn session(&mut self, closed: &Closed<'_>) -> Result<(), Halt> {
        let places = 0..closed.trader.symbols().len();
        let machines = closed.trader.strategies().iter();
        let counted = machines.flat_map(|s| places.clone().map(|place| s.next_signal(place).saturating_sub(1)));
        self.signals = counted.map(u64::from).fold(0, u64::saturating_add);
        self.closing = Some(closed.closing.bytes.clone());
        Ok(())
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn span(elapsed: Duration) -> Span {
    Span::nanos(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX))
}
