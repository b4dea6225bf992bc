//! Every page in every state: nothing is missing in a template, and the page says what the state is.

use std::sync::Arc;

use desk::domain::bot::{BotState, Command, Role, Who};
use desk::domain::journal::{AccountCode, EntryKind};
use tbot::messages::board::{Board, FreezeLine, Mark};
use tbot::messages::past::Past;
use tbot::store::{self, Batch};

use super::exports::month;
use super::sample;
use super::server::{Person, Server};
use crate::places::Place;
use crate::store::sample as books;

const PAGES: &[&str] = &[
    "/",
    "/decisions",
    "/decisions?gate=fee&outcome=blocked",
    "/decisions/2026-11-20-AMD-close-203100",
    "/decisions?session=",
    "/strategies",
    "/orders",
    "/trades",
    "/symbols/NVDA",
    "/symbols/ZZZ",
    "/risk",
    "/why",
    "/why?strategy=close&symbol=AMD",
    "/kill",
    "/alerts",
    "/logs",
    "/system/health",
    "/system/api",
    "/system/shutdown",
    "/rehearsal",
    "/screener",
    "/screener?result=out&reason=price_below&symbol=penn",
    "/ledger",
    "/ledger?day=2026-06-01&kind=fill&instrument=acme",
    "/ledger?text=commission",
    "/ledger/statements",
    "/ledger/lots",
    "/ledger/closes",
    "/ledger/exports",
    "/reports",
    "/ledger/reconciliation",
    "/ledger/review",
    "/ledger/review?show=all&kind=day",
    "/settings",
    "/users",
    "/audit",
    "/account",
];

fn look(server: &Server, person: &Person, board: Board, what: &str) -> String {
    let word = board.state.word();
    server.board.send_replace(Arc::new(board));
    let mut all = String::new();
    for path in PAGES {
        let answer = server.get(path, Some(person));
        assert!(
            answer.status == 200 || (answer.status == 404 && path.contains("/decisions/")),
            "{path}, {what}: {} {}",
            answer.status,
            answer.body
        );
        assert!(answer.body.contains(word), "{path} says the state: {what}");
        all.push_str(&answer.body);
    }
    all
}

/// Nothing in it at all, as after the first start.
fn empty() -> Board {
    let full = sample::board();
    let mut day = full.day.clone();
    day.curve.clear();
    Board {
        session: None,
        fed_at: None,
        positions: vec![],
        orders: vec![],
        decisions: vec![],
        trades: vec![],
        strategies: vec![],
        actors: vec![],
        day,
        ..full
    }
}

#[test]
fn each_page_shows_each_state_with_data_and_without() {
    let server = Server::start();
    let everybody = server.person("root", &Role::ALL);
    for state in BotState::ALL {
        let reason = Some("The disk is full: the books cannot be written.".to_owned());
        look(&server, &everybody, Board { state, reason: reason.clone(), ..sample::board() }, state.as_str());
        look(&server, &everybody, Board { state, reason, ..empty() }, state.as_str());
    }
    look(&server, &everybody, sample::killing(), "killing");
    let mark = Mark { at: sample::at("20:00:00"), who: Who::Bot("risk".into()), why: String::new() };
    let freeze = FreezeLine { name: "pause".parse().unwrap(), strategy: None, mark, for_the_session: true };
    let frozen = look(&server, &everybody, Board { freezes: vec![freeze], ..sample::board() }, "frozen");
    for said in ["the bot (risk): no reason given", "Resume: clear the pause", "until the session ends"] {
        assert!(frozen.contains(said), "{said}");
    }
}

fn latch(b: &mut Board) {
    b.latch = Some(Mark { at: sample::at("15:30:00"), who: Who::Owner, why: String::new() });
}

/// Where no window comes any more, the dashboard says why instead of naming one that nobody will trade in.
#[test]
fn the_dashboard_says_why_no_window_comes() {
    use desk::domain::ids::StrategyName::Close;
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let at = |time: &str, change: fn(&mut Board)| {
        let mut board = sample::board();
        board.at = sample::at(time);
        board.session.as_mut().unwrap().windows.clear();
        change(&mut board);
        server.board.send_replace(Arc::new(board));
        server.get("/", Some(&ann)).body
    };
    let off: fn(&mut Board) = |b| {
        b.strategies[1].on = false;
        b.strategies[2].suspended = Some("it panicked".to_owned());
    };
    let stopped: fn(&mut Board) = |b| b.state = BotState::Stopped;
    let latched: fn(&mut Board) = |b| {
        b.state = BotState::Stopped;
        latch(b);
    };
    let closing: fn(&mut Board) = |b| {
        latch(b);
        b.state = BotState::EmergencyClosingPositions;
    };
    let stopped_inside: fn(&mut Board) = |b| {
        b.state = BotState::Stopped;
        b.session.as_mut().unwrap().windows.push(Close);
    };
    for (time, change, said) in [
        (
            "15:45:00",
            off,
            "No window opens any more in this session: that of open is over, mid is switched off, close is suspended.",
        ),
        (
            "15:45:00",
            stopped,
            "No window is traded in the state stopped. After Start the next is mid, at 16:00:00 UTC.",
        ),
        (
            "20:41:07",
            stopped_inside,
            "No window is traded in the state stopped. After Start the window of close goes on.",
        ),
        (
            "15:45:00",
            latched,
            "No window is traded in the state stopped. After the kill latch is reset, and Start, the next is mid, at 16:00:00 UTC.",
        ),
        ("15:45:00", closing, "No window is traded in the state closing now."),
    ] {
        let page = at(time, change);
        assert!(page.contains(said), "{said}: {page}");
    }
    let as_usual: fn(&mut Board) = |_| {};
    let inside: fn(&mut Board) = |b| b.session.as_mut().unwrap().windows.push(Close);
    for (time, change) in [("15:45:00", as_usual), ("20:41:07", inside)] {
        assert!(!at(time, change).contains("No window"), "{time}");
    }
    let page = at("16:30:00", |b| (b.state, b.strategies[0].on) = (BotState::Stopped, false));
    for said in ["open, not traded", "in its window, not trading"] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

/// RISK-12: what clearing a drawdown means is said before it is done.
#[test]
fn risk_12_the_page_says_what_clearing_a_drawdown_makes_of_the_peak() {
    let server = Server::start();
    let everybody = server.person("root", &Role::ALL);
    let said = "the peak from which the next drawdown is measured";
    assert!(!server.get("/risk", Some(&everybody)).body.contains(said));
    let mark = Mark { at: sample::at("20:00:00"), who: Who::Bot("risk".into()), why: "10,012.00".into() };
    let freeze = FreezeLine { name: "drawdown".parse().unwrap(), strategy: None, mark, for_the_session: false };
    server.board.send_replace(Arc::new(Board { number: 2, freezes: vec![freeze], ..sample::board() }));
    let page = server.get("/risk", Some(&everybody)).body;
    assert!(page.contains(said) && page.contains("until somebody clears it"), "{page}");
}

/// RISK-12, RISK-15a: what was killed, paused and cleared stays, with who and why on both ends; where there is nothing yet the
/// pages say what will stand there.
#[test]
fn risk_12_history_stands_on_the_pages_of_risk_and_kill() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let closings = [
        "the last 2, the newest first",
        "2 positions",
        "+50 NVDA, −125 T",
        "1.312 s",
        "0.041 s",
        "receipts/20261120T130212Z-kill.receipt",
        "also bob",
        "the feed is well again",
        "receipts/20261120T120000Z-pause.receipt",
    ];
    let freezes = ["Cleared freezes", "the minutes come out", "they are out"];
    let missing = ["Nothing was killed, flattened, cancelled or paused yet.", "No freeze was cleared yet."];
    let says = |path: &str, said: &str| server.get(path, Some(&ann)).body.replace("&#x2F;", "/").contains(said);
    for said in closings {
        assert!(says("/kill", said) && says("/risk", said), "{said}");
    }
    assert!(freezes.iter().all(|said| says("/risk", said)));
    assert!(!says("/kill", missing[0]) && !says("/risk", missing[1]));
    server.board.send_replace(Arc::new(Board { number: 2, past: Past::default(), ..sample::board() }));
    assert!(says("/kill", missing[0]) && says("/risk", missing[0]) && says("/risk", missing[1]));
}

/// WEB-1: every limit with what is used of it, the nearest first, and who comes nearest.
#[test]
fn web_1_the_risk_page_shows_every_limit_the_nearest_first() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let page = server.get("/risk", Some(&ann)).body;
    let order =
        ["Positions", "Exposure in one symbol", "Order value", "Daily loss if every stop is hit", "Half the spread"];
    let places: Vec<usize> = order.iter().map(|name| page.find(name).unwrap_or_else(|| panic!("{name}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    for said in ["NVDA comes nearest", ">100.0&nbsp;%", ">94.5&nbsp;%", ">9,107.90<", ">0.0004<", ">12,941.75<"] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn what_comes_from_outside_is_shown_as_text() {
    let server = Server::start();
    let everybody = server.person("root", &Role::ALL);
    let bad = "<script>alert(1)</script>\" onclick=x";
    let mark = Mark { at: sample::at("20:00:00"), who: Who::Person(bad.into()), why: bad.into() };
    let mut board = sample::killing();
    board.latch = Some(mark);
    board.reason = Some(bad.into());
    board.feed_name = bad.into();
    board.actors[0].fault = Some(bad.into());
    board.strategies[0].suspended = Some(bad.into());
    board.state = BotState::Error;
    let all = look(&server, &everybody, board, "hostile words");
    assert!(all.contains("&lt;script&gt;alert(1)") && !all.contains("<script>alert"));
    assert!(!all.contains("\" onclick"));
    for path in [
        "/decisions?symbol=%3Cscript%3E%22",
        "/audit?who=%3Cscript%3E%22&verify=yes",
        "/symbols/%3Cscript%3E",
        "/decisions/%3Cscript%3E",
        "/%3Cscript%3E",
    ] {
        let body = server.get(path, Some(&everybody)).body;
        assert!(!body.contains("<script>\"") && !body.contains("<script>"), "{path}");
    }
}

/// A server whose books hold the worked month; what it stands on goes when the test has passed.
pub(super) fn with_the_worked_month() -> (Server, Place, tokio::runtime::Runtime) {
    let place = Place::sqlite();
    let (runtime, reader) = month(&place);
    (Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader))), place, runtime)
}

/// BOOKS.md section 2: the close of a year moves income and expenses to the retained result; the income statement of its days
/// still tells them.
#[test]
fn a_year_close_is_no_income_of_its_day() {
    let place = Place::sqlite();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reader = runtime.block_on(async {
        store::create(&place.address, &books::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &books::identity()).await.unwrap();
        let moved = |seq, kind, key, from, to| {
            books::entry(seq, kind, key, 1, vec![books::money(from, -1_234_000_000), books::money(to, 1_234_000_000)])
        };
        let entries = [
            books::float_in(1, "float", 10_000_000_000_000),
            moved(2, EntryKind::Fee, "fee", AccountCode::CASH_SETTLED, AccountCode::OTHER_CHARGES),
            moved(3, EntryKind::YearClose, "year", AccountCode::OTHER_CHARGES, AccountCode::RETAINED_RESULT),
        ];
        writer.append(&Batch { entries: &entries, ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
        reader
    });
    let server = Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader)));
    let rita = server.person("rita", &[Role::Reviewer]);
    let page = server.get("/ledger/statements", Some(&rita)).body;
    let (income, sheet) = page.split_once("Balance sheet").unwrap();
    assert!(income.contains("12.34") && income.contains("/ledger/accounts/5910"), "the expense of the day: {income}");
    assert!(sheet.contains("/ledger/accounts/3200") && !sheet.contains("/ledger/accounts/5910"), "{sheet}");
}

#[test]
fn the_books_are_shown_to_the_last_digit() {
    let (server, _place, _runtime) = with_the_worked_month();
    let rita = server.person("rita", &[Role::Reviewer]);
    let page = server.get("/ledger", Some(&rita)).body;
    for said in [
        "The books balance",
        "58,806.13",
        "12,473.75",
        "68 entries",
        "href=\"/ledger/entries/68\"",
        "/ledger?before=19",
    ] {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(server.get("/ledger?before=19", Some(&rita)).body.contains("href=\"/ledger/entries/1\""));
    // What an accountant looks for: commissions of a day, the result of the fortnight, a lot after its split.
    let fortnight = "from=2026-06-01&to=2026-06-12";
    for (path, said) in [
        ("/ledger/accounts/5110?to=2026-06-01".to_owned(), vec!["Sell 200 ACME at 51.20", "3.50"]),
        (format!("/ledger/accounts/1010?{fortnight}"), vec!["EUR", "58,806.13", "Before"]),
        (format!("/ledger/statements?{fortnight}"), vec!["505.57", "861361", "626.01", "120.44", "Balance sheet"]),
        (
            format!("/ledger/lots?{fortnight}"),
            vec!["CRUX-opening", "0.53", "long term", "PF_XBTUSD-x11", "+120.00", "4,800.00", "4,710.00"],
        ),
        ("/ledger?day=2026-06-08&kind=fill".to_owned(), vec!["Buy 2 MESU6 at 5300.00"]),
        ("/ledger?instrument=bolt".to_owned(), vec!["BOLT payment in lieu charged"]),
        ("/ledger?instrument=NOPE".to_owned(), vec!["No entry of that day, kind and instrument"]),
        ("/ledger/entries/28".to_owned(), vec!["rate source", "1.0850"]),
    ] {
        let page = server.get(&path, Some(&rita)).body;
        for said in said {
            assert!(page.contains(said), "{path} does not say {said}: {page}");
        }
    }
    for (path, status) in [
        ("/ledger/accounts/9999", 404),
        ("/ledger/accounts/abc", 404),
        ("/ledger/statements?from=2026-06-12&to=2026-06-01", 422),
        ("/ledger?day=yesterday", 422),
        ("/ledger?kind=nothing", 422),
        ("/ledger?instrument=%3Cscript%3E", 422),
    ] {
        assert_eq!(server.get(path, Some(&rita)).status, status, "{path}");
    }
    for seq in 1..=68 {
        let answer = server.get(&format!("/ledger/entries/{seq}"), Some(&rita));
        assert_eq!(answer.status, 200, "{seq}: {}", answer.body);
    }
    for missing in ["0", "69", "x", "-1"] {
        assert_eq!(server.get(&format!("/ledger/entries/{missing}"), Some(&rita)).status, 404, "{missing}");
    }
}

#[test]
fn a_symbol_that_is_not_watched_is_a_404_that_says_what_is() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    for path in ["/symbols/NOPE", "/symbols/%3F%3F", "/api/v1/symbols/NOPE/bars"] {
        let answer = server.get(path, Some(&ann));
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("It watches NVDA, T, ZZZ."), "{path}: {}", answer.body);
    }
    assert_eq!(server.get("/symbols/ZZZ", Some(&ann)).status, 200);
}

/// What the day's result is made of adds up to it, to the last digit.
#[test]
fn the_parts_of_the_day_add_up() {
    let day = sample::board().day;
    let parts = [day.realised, day.unrealised, day.open_fees];
    let sum = parts.into_iter().fold(desk::domain::decimal::Money::ZERO, |a, b| a.checked_add(b).unwrap());
    assert_eq!(sum, day.net);
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let page = server.get("/", Some(&ann)).body;
    for said in ["Closed trades, net", "Open positions", "Their fees and other entries", "−0.35"] {
        assert!(page.contains(said), "{said}");
    }
}

/// Every link on the list of decisions leads somewhere, with ids as the bot gives them.
#[test]
fn a_decision_is_found_by_the_id_that_the_bot_gave_it() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let mut board = sample::board();
    board.decisions[0].decision.id = "XNYS:2026-11-20/mid/CAT/1".parse().unwrap();
    server.board.send_replace(Arc::new(board));
    let page = server.get("/decisions/XNYS:2026-11-20/mid/CAT/1", Some(&ann));
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("CAT is being bought"));
    assert_eq!(server.get("/decisions/XNYS:2026-11-20/mid/CAT/2", Some(&ann)).status, 404);
}

/// Every status that a person can meet is a page in the same dress, with what to do about it.
#[test]
fn each_error_is_a_page_that_says_what_to_do() {
    let server = Server::start();
    let (ann, root) = (server.person("ann", &[Role::Viewer]), server.person("root", &Role::ALL));
    let freeze = [("key", "k1"), ("name", "NO SUCH")];
    let forged = [("form", "x"), ("key", "k2")];
    let pages = [
        (403, server.get("/users", Some(&ann)), "Not with your roles"),
        (404, server.get("/nothing", Some(&ann)), "Begin at the dashboard"),
        (404, server.get("/ledger/entries/7", Some(&root)), "Nothing is here"),
        (405, server.post("/", Some(&ann), &[]), "Not in this way"),
        (422, server.get("/audit?before=x", Some(&root)), "This cannot be understood"),
        (422, server.post("/commands/freeze", Some(&root), &freeze), "Allowed: 1 to 32"),
        (403, server.post("/commands/kill", Some(&root), &forged), "Open the page again"),
        (403, server.post("/commands/reset_kill", Some(&root), &[("key", "k3")]), "Account page"),
    ];
    for (status, page, says) in pages {
        assert_eq!(page.status, status, "{says}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        for part in [says, "id=\"main\"", "class=\"bar\"", &format!("<span class=\"meta\">{status}</span>")] {
            assert!(page.body.contains(part), "{status}: {part} in {}", page.body);
        }
    }
    let outside = server.get("/nothing", None);
    assert!(outside.status == 404 && outside.body.contains("Nothing is here") && outside.body.contains("/sign-in"));
    server.break_people();
    let broken = server.get("/users", Some(&root));
    assert_eq!(broken.status, 500);
    assert!(broken.body.contains("Trading is not affected") && broken.body.contains("tbot status"), "{}", broken.body);
}

/// REP-9: the health page lists the backups, and whoever operates takes one there; others see the list alone.
#[test]
fn rep_9_the_health_page_lists_backups_and_an_operator_takes_one() {
    let server = Server::start();
    let (operator, viewer) = (server.person("ann", &[Role::Operator]), server.person("rob", &[Role::Viewer]));
    let seen = server.get("/system/health", Some(&operator)).body;
    assert!(seen.contains("RIGD_US_SIM_01_20261120T210500Z.backup") && seen.contains("2,291"), "{seen}");
    assert!(seen.contains("missing"), "a checksum that is gone is said: {seen}");
    assert!(seen.contains("action=\"/commands/backup\""), "{seen}");
    let taken = server.post("/commands/backup", Some(&operator), &[("key", "k1")]);
    assert_eq!(taken.header("location"), Some("/system/health"), "{}", taken.body);
    assert_eq!(server.given().last().map(|order| order.command.clone()), Some(Command::Backup));
    let seen = server.get("/system/health", Some(&viewer)).body;
    assert!(seen.contains("20261120T210500Z.backup") && !seen.contains("/commands/backup"), "{seen}");
    assert_eq!(server.post("/commands/backup", Some(&viewer), &[("key", "k2")]).status, 403);
}
