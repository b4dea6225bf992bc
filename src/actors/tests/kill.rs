use std::collections::BTreeMap;

use desk::domain::bot::{Mark, Scope};
use desk::domain::decimal::{Money, Price, Quantity, Ratio};
use desk::domain::event::{Body, Event};
use desk::domain::market::{Bar, Side};
use desk::domain::symbol::Symbol;
use desk::machines::kill_switch::Receipt;
use desk::world::generated::{Listing, Plot};

use super::*;
use crate::messages::broker::ToBroker;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::ToLedger;
use crate::messages::risk::ToRisk;
use crate::store::Stored;

const PACE: Option<Duration> = Some(Duration::from_millis(4));

impl Bot {
    fn kept(&self, kind: &str) -> Option<(Stored, Receipt)> {
        let stored = Receipts::open(&self.folder.join("receipts")).unwrap().newest(100).unwrap();
        let stored = stored.into_iter().find(|r| r.name.ends_with(kind))?;
        let receipt = serde_json::from_slice(&stored.bytes).unwrap();
        Some((stored, receipt))
    }

    pub(super) async fn receipt(&self, kind: &str) -> (Stored, Receipt) {
        for _ in 0..1_200 {
            if let Some(kept) = self.kept(kind) {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no receipt of a {kind}: {:#?}", self.tree.board.borrow());
    }

    fn is_signed(&self, stored: &Stored) -> bool {
        self.tree.wiring.signer.is_own(&stored.bytes, &stored.signature.signature)
    }

    async fn holding(name: &str, pace: u64) -> Self {
        let pace = Some(Duration::from_millis(pace));
        let bot = Self::new(name, &Scene::new(7, &["2024-05-28"]), pace).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("a position", |b| !b.positions.is_empty()).await;
        bot
    }
}

/// RISK-14, RISK-15, RISK-15a: kill shuts the latch, closes everything, leaves a signed receipt, and only a person with a
/// reason opens it again.
#[test]
fn risk_14_kill_latches_and_flattens_until_it_is_reset() {
    run(async {
        let bot = Bot::holding("kill", 4).await;
        bot.tell(Command::Kill).await.unwrap();
        assert!(bot.tree.killer.latch.is_set(), "the latch is shut when the answer comes");
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
        assert!(stopped.positions.is_empty() && stopped.orders.is_empty(), "{stopped:#?}");
        assert!(stopped.latch.is_some());
        assert!(stopped.trades.iter().any(|t| t.reason == ExitReason::Kill));
        let (stored, receipt) = bot.receipt("kill").await;
        assert!(bot.is_signed(&stored) && !receipt.opened.positions.is_empty() && receipt.flat_ms.is_some());
        let told = bot.until("told", |b| b.closing.as_ref().is_some_and(|c| c.receipt.is_some())).await;
        assert_eq!(told.closing.as_ref().unwrap().receipt.as_ref(), Some(&stored.name));
        let refused = bot.tell(Command::Start).await.unwrap_err();
        assert!(refused.to_string().contains("latch"), "{refused}");
        bot.tell(Command::ResetKill).await.unwrap();
        assert!(!bot.tree.killer.latch.is_set());
        // What was killed stays as history, with who let go of it.
        let told = bot.until("history", |b| b.past.closings.first().is_some_and(|c| c.reset.is_some())).await;
        let killed = &told.past.closings[0];
        assert_eq!((killed.verb.as_str(), killed.receipt.as_ref()), ("kill", Some(&stored.name)));
        assert_eq!((killed.positions.len(), killed.flat_ms), (receipt.opened.positions.len(), receipt.flat_ms));
        bot.tell(Command::Start).await.unwrap();
        assert_eq!(*bot.ended.borrow(), None);
    });
}

/// RISK-15: a reset lets go of every kill under its latch, and is told in the clock on the wall, as the kills are.
#[test]
fn risk_15_a_kill_and_its_reset_are_history_in_wall_time() {
    run(async {
        let bot = Bot::holding("twice", 4).await;
        let began = crate::gateway::clock::now();
        for kills in 1..=2 {
            let (key, why) = (format!("kill-{kills}"), format!("kill {kills}"));
            let caller = Caller::owner(Origin::CommandLine);
            bot.tree.door.command(Order { key, command: Command::Kill, caller, why }).await.unwrap();
            bot.until("stopped", |b| b.past.closings.len() == 1 && b.state == BotState::Stopped).await;
        }
        bot.tell(Command::ResetKill).await.unwrap();
        let told = bot.until("history", |b| b.past.closings.iter().all(|c| c.reset.is_some())).await;
        let resets: Vec<_> = told.past.closings.iter().filter_map(|c| c.reset.clone()).collect();
        assert_eq!(resets.len(), 1, "the second kill found nothing: {told:#?}");
        assert!((began..=crate::gateway::clock::now()).contains(&resets[0].at), "{resets:?}");
        assert!(told.past.closings.iter().all(|c| (began..=resets[0].at).contains(&c.mark.at)), "{told:#?}");
    });
}

/// RISK-15a, RISK-12: a pause leaves a signed receipt of what was open, and one that changes nothing none; what was cleared
/// stays as history, over processes too.
#[test]
fn risk_15a_a_pause_leaves_a_receipt_and_when_it_is_cleared_its_history() {
    run(async {
        let bot = Bot::holding("pause", 40).await;
        for _ in 0..2 {
            bot.tell(Command::Pause).await.unwrap();
        }
        let told = bot.until("a receipt", |b| !b.past.closings.is_empty()).await;
        let paused = &told.past.closings[0];
        assert_eq!((told.past.closings.len(), paused.verb.as_str(), paused.flat_ms), (1, "pause", None));
        assert!(!paused.positions.is_empty(), "{paused:?}");
        let kept = Receipts::open(&bot.folder.join("receipts")).unwrap().newest(100).unwrap();
        let [stored] = kept.as_slice() else { panic!("{kept:?}") };
        assert!(bot.is_signed(stored) && paused.receipt.as_ref() == Some(&stored.name));
        bot.tell(Command::Resume).await.unwrap();
        let told = bot.until("history", |b| !b.past.freezes.is_empty()).await;
        let cleared = &told.past.freezes[0];
        assert_eq!((cleared.freeze.name.as_str(), told.freezes.len()), ("pause", 0));
        assert_eq!(cleared.freeze.mark.who, cleared.cleared.who);
    });
}

/// RISK-14, measured: a hundred orders work when the latch is shut; afterwards nothing is sent but what reduces.
#[test]
fn risk_14_a_hundred_orders_are_gone_and_everything_is_flat() {
    run(async {
        let mut scene = Scene::of(&crowd(), 3, &["2024-05-28"]);
        let much = Money::whole(100_000_000);
        let l = &mut scene.setup.limits;
        (l.float, l.gross, l.net, l.symbol, l.leverage) = (much, much, much, much, Ratio::whole(1_000));
        (l.trades_day, l.trades_strategy, l.positions) = (10_000, 10_000, 10_000);
        let bot = Bot::new("hundred", &scene, Some(Duration::from_millis(200))).await;
        bot.tell(Command::Start).await.unwrap();
        // Some more than a hundred: what the board tells is a moment old, and some are filled until the kill looks.
        let before = bot.until("a hundred orders", |b| b.orders.len() >= 120).await;
        bot.tell(Command::Kill).await.unwrap();
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
        assert!(
            stopped.positions.is_empty() && stopped.orders.is_empty(),
            "{:?} {:?}",
            stopped.positions,
            stopped.orders
        );
        let (_, receipt) = bot.receipt("kill").await;
        let opened = receipt.opened.entries.len() + receipt.opened.protective.len();
        assert!(opened >= 100, "{opened} of {}", before.orders.len());
        assert!(receipt.last_cancel_ms.unwrap() <= receipt.flat_ms.unwrap(), "{receipt:?}");
        let (events, _) = bot.written().await;
        let texts: Vec<_> = events.iter().map(|e| String::from_utf8_lossy(e).into_owned()).collect();
        let first = texts.iter().position(|t| t.contains("\"kill\"")).unwrap();
        let later = texts[first..].iter().filter(|t| t.contains("\"kind\":\"intended\""));
        assert!(later.clone().count() >= 40);
        assert!(later.clone().all(|t| t.contains("\"exit\"")), "an entry was sent after the latch was shut");
    });
}

/// Symbols that break out in the first half hour, enough for more than a hundred orders at once.
fn crowd() -> MarketSpec {
    let listing = |n: i64| Listing {
        symbol: format!("CRWD{n:02}.SIM").parse().unwrap(),
        previous_close: Price::whole(50 + n),
        volume: Quantity::whole(30_000),
        volatility: 400,
        plot: Plot::Breakout(if n % 3 == 0 { Side::Short } else { Side::Long }),
    };
    MarketSpec { listings: (0..120).map(listing).collect() }
}

/// RISK-14a, D1, D6: the books cannot be written; the kill is carried out all the same, what it sends is in the emergency
/// file, and the books are whole when the disk is back.
#[test]
fn risk_14a_a_kill_goes_on_while_the_books_cannot_be_written() {
    run(async {
        let bot = Bot::holding("full", 150).await;
        bot.tree.wiring.ledger.deliver(ToLedger::Full(true)).unwrap();
        bot.tell(Command::Kill).await.unwrap();
        let (_, receipt) = bot.receipt("kill").await;
        assert!(!receipt.opened.positions.is_empty() && receipt.flat_ms.is_some());
        let (_, sent) = EmergencyFile::open(&bot.folder.join("emergency.log")).unwrap();
        assert!(sent.iter().any(|line| line.contains("exit")), "{sent:?}");
        let frozen = bot.until("frozen", |b| b.freezes.iter().any(|f| f.name.as_str() == "books")).await;
        assert!(frozen.alerts.iter().any(|a| a.code == "books"), "{:?}", frozen.alerts);
        assert_eq!(*bot.ended.borrow(), None, "the process stays");
        bot.tree.wiring.ledger.deliver(ToLedger::Full(false)).unwrap();
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
        assert!(stopped.positions.is_empty() && stopped.orders.is_empty(), "{stopped:#?}");
        let report = store::verify(&Address::Sqlite(bot.folder.join("ledger.db")), &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
    });
}

/// RISK-15: books and venue are compared when everything that the venue has said was heard, and not in the middle of a kill
/// whose fills wait to be booked.
#[test]
fn risk_15_a_comparison_during_a_kill_is_no_false_alarm() {
    run(async {
        let bot = Bot::holding("compared", 150).await;
        bot.tree.wiring.ledger.deliver(ToLedger::Full(true)).unwrap();
        bot.tell(Command::Kill).await.unwrap();
        while bot.kept("kill").is_none() {
            bot.tree.wiring.broker.deliver(ToBroker::Reconcile).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bot.tree.wiring.ledger.deliver(ToLedger::Full(false)).unwrap();
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped && b.positions.is_empty()).await;
        assert!(!stopped.alerts.iter().any(|a| a.code == "not_reconciled"), "{:?}", stopped.alerts);
        bot.tell(Command::ResetKill).await.unwrap();
        bot.tell(Command::Reconcile).await.unwrap();
        bot.tell(Command::Start).await.unwrap();
        assert_eq!(*bot.ended.borrow(), None);
    });
}

/// LIFE-7: a kill that is told on two ways, and has nothing to close, leaves one receipt.
#[test]
fn life_7_one_kill_leaves_one_receipt() {
    run(async {
        let bot = Bot::new("once", &Scene::new(7, &["2024-05-28"]), PACE).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("minutes", |b| b.fed_at.is_some()).await;
        bot.tell(Command::Drill).await.unwrap();
        bot.until("drilled", |b| b.drill.is_some()).await;
        let (who, why) = (Caller::owner(Origin::CommandLine).who, "a test".to_owned());
        bot.tree.killer.kill(&Mark { at: bot.tree.board.borrow().at, who, why });
        bot.tell(Command::Kill).await.unwrap();
        bot.until("told", |b| b.closing.as_ref().is_some_and(|c| c.receipt.is_some())).await;
        // Somebody else, who does not know yet that it is over.
        let who = Who::Bot("a flag".to_owned());
        bot.tree.killer.kill(&Mark { at: bot.tree.board.borrow().at, who, why: "another word".to_owned() });
        tokio::time::sleep(Duration::from_millis(500)).await;
        let kept = Receipts::open(&bot.folder.join("receipts")).unwrap().newest(100).unwrap();
        assert_eq!(kept.iter().filter(|r| r.name.ends_with("-kill")).count(), 1);
    });
}

/// LIFE-7, RISK-15: the same words soon after the latch was reset are another kill, carried out and receipted like the first.
#[test]
fn risk_15_a_kill_after_a_reset_is_another_kill() {
    run(async {
        let bot = Bot::holding("again", 8).await;
        for kills in 1..=2 {
            bot.tell(Command::Kill).await.unwrap();
            let over = |b: &Board| b.state == BotState::Stopped && b.positions.is_empty();
            let stopped = bot.until("flat", over).await;
            assert!(stopped.trades.iter().filter(|t| t.reason == ExitReason::Kill).count() >= kills, "{stopped:#?}");
            let told = |b: &Board| b.closing.as_ref().is_some_and(|c| c.receipt.is_some());
            bot.until("told", told).await;
            let kept = Receipts::open(&bot.folder.join("receipts")).unwrap().newest(100).unwrap();
            assert_eq!(kept.iter().filter(|r| r.name.ends_with("-kill")).count(), kills);
            bot.tell(Command::ResetKill).await.unwrap();
            bot.tell(Command::Start).await.unwrap();
            if kills == 1 {
                bot.until("another position", |b| !b.positions.is_empty()).await;
            }
        }
    });
}

/// A short day that ends with something held, since nobody trades in its last ten minutes; the bot stands one minute before
/// the end. The board is a moment old: where it missed that minute, another bot is tried.
async fn at_the_last_minute() -> Bot {
    let mut scene = Scene::new(7, &["2024-07-03", "2024-07-05"]);
    let close = Calendar::XNYS.session("2024-07-03".parse().unwrap()).unwrap().close;
    let is_late = |bar: &&mut Bar| bar.end() <= close && bar.end() > close - Span::minutes(10);
    for bar in scene.tapes.iter_mut().flat_map(|tape| tape.bars.iter_mut().filter(is_late)) {
        bar.volume = Quantity::whole(1);
    }
    let last = close - Span::MINUTE;
    for _ in 0..5 {
        let bot = Bot::new("last-minute", &scene, Some(Duration::from_millis(30))).await;
        bot.tell(Command::Start).await.unwrap();
        let seen = bot.until("the last minute", |b| b.fed_at.is_some_and(|at| at >= last)).await;
        assert!(seen.fed_at > Some(last) || !seen.positions.is_empty(), "nothing is held");
        if seen.fed_at == Some(last) {
            return bot;
        }
    }
    panic!("the last minute was missed each time");
}

/// STRAT-15, LIFE-11: risk falls when the last minute is on its way to it: what is held is closed by the one after it, and
/// nothing stays over night.
#[test]
fn strat_15_what_is_held_is_closed_also_where_risk_falls_at_the_close() {
    run(async {
        let bot = at_the_last_minute().await;
        bot.tree.wiring.risk.deliver(ToRisk::Fault(Fault::Hang(300))).unwrap();
        bot.tree.wiring.risk.deliver(ToRisk::Fault(Fault::Panic)).unwrap();
        let closed = bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
        assert!(closed.positions.is_empty() && closed.open_days.is_empty(), "{closed:#?}");
        let (events, _) = bot.written().await;
        let mut held: BTreeMap<Symbol, i64> = BTreeMap::new();
        for event in events.iter().map(|bytes| Event::from_bytes(bytes).unwrap()) {
            if let Body::Executed { symbol, execution, .. } = event.body {
                *held.entry(symbol).or_default() += execution.quantity.raw();
            }
        }
        assert!(!held.is_empty() && held.values().all(|quantity| *quantity == 0), "{held:?}");
    });
}

/// RISK-13: a strategy that spins does not hinder a kill.
#[test]
fn risk_13_a_kill_works_while_a_strategy_spins() {
    run(async {
        let bot = Bot::holding("spins", 4).await;
        bot.tree.wiring.strategies[0].deliver(ToStrategy::Fault(Fault::Hang(3_000))).unwrap();
        bot.tell(Command::Kill).await.unwrap();
        let (_, receipt) = bot.receipt("kill").await;
        assert!(receipt.last_cancel_ms.is_some_and(|ms| ms < 2_000), "{receipt:?}");
    });
}

/// RISK-13, RISK-15a: a kill switch that panics in the middle of a kill is built anew and finishes it.
#[test]
fn risk_13_a_kill_switch_that_falls_finishes_the_kill() {
    run(async {
        let bot = Bot::holding("falls", 4).await;
        bot.tree.wiring.kill_switch.deliver(ToKillSwitch::Fault(Fault::Panic)).unwrap();
        bot.tell(Command::Kill).await.unwrap();
        bot.tree.wiring.kill_switch.deliver(ToKillSwitch::Fault(Fault::Panic)).unwrap();
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
        assert!(stopped.positions.is_empty() && stopped.orders.is_empty());
    });
}

/// RISK-15a: flatten closes what it names and nothing else; cancel leaves positions alone; both leave receipts.
#[test]
fn risk_15a_flatten_and_cancel_end_with_receipts() {
    run(async {
        let bot = Bot::holding("verbs", 4).await;
        let symbol = bot.tree.board.borrow().positions[0].symbol;
        bot.tell(Command::CancelAll(Scope::All)).await.unwrap();
        let (stored, receipt) = bot.receipt("cancel").await;
        assert!(bot.is_signed(&stored) && receipt.exits_sent == 0, "{receipt:?}");
        bot.tell(Command::Flatten(Scope::Symbol(symbol))).await.unwrap();
        let (stored, receipt) = bot.receipt("flatten").await;
        assert!(bot.is_signed(&stored) && receipt.flat_ms.is_some());
        assert!(receipt.opened.positions.iter().all(|p| p.symbol == symbol), "{receipt:?}");
        assert!(!bot.tree.killer.latch.is_set());
        assert!(bot.tree.board.borrow().state.is_running());
    });
}

/// RISK-16: a drill on a venue of its own, its report signed and kept, the bot untouched.
#[test]
fn risk_16_a_drill_leaves_a_signed_report() {
    run(async {
        let bot = Bot::new("drill", &Scene::new(7, &["2024-05-28"]), PACE).await;
        bot.tell(Command::Drill).await.unwrap();
        let drilled = bot.until("drilled", |b| b.drill.is_some()).await;
        let drill = drilled.drill.clone().unwrap();
        assert_eq!((drill.orders, drill.failures.len()), (100, 0), "{drill:?}");
        assert!(drill.last_cancel_ms.is_some() && drill.flat_ms.is_some());
        let stored = Receipts::open(&bot.folder.join("receipts")).unwrap().newest(1).unwrap().remove(0);
        assert!(stored.name == drill.receipt && bot.is_signed(&stored));
        assert!(drilled.latch.is_none() && drilled.state == BotState::Started);
    });
}
