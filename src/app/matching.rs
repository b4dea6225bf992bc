//! Cash in and out beside accounting's documents (LEDG-10). Each booked movement of float is an item of the review, open until an
//! assignment of the same cash in the same currency comes, or until a reviewer answers it (decision 0021). What equity says
//! about the float (REP-8) is asked and taken back here too.
//!
//! The account of a simulated venue begins with the cash that the set-up states, and with no other: there the set-up itself is the
//! document of that float.

use std::collections::BTreeMap;
use std::time::Duration;

use desk::domain::bot::{Origin, VenueKind, Who};
use desk::domain::decimal::Money;
use desk::domain::float::{FloatAssigned, FloatAssignment};
use desk::domain::ids::{Identity, SessionId};
use desk::domain::journal::{AccountCode, Entry, EntryKind};
use desk::domain::symbol::Currency;
use desk::domain::time::Date;
use desk::world::day::FLOAT;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::gateway::clock;
use crate::store::people::People;
use crate::store::people::review::{
    ActKind, Doing, ItemKind, Known, MOVED, NewItem, NotDone, Reviewed, Standing, Subject, Wanted,
};

/// Who asks.
const PART: &str = "reports";
/// How long until what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// What it is told.
#[derive(Clone, Debug)]
pub(super) enum Note {
    /// The record is told from its start.
    Begin,
    /// An entry of the books.
    Booked(Box<Entry>),
    /// Accounting has assigned a float.
    Assigned(FloatAssigned),
    /// The record so far has been told.
    Told,
    /// Equity is beyond the float's thresholds.
    Beyond(NewItem),
    /// At the close of this session it is within them.
    Within(SessionId, String),
}

/// Float that moved, as it is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moved {
    seq: u64,
    day: Date,
    kind: EntryKind,
    reference: String,
    /// Above zero where it came in.
    amount: Money,
    currency: Currency,
    /// The entry that undoes it.
    undone: Option<u64>,
}

impl Moved {
    /// The float that an entry moved; nothing where it moved none.
    fn of(entry: &Entry) -> Option<Self> {
        let d = &entry.draft;
        if !matches!(d.kind, EntryKind::FloatIn | EntryKind::FloatOut | EntryKind::Opening) {
            return None;
        }
        let float = [AccountCode::FLOAT_CONTRIBUTED, AccountCode::FLOAT_RETURNED];
        let posting = d.postings.iter().find(|p| float.contains(&p.account))?;
        Some(Self {
            seq: entry.seq,
            day: d.session.date,
            kind: d.kind,
            reference: d.source_key.clone(),
            amount: posting.amount.negated(),
            currency: posting.currency,
            undone: None,
        })
    }

    /// Whether it is the cash that the account began with.
    fn is_the_first(&self) -> bool {
        self.kind == EntryKind::FloatIn && self.reference == FLOAT
    }

    fn is_of(&self, document: &FloatAssignment) -> bool {
        (self.amount, self.currency) == (document.cash_moved(), document.currency)
    }

    fn item(&self) -> NewItem {
        let Self { seq, day, amount, currency, reference, .. } = self;
        let what = self.kind.as_str().replace('_', " ");
        let title = format!("{what} of {amount} {currency} on {day}: match it to accounting's document");
        let text = format!(
            "Entry {seq}, reference {reference}. It is matched when accounting assigns a float by a document of the same cash and \
             currency. Where there is another proof, answer and approve it."
        );
        NewItem {
            kind: ItemKind::Float,
            title: title.chars().take(200).collect(),
            text: text.chars().take(2_000).collect(),
            about: Some(Subject::Entry(*seq)),
            // Accounting's paper may come weeks later: the day's close does not wait for it.
            day: None,
            source: format!("{MOVED}{seq}"),
        }
    }
}

/// The document of each movement. One whose reference is the entry's own goes first; then the oldest of the same cash. Each
/// document is of one movement.
fn matched<'a>(moved: &[Moved], documents: &'a [FloatAssigned]) -> BTreeMap<u64, &'a FloatAssignment> {
    let mut found: BTreeMap<u64, &FloatAssignment> = BTreeMap::new();
    let mut free: Vec<&FloatAssignment> = documents.iter().map(|d| &d.assignment).collect();
    for by_reference in [true, false] {
        for m in moved.iter().filter(|m| m.undone.is_none()) {
            let fits = |d: &&FloatAssignment| m.is_of(d) && (!by_reference || d.document == m.reference);
            if !found.contains_key(&m.seq)
                && let Some(at) = free.iter().position(fits)
            {
                found.insert(m.seq, free.remove(at));
            }
        }
    }
    found
}

/// Begins to keep the items of a bot at this venue.
pub(super) fn begin(people: &People, identity: &Identity, venue: VenueKind) -> UnboundedSender<Note> {
    let (tell, told) = unbounded_channel();
    let simulated = venue == VenueKind::Simulated;
    let (people, identity) = (people.clone(), identity.clone());
    let desk = Desk { people, identity, simulated, moved: Vec::new(), documents: Vec::new() };
    actix::spawn(keep(told, desk));
    tell
}

async fn keep(mut notes: UnboundedReceiver<Note>, mut desk: Desk) {
    let mut telling = true;
    while let Some(note) = notes.recv().await {
        match &note {
            Note::Begin => telling = true,
            Note::Told => telling = false,
            _ => {}
        }
        let moved = desk.hear(&note);
        // The past is told whole before anything is made of it: what it has asked it may have answered.
        let due =
            matches!(note, Note::Beyond(_) | Note::Within(..)) || !telling && (moved || matches!(note, Note::Told));
        if !due {
            continue;
        }
        // Somebody may act at the same moment; then it is looked at anew.
        while let Err(error) = desk.act_on(&note).await {
            tracing::error!(%error, "what there is to match with accounting cannot be written to the review");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// The review, as what is booked and assigned writes to it.
struct Desk {
    people: People,
    identity: Identity,
    /// Whether the venue is the simulated one.
    simulated: bool,
    moved: Vec<Moved>,
    documents: Vec<FloatAssigned>,
}

impl Desk {
    /// Takes in what is told; whether it is about float that moved.
    fn hear(&mut self, note: &Note) -> bool {
        match note {
            Note::Begin => (self.moved, self.documents) = (Vec::new(), Vec::new()),
            Note::Booked(entry) => {
                let undone = entry.draft.reverses.and_then(|seq| self.moved.iter_mut().find(|m| m.seq == seq));
                if let Some(undone) = undone {
                    undone.undone = Some(entry.seq);
                    return true;
                }
                let moved = Moved::of(entry);
                let any = moved.is_some();
                self.moved.extend(moved);
                return any;
            }
            Note::Assigned(assigned) => {
                self.documents.push(assigned.clone());
                return true;
            }
            Note::Told | Note::Beyond(_) | Note::Within(..) => {}
        }
        false
    }

    async fn act_on(&self, note: &Note) -> Result<(), NotDone> {
        match note {
            Note::Beyond(item) => {
                self.people.raise(&self.identity, item, (&who(), Origin::System), clock::now()).await?;
                Ok(())
            }
            Note::Within(session, text) => {
                let before = |source: &str| {
                    let of = source.strip_prefix("float:").and_then(|of| of.parse::<SessionId>().ok());
                    of.is_some_and(|of| of <= *session).then(|| text.clone())
                };
                self.settle(&self.people.reviewed(&self.identity).await?, before).await
            }
            _ => self.bring().await,
        }
    }

    /// Raises what is not raised yet, and takes back what is matched.
    async fn bring(&self) -> Result<(), NotDone> {
        for moved in &self.moved {
            self.people.raise(&self.identity, &moved.item(), (&who(), Origin::System), clock::now()).await?;
        }
        let documents = matched(&self.moved, &self.documents);
        let said = |source: &str| {
            let seq: u64 = source.strip_prefix(MOVED)?.parse().ok()?;
            let moved = self.moved.iter().find(|m| m.seq == seq)?;
            if let Some(undone) = moved.undone {
                return Some(format!("Entry {undone} has undone it."));
            }
            match documents.get(&seq) {
                Some(FloatAssignment { document, assigned_by, float, currency, from, .. }) => Some(format!(
                    "Matched: document {document} of {assigned_by}, a float of {float} {currency} from {from} on."
                )),
                None if self.simulated && moved.is_the_first() => Some(format!(
                    "Matched: the set-up, which states a float of {} {}. The simulated venue's account begins with it.",
                    moved.amount, moved.currency
                )),
                None => None,
            }
        };
        self.settle(&self.people.reviewed(&self.identity).await?, said).await
    }

    /// Takes back the bot's own questions of which something is said; a person's stays.
    async fn settle(&self, reviewed: &Reviewed, said: impl Fn(&str) -> Option<String>) -> Result<(), NotDone> {
        for (number, item) in reviewed.items.iter().filter(|(_, item)| item.kind == ItemKind::Float) {
            let Some(text) = said(&item.source) else { continue };
            let mut standing = reviewed.standing(Subject::Item(*number));
            while let Some(query) = standing.queries().iter().find(|query| query.who == format!("({PART})")) {
                let wanted = Wanted { about: Some(query.n), text: text.clone(), ..Wanted::plain(ActKind::Resolve) };
                standing = self.act(&standing, wanted).await?;
            }
        }
        Ok(())
    }

    async fn act(&self, on: &Standing, wanted: Wanted) -> Result<Standing, NotDone> {
        let doing = Doing { subject: on.subject, version: on.version(), who: who(), origin: Origin::System, wanted };
        self.people.review(&self.identity, &doing, &Known::default(), clock::now()).await
    }
}

fn who() -> Who {
    Who::Bot(PART.into())
}

#[cfg(test)]
mod tests {
    use desk::machines::ledger::{BookFact, Books, CashActivity, Journal, Mistake};

    use super::*;
    use crate::app::questions::tests::review_of_nobody;
    use crate::cli::report::open_breaks;

    fn entries(moves: &[(&str, &str, &str)]) -> Vec<Entry> {
        let identity: Identity = "TBOT_US_SIM_01".parse().unwrap();
        let (mut books, mut journal) = (Books::new(identity.clone()), Journal::new(identity));
        let (session, at) = ("XNYS:2026-06-01".parse().unwrap(), "2026-06-01T15:00:00Z".parse().unwrap());
        let mut all: Vec<Entry> = Vec::new();
        for (kind, reference, amount) in moves {
            let cash = CashActivity {
                activity: (*reference).to_owned(),
                amount: amount.parse().unwrap(),
                currency: Currency::USD,
                session,
                effective_at: at,
            };
            let fact = match *kind {
                "in" => BookFact::FloatIn(cash),
                "out" => BookFact::FloatOut(cash),
                "interest" => BookFact::Interest(cash),
                _ => BookFact::Mistake(Box::new(Mistake {
                    entry: all.last().unwrap().clone(),
                    by: "ann".to_owned(),
                    reason: "it never came".to_owned(),
                    session,
                })),
            };
            for draft in books.decide(at, &fact).unwrap() {
                let entry = journal.append(draft, at).unwrap().entry;
                books.apply(&entry);
                all.push(entry);
            }
        }
        all
    }

    fn document(reference: &str, float: &str, cash: Option<&str>) -> FloatAssigned {
        FloatAssigned {
            assignment: FloatAssignment {
                document: reference.to_owned(),
                assigned_by: "Treasury".to_owned(),
                float: float.parse().unwrap(),
                currency: Currency::USD,
                from: "2026-06-01".parse().unwrap(),
                cash: cash.map(|cash| cash.parse().unwrap()),
            },
            before: Money::ZERO,
            by: "ann".to_owned(),
        }
    }

    /// LEDG-10: a movement and a document of the same cash and currency belong together, one to one; the entry's own
    /// reference goes first.
    #[test]
    fn ledg_10_a_document_matches_one_movement_of_its_cash() {
        let moves =
            entries(&[("in", "float-1", "50000"), ("in", "A-2", "500"), ("out", "A-3", "500"), ("in", "A-4", "500")]);
        let moved: Vec<Moved> = moves.iter().filter_map(Moved::of).collect();
        assert_eq!(
            moved.iter().map(|m| m.amount.to_string()).collect::<Vec<_>>(),
            ["50000.00", "500.00", "-500.00", "500.00"]
        );
        let papers = [
            document("D-1", "50000", None),
            document("A-4", "50500", Some("500")),
            document("D-3", "50000", Some("-500.01")),
            document("D-4", "50500", Some("0")),
        ];
        let found: Vec<(u64, String)> =
            matched(&moved, &papers).into_iter().map(|(n, d)| (n, d.document.clone())).collect();
        assert_eq!(found, [(1, "D-1".to_owned()), (4, "A-4".to_owned())], "a cent apart is another movement");
        let both = [papers[1].clone(), document("D-5", "51000", Some("500"))];
        let found: Vec<u64> = matched(&moved, &both).into_keys().collect();
        assert_eq!(found, [2, 4], "the second document is the other movement's");
    }

    /// LEDG-10, decision 0021: each movement is raised once, whoever tells it again; a document settles it, a reversal too; a
    /// person's question stays.
    #[tokio::test]
    async fn ledg_10_a_booked_float_waits_in_the_review_until_its_document_comes() {
        let (_place, people, identity) = review_of_nobody().await;
        let mut desk = Desk { people, identity, simulated: false, moved: Vec::new(), documents: Vec::new() };
        let booked =
            entries(&[("in", "float-1", "50000"), ("interest", "I-1", "5"), ("out", "A-2", "700"), ("undo", "", "0")]);
        let mut open = Vec::new();
        for _ in 0..2 {
            desk.hear(&Note::Begin);
            let moved: Vec<bool> = booked.iter().map(|e| desk.hear(&Note::Booked(Box::new(e.clone())))).collect();
            assert_eq!(moved, [true, false, true, true]);
            desk.act_on(&Note::Told).await.unwrap();
            open.push(desk.open().await);
        }
        assert_eq!(open, [["float_entry:1"], ["float_entry:1"]], "the float that was undone asks nothing");

        assert!(desk.hear(&Note::Assigned(document("D-0", "40000", None))));
        desk.act_on(&Note::Assigned(document("D-0", "40000", None))).await.unwrap();
        assert_eq!(desk.open().await, ["float_entry:1"], "another amount is another document");
        let paper = document("D-1", "50000", None);
        desk.hear(&Note::Assigned(paper.clone()));
        desk.act_on(&Note::Assigned(paper)).await.unwrap();
        assert_eq!(desk.open().await, Vec::<String>::new());
        let reviewed = desk.people.reviewed(&desk.identity).await.unwrap();
        let last = reviewed.standing(Subject::Item(1)).acts.last().unwrap().clone();
        assert_eq!((last.wanted.kind, last.who.as_str()), (ActKind::Resolve, "(reports)"));
        assert!(last.wanted.text.starts_with("Matched: document D-1 of Treasury, a float of 50000.00 USD"), "{last:?}");
    }

    /// LEDG-10: at the simulated venue the set-up is the document of the float that it states: nothing waits, and nothing breaks
    /// readiness. Float that comes later waits there as anywhere.
    #[tokio::test]
    async fn ledg_10_the_set_up_s_float_of_a_simulated_venue_is_matched_by_the_set_up() {
        let (_place, people, identity) = review_of_nobody().await;
        let mut desk = Desk { people, identity, simulated: true, moved: Vec::new(), documents: Vec::new() };
        for entry in entries(&[("in", "float-1", "50000"), ("in", "A-2", "500")]) {
            desk.hear(&Note::Booked(Box::new(entry)));
        }
        desk.act_on(&Note::Told).await.unwrap();
        assert_eq!(desk.open().await, ["float_entry:2"]);
        assert_eq!(open_breaks(&desk.people, &desk.identity).await.unwrap(), 1);
        let reviewed = desk.people.reviewed(&desk.identity).await.unwrap();
        let last = reviewed.standing(Subject::Item(1)).acts.last().unwrap().clone();
        assert!(last.wanted.text.starts_with("Matched: the set-up, which states a float of 50000.00 USD"), "{last:?}");
    }

    /// REP-8: what equity says about the float is asked once, and taken back when it is within its thresholds again; an earlier
    /// session says nothing about a later one.
    #[tokio::test]
    async fn rep_8_a_deviation_is_settled_by_the_close_that_is_within_again() {
        let (_place, people, identity) = review_of_nobody().await;
        let desk = Desk { people, identity, simulated: true, moved: Vec::new(), documents: Vec::new() };
        let of = |day: &str| -> SessionId { format!("XNYS:{day}").parse().unwrap() };
        let beyond = NewItem {
            kind: ItemKind::Float,
            title: "Equity is below the float".to_owned(),
            text: String::new(),
            about: None,
            day: None,
            source: format!("float:{}", of("2026-06-02")),
        };
        for _ in 0..2 {
            desk.act_on(&Note::Beyond(beyond.clone())).await.unwrap();
            assert_eq!(desk.open().await, ["float:XNYS:2026-06-02"]);
        }
        desk.act_on(&Note::Within(of("2026-06-01"), "within".to_owned())).await.unwrap();
        assert_eq!(desk.open().await.len(), 1);
        desk.act_on(&Note::Within(of("2026-06-03"), "within".to_owned())).await.unwrap();
        assert_eq!(desk.open().await, Vec::<String>::new());
    }

    impl Desk {
        /// The sources of items with an open question.
        async fn open(&self) -> Vec<String> {
            let reviewed = self.people.reviewed(&self.identity).await.unwrap();
            let open = |n: &u64| !reviewed.standing(Subject::Item(*n)).queries().is_empty();
            reviewed.items.iter().filter(|(n, _)| open(n)).map(|(_, item)| item.source.clone()).collect()
        }
    }
}
