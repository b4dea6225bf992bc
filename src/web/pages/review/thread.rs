//! The review of a subject as its page shows it: state, who reads it, thread, what can be done.

use serde_json::{Value, json};

use super::path;
use crate::store::people::review::{Act, ActKind, Around, Refused, Standing, Subject};
use crate::web::review::{Asked, Whole};
use crate::web::site::Shared;
use crate::web::views::words::moment;
use crate::web::visitor::Visitor;

/// What was typed and refused; it stays in the form.
pub(crate) struct Typed {
    pub(crate) asked: Asked,
    pub(crate) refused: Refused,
}

/// The review of a subject.
pub(crate) fn panel(
    shared: &Shared,
    visitor: &Visitor,
    whole: &Whole,
    (standing, around): (&Standing, &Around),
    typed: Option<&Typed>,
) -> Value {
    let (subject, now) = (standing.subject, shared.now());
    let state = standing.state(around);
    let last = standing.acts.last();
    let own = around.authors.contains(&visitor.name);
    let approved = standing.stands(around);
    json!({
        "subject": subject.to_string(),
        "path": path(subject),
        "version": standing.version(),
        "state": state.as_str(),
        "review": state.review().as_str(),
        "assigned": standing.assigned(),
        "approved": approved.map(|a| json!({ "by": a.who, "at": moment(a.at) })),
        "covered": approved.is_none() && around.covered.is_some(),
        "elsewhere": around.queried.iter().map(|s| json!({ "path": path(*s), "name": named(*s) })).collect::<Vec<_>>(),
        "readers": reading(&shared.review.read_by(subject, &visitor.name, now)),
        "changed": last.map(|a| json!({ "by": a.who, "clock": clock(a), "did": a.wanted.kind.said(), "own": a.who == visitor.name })),
        "acts": thread(standing, visitor),
        "own": own,
        "day": matches!(subject, Subject::Day(_)),
        "withdraws": standing.approval().is_some(),
        "reviewers": whole.reviewers,
        "typed": typed.map(|t| json!({
            "act": t.asked.wanted.kind.as_str(), "about": t.asked.wanted.about, "to": t.asked.wanted.to,
            "text": t.asked.wanted.text, "error": t.refused.to_string(), "code": t.refused.code(),
        })),
    })
}

/// A subject in words: `entry 12`.
pub(crate) fn named(subject: Subject) -> String {
    subject.to_string().replace(':', " ")
}

/// Who reads, as the beginning of a sentence: `bob reads`.
pub(super) fn reading(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(format!("{one} reads")),
        more => Some(format!("{} read", more.join(", "))),
    }
}

fn clock(act: &Act) -> String {
    let at = act.at.to_string();
    at.split_once('T').and_then(|(_, time)| time.get(..5)).unwrap_or_default().to_owned()
}

/// Questions with what was said to them below; everything else in its order.
fn thread(standing: &Standing, visitor: &Visitor) -> Vec<Value> {
    let open: Vec<u64> = standing.queries().iter().map(|q| q.n).collect();
    let line = |a: &Act| {
        json!({
            "n": a.n, "at": moment(a.at), "who": a.who, "did": a.wanted.kind.said(), "act": a.wanted.kind.as_str(),
            "text": a.wanted.text, "short": a.wanted.text.chars().take(80).collect::<String>(), "to": a.wanted.to, "open": open.contains(&a.n), "own": a.who == visitor.name,
        })
    };
    let settles = |a: &&Act| matches!(a.wanted.kind, ActKind::Answer | ActKind::Resolve);
    let mut lines = Vec::new();
    for act in standing.acts.iter().filter(|a| !settles(a)) {
        let mut shown = line(act);
        let replies: Vec<Value> =
            standing.acts.iter().filter(settles).filter(|a| a.wanted.about == Some(act.n)).map(line).collect();
        if let Some(map) = shown.as_object_mut() {
            map.insert("replies".to_owned(), Value::Array(replies));
        }
        lines.push(shown);
    }
    lines
}
