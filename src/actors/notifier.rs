//! The notifier: what somebody should know goes to the log and to the board. It has no other way yet.

use std::sync::Arc;

use actix::prelude::{Actor, Context, Handler, Supervised};

use super::tree::{NOTIFIER, Wiring};
use crate::messages::board::AlertLevel;
use crate::messages::line::Post;
use crate::messages::notifier::ToNotifier;
use crate::messages::reporter::ToReporter;

/// The notifier.
pub(super) struct Notifier {
    wiring: Arc<Wiring>,
}

impl Notifier {
    /// A notifier.
    pub(super) const fn new(wiring: Arc<Wiring>) -> Self {
        Self { wiring }
    }
}

impl Actor for Notifier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.set_mailbox_capacity(Wiring::CAPACITY);
    }
}

impl Supervised for Notifier {}

impl Handler<Post<ToNotifier>> for Notifier {
    type Result = ();

    fn handle(&mut self, post: Post<ToNotifier>, _: &mut Context<Self>) {
        let _at_work = self.wiring.pulse(NOTIFIER).begin();
        match post.body {
            ToNotifier::Beat(beat) => self.wiring.pulse(NOTIFIER).answer(beat),
            ToNotifier::Alert(alert) => {
                let (code, text) = (alert.code.as_str(), alert.text.as_str());
                match alert.level {
                    AlertLevel::Info => tracing::info!(target: "alert", code, "{text}"),
                    AlertLevel::Warning => tracing::warn!(target: "alert", code, "{text}"),
                    AlertLevel::Critical => tracing::error!(target: "alert", code, "{text}"),
                }
                self.wiring.must(self.wiring.reporter.deliver(ToReporter::Alerted(alert)));
            }
            #[cfg(test)]
            ToNotifier::Fault(fault) => super::tests::act_out(fault),
        }
    }
}
