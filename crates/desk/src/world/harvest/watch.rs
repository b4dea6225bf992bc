//! Looks on while a run goes, and keeps the figures that no event holds: equity, exposure, data quality, counts.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::Harvest;
use crate::domain::calendar::Session;
use crate::domain::decimal::Price;
use crate::domain::ids::SessionId;
use crate::domain::market::Instrument;
use crate::domain::records::{CountedReason, SkippedWindow, SymbolQuality};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::domain::wide::{Overflow, Wide, value_of};
use crate::machines::ledger::{Closing, Head};
use crate::world::backtest::{Closed, Progress, Watcher};
use crate::world::trader::{Halt, Record, Trader};
use crate::world::worth::Worth;

/// What was seen of a run.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The result so far at each whole minute: equity by the books less the float that came in, before the rounding of the
    /// session's own fees.
    pub(super) marks: Vec<(Timestamp, Wide)>,
    /// The sessions that closed.
    pub(super) sessions: Vec<SessionWatch>,
    /// Evaluations without a signal.
    pub counted: Vec<CountedReason>,
    /// The closing of each session with the number of its `day_close` entry.
    pub closings: Vec<(u64, Closing)>,
    /// Where the harvest before it ended.
    pub(super) before: Before,
    now: Standing,
    worth: Worth,
}

/// What sessions that were harvested already leave to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    /// The highest result.
    pub(super) peak: Option<Wide>,
}

/// A session at its end, its indicators still those of the session.
#[derive(Debug)]
pub struct Ending<'a, R: Record> {
    /// The session.
    pub session: &'a Session,
    /// The bot.
    pub trader: &'a Trader<R>,
    /// Bars left out because they lie outside of the session, by place, since the session before.
    pub outside: &'a [u64],
    /// How the books stood at the session's open.
    pub at_open: AtOpen,
    /// The books as the session left them: after its day close, where they were closed with it.
    pub head: Head,
}

/// What was seen of one session.
#[derive(Clone, Debug)]
pub(super) struct SessionWatch {
    pub(super) session: SessionId,
    pub(super) open: Timestamp,
    pub(super) close: Timestamp,
    pub(super) early_close: bool,
    pub(super) at_open: AtOpen,
    /// Float that had come in at its end, less float that had gone back.
    pub(super) contributed: Wide,
    pub(super) standing: Standing,
    pub(super) data: Vec<SymbolQuality>,
    pub(super) skipped: Vec<SkippedWindow>,
    pub(super) head: Head,
}

/// How the books stood at a session's open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtOpen {
    /// Equity.
    pub equity: Wide,
    /// Float that had come in, less float that had gone back.
    pub contributed: Wide,
}

impl AtOpen {
    /// As a bot's books stand.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn of<R: Record>(trader: &Trader<R>) -> Result<Self, Overflow> {
        let worth = Worth::of(trader.books())?;
        Ok(Self { equity: trader.worth_of(&worth)?, contributed: worth.contributed() })
    }
}

/// What stood in the market during a session.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    pub(super) peak: Wide,
    pub(super) sum: Wide,
    pub(super) minutes_in_market: u64,
    pub(super) minutes: u64,
}

impl Watched {
    /// A watch of the sessions after those that have been harvested.
    #[must_use]
    pub fn after(&self, harvest: &Harvest) -> Self {
        let base = self.sessions.first().map_or(Wide::ZERO, |s| s.at_open.contributed);
        let points = harvest.equity.iter().map(|p| Wide::from(p.equity) - base);
        let opens = self.sessions.iter().map(|s| s.at_open.equity - s.at_open.contributed);
        let peak = points.chain(opens).max().max(self.before.peak);
        Self { before: Before { peak }, worth: self.worth.clone(), ..Self::default() }
    }

    /// Equity by the books at the last minute that was marked.
    #[must_use]
    pub fn equity(&self) -> Option<Wide> {
        self.marks.last().map(|(_, result)| *result + self.worth.contributed())
    }

    /// A whole minute of a session, when everything that was decided in it has been done.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn mark<R: Record>(&mut self, now: Timestamp, close: Timestamp, trader: &Trader<R>) -> Result<(), Overflow> {
        self.now.minutes = self.now.minutes.saturating_add(1);
        self.worth.follow(trader.books())?;
        // What the strategies' own equity leaves out: roundings, and what was booked beside fills.
        let now_by_books = trader.worth_of(&self.worth)? - self.worth.contributed();
        let beside = now_by_books - trader.equity()?;
        let mut result = trader.marked() + beside;
        if !trader.portfolio().is_empty() {
            let gross = gross(trader)?;
            if let Some(gross) = gross {
                self.now.minutes_in_market = self.now.minutes_in_market.saturating_add(1);
                self.now.sum += gross;
                self.now.peak = self.now.peak.max(gross);
            }
        }
        if now >= close {
            // What was closed at the close itself belongs to the day.
            result = now_by_books;
        }
        self.marks.push((now, result));
        Ok(())
    }

    fn count(&mut self, closed: &Closed<'_>) {
        for strategy in closed.trader.strategies() {
            for (place, instrument) in closed.trader.setup.instruments.iter().enumerate() {
                for (skip, count) in strategy.counts(place) {
                    let Some(last_at) = count.last else { continue };
                    self.counted.push(CountedReason {
                        session: closed.session.id,
                        strategy_name: strategy.name(),
                        ticker: instrument.symbol,
                        reason: Cow::Borrowed(skip.as_str()),
                        count: u64::from(count.times),
                        last_at,
                    });
                }
            }
        }
    }
}

impl Watched {
    /// A session has ended.
    pub fn end<R: Record>(&mut self, ending: &Ending<'_, R>) {
        self.sessions.push(SessionWatch {
            session: ending.session.id,
            open: ending.session.open,
            close: ending.session.close,
            early_close: ending.session.early_close,
            at_open: ending.at_open,
            contributed: Worth::of(ending.trader.books()).map_or(ending.at_open.contributed, |w| w.contributed()),
            standing: std::mem::take(&mut self.now),
            data: quality(ending),
            skipped: skipped(ending.trader),
            head: ending.head,
        });
    }
}

impl Watcher for Watched {
    fn instant(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        // An equity beyond 64 bits halts the bot itself at its next instant.
        let _ = self.mark(progress.now, progress.session.close, progress.trader);
        ControlFlow::Continue(())
    }

    fn session(&mut self, closed: &Closed<'_>) -> Result<(), Halt> {
        self.count(closed);
        let head = closed.trader.journal().head();
        self.closings.push((head.seq, closed.closing.clone()));
        let Closed { session, trader, outside, at_open, .. } = *closed;
        self.end(&Ending { session, trader, outside, at_open, head });
        Ok(())
    }
}

/// A symbol's last close in this session, corrupt bars included.
#[must_use]
pub fn last_close<R: Record>(trader: &Trader<R>, symbol: &Symbol) -> Option<Price> {
    let place = trader.setup.instruments.binary_search_by_key(symbol, |i| i.symbol).ok()?;
    trader.market(place)?.last_close()
}

/// Σ held × last close; nothing where nothing is held.
fn gross<R: Record>(trader: &Trader<R>) -> Result<Option<Wide>, Overflow> {
    let mut sum = None;
    for position in trader.portfolio().iter().filter(|p| !p.held().is_zero()) {
        let price = last_close(trader, &position.symbol).unwrap_or(position.plan.reference);
        *sum.get_or_insert(Wide::ZERO) += Wide::from(value_of(position.held(), price)?);
    }
    Ok(sum)
}

fn quality<R: Record>(closed: &Ending<'_, R>) -> Vec<SymbolQuality> {
    let minutes = u64::try_from(closed.session.minutes()).unwrap_or(0);
    let row = |(place, instrument): (usize, &Instrument)| {
        let market = closed.trader.market(place);
        let (clean, corrupt) = market.map_or((0, 0), |m| (u64::from(m.clean_bars()), u64::from(m.corrupt_bars())));
        let bars = clean.saturating_add(corrupt);
        SymbolQuality {
            ticker: instrument.symbol,
            bars,
            missing_minutes: minutes.saturating_sub(bars),
            outside_session: closed.outside.get(place).copied().unwrap_or(0),
            corrupt_bars: corrupt,
            lowest_dvs: market.and_then(crate::machines::market_data::SymbolMarket::lowest_score),
            fallen_bars: market.map_or(0, |m| u64::from(m.fallen_bars())),
        }
    };
    closed.trader.setup.instruments.iter().enumerate().map(row).collect()
}

fn skipped<R: Record>(trader: &Trader<R>) -> Vec<SkippedWindow> {
    let without = trader.strategies().iter().filter(|s| s.window().is_none());
    without.map(|s| SkippedWindow { strategy_name: s.name(), reason: Cow::Borrowed("start_not_before_end") }).collect()
}
