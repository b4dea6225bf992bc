//! The small parent that `tbot run` keeps where no service manager does: it starts the bot again when a part was lost that
//! only a new process brings back (LIFE-11), and hands signals on.

use std::process::{Child, Command, ExitCode};
use std::time::Duration;

use crate::cli::{Failure, console};
use crate::gateway::clock::Stopwatch;
use crate::gateway::control::{Signal, Signals};

/// The code with which a process ends that has to be started anew.
pub(super) const ANEW: u8 = 75;
/// Tells the bot who would start it again.
const WATCHER: &str = "TBOT_WATCHER";
/// A bot that lives shorter is not started again at once.
const SHORT: Duration = Duration::from_mins(1);
/// After so many short lives in a row it is left for a person to look at.
const LIVES: u32 = 5;

/// Keeps a bot running until it ends for good.
///
/// # Errors
/// Where a process cannot be started.
pub(super) fn keep() -> Result<ExitCode, Failure> {
    let failed = |e: std::io::Error| Failure::failed("parent", format!("the bot's process cannot be started: {e}"));
    let program = std::env::current_exe().map_err(failed)?;
    let mut short: u32 = 0;
    let mut again = None;
    loop {
        let life = Stopwatch::start();
        let mut command = Command::new(&program);
        command.args(std::env::args_os().skip(1)).arg("--unwatched").args(again);
        let mut child = command.env(WATCHER, std::process::id().to_string()).spawn().map_err(failed)?;
        hand_on(&child)?;
        let code = child.wait().map_err(failed)?.code().and_then(|code| u8::try_from(code).ok());
        short = if life.elapsed() < SHORT { short.saturating_add(1) } else { 0 };
        match code {
            // Killed from outside, or for want of memory: a service manager would start it again, too.
            Some(ANEW) | None if short < LIVES => {
                let wait = Duration::from_millis(200).saturating_mul(short.saturating_mul(short));
                console::remark("The bot is started again; what failed is in its log.");
                // The flags of a first start have done their work.
                again = Some("--again");
                std::thread::sleep(wait);
            }
            Some(ANEW) | None => {
                let message = format!("the bot ended {short} times shortly after its start; what failed is in its log");
                return Err(Failure::failed("ended_again", message));
            }
            Some(code) => return Ok(ExitCode::from(code)),
        }
    }
}

/// Whether the process that would start this one again is gone; false where there never was one.
pub(super) fn is_gone() -> bool {
    let watcher = std::env::var(WATCHER).ok().and_then(|pid| pid.parse().ok());
    watcher.is_some_and(|pid: u32| std::os::unix::process::parent_id() != pid)
}

/// Hands signals on to the child, from a thread that ends with the process.
fn hand_on(child: &Child) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::failed("parent", format!("signals cannot be handed on: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let pid = child.id().to_string();
    let listen = move || {
        runtime.block_on(async {
            let Ok(mut signals) = Signals::listen() else { return };
            loop {
                let name = match signals.next().await {
                    Signal::Terminate => "-TERM",
                    Signal::Interrupt => "-INT",
                    Signal::Kill => "-USR2",
                };
                // A child that has ended meanwhile needs no signal.
                let _ = Command::new("kill").args([name, &pid]).status();
            }
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(listen).map(drop).map_err(failed)
}
