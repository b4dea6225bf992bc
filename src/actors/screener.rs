//! The screener: before each session it says which symbols are looked at, and why each of the others is not. Every fold of
//! the chronicle screens by the same rule from the same bars, so that no strategy waits for this actor; it tells people.

use std::sync::Arc;

use actix::prelude::{Actor, Context, Handler, Supervised};
use desk::domain::event::Body;
use desk::machines::market_data::Hours;
use desk::machines::screener::{CRITERIA, Criteria, History, screen};

use super::tree::{SCREENER, Wiring};
use crate::messages::chronicle::Piece;
use crate::messages::ledger::ToLedger;
use crate::messages::line::Post;
use crate::messages::reporter::ToReporter;
use crate::messages::screener::{Asked, ScreenBoard, ScreenLine, ToScreener};

/// The screener.
pub(super) struct Screener {
    wiring: Arc<Wiring>,
    history: History,
    /// What is asked of a symbol at the next session's open.
    criteria: Option<Criteria>,
    /// What a mailbox kept from an earlier life is in the chronicle already.
    welcome: bool,
}

impl Screener {
    /// A screener before it has heard the chronicle.
    pub(super) fn new(wiring: Arc<Wiring>) -> Self {
        let history = History::new(wiring.setup.instruments.len());
        let criteria = wiring.setup.screen.clone();
        Self { wiring, history, criteria, welcome: false }
    }

    fn step(&mut self, message: ToScreener) {
        match message {
            ToScreener::Beat(beat) => self.wiring.pulse(SCREENER).answer(beat),
            ToScreener::Welcome(chronicle) => {
                *self = Self { welcome: true, ..Self::new(Arc::clone(&self.wiring)) };
                let last = chronicle.pieces.iter().filter_map(|piece| self.take(piece)).last();
                self.tell(last);
            }
            ToScreener::Piece(piece) if self.welcome => {
                let found = self.take(&piece);
                self.tell(found);
            }
            ToScreener::Piece(_) => {}
        }
    }

    /// Folds a piece in; a session that begins is screened.
    fn take(&mut self, piece: &Piece) -> Option<ScreenBoard> {
        match piece {
            Piece::Session(terms) => {
                self.history.open(terms.hours.session);
                Some(self.screened(&terms.hours))
            }
            Piece::Moment(instant) => {
                for (place, bar, _) in &instant.bars {
                    self.history.see(*place, bar);
                }
                None
            }
            Piece::Events(events) => {
                for event in events.iter() {
                    if let Body::Configured(chosen) = &event.body {
                        self.criteria.clone_from(&chosen.screen);
                    }
                }
                None
            }
            Piece::Configured(_) | Piece::Booked(_) => None,
        }
    }

    fn screened(&self, hours: &Hours) -> ScreenBoard {
        let criteria = self.criteria.as_ref();
        let candidates = self.history.candidates(&self.wiring.setup.instruments);
        let found = criteria.map(|criteria| screen(hours.open, criteria, &candidates));
        let rejected = found.map(|f| f.rejected).unwrap_or_default();
        let out = |symbol| rejected.iter().find(|(s, _)| *s == symbol).map(|(_, why)| why.clone());
        let lines = candidates.iter().map(|c| ScreenLine {
            symbol: c.symbol,
            price: c.price,
            volume: c.volume,
            as_of: c.as_of,
            out: out(c.symbol),
        });
        ScreenBoard {
            session: hours.session,
            at: hours.open,
            asks: criteria.is_some(),
            asked: criteria.map(asked).unwrap_or_default(),
            lines: lines.collect(),
        }
    }

    fn tell(&self, found: Option<ScreenBoard>) {
        let Some(found) = found else { return };
        for line in &found.lines {
            if let Some(why) = &line.out {
                let (symbol, session) = (line.symbol, found.session);
                tracing::info!(target: "signals", %session, %symbol, code = why.code(), %why, "left out by the screener");
            }
        }
        self.wiring.must(self.wiring.reporter.deliver(ToReporter::Screened(Box::new(found))));
    }
}

/// The criteria that ask for something, as they are written.
fn asked(criteria: &Criteria) -> Vec<Asked> {
    let written = CRITERIA.iter().map(|row| Asked { name: row.name, value: criteria.get(row), unit: row.unit });
    let file =
        criteria.file.as_ref().map(|file| Asked { name: "file", value: file.len().to_string(), unit: "symbols" });
    let asks = |a: &Asked| match a.name {
        "max_age" => criteria.max_age.as_nanos() < i64::MAX,
        "min_volume" => !criteria.min_volume.is_zero(),
        _ => !a.value.is_empty(),
    };
    written.filter(asks).chain(file).collect()
}

impl Actor for Screener {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
        self.wiring.must(self.wiring.ledger.deliver(ToLedger::Join(SCREENER)));
    }
}

impl Supervised for Screener {
    fn restarting(&mut self, _: &mut Context<Self>) {
        *self = Self::new(Arc::clone(&self.wiring));
    }
}

impl Handler<Post<ToScreener>> for Screener {
    type Result = ();

    fn handle(&mut self, post: Post<ToScreener>, _: &mut Context<Self>) {
        self.step(post.body);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use desk::domain::bot::Command;
    use desk::domain::decimal::{Price, Quantity};
    use desk::domain::event::Body;
    use desk::domain::time::Span;
    use desk::machines::screener::{Criteria, Reason};

    use crate::actors::tests::{Bot, Scene, run};

    const DAYS: [&str; 3] = ["2024-05-28", "2024-07-03", "2024-07-05"];

    fn criteria() -> Criteria {
        Criteria {
            min_price: Price::whole(60),
            max_price: Price::whole(200),
            min_volume: Quantity::ZERO,
            max_age: Span::nanos(i64::MAX),
            flags: BTreeSet::new(),
            max_symbols: 3,
            ..Criteria::default()
        }
    }

    /// TRADE-4, RES-8: with criteria, too, the same days leave the same bytes live and in a backtest; only what passed is
    /// decided on, and everybody can read what was left out and why.
    #[test]
    fn trade_4_live_and_backtest_screen_alike_and_decide_only_on_what_passed() {
        run(async {
            let mut scene = Scene::new(7, &DAYS);
            let unscreened = scene.backtest().trader.record.events.len();
            scene.setup.screen = Some(criteria());
            let backtest = scene.backtest();
            let bot = Bot::new("screened", &scene, None).await;
            bot.tell(Command::Start).await.unwrap();
            let last = DAYS[2].parse().unwrap();
            let is_last = |s: &crate::messages::board::SessionBoard| s.closed && s.id.date == last;
            bot.until("closed", |b| b.session.as_ref().is_some_and(is_last)).await;
            let board = bot.until("screened", |b| b.screen.as_ref().is_some_and(|s| s.session.date == last)).await;

            let (events, entries) = bot.written().await;
            let record = &backtest.trader.record;
            let expected: Vec<_> = record.events.iter().map(|e| e.to_bytes().unwrap()).collect();
            assert!(expected == events, "{} and {} events", expected.len(), events.len());
            let expected: Vec<_> = record.entries.iter().map(|e| e.bytes.clone()).collect();
            assert_eq!(expected, entries);
            assert_ne!(record.events.len(), unscreened, "the screen makes a difference");

            let screen = board.screen.as_ref().unwrap();
            let passed: Vec<_> = screen.lines.iter().filter(|l| l.out.is_none()).map(|l| l.symbol).collect();
            assert_eq!(passed, backtest.trader.screened().chosen, "the page says what the machines do");
            assert_eq!(passed.len(), 3);
            let codes: BTreeSet<_> = screen.lines.iter().filter_map(|l| l.out.as_ref()).map(Reason::code).collect();
            assert_eq!(codes, BTreeSet::from(["full", "price_above", "price_below"]));
            assert!(screen.lines.iter().all(|l| l.price.is_some() && l.volume.is_some()));
            let mut decided = 0;
            for event in &record.events {
                if let Body::Decided(decision) = &event.body {
                    assert_ne!(decision.session.date.to_string(), DAYS[0], "nothing is known before the first session");
                    decided += usize::from(decision.session.date == last);
                    assert!(decision.session.date != last || passed.contains(&decision.symbol), "{decision:?}");
                }
            }
            assert!(decided > 0);
        });
    }

    /// TRADE-4: where nothing is asked every symbol is taken, and no event changes; the page says both.
    #[test]
    fn trade_4_without_criteria_everything_passes() {
        run(async {
            let scene = Scene::new(7, &DAYS[..1]);
            let bot = Bot::new("unscreened", &scene, None).await;
            bot.tell(Command::Start).await.unwrap();
            let board = bot.until("screened", |b| b.screen.is_some()).await;
            let screen = board.screen.as_ref().unwrap();
            assert!(!screen.asks && screen.asked.is_empty());
            assert_eq!(screen.lines.len(), scene.setup.instruments.len());
            assert!(screen.lines.iter().all(|l| l.out.is_none()));
        });
    }
}
