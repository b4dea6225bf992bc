//! Who may do what: the table of WEB-2a with people's names as columns, and how people come and go.

use actix_web::HttpResponse;
use actix_web::web::Data;
use desk::domain::bot::{Action, Need, Role, Roles, permit};
use desk::domain::time::Span;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::store::StoreError;
use crate::store::people::{NewPerson, Person, PersonId, PersonName, Purpose};
use crate::web::commands::{must_step_up, note};
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::{Fields, Visitor};

type Answer = Result<HttpResponse, Refusal>;

/// How long a link that lets somebody in lives.
const LINK_LIFE: Span = Span::minutes(24 * 60);

/// The lines of the table, in words.
const ACTIONS: &[(Action, &str)] = &[
    (Action::Look, "Look at trading"),
    (Action::ReadLedger, "Read the ledger"),
    (Action::ReadLogs, "Read the logs"),
    (Action::ReadSystem, "Read users, audit, settings"),
    (Action::Halt, "Stop, pause, cancel, flatten, kill, freeze, tighten"),
    (Action::Operate, "Start, resume, reconcile, strategies, acknowledge"),
    (Action::Loosen, "Unfreeze, leave defense, loosen a limit"),
    (Action::Account, "Ledger entries, approval, day close"),
    (Action::Export, "Exports"),
    (Action::Administer, "Users, settings, mode, reset of the kill"),
    (Action::Rehearse, "Rehearsal"),
];

async fn show(shared: &Shared, visitor: &Visitor, notice: Option<String>, error: Option<String>) -> Answer {
    let persons = shared.site.people.persons().await?;
    let rows: Vec<Value> = persons
        .iter()
        .map(|p| {
            let roles: Vec<Value> = Role::ALL
                .into_iter()
                .map(|r| json!({ "code": r, "word": r.as_str().replace('_', " "), "has": p.roles.has(r) }))
                .collect();
            json!({
                "id": p.id, "name": p.name, "roles": roles,
                "said": p.roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ").replace('_', " "), "disabled": p.disabled, "codes": p.codes,
                "made": moment(p.made_at), "own": p.id == visitor.person,
            })
        })
        .collect();
    let table: Vec<Value> = ACTIONS
        .iter()
        .map(|(action, words)| {
            let cells: Vec<&str> = persons
                .iter()
                .map(|p| match permit(p.roles, *action) {
                    _ if p.disabled => "–",
                    Ok(Need::Nothing) => "yes",
                    Ok(Need::StepUp) => "with code",
                    Err(_) => "–",
                })
                .collect();
            json!({ "words": words, "cells": cells })
        })
        .collect();
    let every: Vec<Value> =
        Role::ALL.into_iter().map(|r| json!({ "code": r, "word": r.as_str().replace('_', " ") })).collect();
    let failed = error.is_some();
    let own = json!({
        "users": { "rows": rows, "table": table, "every": every, "count": persons.len(), "error": error },
    });
    let mut answer =
        Frame::new(shared, visitor, "/users").with_notice(notice).page("Users", "pages/users.html", own)?;
    if failed {
        *answer.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// `GET /users`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor) -> Answer {
    show(&shared, &visitor, None, None).await
}

fn roles_of(fields: &Fields) -> Roles {
    let wanted: Vec<Role> =
        Role::ALL.into_iter().filter(|r| fields.get(&format!("role_{}", r.as_str())) == "on").collect();
    Roles::of(&wanted)
}

async fn person(shared: &Shared, fields: &Fields) -> Result<Person, Refusal> {
    let missing = || Refusal::Missing("There is no such person.".to_owned());
    let id: PersonId = fields.get("person").parse().map_err(|_| missing())?;
    shared.site.people.numbered(id).await?.ok_or_else(missing)
}

/// `POST /users`: a new person, and a link that lets the person in once to choose a password.
pub(crate) async fn add(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let name: PersonName = match fields.get("name").parse() {
        Ok(name) => name,
        Err(e) => return show(&shared, &visitor, None, Some(format!("{e}"))).await,
    };
    let roles = roles_of(&fields);
    if roles == Roles::NONE {
        return show(&shared, &visitor, None, Some("Choose at least one role.".to_owned())).await;
    }
    must_step_up(&shared, &visitor, Action::Administer, fields.get("code")).await?;
    let new = NewPerson { name: name.clone(), password: None, roles };
    let id = match shared.site.people.add(&new, shared.now()).await {
        Ok(id) => id,
        Err(StoreError::Refused { .. }) => {
            return show(&shared, &visitor, None, Some(format!("The name {name} is taken."))).await;
        }
        Err(e) => return Err(e.into()),
    };
    note(&shared, &visitor, "user_added", name.as_str(), json!({ "roles": roles }), true).await?;
    let said = link_for(&shared, &visitor, id, name.as_str()).await?;
    show(&shared, &visitor, Some(said), None).await
}

async fn link_for(shared: &Shared, visitor: &Visitor, id: PersonId, name: &str) -> Result<String, Refusal> {
    let token = shared.site.people.make_link(Purpose::SignIn(id), shared.now() + LINK_LIFE).await?;
    note(shared, visitor, "link_made", name, json!({}), true).await?;
    Ok(format!("{name} signs in once, within a day, at /link/{} and then chooses a password.", token.text()))
}

/// `POST /users/link`: lets somebody in who lost the password.
pub(crate) async fn link(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    must_step_up(&shared, &visitor, Action::Administer, fields.get("code")).await?;
    let person = person(&shared, &fields).await?;
    let said = link_for(&shared, &visitor, person.id, &person.name).await?;
    show(&shared, &visitor, Some(said), None).await
}

/// The bot must not be left without anybody who can administer it.
async fn keeps_an_administrator(shared: &Shared, but: PersonId) -> Result<bool, Refusal> {
    let persons = shared.site.people.persons().await?;
    Ok(persons.iter().any(|p| p.id != but && !p.disabled && p.roles.has(Role::Administrator)))
}

/// `POST /users/roles`
pub(crate) async fn roles(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let person = person(&shared, &fields).await?;
    let roles = roles_of(&fields);
    let loses = person.roles.has(Role::Administrator) && !roles.has(Role::Administrator);
    if loses && !keeps_an_administrator(&shared, person.id).await? {
        let said = format!("{} is the only administrator; give the role to somebody else first.", person.name);
        return show(&shared, &visitor, None, Some(said)).await;
    }
    must_step_up(&shared, &visitor, Action::Administer, fields.get("code")).await?;
    let said = json!({ "before": person.roles, "after": roles });
    note(&shared, &visitor, "roles_changed", &person.name, said, false).await?;
    shared.site.people.set_roles(person.id, roles).await?;
    show(&shared, &visitor, Some(format!("The roles of {} are changed.", person.name)), None).await
}

/// `POST /users/disable`: keeps somebody out, or lets in again.
pub(crate) async fn disable(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    let person = person(&shared, &fields).await?;
    let out = fields.get("disabled") == "yes";
    if out && person.roles.has(Role::Administrator) && !keeps_an_administrator(&shared, person.id).await? {
        let said = format!("{} is the only administrator and stays.", person.name);
        return show(&shared, &visitor, None, Some(said)).await;
    }
    must_step_up(&shared, &visitor, Action::Administer, fields.get("code")).await?;
    let said = json!({ "before": person.disabled, "after": out });
    note(&shared, &visitor, if out { "user_disabled" } else { "user_enabled" }, &person.name, said, false).await?;
    shared.site.people.set_disabled(person.id, out, shared.now()).await?;
    let said = if out { "is kept out; all sessions have ended" } else { "may sign in again" };
    show(&shared, &visitor, Some(format!("{} {said}.", person.name)), None).await
}
