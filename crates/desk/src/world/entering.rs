//! What persons enter into the books of a running bot: shown first, then booked (BOOKS.md section 3).

use super::trader::{Halt, Record, Trader};
use crate::domain::chart::ChartChange;
use crate::domain::event::Body;
use crate::domain::float::{FloatAssigned, FloatAssignment, FloatRefusal};
use crate::domain::ids::SessionId;
use crate::domain::journal::{Draft, Entry};
use crate::domain::symbol::Currency;
use crate::domain::time::Timestamp;
use crate::machines::ledger::{BookFact, BookRefusal, ChartEdit, ChartRefusal};

/// Who enters something, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Who; one who enters does not approve (LEDG-7).
    pub by: String,
    /// Why.
    pub reason: String,
}

/// What an assignment of accounting comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigning {
    /// It is to be recorded.
    New(FloatAssigned),
    /// The same document has assigned the same before: nothing more is done.
    Again(FloatAssigned),
}

impl<R: Record> Trader<R> {
    /// The entries that a fact would lead to if this person entered it now. Nothing is booked. All entries so far are read where a
    /// year ends on a day that a later one has begun behind.
    ///
    /// # Errors
    /// [`BookRefusal`].
    pub fn drafts<'a>(
        &self,
        at: Timestamp,
        fact: &BookFact,
        author: &Author,
        entries: impl Iterator<Item = &'a Entry> + Clone,
    ) -> Result<Vec<Draft>, BookRefusal> {
        let signed = |draft: Draft| Draft {
            by: draft.by.or_else(|| Some(author.by.clone())),
            reason: draft.reason.or_else(|| Some(author.reason.clone())),
            ..draft
        };
        let drafts = match fact {
            BookFact::YearClose(year) if self.books.is_apart(year.session) => {
                self.books.year_close_as(&self.books.of_day(year.session, entries), at, year)?
            }
            fact => self.books.decide(at, fact)?,
        };
        Ok(drafts.into_iter().map(signed).collect())
    }

    /// Books what [`Self::drafts`] has just given; the numbers of the entries come back. Beside an unlock it keeps what the ends of
    /// the days left behind that are open again (decision 0026).
    ///
    /// # Errors
    /// [`Halt`].
    pub fn enter(&mut self, at: Timestamp, fact: &BookFact, drafts: Vec<Draft>) -> Result<Vec<u64>, Halt> {
        let mut entries = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let entry = self.journal.append(draft, at)?;
            self.books.apply(&entry.entry);
            entries.push(entry);
        }
        let numbers = entries.iter().map(|e| e.entry.seq).collect();
        // Lots that were named change which losses were replaced.
        self.book_marks(at, &mut entries)?;
        let mut kept = if let BookFact::Unlock(unlock) = fact { self.books.figures_in(unlock) } else { Vec::new() };
        kept.retain(|figures| self.kept.get(&figures.session) != Some(figures));
        let events = kept.into_iter().map(|figures| self.fold_one(at, Body::FiguresKept(Box::new(figures))));
        let mut events = events.collect::<Result<Vec<_>, _>>()?;
        self.record.commit(&mut events, &mut entries)?;
        Ok(numbers)
    }

    /// The change of the chart that an edit would make if this person made it now. Nothing is changed.
    ///
    /// # Errors
    /// [`ChartRefusal`].
    pub fn chart_change(&self, edit: &ChartEdit, author: &Author) -> Result<ChartChange, ChartRefusal> {
        self.books.chart_change(edit, &author.by, &author.reason)
    }

    /// Makes the change that [`Self::chart_change`] has just given.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn change_chart(&mut self, at: Timestamp, change: ChartChange) -> Result<(), Halt> {
        self.commit(at, [Body::ChartChanged(Box::new(change))])
    }

    /// What an assignment of accounting would record if it came now; the earlier one where its document has assigned the same
    /// before. Nothing is changed.
    ///
    /// # Errors
    /// [`FloatRefusal`].
    pub fn assignment(&self, wanted: &FloatAssignment, by: &str) -> Result<Assigning, FloatRefusal> {
        wanted.check(Currency::USD)?;
        let earlier = self.risk.assigned().iter().find(|a| a.assignment.document == wanted.document);
        match earlier {
            Some(earlier) if earlier.assignment == *wanted => Ok(Assigning::Again(earlier.clone())),
            Some(earlier) => Err(FloatRefusal::DocumentUsed { earlier: Box::new(earlier.clone()) }),
            None => {
                let before = self.risk.float_of(wanted.from);
                Ok(Assigning::New(FloatAssigned { assignment: wanted.clone(), before, by: by.to_owned() }))
            }
        }
    }

    /// Records what [`Self::assignment`] has just given: everybody who folds the record has the float from its session on.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn assign_float(&mut self, at: Timestamp, assigned: FloatAssigned) -> Result<(), Halt> {
        self.commit(at, [Body::FloatAssigned(Box::new(assigned))])
    }

    /// Clears the freeze by drawdown for a person: equity as it was marked last is the peak from now on (RISK-12). Nothing
    /// where no drawdown holds entries back.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn clear_drawdown(&mut self, at: Timestamp, by: String, why: String) -> Result<(), Halt> {
        if !self.risk.is_drawn_down() {
            return Ok(());
        }
        let peak = self.marked.money()?;
        self.commit(at, [Body::DrawdownCleared { peak, by, why }])
    }

    /// The last session that is over.
    #[must_use]
    pub const fn over(&self) -> Option<SessionId> {
        self.milestones.closed
    }

    /// The last day that entries stand in, not closed yet, its session over: the broker's figures of now are those of its end.
    /// Nothing while a later session runs.
    #[must_use]
    pub fn to_close(&self) -> Option<SessionId> {
        let last = self.books.open_days().last()?;
        self.milestones.closed.filter(|over| last <= *over && self.milestones.opened == Some(*over)).map(|_| last)
    }

    /// The days whose session is over and that are not closed, in their order.
    #[must_use]
    pub fn left_open(&self) -> Vec<SessionId> {
        self.books.open_days().filter(|day| Some(*day) <= self.milestones.closed).collect()
    }

    /// Whether the broker's figures and prices of the end of a day were kept, so that it is closed whatever trades meanwhile.
    #[must_use]
    pub fn has_figures(&self, day: SessionId) -> bool {
        self.kept.contains_key(&day)
    }

    /// The books' days that take entries of persons, in their order: those that are not closed, and the running session's;
    /// after a close the one that follows.
    #[must_use]
    pub fn enterable(&self) -> Vec<SessionId> {
        let mut days: Vec<SessionId> = self.books.open_days().collect();
        let now = self.milestones.opened.map(|session| self.books.bookable(session));
        days.extend(now.filter(|day| days.last().is_none_or(|last| last < day)));
        days
    }
}
