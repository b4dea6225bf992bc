//! What persons ask of the books and enter into them. A refusal changes nothing, and nobody is told before it is durable.

use desk::domain::chain::Hash;
use desk::domain::float::FloatRefusal;
use desk::domain::journal::{Draft, EntryKind};
use desk::domain::time::Timestamp;
use desk::machines::ledger::BookFact;
use desk::world::entering::Assigning;
use desk::world::trader::Halt;

use super::Ledger;
use crate::messages::bookkeeping::{
    Answer, Asked, ChartAnswer, ChartAsked, ChartTold, FloatAnswer, FloatAsked, FloatTold, How, NotBooked, Told,
};

impl Ledger {
    /// Shows a change of the chart, or makes it where the chart is as it was when it was shown.
    ///
    /// # Errors
    /// [`Halt`] where the record refuses it; a person's mistake is an answer.
    pub(super) fn change_chart(&mut self, asked: &ChartAsked) -> Result<ChartAnswer, Halt> {
        let change = match self.trader.chart_change(&asked.edit, &asked.author) {
            Err(refused) => return Ok(Err(NotBooked::Chart(refused))),
            Ok(change) => change,
        };
        // What is booked meanwhile does not make it another change.
        let hash = Hash::of(format!("{} {:?}", change.version, change.account).as_bytes());
        match asked.how {
            How::Show => return Ok(Ok(ChartTold::Shown(change, hash))),
            How::AsShown(shown) if shown != hash => return Ok(Err(NotBooked::ChartChanged)),
            How::AsShown(_) | How::AtOnce => {}
        }
        let at = self.now.max(self.trader.last_at());
        self.trader.change_chart(at, change.clone())?;
        Ok(Ok(ChartTold::Changed(change)))
    }

    /// Records what accounting assigns (LEDG-10). A document that comes again changes nothing. Raising the float by hand needs a
    /// one-time code; lowering it, and a file in accounting's own folder, do not (decision 0021).
    ///
    /// # Errors
    /// [`Halt`] where the record refuses it; what is wrong with the assignment is an answer.
    pub(super) fn assign_float(&mut self, asked: &FloatAsked) -> Result<FloatAnswer, Halt> {
        let assigned = match self.trader.assignment(&asked.assignment, &asked.by) {
            Err(refused) => return Ok(Err(NotBooked::Float(refused))),
            Ok(Assigning::Again(earlier)) => return Ok(Ok(FloatTold { assigned: earlier, new: false })),
            Ok(Assigning::New(assigned)) => assigned,
        };
        let (now, float) = (assigned.before, assigned.assignment.float);
        if float > now && !asked.may_raise {
            return Ok(Err(NotBooked::Float(FloatRefusal::StepUp { now, float })));
        }
        let at = self.now.max(self.trader.last_at());
        self.trader.assign_float(at, assigned.clone())?;
        Ok(Ok(FloatTold { assigned, new: true }))
    }

    /// Shows the entries of a fact, or books them.
    ///
    /// # Errors
    /// [`Halt`] where the journal refuses what the books have decided; a person's mistake is an answer.
    pub(super) fn enter(&mut self, asked: &Asked) -> Result<Answer, Halt> {
        let at = self.now.max(self.trader.last_at());
        let drafts = match self.drafts(at, asked) {
            Ok(drafts) => drafts,
            Err(refused) => return Ok(Err(refused)),
        };
        let hash = Hash::of(format!("{drafts:?}").as_bytes());
        match asked.how {
            How::Show => return Ok(Ok(Told::Shown(drafts, hash))),
            How::AsShown(shown) if shown != hash => return Ok(Err(NotBooked::Changed)),
            How::AsShown(_) | How::AtOnce => {}
        }
        let numbers = self.trader.enter(at, drafts)?;
        if let BookFact::Unlock(unlock) = &asked.fact {
            self.opened_again(unlock);
        }
        Ok(Ok(Told::Booked(numbers)))
    }

    fn drafts(&self, at: Timestamp, asked: &Asked) -> Result<Vec<Draft>, NotBooked> {
        if let Some(day) = asked.day {
            let open = self.trader.enterable();
            if !open.contains(&day) {
                let closed_through = self.trader.books().closed_through();
                return Err(NotBooked::DayShut { day, closed_through, open });
            }
        }
        let drafts = self.trader.drafts(at, &asked.fact, &asked.author);
        let drafts = drafts.map_err(|refusal| NotBooked::Refused(Box::new(refusal)))?;
        if drafts.is_empty() {
            return Err(NotBooked::Nothing);
        }
        // What undoes an entry has the time of what it undoes.
        let late = drafts.iter().find(|d| d.kind != EntryKind::Reversal && d.effective_at > at);
        match late {
            Some(draft) => Err(NotBooked::NotYet { at: draft.effective_at, now: at }),
            None => Ok(drafts),
        }
    }
}
