//! The reporter: writes the board from its own fold of the chronicle and from what the supervisor says of the whole.

use std::collections::VecDeque;
use std::sync::Arc;

use actix::prelude::{Actor, Context, Handler, Supervised};
use desk::domain::bot::{BotState, Mode, VenueKind};
use desk::domain::decimal::{Money, Quantity, Ratio};
use desk::domain::event::{Body, Decision, Event};
use desk::domain::ids::StrategyName;
use desk::domain::journal::EntryKind;
use desk::domain::time::Timestamp;
use desk::domain::trade::{Trade, average};
use desk::domain::wide::{Overflow, Wide, value_of};
use desk::machines::broker::Tracked;
use desk::machines::market_data::SymbolMarket;
use desk::machines::risk::Used;
use desk::world::trader::{Halt, Setup};
use desk::world::worth::Worth;
use tokio::sync::watch;

use super::follower::Follower;
use super::told;
use super::tree::{REPORTER, Wiring};
use crate::messages::board::{
    ActorLine, Alert, Board, Coming, DataBoard, Day, DecisionLine, OrderLine, PositionLine, QualityLine, RefusalLine,
    SessionBoard, SkipLine, StrategyLine, UsedLimit,
};
use crate::messages::chronicle::{Chronicle, Piece};
use crate::messages::ledger::ToLedger;
use crate::messages::line::Post;
use crate::messages::past::Past;
use crate::messages::reporter::{Standing, ToReporter};
use crate::messages::reports::{Reports, ToReports};
use crate::messages::screener::ScreenBoard;

/// What the board says that never changes.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Where the market data come from.
    pub feed_name: String,
    /// The kind of venue.
    pub venue: VenueKind,
    /// When they begin: the bot's clock before anything has happened.
    pub from: Timestamp,
}

/// What a session has brought, counted.
#[derive(Debug, Default)]
struct Session {
    trades: Vec<Trade>,
    decisions: VecDeque<DecisionLine>,
    signals: Vec<(StrategyName, bool)>,
    refusals: Vec<RefusalLine>,
    skips: Vec<SkipLine>,
    fees: Wide,
    sent: u64,
    curve: Vec<(Timestamp, Money)>,
    closed: bool,
    fed_at: Option<Timestamp>,
    /// The result of the books at its begin.
    result_before: Wide,
}

impl Session {
    /// Counts what refused a signal.
    fn refused(&mut self, decision: &Decision) {
        let Some((gate, reason)) = decision.blocked else { return };
        let (strategy, symbol) = (decision.strategy, decision.symbol);
        let same = |r: &&mut RefusalLine| (r.strategy, r.symbol, r.gate, r.reason) == (strategy, symbol, gate, reason);
        match self.refusals.iter_mut().find(same) {
            Some(line) => line.count = line.count.saturating_add(1),
            None => self.refusals.push(RefusalLine { strategy, symbol, gate, reason, count: 1 }),
        }
    }
}

/// The reporter.
pub(super) struct Reporter {
    wiring: Arc<Wiring>,
    sign: Sign,
    follower: Follower,
    session: Session,
    standing: Standing,
    screen: Option<ScreenBoard>,
    actors: Vec<ActorLine>,
    alerts: VecDeque<Alert>,
    board: watch::Sender<Arc<Board>>,
    number: u64,
    now: Timestamp,
    reports: Reports,
    /// What the books hold, summed anew where something was booked.
    worth: Worth,
}

/// Where the bot stands before the supervisor has said anything.
fn unknown() -> Standing {
    Standing {
        state: BotState::Initialize,
        since: Timestamp::default(),
        reason: None,
        applying: None,
        mode: Mode::Paper,
        latch: None,
        latch_written: None,
        defense: None,
        freezes: Vec::new(),
        suspended: Vec::new(),
        closing: None,
        drill: None,
        past: Past::default(),
        rehearsing: false,
        open_days: Vec::new(),
    }
}

/// The board before anything has happened.
pub(super) fn first(setup: &Setup, sign: &Sign) -> Board {
    let float = setup.limits.float;
    Board {
        number: 0,
        at: sign.from,
        identity: setup.identity.clone(),
        mode: Mode::Paper,
        venue: sign.venue,
        feed_name: sign.feed_name.clone(),
        state: BotState::Initialize,
        since: Timestamp::default(),
        reason: None,
        applying: None,
        rehearsing: false,
        open_days: Vec::new(),
        session: None,
        latch: None,
        latch_written: None,
        defense: None,
        freezes: Vec::new(),
        fed_at: None,
        data: DataBoard::default(),
        float,
        floats: Vec::new(),
        day: Day {
            net: Money::ZERO,
            realised: Money::ZERO,
            unrealised: Money::ZERO,
            fees: Money::ZERO,
            open_fees: Money::ZERO,
            loss_limit: setup.limits.day_loss,
            at_stops: Money::ZERO,
            equity: float,
            curve: Vec::new(),
            sent: 0,
        },
        limits: Vec::new(),
        positions: Vec::new(),
        orders: Vec::new(),
        strategies: Vec::new(),
        decisions: Vec::new(),
        trades: Vec::new(),
        screen: None,
        actors: Vec::new(),
        closing: None,
        drill: None,
        past: Past::default(),
        refusals: Vec::new(),
        skips: Vec::new(),
        alerts: Vec::new(),
    }
}

/// Whether a piece books fills alone, with the marks of wash sales that follow them in the same step.
fn books_fills(piece: &Piece) -> bool {
    let Piece::Booked(entries) = piece else { return false };
    let kinds = || entries.iter().map(|e| e.draft.kind);
    kinds().next() == Some(EntryKind::Fill) && kinds().all(|kind| matches!(kind, EntryKind::Fill | EntryKind::WashSale))
}

impl Reporter {
    /// A reporter before it has heard the chronicle.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(
        wiring: Arc<Wiring>,
        sign: Sign,
        board: watch::Sender<Arc<Board>>,
        reports: Reports,
    ) -> Result<Self, Halt> {
        Ok(Self {
            follower: Follower::new(wiring.setup.clone())?,
            wiring,
            now: sign.from,
            sign,
            session: Session::default(),
            standing: unknown(),
            screen: None,
            actors: Vec::new(),
            alerts: VecDeque::new(),
            board,
            number: 0,
            reports,
            worth: Worth::default(),
        })
    }

    fn step(&mut self, message: ToReporter) -> Result<(), Halt> {
        match message {
            ToReporter::Beat(beat) => {
                self.wiring.pulse(REPORTER).answer(beat);
                return Ok(());
            }
            ToReporter::Welcome(chronicle) => {
                self.follower.welcome(&Chronicle::default())?;
                (self.session, self.worth) = (Session::default(), Worth::default());
                chronicle.pieces.iter().try_for_each(|piece| self.take(piece))?;
                self.reports.tell(|| ToReports::Welcome(chronicle));
            }
            ToReporter::Piece(piece) => {
                if !self.follower.is_welcome() {
                    return Ok(());
                }
                self.take(&piece)?;
                told::piece(&piece);
                // The event of a fill comes next, and is shown with it.
                let fill = books_fills(&piece);
                self.reports.tell(|| ToReports::Piece(piece));
                if fill {
                    return Ok(());
                }
            }
            ToReporter::Standing(standing) => self.standing = *standing,
            ToReporter::Screened(screen) => self.screen = Some(*screen),
            ToReporter::Actors(actors) => self.actors = actors,
            ToReporter::Alerted(alert) => {
                self.reports.tell(|| ToReports::Alerted(alert.clone()));
                self.alerts.push_front(alert);
                self.alerts.truncate(Board::ALERTS);
            }
            #[cfg(test)]
            ToReporter::Fault(fault) => super::tests::act_out(fault),
            // It is shown with the next change.
            ToReporter::Skipped(strategy, lines) => {
                self.reports.tell(|| ToReports::Skipped(strategy, lines.clone()));
                self.session.skips.retain(|line| line.strategy != strategy);
                self.session.skips.extend(lines);
                return Ok(());
            }
        }
        self.publish()
    }

    fn take(&mut self, piece: &Piece) -> Result<(), Halt> {
        self.follower.take(piece)?;
        match piece {
            Piece::Session(terms) => {
                self.session = Session { result_before: self.result()?, ..Session::default() };
                self.now = terms.hours.open;
            }
            Piece::Events(events) => events.iter().for_each(|e| self.count(e)),
            Piece::Booked(entries) => {
                self.follower.trader.follow_books(entries);
                self.worth.follow(self.follower.trader.books())?;
            }
            Piece::Configured(_) => {}
            Piece::Moment(instant) => {
                self.now = instant.at;
                if !instant.bars.is_empty() {
                    self.session.fed_at = Some(instant.at);
                }
                let net = self.net()?;
                self.session.curve.push((instant.at, net));
            }
        }
        Ok(())
    }

    fn count(&mut self, event: &Event) {
        self.now = self.now.max(event.at);
        let session = &mut self.session;
        match &event.body {
            Body::Decided(decision) => {
                let outcome = if decision.blocked.is_some() { "blocked" } else { "pending" };
                session.signals.push((decision.strategy, decision.blocked.is_some()));
                session.refused(decision);
                let line = DecisionLine { at: event.at, decision: decision.as_ref().clone(), outcome };
                session.decisions.push_front(line);
                session.decisions.truncate(Board::DECISIONS);
            }
            Body::Intended(_) => session.sent = session.sent.saturating_add(1),
            Body::Executed { order, execution, .. } => {
                let fees = execution.accrued.iter().map(|(_, fee)| *fee).chain([execution.commission]);
                session.fees = fees.fold(session.fees, |sum, fee| sum + Wide::from(fee));
                let portfolio = self.follower.trader.portfolio();
                let owner = portfolio.of_order(order).filter(|p| p.entry == *order).map(|p| p.decision.clone());
                self.settle(owner.as_ref(), "executed");
            }
            Body::EntryMissed { decision, .. } => self.settle(Some(decision), "missed"),
            Body::TradeClosed(trade) => {
                self.settle(Some(&trade.decision), "executed");
                self.session.trades.insert(0, trade.as_ref().clone());
            }
            Body::SessionClosed { .. } => session.closed = true,
            _ => {}
        }
    }

    fn settle(&mut self, decision: Option<&desk::domain::ids::DecisionId>, outcome: &'static str) {
        let found = self.session.decisions.iter_mut().find(|line| Some(&line.decision.id) == decision);
        if let Some(line) = found {
            line.outcome = outcome;
        }
    }

    /// Equity by the books; before their first entry the cash that will be the first.
    fn equity(&self) -> Result<Money, Overflow> {
        let trader = &self.follower.trader;
        if trader.books().last_seq() == 0 { Ok(trader.float()) } else { trader.worth_of(&self.worth)?.money() }
    }

    /// What the books have earned so far, open positions at market: float that moved is no part of it.
    fn result(&self) -> Result<Wide, Overflow> {
        let trader = &self.follower.trader;
        Ok(trader.worth_of(&self.worth)? - self.worth.contributed())
    }

    /// The session's result, by the books (LEDG-3a).
    fn net(&self) -> Result<Money, Overflow> {
        (self.result()? - self.session.result_before).money()
    }

    fn publish(&mut self) -> Result<(), Halt> {
        self.number = self.number.saturating_add(1);
        let (standing, trader) = (&self.standing, &self.follower.trader);
        let (positions, strategies) = (self.positions()?, self.strategies()?);
        let board = Board {
            number: self.number,
            at: self.now,
            mode: standing.mode,
            state: standing.state,
            since: standing.since,
            reason: standing.reason.clone(),
            applying: standing.applying,
            rehearsing: standing.rehearsing,
            open_days: standing.open_days.clone(),
            session: self.session_board(&strategies, &positions),
            latch: standing.latch.clone(),
            latch_written: standing.latch_written,
            defense: standing.defense.clone(),
            freezes: standing.freezes.clone(),
            fed_at: self.session.fed_at,
            data: self.data(),
            day: self.day(&positions)?,
            limits: trader.used()?.into_iter().map(used_limit).collect(),
            float: trader.risk().limits().float,
            floats: trader.risk().assigned().to_vec(),
            orders: trader.broker().iter().filter_map(|(id, t)| order_line(id, t)).collect(),
            positions,
            strategies,
            decisions: self.session.decisions.iter().cloned().collect(),
            trades: self.session.trades.clone(),
            screen: self.screen.clone(),
            actors: self.actors.clone(),
            closing: standing.closing.clone(),
            drill: standing.drill.clone(),
            past: standing.past.clone(),
            alerts: self.alerts.iter().cloned().collect(),
            refusals: self.session.refusals.clone(),
            skips: self.session.skips.clone(),
            ..first(&self.wiring.setup, &self.sign)
        };
        self.board.send_replace(Arc::new(board));
        Ok(())
    }

    /// A window that nobody will trade in is none that comes: its strategy is off or suspended, or the bot does not trade.
    fn session_board(&self, lines: &[StrategyLine], positions: &[PositionLine]) -> Option<SessionBoard> {
        let hours = self.follower.trader.terms()?.hours;
        let trades = self.standing.state.trades();
        let (mut windows, mut next) = (Vec::new(), Vec::new());
        for (strategy, line) in self.follower.trader.strategies().iter().zip(lines) {
            let name = strategy.name();
            let Some((from, to)) = line.window else { continue };
            let takes_part = line.takes_part();
            if takes_part && strategy.is_open(self.now) {
                windows.push(name);
            }
            if takes_part && trades {
                let comings = [(from, format!("{name} opens")), (to, format!("{name} ends"))];
                next.extend(comings.map(|(at, what)| Coming { at, what }));
            }
            let may_hold = takes_part && trades && self.now < to;
            if may_hold || positions.iter().any(|p| p.strategy == name) {
                next.push(Coming { at: strategy.exit_at(), what: format!("{name} is flat") });
            }
        }
        next.push(Coming { at: hours.close, what: "session closes".to_owned() });
        next.retain(|coming| coming.at > self.now);
        next.sort_by_key(|coming| coming.at);
        Some(SessionBoard {
            id: hours.session,
            open: hours.open,
            close: hours.close,
            windows,
            next,
            closed: self.session.closed,
        })
    }

    fn data(&self) -> DataBoard {
        let trader = &self.follower.trader;
        let mut told = DataBoard::default();
        for (place, symbol) in trader.symbols().iter().enumerate() {
            let Some(market) = trader.market(place) else { continue };
            let Some(lowest) = market.lowest_score() else { continue };
            told.symbols = told.symbols.saturating_add(1);
            told.clean = told.clean.saturating_add(u64::from(market.clean_bars()));
            told.corrupt = told.corrupt.saturating_add(u64::from(market.corrupt_bars()));
            told.fallen = told.fallen.saturating_add(u64::from(market.fallen_bars()));
            if lowest < Ratio::whole(1) || market.corrupt_bars() > 0 {
                let (score, corrupt) = (market.score(), market.corrupt_bars());
                told.lowest.push(QualityLine { symbol: *symbol, score, lowest, corrupt });
            }
        }
        told.lowest.sort_by_key(|line| (line.lowest, line.score));
        told.lowest.truncate(DataBoard::LOWEST);
        told
    }

    fn positions(&self) -> Result<Vec<PositionLine>, Overflow> {
        let trader = &self.follower.trader;
        let mut lines = Vec::new();
        for p in trader.portfolio().iter().filter(|p| p.held() > Quantity::ZERO) {
            let place = trader.symbols().binary_search(&p.symbol).ok();
            let last = place.and_then(|place| trader.market(place)).and_then(SymbolMarket::last_close);
            let entry = average(p.entry_value().money()?, p.entered)?;
            let away =
                last.map_or(Ok(Wide::ZERO), |last| Ok((Wide::from(last) - Wide::from(entry)) * p.side.sign()))?;
            lines.push(PositionLine {
                symbol: p.symbol,
                strategy: p.strategy,
                side: p.side,
                quantity: p.held(),
                entry,
                last,
                stop: p.stop,
                target: p.plan.target,
                unrealised: value_of(p.held(), away.price()?)?,
                since: p.entered_at.unwrap_or(p.signal_at),
                decision: p.decision.clone(),
            });
        }
        Ok(lines)
    }

    fn day(&self, positions: &[PositionLine]) -> Result<Day, Overflow> {
        let net = self.net()?;
        let trades = self.session.trades.iter();
        let realised = trades.map(Trade::net).try_fold(Wide::ZERO, |sum, n| n.map(|n| sum + Wide::from(n)))?;
        let unrealised = positions.iter().fold(Wide::ZERO, |sum, p| sum + Wide::from(p.unrealised));
        let mut at_stops = Wide::from(net);
        for p in positions {
            let to_stop = (Wide::from(p.stop) - Wide::from(p.last.unwrap_or(p.entry))) * p.side.sign();
            at_stops += Wide::from(value_of(p.quantity, to_stop.price()?)?);
        }
        Ok(Day {
            net,
            realised: realised.money()?,
            unrealised: unrealised.money()?,
            fees: self.session.fees.money()?,
            open_fees: (Wide::from(net) - realised - unrealised).money()?,
            loss_limit: self.follower.trader.risk().limits().day_loss,
            at_stops: at_stops.money()?,
            equity: self.equity()?,
            curve: self.session.curve.clone(),
            sent: self.session.sent,
        })
    }

    fn strategies(&self) -> Result<Vec<StrategyLine>, Overflow> {
        let strategies = self.follower.trader.strategies().iter().enumerate();
        let counted = |what: usize| u64::try_from(what).unwrap_or(u64::MAX);
        strategies
            .map(|(index, strategy)| {
                let name = strategy.name();
                let signals: Vec<_> = self.session.signals.iter().filter(|(s, _)| *s == name).collect();
                let nets = self.session.trades.iter().filter(|t| t.strategy == name).map(Trade::net);
                let nets = nets.collect::<Result<Vec<_>, _>>()?;
                let suspended = self.standing.suspended.iter().find(|(i, _)| *i == index);
                Ok(StrategyLine {
                    name,
                    on: strategy.is_on(),
                    changes: strategy.waiting().is_some(),
                    in_force: *strategy.strategy().parameters(),
                    window: strategy.window(),
                    suspended: suspended.map(|(_, why)| why.clone()),
                    signals: counted(signals.len()),
                    blocked: counted(signals.iter().filter(|(_, blocked)| *blocked).count()),
                    trades: counted(nets.len()),
                    won: counted(nets.iter().filter(|n| **n > Money::ZERO).count()),
                    net: nets.iter().fold(Wide::ZERO, |sum, n| sum + Wide::from(*n)).money()?,
                })
            })
            .collect()
    }
}

fn used_limit(used: Used) -> UsedLimit {
    let Used { key, used, limit, nearest } = used;
    UsedLimit { key, used, limit, nearest }
}

fn order_line(id: &desk::domain::ids::OrderId, t: &Tracked) -> Option<OrderLine> {
    if t.state.is_terminal() || t.state == desk::domain::order::OrderState::Planned {
        return None;
    }
    Some(OrderLine {
        order: id.clone(),
        leg: t.leg,
        strategy: t.strategy,
        symbol: t.symbol,
        state: t.state,
        asked: t.asked,
        filled: t.filled,
    })
}

impl Actor for Reporter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Join(REPORTER)));
    }
}

impl Supervised for Reporter {
    fn restarting(&mut self, _: &mut Context<Self>) {
        let (standing, screen) = (self.standing.clone(), self.screen.clone());
        match Self::new(Arc::clone(&self.wiring), self.sign.clone(), self.board.clone(), self.reports.clone()) {
            Ok(anew) => *self = Self { standing, screen, number: self.number, ..anew },
            Err(halt) => self.wiring.halted(REPORTER, &halt),
        }
    }
}

impl Handler<Post<ToReporter>> for Reporter {
    type Result = ();

    fn handle(&mut self, post: Post<ToReporter>, _: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(REPORTER).begin();
        if let Err(halt) = self.step(post.body) {
            self.wiring.halted(REPORTER, &halt);
        }
    }
}

#[cfg(test)]
mod tests {
    use desk::domain::journal::entry::entry_id;
    use desk::domain::journal::{Draft, Entry};

    use super::*;

    /// LEDG-3: the books and the event of a fill are shown together, whether or not the fill marks a wash sale. What comes without an
    /// event, as a fill that is booked anew, is shown by itself.
    #[test]
    fn ledg_3_a_fill_and_its_marks_are_shown_with_their_event() {
        use EntryKind::{Fill, Reversal, WashSale};
        let (identity, at) = ("EXAMPLE_US_SIM_01".parse().unwrap(), Timestamp::from_seconds(1_800_000_000));
        let booked = |kinds: &[EntryKind]| {
            let entry = |kind| Entry {
                seq: 1,
                entry_id: entry_id(&identity, kind, "x1").unwrap(),
                booked_at: at,
                draft: Draft::new(kind, "x1", "XNYS:2026-11-20".parse().unwrap(), at),
            };
            books_fills(&Piece::Booked(kinds.iter().map(|kind| entry(*kind)).collect()))
        };
        for fills in [&[Fill][..], &[Fill, Fill], &[Fill, WashSale], &[Fill, WashSale, WashSale, Fill]] {
            assert!(booked(fills), "{fills:?}");
        }
        for others in [&[WashSale][..], &[Reversal, Fill, WashSale], &[Fill, EntryKind::FeeRounding]] {
            assert!(!booked(others), "{others:?}");
        }
    }
}
