//! What is asked at the command line and done here, by the same functions as in the browser. A name and a one-time code stand
//! for signing in.

use actix_web::web::Data;
use desk::domain::bot::{Action, Command, Origin, Who, permit};
use desk::domain::time::Date;
use serde_json::json;

use super::commands::{Given, give, note};
use super::exports::book;
use super::raising::{Raise, raise};
use super::refusal::Refusal;
use super::review::whole;
use super::site::Shared;
use super::statements::{again, matching, missing};
use super::unlocking::{Deed, carry_out, others};
use super::visitor::Visitor;
use crate::messages::counter::{Paper, Papers, TurnedDown, Unlocking};

/// Does what is handed in, one after the other, until nobody can hand in anything.
pub(super) async fn attend(shared: Data<Shared>, mut papers: Papers) {
    while let Some((paper, reply)) = papers.next().await {
        let answer = match paper {
            Paper::Unlock(unlocking) => unlock(&shared, &unlocking).await,
            Paper::Close { name, code, day, why } => close(&shared, (&name, &code), (day, why)).await,
            Paper::Raise { statement, who } => raise_all(&shared, statement, &who).await,
        };
        // Whoever asked may have gone meanwhile.
        drop(reply.send(answer.map_err(|no| TurnedDown { code: no.code(), message: no.to_string() })));
    }
}

/// A closed day is opened again (LEDG-7).
async fn unlock(shared: &Shared, asked: &Unlocking) -> Result<String, Refusal> {
    let deed = Deed::read(&|field| if field == "act" { asked.act.clone() } else { asked.reason.clone() })?;
    let (_, book) = book(shared).await?;
    if let Some(other) = asked.session.filter(|s| s.calendar != book.calendar) {
        let own = book.calendar.as_str();
        let message = format!("{other} is no session of these books: theirs are those of {own}, {own}:{}.", asked.day);
        return Err(Refusal::Invalid(message));
    }
    let visitor = signed_in(shared, &asked.name, &asked.code).await?;
    carry_out(shared, &visitor, asked.day, &deed).await
}

/// A day that is over and still open is closed, the first of them where none is named (LEDG-12).
async fn close(
    shared: &Shared,
    (name, code): (&str, &str),
    (day, why): (Option<Date>, String),
) -> Result<String, Refusal> {
    let visitor = signed_in(shared, name, code).await?;
    // The code counts once, and so does this.
    let key = format!("close_day-{}", shared.now().nanos());
    let given = Given { command: Command::CloseDay(day), key, why, code: String::new() };
    Ok(give(shared, &visitor, given).await?.message)
}

/// A reviewer with a right code. Codes cost an attempt like passwords do.
async fn signed_in(shared: &Shared, name: &str, code: &str) -> Result<Visitor, Refusal> {
    let (people, now) = (&shared.site.people, shared.now());
    let Some(person) = people.named(name).await?.filter(|person| !person.disabled) else {
        return Err(Refusal::StepUp(format!("Nobody of the name {name:?} may sign in. Nothing was done.")));
    };
    if !person.codes {
        let message =
            format!("{name} has set up no one-time codes, which is done on the page Account. Nothing was done.");
        return Err(Refusal::StepUp(message));
    }
    let visitor = Visitor {
        person: person.id,
        name: person.name,
        roles: person.roles,
        theme: person.theme,
        codes: true,
        session: None,
        form_secret: String::new(),
        idle: false,
        ends_at: now,
        origin: Origin::CommandLine,
    };
    let attempts = format!("code {name}");
    if let Some(until) = people.attempt(&attempts, now).await? {
        let seconds = (until - now).as_seconds().saturating_add(1);
        let message = format!("Too many codes of {name} were wrong. Try again in {seconds} s, or in the browser.");
        return Err(Refusal::StepUp(message));
    }
    if !people.check_code(visitor.person, code, now).await? {
        note(shared, &visitor, "code_refused", "", json!({ "for": Action::Account }), true).await?;
        let message = format!("The code is not one of {name}'s, or it was used already. Nothing was done.");
        return Err(Refusal::StepUp(message));
    }
    people.forgive(&attempts).await?;
    if let Err(refused) = permit(visitor.roles, Action::Account) {
        let could = whole(shared).await?.map(|whole| others(&whole, name)).unwrap_or_default();
        return Err(Refusal::Forbidden(format!("{refused} {could}")));
    }
    Ok(visitor)
}

/// What differs between a statement and the books as they are now becomes items of the review (LEDG-9).
async fn raise_all(shared: &Shared, number: u64, who: &Who) -> Result<String, Refusal> {
    let (people, identity, by) = (&shared.site.people, &shared.site.identity, (who, Origin::CommandLine));
    let (reader, book) = book(shared).await?;
    let kept = async || Ok::<_, Refusal>(people.statement(identity, number).await?.ok_or_else(missing)?);
    let (mut line, _, mut result) = kept().await?;
    if line.head != reader.heads(&book).await?.entry.seq {
        again(shared, by, number).await?;
        (line, _, result) = kept().await?;
    }
    let found = matching(&result)?;
    if found.agrees() {
        return Ok("It agrees with the books as they are now; there is nothing for the review.".to_owned());
    }
    let raised = raise(shared, by, &Raise { line: &line, found: &found, source: "" }).await?;
    let new = raised.iter().filter(|item| item.new).count();
    let items: Vec<String> = raised.iter().map(|item| item.item.to_string()).collect();
    let (all, word) = (items.len(), if items.len() == 1 { "item" } else { "items" });
    Ok(format!("In the review: {all} {word}, {new} of them new: {}.", items.join(", ")))
}
