//! LEDG-8 in the browser: files of the books, for whom the table lets have them, and in the audit.

use desk::domain::bot::Role;
use tbot::render::exports::Format;
use tbot::store::people::AuditFilter;
use tbot::store::{self, Batch, Reader};

use super::server::Server;
use crate::exports::samples::bare;
use crate::places::Place;
use crate::store::sample as books;

/// The worked month in a store.
pub(super) fn month(place: &Place) -> (tokio::runtime::Runtime, Reader) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reader = runtime.block_on(async {
        store::create(&place.address, &books::new_book()).await.unwrap();
        let (reader, mut writer) = store::open(&place.address, &books::identity()).await.unwrap();
        let month = books::worked_month();
        writer.append(&Batch { entries: &month, ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
        reader
    });
    (runtime, reader)
}

/// A server with the worked month; the runtime is the books'.
fn served(place: &Place) -> (Server, tokio::runtime::Runtime) {
    let (runtime, reader) = month(place);
    (Server::start_with("127.0.0.1:0", false, Some((books::identity(), reader))), runtime)
}

#[test]
fn ledg_8_the_browser_gives_the_bytes_of_the_exports_under_a_name_that_says_what_they_are() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place);
    let rita = server.person("rita", &[Role::Reviewer]);
    let journal = crate::exports::samples::journal("books-example");
    assert_eq!(journal.identity, books::identity());
    let days = journal.days().unwrap();
    for format in Format::ALL {
        for address in ["/ledger/exports/file", "/api/v1/ledger/export"] {
            let answer = server.get(&format!("{address}?format={}", format.as_str()), Some(&rita));
            assert_eq!(answer.status, 200, "{format:?}: {}", answer.body);
            assert_eq!(answer.header("content-type"), Some(format.content_type()));
            let said = format!("attachment; filename=\"{}\"", format.file_name(&journal.identity, days));
            assert_eq!(answer.header("content-disposition"), Some(said.as_str()));
            assert_eq!(answer.body, bare(&journal, days, format), "{format:?}");
        }
    }
    let week = "from=2026-06-08&to=2026-06-12";
    let opening = server.get(&format!("/ledger/exports/file?format=ofx-opening&{week}"), Some(&rita));
    assert!(opening.status == 200 && opening.body.contains("trial_balance"), "{}", opening.body);
    let page = server.get(&format!("/ledger/exports?{week}"), Some(&rita)).body;
    for said in ["format=ofx-opening&amp;from=2026-06-08", "format=hledger", "This month", "Everything"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("The month before"), "nothing was booked then");
    let audit =
        server.wait(server.people.audit(&AuditFilter { what: "exported".into(), ..Default::default() }, 99, 99));
    let audit = audit.unwrap();
    assert_eq!(audit.len(), 2 * Format::ALL.len() + 1);
    assert!(audit.iter().all(|r| r.who == "rita" && r.object.starts_with(books::identity().as_str())));
    assert_eq!(audit[0].detail["from"], "2026-06-08");
}

#[test]
fn what_a_page_of_the_books_shows_is_a_file_too() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place);
    let rita = server.person("rita", &[Role::Reviewer]);
    let otto = server.person("otto", &[Role::Operator]);
    let fortnight = "from=2026-06-01&to=2026-06-12";
    for (name, row) in [("account-5110.csv", ",3.50,USD"), ("lots.csv", "CRUX-opening"), ("gains.csv", "ACME")] {
        let answer = server.get(&format!("/ledger/views/{name}?{fortnight}"), Some(&rita));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        assert!(answer.body.contains(row), "{name}: {}", answer.body);
        assert_eq!(server.get(&format!("/ledger/views/{name}"), Some(&otto)).status, 403);
    }
    assert!(server.get("/ledger/lots", Some(&rita)).body.contains("Export CSV"));
    assert!(!server.get("/ledger/lots", Some(&otto)).body.contains("Export CSV"));
}

#[test]
fn an_export_that_cannot_be_says_why() {
    let place = Place::sqlite();
    let (server, _runtime) = served(&place);
    let rita = server.person("rita", &[Role::Reviewer]);
    for (asked, says) in [
        ("format=pdf", "is no format; allowed are ofx, csv"),
        ("format=csv&from=june", "is no day; a date like"),
        ("format=csv&from=2026-06-12&to=2026-06-01", "the first day comes first"),
        ("format=csv&from=2030-01-01&to=2030-02-01", "the journal has entries from"),
        ("format=ofx-opening", "the period has no opening"),
    ] {
        let answer = server.get(&format!("/api/v1/ledger/export?{asked}"), Some(&rita));
        assert_eq!(answer.status, 422, "{asked}: {}", answer.body);
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{asked}: {}", answer.body);
    }
    let empty = Server::start();
    let rita = empty.person("rita", &[Role::Reviewer]);
    assert_eq!(empty.get("/ledger/exports/file?format=csv", Some(&rita)).status, 409);
}

/// REP-6: reports are listed for whoever reads the books, and taken by whoever may export: as files, never as a page of ours.
#[test]
fn rep_6_reports_are_listed_and_taken_as_files_and_stand_in_the_audit() {
    let server = Server::start();
    let (rita, victor) = (server.person("rita", &[Role::Reviewer]), server.person("victor", &[Role::Viewer]));
    let page = server.get("/reports", Some(&rita)).body;
    for said in ["/reports/2026-W47/report.html", "/reports/XNYS_2026-11-20/daily_summary.json", "−34.15"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // The newest readiness has a place of its own, and is no strategy.
    assert!(page.contains("<b>3 of 8 met</b> with the sessions up to 2026-W47"), "{page}");
    assert!(!page.contains(">readiness<"), "{page}");
    let ready = server.get("/reports/2026-W47/readiness.md", Some(&rita));
    assert_eq!((ready.status, ready.header("content-type")), (200, Some("text/markdown; charset=utf-8")));
    let taken = server.get("/reports/2026-W47/report.html", Some(&rita));
    assert_eq!(taken.status, 200);
    let said = "attachment; filename=\"RIGD_US_SIM_01-2026-W47-report.html\"";
    assert_eq!(taken.header("content-disposition"), Some(said));
    for path in
        ["/reports/2026-W47/SHA256SUMS", "/reports/2026-W48/report.html", "/reports/2026-W47/..%2f..%2fpeople.db"]
    {
        assert_eq!(server.get(path, Some(&rita)).status, 404, "{path}");
    }
    assert_eq!(server.get("/reports/2026-W47/report.html", Some(&victor)).status, 403);
    let asked = AuditFilter { what: "exported".into(), ..Default::default() };
    let audit = server.wait(server.people.audit(&asked, 99, 99)).unwrap();
    assert!(audit.iter().any(|r| r.object == "RIGD_US_SIM_01-2026-W47-report.html"), "{audit:?}");
}
