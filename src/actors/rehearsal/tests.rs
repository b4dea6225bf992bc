//! Rehearsals beside a running bot.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use desk::domain::bot::{BotState, Command, Scope};
use desk::domain::calendar::Calendar;
use desk::domain::chain::Hash;
use desk::domain::decimal::Price;
use desk::domain::ids::StrategyName;
use desk::domain::time::Span;
use desk::machines::screener::Criteria;
use desk::world::backtest::Tape;
use tokio::sync::{oneshot, watch};

use super::stage::{Scene, Seen, Stage, Terms};
use crate::actors::tests::{Bot, Scene as Market, run};
use crate::messages::rehearsal::{Note, RehearsalBoard, Rehearsals, WindowState};
use crate::store::LifeLog;

/// What the rehearsals of a test say.
pub(in crate::actors) struct Heard {
    pub(in crate::actors) shown: Rehearsals,
    notes: Arc<Mutex<Vec<Note>>>,
}

/// A stage for a test's bot: its own market, eyes on the files of its books, half a second a window.
pub(in crate::actors) fn stage(market: &Market, folder: &Path) -> (Stage, Heard) {
    let (shown, shows) = watch::channel(None);
    let notes: Arc<Mutex<Vec<Note>>> = Arc::default();
    let (noted, folder) = (Arc::clone(&notes), folder.to_owned());
    let first = market.tapes.iter().filter_map(|t| t.bars.first()).map(|b| b.start).min().unwrap();
    let session = Calendar::XNYS.session_at(first).unwrap();
    let inside = |t: &Tape| t.bars.iter().filter(|b| session.contains(b.start)).copied().collect();
    let scene = Scene {
        name: "a test's market".to_owned(),
        session,
        instruments: market.setup.instruments.clone(),
        tapes: market.tapes.iter().map(|t| Tape { bars: inside(t), quotes: Vec::new() }).collect(),
        closes: vec![None; market.tapes.len()],
    };
    // An audit whose database does not answer: nobody hears that anything was written.
    let (mute, waiting) = (market.setup.identity.as_str().starts_with("MUTE_"), Mutex::new(Vec::new()));
    let slow = market.setup.identity.as_str().starts_with("SLOW_");
    let strategies = market.setup.strategies.clone();
    let stage = Stage {
        scenes: Arc::new(move |_| Ok(scene.clone())),
        fees: Market::fees(),
        terms: Arc::new(move || Terms {
            strategies: strategies.clone(),
            criteria: Criteria { max_price: Price::whole(300), ..Criteria::default() },
            wall: if slow { Span::MINUTE } else { Span::nanos(500_000_000) },
        }),
        eyes: Arc::new(move || {
            let of = |name: &str| (name.to_owned(), Hash::of(&std::fs::read(folder.join(name)).unwrap_or_default()));
            Ok(Seen { alerts: 0, digests: vec![of("ledger.db"), of("ledger.db-wal"), of("ledger.head")] })
        }),
        notes: Arc::new(move |note| {
            let (written, told) = oneshot::channel();
            noted.lock().unwrap().push(note);
            if mute {
                waiting.lock().unwrap().push(written);
            } else {
                written.send(()).unwrap();
            }
            told
        }),
        shown,
    };
    (stage, Heard { shown: shows, notes })
}

impl Heard {
    async fn until(&self, what: &str, seen: impl Fn(&RehearsalBoard) -> bool) -> Arc<RehearsalBoard> {
        let mut shown = self.shown.clone();
        let found = shown.wait_for(|r| r.as_ref().is_some_and(|r| seen(r)));
        let Ok(found) = tokio::time::timeout(Duration::from_mins(1), found).await else {
            panic!("never {what}: {:#?}", self.shown.borrow())
        };
        found.unwrap().clone().unwrap()
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    let mut files: Vec<_> = entries
        // Memory that SQLite shares between connections holds locks, and is no record.
        .filter(|e| e.path().is_file() && !e.file_name().to_string_lossy().ends_with("-shm"))
        .map(|e| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// RES-1 to RES-3: every strategy in its order, every point of the checklist passes, every simulated action is noted, and
/// the live bot is bit for bit what it was, the log of its life too, which goes on with the next number afterwards.
#[test]
fn res_3_a_rehearsal_leaves_the_live_bot_bit_for_bit_unchanged() {
    run(async {
        let market = Market::new(7, &["2024-05-28"]);
        let bot = Bot::new("rehearsal", &market, None).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("closed", |b| b.state == BotState::Idle && b.session.as_ref().is_some_and(|s| s.closed)).await;
        bot.until("drilled", |b| b.drill.is_some()).await;
        // The supervisor writes the session's end after the ledger did.
        let ended = || std::fs::read_to_string(bot.folder.join("life.log")).unwrap().contains("session_ended");
        while !ended() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (before, written) = (files(&bot.folder), bot.written().await);
        assert!(!written.1.is_empty(), "there are books to be touched");
        let board = Arc::clone(&bot.tree.board.borrow());

        bot.tell(Command::Rehearse).await.unwrap();
        let last = bot.rehearsals.until("ended", |r| r.ended.is_some()).await;
        let after_it = bot.until("over", |b| !b.rehearsing).await;
        assert_eq!(last.passed(), Some(true), "{:#?}", last.checklist);
        let ran: Vec<_> = last.windows.iter().map(|w| (w.strategy, w.state)).collect();
        assert_eq!(ran, StrategyName::TRADING.map(|s| (s, WindowState::Done)));
        assert!(last.windows.iter().all(|w| w.took_ms.is_some_and(|ms| (500..60_000).contains(&ms))), "{last:#?}");
        assert!(last.windows.iter().any(|w| w.trades > 0), "{last:#?}");
        assert!(last.left_out.iter().all(|(_, why)| why.contains("at most 300")) && !last.left_out.is_empty());

        assert_eq!(bot.written().await, written);
        for ((name, was), (same, is)) in before.iter().zip(files(&bot.folder)) {
            assert_eq!(*name, same);
            assert!(*was == is, "{name} has changed");
        }
        assert_eq!(board.positions, after_it.positions);
        assert_eq!(board.orders, after_it.orders);
        assert_eq!((&board.day, &board.strategies), (&after_it.day, &after_it.strategies));
        assert_eq!((&board.trades, &board.decisions), (&after_it.trades, &after_it.decisions));

        bot.tell(Command::Pause).await.unwrap();
        let (life, _) = LifeLog::read(&bot.folder.join("life.log")).unwrap();
        assert!(life.iter().zip(1..).all(|(event, number)| event.seq == number));

        let notes = bot.rehearsals.notes.lock().unwrap();
        assert_eq!((notes[0].what, notes.last().unwrap().what), ("rehearsal_began", "rehearsal_ended"));
        let count = |kind: &str| notes.iter().filter(|n| n.detail["simulated"]["kind"] == kind).count();
        let sum = |of: fn(&crate::messages::rehearsal::WindowLine) -> u64| last.windows.iter().map(of).sum::<u64>();
        assert_eq!(u64::try_from(count("intended")).unwrap(), sum(|w| w.orders));
        assert_eq!(u64::try_from(count("executed")).unwrap(), sum(|w| w.fills));
        assert!(notes.iter().all(|n| n.detail["rehearsal"] == last.id.as_str()), "everything is tagged");
        let own: Vec<_> = written.0.iter().map(|e| String::from_utf8_lossy(e).into_owned()).collect();
        let orders = notes.iter().filter(|n| n.detail["simulated"]["kind"] == "intended").map(|n| &n.object);
        assert!(orders.clone().all(|o| o.contains("REHE")), "a simulated order cannot be taken for a live one");
        assert!(orders.clone().all(|o| !own.iter().any(|e| e.contains(o.as_str()))));
    });
}

/// LIFE-4: an audit that does not answer is waited for within a limit; then the rehearsal ends, says why, and has played nothing.
#[test]
fn life_4_a_rehearsal_whose_begin_is_not_recorded_ends_and_says_so() {
    run(async {
        let mut market = Market::new(7, &["2024-05-28"]);
        market.setup.identity = "MUTE_US_SIM_01".parse().unwrap();
        let bot = Bot::new("mute", &market, None).await;
        bot.tell(Command::Rehearse).await.unwrap();
        let last = bot.rehearsals.until("ended", |r| r.ended.is_some()).await;
        assert_eq!(last.passed(), Some(false));
        let verdict = format!("{:?} {:?}", last.verdict, last.checklist);
        assert!(verdict.contains("audit within 10 s. Nothing was played"), "{verdict}");
        assert!(verdict.contains("nothing was compared"), "the live bot was not looked at either: {verdict}");
        assert!(last.windows.iter().all(|w| w.state == WindowState::Cut && w.bars == 0), "{last:#?}");
        bot.until("over", |b| !b.rehearsing).await;
    });
}

/// RES-1: Stop, Flatten and Kill end it and act; meanwhile the other verbs are refused, and the feed stands still.
#[test]
fn res_1_stop_flatten_and_kill_end_a_rehearsal_and_act() {
    for (command, state) in [
        (Command::Stop, BotState::Stopped),
        (Command::Flatten(Scope::All), BotState::Idle),
        (Command::Kill, BotState::Stopped),
    ] {
        run(async {
            let mut market = Market::new(7, &["2024-05-28"]);
            market.setup.identity = "SLOW_US_SIM_01".parse().unwrap();
            let bot = Bot::new(&format!("ended-{}", command.as_str()), &market, None).await;
            bot.tell(Command::Start).await.unwrap();
            bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
            bot.tell(Command::Rehearse).await.unwrap();
            bot.rehearsals.until("running", |r| r.windows.first().is_some_and(|w| w.bars > 0)).await;
            bot.until("marked", |b| b.rehearsing).await;
            let refused = bot.tell(Command::Resume).await.unwrap_err().to_string();
            assert!(refused.contains("the end of the rehearsal"), "{refused}");
            let refused = bot.tell(Command::Rehearse).await.unwrap_err().to_string();
            assert!(refused.contains("rehears"), "{refused}");
            bot.tell(command.clone()).await.unwrap();
            assert_eq!(bot.tree.killer.latch.is_set(), command == Command::Kill);
            let last = bot.rehearsals.until("ended", |r| r.ended.is_some()).await;
            assert_eq!(last.passed(), Some(false));
            let evidence: Vec<_> = last.checklist.as_ref().unwrap().points.iter().map(|p| p.evidence.clone()).collect();
            let said = format!("ended by {}", command.word());
            assert!(evidence.iter().any(|e| e.contains(&said)), "{evidence:#?}");
            assert_eq!(last.windows[0].state, WindowState::Cut);
            bot.until("acted", |b| b.state == state && !b.rehearsing).await;
        });
    }
}

/// RES-1: it starts only where nothing is held and no window is open; the recorded feed stands still while it runs, and
/// goes on afterwards.
#[test]
fn res_1_a_rehearsal_waits_for_quiet_and_the_feed_waits_for_it() {
    run(async {
        let market = Market::new(7, &["2024-05-28", "2024-05-29"]);
        let bot = Bot::new("quiet", &market, Some(Duration::from_millis(30))).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("a window", |b| b.session.as_ref().is_some_and(|s| !s.windows.is_empty())).await;
        let refused = bot.tell(Command::Rehearse).await.unwrap_err().to_string();
        assert!(refused.contains("it has to be started, idle or stopped"), "{refused}");
        // The last minutes of the day: every window is over, nothing is held.
        bot.until("the evening", |b| {
            b.session.as_ref().is_some_and(|s| b.at >= s.close - Span::minutes(4)) && b.positions.is_empty()
        })
        .await;
        bot.tell(Command::Rehearse).await.unwrap();
        bot.rehearsals.until("running", |r| r.windows.first().is_some_and(|w| w.bars > 0)).await;
        let at = bot.tree.board.borrow().at;
        let last = bot.rehearsals.until("ended", |r| r.ended.is_some()).await;
        assert_eq!(last.passed(), Some(true), "{:#?}", last.checklist);
        // One minute may have been on its way; unheld, the clock would have gone on by a minute each 30 ms.
        let stood = bot.tree.board.borrow().at;
        assert!(stood <= at + Span::minutes(1), "the live clock stands: {stood}, {at} at first");
        bot.until("the next day", |b| b.at >= at + Span::minutes(60)).await;
    });
}
