//! Polls one actor. The library leaves an actor that panicked for good, and its own supervisor keeps the broken struct; so
//! this one catches the panic, keeps mailbox and address, waits a little, and has the actor build itself anew.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;

use actix::dev::ContextFut;
use actix::dev::channel::AddressReceiver;
use actix::prelude::{Actor, ArbiterHandle, Context, Supervised};

use super::pulse::Pulse;
use crate::messages::line::Line;
use crate::messages::supervisor::ToSupervisor;

/// The first wait before an actor is built anew; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(20);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// An actor's future under guard.
struct Guard<A: Supervised<Context = Context<A>>> {
    actor: ContextFut<A, Context<A>>,
    waiting: Option<Pin<Box<dyn Future<Output = ()>>>>,
    times: u32,
    pulse: Pulse,
    tell: Line<ToSupervisor>,
}

/// Runs an actor on an arbiter, under guard. `make` is called there.
pub(super) fn run<A>(
    arbiter: &ArbiterHandle,
    mailbox: AddressReceiver<A>,
    pulse: Pulse,
    tell: Line<ToSupervisor>,
    make: impl FnOnce() -> A + Send + 'static,
) where
    A: Actor<Context = Context<A>> + Supervised + Unpin,
{
    arbiter.spawn_fn(move || {
        let actor = Context::with_receiver(mailbox).into_future(make());
        actix::spawn(Guard { actor, waiting: None, times: 0, pulse, tell });
    });
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked without a word".to_owned())
}

impl<A> Guard<A>
where
    A: Actor<Context = Context<A>> + Supervised + Unpin,
{
    fn fell(&mut self, why: String) {
        self.pulse.lie_down(true);
        self.times = self.times.saturating_add(1);
        let name = self.pulse.name();
        // Where the supervisor is gone too, the watchdog's thread sees both.
        if let Err(lost) = self.tell.deliver(ToSupervisor::Fell { name, why, times: self.times }) {
            tracing::error!(actor = name, %lost, "a fall could not be told");
        }
        let factor = 1_u32.checked_shl(self.times.saturating_sub(1).min(16)).unwrap_or(u32::MAX);
        let wait = FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT);
        self.waiting = Some(Box::pin(actix::clock::sleep(wait)));
    }
}

impl<A> Future for Guard<A>
where
    A: Actor<Context = Context<A>> + Supervised + Unpin,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            if let Some(wait) = &mut this.waiting {
                ready!(wait.as_mut().poll(task));
                this.waiting = None;
                // Building anew folds the chronicle, and may fall as well.
                match catch_unwind(AssertUnwindSafe(|| this.actor.restart())) {
                    Ok(true) => this.pulse.lie_down(false),
                    Ok(false) => return Poll::Ready(()),
                    Err(panic) => this.fell(said(panic.as_ref())),
                }
                continue;
            }
            match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut this.actor).poll(task))) {
                Ok(Poll::Pending) => return Poll::Pending,
                // Its mailbox is gone with the last address: the tree goes down.
                Ok(Poll::Ready(())) if !this.actor.alive() => return Poll::Ready(()),
                Ok(Poll::Ready(())) => this.fell("it stopped".to_owned()),
                Err(panic) => this.fell(said(panic.as_ref())),
            }
        }
    }
}
