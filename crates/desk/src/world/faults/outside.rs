//! Everything outside of the process: the venue, the wire to it with its faults, and the auditor's ear on both.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::audit::Auditor;
use super::crash::Step;
use super::disk::Shared;
use super::failure::Failure;
use super::plan::{Act, Weather};
use super::tally::Tally;
use crate::domain::decimal::Quantity;
use crate::domain::order::{Command, Report};
use crate::domain::seed::Rng;
use crate::domain::time::{Span, Timestamp};
use crate::domain::wide::Overflow;
use crate::venue::Venue;
use crate::world::trader::{Ended, Halt, Link};

/// What is on its way.
#[derive(Debug)]
pub(super) enum What {
    /// A command, to the venue.
    Command(Command),
    /// An answer, to one process and no other.
    Report(u32, Report),
}

#[derive(Debug)]
struct Message {
    at: Timestamp,
    number: u64,
    what: What,
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Message {}

impl PartialOrd for Message {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Message {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// The venue and the wire.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) venue: Venue,
    pub(super) disk: Shared,
    pub(super) auditor: Auditor,
    pub(super) tally: Tally,
    /// The number of the process that lives; answers to an earlier one are lost with it.
    pub(super) process: u32,
    /// Whether messages meet faults.
    pub(super) faulty: bool,
    /// The first thing that the auditor found.
    pub(super) found: Option<Failure>,
    weather: Weather,
    rng: Rng,
    queue: BinaryHeap<Reverse<Message>>,
    numbers: u64,
    latest: u64,
    reports: Vec<Report>,
}

impl Outside {
    pub(super) fn new(venue: Venue, disk: Shared, auditor: Auditor, weather: Weather, rng: Rng) -> Self {
        Self {
            venue,
            disk,
            auditor,
            tally: Tally::default(),
            process: 0,
            faulty: true,
            found: None,
            weather,
            rng,
            queue: BinaryHeap::new(),
            numbers: 0,
            latest: 0,
            reports: Vec::new(),
        }
    }

    /// A step of the process.
    pub(super) fn step(&self, step: Step) -> Result<(), Halt> {
        self.disk.borrow_mut().fuse.step(step)
    }

    /// When the next message arrives.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.queue.peek().map(|Reverse(m)| m.at)
    }

    /// The next message; an answer to a process that is gone is no message.
    pub(super) fn take(&mut self) -> Option<What> {
        let Reverse(message) = self.queue.pop()?;
        match &message.what {
            What::Report(process, _) if *process != self.process => {
                self.tally.fault("answer to a process that is gone");
                None
            }
            What::Report(..) => {
                if message.number < self.latest {
                    self.tally.fault("answer overtaken by a later one");
                }
                self.latest = self.latest.max(message.number);
                Some(message.what)
            }
            What::Command(_) => Some(message.what),
        }
    }

    /// Hands a command to the venue; its answers go on the wire.
    pub(super) fn arrive(&mut self, at: Timestamp, command: &Command) -> Result<(), Overflow> {
        let mut reports = std::mem::take(&mut self.reports);
        self.handle(at, command, &mut reports)?;
        self.emit(at, &mut reports);
        self.reports = reports;
        Ok(())
    }

    fn handle(&mut self, at: Timestamp, command: &Command, reports: &mut Vec<Report>) -> Result<(), Overflow> {
        let before = reports.len();
        self.venue.handle(at, command, reports)?;
        if let Command::Submit(intent) = command {
            let taken = reports.iter().skip(before).any(|r| matches!(r, Report::Accepted(o) if *o == intent.order));
            if taken {
                let finding = self.auditor.taken(at, intent);
                self.note(finding);
            }
        }
        Ok(())
    }

    fn note(&mut self, finding: Result<(), Failure>) {
        if let Err(failure) = finding {
            self.found.get_or_insert(failure);
        }
    }

    /// The venue matches the bars that have just ended.
    pub(super) fn match_bars(&mut self, now: Timestamp, bars: &[Ended<'_>]) -> Result<(), Overflow> {
        let mut reports = std::mem::take(&mut self.reports);
        for ended in bars {
            self.venue.on_bar(ended.place, ended.bar, ended.quote, &mut reports)?;
        }
        self.venue.expire(now, &mut reports);
        self.emit(now, &mut reports);
        self.reports = reports;
        Ok(())
    }

    /// Does what the script asks.
    pub(super) fn act(&mut self, now: Timestamp, act: Act) {
        match act {
            Act::Halt(place) => {
                self.tally.fault("instrument halted");
                self.venue.set_halted(place, true);
            }
            Act::Resume(place) => self.venue.set_halted(place, false),
            Act::RefuseEntries(count) => {
                self.tally.fault("entries refused by script");
                self.venue.refuse_entries(count);
            }
            Act::RefuseExits(count) => {
                self.tally.fault("exits refused by script");
                self.venue.refuse_exits(count);
            }
            Act::DropStops(place) => {
                let mut reports = std::mem::take(&mut self.reports);
                self.venue.drop_stops(place, &mut reports);
                if !reports.is_empty() {
                    self.tally.fault("stop withdrawn by the venue");
                }
                self.emit(now, &mut reports);
                self.reports = reports;
            }
        }
    }

    /// Puts answers on the wire, in their order unless they change places.
    fn emit(&mut self, now: Timestamp, reports: &mut Vec<Report>) {
        self.shuffle(reports);
        for report in reports.drain(..) {
            self.answer(now, report, None);
        }
    }

    fn shuffle(&mut self, reports: &mut [Report]) {
        if self.faulty && reports.len() > 1 && self.rng.chance(self.weather.shuffled, 1000) {
            self.tally.fault("answers shuffled");
            reports.reverse();
        }
    }

    /// An end that tells of less than was filled, while the fill is still on its way (B6).
    fn understate(&mut self, report: &mut Report) {
        if let Report::Ended { filled, .. } = report
            && !filled.is_zero()
            && self.rng.chance(self.weather.understated, 1000)
        {
            self.tally.fault("end that tells too little");
            *filled = Quantity::ZERO;
        }
    }

    /// One answer meets its fate; `heard` is where it goes at once where somebody waits for it.
    fn answer(&mut self, now: Timestamp, mut report: Report, heard: Option<&mut Vec<Report>>) {
        if self.faulty {
            self.understate(&mut report);
        }
        if self.faulty && self.rng.chance(self.weather.lost, 1000) {
            return self.tally.fault("answer lost");
        }
        if self.faulty && self.rng.chance(self.weather.twice, 1000) {
            self.tally.fault("answer repeated");
            let later = now + self.delay();
            self.push(later, What::Report(self.process, report.clone()));
        }
        if self.faulty && self.rng.chance(self.weather.late, 1000) {
            self.tally.fault("answer late");
            let later = now + self.delay();
            return self.push(later, What::Report(self.process, report));
        }
        match heard {
            Some(answers) => answers.push(report),
            None => self.push(now, What::Report(self.process, report)),
        }
    }

    fn push(&mut self, at: Timestamp, what: What) {
        self.numbers = self.numbers.saturating_add(1);
        self.queue.push(Reverse(Message { at, number: self.numbers, what }));
    }

    /// Seconds mostly, sometimes minutes.
    fn delay(&mut self) -> Span {
        let milliseconds = match self.rng.below(20) {
            0..=11 => self.rng.range(50, 5_000),
            12..=16 => self.rng.range(5_000, 45_000),
            17..=18 => self.rng.range(45_000, 120_000),
            _ => self.rng.range(120_000, 240_000),
        };
        Span::nanos(milliseconds.saturating_mul(1_000_000))
    }

    /// The auditor reads what has become durable.
    pub(super) fn audit(&mut self, now: Timestamp) -> Result<(), Failure> {
        if let Some(failure) = self.found.take() {
            return Err(failure);
        }
        self.auditor.read(now, &self.disk.borrow(), &self.venue)
    }

    fn carry(&mut self, at: Timestamp, command: &Command, answers: &mut Vec<Report>) -> Result<(), Halt> {
        if self.faulty {
            if self.rng.chance(self.weather.lost, 1000) {
                self.tally.fault("command lost");
                return Ok(());
            }
            if self.rng.chance(self.weather.twice, 1000) {
                self.tally.fault("command repeated");
                let later = at + self.delay();
                self.push(later, What::Command(command.clone()));
            }
            if self.rng.chance(self.weather.late, 1000) {
                self.tally.fault("command late");
                let later = at + self.delay();
                self.push(later, What::Command(command.clone()));
                return Ok(());
            }
        }
        let mut reports = std::mem::take(&mut self.reports);
        self.handle(at, command, &mut reports)?;
        self.shuffle(&mut reports);
        for report in reports.drain(..) {
            self.answer(at, report, Some(answers));
        }
        self.reports = reports;
        Ok(())
    }
}

impl Link for Outside {
    fn send(&mut self, at: Timestamp, command: &Command, answers: &mut Vec<Report>) -> Result<(), Halt> {
        let (before, after) = Step::of_command(command);
        self.step(before)?;
        let finding = self.auditor.leaves(at, command, &self.disk.borrow(), &self.venue);
        self.note(finding);
        self.carry(at, command, answers)?;
        self.step(after)
    }
}
