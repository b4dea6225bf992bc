//! What the day's close asks the review, and tells it. A check that fails is an item of the review by itself (LEDG-9, LEDG-12);
//! once the close passes, the bot takes its own question back and names the entry that did it (decision 0017).

use std::time::Duration;

use desk::domain::bot::{Origin, Who};
use desk::domain::chain::Hash;
use desk::domain::ids::{Identity, SessionId};
use desk::domain::time::{Date, Timestamp};
use desk::world::day::Review;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::actors::questions::{Checked, Questions};
use crate::gateway::clock;
use crate::store::people::People;
use crate::store::people::review::{
    ActKind, CLOSE, Doing, Item, ItemKind, Known, NewItem, NotDone, Reviewed, Standing, Subject, Wanted,
};

/// Who asks about a check that fails.
const PART: &str = "day close";
/// How long until what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(2);
/// The longest title, and the longest text, in characters.
const LONGEST: (usize, usize) = (200, 2_000);

/// The review of a bot, for its day's close.
pub(super) fn of(people: &People, identity: &Identity) -> Questions {
    let (tell, told) = unbounded_channel();
    actix::spawn(keep(told, people.clone(), identity.clone()));
    let (of_closes, own) = (people.clone(), identity.clone());
    let (people, identity) = (people.clone(), identity.clone());
    Questions::new(move |days| {
        let (people, identity) = (people.clone(), identity.clone());
        async move {
            let reviewed = people.reviewed(&identity).await.map_err(|e| e.to_string())?;
            let open = days.into_iter().flat_map(|day| reviewed.holding(day));
            let (breaks, queried): (Vec<_>, Vec<_>) = open.partition(|subject| reviewed.is_break(*subject));
            let words = |open: Vec<Subject>| open.iter().map(|s| s.to_string().replace(':', " ")).collect();
            Ok(Review::Open { breaks: words(breaks), queried: words(queried) })
        }
    })
    // Where nobody hears any more the bot is going down; the next start tries the day again.
    .hearing(move |checked| drop(tell.send(checked)))
    .recalling(move |session, close| {
        let (people, identity) = (of_closes.clone(), own.clone());
        async move { failing(&people.reviewed(&identity).await.ok()?, session, close) }
    })
}

/// What stands in the review of the check that failed last in this close of a session, and has not been taken back.
fn failing(reviewed: &Reviewed, session: SessionId, close: u32) -> Option<String> {
    let source = source(session, close);
    let own = of_closes(reviewed).filter(|(_, item)| item.source.starts_with(&source));
    let standings = own.map(|(number, _)| reviewed.standing(Subject::Item(*number)));
    let taken_back = |of: &Standing| of.acts.last().is_some_and(|act| act.wanted.kind == ActKind::Resolve);
    let last = standings.filter(|standing| !taken_back(standing)).last()?;
    last.acts.first().map(|raised| raised.wanted.text.clone())
}

/// How the items of a close begin.
fn source(session: SessionId, close: u32) -> String {
    format!("{CLOSE}{session}:{close}:")
}

async fn keep(mut told: UnboundedReceiver<Checked>, people: People, identity: Identity) {
    let review = OfCloses { people, identity };
    while let Some(checked) = told.recv().await {
        // Somebody may act at the same moment; then it is looked at anew.
        while let Err(error) = review.note(&checked, clock::now()).await {
            tracing::error!(%error, "what came of a day's checks cannot be written to the review");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// The review, as the day's close writes to it.
struct OfCloses {
    people: People,
    identity: Identity,
}

impl OfCloses {
    /// Raises what fails, and settles what has passed. The same told twice is one.
    async fn note(&self, checked: &Checked, now: Timestamp) -> Result<(), NotDone> {
        match checked {
            Checked::Failed { session, close, title, text } => {
                let number = self.raise((*session, *close), (title, text), now).await?;
                let said = format!("The close fails otherwise now; item {number} says how.");
                self.settle(|n, _, day| n != number && day == session.date, &said, now).await
            }
            Checked::Passed { session, entry } => {
                let said = format!("Every check agrees now: entry {entry} closes {}.", session.date);
                self.settle(|_, _, day| day <= session.date, &said, now).await
            }
        }
    }

    /// One item for one failure of one close; where the bot had taken its question back, it asks again.
    async fn raise(
        &self,
        (session, close): (SessionId, u32),
        (title, text): (&str, &str),
        now: Timestamp,
    ) -> Result<u64, NotDone> {
        let item = NewItem {
            kind: ItemKind::Break,
            title: title.chars().take(LONGEST.0).collect(),
            text: text.chars().take(LONGEST.1).collect(),
            about: Some(Subject::Day(session.date)),
            day: Some(session.date),
            source: format!("{}{}", source(session, close), Hash::of(text.as_bytes())),
        };
        let raised = self.people.raise(&self.identity, &item, (&who(), Origin::System), now).await?;
        if !raised.new {
            let standing = self.people.reviewed(&self.identity).await?.standing(Subject::Item(raised.item));
            let last = standing.acts.iter().rev().find(|a| matches!(a.wanted.kind, ActKind::Answer | ActKind::Resolve));
            // Somebody's answer stands: a person has said what is to be said about it.
            if standing.queries().is_empty() && last.is_some_and(|act| act.wanted.kind == ActKind::Resolve) {
                let wanted = Wanted { text: format!("It fails in the same way again: {}", item.text), ..asking() };
                self.act(&standing, session.date, wanted, now).await?;
            }
        }
        Ok(raised.item)
    }

    /// Takes back what the bot itself has asked about closes, where it is one of these.
    async fn settle(
        &self,
        which: impl Fn(u64, &Item, Date) -> bool,
        text: &str,
        now: Timestamp,
    ) -> Result<(), NotDone> {
        let reviewed = self.people.reviewed(&self.identity).await?;
        for (number, item) in of_closes(&reviewed) {
            let Some(day) = item.day.filter(|day| which(*number, item, *day)) else { continue };
            let mut standing = reviewed.standing(Subject::Item(*number));
            while let Some(query) = standing.queries().iter().find(|query| query.who == format!("({PART})")) {
                let about = Some(query.n);
                let wanted = Wanted { about, text: text.to_owned(), ..Wanted::plain(ActKind::Resolve) };
                standing = self.act(&standing, day, wanted, now).await?;
            }
        }
        Ok(())
    }

    async fn act(&self, on: &Standing, day: Date, wanted: Wanted, now: Timestamp) -> Result<Standing, NotDone> {
        let doing = Doing { subject: on.subject, version: on.version(), who: who(), origin: Origin::System, wanted };
        let known = Known { day: Some(day), ..Known::default() };
        self.people.review(&self.identity, &doing, &known, now).await
    }
}

fn who() -> Who {
    Who::Bot(PART.into())
}

const fn asking() -> Wanted {
    Wanted::plain(ActKind::Query)
}

fn of_closes(reviewed: &Reviewed) -> impl Iterator<Item = (&u64, &Item)> {
    reviewed.items.iter().filter(|(_, item)| item.source.starts_with(CLOSE))
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::settings::test_place::TestPlace;
    use crate::store::Address;
    use crate::store::people::{Seal, Unsealed};

    /// No secret is kept here.
    struct Nothing;

    impl Seal for Nothing {
        fn seal(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, Unsealed> {
            Err(Unsealed)
        }

        fn open(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, Unsealed> {
            Err(Unsealed)
        }
    }

    const AT: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn failed(day: &str, close: u32, figures: &str) -> Checked {
        let session: SessionId = format!("XNYS:{day}").parse().unwrap();
        let title = format!("{day} does not close: check 3, cash in USD: {figures}");
        Checked::Failed { session, close, title, text: format!("session {session} does not close: {figures}") }
    }

    fn passed(day: &str) -> Checked {
        Checked::Passed { session: format!("XNYS:{day}").parse().unwrap(), entry: 77 }
    }

    /// A review that nobody has written to.
    pub(in crate::app) async fn review_of_nobody() -> (TestPlace, People, Identity) {
        let place = TestPlace::new();
        let people = People::open(&Address::Sqlite(place.join("people.db")), Arc::new(Nothing)).await.unwrap();
        (place, people, "TBOT_US_SIM_01".parse().unwrap())
    }

    impl OfCloses {
        async fn told(&self, checked: &Checked) -> Vec<u64> {
            self.note(checked, AT).await.unwrap();
            self.open().await
        }

        /// Items with an open question.
        async fn open(&self) -> Vec<u64> {
            let reviewed = self.people.reviewed(&self.identity).await.unwrap();
            let open = |n: &u64| !reviewed.standing(Subject::Item(*n)).queries().is_empty();
            reviewed.items.keys().copied().filter(open).collect()
        }

        async fn failing(&self, day: &str, close: u32) -> Option<String> {
            let session = format!("XNYS:{day}").parse().unwrap();
            failing(&self.people.reviewed(&self.identity).await.unwrap(), session, close)
        }

        async fn held(&self, day: &str) -> usize {
            let reviewed = self.people.reviewed(&self.identity).await.unwrap();
            reviewed.holding(day.parse().unwrap()).len()
        }

        async fn person(&self, item: u64, kind: ActKind) {
            let reviewed = self.people.reviewed(&self.identity).await.unwrap();
            let standing = reviewed.standing(Subject::Item(item));
            let about = standing.queries().first().map(|q| q.n).filter(|_| kind == ActKind::Answer);
            let doing = Doing {
                subject: standing.subject,
                version: standing.version(),
                who: Who::Person("bob".to_owned()),
                origin: Origin::Web,
                wanted: Wanted { about, text: "the broker was asked".to_owned(), ..Wanted::plain(kind) },
            };
            let known = Known { day: Some("2026-06-01".parse().unwrap()), ..Known::default() };
            self.people.review(&self.identity, &doing, &known, AT).await.unwrap();
        }
    }

    /// LEDG-9, LEDG-12, decision 0017: one failure is one item; other figures supersede it; a close that passes settles it; a
    /// person's answer stands; the close never waits for its own question, and does wait for a person's.
    #[tokio::test]
    async fn ledg_12_a_failing_check_is_one_item_which_the_passing_close_settles() {
        let (_place, people, identity) = review_of_nobody().await;
        let review = OfCloses { people, identity };
        let day = "2026-06-01";
        let cent = failed(day, 1, "off by 0.01");
        assert_eq!(review.told(&cent).await, [1]);
        assert_eq!(review.told(&cent).await, [1], "the same failure is the same item");
        assert_eq!(review.held(day).await, 0, "the close does not wait for its own question");
        let says = |why: Option<String>, figures: &str| why.is_some_and(|why| why.ends_with(figures));
        assert!(says(review.failing(day, 1).await, "off by 0.01"));
        assert_eq!(review.told(&failed(day, 1, "off by 0.02")).await, [2], "other figures supersede it");
        assert!(says(review.failing(day, 1).await, "off by 0.02"), "a start tells what failed last");
        assert_eq!(review.failing(day, 2).await, None);
        assert_eq!(review.told(&cent).await, [1], "what comes back is asked again");
        review.person(1, ActKind::Query).await;
        assert_eq!(review.held(day).await, 1, "a person's question holds the day");
        assert_eq!(review.told(&passed(day)).await, [1], "and is not the bot's to take back");
        assert_eq!(review.held(day).await, 1);

        // Opened again it is another close; a later close takes the days before it along.
        assert_eq!(review.told(&failed(day, 2, "off by 0.01")).await, [1, 3]);
        review.person(3, ActKind::Answer).await;
        assert_eq!(review.told(&failed(day, 2, "off by 0.01")).await, [1], "a person's answer stands");
        assert_eq!(review.told(&failed("2026-06-02", 1, "off by 0.01")).await, [1, 4]);
        assert_eq!(review.told(&passed("2026-06-01")).await, [1, 4], "an earlier close says nothing about it");
        assert_eq!(review.told(&passed("2026-06-03")).await, [1]);
        let reviewed = review.people.reviewed(&review.identity).await.unwrap();
        let last = reviewed.standing(Subject::Item(4)).acts.last().unwrap().clone();
        assert_eq!((last.wanted.kind, last.who.as_str()), (ActKind::Resolve, "(day close)"));
        assert_eq!(last.wanted.text, "Every check agrees now: entry 77 closes 2026-06-03.");
    }
}
