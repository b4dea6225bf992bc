//! `tbot status`: what a running bot says of itself; without one, its last heartbeat and how old that is (LIFE-14).

/// The board in words.
mod words;

use std::path::Path;
use std::time::Duration;

use clap::Args;
use desk::domain::time::Timestamp;
use serde_json::{Value, json};

use super::bot::BotArguments;
use super::failure::{Exit, Failure};
use super::run::runtime;
use super::{console, examples};
use crate::gateway::clock;
use crate::gateway::control::{
    Flag, Heartbeat, Holder, LatchFile, Latched, Reply, Request, STALE, client, holder, last_heartbeat,
    waits_for_set_up,
};

/// How long the bot may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which bot.
#[derive(Debug, Args)]
#[command(after_help = examples(&["tbot status", "tbot status --json | jq .board.state"]))]
pub struct Arguments {
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// What is known from outside.
struct Seen {
    holder: Holder,
    heartbeat: Option<Heartbeat>,
    /// Why the heartbeat cannot be read.
    unread: Option<String>,
    /// The board of a bot that answers.
    board: Option<Value>,
    /// The latch's mark, as it lies there.
    latch: Option<Latched>,
    /// Whether the kill flag waits to be taken.
    flag: bool,
    /// Where it waits for its set-up.
    set_up: Option<String>,
    now: Timestamp,
}

/// Tells the status.
///
/// # Errors
/// [`Exit::Absent`] where no bot answers; what is known is told first. [`Exit::Found`] where it answers and something
/// does not fit.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let control = arguments.bot.boot()?.folders.control();
    let asked = runtime()?.block_on(client::ask(&control, &Request::Board, PATIENCE));
    let board = match asked {
        Ok(Reply::Board { board }) => Some(board),
        _ => None,
    };
    let seen = Seen::look(&control, board);
    let remarks = seen.remarks();
    if arguments.json {
        console::say(&seen.object(&remarks).to_string());
    } else {
        seen.tell(&remarks);
    }
    if seen.board.is_some() {
        if remarks.is_empty() {
            return Ok(());
        }
        return Err(Failure { exit: Exit::Found, code: "status_doubtful".into(), message: remarks.join("; ") });
    }
    let (code, message) = match &seen.set_up {
        Some(place) => ("not_set_up", format!("the bot waits for its set-up at {place}")),
        None if seen.holder.held => ("bot_silent", "a bot runs and does not answer".to_owned()),
        None => ("bot_silent", "no bot runs here".to_owned()),
    };
    Err(Failure { exit: Exit::Absent, code: code.into(), message })
}

impl Seen {
    /// Looks into a control folder; a bot that answers has told its board.
    fn look(control: &Path, board: Option<Value>) -> Self {
        let holder = holder(control);
        let (heartbeat, unread) = match last_heartbeat(control) {
            Ok(heartbeat) => (heartbeat, None),
            Err(e) => (None, Some(e.to_string())),
        };
        let waiting = holder.pid.filter(|_| holder.held && board.is_none());
        Self {
            holder,
            heartbeat,
            unread,
            board,
            latch: LatchFile::within(control).read(),
            flag: Flag::Kill.waits(control),
            set_up: waiting.and_then(|pid| waits_for_set_up(control, pid)),
            now: clock::now(),
        }
    }

    /// What the last heartbeat said, with the latch as it lies there now: somebody may have set it since.
    fn last_board(&self) -> Option<Value> {
        let mut board = self.heartbeat.as_ref().map(|beat| beat.board.clone()).filter(|board| !board.is_null())?;
        let own = board.as_object_mut()?;
        own.insert("latch".to_owned(), self.latch_mark());
        own.insert("latch_written".to_owned(), self.latch_written());
        Some(board)
    }

    fn latch_mark(&self) -> Value {
        self.latch.as_ref().map_or(Value::Null, |latched| json!(latched.mark))
    }

    fn latch_written(&self) -> Value {
        json!(self.latch.as_ref().and_then(|latched| latched.written))
    }

    /// The age of the last heartbeat in seconds.
    fn age(&self) -> Option<i64> {
        self.heartbeat.as_ref().map(|beat| (self.now - beat.at).as_seconds())
    }

    /// What does not fit together.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.set_up.is_some() {
            return remarks;
        }
        if self.board.is_some() && self.latch.is_some() && self.board.as_ref().is_some_and(|b| b["latch"].is_null()) {
            remarks.push("control/kill.latch is there, and the bot says that its latch is clear".to_owned());
        }
        if let Some(why) = &self.unread {
            remarks.push(format!("the last heartbeat cannot be read: {why}. The next one replaces it"));
        } else if let Some(beat) = &self.heartbeat {
            let old = self.now - beat.at > STALE;
            let age = self.age().unwrap_or_default();
            if self.holder.held && old {
                remarks.push(format!("the heartbeat is stale: {age} s old, {} s are allowed", STALE.as_seconds()));
            }
            if self.holder.held && self.holder.pid != Some(beat.pid) {
                let lock = self.holder.pid.map_or("nobody".to_owned(), |pid| pid.to_string());
                remarks.push(format!("the lock is held by process {lock}, the heartbeat is of process {}", beat.pid));
            }
            if self.holder.held && beat.unwatched {
                remarks.push(
                    "the process that starts the bot again is gone: if it falls it stays down. Shut it down in an orderly way \
                     and start it anew"
                        .to_owned(),
                );
            }
        } else if self.holder.held {
            remarks.push("a bot runs and has left no heartbeat yet".to_owned());
        }
        if self.board.is_some() && !self.holder.held {
            remarks.push("a bot answers and holds no lock".to_owned());
        }
        remarks
    }

    fn object(&self, remarks: &[String]) -> Value {
        let board = self.board.clone().or_else(|| self.last_board());
        let heartbeat = self.heartbeat.as_ref().map(|b| Heartbeat { board: Value::Null, ..b.clone() });
        json!({
            "answers": self.board.is_some(),
            "running": self.holder.held,
            "pid": self.holder.pid.filter(|_| self.holder.held),
            "heartbeat": heartbeat,
            "heartbeat_age_seconds": self.age(),
            "remarks": remarks,
            "set_up_at": self.set_up,
            "latch": self.latch_mark(),
            "latch_written": self.latch_written(),
            "kill_flag": self.flag,
            "board": board,
        })
    }

    fn tell(&self, remarks: &[String]) {
        match (&self.board, &self.heartbeat) {
            _ if self.set_up.is_some() => {
                let place = self.set_up.as_deref().unwrap_or_default();
                console::say(&format!(
                    "The bot waits for its set-up at {place}: open the link that its terminal or its journal shows."
                ));
            }
            (Some(board), _) => console::say(&words::board(board)),
            (None, Some(beat)) => {
                let age = self.age().unwrap_or_default();
                let head = if self.holder.held { "does not answer" } else { "does not run" };
                let process = self.holder.pid.filter(|_| self.holder.held);
                let process = process.map(|pid| format!(" (process {pid})")).unwrap_or_default();
                console::say(&format!("The bot {head}{process}. Its last heartbeat, {age} s old, {}:", beat.at));
                console::say(&words::heartbeat(beat));
                if let Some(board) = self.last_board() {
                    console::say(&words::board(&board));
                } else if self.latch.is_some() {
                    console::say(&words::latch(&self.latch_mark(), &self.latch_written()));
                }
            }
            (None, None) => {
                console::say(match (self.holder.held, &self.unread) {
                    (true, _) => "A bot runs and does not answer; there is no heartbeat.",
                    (false, Some(_)) => "The bot does not run.",
                    (false, None) => "No bot has run here yet.",
                });
                if self.latch.is_some() {
                    console::say(&words::latch(&self.latch_mark(), &self.latch_written()));
                }
            }
        }
        if self.flag {
            console::say(
                "KILL FLAG   control/control_kill.flag waits: a bot takes it within a second, the next start at once.",
            );
        }
        for remark in remarks {
            console::say(&format!("WRONG: {remark}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use desk::domain::bot::BotState;

    use super::*;

    fn beat(at: i64, pid: u32) -> Heartbeat {
        Heartbeat {
            at: Timestamp::from_seconds(at),
            pid,
            version: String::new(),
            identity: None,
            state: BotState::Idle,
            mode: None,
            broker: "up".to_owned(),
            feeds: Vec::new(),
            session: None,
            last_cycle: None,
            last_decision: None,
            decisions: 0,
            defense: false,
            unwatched: false,
            board: Value::Null,
        }
    }

    #[test]
    fn life_14_a_stale_heartbeat_and_a_lock_of_another_process_are_said() {
        let seen = |held, pid, heartbeat, answers: bool| Seen {
            holder: Holder { held, pid },
            heartbeat,
            unread: None,
            board: answers.then(|| json!({})),
            latch: None,
            flag: false,
            set_up: None,
            now: Timestamp::from_seconds(1_000),
        };
        let damaged = |answers| Seen { unread: Some("it is damaged".to_owned()), ..seen(true, Some(7), None, answers) };
        let waiting = Seen { set_up: Some("http://127.0.0.1:1".to_owned()), ..seen(true, Some(7), None, false) };
        for (seen, says) in [
            (seen(true, Some(7), Some(beat(998, 7)), true), &[][..]),
            (seen(true, Some(7), Some(beat(900, 7)), true), &["stale: 100 s old, 5 s"]),
            (seen(true, Some(8), Some(beat(998, 7)), false), &["held by process 8, the heartbeat is of process 7"]),
            (seen(true, Some(8), Some(beat(900, 7)), false), &["stale", "held by process 8"]),
            (seen(false, Some(7), Some(beat(900, 7)), false), &[]),
            (seen(true, Some(7), Some(Heartbeat { unwatched: true, ..beat(998, 7) }), true), &["stays down"]),
            (seen(false, Some(7), Some(Heartbeat { unwatched: true, ..beat(998, 7) }), false), &[]),
            (seen(true, Some(7), None, false), &["no heartbeat yet"]),
            (seen(false, None, None, true), &["holds no lock"]),
            (damaged(true), &["cannot be read: it is damaged. The next one replaces it"]),
            (waiting, &[]),
        ] {
            let remarks = seen.remarks();
            assert_eq!(remarks.len(), says.len(), "{remarks:?}");
            assert!(remarks.iter().zip(says).all(|(remark, says)| remark.contains(says)), "{remarks:?}");
        }
    }
}
