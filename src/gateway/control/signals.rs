//! Signals of the operating system: SIGTERM and SIGINT ask for an orderly end (OPS-7), SIGUSR2 kills (RISK-13).

use std::io;

use desk::domain::bot::Command;
use tokio::signal::unix::{SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: an orderly end; a second one forces it.
    Terminate,
    /// SIGINT, Ctrl-C: the same.
    Interrupt,
    /// SIGUSR2.
    Kill,
}

/// Listens for signals.
#[derive(Debug)]
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    kill: tokio::signal::unix::Signal,
}

impl Signal {
    /// The command that it stands for.
    #[must_use]
    pub const fn command(self) -> Command {
        match self {
            Self::Terminate | Self::Interrupt => Command::Shutdown,
            Self::Kill => Command::Kill,
        }
    }

    /// The name that every system knows it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            Self::Kill => "SIGUSR2",
        }
    }
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// Where the system does not let us listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            kill: signal(SignalKind::user_defined2())?,
        })
    }

    /// The next signal; a kill goes before an end that came at the same time.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.kill.recv() => Signal::Kill,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn risk_13_sigusr2_kills_and_sigterm_asks_for_an_orderly_end() {
        let mut signals = Signals::listen().unwrap();
        for (name, expected) in [("USR2", Signal::Kill), ("TERM", Signal::Terminate), ("INT", Signal::Interrupt)] {
            let sent = std::process::Command::new("sh").args(["-c", &format!("kill -{name} $PPID")]).status().unwrap();
            assert!(sent.success());
            assert_eq!(signals.next().await, expected);
            assert_eq!(expected.name(), format!("SIG{name}"));
        }
        let shutdown = Command::Shutdown;
        assert_eq!(Signal::Kill.command(), Command::Kill);
        assert_eq!((Signal::Terminate.command(), Signal::Interrupt.command()), (shutdown.clone(), shutdown));
    }
}
