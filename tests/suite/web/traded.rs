//! Books and event log of three sessions, decided by the bot's own machines on a generated market; the last one is the board's.

use std::ops::ControlFlow;

use desk::domain::calendar::Calendar;
use desk::domain::event::{Body, Event};
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::SessionId;
use desk::domain::journal::Entry;
use desk::domain::seed::Seed;
use desk::domain::time::Date;
use desk::domain::trade::Trade;
use desk::world::backtest::{Backtest, Closed, Progress, Watcher};
use desk::world::generated::{MarketSpec, tapes};
use desk::world::trader::{Halt, Setup};
use tbot::store::{self, Address, Batch, Closing, Reader, taken};

use crate::store::sample as books;

/// The days; the board of the samples is of the last.
pub(crate) const DAYS: [&str; 3] = ["2026-11-18", "2026-11-19", "2026-11-20"];

/// What was recorded.
pub(crate) struct Traded {
    pub(crate) events: Vec<Event>,
    pub(crate) entries: Vec<Entry>,
    closings: Vec<Closing>,
}

/// Keeps the closings.
#[derive(Default)]
struct Closings(Vec<Closing>);

impl Watcher for Closings {
    fn instant(&mut self, _: &Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn session(&mut self, closed: &Closed<'_>) -> Result<(), Halt> {
        let seq = closed.trader.journal().head().seq;
        self.0.push(taken::closing(seq, closed.closing, None));
        Ok(())
    }
}

/// Runs the sessions.
pub(crate) fn traded() -> Traded {
    let session = |day: &str| Calendar::XNYS.session(day.parse().unwrap()).unwrap();
    let (instruments, tapes) = tapes(&MarketSpec::demo(), DAYS.iter().zip(1..).map(|(day, n)| (Seed(n), session(day))));
    let setup = Setup::usual(books::identity(), instruments);
    let mut backtest = Backtest::new(setup, FeeSchedule::us_sales().unwrap()).unwrap();
    let mut closings = Closings::default();
    backtest.run(&tapes, &mut closings).unwrap();
    let record = backtest.trader.record;
    let entries = record.entries.iter().map(|stored| stored.entry().unwrap()).collect();
    Traded { events: record.events, entries, closings: closings.0 }
}

impl Traded {
    /// Writes all of it into a new store.
    pub(crate) async fn write(&self, address: &Address) -> Reader {
        store::create(address, &books::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(address, &books::identity()).await.unwrap();
        let events: Vec<_> = self.events.iter().map(|e| taken::event(e).unwrap()).collect();
        writer.append(&Batch { events: &events, entries: &self.entries, closings: &self.closings }).await.unwrap();
        writer.close().await.unwrap();
        reader
    }

    /// The events of a day's session.
    pub(crate) fn of(&self, day: &str) -> Vec<&Event> {
        let (mut now, day) = (None, SessionId::xnys(day.parse::<Date>().unwrap()));
        let of = self.events.iter().filter(|event| {
            if let Body::SessionOpened { session, .. } = &event.body {
                now = Some(*session);
            }
            now == Some(day)
        });
        of.collect()
    }

    /// The trades that were closed on a day.
    pub(crate) fn trades(&self, day: &str) -> Vec<&Trade> {
        self.of(day)
            .into_iter()
            .filter_map(|event| match &event.body {
                Body::TradeClosed(trade) => Some(trade.as_ref()),
                _ => None,
            })
            .collect()
    }
}
