//! RES-8: the bot taken apart, each part with a fold of its own, makes the record of the whole one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails should stop where it fails"
)]

mod common;

use common::Scene;
use desk::domain::calendar::{Calendar, settlement};
use desk::domain::decimal::Price;
use desk::domain::event::Body;
use desk::domain::fees::FeeSchedule;
use desk::domain::ids::OrderId;
use desk::domain::order::{Command, Report};
use desk::domain::seed::Seed;
use desk::domain::time::{Date, Span, Timestamp};
use desk::machines::market_data::Hours;
use desk::risk::Expired;
use desk::venue::{Terms, Venue};
use desk::world::backtest::{Backtest, Tape};
use desk::world::conductor::{Act, Conductor, Moment, Question, Reply};
use desk::world::feed::Feed;
use desk::world::generated::{GeneratedMarket, MarketSpec};
use desk::world::playback::Playback;
use desk::world::resume::resume;
use desk::world::seats::{Listener, Out, Outbox};
use desk::world::trader::{SessionTerms, Trader};
use proptest::prelude::*;

/// Every part with a fold of its own.
struct Parts {
    ledger: Trader<Outbox>,
    /// Of each strategy, then of risk, then of the broker.
    listeners: Vec<Trader<Listener>>,
    conductor: Conductor,
    venue: Venue,
    heard: usize,
    /// Entries are called off in the moment in which a strategy has told of one.
    called_off: bool,
}

impl Parts {
    fn new(scene: &Scene) -> Self {
        let setup = scene.setup();
        let venue = Venue::new(setup.rules, setup.commission, setup.instruments.clone(), setup.limits.float);
        let parts = setup.strategies.len() + 2;
        let listener = || Trader::new(scene.setup(), Listener).unwrap();
        Self {
            ledger: Trader::new(scene.setup(), Outbox::default()).unwrap(),
            listeners: (0..parts).map(|_| listener()).collect(),
            conductor: Conductor::default(),
            venue,
            heard: 0,
            called_off: false,
        }
    }

    /// What the ledger has recorded goes to all.
    fn publish(&mut self) {
        for event in &self.ledger.record.events[self.heard..] {
            for part in &mut self.listeners {
                part.follow(event).unwrap();
            }
        }
        self.heard = self.ledger.record.events.len();
    }

    fn record(&mut self, at: Timestamp, bodies: Vec<Body>) {
        self.ledger.commit(at, bodies).unwrap();
        self.publish();
    }

    fn hear(&mut self, at: Timestamp, reports: &[Report]) {
        for report in reports {
            let bodies = self.listeners.last_mut().unwrap().hear(report);
            self.record(at, bodies);
        }
    }

    fn open(&mut self, terms: SessionTerms) {
        let Hours { session, open, .. } = terms.hours;
        for part in &mut self.listeners {
            part.begin(terms).unwrap();
        }
        let opened = self.venue.open_session(Terms { session, settles: terms.settles, rates: terms.rates });
        self.ledger.open_day(open, terms, &opened.unwrap()).unwrap();
        self.publish();
    }

    fn instant(&mut self, instant: &Moment) {
        let (now, bars) = (instant.at, instant.ended());
        let mut reports = Vec::new();
        for bar in &bars {
            self.venue.on_bar(bar.place, bar.bar, bar.quote, &mut reports).unwrap();
        }
        self.venue.expire(now, &mut reports);
        self.hear(now, &reports);
        self.ledger.observe(now, &bars).unwrap();
        for part in &mut self.listeners {
            part.observe(now, &bars).unwrap();
        }
        let risk = self.listeners.len() - 2;
        self.conductor.begin(instant.clone(), &self.listeners[risk]);
        while let Some(act) = self.conductor.next(&mut self.listeners[risk]).unwrap() {
            match act {
                Act::Settled(_) => break,
                Act::Ask(index, Question::Exits) => {
                    let moves = self.listeners[index].moves(index, now, &bars).unwrap();
                    self.conductor.answered(index, Reply::Moves(moves));
                }
                Act::Ask(index, Question::Entries) => {
                    let found = self.listeners[index].signals(index, now, &bars).unwrap();
                    let any = !found.is_empty();
                    self.conductor.answered(index, Reply::Signals(found));
                    if any && self.called_off {
                        self.conductor.rest(true);
                    }
                }
                Act::Perform(step) => {
                    self.record(now, step.bodies);
                    if let Some(out) = step.out {
                        self.send(now, &out);
                    }
                    self.conductor.done();
                }
            }
        }
        for part in &mut self.listeners {
            part.end_instant();
        }
    }

    fn send(&mut self, now: Timestamp, out: &Out) {
        let command = self.listeners.last_mut().unwrap().release(now, out, false).unwrap();
        let mut answers = Vec::new();
        self.venue.handle(now, &command, &mut answers).unwrap();
        self.hear(now, &answers);
    }

    fn run(&mut self, tapes: &[Tape], date: &str) {
        let session = Calendar::XNYS.session(date.parse().unwrap()).unwrap();
        let terms = SessionTerms {
            hours: Hours { session: session.id, open: session.open, close: session.close },
            settles: settlement::settlement_date(session.id.date).unwrap(),
            rates: FeeSchedule::us_sales().unwrap().at(session.id.date),
        };
        self.open(terms);
        let mut feed = Feed::new(tapes.iter().map(|t| t.bars.as_slice()));
        let mut now = session.open;
        while now < session.close {
            now = now + Span::MINUTE;
            let mut instant = Moment { at: now, bars: Vec::new() };
            if feed.peek() == Some(now) {
                let minute = feed.next().unwrap();
                instant.bars = minute.bars.iter().map(|(place, bar)| (*place, **bar, None)).collect();
            }
            self.instant(&instant);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// RES-8, STRAT-5: the parts decide in the order of the whole.
    #[test]
    fn res_8_the_parts_make_the_record_of_the_whole(seed in any::<u64>(), subset in 1_u8..) {
        let date = "2024-05-28";
        let hours = Calendar::XNYS.session(date.parse().unwrap()).unwrap();
        let market = GeneratedMarket::new(Seed(seed), hours.open, hours.close, MarketSpec::demo());
        let chosen = market.symbols().into_iter().enumerate().filter(|(place, _)| subset >> place & 1 == 1);
        let scene = chosen.fold(Scene::new("open,mid,close"), |scene, (_, s)| scene.tape(s.symbol, s.bars));
        let whole = scene.run().events;
        let mut parts = Parts::new(&scene);
        parts.run(&scene.tapes(), date);
        let own = &parts.ledger.record.events;
        prop_assert!(own.len() > 2);
        for (a, b) in whole.iter().zip(own) {
            prop_assert_eq!(a, b);
        }
        // The day close is not part of this wiring.
        prop_assert_eq!(whole.len(), own.len() + 1);
    }
}

/// The demo's market on one day, all strategies.
fn demo() -> Scene {
    let hours = Calendar::XNYS.session("2024-05-28".parse().unwrap()).unwrap();
    let market = GeneratedMarket::new(Seed(7), hours.open, hours.close, MarketSpec::demo());
    market.symbols().into_iter().fold(Scene::new("open,mid,close"), |s, one| s.tape(one.symbol, one.bars))
}

/// RISK-14: after the latch nothing goes out but what withdraws and reduces; a stop that was to be moved stays where it is.
#[test]
fn risk_14_under_the_latch_no_stop_is_moved() {
    let mut broker = Trader::new(demo().setup(), Listener).unwrap();
    let order: OrderId = "a".parse().unwrap();
    let moved = Out::Amend { order: order.clone(), stop: Price::whole(9) };
    let now = "2024-05-28".parse::<Date>().unwrap().midnight();
    assert!(matches!(broker.release(now, &moved, false), Ok(Command::Amend { .. })));
    assert_eq!(broker.release(now, &moved, true), Err(Expired::Latched));
    assert!(matches!(broker.release(now, &Out::Cancel(order), true), Ok(Command::Cancel(_))));
}

/// EXEC-3: a move of a stop that was decided, and never confirmed, has not reached the venue that a new process leads back; one
/// that was confirmed stands there.
#[test]
fn exec_3_a_stop_stands_where_the_venue_confirmed_it() {
    let scene = demo();
    let mut whole = Backtest::new(scene.setup(), FeeSchedule::us_sales().unwrap()).unwrap();
    whole.run(&scene.tapes(), &mut common::Nobody).unwrap();
    let record = &whole.trader.record;
    let stands = |last: usize, order: &OrderId| {
        let at = record.events[last].at;
        let known = record.events[..=last].iter().map(|e| e.to_bytes().unwrap());
        let entries = record.entries.iter().filter(|e| e.entry().unwrap().booked_at <= at).map(|e| e.bytes.clone());
        let mut playback = Playback::new(scene.tapes(), FeeSchedule::us_sales().unwrap());
        let (_, mut venue) = resume(&scene.setup(), known, entries, &mut playback, |_| {}).unwrap();
        let mut said = Vec::new();
        venue.handle(at, &Command::Query(order.clone()), &mut said).unwrap();
        said.into_iter().find_map(|r| if let Report::Amended { stop, .. } = r { Some(stop) } else { None })
    };
    let mut moves = 0;
    for (last, event) in record.events.iter().enumerate() {
        match &event.body {
            Body::AmendIntended { order, stop } => assert_ne!(stands(last, order), Some(*stop), "event {}", event.seq),
            Body::Amended { order, stop } => {
                assert_eq!(stands(last, order), Some(*stop), "event {}", event.seq);
                moves += 1;
            }
            _ => {}
        }
    }
    assert!(moves > 2, "the day moves stops");
}

/// LIFE-6: a stop between a strategy's word and its order leaves no entry.
#[test]
fn life_6_what_a_strategy_found_before_the_stop_is_not_entered_after_it() {
    let scene = demo();
    let entered = |called_off: bool| {
        let mut parts = Parts::new(&scene);
        parts.called_off = called_off;
        parts.run(&scene.tapes(), "2024-05-28");
        parts.ledger.record.events.iter().filter(|e| matches!(e.body, Body::Decided(_))).count()
    };
    assert!(entered(false) > 0);
    assert_eq!(entered(true), 0);
}
