//! A session as it goes: the chronicle folded, its minutes watched as a backtest's are, its bars kept for the charts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use desk::domain::calendar::{Calendar, Session};
use desk::domain::decimal::Money;
use desk::domain::event::{Body, Event};
use desk::domain::ids::{SessionId, StrategyName};
use desk::domain::journal::{Entry, EntryKind};
use desk::domain::market::Bar;
use desk::domain::records::{CountedReason, Mode};
use desk::domain::symbol::{Currency, Symbol};
use desk::domain::time::Timestamp;
use desk::domain::wide::Overflow;
use desk::machines::ledger::Head;
use desk::world::conductor::Moment;
use desk::world::harvest::{AtOpen, Booked, Ending, Harvest, Source, Watched, harvest};
use desk::world::seats::Listener;
use desk::world::trader::{Halt, SessionTerms, Setup, Trader};

use crate::actors::follower::Follower;
use crate::messages::board::SkipLine;
use crate::messages::chronicle::{Chronicle, Piece};

/// Why evaluations ended without a signal: how often, and the last time.
type Counts = BTreeMap<(StrategyName, Symbol, String), (u64, Timestamp)>;

/// A session as it goes.
pub(super) struct Fold {
    setup: Setup,
    follower: Follower,
    watched: Watched,
    session: Option<Session>,
    at_open: Option<AtOpen>,
    /// The minute whose decisions may still come.
    minute: Option<Timestamp>,
    events: Vec<Event>,
    bars: Vec<Vec<Bar>>,
    counted: Counts,
    /// What an earlier process of this session had counted.
    before: Counts,
}

impl Fold {
    /// Nothing yet.
    ///
    /// # Errors
    /// [`Halt::Strategy`].
    pub(super) fn new(setup: &Setup) -> Result<Self, Halt> {
        let mut follower = Follower::new(setup.clone())?;
        follower.welcome(&Chronicle::default())?;
        Ok(Self {
            setup: setup.clone(),
            follower,
            watched: Watched::default(),
            session: None,
            at_open: None,
            minute: None,
            events: Vec::new(),
            bars: vec![Vec::new(); setup.instruments.len()],
            counted: Counts::new(),
            before: Counts::new(),
        })
    }

    /// How the bot is set up, with the limits that hold now, and with the strategies that have traded in this session.
    pub(super) fn setup(&self) -> Setup {
        let trader = self.trader();
        let (limits, screen) = (*trader.risk().limits(), trader.criteria().cloned());
        Setup { limits, strategies: trader.trading(), screen, ..self.setup.clone() }
    }

    /// The bot as it stands.
    pub(super) const fn trader(&self) -> &Trader<Listener> {
        &self.follower.trader
    }

    /// Equity by the books at the last minute that is over.
    pub(super) fn equity(&self) -> Option<Money> {
        self.watched.equity().and_then(|equity| equity.money().ok())
    }

    /// The session that goes on, or the one that has just been closed.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The session's events so far.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// A symbol's bars of the session so far.
    pub(super) fn bars(&self, place: usize) -> &[Bar] {
        self.bars.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// A session begins.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) fn open(&mut self, terms: SessionTerms) -> Result<(), Halt> {
        self.follower.take(&Piece::Session(terms))?;
        self.session = Calendar::XNYS.session(terms.hours.session.date);
        (self.at_open, self.minute) = (None, None);
        self.events.clear();
        self.bars.iter_mut().for_each(Vec::clear);
        self.counted.clear();
        self.before.clear();
        Ok(())
    }

    /// A piece that is neither a session nor an event. The minute that it ended comes back.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) fn take(&mut self, piece: &Piece) -> Result<Option<Timestamp>, Halt> {
        let moment = match piece {
            Piece::Moment(moment) => moment,
            Piece::Booked(entries) => return self.book(entries),
            other => {
                self.follower.take(other)?;
                return Ok(None);
            }
        };
        let ended = self.settle()?;
        if self.at_open.is_none() {
            self.at_open = Some(AtOpen::of(self.trader())?);
        }
        self.follower.take(piece)?;
        self.keep(moment);
        Ok(ended)
    }

    /// Entries of the books, which come before the events that they belong to. The minute that is over with them comes back: with
    /// what is booked later, and at the close with the rounding of the session's fees.
    fn book(&mut self, entries: &[Entry]) -> Result<Option<Timestamp>, Halt> {
        let ends = |entry: &Entry| {
            entry.draft.kind == EntryKind::FeeRounding || self.minute.is_some_and(|m| entry.booked_at > m)
        };
        let over = entries.iter().any(ends);
        let ended = if over { self.settle()? } else { None };
        self.follower.trader.follow_books(entries);
        Ok(ended)
    }

    fn keep(&mut self, moment: &Moment) {
        for (place, bar, _) in &moment.bars {
            if let Some(bars) = self.bars.get_mut(*place) {
                bars.push(*bar);
            }
        }
        self.minute = Some(moment.at);
    }

    /// An event. The minute that is over with it comes back: what the venue did in the next is of the next.
    ///
    /// # Errors
    /// [`Halt`].
    pub(super) fn event(&mut self, event: &Event) -> Result<Option<Timestamp>, Halt> {
        let over = matches!(event.body, Body::SessionClosed { .. }) || self.minute.is_some_and(|m| event.at > m);
        let ended = if over { self.settle()? } else { None };
        self.follower.trader.follow(event)?;
        self.events.push(event.clone());
        Ok(ended)
    }

    fn settle(&mut self) -> Result<Option<Timestamp>, Halt> {
        let Some(minute) = self.minute.take() else { return Ok(None) };
        let close = self.session.as_ref().map_or(Timestamp::MAX, |s| s.close);
        self.watched.mark(minute, close, &self.follower.trader)?;
        Ok(Some(minute))
    }

    /// What a strategy has counted since its process began.
    pub(super) fn skipped(&mut self, strategy: StrategyName, lines: &[SkipLine]) {
        let Some(now) = self.minute.or_else(|| self.session.as_ref().map(|s| s.close)) else { return };
        for line in lines {
            let slot = self.counted.entry((strategy, line.symbol, line.reason.to_owned())).or_insert((0, now));
            if line.count > slot.0 {
                *slot = (line.count, now);
            }
        }
    }

    /// Goes on from what an earlier process of this session had counted.
    pub(super) fn counted_before(&mut self, counted: &[CountedReason]) {
        let own = self.session.as_ref().map(|s| s.id);
        let kept = counted.iter().filter(|c| Some(c.session) == own);
        let pair = |c: &CountedReason| ((c.strategy_name, c.ticker, c.reason.to_string()), (c.count, c.last_at));
        self.before = kept.map(pair).collect();
    }

    /// All evaluations of the session without a signal.
    pub(super) fn counted(&self, session: SessionId) -> Vec<CountedReason> {
        let mut sums = self.before.clone();
        for (key, (count, last)) in &self.counted {
            let slot = sums.entry(key.clone()).or_insert((0, *last));
            *slot = (slot.0.saturating_add(*count), slot.1.max(*last));
        }
        let record = |((strategy_name, ticker, reason), (count, last_at))| CountedReason {
            session,
            strategy_name,
            ticker,
            reason: Cow::Owned(reason),
            count,
            last_at,
        };
        sums.into_iter().filter(|(_, (count, _))| *count > 0).map(record).collect()
    }

    /// The session has been closed; its books end here.
    ///
    /// # Errors
    /// [`Overflow`].
    pub(super) fn end(&mut self, head: Head, outside: &[u64]) -> Result<(), Overflow> {
        let Some(session) = &self.session else { return Ok(()) };
        self.watched.counted = self.counted(session.id);
        let at_open = self.at_open.map_or_else(|| AtOpen::of(self.trader()), Ok)?;
        self.watched.end(&Ending { session, trader: &self.follower.trader, outside, at_open, head });
        Ok(())
    }

    /// The session's records so far, by the same code as a backtest's.
    ///
    /// # Errors
    /// [`Overflow`].
    pub(super) fn harvest(&self, booked: &Booked, mode: Mode, currency: Currency) -> Result<Harvest, Overflow> {
        harvest(&Source {
            events: &self.events,
            booked,
            watched: &self.watched,
            // Whether a symbol's bars go on is not known while the feed runs.
            last_bars: &[],
            identity: &self.setup.identity,
            mode,
            currency,
        })
    }

    /// The session has been harvested; the next goes on from it.
    pub(super) fn turn(&mut self, harvest: &Harvest) {
        self.watched = self.watched.after(harvest);
    }
}

#[cfg(test)]
mod tests {
    use desk::domain::calendar::Calendar;
    use desk::domain::fees::FeeSchedule;
    use desk::domain::seed::Seed;
    use desk::world::backtest::{Backtest, Tape};
    use desk::world::generated::{MarketSpec, tapes};
    use desk::world::playback::Playback;
    use desk::world::resume::{Past, resume};

    use super::*;

    const DAYS: [&str; 3] = ["2024-05-28", "2024-05-29", "2024-07-03"];

    fn scene() -> (Setup, Vec<Tape>) {
        let session = |day: &str| (Seed(7), Calendar::XNYS.session(day.parse().unwrap()).unwrap());
        let (instruments, tapes) = tapes(&MarketSpec::demo(), DAYS.map(session));
        (Setup::usual("EXAMPLE_US_SIM_01".parse().unwrap(), instruments), tapes)
    }

    #[test]
    fn rep_4_a_living_session_s_figures_are_those_of_a_backtest_of_it() {
        let (setup, tapes) = scene();
        let fees = || FeeSchedule::us_sales().unwrap();
        let mut backtest = Backtest::new(setup.clone(), fees()).unwrap();
        let mut watched = Watched::default();
        backtest.run(&tapes, &mut watched).unwrap();
        let memory = backtest.trader.record;
        let whole = harvest(&Source {
            events: &memory.events,
            booked: &memory.booked,
            watched: &watched,
            last_bars: &[],
            identity: &setup.identity,
            mode: Mode::Paper,
            currency: Currency::USD,
        });
        let whole = whole.unwrap();

        // The chronicle as a process hears it that comes after another.
        let mut pieces = Vec::new();
        let events: Vec<Vec<u8>> = memory.events.iter().map(|e| e.to_bytes().unwrap()).collect();
        let entries: Vec<_> = memory.entries.iter().map(|e| e.bytes.clone()).collect();
        let mut playback = Playback::new(tapes, fees());
        resume(&setup, events, entries, &mut playback, |past| pieces.push(past)).unwrap();
        let mut fold = Fold::new(&setup).unwrap();
        let mut sum = Harvest::default();
        for piece in pieces {
            match piece {
                Past::Session(terms) => fold.open(terms).unwrap(),
                Past::Moment(moment) => drop(fold.take(&Piece::Moment(std::sync::Arc::new(moment))).unwrap()),
                Past::Entry(entry) => drop(fold.take(&Piece::Booked([*entry].into())).unwrap()),
                Past::Event(event) => {
                    fold.event(&event).unwrap();
                    let Body::SessionClosed { session } = event.body else { continue };
                    let whole = memory.entries.iter().map(|stored| (stored.hash, stored.entry().unwrap()));
                    let day: Vec<_> = whole.filter(|(_, entry)| entry.draft.session == session).collect();
                    let (hash, last) = day.last().unwrap();
                    let head = Head { seq: last.seq, hash: *hash, booked_at: last.booked_at };
                    fold.end(head, &[]).unwrap();
                    let booked = day.into_iter().map(|(_, entry)| entry).collect();
                    let own = fold.harvest(&booked, Mode::Paper, Currency::USD).unwrap();
                    fold.turn(&own);
                    sum.trades.extend(own.trades);
                    sum.decisions.extend(own.decisions);
                    sum.sessions.extend(own.sessions);
                    sum.equity.extend(own.equity);
                }
            }
        }
        assert!(whole.trades.len() > 5 && whole.sessions.len() == DAYS.len());
        assert_eq!(sum.sessions, whole.sessions);
        assert_eq!(sum.equity, whole.equity);
        assert_eq!(sum.trades, whole.trades);
        assert_eq!(sum.decisions, whole.decisions);
    }
}
