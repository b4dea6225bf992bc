//! Raising, acting, reading. Each act and its audit record are one transaction; what is written stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use desk::domain::bot::{Origin, Who};
use desk::domain::ids::Identity;
use desk::domain::time::{Date, Timestamp};
use serde_json::{Value, json};

use super::fold::{Around, Standing, decide};
use super::refused::Refused;
use super::words::{Act, ActKind, CLOSE, Item, ItemKind, NewItem, Subject, Wanted};
use crate::store::error::StoreError;
use crate::store::link::Link;
use crate::store::people::audit::{Deed, record_on, who_text};
use crate::store::people::open::{People, ask, tell};
use crate::store::people::sql;

/// So often it is tried where somebody else writes at the same moment.
const TRIES: u32 = 3;
/// The longest title, and the longest source, in characters.
const LONGEST: usize = 200;
/// The longest text of an item, in characters.
const LONGEST_TEXT: usize = 2_000;

/// What came of raising.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The item's number.
    pub item: u64,
    /// Whether it is new; nothing was written where the same source was raised before.
    pub new: bool,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub struct Doing {
    /// To what.
    pub subject: Subject,
    /// The number of acts that the person saw.
    pub version: u64,
    /// Who.
    pub who: Who,
    /// From where.
    pub origin: Origin,
    /// What.
    pub wanted: Wanted,
}

/// What the books and the table of persons know about a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The day that it belongs to.
    pub day: Option<Date>,
    /// Who entered it; of a day, who entered anything in it.
    pub authors: BTreeSet<String>,
    /// Of a day: the last entry booked into it, closes and unlocks aside.
    pub last: u64,
    /// Whether its day is closed.
    pub sealed: bool,
    /// To whom it can be assigned.
    pub reviewers: BTreeSet<String>,
}

/// Why nothing was done.
#[derive(Debug)]
pub enum NotDone {
    /// The rules of review say no.
    Refused(Refused),
    /// The database does.
    Store(StoreError),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotDone {}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Everything that was raised, said and decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// What was raised, by number.
    pub items: BTreeMap<u64, Item>,
    /// What was touched, with the day that it belongs to.
    pub standings: BTreeMap<Subject, (Option<Date>, Standing)>,
}

impl Reviewed {
    /// What was done about a subject.
    #[must_use]
    pub fn standing(&self, subject: Subject) -> Standing {
        self.standings.get(&subject).map_or_else(|| Standing::untouched(subject), |(_, s)| s.clone())
    }

    /// What a subject depends on besides its own acts.
    #[must_use]
    pub fn around(&self, subject: Subject, known: &Known) -> Around {
        let mut around = Around {
            authors: known.authors.clone(),
            last: known.last,
            sealed: known.sealed,
            reviewers: known.reviewers.clone(),
            ..Around::default()
        };
        let Some(day) = known.day else { return around };
        match subject {
            Subject::Day(_) => {
                let others = self.standings.values().filter(|(of, s)| *of == Some(day) && s.subject != subject);
                for (_, other) in others {
                    if !other.queries().is_empty() {
                        around.queried.push(other.subject);
                    }
                    around.reopened = around.reopened.max(other.reopened());
                }
            }
            Subject::Entry(seq) => {
                let standing = self.standing(Subject::Day(day));
                let covers = |a: &&Act| a.wanted.about.is_some_and(|last| last >= seq);
                around.covered = standing.approval().filter(covers).map(|a| a.at);
            }
            Subject::Item(_) => {}
        }
        around
    }

    /// What holds up a day's close (BOOKS.md, check 6): what is queried, but for what the close itself has asked and answers by
    /// passing. A question of a person about that holds it up like any other.
    #[must_use]
    pub fn holding(&self, day: Date) -> Vec<Subject> {
        let own = |subject: &Subject| {
            let Subject::Item(number) = subject else { return false };
            let of_close = self.items.get(number).is_some_and(|item| item.source.starts_with(CLOSE));
            let raised = self.standings.get(subject).and_then(|(_, s)| s.acts.first()).map(|act| act.who.as_str());
            let asked = self.standings.get(subject).map(|(_, s)| s.queries()).unwrap_or_default();
            of_close && asked.iter().all(|query| Some(query.who.as_str()) == raised)
        };
        self.queried(day).into_iter().filter(|subject| !own(subject)).collect()
    }

    /// Whether something is an item about a difference between books and broker: a break, or a line of a statement.
    #[must_use]
    pub fn is_break(&self, subject: Subject) -> bool {
        let Subject::Item(number) = subject else { return false };
        let kind = self.items.get(&number).map(|item| item.kind);
        matches!(kind, Some(ItemKind::Break | ItemKind::Statement))
    }

    /// What has open questions and belongs to a day.
    #[must_use]
    pub fn queried(&self, day: Date) -> Vec<Subject> {
        let of_day = self.standings.values().filter(|(of, s)| *of == Some(day) && !s.queries().is_empty());
        of_day.map(|(_, s)| s.subject).collect()
    }
}

type ActRow = (String, i64, Option<String>, i64, String, String, Option<i64>, Option<String>, String);
type ItemRow = (i64, String, String, String, Option<String>, Option<String>);

impl People {
    /// Raises an item for the review of a bot's books. The same source is raised once: a second time gives the number of
    /// the first, and writes nothing. It is recorded in the audit.
    ///
    /// # Errors
    /// Where title or source are empty or something is too long, or the database cannot be written.
    pub async fn raise(
        &self,
        identity: &Identity,
        item: &NewItem,
        (who, origin): (&Who, Origin),
        now: Timestamp,
    ) -> Result<Raised, StoreError> {
        check(item)?;
        let mut tries = TRIES;
        loop {
            tries = tries.saturating_sub(1);
            match self.whole(async |link| raise_on(link, identity, item, (who, origin), now).await).await {
                Err(StoreError::Refused { .. }) if tries > 0 => {}
                done => return done,
            }
        }
    }

    /// Does something about a subject, and gives what holds then. Refusals are recorded in the audit too.
    ///
    /// # Errors
    /// [`NotDone::Refused`] by the rules of review; nothing has changed then.
    pub async fn review(
        &self,
        identity: &Identity,
        doing: &Doing,
        known: &Known,
        now: Timestamp,
    ) -> Result<Standing, NotDone> {
        let mut tries = TRIES;
        loop {
            tries = tries.saturating_sub(1);
            match self.whole(async |link| act_on(link, identity, doing, known, now).await).await {
                Err(StoreError::Refused { .. }) if tries > 0 => {}
                done => return done?.map_err(NotDone::Refused),
            }
        }
    }

    /// Everything about the review of a bot's books.
    ///
    /// # Errors
    /// Where the database cannot be read, or holds what this program does not know.
    pub async fn reviewed(&self, identity: &Identity) -> Result<Reviewed, StoreError> {
        let name = identity.as_str();
        let (acts, items): (Vec<ActRow>, Vec<ItemRow>) = self
            .one(async |link| {
                let acts = ask!(link, "reading the review", fetch_all, sql::ACTS, name)?;
                let items = ask!(link, "reading what was raised", fetch_all, sql::ITEMS, name)?;
                Ok((acts, items))
            })
            .await?;
        let mut reviewed = fold(acts)?;
        for row in items {
            let item = item_of(row)?;
            reviewed.items.insert(item.number, item);
        }
        Ok(reviewed)
    }
}

fn check(item: &NewItem) -> Result<(), StoreError> {
    let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let wrong = if !fits(&item.title, LONGEST) {
        "a title of 1 to 200 characters is needed"
    } else if !fits(&item.source, LONGEST) {
        "a source of 1 to 200 characters is needed"
    } else if item.text.chars().count() > LONGEST_TEXT {
        "a text of at most 2000 characters is needed"
    } else {
        return Ok(());
    };
    Err(StoreError::Unfit { reason: format!("an item for review: {wrong}") })
}

async fn raise_on(
    link: &mut Link,
    identity: &Identity,
    item: &NewItem,
    (who, origin): (&Who, Origin),
    now: Timestamp,
) -> Result<Raised, StoreError> {
    let name = identity.as_str();
    let there: Option<(i64,)> =
        ask!(link, "looking for an item", fetch_optional, sql::ITEM_OF_SOURCE, name, item.source.as_str())?;
    if let Some((number,)) = there {
        return Ok(Raised { item: unsigned(number), new: false });
    }
    let day = item.day.map(|day| day.to_string());
    let (number,): (i64,) = ask!(
        link,
        "raising an item",
        fetch_one,
        sql::ADD_ITEM,
        name,
        item.source.as_str(),
        item.kind.as_str(),
        item.title.as_str(),
        item.about.map(|about| about.to_string()),
        day.clone()
    )?;
    let number = unsigned(number);
    let wanted = Wanted { text: item.text.clone(), ..Wanted::plain(ActKind::Raise) };
    let act = Act { n: 1, at: now, who: who_text(who), wanted };
    let more = json!({ "kind": item.kind.as_str(), "title": item.title, "source": item.source });
    let done = Written { subject: Subject::Item(number), day: item.day, act: &act };
    write(link, identity, done, (who, origin), more).await?;
    Ok(Raised { item: number, new: true })
}

async fn act_on(
    link: &mut Link,
    identity: &Identity,
    doing: &Doing,
    known: &Known,
    now: Timestamp,
) -> Result<Result<Standing, Refused>, StoreError> {
    let day = known.day.map(|day| day.to_string()).unwrap_or_default();
    let rows: Vec<ActRow> = ask!(
        link,
        "reading the review",
        fetch_all,
        sql::ACTS_ABOUT,
        identity.as_str(),
        doing.subject.to_string(),
        day
    )?;
    let reviewed = fold(rows)?;
    let mut standing = reviewed.standing(doing.subject);
    let around = reviewed.around(doing.subject, known);
    let who = who_text(&doing.who);
    let wanted = match decide(&standing, doing.version, &who, &doing.wanted, &around) {
        Ok(wanted) => wanted,
        Err(refused) => {
            let detail = json!({ "act": doing.wanted.kind.as_str(), "on": doing.version, "refused": refused.code() });
            let deed = deed_of(doing.subject, "review_refused", (&doing.who, doing.origin), detail);
            record_on(link, &deed, now).await?;
            return Ok(Err(refused));
        }
    };
    let act = Act { n: standing.version().saturating_add(1), at: now, who, wanted };
    let done = Written { subject: doing.subject, day: known.day, act: &act };
    write(link, identity, done, (&doing.who, doing.origin), json!({})).await?;
    standing.acts.push(act);
    Ok(Ok(standing))
}

/// An act on its way into the log.
struct Written<'a> {
    subject: Subject,
    day: Option<Date>,
    act: &'a Act,
}

/// Writes an act with its audit record.
async fn write(
    link: &mut Link,
    identity: &Identity,
    Written { subject, day, act }: Written<'_>,
    by: (&Who, Origin),
    mut detail: Value,
) -> Result<(), StoreError> {
    let wanted = &act.wanted;
    if let Some(map) = detail.as_object_mut() {
        map.insert("bot".to_owned(), json!(identity.as_str()));
        map.insert("act".to_owned(), json!(wanted.kind.as_str()));
        map.insert("n".to_owned(), json!(act.n));
        map.extend(wanted.about.map(|about| ("about".to_owned(), json!(about))));
        map.extend((wanted.kind == ActKind::Assign).then(|| ("to".to_owned(), json!(wanted.to))));
        map.extend((!wanted.text.is_empty()).then(|| ("text".to_owned(), json!(wanted.text))));
    }
    let audit = record_on(link, &deed_of(subject, "review", by, detail), act.at).await?;
    tell!(
        link,
        "writing to the review",
        sql::ADD_ACT,
        identity.as_str(),
        subject.to_string(),
        signed(act.n),
        day.map(|day| day.to_string()),
        act.at.nanos(),
        act.who.as_str(),
        wanted.kind.as_str(),
        wanted.about.map(signed),
        (wanted.kind == ActKind::Assign).then_some(wanted.to.as_str()),
        wanted.text.as_str(),
        signed(audit)
    )?;
    Ok(())
}

fn deed_of(subject: Subject, what: &'static str, (who, origin): (&Who, Origin), detail: Value) -> Deed {
    Deed { who: who.clone(), origin, what, object: subject.to_string(), detail }
}

fn fold(rows: Vec<ActRow>) -> Result<Reviewed, StoreError> {
    let mut reviewed = Reviewed::default();
    for (subject, n, day, at, who, act, about, given, text) in rows {
        let odd = |what: &str| unfit(&format!("act {n} on {subject:?}"), what);
        let kind = ActKind::named(&act).ok_or_else(|| odd("what was done"))?;
        let of: Subject = subject.parse().map_err(|_| odd("its subject"))?;
        let day = day.map(|day| day.parse::<Date>()).transpose().map_err(|_| odd("its day"))?;
        let wanted = Wanted { kind, about: about.map(unsigned), to: given.unwrap_or_default(), text };
        let act = Act { n: unsigned(n), at: Timestamp::from_nanos(at), who, wanted };
        let entry = reviewed.standings.entry(of).or_insert_with(|| (day, Standing::untouched(of)));
        entry.1.acts.push(act);
    }
    Ok(reviewed)
}

fn item_of((number, source, kind, title, about, day): ItemRow) -> Result<Item, StoreError> {
    let odd = |what: &str| unfit(&format!("item {number}"), what);
    Ok(Item {
        number: unsigned(number),
        kind: ItemKind::named(&kind).ok_or_else(|| odd("its kind"))?,
        title,
        about: about.map(|about| about.parse()).transpose().map_err(|_| odd("what it is about"))?,
        day: day.map(|day| day.parse()).transpose().map_err(|_| odd("its day"))?,
        source,
    })
}

fn unfit(which: &str, what: &str) -> StoreError {
    StoreError::Unread { reason: format!("{which} of the review: {what} cannot be understood by this version") }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
