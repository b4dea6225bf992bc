//! What persons change in the chart of accounts: read, shown, made (LEDG-2). The same way for forms and programs.

use std::time::Duration;

use actix_web::rt::time::timeout;
use desk::domain::bot::Action;
use desk::domain::chain::Hash;
use desk::domain::chart::{ChartChange, NormalSide};
use desk::domain::journal::AccountCode;
use desk::machines::ledger::{ChartEdit, ChartRefusal};
use desk::world::entering::Author;
use serde_json::{Value, json};

use super::commands::{must_step_up, note};
use super::entering::{With, Wrong};
use super::exports::book;
use super::refusal::Refusal;
use super::site::Shared;
use super::visitor::Visitor;
use crate::messages::bookkeeping::{ChartAsked, ChartTold, How, NotBooked};

/// So long a page waits for the ledger.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What can be done.
pub(crate) const ACTS: [&str; 4] = ["add", "rename", "close", "open"];

/// What came of it.
pub(crate) enum Outcome {
    /// The change that would be made, and its hash.
    Shown(ChartChange, Hash),
    /// The change that is made.
    Changed(ChartChange),
    /// Fields are wrong.
    Wrong(Vec<Wrong>),
    /// The chart stays as it is; the field that it is about, where it is about one.
    Refused(Option<&'static str>, NotBooked),
}

/// Shows a change of the chart, or makes it where it is what was shown.
///
/// # Errors
/// Where a one-time code is missing or wrong, or books or audit do not answer. What cannot be audited is not done.
pub(crate) async fn change(shared: &Shared, visitor: &Visitor, with: With<'_>, how: How) -> Result<Outcome, Refusal> {
    let (author, edit) = match read(with, &visitor.name) {
        Ok(read) => read,
        Err(wrong) => return Ok(Outcome::Wrong(wrong)),
    };
    let object = format!("account:{}", with("account").trim());
    let before = standing(shared, with("account").trim()).await?;
    if how != How::Show {
        must_step_up(shared, visitor, Action::Administer, &with("code")).await?;
        let detail = json!({
            "act": with("act"), "name": with("name").trim(), "side": with("side"), "reason": author.reason,
        });
        note(shared, visitor, "chart", &object, detail, false).await?;
    }
    let asked = ChartAsked { author, edit, how };
    let told = timeout(PATIENCE, shared.site.bookkeeping.ask_chart(asked)).await.unwrap_or(Err(NotBooked::Busy));
    Ok(match told {
        Ok(ChartTold::Shown(change, hash)) => Outcome::Shown(change, hash),
        Ok(ChartTold::Changed(change)) => {
            let after = json!({ "name": change.account.name, "open": change.account.open });
            let detail = json!({ "version": change.version, "before": before, "after": after });
            note(shared, visitor, "chart_changed", &object, detail, true).await?;
            Outcome::Changed(change)
        }
        Err(refused) => Outcome::Refused(about(&refused), refused),
    })
}

/// An account as it stands now, for the audit; null where there is none.
async fn standing(shared: &Shared, code: &str) -> Result<Value, Refusal> {
    let (reader, own) = book(shared).await?;
    let accounts = reader.accounts(&own).await?;
    let found = accounts.into_iter().find(|a| a.code.to_string() == code);
    Ok(found.map_or(Value::Null, |a| json!({ "name": a.name, "open": a.open })))
}

/// Reads what was typed.
fn read(with: With<'_>, by: &str) -> Result<(Author, ChartEdit), Vec<Wrong>> {
    let mut wrong = Vec::new();
    let typed = |name: &str| {
        let plain: String = with(name).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        plain.trim().to_owned()
    };
    let code: Option<AccountCode> = typed("account").parse().ok();
    if code.is_none() {
        wrong.push(("account", "Four digits are needed, like 5650.".to_owned()));
    }
    let reason = typed("reason");
    match reason.chars().count() {
        0 => wrong.push(("reason", "This is needed.".to_owned())),
        n if n > LONGEST_REASON => {
            wrong.push(("reason", format!("{n} characters; at most {LONGEST_REASON} fit.")));
        }
        _ => {}
    }
    let (act, name) = (with("act"), typed("name"));
    if matches!(act.as_str(), "add" | "rename") && name.is_empty() {
        wrong.push(("name", "This is needed.".to_owned()));
    }
    let side = NormalSide::ALL.into_iter().find(|side| side.as_str() == with("side"));
    if act == "add" && side.is_none() {
        wrong.push(("side", "Needed is debit, credit or either.".to_owned()));
    }
    let edit = code.and_then(|code| match act.as_str() {
        "add" => side.map(|side| ChartEdit::Add { code, name, side }),
        "rename" => Some(ChartEdit::Rename { code, name }),
        "close" => Some(ChartEdit::Close(code)),
        "open" => Some(ChartEdit::Open(code)),
        _ => None,
    });
    if !ACTS.contains(&act.as_str()) {
        wrong.push(("act", format!("Needed is one of {}.", ACTS.join(", "))));
    }
    match edit.filter(|_| wrong.is_empty()) {
        Some(edit) => Ok((Author { by: by.to_owned(), reason }, edit)),
        None => Err(wrong),
    }
}

/// The field that a refusal is about.
const fn about(refused: &NotBooked) -> Option<&'static str> {
    match refused {
        NotBooked::Chart(ChartRefusal::NameLength(_) | ChartRefusal::NameUnfit | ChartRefusal::NameTaken { .. }) => {
            Some("name")
        }
        NotBooked::Chart(ChartRefusal::NoReason) => Some("reason"),
        NotBooked::Chart(_) => Some("account"),
        _ => None,
    }
}

/// What a change did to the account as it was before, in words.
pub(crate) fn in_words(before: Option<(&str, bool)>, change: &ChartChange) -> String {
    let account = &change.account;
    match before {
        None => format!("{} {} added", account.code, account.name),
        Some((name, _)) if name != account.name => format!("{} {name} is called {}", account.code, account.name),
        Some((name, true)) if !account.open => format!("{} {name} closed", account.code),
        Some((name, _)) => format!("{} {name} opened", account.code),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Result<(Author, ChartEdit), Vec<Wrong>> {
        let map: BTreeMap<&str, &str> = pairs.iter().copied().collect();
        read(&|name| map.get(name).copied().unwrap_or_default().to_owned(), "ann")
    }

    #[test]
    fn web_7_everything_that_is_wrong_is_said_at_once_beside_its_field() {
        let fields = |pairs: &[(&str, &str)]| -> Vec<&str> {
            typed(pairs).unwrap_err().into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(fields(&[]), ["account", "reason", "act"]);
        assert_eq!(fields(&[("act", "add"), ("account", "56")]), ["account", "reason", "name", "side"]);
        assert_eq!(fields(&[("act", "rename"), ("account", "5650"), ("reason", "x")]), ["name"]);
        let long = "x".repeat(501);
        assert_eq!(fields(&[("act", "close"), ("account", "5650"), ("reason", &long)]), ["reason"]);
        let whole = [("act", "add"), ("account", "5650"), ("name", " Data "), ("side", "debit"), ("reason", "a bill")];
        let code = AccountCode::new(5650).unwrap();
        let edit = ChartEdit::Add { code, name: "Data".to_owned(), side: NormalSide::Debit };
        assert_eq!(typed(&whole).unwrap(), (Author { by: "ann".to_owned(), reason: "a bill".to_owned() }, edit));
    }
}
