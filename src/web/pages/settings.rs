//! The configuration: every key with what it means and may be; a draft, its difference, and its applying (OPS-3).

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, block};
use actix_web::{HttpRequest, HttpResponse};
use desk::domain::bot::{Action, Caller, Command, Need, Origin, Roles, permit};
use desk::domain::ids::StrategyName;
use desk::strategies::Parameters;
use serde_json::{Value, json};

use super::frame::Frame;
use crate::messages::board::{Board, StrategyLine};
use crate::messages::supervisor::Order;
use crate::settings::{Change, Effect, Home, Key, Kind, Runtime, Takes, catalogue, difference, difference_to};
use crate::web::commands::{note, step_up};
use crate::web::refusal::Refusal;
use crate::web::setup::{of_error, plain_number};
use crate::web::site::Shared;
use crate::web::versions::{NotSaved, Saved, Saving};
use crate::web::views::words::{moment, plain_help};
use crate::web::visitor::{Fields, Visitor};

type Answer = Result<HttpResponse, Refusal>;

/// The longest reason, in characters.
const LONGEST_WHY: usize = 500;

/// How often it is looked whether a version holds, and how long between.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(25);

/// What was typed and not taken.
#[derive(Default)]
struct Typed<'a> {
    fields: Option<&'a Fields>,
    wrong: Vec<(String, String)>,
}

async fn versions(shared: &Shared) -> Result<Vec<Saved>, Refusal> {
    let Some(versions) = shared.site.versions.clone() else {
        return Err(Refusal::Conflict(
            "This bot keeps no versions of its configuration; nothing changes here.".to_owned(),
        ));
    };
    let read = block(move || versions.all()).await.map_err(|_| Refusal::Busy)?;
    let all = read.map_err(Refusal::Broken)?;
    if all.is_empty() {
        Err(Refusal::Missing("No version of the configuration is kept yet.".to_owned()))
    } else {
        Ok(all)
    }
}

fn newest(all: &[Saved]) -> Result<&Saved, Refusal> {
    all.last().ok_or_else(|| Refusal::Missing("No version of the configuration is kept yet.".to_owned()))
}

/// Whether somebody may change a key in any way.
fn may_change(visitor: &Visitor, key: &Key) -> bool {
    let ways = [Effect::Tightens, Effect::Loosens, Effect::Neither];
    key.takes() != Takes::Fixed && ways.into_iter().any(|effect| visitor.may(key.action(effect)))
}

/// Everything is read by those who read the system; a section by those, too, who may change something in it.
fn may_read(visitor: &Visitor, section: Option<&str>) -> Result<(), Refusal> {
    let own = |name: &str| runtime_keys().any(|k| k.section() == name && may_change(visitor, k));
    match permit(visitor.roles, Action::ReadSystem) {
        Err(forbidden) if !section.is_some_and(own) => Err(Refusal::Forbidden(forbidden.to_string())),
        _ => Ok(()),
    }
}

/// By which parameters a strategy trades at this moment.
fn in_force(board: &Board) -> impl Fn(StrategyName) -> Option<Parameters> {
    |name| board.strategies.iter().find(|s| s.name == name).map(|s| s.in_force)
}

fn runtime_keys() -> impl Iterator<Item = &'static Key> {
    catalogue().filter(|k| k.home == Home::Runtime)
}

/// The keys that a form is about.
fn shown(fields: &Fields) -> impl Iterator<Item = &'static Key> {
    runtime_keys().filter(|k| fields.get(&format!("shown.{}", k.name)) == "yes")
}

/// Refuses a form that no page of theirs shows, and keeps that.
async fn refuse_foreign(shared: &Shared, visitor: &Visitor, fields: &Fields) -> Result<(), Refusal> {
    let foreign = shown(fields).find(|k| !may_change(visitor, k));
    let said = match foreign {
        Some(key) if key.takes() == Takes::Fixed => format!("{} was fixed at set-up.", key.name),
        Some(key) => format!("{} is not yours to change. Who may: {}.", key.name, key.who()),
        None if shown(fields).next().is_some() => return Ok(()),
        None => match permit(visitor.roles, Action::ReadSystem) {
            Ok(_) => return Ok(()),
            Err(forbidden) => forbidden.to_string(),
        },
    };
    let key = foreign.map(|k| k.name.as_str());
    note(shared, visitor, "refused", "configuration", json!({ "key": key, "said": said }), true).await?;
    Err(Refusal::Forbidden(said))
}

/// The version that gave a key its value, where it is not the first.
fn last_change<'a>(all: &'a [Saved], key: &str) -> Option<&'a Saved> {
    let mut pairs = all.iter().rev().zip(all.iter().rev().skip(1));
    pairs.find(|(new, old)| new.runtime.get(key) != old.runtime.get(key)).map(|(new, _)| new)
}

/// When a change of a key takes effect, in words: beside an earlier change of its strategy that waits, it waits with it.
fn takes(board: &Board, key: &Key) -> &'static str {
    let waits = |s: &StrategyLine| s.changes && key.section() == format!("strategies.{}", s.name);
    match key.takes() {
        Takes::AtOnce if !board.strategies.iter().any(waits) => Takes::AtOnce.words(),
        Takes::AtOnce if key.kind == Kind::Switch => {
            "at once where it goes off, from the next session on where it goes on"
        }
        Takes::AtOnce => Takes::NextSession.words(),
        other => other.words(),
    }
}

fn row((visitor, board): (&Visitor, &Board), all: &[Saved], key: &Key, typed: &Typed<'_>) -> Option<Value> {
    let stands = all.last()?.runtime.get(&key.name)?;
    let switch = key.kind == Kind::Switch;
    let may = may_change(visitor, key);
    let value = match typed.fields.filter(|_| may) {
        Some(fields) if switch => (fields.get(&key.name) == "true").to_string(),
        Some(fields) => fields.get(&key.name).to_owned(),
        None => stands.clone(),
    };
    let changed = last_change(all, &key.name).map(|v| json!({ "number": v.number, "by": v.by, "at": moment(v.at) }));
    let error = typed.wrong.iter().find(|(name, _)| *name == key.name).map(|(_, said)| said);
    Some(json!({
        "key": key.name, "id": key.name.replace('.', "-"), "help": plain_help(key.help), "unit": key.unit,
        "allowed": key.kind.to_string(), "default": key.default, "differs": key.default.as_ref() != Some(&stands),
        "value": value, "stands": stands, "on": value == "true", "switch": switch, "may": may, "who": key.who(),
        "takes": takes(board, key), "fixed": key.takes() == Takes::Fixed, "changed": changed, "error": error,
        "number": matches!(key.kind, Kind::Decimal(..) | Kind::DecimalOrOff(..) | Kind::Whole(..)),
        "choices": if let Kind::Choice(words) = key.kind { words } else { &[] },
    }))
}

fn groups(whose: (&Visitor, &Board), all: &[Saved], section: Option<&str>, typed: &Typed<'_>) -> Vec<Value> {
    let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
    for key in runtime_keys().filter(|k| section.is_none_or(|s| s == k.section())) {
        let Some(row) = row(whose, all, key, typed) else { continue };
        match groups.last_mut() {
            Some((name, rows)) if name == key.section() => rows.push(row),
            _ => groups.push((key.section().to_owned(), vec![row])),
        }
    }
    groups.into_iter().map(|(name, rows)| json!({ "name": name, "rows": rows })).collect()
}

async fn show(
    shared: &Shared,
    visitor: &Visitor,
    section: Option<&str>,
    typed: &Typed<'_>,
    notice: Option<String>,
) -> Answer {
    may_read(visitor, section)?;
    let boot = (shared.site.settings)();
    let all = if shared.site.versions.is_some() { versions(shared).await? } else { Vec::new() };
    let groups = groups((visitor, &shared.board()), &all, section, typed);
    if section.is_some() && groups.is_empty() {
        return Err(Refusal::Missing("There is no such section of the configuration.".to_owned()));
    }
    let flat = groups.iter().filter_map(|g| g["rows"].as_array()).flatten();
    let (count, differing) = flat.fold((0, 0), |(n, d): (u32, u32), row| {
        (n.saturating_add(1), d.saturating_add(u32::from(row["differs"] == true)))
    });
    let number = all.last().map_or(0, |v| v.number);
    let force = in_force_said(number, shared.site.current.version(), shared.board().applying);
    let past: Vec<Value> = all
        .iter()
        .rev()
        .filter(|_| section.is_none())
        .map(|v| {
            json!({ "number": v.number, "at": moment(v.at), "by": v.by, "why": v.why, "same_as": v.same_as, "newest": v.number == number })
        })
        .collect();
    let clean = typed.wrong.is_empty();
    let focus = groups.iter().filter_map(|g| g["rows"].as_array()).flatten().find(|r| r["error"].is_string());
    let focus = focus.map_or_else(Value::default, |r| r["key"].clone());
    let errors: Vec<Value> =
        typed.wrong.iter().map(|(key, _)| json!({ "key": key, "id": key.replace('.', "-") })).collect();
    let own = json!({ "settings": {
        "groups": groups, "boot": if section.is_none() { boot } else { Vec::new() }, "count": count, "differing": differing,
        "base": number, "force": force, "past": past, "section": section, "wrong": typed.wrong.len(), "errors": errors, "focus": focus,
        "may": groups.iter().filter_map(|g| g["rows"].as_array()).flatten().any(|r| r["may"] == true),
    } });
    let path = if section.is_some() { "/settings/sections" } else { "/settings" };
    let mut answer =
        Frame::new(shared, visitor, path).with_notice(notice).page("Settings", "pages/settings.html", own)?;
    if !clean {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// What is to be known where the newest version is not the one that holds.
fn in_force_said(newest: u32, holds: u32, applying: Option<u32>) -> Option<String> {
    match applying {
        _ if newest <= holds => None,
        Some(number) => Some(format!(
            "Version {number} waits for the record: it holds as soon as the books have it. Until then version {holds} holds, \
             everywhere."
        )),
        None => Some(format!(
            "Version {newest} is saved and does not hold: version {holds} does. The next start takes version {newest}; so does \
             tbot apply-config {newest} at once."
        )),
    }
}

/// `GET /settings`
pub(crate) async fn page(shared: Data<Shared>, visitor: Visitor) -> Answer {
    show(&shared, &visitor, None, &Typed::default(), None).await
}

/// `GET /settings/sections/{section}`: the keys of one section, for those who may change them.
pub(crate) async fn section(shared: Data<Shared>, visitor: Visitor, section: Path<String>) -> Answer {
    show(&shared, &visitor, Some(section.as_str()), &Typed::default(), None).await
}

/// `GET /settings/versions/{number}`: what going back to a version would change.
pub(crate) async fn version(shared: Data<Shared>, visitor: Visitor, number: Path<String>) -> Answer {
    let all = versions(&shared).await?;
    let found = number.parse::<u32>().ok().and_then(|n| all.iter().find(|v| v.number == n));
    let found = found.ok_or_else(|| Refusal::Missing("There is no such version of the configuration.".to_owned()))?;
    let draft = Draft { base: newest(&all)?, new: found.runtime.clone(), same_as: Some(found.number), section: None };
    difference_page(&shared, &visitor, &draft, None)
}

/// A change that nobody has applied yet.
struct Draft<'a> {
    base: &'a Saved,
    new: Runtime,
    same_as: Option<u32>,
    section: Option<String>,
}

/// What a form's fields make of the newest version, or what is wrong with them.
fn draft<'a>(visitor: &Visitor, all: &'a [Saved], fields: &Fields) -> Result<Draft<'a>, Vec<(String, String)>> {
    let nothing = |said: &str| vec![(String::new(), said.to_owned())];
    let base = all.last().ok_or_else(|| nothing("No version is kept yet."))?;
    if !fields.get("same_as").is_empty() {
        let number = fields.get("same_as").parse::<u32>().ok();
        let found =
            all.iter().find(|v| Some(v.number) == number).ok_or_else(|| nothing("There is no such version."))?;
        return Ok(Draft { base, new: found.runtime.clone(), same_as: number, section: None });
    }
    let (mut new, mut wrong) = (base.runtime.clone(), Vec::new());
    for key in shown(fields).filter(|k| may_change(visitor, k)) {
        let text = fields.get(&key.name).trim();
        let text = match key.kind {
            Kind::Switch => (text == "true").to_string(),
            Kind::Decimal(..) | Kind::DecimalOrOff(..) | Kind::Whole(..) => plain_number(text),
            _ => text.to_owned(),
        };
        if let Err(error) = new.set(&key.name, &text, "the form") {
            wrong.push(of_error(&error));
        }
    }
    if wrong.is_empty()
        && let Err(error) = new.validate()
    {
        wrong.push(of_error(&error));
    }
    let section = section_of(visitor, fields).map(str::to_owned);
    if wrong.is_empty() { Ok(Draft { base, new, same_as: None, section }) } else { Err(wrong) }
}

/// The same, where the version that it makes could be applied.
async fn fitting<'a>(
    shared: &Shared,
    visitor: &Visitor,
    all: &'a [Saved],
    fields: &Fields,
) -> Result<Result<Draft<'a>, Vec<(String, String)>>, Refusal> {
    let (draft, versions) = match (draft(visitor, all, fields), shared.site.versions.clone()) {
        (Ok(draft), Some(versions)) => (draft, versions),
        (draft, _) => return Ok(draft),
    };
    let new = draft.new.clone();
    let checked = block(move || versions.check(&new)).await.map_err(|_| Refusal::Busy)?;
    Ok(checked.map(|()| draft).map_err(|error| vec![of_error(&error)]))
}

/// Where a form came from: one section, or all of them. Who may not read them all goes back to the section of the change.
fn section_of<'a>(visitor: &Visitor, fields: &'a Fields) -> Option<&'a str> {
    let named = Some(fields.get("section")).filter(|s| !s.is_empty());
    named.or_else(|| shown(fields).next().map(Key::section).filter(|_| !visitor.may(Action::ReadSystem)))
}

/// `POST /settings/draft`: shows the difference, or the page again with what is wrong beside its field.
pub(crate) async fn submit(shared: Data<Shared>, visitor: Visitor, fields: Fields) -> Answer {
    refuse_foreign(&shared, &visitor, &fields).await?;
    let all = versions(&shared).await?;
    match fitting(&shared, &visitor, &all, &fields).await? {
        Ok(draft) if difference(&draft.base.runtime, &draft.new).is_empty() => {
            let said = "Nothing differs from what stands; nothing was saved.".to_owned();
            show(&shared, &visitor, section_of(&visitor, &fields), &Typed::default(), Some(said)).await
        }
        Ok(draft) => difference_page(&shared, &visitor, &draft, None),
        Err(wrong) => {
            show(&shared, &visitor, section_of(&visitor, &fields), &Typed { fields: Some(&fields), wrong }, None).await
        }
    }
}

/// What somebody may not change, and whether a code is needed for the rest.
fn rights(visitor: &Visitor, changes: &[Change]) -> (Vec<String>, Option<Action>) {
    let (mut refused, mut code) = (Vec::new(), None);
    for change in changes {
        if change.takes == Takes::Fixed {
            refused.push(format!("{} was fixed at set-up.", change.key));
            continue;
        }
        match permit(visitor.roles, change.action) {
            Ok(Need::Nothing) => {}
            Ok(Need::StepUp) => code = Some(change.action),
            Err(forbidden) => refused.push(format!("{}: {forbidden}", change.key)),
        }
    }
    (refused, code)
}

fn difference_page(
    shared: &Shared,
    visitor: &Visitor,
    draft: &Draft<'_>,
    error: Option<(StatusCode, String)>,
) -> Answer {
    let changes = difference_to(&draft.base.runtime, &draft.new, in_force(&shared.board()));
    let (refused, code) = rights(visitor, &changes);
    let rows: Vec<Value> = changes
        .iter()
        .map(|c| {
            json!({
                "key": c.key, "now": c.now, "new": c.new, "unit": c.unit, "effect": c.effect.as_str(),
                "takes": c.takes.words(), "who": c.action.who().to_string(), "help": plain_help(c.help),
            })
        })
        .collect();
    let (status, said) = error.unzip();
    let own = json!({ "difference": {
        "base": draft.base.number, "next": draft.base.number.saturating_add(1), "same_as": draft.same_as, "rows": rows,
        "section": draft.section,
        "refused": refused, "code": code.is_some(), "codes": visitor.codes, "error": said,
        "loosens": changes.iter().any(|c| c.effect == Effect::Loosens),
    } });
    let mut answer =
        Frame::new(shared, visitor, "/settings").page("Difference", "pages/settings_difference.html", own)?;
    if let Some(status) = status {
        *answer.status_mut() = status;
    }
    Ok(answer)
}

/// `POST /settings/apply`: saves a new version and has it applied.
pub(crate) async fn apply(shared: Data<Shared>, request: HttpRequest, visitor: Visitor, fields: Fields) -> Answer {
    refuse_foreign(&shared, &visitor, &fields).await?;
    let all = versions(&shared).await?;
    let draft = match fitting(&shared, &visitor, &all, &fields).await? {
        Ok(draft) => draft,
        Err(wrong) => {
            return show(
                &shared,
                &visitor,
                section_of(&visitor, &fields),
                &Typed { fields: Some(&fields), wrong },
                None,
            )
            .await;
        }
    };
    let again = |status, said: &str| difference_page(&shared, &visitor, &draft, Some((status, said.to_owned())));
    let changed = format!(
        "Version {} was saved meanwhile by {}: this is the difference to it. Look at it again.",
        draft.base.number, draft.base.by
    );
    if fields.get("base") != draft.base.number.to_string() {
        return again(StatusCode::CONFLICT, &changed);
    }
    let changes = difference(&draft.base.runtime, &draft.new);
    if changes.is_empty() {
        return again(StatusCode::UNPROCESSABLE_ENTITY, "Nothing differs from what stands; nothing was saved.");
    }
    let (refused, code) = rights(&visitor, &changes);
    if !refused.is_empty() {
        let said = json!({ "changes": changes, "refused": refused });
        note(&shared, &visitor, "refused", "configuration", said, true).await?;
        return again(StatusCode::FORBIDDEN, "Nothing was changed: some of it you may not change.");
    }
    let why: String = fields.get("why").trim().chars().filter(|c| !c.is_control()).take(LONGEST_WHY).collect();
    if why.is_empty() {
        return again(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Say why: whoever reads the audit a year from now wants to know.",
        );
    }
    if let Some(action) = code {
        match step_up(&shared, &visitor, action, fields.get("code")).await {
            Ok(true) => {}
            Ok(false) => return again(StatusCode::FORBIDDEN, "A one-time code is needed for this change."),
            Err(Refusal::StepUp(said)) => return again(StatusCode::FORBIDDEN, &said),
            Err(other) => return Err(other),
        }
    }
    let number = draft.base.number.saturating_add(1);
    let object = format!("version {number}");
    let said = json!({ "changes": changes, "why": &why, "same_as": draft.same_as, "from": request.path() });
    note(&shared, &visitor, "configuration_changed", &object, said, false).await?;
    let saving = Saving { over: draft.base.number, by: visitor.name.clone(), why: why.clone(), same_as: draft.same_as };
    let number = match save(&shared, &draft.new, saving).await? {
        Ok(number) => number,
        Err(NotSaved::Changed) => return again(StatusCode::CONFLICT, &changed),
        Err(NotSaved::Unfit(error)) => {
            return again(StatusCode::UNPROCESSABLE_ENTITY, &format!("{error}. Nothing was saved."));
        }
        Err(NotSaved::Failed(why)) => return Err(Refusal::Broken(format!("Nothing was saved. {why}"))),
    };
    let notice = applied(&shared, &visitor, number, why).await?;
    show(&shared, &visitor, section_of(&visitor, &fields), &Typed::default(), Some(notice)).await
}

async fn save(shared: &Shared, new: &Runtime, saving: Saving) -> Result<Result<u32, NotSaved>, Refusal> {
    let Some(versions) = shared.site.versions.clone() else { return Err(Refusal::Busy) };
    let new = new.clone();
    block(move || versions.save(&new, &saving)).await.map_err(|_| Refusal::Busy)
}

/// Waits the moment that the record usually takes, so that the page that follows shows what holds. Where it takes longer the page
/// says so.
async fn until_it_holds(shared: &Shared, number: u32) {
    for _ in 0..LOOKS {
        if shared.site.current.version() >= number {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Has a saved version applied. Each change was looked at by its own right already, so the command itself may be given.
async fn applied(shared: &Shared, visitor: &Visitor, number: u32, why: String) -> Result<String, Refusal> {
    let caller = Caller { who: visitor.who(), origin: Origin::Web, roles: Roles::ADMINISTRATOR, stepped_up: true };
    let command = Command::ApplyConfig(number);
    let order = Order { key: format!("apply-{number}-{}", visitor.name), command, caller, why };
    let answer = shared.site.door.command(order).await;
    let (what, said, notice) = match answer {
        Ok(outcome) => {
            until_it_holds(shared, number).await;
            ("carried_out", outcome.message.clone(), format!("Version {number} is saved. {}", outcome.message))
        }
        Err(refused) => {
            let said = refused.to_string();
            let notice =
                format!("Version {number} is saved and not in force yet. {said} It takes effect at the next start.");
            ("not_carried_out", said, notice)
        }
    };
    note(shared, visitor, what, "apply_config", json!({ "version": number, "message": said }), true).await?;
    Ok(notice)
}
