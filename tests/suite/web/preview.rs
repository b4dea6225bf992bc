//! Serves the sample to be looked at: `cargo test --test suite web::preview -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::Duration;

use desk::domain::bot::Role;

use super::sample;
use super::server::Server;
use super::statements::served;
use crate::places::Place;
use crate::store::sample as books;
use tbot::store::people::Purpose;

/// For a person or a browser's screenshots: everything that a page can show, at a fixed port, for a while.
#[test]
#[ignore = "serves until it is ended"]
fn the_sample_day_is_served() {
    let server = Server::start_at("127.0.0.1:8479", false);
    let person = server.add("ann", &[Role::Operator, Role::Administrator, Role::Reviewer], true);
    for (n, state) in ["trading", "killing"].iter().enumerate() {
        eprintln!("{state}: http://{}/link/{}", server.to, server.link_for(Purpose::SignIn(person)));
        eprintln!("cookie: {}", server.session_of(person).cookie);
        let board = if n == 0 { sample::board() } else { sample::killing() };
        // Touched by whoever looks, to go on.
        let on = std::env::temp_dir().join("tbot-preview-next");
        for _ in 0..600 {
            let mut next = board.clone();
            next.number = server.board.borrow().number + 1;
            server.board.send_replace(Arc::new(next));
            std::thread::sleep(Duration::from_secs(1));
            if on.exists() {
                let _ = std::fs::remove_file(&on);
                break;
            }
        }
    }
}

/// The same of the books: the worked month, its last day priced, and books without an entry beside it.
#[test]
#[ignore = "serves until it is ended"]
fn the_worked_month_is_served() {
    let (full, empty) = (Place::sqlite(), Place::sqlite());
    let month = books::worked_month();
    let served = [
        ("127.0.0.1:8479", served(&full, "127.0.0.1:8479", &month, &[books::priced_close(&["DELT"])])),
        ("127.0.0.1:8478", served(&empty, "127.0.0.1:8478", &[], &[])),
    ];
    for (place, (server, _)) in &served {
        let person = server.add("ann", &[Role::Administrator, Role::Reviewer], true);
        eprintln!("http://{place} cookie: {}", server.session_of(person).cookie);
    }
    // Touched by whoever looks, to end.
    let end = std::env::temp_dir().join("tbot-preview-next");
    while !end.exists() {
        std::thread::sleep(Duration::from_secs(1));
    }
    let _ = std::fs::remove_file(&end);
}
