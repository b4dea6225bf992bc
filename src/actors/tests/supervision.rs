use super::*;
use crate::actors::tree::{BROKER, KILL_SWITCH, LEDGER, MARKET_DATA, NOTIFIER, REPORTER, RISK, SUPERVISOR};
use crate::actors::watchdog;
use crate::messages::broker::ToBroker;
use crate::messages::kill_switch::ToKillSwitch;
use crate::messages::ledger::ToLedger;
use crate::messages::market_data::ToMarketData;
use crate::messages::notifier::ToNotifier;
use crate::messages::reporter::ToReporter;
use crate::messages::risk::ToRisk;
use crate::messages::supervisor::ToSupervisor;

const ALL: [&str; 9] = [LEDGER, RISK, BROKER, MARKET_DATA, REPORTER, SUPERVISOR, KILL_SWITCH, NOTIFIER, "strategy mid"];

impl Bot {
    fn fault(&self, name: &str, fault: Fault) {
        let w = &self.tree.wiring;
        let delivered = match name {
            LEDGER => w.ledger.deliver(ToLedger::Fault(fault)),
            RISK => w.risk.deliver(ToRisk::Fault(fault)),
            BROKER => w.broker.deliver(ToBroker::Fault(fault)),
            MARKET_DATA => w.market_data.deliver(ToMarketData::Fault(fault)),
            REPORTER => w.reporter.deliver(ToReporter::Fault(fault)),
            SUPERVISOR => w.supervisor.deliver(ToSupervisor::Fault(fault)),
            KILL_SWITCH => w.kill_switch.deliver(ToKillSwitch::Fault(fault)),
            NOTIFIER => w.notifier.deliver(ToNotifier::Fault(fault)),
            _ => w.strategies[1].deliver(ToStrategy::Fault(fault)),
        };
        delivered.unwrap();
    }
}

/// LIFE-11: whoever panics is built anew in place, or by a new process where only that helps; nothing is lost or sent
/// twice: the day's books are whole, and no order id is there twice.
#[test]
fn life_11_who_panics_is_built_anew_and_nothing_is_sent_twice() {
    for name in ALL {
        run(async move {
            let bot =
                Bot::new(&format!("fall-{}", name.replace(' ', "-")), &Scene::new(7, &["2024-05-28"]), PACE).await;
            bot.tell(Command::Start).await.unwrap();
            bot.until("a position", |b| !b.positions.is_empty()).await;
            bot.fault(name, Fault::Panic);
            if [LEDGER, SUPERVISOR].contains(&name) {
                let mut ended = bot.ended.clone();
                let end = tokio::time::timeout(Duration::from_secs(2), ended.wait_for(Option::is_some)).await;
                assert_eq!(*end.expect("noticed within 2 s").unwrap(), Some(End::Anew), "{name}");
                return;
            }
            let fallen = |b: &Board| b.actors.iter().any(|a| a.name == name && a.restarts == 1 && a.well);
            bot.until("built anew", fallen).await;
            if [RISK, BROKER, MARKET_DATA].contains(&name) {
                let freeze = format!("lost-{}", name.replace(' ', "-"));
                bot.until("frozen", |b| b.freezes.iter().any(|f| f.name.as_str() == freeze)).await;
            }
            bot.until("closed", |b| b.session.as_ref().is_some_and(|s| s.closed)).await;
            let (events, _) = bot.written().await;
            let mut orders: Vec<_> = events.iter().filter_map(|e| intended(e)).collect();
            let all = orders.len();
            orders.sort_unstable();
            orders.dedup();
            assert_eq!(orders.len(), all, "{name}: an order was sent twice");
            let report =
                store::verify(&Address::Sqlite(bot.folder.join("ledger.db")), &Check::default()).await.unwrap();
            assert!(report.is_sound(), "{name}: {report:?}");
        });
    }
}

const PACE: Option<Duration> = Some(Duration::from_millis(4));

/// The client order id of an intent.
fn intended(event: &[u8]) -> Option<String> {
    let event: serde_json::Value = serde_json::from_slice(event).unwrap();
    (event["kind"] == "intended").then(|| event["data"]["order"].as_str().unwrap().to_owned())
}

/// LIFE-11: whoever hangs is named within 2 s, by a thread that no actor can hinder.
#[test]
fn life_11_who_hangs_is_named_within_two_seconds() {
    for name in ALL {
        run(async move {
            let bot =
                Bot::new(&format!("hang-{}", name.replace(' ', "-")), &Scene::new(7, &["2024-05-28"]), PACE).await;
            bot.tell(Command::Start).await.unwrap();
            bot.until("minutes", |b| b.fed_at.is_some()).await;
            let (named, hears) = std::sync::mpsc::channel();
            watchdog::start(bot.tree.watched(), || {}, move |name| named.send(name).unwrap()).unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            bot.fault(name, Fault::Hang(4_000));
            let hung = tokio::task::spawn_blocking(move || hears.recv_timeout(Duration::from_millis(2_500)));
            assert_eq!(hung.await.unwrap(), Ok(name));
        });
    }
}
