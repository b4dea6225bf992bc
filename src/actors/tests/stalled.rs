use desk::domain::event::{Body, Event};
use desk::domain::ids::OrderId;
use desk::domain::order::{Execution, OrderState, Purpose};
use desk::venue::Venue;
use desk::world::resume::{Past, resume};

use super::*;
use crate::messages::ledger::ToLedger;

impl Bot {
    /// From now on the books cannot be written, or can be again.
    fn fill_the_disk(&self, full: bool) {
        self.tree.wiring.ledger.deliver(ToLedger::Full(full)).unwrap();
    }

    fn kill_receipts(&self) -> Vec<Receipt> {
        let stored = Receipts::open(&self.folder.join("receipts")).unwrap().newest(100).unwrap();
        let kills = stored.iter().filter(|r| r.name.ends_with("-kill"));
        kills.map(|r| serde_json::from_slice(&r.bytes).unwrap()).collect()
    }

    /// What is on the disk leads back to where it ends, in another process; gives the events and the venue of then.
    async fn leads_back(&self, scene: &Scene) -> (Vec<Event>, Venue) {
        let (events, entries) = self.written().await;
        let mut playback = Playback::new(scene.tapes.clone(), Scene::fees());
        let mut past = Vec::new();
        let keep = |piece| {
            if let Past::Event(event) = piece {
                past.push(event);
            }
        };
        let (_, venue) = resume(&scene.setup, events, entries, &mut playback, keep).unwrap();
        (past, venue)
    }
}

const KILL: Purpose = Purpose::Exit { reason: ExitReason::Kill };

/// The venue that a new process leads back has filled what the record says, in this order, and nothing else. The bars of the
/// record's last minute come to it anew.
fn same(events: &[Event], venue: &Venue) {
    let there: Vec<_> = venue.executions().iter().map(|(order, _, execution)| (order, execution)).collect();
    let recorded = executed(events);
    let last = recorded.last().map(|(_, execution)| execution.at);
    let before = recorded.iter().filter(|(_, execution)| Some(execution.at) < last).count();
    assert!(recorded.starts_with(&there) && there.len() >= before, "{recorded:#?} {there:#?}");
}

/// The session's executions, as the record has them.
fn executed(events: &[Event]) -> Vec<(&OrderId, &Execution)> {
    let opened = events.iter().rposition(|e| matches!(e.body, Body::SessionOpened { .. })).unwrap();
    let told = events[opened..].iter().filter_map(|e| match &e.body {
        Body::Executed { order, execution, .. } => Some((order, execution.as_ref())),
        _ => None,
    });
    told.collect()
}

/// RISK-14a, D1, LIFE-5: the books cannot be written until long after the session's end. The market waits there, whatever the
/// kill does: no session begins before the last one is recorded, and what is recorded leads back.
#[test]
fn risk_14a_a_stall_over_a_kill_does_not_cross_the_sessions_end() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28", "2024-05-29"]);
        let bot = Bot::new("crossed", &scene, Some(Duration::from_millis(2))).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("a position", |b| !b.positions.is_empty()).await;
        bot.fill_the_disk(true);
        bot.tell(Command::Kill).await.unwrap();
        // Longer than both sessions take.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        bot.leads_back(&scene).await;
        bot.fill_the_disk(false);
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped && b.positions.is_empty()).await;
        let (events, venue) = bot.leads_back(&scene).await;
        same(&events, &venue);
        let latched = events.iter().position(|e| matches!(&e.body, Body::Intended(i) if i.purpose == KILL));
        let moved = |e: &Event| matches!(e.body, Body::AmendIntended { .. });
        assert!(!events[latched.unwrap()..].iter().any(moved), "nothing is sent after the latch but what reduces");
        assert!(stopped.orders.is_empty() && bot.ended.borrow().is_none(), "{stopped:#?}");
        bot.tell(Command::ResetKill).await.unwrap();
        bot.tell(Command::Start).await.unwrap();
        let next = "2024-05-29".parse().unwrap();
        bot.until("the next session, and its end", |b| {
            b.session.as_ref().is_some_and(|s| s.id.date == next && s.closed)
        })
        .await;
        bot.leads_back(&scene).await;
        let report = store::verify(&Address::Sqlite(bot.folder.join("ledger.db")), &Check::default()).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
    });
}

/// RISK-14, RISK-14a: an entry fills while the books cannot be written, and the kill comes after it. The record knows nothing
/// of the position; the venue does, and it is closed, once.
#[test]
fn risk_14a_a_fill_that_is_not_recorded_yet_is_closed() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let bot = Bot::new("late", &scene, Some(Duration::from_millis(150))).await;
        bot.tell(Command::Start).await.unwrap();
        let works = |b: &Board| b.orders.iter().any(|o| o.state == OrderState::Accepted) && b.positions.is_empty();
        let entering = bot.until("an entry that works", works).await;
        bot.fill_the_disk(true);
        // The minute that fills it comes; the one after it waits for the books.
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(bot.tree.board.borrow().positions.is_empty(), "the record cannot know it");
        bot.tell(Command::Kill).await.unwrap();
        let (_, receipt) = bot.receipt("kill").await;
        let held = &receipt.opened.positions;
        assert!(
            !held.is_empty() && held.iter().all(|p| entering.orders.iter().any(|o| o.symbol == p.symbol)),
            "{receipt:#?}"
        );
        assert!(receipt.exits_sent >= 1 && receipt.left.as_ref().is_some_and(|left| left.positions.is_empty()));
        bot.fill_the_disk(false);
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
        assert!(stopped.positions.is_empty() && stopped.orders.is_empty(), "{stopped:#?}");
        let by_kill = stopped.trades.iter().filter(|t| t.reason == ExitReason::Kill).count();
        assert_eq!(by_kill, held.len(), "{:#?}", stopped.trades);
        let (events, venue) = bot.leads_back(&scene).await;
        let is_exit = |e: &&Event| matches!(&e.body, Body::Intended(i) if matches!(i.purpose, Purpose::Exit { .. }));
        assert_eq!(events.iter().filter(is_exit).count(), held.len(), "each exit is recorded once");
        same(&events, &venue);
        assert_eq!(bot.kill_receipts().len(), 1);
    });
}

/// RISK-14a, EXEC-3: the venue has an entry, and its answer cannot be recorded. What the venue knows has arrived: it is
/// withdrawn, and the kill does not wait for the books to hear of it.
#[test]
fn risk_14a_an_answer_that_is_not_recorded_does_not_hold_a_kill_up() {
    run(async {
        let scene = Scene::new(7, &["2024-05-28"]);
        let bot = Bot::new("unheard", &scene, Some(Duration::from_millis(150))).await;
        bot.tell(Command::Start).await.unwrap();
        bot.until("an entry", |b| !b.orders.is_empty() && b.positions.is_empty()).await;
        bot.fill_the_disk(true);
        bot.tell(Command::Kill).await.unwrap();
        let (_, receipt) = bot.receipt("kill").await;
        assert!(receipt.left.as_ref().is_some_and(|left| left.entries.is_empty()), "{receipt:#?}");
        bot.fill_the_disk(false);
        let stopped = bot.until("stopped", |b| b.state == BotState::Stopped).await;
        assert!(stopped.positions.is_empty() && stopped.orders.is_empty(), "{stopped:#?}");
        let (events, venue) = bot.leads_back(&scene).await;
        same(&events, &venue);
    });
}

/// OPS-3, D1: while the books cannot be written a version does not hold, and nobody is shown it; the board says that it waits.
#[test]
fn ops_3_a_version_is_shown_when_it_is_recorded_and_not_before() {
    run(async {
        let bot = Bot::new("shown", &Scene::new(7, &["2024-05-28"]), None).await;
        bot.fill_the_disk(true);
        bot.tell(Command::ApplyConfig(3)).await.unwrap();
        bot.until("it waits", |b| b.applying == Some(3)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let board = Arc::clone(&bot.tree.board.borrow());
        assert_eq!((bot.shown.load(Ordering::SeqCst), board.applying), (0, Some(3)));
        assert!(board.strategies.iter().all(|s| s.on), "{board:#?}");
        bot.fill_the_disk(false);
        bot.until("it holds", |b| b.applying.is_none() && b.strategies.iter().any(|s| !s.on)).await;
        assert_eq!(bot.shown.load(Ordering::SeqCst), 3);
    });
}
