//! From the trial balance to an account, an entry, its order, its decision, and back: of any session, by whoever may.

use std::collections::BTreeSet;

use desk::domain::bot::{Action, Role, Roles, permit};
use desk::domain::event::Body;
use tbot::store::Reader;

use super::sample;
use super::server::{Person, Server};
use super::traded::{DAYS, Traded, traded};
use crate::places::Place;
use crate::store::sample as books;

/// A server with these books, as after a restart: its board knows nothing of them.
fn served(place: &Place, traded: &Traded) -> (Server, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reader = runtime.block_on(async {
        traded.write(&place.address).await.close().await;
        Reader::open(&place.address).await.unwrap()
    });
    (Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader))), runtime)
}

/// What a page links to that begins so.
fn links(page: &str, begins: &str) -> BTreeSet<String> {
    let all = page.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    all.map(|(link, _)| link.replace("&amp;", "&").replace("&#x2F;", "/")).filter(|l| l.starts_with(begins)).collect()
}

struct Walk<'a> {
    server: &'a Server,
    person: &'a Person,
}

impl Walk<'_> {
    /// A page that is there.
    fn open(&self, path: &str) -> String {
        let answer = self.server.get(path, Some(self.person));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    /// Opens a page and takes a link of it that holds these words; the page has to have one.
    fn hop(&self, path: &str, begins: &str) -> String {
        let page = self.open(path);
        let found = links(&page, begins).into_iter().next();
        found.unwrap_or_else(|| panic!("{path} has no link to {begins}: {page}"))
    }
}

/// LEDG-6, WEB-1: an accountant walks from the trial balance to a decision and back, on a day of any age, after a restart.
#[test]
fn from_the_trial_balance_to_the_decision_and_back() {
    let (place, traded) = (Place::sqlite(), traded());
    let (server, _runtime) = served(&place, &traded);
    let rita = server.person("rita", &[Role::Reviewer]);
    let walk = Walk { server: &server, person: &rita };
    for day in DAYS {
        assert!(!traded.trades(day).is_empty(), "{day} has no trade");
        let register = walk.hop(&format!("/ledger?day={day}"), "/ledger/accounts/5110");
        assert!(register.ends_with(&format!("?to={day}")), "the account opens on the same day: {register}");
        let entry = walk.hop(&register, "/ledger/entries/");
        let (order, decision) = (walk.hop(&entry, "/orders/"), walk.hop(&entry, "/decisions/"));
        let page = walk.open(&order);
        assert!(links(&page, "/ledger/entries/").contains(&entry), "{order} leads back to {entry}");
        assert!(links(&page, "/decisions/").contains(&decision), "{order} leads to {decision}");
        let page = walk.open(&decision);
        for back in [&entry, &order] {
            assert!(links(&page, "/").contains(back), "{decision} leads back to {back}");
        }
        assert!(page.contains("Its trade") && page.contains("Gates") && page.contains("pre-trade risk"), "{page}");
        assert!(links(&page, "/ledger?").contains(&format!("/ledger?day={day}")));
        // Each list of the day leads to its rows, and to the journal of the day.
        for (list, row) in [("/decisions", &decision), ("/orders", &order), ("/trades", &decision)] {
            let page = walk.open(&format!("{list}?session={day}"));
            assert!(links(&page, row).contains(row), "{list} of {day} leads to {row}");
            assert!(links(&page, "/ledger?").contains(&format!("/ledger?day={day}")), "{list} of {day}");
            let offered = page.matches(&format!("<option selected>{day}</option>")).count();
            assert_eq!(offered, 1, "{list} offers {day}");
        }
        // From what was gained on a lot to the entry, and from the entry to all of the lot.
        let closed = walk.hop(&format!("/ledger/lots?from={day}&to={day}"), "/ledger/entries/");
        let lot = walk.hop(&closed, "/ledger?lot=");
        assert!(links(&walk.open(&lot), "/ledger/entries/").len() >= 2, "a lot that was closed has two entries");
    }
}

/// Every decision, order and trade of every session has a page, and says what came of it.
#[test]
fn each_decision_and_order_of_each_session_is_found() {
    let (place, traded) = (Place::sqlite(), traded());
    let (server, _runtime) = served(&place, &traded);
    server.board.send_replace(std::sync::Arc::new(sample::board()));
    let rita = server.person("rita", &[Role::Reviewer]);
    let walk = Walk { server: &server, person: &rita };
    let (mut decisions, mut orders) = (0, 0);
    for event in &traded.events {
        match &event.body {
            Body::Decided(d) => {
                let page = walk.open(&format!("/decisions/{}", d.id));
                assert!(page.contains(if d.blocked.is_some() { "was not" } else { "" }), "{}", d.id);
                decisions += 1;
            }
            Body::Intended(intent) => {
                let page = walk.open(&format!("/orders/{}", intent.order));
                let mut own = traded.events.iter().filter(|e| e.body.order() == Some(&intent.order));
                assert!(own.all(|e| page.contains(&format!("<td class=\"n c2\">{}</td>", e.seq))), "{}", intent.order);
                orders += 1;
            }
            _ => {}
        }
    }
    assert!(decisions > 20 && orders > 10, "{decisions} decisions, {orders} orders");
    let trade = traded.trades(DAYS[0])[0];
    let page = walk.open(&format!("/decisions/{}", trade.decision));
    for order in &trade.orders {
        assert!(links(&page, "/orders/").contains(&format!("/orders/{order}")), "{order}");
        assert!(walk.open(&format!("/orders/{order}")).contains(order.as_str()));
    }
}

/// WEB-2a: whoever may not read the ledger finds decisions and orders all the same, without a way into it.
#[test]
fn web_2a_only_whoever_reads_the_ledger_is_led_there() {
    let (place, traded) = (Place::sqlite(), traded());
    let (server, _runtime) = served(&place, &traded);
    let trade = traded.trades(DAYS[0])[0];
    let entry =
        format!("/ledger/entries/{}", traded.entries.iter().find(|e| e.draft.kind.as_str() == "fill").unwrap().seq);
    for role in Role::ALL {
        let may = permit(Roles::of(&[role]), Action::ReadLedger).is_ok();
        let person = server.person(&role.as_str().replace('_', "-"), &[role]);
        let walk = Walk { server: &server, person: &person };
        for path in [
            format!("/decisions/{}", trade.decision),
            format!("/orders/{}", trade.orders[0]),
            format!("/decisions?session={}", DAYS[0]),
            format!("/orders?session={}", DAYS[0]),
            format!("/trades?session={}", DAYS[0]),
            "/decisions".to_owned(),
            "/orders".to_owned(),
            "/trades".to_owned(),
        ] {
            assert_eq!(!links(&walk.open(&path), "/ledger").is_empty(), may, "{path} for {role:?}");
        }
        for path in [entry.as_str(), "/ledger?text=commission", "/api/v1/ledger/journal?text=commission"] {
            let answer = server.get(path, Some(&person));
            assert_eq!(answer.status, if may { 200 } else { 403 }, "{path} for {role:?}");
        }
    }
}

#[test]
fn what_no_session_has_is_said() {
    let (place, traded) = (Place::sqlite(), traded());
    let (server, _runtime) = served(&place, &traded);
    let rita = server.person("rita", &[Role::Reviewer]);
    for (path, status, says) in [
        ("/decisions/XNYS:2026-11-18/open/NOPE/1", 404, "The event log has no decision"),
        ("/decisions/XNYS:2025-11-18/open/ACME/1", 404, "begins with its session"),
        ("/decisions/nothing", 404, "begins with its session"),
        ("/orders/EXAM01-261118-aaaaaaaaaaaaaaaa", 404, "The event log has no order"),
        ("/orders/EXAM01-251118-aaaaaaaaaaaaaaaa", 404, "holds its day"),
        ("/orders/%3Cscript%3E", 404, "holds its day"),
        ("/decisions?session=2026-11-21", 404, "no session of 2026-11-21"),
        ("/orders?session=2025-11-20", 404, "no session of 2025-11-20"),
        ("/trades?session=yesterday", 422, "is no day"),
        ("/api/v1/trades?session=2026-11-21", 404, "no session of 2026-11-21"),
    ] {
        let answer = server.get(path, Some(&rita));
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.contains(says) && !answer.body.contains("<script>"), "{path}: {}", answer.body);
    }
    for (what, count) in [
        ("decisions", traded.of(DAYS[0]).iter().filter(|e| matches!(e.body, Body::Decided(_))).count()),
        ("trades", traded.trades(DAYS[0]).len()),
    ] {
        let told = server.get(&format!("/api/v1/{what}?session={}", DAYS[0]), Some(&rita)).json();
        assert_eq!(told["count"], count, "{what}");
    }
}

/// "An accountant who has never seen the bot finds last Tuesday's commission": a day and a word are enough.
#[test]
fn the_journal_is_searched_by_text() {
    let (server, _place, _runtime) = super::pages::with_the_worked_month();
    let rita = server.person("rita", &[Role::Reviewer]);
    let walk = Walk { server: &server, person: &rita };
    for (asked, says) in [
        (
            "day=2026-06-01&text=commission",
            vec!["4 entries with “commission”", "value=\"commission\"", "Sell 200 ACME at 51.20"],
        ),
        ("text=bOLT%20payment", vec!["1 entry with “bOLT payment”", "BOLT payment in lieu charged"]),
        ("text=commission&kind=fill&instrument=bolt", vec!["with “commission”", "BOLT"]),
        ("text=%22%5C%3Cb%3E&day=2026-06-01", vec!["0 entries with", "No entry with that text", "not in amounts"]),
        ("lot=CRUX-opening", vec!["CRUX", "value=\"CRUX-opening\""]),
    ] {
        let page = walk.open(&format!("/ledger?{asked}"));
        for said in says {
            assert!(page.contains(said), "{asked} does not say {said}: {page}");
        }
        assert!(!page.contains("<b>\""), "{asked}");
    }
    // Older ones are found from where a page ends, with the same words.
    let page = walk.open("/ledger?text=e");
    let older = links(&page, "/ledger?before=");
    assert!(older.iter().all(|link| link.ends_with("&text=e")) && older.len() == 1, "{older:?}");
    let rest = walk.open(older.first().unwrap());
    assert!(links(&page, "/ledger/entries/").is_disjoint(&links(&rest, "/ledger/entries/")));
    for (path, says) in
        [("/ledger?lot=a%20b", "is no lot"), (&format!("/ledger?text={}", "x".repeat(81)), "at most 80")]
    {
        let refused = server.get(path, Some(&rita));
        assert!(refused.status == 422 && refused.body.contains(says), "{path}: {}", refused.body);
    }
    let told = server.get("/api/v1/ledger/journal?day=2026-06-01&text=commission", Some(&rita)).json();
    assert_eq!(told["search"]["found"], 4, "{told}");
    assert_eq!(told["rows"].as_array().unwrap().len(), 4);
}
