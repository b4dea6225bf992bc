//! The output tree (REP-1): the logs of the session that goes on, the folders of those that are closed.

use std::path::{Path, PathBuf};

use desk::domain::ids::{SessionId, StrategyName};
use serde_json::Value;

use super::super::day_exports::{NotWritten, SUMS, write};
use super::growing::Growing;
use super::lines::Line;
use crate::render::logs::{csv_head, csv_line, json_line};
use crate::settings::{LogFormat, make_folder, replace};

/// The logs of actions besides those of the strategies, and what each takes.
type Takes = fn(&Line) -> bool;
const ACTIONS: [(&str, Takes); 4] = [
    ("orders.jsonl", Line::of_orders),
    ("exits.jsonl", Line::of_exits),
    ("outcomes.jsonl", Line::of_outcomes),
    ("unresolved_orders.log", Line::unresolved),
];

/// The output tree of a bot.
#[derive(Debug)]
pub(super) struct Shelf {
    root: PathBuf,
    format: LogFormat,
    strategies: Vec<(StrategyName, Growing)>,
    actions: Vec<(Takes, Growing)>,
    cycles: Growing,
    system: Growing,
    pub(super) trades: Growing,
    pub(super) decisions: Growing,
}

impl Shelf {
    pub(super) fn new(root: &Path, format: LogFormat, strategies: impl Iterator<Item = StrategyName>) -> Self {
        let log = |name: &str| Growing::new(root.join("logs").join(name));
        Self {
            root: root.to_owned(),
            format,
            strategies: strategies.map(|s| (s, log(&format!("{s}.log")))).collect(),
            actions: ACTIONS.iter().map(|(name, takes)| (*takes, log(name))).collect(),
            cycles: log("cycles.jsonl"),
            system: log("system.jsonl"),
            trades: Growing::new(root.join("trades/trades.jsonl")),
            decisions: Growing::new(root.join("decisions/decisions.jsonl")),
        }
    }

    fn logs(&mut self) -> impl Iterator<Item = &mut Growing> {
        let own = self.strategies.iter_mut().map(|(_, log)| log);
        own.chain(self.actions.iter_mut().map(|(_, log)| log)).chain([&mut self.cycles, &mut self.system])
    }

    /// Nothing of a session is there.
    pub(super) fn clear(&mut self) {
        self.logs().for_each(Growing::clear);
        self.trades.clear();
        self.decisions.clear();
    }

    /// An action, for each log that takes it. What is about no strategy in particular is about all.
    pub(super) fn act(&mut self, line: &Line) -> Result<(), NotWritten> {
        for (_, log) in self.strategies.iter_mut().filter(|(s, _)| line.strategy.is_none_or(|own| own == *s)) {
            match self.format {
                LogFormat::Json => log.add(&json_line(&line.record)),
                LogFormat::Csv => {
                    if log.bytes().is_empty() {
                        log.add(&csv_head());
                    }
                    log.add(&csv_line(&line.record).map_err(|e| NotWritten::File(e.to_string()))?);
                }
            }
        }
        for (_, log) in self.actions.iter_mut().filter(|(takes, _)| takes(line)) {
            log.add(&json_line(&line.record));
        }
        Ok(())
    }

    pub(super) fn cycle(&mut self, record: &Value) {
        self.cycles.add(&json_line(record));
    }

    pub(super) fn system(&mut self, record: &Value) {
        self.system.add(&json_line(record));
    }

    /// Brings the disk to where the session is.
    ///
    /// # Errors
    /// The first file that cannot be written; the next call tries all of them again.
    pub(super) fn flush(&mut self) -> Result<(), NotWritten> {
        let Self { root, strategies, actions, cycles, system, trades, decisions, .. } = self;
        let logs = strategies.iter_mut().map(|(_, log)| log).chain(actions.iter_mut().map(|(_, log)| log));
        let mut first = Ok(());
        for log in logs.chain([cycles, system, trades, decisions]) {
            if let Err(error) = log.flush() {
                first = first.and(Err(NotWritten::Folder(root.join(log.name()), error)));
            }
        }
        first
    }

    /// A file of the bot as a whole.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn log(&self, name: &str, bytes: &[u8]) -> Result<(), NotWritten> {
        let path = self.root.join("logs").join(name);
        replace(&path, bytes).map_err(|e| NotWritten::Folder(path, e))
    }

    /// What a file of the bot as a whole holds, where it is there.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.root.join("logs").join(name)).ok()
    }

    fn sessions(&self, session: SessionId) -> PathBuf {
        self.root.join("sessions").join(session.as_path())
    }

    fn summaries(&self, name: &str) -> PathBuf {
        self.root.join("summaries").join(name)
    }

    /// Whether a closed session has all its files.
    pub(super) fn has(&self, session: SessionId) -> bool {
        self.sessions(session).join(SUMS).exists() && self.summaries(&session.as_path()).join(SUMS).exists()
    }

    /// Moves a closed session's logs, trades and decisions into its folder (REP-1a).
    ///
    /// # Errors
    /// Those of the file system; the session's logs stay where they are.
    pub(super) fn close(&mut self, session: SessionId, records: Vec<(String, Vec<u8>)>) -> Result<(), NotWritten> {
        let trades = self.trades.bytes().to_vec();
        let mut files: Vec<(String, Vec<u8>)> =
            self.logs().map(|log| (format!("logs/{}", log.name()), log.bytes().to_vec())).collect();
        files.push(("trades/trades.jsonl".to_owned(), trades));
        files.extend(records);
        files.sort();
        write(&self.sessions(session), &files)
    }

    /// Writes the summaries of a session or a week.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn summarise(&self, name: &str, files: &[(String, Vec<u8>)]) -> Result<(), NotWritten> {
        let folder = self.summaries(name);
        make_folder(&folder).map_err(|e| NotWritten::Folder(folder.clone(), e))?;
        write(&folder, files)
    }
}
