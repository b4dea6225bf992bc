//! The order of one instant among parts that share nothing (STRAT-5): freezes, every strategy's exits, every strategy's
//! entries, one step after the other. It belongs to risk, through which everything passes on its way to the broker.
//!
//! The conductor asks for one thing at a time and goes on when it has been told what came of it; so the record has the
//! same order as that of a bot in one piece, whoever answers late.

use std::collections::{BTreeSet, VecDeque};

use super::seats::{Found, Step, withdrawal};
use super::trader::{Ended, Halt, Move, Record, Trader};
use crate::domain::event::Body;
use crate::domain::market::{Bar, QuoteBar};
use crate::domain::order::ExitReason;
use crate::domain::symbol::Symbol;
use crate::domain::time::Timestamp;

/// All bars that end at one instant, as they are handed from part to part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// When they ended.
    pub at: Timestamp,
    /// Place, bar and quote, by place.
    pub bars: Vec<(usize, Bar, Option<QuoteBar>)>,
}

impl Moment {
    /// The bars as the machines take them.
    #[must_use]
    pub fn ended(&self) -> Vec<Ended<'_>> {
        self.bars.iter().map(|(place, bar, quote)| Ended { place: *place, bar, quote: quote.as_ref() }).collect()
    }
}

/// What a strategy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// What it would do with its positions.
    Exits,
    /// What it has found.
    Entries,
}

/// What a strategy answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// What it would do with its positions.
    Moves(Vec<(Symbol, Move)>),
    /// What it has found.
    Signals(Vec<Found>),
    /// Nothing: it is out (LIFE-9).
    Out,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Act {
    /// Ask a strategy, by its place; [`Conductor::answered`] follows.
    Ask(usize, Question),
    /// Have a step recorded and sent; [`Conductor::done`] follows.
    Perform(Step),
    /// Nothing is left of this instant.
    Settled(Timestamp),
}

#[derive(Debug)]
enum Work {
    Freeze,
    /// Entries of strategies that are off.
    Withdraw,
    Ask(usize, Question),
    Move(Symbol, Move),
    Signal(usize, Found),
    Leave(Symbol, ExitReason),
    Perform(Step),
    Settle,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Waiting {
    #[default]
    Nothing,
    Answer(usize, Question),
    Done,
}

/// The conductor.
#[derive(Debug, Default)]
pub struct Conductor {
    instant: Moment,
    work: VecDeque<Work>,
    waiting: Waiting,
    /// Everything is to be left, for this reason; nothing is entered.
    leaving: Option<ExitReason>,
    /// No entry is asked for: the bot does not trade.
    resting: bool,
    /// A kill closes what is held, and nobody else moves anything.
    killing: bool,
    /// Strategies that are out for the session.
    suspended: BTreeSet<usize>,
}

impl Conductor {
    /// A conductor of a bot that does not trade yet.
    #[must_use]
    pub fn resting() -> Self {
        Self { resting: true, ..Self::default() }
    }

    /// From now on entries are asked for, or no more. Exits go on in any case.
    pub const fn rest(&mut self, resting: bool) {
        self.resting = resting;
    }

    /// A kill is under way, or over. Meanwhile strategies move no stop and leave nothing: what is sent is the kill's own. What
    /// is left at the session's end is closed there all the same.
    pub const fn kill(&mut self, killing: bool) {
        self.killing = killing;
    }

    /// A strategy is out, or back: nothing that it has found is entered while it is out.
    pub fn suspend(&mut self, index: usize, out: bool) {
        if out {
            self.suspended.insert(index);
        } else {
            self.suspended.remove(&index);
        }
    }

    /// Whether a strategy's entries are opened.
    fn enters(&self, index: usize) -> bool {
        !self.resting && self.leaving.is_none() && !self.suspended.contains(&index)
    }

    /// Everything is to be left for this reason, now and at each instant until it is called off.
    pub fn leave<R: Record>(&mut self, trader: &Trader<R>, reason: Option<ExitReason>) {
        self.leaving = reason;
        if let Some(reason) = reason {
            self.leave_all(trader, reason, |_| true);
        }
    }

    /// Leaves these symbols for this reason, once.
    pub fn leave_all<R: Record>(&mut self, trader: &Trader<R>, reason: ExitReason, which: impl Fn(&Symbol) -> bool) {
        let held = trader.occupied().into_iter().filter(|s| which(s));
        // Before what an instant has left to do, in the order of the symbols.
        for symbol in held.collect::<Vec<_>>().into_iter().rev() {
            self.work.push_front(Work::Leave(symbol, reason));
        }
    }

    /// Withdraws the entries of strategies that are off, before what an instant has left to do.
    pub fn withdraw(&mut self) {
        self.work.push_front(Work::Withdraw);
    }

    /// Has a step performed between two others.
    pub fn perform(&mut self, step: Step) {
        self.work.push_front(Work::Perform(step));
    }

    /// Whether nothing is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.work.is_empty() && self.waiting == Waiting::Nothing
    }

    /// An instant has been observed: at the close what is held is left, and nothing follows.
    pub fn begin<R: Record>(&mut self, instant: Moment, trader: &Trader<R>) {
        let Some(close) = trader.terms().map(|t| t.hours.close) else { return };
        // A process that ended between a choice and its withdrawals has left them to this one.
        self.work.extend([Work::Withdraw, Work::Freeze]);
        if instant.at >= close {
            return self.end(instant, trader);
        }
        if let Some(reason) = self.leaving {
            let held = trader.occupied().into_iter();
            self.work.extend(held.map(|s| Work::Leave(s, reason)));
        }
        let strategies = trader.strategies().len();
        let questions = [Question::Exits, Question::Entries];
        let asks = questions.into_iter().flat_map(|q| (0..strategies).map(move |index| Work::Ask(index, q)));
        self.work.extend(asks);
        self.work.push_back(Work::Settle);
        self.instant = instant;
    }

    /// Goes on after an instant that was cut short. It is not decided on again; a choice that was recorded in it still withdraws
    /// what it has switched off.
    pub fn take_up(&mut self, instant: Moment) {
        self.work.extend([Work::Withdraw, Work::Settle]);
        self.instant = instant;
    }

    /// What is held is left at the session's end; also once more, where that was cut short.
    pub fn end<R: Record>(&mut self, instant: Moment, trader: &Trader<R>) {
        let held = trader.occupied().into_iter();
        self.work.extend(held.map(|s| Work::Leave(s, ExitReason::SessionEnd)));
        self.work.push_back(Work::Settle);
        self.instant = instant;
    }

    /// A strategy has answered. An answer that was not asked for is left alone.
    pub fn answered(&mut self, index: usize, reply: Reply) {
        let Waiting::Answer(asked, question) = self.waiting else { return };
        if asked != index {
            return;
        }
        let work: Vec<Work> = match (question, reply) {
            (Question::Exits, Reply::Moves(moves)) => moves.into_iter().map(|(s, m)| Work::Move(s, m)).collect(),
            (Question::Entries, Reply::Signals(found)) => found.into_iter().map(|f| Work::Signal(index, f)).collect(),
            (_, Reply::Out) => Vec::new(),
            // An answer to another question: the one that is waited for may still come.
            (Question::Exits, Reply::Signals(_)) | (Question::Entries, Reply::Moves(_)) => return,
        };
        self.waiting = Waiting::Nothing;
        for one in work.into_iter().rev() {
            self.work.push_front(one);
        }
    }

    /// The strategy that is waited for, if one is.
    #[must_use]
    pub const fn asked(&self) -> Option<usize> {
        match self.waiting {
            Waiting::Answer(index, _) => Some(index),
            Waiting::Nothing | Waiting::Done => None,
        }
    }

    /// The step under way is recorded, sent, and what was answered at once is recorded too.
    pub fn done(&mut self) {
        if self.waiting == Waiting::Done {
            self.waiting = Waiting::Nothing;
        }
    }

    /// What is to be done next; nothing while something is waited for, or nothing is left.
    ///
    /// # Errors
    /// [`Halt`] of the machines.
    pub fn next<R: Record>(&mut self, trader: &mut Trader<R>) -> Result<Option<Act>, Halt> {
        while self.waiting == Waiting::Nothing
            && let Some(work) = self.work.pop_front()
        {
            let now = self.instant.at;
            let step = match work {
                Work::Freeze => {
                    let bodies: Vec<Body> = trader.freezes()?;
                    (!bodies.is_empty()).then_some(Step { bodies, out: None })
                }
                // Nobody else moves or cancels anything while a kill does.
                Work::Withdraw | Work::Ask(_, Question::Exits) | Work::Move(..) if self.killing => None,
                Work::Withdraw => trader.unwanted().map(|order| {
                    self.work.push_front(Work::Withdraw);
                    withdrawal(order)
                }),
                Work::Ask(index, Question::Entries) if !self.enters(index) => None,
                Work::Ask(index, question) => {
                    self.waiting = Waiting::Answer(index, question);
                    return Ok(Some(Act::Ask(index, question)));
                }
                Work::Move(symbol, what) => trader.step_of_move(now, &symbol, what)?,
                // Called off between the strategy's word and now.
                Work::Signal(index, _) if !self.enters(index) => None,
                Work::Signal(index, found) => {
                    let bars = self.instant.ended();
                    match bars.iter().find(|b| b.place == found.place) {
                        Some(ended) => trader.step_of_signal(index, now, ended, &found)?,
                        None => None,
                    }
                }
                // At the close nothing stays behind: where nobody knows yet whether an exit has arrived, that is waited for.
                Work::Leave(symbol, ExitReason::SessionEnd) if trader.awaits_exit(&symbol) => {
                    self.work.push_front(Work::Leave(symbol, ExitReason::SessionEnd));
                    return Ok(None);
                }
                Work::Leave(symbol, reason) => {
                    let what = trader.way_out(&symbol, reason);
                    trader.step_of_move(now, &symbol, what)?
                }
                Work::Perform(step) => Some(step),
                Work::Settle => {
                    trader.end_instant();
                    return Ok(Some(Act::Settled(now)));
                }
            };
            if let Some(step) = step {
                self.waiting = Waiting::Done;
                return Ok(Some(Act::Perform(step)));
            }
        }
        Ok(None)
    }
}
