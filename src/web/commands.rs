//! What a verb in an address means, and how an order is given: audited before, answered once a key.

use std::time::Duration;

use actix_web::rt::time::timeout;
use desk::domain::bot::{Action, Command, Mode, Need, Scope, permit};
use desk::domain::chain::Hash;
use desk::machines::supervisor::Refusal as Machine;
use serde_json::json;

use super::once::Held;
use super::refusal::Refusal;
use super::site::Shared;
use super::visitor::Visitor;
use crate::messages::supervisor::{Order, Outcome};
use crate::store::people::{Deed, Kept, Token};

/// The supervisor answers within this, or counts as busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest reason, in characters.
const LONGEST_WHY: usize = 500;

/// What comes with a verb.
pub(crate) struct Asked<'a> {
    /// The verb, `cancel_all`.
    pub(crate) verb: &'a str,
    /// Names of what it touches; empty where it is missing.
    pub(crate) with: &'a dyn Fn(&str) -> String,
}

fn invalid(what: &str, allowed: &str) -> Refusal {
    Refusal::Invalid(format!("{what} Allowed: {allowed}."))
}

impl Asked<'_> {
    fn read<T: std::str::FromStr>(&self, name: &str, allowed: &str) -> Result<T, Refusal> {
        let text = (self.with)(name);
        text.parse().map_err(|_| invalid(&format!("{name} is {text:?}."), allowed))
    }

    fn strategy(&self) -> Result<desk::domain::ids::StrategyName, Refusal> {
        let text = (self.with)("strategy");
        let known = desk::domain::ids::StrategyName::TRADING;
        known
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| invalid(&format!("strategy is {text:?}."), "open, mid, close"))
    }

    /// One symbol, strategy or order, or everything where none is named.
    fn scope(&self) -> Result<Scope, Refusal> {
        let named = |name: &str| !(self.with)(name).is_empty();
        match (named("symbol"), named("strategy"), named("order")) {
            (false, false, false) => Ok(Scope::All),
            (true, false, false) => Ok(Scope::Symbol(self.read("symbol", "a ticker such as SPY")?)),
            (false, true, false) => Ok(Scope::Strategy(self.strategy()?)),
            (false, false, true) => Ok(Scope::Order(self.read("order", "a client order id")?)),
            _ => Err(invalid(
                "More than one thing is named.",
                "one of symbol, strategy and order, or none for everything",
            )),
        }
    }

    /// The command that the verb means.
    pub(crate) fn command(&self) -> Result<Command, Refusal> {
        let name = || self.read("name", "1 to 32 of a-z, 0-9, _ and -");
        let number = |what| self.read(what, "a whole number");
        Ok(match self.verb {
            "start" => Command::Start,
            "stop" => Command::Stop,
            "pause" => Command::Pause,
            "resume" => Command::Resume,
            "cancel_all" => Command::CancelAll(self.scope()?),
            "flatten" => Command::Flatten(self.scope()?),
            "kill" => Command::Kill,
            "reset_kill" => Command::ResetKill,
            "freeze" => Command::Freeze(name()?),
            "unfreeze" => Command::Unfreeze(name()?),
            "enter_defense" => Command::EnterDefense,
            "leave_defense" => Command::LeaveDefense,
            "set_mode" => Command::SetMode(self.mode()?),
            "apply_config" => Command::ApplyConfig(self.read("version", "a whole number")?),
            "rehearse" => Command::Rehearse,
            "close_day" => Command::CloseDay(match (self.with)("day").as_str() {
                "" => None,
                _ => Some(self.read("day", "a date such as 2026-06-01, or none for the first that is open")?),
            }),
            "backup" => Command::Backup,
            "shutdown" => Command::Shutdown,
            "reconcile" => Command::Reconcile,
            "suspend_strategy" => Command::SuspendStrategy(self.strategy()?),
            "acknowledge" => Command::Acknowledge,
            "drill" => Command::Drill,
            "approve_proposal" => Command::ApproveProposal(number("proposal")?),
            "reject_proposal" => Command::RejectProposal(number("proposal")?),
            other => return Err(Refusal::Missing(format!("There is no verb {other:?}."))),
        })
    }

    fn mode(&self) -> Result<Mode, Refusal> {
        let text = (self.with)("mode");
        let known = [Mode::Observe, Mode::Paper, Mode::Live];
        known
            .into_iter()
            .find(|m| m.as_str() == text)
            .ok_or_else(|| invalid(&format!("mode is {text:?}."), "observe, paper, live"))
    }
}

/// An order as it came in.
pub(crate) struct Given {
    pub(crate) command: Command,
    pub(crate) key: String,
    pub(crate) why: String,
    /// The one-time code, where one was typed.
    pub(crate) code: String,
}

/// Whether a verb is refused without a key that can be used; the API's document says the same.
pub(crate) fn needs_key(verb: &str) -> bool {
    verb != Command::Kill.as_str()
}

/// The key as it came. A kill is never refused for its key: without one that can be used it is a kill of its own.
fn keyed(key: String, command: &Command) -> Result<String, Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if (1..=64).contains(&key.len()) && key.chars().all(fits) {
        return Ok(key);
    }
    if !needs_key(command.as_str()) {
        return Ok(Token::new().map(|own| own.text().to_owned()).unwrap_or_default());
    }
    Err(Refusal::Invalid("An idempotency key is needed: 1 to 64 letters, digits, hyphens and underscores.".to_owned()))
}

/// Gives an order to the supervisor. The same key of the same person brings the same answer (WEB-5, LIFE-7).
pub(crate) async fn give(shared: &Shared, visitor: &Visitor, given: Given) -> Result<Outcome, Refusal> {
    let Given { command, key, why, code } = given;
    // A kill acts first and is recorded as soon as that can be done (LIFE-4).
    let kill = command == Command::Kill;
    let key = keyed(key, &command)?;
    let why: String = why.chars().filter(|c| !c.is_control()).take(LONGEST_WHY).collect();
    let action = command.action();
    let request = Hash::of(serde_json::to_string(&json!([&command, &why])).unwrap_or_default().as_bytes());
    // Of several with one key the first acts; the others wait, and have its answer. A kill waits for nobody.
    let doing = format!("command {key}");
    let held = if kill {
        Held::take(shared, visitor.person, &doing)
    } else {
        Some(Held::wait(shared, visitor.person, &doing).await?)
    };
    if !kill {
        match shared.site.people.answer(visitor.person, &key).await {
            Ok(Some(kept)) if kept.request == request => return from_kept(&kept),
            Ok(Some(_)) => {
                return Err(Refusal::Conflict("This idempotency key was used for another command.".to_owned()));
            }
            Ok(None) => {}
            // Stopping never waits for a database.
            Err(_) if action == Action::Halt => {}
            Err(e) => return Err(e.into()),
        }
    }
    let need = permit(visitor.roles, action).map_err(|e| Refusal::Forbidden(e.to_string()))?;
    // No code is spent on what is refused anyway.
    if !code.is_empty() && command.needs_reason() && why.trim().is_empty() {
        return Err(Refusal::Conflict(Machine::ReasonNeeded { command: command.word() }.to_string()));
    }
    let stepped_up = step_up(shared, visitor, action, &code).await?;
    if need == Need::StepUp && !stepped_up {
        return Err(Refusal::StepUp("This act needs a one-time code, typed for it alone.".to_owned()));
    }
    let order = Order { key, command, caller: visitor.caller(stepped_up), why };
    let answer = carry(shared, visitor, &order, held.is_some()).await;
    // A supervisor that was busy may be asked again with the same key.
    if let Ok(outcome) = &answer {
        let body = serde_json::to_string(outcome).unwrap_or_default();
        let kept = Kept { request, status: 200, body };
        if let Err(e) = shared.site.people.keep_answer(visitor.person, &order.key, &kept, shared.now()).await {
            tracing::warn!(target: "web", "an answer could not be kept: {e}");
        }
    }
    answer
}

/// Hands an order on, with what is to be audited before and after; of several kills with one key that of the first.
async fn carry(shared: &Shared, visitor: &Visitor, order: &Order, first: bool) -> Result<Outcome, Refusal> {
    let Order { key, command, caller, why } = order;
    let (kill, verb) = (*command == Command::Kill, command.as_str());
    let said = json!({ "command": command, "key": key, "why": why, "stepped_up": caller.stepped_up });
    if !kill {
        note(shared, visitor, "command", verb, said.clone(), command.action() == Action::Halt).await?;
    }
    let answer = match timeout(PATIENCE, shared.site.door.command(order.clone())).await {
        Ok(answer) => answer.map_err(Refusal::from),
        Err(_) => Err(Refusal::Busy),
    };
    if !first {
        return answer;
    }
    if kill {
        note(shared, visitor, "command", verb, said, true).await?;
    }
    let said = match &answer {
        Ok(outcome) => json!({ "key": key, "message": outcome.message }),
        Err(refusal) => json!({ "key": key, "refused": refusal.code(), "message": refusal.to_string() }),
    };
    note(shared, visitor, if answer.is_ok() { "carried_out" } else { "not_carried_out" }, verb, said, true).await?;
    answer
}

fn from_kept(kept: &Kept) -> Result<Outcome, Refusal> {
    let value: serde_json::Value = serde_json::from_str(&kept.body).unwrap_or_default();
    let at = value.get("at").and_then(|v| serde_json::from_value(v.clone()).ok());
    let message = value.get("message").and_then(serde_json::Value::as_str);
    match (at, message) {
        (Some(at), Some(message)) => Ok(Outcome { at, message: message.to_owned() }),
        _ => Err(Refusal::Conflict("This idempotency key was used before.".to_owned())),
    }
}

/// Whether a right one-time code came with an act that needs one.
pub(crate) async fn step_up(shared: &Shared, visitor: &Visitor, action: Action, code: &str) -> Result<bool, Refusal> {
    if !visitor.needs_code(action) || code.is_empty() {
        return Ok(false);
    }
    check_code(shared, visitor, action, code).await?;
    Ok(true)
}

/// Takes a one-time code for an act, or refuses. Codes cost an attempt like passwords do.
pub(crate) async fn check_code(shared: &Shared, visitor: &Visitor, action: Action, code: &str) -> Result<(), Refusal> {
    let (people, now) = (&shared.site.people, shared.now());
    let name = format!("code {}", visitor.name);
    if let Some(until) = people.attempt(&name, now).await? {
        return Err(Refusal::Wait((until - now).as_seconds().saturating_add(1)));
    }
    if !people.check_code(visitor.person, code, now).await? {
        note(shared, visitor, "code_refused", "", json!({ "for": action }), true).await?;
        return Err(Refusal::StepUp(
            "This code is wrong or was used before; nothing was done. Wait for the next one.".to_owned(),
        ));
    }
    people.forgive(&name).await?;
    Ok(())
}

/// Refuses an act that needs a code and came without a right one.
pub(crate) async fn must_step_up(
    shared: &Shared,
    visitor: &Visitor,
    action: Action,
    code: &str,
) -> Result<(), Refusal> {
    if visitor.needs_code(action) && !step_up(shared, visitor, action, code).await? {
        return Err(Refusal::StepUp("This act needs a one-time code, typed for it alone.".to_owned()));
    }
    Ok(())
}

/// Writes to the audit. What cannot be audited is not done, unless it stops or was done already.
pub(crate) async fn note(
    shared: &Shared,
    visitor: &Visitor,
    what: &'static str,
    object: &str,
    detail: serde_json::Value,
    go_on: bool,
) -> Result<(), Refusal> {
    let deed = Deed { who: visitor.who(), origin: visitor.origin, what, object: object.to_owned(), detail };
    match shared.site.people.record(&deed, shared.now()).await {
        Ok(_) => Ok(()),
        Err(e) if go_on => {
            tracing::error!(target: "web", "the audit could not be written: {e}");
            Ok(())
        }
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::routes::{Needs, VERBS};

    #[test]
    fn web_2a_each_verb_asks_for_the_action_of_its_command() {
        let with = |name: &str| {
            match name {
                "symbol" | "order" => "",
                "strategy" => "mid",
                "mode" => "paper",
                "name" => "pause-1",
                "day" => "2026-06-01",
                _ => "7",
            }
            .to_owned()
        };
        let mut seen = 0;
        for route in VERBS.iter().filter(|r| r.path.starts_with("/commands/")) {
            let verb = route.path.trim_start_matches("/commands/");
            let command = Asked { verb, with: &with }.command().unwrap();
            assert_eq!(command.as_str(), verb);
            assert_eq!(route.needs, Needs::Action(command.action()), "{verb}");
            seen += 1;
        }
        assert_eq!(seen, 24, "every command of LIFE-4 has its address");
    }

    #[test]
    fn web_7_what_cannot_be_read_says_what_is_allowed() {
        let with = |name: &str| if name == "strategy" || name == "symbol" { "lunch" } else { "" }.to_owned();
        for (verb, said) in [
            ("suspend_strategy", "Allowed: open, mid, close"),
            ("set_mode", "Allowed: observe, paper, live"),
            ("freeze", "Allowed: 1 to 32"),
            ("flatten", "More than one thing"),
            ("nonsense", "no verb"),
        ] {
            let refusal = Asked { verb, with: &with }.command().unwrap_err().to_string();
            assert!(refusal.contains(said), "{verb}: {refusal}");
        }
    }
}
