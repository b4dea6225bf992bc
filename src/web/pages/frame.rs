//! The frame around every page: bar, navigation, panels, who looks.

use actix_web::HttpResponse;
use desk::domain::bot::{Action, Role};
use desk::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::store::people::Token;
use crate::web::assets;
use crate::web::live::number;
use crate::web::refusal::Refusal;
use crate::web::site::Shared;
use crate::web::views;
use crate::web::visitor::Visitor;

/// A page for somebody who is signed in.
pub(crate) struct Frame<'a> {
    shared: &'a Shared,
    visitor: &'a Visitor,
    path: &'a str,
    notice: Option<String>,
}

/// A page in the navigation: address, name, count, who.
type Entry = (&'static str, &'static str, &'static str, Action);

/// The navigation, group by group.
const NAVIGATION: &[(&str, &[Entry])] = &[
    (
        "Trading",
        &[
            ("/", "Dashboard", "", Action::Look),
            ("/decisions", "Decisions", "decisions", Action::Look),
            ("/strategies", "Strategies", "", Action::Look),
            ("/screener", "Screener", "", Action::Look),
            ("/orders", "Orders", "orders", Action::Look),
            ("/trades", "Trades", "trades", Action::Look),
            ("/why", "Why no trades", "", Action::Look),
        ],
    ),
    (
        "Books",
        &[
            ("/ledger", "Journal", "", Action::ReadLedger),
            ("/ledger/accounts", "Accounts", "", Action::ReadLedger),
            ("/ledger/enter", "Enter", "", Action::Account),
            ("/ledger/float", "Float", "", Action::ReadLedger),
            ("/ledger/statements", "Statements", "", Action::ReadLedger),
            ("/ledger/lots", "Positions and lots", "", Action::ReadLedger),
            ("/ledger/cash", "Cash", "", Action::ReadLedger),
            ("/ledger/review", "Review", "review", Action::ReadLedger),
            ("/ledger/closes", "Day closes", "", Action::ReadLedger),
            ("/ledger/reconciliation", "Reconciliation", "", Action::ReadLedger),
            ("/ledger/exports", "Exports", "", Action::Export),
            ("/reports", "Reports", "", Action::ReadLedger),
        ],
    ),
    (
        "Risk",
        &[("/risk", "Limits and freezes", "freezes", Action::Look), ("/kill", "Kill and drills", "", Action::Look)],
    ),
    ("Research", &[("/rehearsal", "Rehearsal", "", Action::Rehearse)]),
    (
        "System",
        &[
            ("/alerts", "Alerts", "alerts", Action::Look),
            ("/system/health", "Health", "", Action::Look),
            ("/logs", "Logs", "", Action::ReadLogs),
            ("/settings", "Settings", "", Action::ReadSystem),
            ("/users", "Users", "", Action::ReadSystem),
            ("/audit", "Audit", "", Action::ReadSystem),
            ("/system/api", "API", "", Action::Look),
            ("/system/shutdown", "Shutdown", "", Action::Look),
        ],
    ),
];

/// Who looks, and what the table lets this person do.
pub(crate) fn me(visitor: &Visitor) -> Value {
    let roles: Vec<&str> = visitor.roles.iter().map(Role::as_str).collect();
    let halt = Action::Halt.who().to_string();
    json!({
        "name": visitor.name,
        "roles": roles.join(", ").replace('_', " "),
        "codes": visitor.codes,
        "form": visitor.form_secret,
        "who_may_halt": halt,
        "may": {
            "halt": visitor.may(Action::Halt),
            "operate": visitor.may(Action::Operate),
            "loosen": visitor.may(Action::Loosen),
            "account": visitor.may(Action::Account),
            "export": visitor.may(Action::Export),
            "administer": visitor.may(Action::Administer),
            "rehearse": visitor.may(Action::Rehearse),
            "ledger": visitor.may(Action::ReadLedger),
            "logs": visitor.may(Action::ReadLogs),
            "system": visitor.may(Action::ReadSystem),
        },
    })
}

/// What the templates need that nobody has to be signed in for.
pub(crate) fn plain_values(shared: &Shared, title: &str) -> Value {
    let board = shared.board();
    let bar = views::bot(&board, None, shared.site.current.get().zone, shared.ages(&board));
    json!({
        "page": { "title": title, "version": assets::version(), "theme": "system" },
        "bot": { "bar": bar.get("bar").cloned().unwrap_or_default() },
    })
}

/// A key that a form carries, so that sending it twice is sending it once.
pub(super) fn form_key() -> String {
    Token::new().map(|t| t.text().to_owned()).unwrap_or_default()
}

impl<'a> Frame<'a> {
    pub(crate) const fn new(shared: &'a Shared, visitor: &'a Visitor, path: &'a str) -> Self {
        Self { shared, visitor, path, notice: None }
    }

    /// Says something above the page: a result stands where the act was.
    pub(crate) fn with_notice(mut self, notice: Option<String>) -> Self {
        self.notice = notice;
        self
    }

    /// The page's HTML.
    pub(crate) fn fill(&self, title: &str, template: &str, own: Value) -> Result<String, Refusal> {
        let now = self.shared.now();
        let board = self.shared.board();
        let bot = views::whole(self.shared, &board);
        let mut values = json!({
            "page": {
                "title": title, "path": self.path, "version": assets::version(), "theme": self.visitor.theme.as_str(),
                "seq": number(now), "key": form_key(), "notice": self.notice,
                "nav": self.navigation(&bot), "ends_in": seconds(self.visitor.ends_at, now),
                "idle_after": self.shared.site.manners.idle.as_seconds(),
            },
            "me": me(self.visitor),
            "bot": bot,
        });
        if let (Some(all), Value::Object(own)) = (values.as_object_mut(), own) {
            all.extend(own);
        }
        Ok(self.shared.pages.fill(template, &values)?)
    }

    /// The page as an answer.
    pub(crate) fn page(&self, title: &str, template: &str, own: Value) -> Result<HttpResponse, Refusal> {
        Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(self.fill(title, template, own)?))
    }

    fn navigation(&self, bot: &Value) -> Value {
        // The page that is open, or the one that it lies under: the longest address that begins it.
        let all = NAVIGATION.iter().flat_map(|(_, pages)| pages.iter().map(|(path, ..)| *path));
        let begins = |path: &&str| if *path == "/" { self.path == "/" } else { self.path.starts_with(path) };
        let here = all.filter(begins).max_by_key(|path| path.len());
        let groups = NAVIGATION.iter().map(|(group, pages)| {
            let shown = pages.iter().filter(|(.., action)| self.visitor.may(*action));
            let pages: Vec<Value> = shown
                .map(|(path, name, counted, _)| {
                    let count = match *counted {
                        "review" if self.visitor.may(Action::Account) => {
                            u64::try_from(self.shared.review.waiting_for(&self.visitor.name)).ok()
                        }
                        counted => bot.get("counts").and_then(|c| c.get(counted)).and_then(Value::as_u64),
                    };
                    let count = count.filter(|n| *n > 0);
                    let due = ["freezes", "alerts", "review"].contains(counted);
                    let here = here == Some(*path);
                    json!({ "path": path, "name": name, "counted": counted, "count": count, "here": here, "due": due })
                })
                .collect();
            json!({ "name": group, "pages": pages, "here": pages.iter().any(|p| p["here"] == true) })
        });
        groups.filter(|g| g["pages"].as_array().is_some_and(|p| !p.is_empty())).collect()
    }
}

fn seconds(until: Timestamp, now: Timestamp) -> i64 {
    (until - now).as_seconds().max(0)
}
