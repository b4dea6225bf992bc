//! LEDG-7: closed days are opened again by two, each request once; what the books say to it is told with its code.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use desk::domain::bot::Role;
use desk::domain::journal::EntryKind;
use desk::machines::ledger::{ActivityRefusal, BookFact};
use serde_json::{Value, json};
use tbot::messages::bookkeeping::{Asked, NotBooked, Reply, Told};
use tbot::store::{self, Batch};

use super::client::{Answer, send};
use super::server::{Person, Server};
use super::statements::served;
use crate::places::Place;
use crate::store::sample as books;

const DAY: &str = "2026-06-12";
const PATIENCE: Duration = Duration::from_secs(5);

/// The worked month, all of it closed, with three reviewers; the test answers for the ledger.
struct Desk {
    server: Server,
    asked: Mutex<Receiver<(Box<Asked>, Reply<Told>)>>,
    reviewers: [Person; 3],
    keys: AtomicU32,
    _runtime: tokio::runtime::Runtime,
}

impl Desk {
    fn of(place: &Place) -> Self {
        let (server, runtime) = served(place, "127.0.0.1:0", &books::worked_month(), &[]);
        let reviewers = ["ann", "bob", "cleo"].map(|name| server.person(name, &[Role::Reviewer]));
        let asked = Mutex::new(server.answers_entries());
        Self { server, asked, reviewers, keys: AtomicU32::new(0), _runtime: runtime }
    }

    /// One of ann, bob and cleo does something about a day, as a program.
    fn does(&self, who: usize, day: &str, act: &str) -> Answer {
        let (person, key) = (&self.reviewers[who], format!("k{}", self.keys.fetch_add(1, Ordering::Relaxed)));
        let headers = [
            ("Cookie", person.cookie.as_str()),
            ("X-TBot-Form", person.form.as_str()),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", &key),
        ];
        let reason = if act == "ask" { "a wrong fee" } else { "" };
        let body = json!({ "act": act, "reason": reason }).to_string();
        send(self.server.to, "POST", &format!("/api/v1/ledger/days/{day}/unlock"), &headers, &body)
    }

    fn next(&self) -> (Box<Asked>, Reply<Told>) {
        self.asked.lock().unwrap().recv_timeout(PATIENCE).expect("the books are asked")
    }

    /// Somebody confirms, and the books answer so, one time after the other; what comes of it.
    fn confirms(&self, who: usize, answers: Vec<Result<Told, NotBooked>>) -> Answer {
        std::thread::scope(|scope| {
            let confirmed = scope.spawn(|| self.does(who, DAY, "confirm"));
            for answer in answers {
                self.next().1.send(answer).unwrap();
            }
            confirmed.join().unwrap()
        })
    }
}

fn refused(answer: &Answer, status: u16, code: &str, said: &str) {
    let problem: Value = answer.json();
    assert_eq!((answer.status, &problem["code"]), (status, &json!(code)), "{}", answer.body);
    assert!(problem["detail"].as_str().unwrap().contains(said), "{said:?} is missing in: {}", answer.body);
}

fn no(refusal: ActivityRefusal) -> Result<Told, NotBooked> {
    Err(NotBooked::Refused(Box::new(refusal.into())))
}

fn behind() -> Result<Told, NotBooked> {
    no(ActivityRefusal::RecordsBehind { session: books::session(12) })
}

/// LEDG-7: whoever confirms takes the request before the books are asked. Meanwhile nobody takes it back, keeps the day closed or
/// confirms it too, and afterwards it is used.
#[test]
fn ledg_7_a_request_is_confirmed_once_and_not_after_it_was_taken_back() {
    let place = Place::sqlite();
    let desk = Desk::of(&place);
    assert_eq!(desk.does(0, DAY, "ask").status, 200);
    let own = desk.does(0, DAY, "confirm");
    refused(&own, 403, "forbidden", "Who could: bob, cleo.");
    let opened = std::thread::scope(|scope| {
        let confirmed = scope.spawn(|| desk.does(1, DAY, "confirm"));
        let (asked, reply) = desk.next();
        let BookFact::Unlock(unlock) = &asked.fact else { panic!("{asked:?}") };
        assert_eq!((unlock.by.as_str(), unlock.second.as_str(), unlock.reason.as_str()), ("ann", "bob", "a wrong fee"));
        for (who, act) in [(0, "keep"), (2, "keep"), (2, "confirm")] {
            refused(&desk.does(who, DAY, act), 409, "state", "Nobody asks");
        }
        reply.send(Ok(Told::Booked(vec![69]))).unwrap();
        confirmed.join().unwrap()
    });
    assert_eq!(opened.status, 200, "{}", opened.body);
    refused(&desk.does(2, DAY, "confirm"), 409, "state", "Nobody asks");
    assert!(desk.asked.lock().unwrap().try_recv().is_err(), "the books were asked once");
}

/// LEDG-7: where the books refuse, the request stands as before: another one may confirm it, and whoever asked may take it back. Only
/// where nobody knows what became of it is it used.
#[test]
fn ledg_7_what_the_books_refuse_is_told_with_its_code_and_can_be_confirmed_again() {
    let place = Place::sqlite();
    let desk = Desk::of(&place);
    assert_eq!(desk.does(0, DAY, "ask").status, 200);
    let twice = desk.confirms(1, vec![behind(), behind()]);
    refused(&twice, 409, "records_behind", "was closed while this was asked");
    let (session, first) = (books::session(12), books::session(11));
    let along = desk.confirms(1, vec![no(ActivityRefusal::ClosedTogether { session, first })]);
    refused(&along, 409, "closed_together", "was closed together with XNYS:2026-06-11");
    let own = desk.does(0, DAY, "confirm");
    refused(&own, 403, "forbidden", "You have asked for it");
    assert_eq!(desk.does(0, DAY, "keep").status, 200, "taken back");
    refused(&desk.does(1, DAY, "confirm"), 409, "state", "Nobody asks");

    assert_eq!(desk.does(0, DAY, "ask").status, 200);
    let second = desk.confirms(1, vec![behind(), Ok(Told::Booked(vec![69]))]);
    assert_eq!(second.status, 200, "the records are read again, {}", second.body);

    assert_eq!(desk.does(0, DAY, "ask").status, 200);
    let unknown = desk.confirms(1, vec![Err(NotBooked::Busy)]);
    refused(&unknown, 503, "busy", "Look at the journal");
    refused(&desk.does(0, DAY, "keep"), 409, "state", "Nobody asks");
}

/// LEDG-7: what is no closed day of the books is not asked for, and the answer says which days are.
#[test]
fn ledg_7_only_a_closed_day_of_the_books_can_be_asked_for() {
    let place = Place::sqlite();
    let desk = Desk::of(&place);
    for none in ["2026-06-06", "1900-01-01", "2026-05-29"] {
        refused(&desk.does(0, none, "ask"), 409, "no_day", "XNYS:2026-06-01 to XNYS:2026-06-12");
    }
    refused(&desk.does(0, "2026-06-15", "ask"), 409, "not_closed", "closed through XNYS:2026-06-12");
    assert!(
        desk.server.get("/api/v1/review", Some(&desk.reviewers[1])).json()["rows"].to_string().find("Open ").is_none()
    );
}

/// LEDG-7: an unlock opens every later day too, and ends what was asked about them: closed anew, such a day is asked for anew. By one
/// record with others it is opened with the first of them.
#[test]
fn ledg_7_a_request_ends_when_an_earlier_day_is_opened() {
    let place = Place::sqlite();
    let desk = Desk::of(&place);
    assert_eq!(desk.does(0, DAY, "ask").status, 200);
    let mut unlock = books::entry(69, EntryKind::Unlock, "XNYS:2026-06-01:1", 1, Vec::new());
    unlock.draft.by = Some("bob".to_owned());
    let mut close = books::entry(70, EntryKind::DayClose, "XNYS:2026-06-12:2", 12, Vec::new());
    for entry in [&mut unlock, &mut close] {
        entry.booked_at = "2026-06-15T12:00:00Z".parse().unwrap();
        entry.draft.effective_at = entry.booked_at;
    }
    desk.server.wait(async {
        let (_, mut writer) = store::open(&place.address, &books::identity()).await.unwrap();
        writer.append(&Batch { entries: &[unlock, close], ..Batch::default() }).await.unwrap();
        writer.close().await.unwrap();
    });
    refused(&desk.does(1, DAY, "confirm"), 409, "state", "Nobody asks");
    refused(&desk.does(0, DAY, "ask"), 409, "closed_together", "was closed together with XNYS:2026-06-01");
    assert_eq!(desk.does(0, "2026-06-01", "ask").status, 200);
}
