//! Looks on while a run goes, and keeps the figures that no event holds: equity, exposure, data quality, counts.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::domain::decimal::{Money, Price};
use crate::domain::ids::SessionId;
use crate::domain::market::Instrument;
use crate::domain::records::{CountedReason, SkippedWindow, SymbolQuality};
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;
use crate::domain::wide::{Overflow, Wide, value_of};
use crate::machines::ledger::{Closing, Head};
use crate::world::backtest::{Closed, Memory, Progress, Watcher};
use crate::world::trader::{Halt, Trader};

/// What was seen of a run.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Equity at each whole minute, the day's rounding of fees left out (STRAT-11).
    pub(super) marks: Vec<(Timestamp, Wide)>,
    /// The sessions that closed.
    pub(super) sessions: Vec<SessionWatch>,
    /// Evaluations without a signal.
    pub(super) counted: Vec<CountedReason>,
    /// The closing of each session with the number of its `day_close` entry.
    pub closings: Vec<(u64, Closing)>,
    now: Standing,
}

/// What was seen of one session.
#[derive(Clone, Debug)]
pub(super) struct SessionWatch {
    pub(super) session: SessionId,
    pub(super) open: Timestamp,
    pub(super) close: Timestamp,
    pub(super) early_close: bool,
    pub(super) equity_open: Money,
    pub(super) standing: Standing,
    pub(super) data: Vec<SymbolQuality>,
    pub(super) skipped: Vec<SkippedWindow>,
    pub(super) head: Head,
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
    fn mark(&mut self, progress: &Progress<'_>) -> Result<(), Overflow> {
        let trader = progress.trader;
        self.now.minutes = self.now.minutes.saturating_add(1);
        let mut equity = trader.marked();
        if !trader.portfolio().is_empty() {
            let gross = gross(trader)?;
            if let Some(gross) = gross {
                self.now.minutes_in_market = self.now.minutes_in_market.saturating_add(1);
                self.now.sum += gross;
                self.now.peak = self.now.peak.max(gross);
            }
        }
        if progress.now >= progress.session.close {
            // What was closed at the close itself belongs to the day.
            equity = trader.equity()?;
        }
        self.marks.push((progress.now, equity));
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

impl Watcher for Watched {
    fn instant(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        // An equity beyond 64 bits halts the bot itself at its next instant.
        let _ = self.mark(progress);
        ControlFlow::Continue(())
    }

    fn session(&mut self, closed: &Closed<'_>) -> Result<(), Halt> {
        self.count(closed);
        let head = closed.trader.journal().head();
        self.closings.push((head.seq, closed.closing.clone()));
        self.sessions.push(SessionWatch {
            session: closed.session.id,
            open: closed.session.open,
            close: closed.session.close,
            early_close: closed.session.early_close,
            equity_open: closed.equity_open,
            standing: std::mem::take(&mut self.now),
            data: quality(closed),
            skipped: skipped(closed.trader),
            head,
        });
        Ok(())
    }
}

/// A symbol's last close in this session, corrupt bars included.
#[must_use]
pub fn last_close(trader: &Trader<Memory>, symbol: &Symbol) -> Option<Price> {
    let place = trader.setup.instruments.binary_search_by_key(symbol, |i| i.symbol).ok()?;
    trader.market(place)?.last_close()
}

/// Σ held × last close; nothing where nothing is held.
fn gross(trader: &Trader<Memory>) -> Result<Option<Wide>, Overflow> {
    let mut sum = None;
    for position in trader.portfolio().iter().filter(|p| !p.held().is_zero()) {
        let price = last_close(trader, &position.symbol).unwrap_or(position.plan.reference);
        *sum.get_or_insert(Wide::ZERO) += Wide::from(value_of(position.held(), price)?);
    }
    Ok(sum)
}

fn quality(closed: &Closed<'_>) -> Vec<SymbolQuality> {
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

fn skipped(trader: &Trader<Memory>) -> Vec<SkippedWindow> {
    let without = trader.strategies().iter().filter(|s| s.window().is_none());
    without.map(|s| SkippedWindow { strategy_name: s.name(), reason: Cow::Borrowed("start_not_before_end") }).collect()
}
