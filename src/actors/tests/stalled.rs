use desk::domain::order::Purpose;
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

    /// What is on the disk leads back to where it ends, in another process.
    async fn leads_back(&self, scene: &Scene) -> Vec<Past> {
        let (events, entries) = self.written().await;
        let mut playback = Playback::new(scene.tapes.clone(), Scene::fees());
        let mut past = Vec::new();
        resume(&scene.setup, events, entries, &mut playback, |piece| past.push(piece)).unwrap();
        past
    }
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
        assert!(stopped.orders.is_empty() && *bot.ended.borrow() == None, "{stopped:#?}");
        bot.tell(Command::ResetKill).await.unwrap();
        bot.tell(Command::Start).await.unwrap();
        let next = "2024-05-29".parse().unwrap();
        bot.until("the next session", |b| b.session.as_ref().is_some_and(|s| s.id.date == next)).await;
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
        let entering =
            bot.until("an entry without a position", |b| !b.orders.is_empty() && b.positions.is_empty()).await;
        bot.fill_the_disk(true);
        // The minute that fills it comes; the one after it waits for the books.
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(bot.tree.board.borrow().positions.is_empty(), "the record cannot know it");
        bot.tell(Command::Kill).await.unwrap();
        while bot.kill_receipts().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let receipt = bot.kill_receipts().remove(0);
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
        let past = bot.leads_back(&scene).await;
        let exit = |p: &Past| match p {
            Past::Event(e) => match &e.body {
                desk::domain::event::Body::Intended(i) => matches!(i.purpose, Purpose::Exit { .. }),
                _ => false,
            },
            _ => false,
        };
        assert_eq!(past.iter().filter(|p| exit(p)).count(), held.len(), "each exit is recorded once");
        assert_eq!(bot.kill_receipts().len(), 1);
    });
}
