//! What the service manager is told (sd_notify(3)): ready, alive, state, stopping. Without one nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// The service manager, if this process was started by one.
#[derive(Clone, Copy, Debug)]
pub struct ServiceManager {
    there: bool,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that started this process.
    #[must_use]
    pub fn of_process() -> Self {
        let there = std::env::var_os("NOTIFY_SOCKET").is_some();
        Self { there, watchdog: there.then(sd_notify::watchdog_enabled).flatten() }
    }

    /// Whether there is one; then it restarts the process, and no parent of ours needs to.
    #[must_use]
    pub const fn is_there(self) -> bool {
        self.there
    }

    /// How often it wants to hear that the process is alive; half of it is a good interval.
    #[must_use]
    pub const fn watchdog(self) -> Option<Duration> {
        self.watchdog
    }

    /// The lock is held, the store verified, web and socket answer (OPS-6).
    pub fn ready(self, state: &str) {
        self.tell(&[NotifyState::Ready, NotifyState::Status(state)]);
    }

    /// The state in words, for `systemctl status`.
    pub fn status(self, state: &str) {
        self.tell(&[NotifyState::Status(state)]);
    }

    /// Every actor has answered.
    pub fn alive(self) {
        self.tell(&[NotifyState::Watchdog]);
    }

    /// The process goes down in order.
    pub fn stopping(self, why: &str) {
        self.tell(&[NotifyState::Stopping, NotifyState::Status(why)]);
    }

    fn tell(self, what: &[NotifyState<'_>]) {
        if self.there
            && let Err(e) = sd_notify::notify(what)
        {
            tracing::warn!(error = %e, "the service manager could not be told");
        }
    }
}
