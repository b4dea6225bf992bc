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
        let hash = hash_of(&drafts, at);
        match asked.how {
            How::Show => return Ok(Ok(Told::Shown(drafts, hash))),
            How::AsShown(shown) if shown != hash => return Ok(Err(NotBooked::Changed)),
            How::AsShown(_) | How::AtOnce => {}
        }
        let numbers = self.trader.enter(at, &asked.fact, drafts)?;
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
        let entries = self.booked.iter().flat_map(|entries| entries.iter());
        let drafts = self.trader.drafts(at, &asked.fact, &asked.author, entries);
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

/// What makes the entries that were shown those that are booked. What happens by being booked, as a year's close, has the time
/// of the booking: that the clock went on meanwhile does not make it another one.
fn hash_of(drafts: &[Draft], now: Timestamp) -> Hash {
    let timeless = |draft: &Draft| {
        let effective_at = if draft.effective_at == now { Timestamp::default() } else { draft.effective_at };
        Draft { effective_at, ..draft.clone() }
    };
    Hash::of(format!("{:?}", drafts.iter().map(timeless).collect::<Vec<_>>()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BOOKS.md section 3: a year's close that was shown a minute ago is still the one that was shown; another time that a
    /// person gave, or another text, is not.
    #[test]
    fn what_happens_as_it_is_booked_is_shown_whenever_it_is_booked() {
        let at = |minute: i64| Timestamp::from_seconds(1_800_000_000 + 60 * minute);
        let session = "XNYS:2026-12-31".parse().unwrap();
        let draft = |minute| Draft::new(EntryKind::YearClose, "XNYS:2026-12-31:1", session, at(minute));
        assert_eq!(hash_of(&[draft(0)], at(0)), hash_of(&[draft(5)], at(5)));
        assert_eq!(hash_of(&[draft(0)], at(5)), hash_of(&[draft(0)], at(6)), "it has a time of its own");
        assert_ne!(hash_of(&[draft(0)], at(5)), hash_of(&[draft(1)], at(5)));
        let other = Draft { description: "another".to_owned(), ..draft(0) };
        assert_ne!(hash_of(&[draft(0)], at(0)), hash_of(&[other], at(0)));
    }
}
