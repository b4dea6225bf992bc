//! A living bot as a stranger runs it: the real binary, real files.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use desk::machines::kill_switch::Receipt;
use serde_json::Value;
use tbot::gateway::clock::Stopwatch;
use tbot::store::Receipts;

use super::tool::{Said, command, tbot, text};
use crate::web::client::{encoded, send};

/// So long what must come is waited for: it says that something hangs, not that a machine is slow.
pub(super) const PATIENCE: Duration = Duration::from_mins(4);

/// A running bot; it ends with the test.
pub(super) struct Bot {
    pub(super) child: Child,
    /// The line with which it says where it is found.
    pub(super) way_in: String,
    pub(super) data: PathBuf,
}

impl Bot {
    /// One that is set up by files and flags alone.
    pub(super) fn start(data: &Path, more: &[&str]) -> Self {
        Self::with(data, more, &[])
    }

    /// The same in an environment.
    pub(super) fn with(data: &Path, more: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::run(data, &[&["--identity", "TBOT_US_SIM_01"], more].concat(), environment)
    }

    /// One that is told nothing but where it is.
    pub(super) fn anew(data: &Path, more: &[&str]) -> Self {
        Self::run(data, more, &[])
    }

    /// One that may have only so many files open.
    pub(super) fn narrow(data: &Path, more: &[&str], files: usize) -> Self {
        Self::narrow_anew(data, &[&["--identity", "TBOT_US_SIM_01"], more].concat(), files)
    }

    /// The same, told nothing but where it is.
    pub(super) fn narrow_anew(data: &Path, more: &[&str], files: usize) -> Self {
        let mut prlimit = Command::new("prlimit");
        prlimit.arg(format!("--nofile={files}")).arg(env!("CARGO_BIN_EXE_tbot"));
        Self::spawn(prlimit, data, more)
    }

    fn run(data: &Path, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut run = command::<&str>(&[]);
        run.envs(environment.iter().copied());
        Self::spawn(run, data, more)
    }

    fn spawn(mut run: Command, data: &Path, more: &[&str]) -> Self {
        let mut words = vec!["run", "--unwatched", "--listen", "127.0.0.1:0", "--log-level", "error", "--data"];
        let folder = text(data);
        words.push(&folder);
        words.extend(more);
        let mut child = run.args(&words).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut way_in = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut way_in).unwrap();
        assert!(!way_in.is_empty(), "it ended: {:?}", child.wait());
        Self { child, way_in: way_in.trim().to_owned(), data: data.to_owned() }
    }

    pub(super) fn tell(&self, line: &str) -> Said {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words.extend(["--data".to_owned(), text(&self.data)]);
        tbot(&words)
    }

    pub(super) fn board(&self) -> Value {
        self.tell("status --json").json()["board"].clone()
    }

    /// Waits until the board shows it.
    pub(super) fn until(&self, what: &str, seen: impl Fn(&Value) -> bool) -> Value {
        let begun = Stopwatch::start();
        loop {
            let board = self.board();
            if seen(&board) {
                return board;
            }
            assert!(begun.elapsed() < PATIENCE, "never {what}: {board:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Host and path of the link that was printed.
    pub(super) fn link(&self) -> (SocketAddr, String) {
        let (_, url) = self.way_in.split_once("http://").unwrap_or_else(|| panic!("no link: {}", self.way_in));
        let (place, path) = url.split_once('/').unwrap();
        (place.parse().unwrap(), format!("/{path}"))
    }

    /// Registers the first administrator by the link that was printed; gives the cookie of who is signed in then.
    pub(super) fn register(&self) -> String {
        let (place, path) = self.link();
        let form = encoded(&[("name", "ada"), ("password", PASSWORD), ("again", PASSWORD)]);
        let kind = [("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
        let answer = send(place, "POST", &path, &kind, &form);
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.until("registered", |b| b["state"] == "started");
        answer.cookie().unwrap()
    }

    /// Waits until the process ends by itself.
    pub(super) fn ends(&mut self) -> ExitStatus {
        self.ends_unless(|| false).unwrap_or_else(|| panic!("it does not end: {:#}", self.board()))
    }

    /// The same, until something else has come.
    pub(super) fn ends_unless(&mut self, otherwise: impl Fn() -> bool) -> Option<ExitStatus> {
        let begun = Stopwatch::start();
        while begun.elapsed() < PATIENCE && !otherwise() {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// The process dies here and now.
    pub(super) fn perish(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) const PASSWORD: &str = "four words are enough here";

/// Raises the kill flag, whole: one that is read between its making and its writing kills without a reason.
pub(super) fn raise_kill(data: &Path, why: &str) {
    let written = data.join("raised");
    std::fs::write(&written, why).unwrap();
    std::fs::rename(written, data.join("control/control_kill.flag")).unwrap();
}

/// What lies in the folder of receipts: those of kills.
pub(super) fn receipts(data: &Path) -> Vec<Receipt> {
    let kept = Receipts::open(&data.join("receipts")).unwrap().newest(100).unwrap();
    let kills = kept.into_iter().filter(|r| r.name.ends_with("-kill"));
    kills.map(|r| serde_json::from_slice(&r.bytes).unwrap()).collect()
}
