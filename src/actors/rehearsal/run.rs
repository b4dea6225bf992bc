//! From the first window to the checklist.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use desk::domain::chain::Hash;
use desk::domain::ids::{Identity, StrategyName};
use desk::machines::rehearsal::{Checklist, Digests, Plan, Ran};
use desk::strategies::Parameters;
use desk::world::trader::Setup;
use serde::Serialize;
use serde_json::json;
use tokio::sync::{oneshot, watch};

use super::stage::{Scene, Seen, Stage, Terms};
use super::teller::Teller;
use super::window::Window;
use crate::gateway::clock::Stopwatch;
use crate::messages::board::{Board, Mark};

/// Why nothing was played.
const UNRECORDED: &str = "its begin could not be written into the audit";
/// How long the audit may take to write it.
const AUDITED: Duration = Duration::from_secs(10);
/// How often the live bot is looked at until it stands still.
const LOOK: Duration = Duration::from_millis(50);
/// How long that may take; then it is taken as it is, and the checklist says what changed.
const PATIENCE: Duration = Duration::from_secs(3);

/// All that a rehearsal needs.
pub(super) struct Rehearsal<'a> {
    pub(super) stage: &'a Stage,
    pub(super) setup: &'a Setup,
    /// What is configured as it begins.
    pub(super) terms: Terms,
    pub(super) live: watch::Receiver<Arc<Board>>,
    pub(super) mark: Mark,
    /// Whether the live broker answers and the books agree with it.
    pub(super) broker: bool,
    /// Why it is to end at once, as soon as somebody says so.
    pub(super) stop: &'a OnceLock<String>,
}

/// What was measured of the live bot.
struct Measured {
    /// Or why it could not be looked at.
    seen: Result<Seen, String>,
    sent: u64,
}

impl Measured {
    /// The alerts so far, where it was looked at.
    fn alerts(&self) -> Option<u64> {
        self.seen.as_ref().ok().map(|seen| seen.alerts)
    }

    /// What was seen. Where nothing was, nothing is compared, and the checklist fails for it.
    fn told(self, teller: &mut Teller<'_>) -> Seen {
        self.seen.unwrap_or_else(|why| {
            teller.say(None, None, format!("The live bot could not be looked at: {why}"));
            Seen::default()
        })
    }
}

impl Rehearsal<'_> {
    /// Plays it to its end. It leaves no trace but its page, the audit and the rehearsals' own log (RES-3), so nothing is played
    /// before its begin stands in the audit (LIFE-4).
    pub(super) fn run(self, scene: Scene, plan: &Plan) {
        let mut teller = Teller::new(self.stage, &scene, plan, self.mark.clone());
        let begun = json!({
            "session": plan.session, "prices": scene.name, "why": self.mark.why,
            "windows": plan.segments.iter().map(|s| s.strategy).collect::<Vec<_>>(),
        });
        let recorded = teller.note("rehearsal_began", teller.board.id.clone(), begun);
        let unrecorded = self.recorded(recorded).err();
        teller.say(None, None, format!("The rehearsal of {} begins. No real order is sent.", plan.session));
        // Where nothing is played nothing is compared: what keeps the audit from answering may keep a look from it too.
        if unrecorded.is_some() {
            return end(teller, plan, &Ran { interrupted: unrecorded, ..nothing() });
        }
        let before = self.standing_still();
        let (sent, heard, before) = (before.sent, before.alerts(), before.told(&mut teller));
        let (scene, screened) = scene.screened(&self.terms.criteria);
        teller.board.left_out = screened.rejected.iter().map(|(s, why)| (*s, why.to_string())).collect();
        let (passed, out) = (screened.chosen.len(), screened.rejected.len());
        teller.board.screened = screened.chosen;
        teller.say(None, None, format!("Screened by price: {passed} passed, {out} left out."));

        let played = self.windows(&scene, plan, &mut teller);
        let after = self.measure();
        let sent = after.sent.saturating_sub(sent);
        let alerts = after.alerts().zip(heard).map(|(now, then)| now.saturating_sub(then));
        let after = after.told(&mut teller);
        let interrupted = self.stop.get().cloned();
        end(
            teller,
            plan,
            &Ran { interrupted, sent: Some(sent), alerts, before: before.digests, after: after.digests, ..played },
        );
    }

    /// Plays window after window, until the last or until somebody ends it.
    fn windows(&self, scene: &Scene, plan: &Plan, teller: &mut Teller<'_>) -> Ran {
        let mut ran = nothing();
        for (index, segment) in plan.segments.iter().enumerate() {
            if self.stop.get().is_some() {
                break;
            }
            let Some(setup) = self.setup_of(segment.strategy, scene) else { continue };
            let (fees, stop) = (&self.stage.fees, self.stop);
            let window = Window { index, segment, scene, setup, fees, broker: self.broker, stop };
            match window.play(teller) {
                Ok(played) => {
                    ran.windows.push(played.ran);
                    ran.orders = ran.orders.saturating_add(played.orders);
                    ran.unended = ran.unended.saturating_add(played.unended);
                    ran.positions = ran.positions.saturating_add(played.positions);
                    ran.books = match (ran.books, played.books) {
                        (Ok(all), Ok(own)) => Ok(all.saturating_add(own)),
                        (Err(why), _) => Err(why),
                        (Ok(_), Err(why)) => Err(format!("{}: {why}", segment.strategy)),
                    };
                }
                Err(halt) => teller.say(None, Some(segment.strategy), format!("it cannot run: {halt}")),
            }
        }
        ran
    }

    /// Waits until the begin stands in the audit: not without end, and not once somebody ends the rehearsal.
    fn recorded(&self, mut written: oneshot::Receiver<()>) -> Result<(), String> {
        let watch = Stopwatch::start();
        loop {
            match written.try_recv() {
                Ok(()) => return Ok(()),
                Err(oneshot::error::TryRecvError::Closed) => return Err(UNRECORDED.to_owned()),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            if let Some(why) = self.stop.get() {
                return Err(why.clone());
            }
            if watch.elapsed() >= AUDITED {
                let seconds = AUDITED.as_secs();
                return Err(format!("{UNRECORDED} within {seconds} s. Nothing was played"));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// The same machines, this strategy alone, under the rehearsal's own name: its order ids cannot be a live order's.
    fn setup_of(&self, strategy: StrategyName, scene: &Scene) -> Option<Setup> {
        let own: Vec<(StrategyName, Parameters)> =
            self.terms.strategies.iter().filter(|(name, _)| *name == strategy).copied().collect();
        let identity = tagged(&self.setup.identity)?;
        let instruments = scene.instruments.clone();
        Some(Setup { identity, strategies: own, instruments, ..self.setup.clone() })
    }

    /// The live bot as it is when two looks at it agree: the instant under way when it was told to wait is over then.
    fn standing_still(&self) -> Measured {
        let watch = Stopwatch::start();
        let mut last = self.measure();
        while watch.elapsed() < PATIENCE {
            std::thread::sleep(LOOK);
            let now = self.measure();
            if now.seen == last.seen && now.sent == last.sent {
                break;
            }
            last = now;
        }
        last
    }

    fn measure(&self) -> Measured {
        let board = Arc::clone(&self.live.borrow());
        let seen = (self.stage.eyes)().map(|mut seen| {
            seen.digests.extend([
                digest("positions", &board.positions),
                digest("orders", &board.orders),
                digest("statistics", &(&board.day, &board.strategies, &board.trades, &board.decisions)),
            ]);
            seen
        });
        Measured { seen, sent: board.day.sent }
    }
}

/// A rehearsal of which nothing was played yet.
const fn nothing() -> Ran {
    Ran {
        windows: Vec::new(),
        interrupted: None,
        orders: 0,
        unended: 0,
        positions: 0,
        books: Ok(0),
        sent: None,
        alerts: None,
        before: Digests::new(),
        after: Digests::new(),
    }
}

/// Tells what came of it.
fn end(mut teller: Teller<'_>, plan: &Plan, ran: &Ran) {
    let checklist = Checklist::of(plan, ran);
    teller.say(None, None, checklist.verdict());
    teller.end(checklist);
}

fn digest(name: &str, value: &impl Serialize) -> (String, Hash) {
    (name.to_owned(), Hash::of(&serde_json::to_vec(value).unwrap_or_default()))
}

/// The identity with its first word replaced.
fn tagged(identity: &Identity) -> Option<Identity> {
    let (_, rest) = identity.as_str().split_once('_')?;
    format!("REHEARSAL_{rest}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn res_1_a_rehearsal_has_a_name_of_its_own() {
        for (live, own) in [("TBOT_US_SIM_01", "REHEARSAL_US_SIM_01"), ("A_B_C_D", "REHEARSAL_B_C_D")] {
            assert_eq!(tagged(&live.parse().unwrap()).unwrap().as_str(), own);
        }
    }
}
