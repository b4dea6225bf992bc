//! Tells the audit what came by socket, flag and signal (WEB-2b). Nobody waits for it: what the database cannot take, because
//! the disk is full or somebody holds it, waits here in its order and is written as soon as that can be done. A kill that had
//! to wait for its own record would be none.

use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::Caller;
use desk::domain::time::Timestamp;
use serde_json::json;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::gateway::clock;
use crate::messages::board::AlertLevel;
use crate::messages::supervisor::{Answer, Door, Order};
use crate::store::people::{Deed, People};

/// So long until a database that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// So many deeds wait; more than any person gives while a disk is full.
const WAITING: usize = 4_096;

/// Tells people what is no actor's affair.
type Alarm = Arc<dyn Fn(AlertLevel, &str, String) + Send + Sync>;

/// Where deeds are told.
#[derive(Clone)]
pub(super) struct Scribe {
    told: Sender<(Deed, Timestamp)>,
}

impl Scribe {
    /// A scribe, and what is to be run beside the ways in for as long as they are open.
    pub(super) fn new(people: People, alarm: Alarm) -> (Self, impl Future<Output = ()>) {
        let (told, heard) = channel(WAITING);
        (Self { told }, write(people, heard, alarm))
    }

    /// The same door, with everything that passes it told to the audit, and what came of it, in the words of the pages.
    pub(super) fn at(&self, door: Door) -> Door {
        let scribe = self.clone();
        Door::new(move |order: Order| {
            let (door, scribe) = (door.clone(), scribe.clone());
            async move { scribe.pass(&door, order).await }
        })
    }

    async fn pass(&self, door: &Door, order: Order) -> Answer {
        let (who, origin, object) = (order.caller.who.clone(), order.caller.origin, order.command.as_str());
        let deed = |what, detail| Deed { who: who.clone(), origin, what, object: object.to_owned(), detail };
        let (key, stepped_up) = (order.key.clone(), order.caller.stepped_up);
        let said = json!({ "command": &order.command, "key": &key, "why": &order.why, "stepped_up": stepped_up });
        self.tell(deed("command", said));
        let answer = door.command(order).await;
        self.tell(match &answer {
            Ok(outcome) => deed("carried_out", json!({ "key": key, "message": outcome.message })),
            Err(refused) => {
                let code = json!(refused).get("code").cloned();
                deed("not_carried_out", json!({ "key": key, "refused": code, "message": refused.to_string() }))
            }
        });
        answer
    }

    /// What was not even understood.
    pub(super) fn refused(&self, caller: Caller, object: &str, why: &str) {
        let (object, detail) = (object.to_owned(), json!({ "message": why }));
        self.tell(Deed { who: caller.who, origin: caller.origin, what: "refused", object, detail });
    }

    fn tell(&self, deed: Deed) {
        if let Err(lost) = self.told.try_send((deed, clock::now())) {
            let (deed, at) = lost.into_inner();
            tracing::error!(%at, ?deed, "too much waits for the audit: this stands in the log alone");
        }
    }
}

/// Writes what it is told, in its order, each as soon as it can be.
async fn write(people: People, mut heard: Receiver<(Deed, Timestamp)>, alarm: Alarm) {
    let mut away = false;
    while let Some((deed, at)) = heard.recv().await {
        while let Err(error) = people.record(&deed, at).await {
            tracing::error!(what = deed.what, object = deed.object, %error, "the audit cannot be written; it is tried again");
            if !away {
                let text = format!(
                    "The audit cannot be written: {error}. Commands but a rehearsal are carried out all the same and stand in life.log; the \
                     audit gets them when it can be written again."
                );
                alarm(AlertLevel::Critical, "audit", text);
            }
            away = true;
            tokio::time::sleep(PAUSE).await;
        }
        if away && heard.is_empty() {
            away = false;
            alarm(AlertLevel::Warning, "audit", "The audit has caught up; nothing is missing in it.".to_owned());
        }
    }
}
