//! LEDG-6 in the browser: statements at cost and at market, in three readings of time, as pages, files and answers to programs that
//! say the same.

use desk::domain::bot::Role;
use desk::domain::decimal::Money;
use desk::domain::journal::{AccountCode, Entry, EntryKind, Posting, Tags};
use serde_json::Value;
use tbot::render::numbers::{Sign, plain};
use tbot::store::people::AuditFilter;
use tbot::store::{self, Batch, Closing};

use super::server::{Person, Server};
use crate::places::Place;
use crate::store::sample as books;

/// The statements that programs can ask for.
const VIEWS: [&str; 7] = ["trial-balance", "income", "balance-sheet", "cash", "positions", "lots", "gains"];
/// A port of the loopback that is free.
const ANYWHERE: &str = "127.0.0.1:0";
/// The worked month's days.
const MONTH: &str = "from=2026-06-01&to=2026-06-12";

/// A server over these books; the runtime is theirs.
pub(super) fn served(
    place: &Place,
    listen: &str,
    entries: &[Entry],
    closings: &[Closing],
) -> (Server, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reader = runtime.block_on(async {
        store::create(&place.address, &books::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &books::identity()).await.unwrap();
        writer.append(&Batch { entries, closings, ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
        reader
    });
    (Server::start_with(listen, false, Some((books::identity(), reader))), runtime)
}

/// The month, and behind it an entry whose text a spreadsheet would take for a formula.
fn month() -> Vec<Entry> {
    let mut month = books::worked_month();
    let mut odd = books::float_in(69, "float-0069", 1_234_567_800_000);
    odd.booked_at = month.last().unwrap().booked_at;
    odd.draft.effective_at = odd.booked_at;
    odd.draft.session = books::session(15);
    odd.draft.description = String::from("=1+1, \"quoted\"");
    month.push(odd);
    month
}

fn ask(server: &Server, person: &Person, path: &str) -> String {
    let answer = server.get(path, Some(person));
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// A statement for programs.
fn told(server: &Server, person: &Person, view: &str, asked: &str) -> Value {
    serde_json::from_str(&ask(server, person, &format!("/api/v1/ledger/{view}?{asked}"))).unwrap()
}

/// The text of a page, its tags and the digits that are only there for their width taken out.
fn text(html: &str) -> String {
    let mut text = String::new();
    for (n, part) in html.split("<span class=\"pad\"").enumerate() {
        let seen = if n == 0 { part } else { part.split_once("</span>").unwrap().1 };
        for piece in seen.split('<') {
            text.push_str(piece.split_once('>').map_or(piece, |(_, rest)| rest));
        }
    }
    text.replace("&#x2F;", "/").replace("&quot;", "\"").replace("&#x27;", "'").replace("&#39;", "'")
}

/// Rows of a CSV file as names and cells.
fn rows(csv: &str) -> Vec<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |r: csv::StringRecord| names.iter().cloned().zip(r.iter().map(str::to_owned)).collect();
    reader.records().map(|r| row(r.unwrap())).collect()
}

fn column<'a>(rows: &'a [Vec<(String, String)>], name: &str) -> Vec<&'a str> {
    let cell = |row: &'a Vec<(String, String)>| row.iter().find(|(n, _)| n == name).unwrap().1.as_str();
    rows.iter().map(cell).collect()
}

/// Books, section 10: what the market makes of the month at its end, by the prices of the closing record; nothing of it is posted.
#[test]
fn ledg_6_market_values_come_from_the_recorded_price_list_which_the_statement_names() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &books::worked_month(), &[books::priced_close(&[])]);
    let rita = server.person("rita", &[Role::Reviewer]);
    let found = told(&server, &rita, "positions", "to=2026-06-12");
    let of = |name: &str| found["rows"].as_array().unwrap().iter().find(|r| r["commodity"] == name).unwrap().clone();
    for (name, cost, value, unrealised) in [
        ("ACME", "-7485.00", "-7470.00", "15.00"),
        ("BOLT", "-2400.00", "-2430.00", "-30.00"),
        ("BTC", "29983.9746", "29983.9746", "0.00"),
        ("CRUX", "9485.03401361", "9636.00", "150.96598639"),
        ("DELT", "1000.00", "1015.00", "15.00"),
        ("MESU6", "0.00", "0.00", "0.00"),
        ("Total", "30584.00861361", "30734.9746", "150.96598639"),
    ] {
        let row = of(name);
        assert_eq!(
            (&row["cost"], &row["value"], &row["unrealised"]),
            (&cost.into(), &value.into(), &unrealised.into()),
            "{row}"
        );
    }
    let prices = &found["prices"];
    assert_eq!((&prices["source"], &prices["recorded"]), (&"bars:last close".into(), &true.into()));
    assert_eq!(prices["at"], "2026-06-12T21:00:00Z");
    let hash = prices["hash"].as_str().unwrap().to_owned();
    assert_eq!(of("CRUX")["price_list"], hash.as_str());

    let page = text(&ask(&server, &rita, "/ledger/lots?to=2026-06-12"));
    for said in ["+150.96598639", "−30.00", "bars:last close", "160 days old", &hash, "never posted"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // Equity at cost is 109,550.00 − 5,000.00 − 1,085.00 + 505.57861361.
    let sheet = told(&server, &rita, "balance-sheet", "to=2026-06-12");
    let at_market: Vec<_> = sheet["rows"].as_array().unwrap().iter().filter(|r| r["part"] == "At market").collect();
    let figures: Vec<_> = at_market.iter().map(|r| r["amount"].as_str().unwrap()).collect();
    assert_eq!(figures, ["30734.9746", "150.96598639", "104121.5446"]);
    let page = text(&ask(&server, &rita, "/ledger/statements?to=2026-06-12"));
    assert!(page.contains("104,121.5446") && page.contains(&hash), "{page}");
    // The lots sum to their positions, to the last digit.
    let lots = told(&server, &rita, "lots", "to=2026-06-12");
    let sum = |rows: &Value, commodity: &str| {
        let own = rows.as_array().unwrap().iter().filter(|r| r["commodity"] == commodity);
        own.fold(Money::ZERO, |sum, r| sum.checked_add(r["value"].as_str().unwrap().parse().unwrap()).unwrap())
    };
    for name in ["ACME", "BOLT", "BTC", "CRUX", "DELT"] {
        assert_eq!(sum(&lots["rows"], name), sum(&found["rows"], name), "{name}");
    }
}

#[test]
fn ledg_6_a_missing_price_is_said_and_the_total_says_what_it_lacks() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &books::worked_month(), &[books::priced_close(&["CRUX"])]);
    let rita = server.person("rita", &[Role::Reviewer]);
    let page = text(&ask(&server, &rita, "/ledger/lots?to=2026-06-12"));
    assert!(page.contains("no price") && page.contains("Totalwithout 1 that has no price"), "{page}");
    let found = told(&server, &rita, "positions", "to=2026-06-12");
    let total = found["rows"].as_array().unwrap().iter().find(|r| r["commodity"] == "Total").unwrap();
    assert_eq!((&total["unrealised"], &total["without_price"]), (&"0.00".into(), &1.into()));
    // A day whose close recorded no list, one that is not closed, and one that was not closed yet at the moment.
    for (asked, why) in [
        ("to=2026-06-11", "No price list was recorded for this day."),
        ("to=2026-06-12&reading=known&known=2026-06-12T20:59", "No price list had been recorded for this day by then."),
    ] {
        let found = told(&server, &rita, "positions", asked);
        assert!(found["prices"]["source"].is_null(), "{found}");
        assert!(found["prices"]["why"].as_str().unwrap().starts_with(why), "{found}");
        let page = text(&ask(&server, &rita, &format!("/ledger/lots?{asked}")));
        assert!(page.contains(why), "{page}");
    }
    // The day that is open takes the last prices that the bot knows.
    let found = told(&server, &rita, "positions", "to=2026-11-20");
    assert_eq!((&found["prices"]["recorded"], &found["prices"]["hash"]), (&false.into(), &Value::Null));
    assert_eq!(found["prices"]["source"], "the feed (generated)");
    let acme = found["rows"].as_array().unwrap().iter().find(|r| r["commodity"] == "ACME").unwrap();
    let last = super::sample::bars("ACME".parse().unwrap()).last().unwrap().close;
    assert_eq!((&acme["price"], &acme["price_at"]), (&last.to_string().into(), &"2026-11-20T20:41:00Z".into()));
    // A future that is open stands at what it gained since it was settled last, at 5,305.00, five a point.
    let future = found["rows"].as_array().unwrap().iter().find(|r| r["commodity"] == "MESU6").unwrap();
    let last = super::sample::bars("MESU6".parse().unwrap()).last().unwrap().close;
    let gain = Money::from_raw((last.raw() - 530_500_000_000) * 5).to_string();
    assert_eq!((&future["value"], &future["unrealised"]), (&gain.as_str().into(), &gain.as_str().into()), "{future}");
    let page = text(&ask(&server, &rita, "/ledger/lots?to=2026-11-20"));
    assert!(page.contains("not recorded yet"), "{page}");
}

/// LEDG-6, LEDG-7: a day that was opened again is valued with the list that its last close recorded, and says so; as known before,
/// it does not.
#[test]
fn ledg_6_a_day_that_was_opened_again_says_that_its_prices_are_of_the_close_before() {
    let place = Place::sqlite();
    let mut month = books::worked_month();
    let mut unlock = books::float_in(69, "XNYS:2026-06-12:1", 1);
    unlock.booked_at = "2026-06-12T21:05:00Z".parse().unwrap();
    (unlock.draft.kind, unlock.draft.session, unlock.draft.postings) =
        (EntryKind::Unlock, books::session(12), Vec::new());
    month.push(unlock);
    let (server, _runtime) = served(&place, ANYWHERE, &month, &[books::priced_close(&[])]);
    let rita = server.person("rita", &[Role::Reviewer]);
    for (asked, again) in [("to=2026-06-12", true), ("to=2026-06-12&reading=known&known=2026-06-12T21:01", false)] {
        let found = told(&server, &rita, "positions", asked);
        assert_eq!(
            (&found["prices"]["recorded"], &found["prices"]["reopened"]),
            (&true.into(), &again.into()),
            "{found}"
        );
        let page = text(&ask(&server, &rita, &format!("/ledger/lots?{asked}")));
        assert_eq!(page.contains("the day has been opened again since"), again, "{page}");
    }
}

/// LEDG-6: the reading is chosen in the address, said on the page, kept by its links, and the same from the first entry on.
#[test]
fn ledg_6_each_statement_takes_the_reading_of_time_and_gives_the_same_bytes_from_the_first_entry_on() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &month(), &[books::priced_close(&[])]);
    let rita = server.person("rita", &[Role::Reviewer]);
    let tenth = "from=2026-06-10&to=2026-06-10";
    for (reading, result, says) in [
        ("reading=session", "159.9746", "By session: each entry counts in the day that it was booked to."),
        ("reading=known&known=2026-06-10T15:00", "-0.05", "of each day the entries up to 47, the last one booked then"),
        ("reading=effective", "154.9746", "in which it happened, late ones too"),
    ] {
        let asked = format!("{tenth}&{reading}");
        let income = told(&server, &rita, "income", &asked);
        let last = income["rows"].as_array().unwrap().iter().rfind(|r| r["currency"] == "USD").unwrap();
        assert_eq!((&last["name"], &last["amount"]), (&"Result".into(), &result.into()), "LEDG-6: {reading}");
        let page = ask(&server, &rita, &format!("/ledger/statements?{asked}"));
        assert!(text(&page).contains(says), "{says}: {page}");
        if let Some((_, word)) = reading.split_once("reading=").filter(|_| !reading.contains("session")) {
            let word = word.split('&').next().unwrap();
            for link in ["/ledger/accounts/5110?", "/ledger/views/income.csv?", "/ledger/lots?"] {
                let kept =
                    page.split("href=\"").any(|l| l.starts_with(link) && l.split('"').next().unwrap().contains(word));
                assert!(kept, "{link} does not keep {word}");
            }
        }
        for view in VIEWS.into_iter().chain(["account-1020", "account-4110"]) {
            let quick = ask(&server, &rita, &format!("/ledger/views/{view}.csv?{asked}"));
            let anew = ask(&server, &rita, &format!("/ledger/views/{view}.csv?{asked}&sum=first"));
            assert_eq!(quick, anew, "LEDG-6: {view}, {reading}");
        }
    }
    let page = ask(&server, &rita, "/ledger/statements?sum=first");
    assert!(page.contains("Summed anew from the first entry on, each held against its hash."), "{page}");
    for (asked, says) in [
        ("reading=yesterday", "Allowed: session, known, effective"),
        ("reading=known", "as known at needs one in UTC"),
        ("reading=known&known=noon", "is no moment"),
        ("sum=last", "Allowed: first, or nothing"),
        ("from=2026-06-12&to=2026-06-01", "the first day comes first"),
        ("reading=effective&from=1950-01-01", "As effective needs days of the calendar"),
    ] {
        let answer = server.get(&format!("/api/v1/ledger/cash?{asked}"), Some(&rita));
        assert_eq!(answer.status, 422, "{asked}: {}", answer.body);
        assert!(answer.body.contains(says), "{asked}: {}", answer.body);
    }
}

/// The cash of the whole month: what came and went leads from nothing to what the balance sheet has.
#[test]
fn ledg_6_the_cash_statement_ends_in_the_balance_sheet() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &books::worked_month(), &[]);
    let rita = server.person("rita", &[Role::Reviewer]);
    let cash = told(&server, &rita, "cash", MONTH);
    let rows = cash["rows"].as_array().unwrap();
    let of = |part: &str| rows.iter().find(|r| r["part"] == part && r["currency"] == "USD").unwrap();
    let figures = |part: &str, names: [&str; 4]| names.map(|n| of(part)[n].as_str().unwrap().to_owned());
    let accounts = ["settled", "unsettled", "wallet", "total"];
    assert_eq!(figures("opening", accounts), ["0.00", "0.00", "0.00", "0.00"]);
    assert_eq!(figures("closing", accounts), ["58806.13", "12473.75", "2107.00", "73386.88"]);
    assert_eq!((&of("float_in")["receipts"], &of("float_out")["payments"]), (&"100000.00".into(), &"-5000.00".into()));
    assert_eq!((&of("interest")["receipts"], &of("interest")["payments"]), (&"4.12".into(), &"-2.18".into()));
    assert_eq!((&of("settlement")["receipts"], &of("settlement")["total"]), (&"0.00".into(), &"0.00".into()));
    let due = of("unsettled");
    assert_eq!((&due["settles"], &due["unsettled"]), (&"2026-06-15".into(), &"12473.75".into()));
    let eur = rows.iter().find(|r| r["currency"] == "EUR" && r["part"] == "conversion").unwrap();
    assert_eq!(eur["receipts"], "1000.00");
    let page = text(&ask(&server, &rita, &format!("/ledger/cash?{MONTH}")));
    for said in ["Trades, with their commissions", "Currency conversions", "73,386.88", "2026-06-15"] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

/// What a page shows of a file: each row's figures stand together in a row of the page.
fn shown(page: &str, file: &str, figures: &[&str], view: &str) {
    let on_page: Vec<String> = page.split("<tr").map(text).collect();
    let rows = rows(file);
    assert!(!rows.is_empty(), "{view}");
    for row in &rows {
        let wanted = row.iter().filter(|(name, cell)| figures.contains(&name.as_str()) && !cell.is_empty());
        let forms: Vec<[String; 3]> = wanted
            .map(|(_, cell)| {
                let money = cell.parse::<Money>().map(|m| [Sign::Plain, Sign::Result].map(|sign| plain(m, sign)));
                let [one, other] = money.unwrap_or_else(|_| [cell.clone(), cell.clone()]);
                [one, other, cell.trim_start_matches('\'').to_owned()]
            })
            .collect();
        let there = on_page.iter().any(|r| forms.iter().all(|forms| forms.iter().any(|form| r.contains(form))));
        assert!(there, "{view}: {row:?} is not on the page");
    }
}

#[test]
fn each_view_is_a_file_with_what_it_shows_for_those_who_may_export() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &month(), &[books::priced_close(&["CRUX"])]);
    let (rita, root) = (server.person("rita", &[Role::Reviewer]), server.person("root", &Role::ALL));
    let (victor, otto) = (server.person("victor", &[Role::Viewer]), server.person("otto", &[Role::Operator]));
    let in_month = |view: &str| format!("/ledger/views/{view}.csv?{MONTH}");
    let statements = format!("/ledger/statements?{MONTH}");
    let lots = format!("/ledger/lots?{MONTH}");
    let table: [(&str, String, &[&str]); 13] = [
        ("/ledger/accounts", "/ledger/views/accounts.csv".into(), &["account", "name", "balance"]),
        (
            "/ledger/accounts/1020?from=2026-06-01&to=2026-06-12",
            in_month("account-1020"),
            &["description", "amount", "balance"],
        ),
        (&statements, in_month("trial-balance"), &["account", "name", "debit", "credit"]),
        (&statements, in_month("income"), &["account", "amount"]),
        (&statements, in_month("balance-sheet"), &["account", "amount"]),
        (&lots, in_month("positions"), &["commodity", "cost", "value", "unrealised"]),
        (&lots, in_month("lots"), &["lot", "cost", "value", "unrealised", "since"]),
        (&lots, in_month("gains"), &["entry", "lot", "proceeds", "cost", "gain"]),
        ("/ledger/review?show=all", "/ledger/views/review.csv?show=all".into(), &["title", "state"]),
        ("/ledger/closes", "/ledger/views/closes.csv".into(), &["what", "needed", "difference"]),
        ("/audit", "/audit/records.csv".into(), &["no", "who", "object"]),
        ("/audit?what=exported", "/audit/records.csv?what=exported".into(), &["no", "who", "object"]),
        (
            "/ledger?kind=dividend",
            "/ledger/views/journal.csv?kind=dividend".into(),
            &["entry", "description", "amount"],
        ),
    ];
    for (page, file, figures) in table {
        let person = if file.starts_with("/audit") { &root } else { &rita };
        // The file first: that it was taken stands on the audit's page, and not in the file.
        let csv = ask(&server, person, &file);
        let html = ask(&server, person, page);
        assert!(html.contains("Export CSV"), "{page} leads to no file");
        if !page.starts_with("/ledger/closes") {
            shown(&html, &csv, figures, &file);
        }
        for nobody in [&victor, &otto] {
            assert_eq!(server.get(&file, Some(nobody)).status, 403, "{file}");
        }
    }
}

#[test]
fn a_file_has_all_pages_of_its_view_the_figures_of_programs_and_a_line_in_the_audit() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &month(), &[books::priced_close(&["CRUX"])]);
    let (rita, root) = (server.person("rita", &[Role::Reviewer]), server.person("root", &Role::ALL));
    let in_month = |view: &str| format!("/ledger/views/{view}.csv?{MONTH}");
    ask(&server, &root, "/audit/records.csv");
    ask(&server, &rita, &in_month("account-1020"));
    let journal = rows(&ask(&server, &rita, "/ledger/views/journal.csv?before=12"));
    let numbers: Vec<u64> = column(&journal, "entry").iter().map(|n| n.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=69).rev().collect::<Vec<u64>>());
    assert_eq!(column(&journal, "description")[0], "'=1+1, \"quoted\"", "no cell is a formula");
    let closes = rows(&ask(&server, &rita, "/ledger/views/closes.csv"));
    assert!(column(&closes, "what").contains(&"'=suspense"), "{closes:?}");
    for view in VIEWS {
        let file = rows(&ask(&server, &rita, &in_month(view)));
        let told = told(&server, &rita, view, MONTH);
        let told = told["rows"].as_array().unwrap();
        assert_eq!(told.len(), file.len(), "{view}");
        for (row, cells) in told.iter().zip(&file) {
            for (name, cell) in cells {
                let said = match &row[name] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
                    other => other.to_string(),
                };
                assert_eq!(&said, cell, "{view}, {name}");
            }
        }
    }
    // Each is in the audit, under the name that the file has.
    let asked = AuditFilter { what: "exported".into(), ..AuditFilter::default() };
    let audit = server.wait(server.people.audit(&asked, u64::MAX, 99)).unwrap();
    let named = |name: &str| audit.iter().any(|r| r.object == format!("EXAMPLE_US_SIM_01_{name}.csv"));
    for name in ["journal", "audit", "2026-06-01_2026-06-12_cash", "2026-06-01_2026-06-12_account-1020"] {
        assert!(named(name), "{name}");
    }
    let answer = server.get("/ledger/views/positions.csv?to=2026-06-12&reading=effective", Some(&rita));
    let said = "attachment; filename=\"EXAMPLE_US_SIM_01_2026-06-12_2026-06-12_positions_effective.csv\"";
    assert_eq!(answer.header("content-disposition"), Some(said));
    assert_eq!(server.get("/ledger/views/nothing.csv", Some(&rita)).status, 404);
}

/// LEDG-6: what is beyond 64 bits together is an error with its code on the page, for programs and in files; no figure is shown.
#[test]
fn ledg_6_a_total_beyond_64_bits_is_an_error_and_never_a_figure() {
    let most = i64::MAX - 10;
    let receivable = Posting {
        tags: Tags { item: Some("ACME:2026-06-03".parse().unwrap()), ..Tags::default() },
        ..books::money(AccountCode::DIVIDENDS_RECEIVABLE, most)
    };
    let pair = vec![receivable, books::money(AccountCode::DIVIDENDS, -most)];
    let entries = [
        books::float_in(1, "float-0001", most),
        books::entry(2, EntryKind::DividendAccrual, "ACME:2026-06-03", 1, pair),
    ];
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &entries, &[]);
    let rita = server.person("rita", &[Role::Reviewer]);
    for path in [
        "/ledger/statements",
        "/api/v1/ledger/balance-sheet",
        "/api/v1/ledger/trial-balance",
        "/ledger/views/balance-sheet.csv",
    ] {
        let answer = server.get(path, Some(&rita));
        assert_eq!(answer.status, 500, "{path}: {}", answer.body);
        assert!(answer.body.contains("STORE_OVERFLOW"), "{path}: {}", answer.body);
        assert!(!answer.body.contains("92,233,720"), "{path}: {}", answer.body);
    }
}

/// Each page that has nothing yet says what appears there and how.
#[test]
fn empty_pages_of_the_books_say_what_appears_there() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place, ANYWHERE, &[], &[]);
    let rita = server.person("rita", &[Role::Reviewer]);
    for path in ["/ledger/statements", "/ledger/cash", "/ledger/lots"] {
        let page = text(&ask(&server, &rita, path));
        assert!(
            page.contains("appear here with the first") || page.contains("appears here with the first"),
            "{path}: {page}"
        );
    }
    assert_eq!(server.get("/api/v1/ledger/cash", Some(&rita)).status, 409);
    assert_eq!(server.get("/ledger/views/cash.csv", Some(&rita)).status, 422);
}
