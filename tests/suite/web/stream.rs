//! The stream of regions: what has changed is sent, once, and only to whoever is signed in.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::sync::Arc;

use desk::domain::bot::{BotState, Role};
use desk::domain::time::Span;
use serde_json::Value;

use super::client::{head, open};
use super::sample;
use super::server::{Person, Server};

fn watch(server: &Server, person: &Person) -> BufReader<TcpStream> {
    let mut stream = open(server.to, "GET", "/events", &[("Cookie", &person.cookie), ("Accept-Encoding", "gzip")], "");
    let (status, headers) = head(&mut stream);
    assert_eq!(status, 200);
    assert!(headers.contains(&("content-type".into(), "text/event-stream".into())));
    stream
}

/// The next event: its name and data.
fn next(stream: &mut BufReader<TcpStream>) -> (String, Value) {
    let mut name = String::new();
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream has ended");
        if let Some(rest) = line.strip_prefix("event: ") {
            rest.trim().clone_into(&mut name);
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return (name, serde_json::from_str(data).unwrap());
        }
    }
}

#[test]
fn a_changed_board_changes_its_regions_and_no_others() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Operator]);
    let mut stream = watch(&server, &ann);
    let (name, first) = next(&mut stream);
    assert_eq!(name, "regions");
    let regions = first["regions"].as_object().unwrap();
    assert_eq!(
        regions.len(),
        30,
        "everything but the rehearsal, which is the administrators', at first: {:?}",
        regions.keys().collect::<Vec<_>>()
    );
    assert!(regions["verbs"].as_str().unwrap().contains("Stop…"));
    // One event a second at least, with nothing in it where nothing has changed.
    let (_, second) = next(&mut stream);
    assert_eq!(second["regions"].as_object().unwrap().len(), 0, "{second}");
    assert!(second["seq"].as_u64() > first["seq"].as_u64());

    let mut board = sample::board();
    board.number = 2;
    board.positions.pop();
    server.board.send_replace(Arc::new(board));
    let changed = loop {
        let (_, event) = next(&mut stream);
        if event["board"] == 2 {
            break event;
        }
    };
    let regions = changed["regions"].as_object().unwrap();
    assert!(!regions["positions"].as_str().unwrap().contains(">T<"), "{changed}");
    let mut names: Vec<&str> = regions.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["killing", "positions", "stopping"]);

    server.board.send_replace(Arc::new(sample::killing()));
    let killing = loop {
        let (_, event) = next(&mut stream);
        if event["title"].as_str().unwrap().starts_with("closing now") {
            break event;
        }
    };
    assert_eq!(killing["spoken"], "The bot is closing now. The latch is set.");
    let regions = killing["regions"].as_object().unwrap();
    assert!(regions["bar"].as_str().unwrap().contains(BotState::EmergencyClosingPositions.as_str()));
    assert!(regions["killing"].as_str().unwrap().contains("T is halted; its stop stays at the venue"));
    assert!(!regions["verbs"].as_str().unwrap().contains("Stop…"), "nothing in its place while killing");
    assert!(regions["verbs"].as_str().unwrap().contains("Kill…"), "Kill never leaves");
}

#[test]
fn a_revoked_session_sees_nothing_more() {
    let server = Server::start();
    let id = server.add("ann", &[Role::Viewer], false);
    let ann = server.session_of(id);
    let mut stream = watch(&server, &ann);
    next(&mut stream);
    server.wait(server.people.revoke_others(id, 0, server.now())).unwrap();
    server.later(Span::seconds(6));
    let mut events = 0;
    loop {
        let (name, _) = next(&mut stream);
        if name == "ended" {
            break;
        }
        events += 1;
        assert!(events < 5, "the stream goes on");
    }
}

#[test]
fn a_bot_that_tells_nothing_new_is_called_silent() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let mut stream = watch(&server, &ann);
    next(&mut stream);
    server.later(Span::seconds(30));
    let mut seen = false;
    for _ in 0..4 {
        let (_, event) = next(&mut stream);
        seen |= event["regions"]["bar"].as_str().is_some_and(|b| b.contains("bot silent 30 s"));
    }
    assert!(seen);
}

/// LIFE-2: before the process ends, every page hears that it does, by whom, what is open, and whether the books are closed.
#[test]
fn life_2_the_last_thing_that_a_page_hears_is_that_the_bot_shuts_down() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Viewer]);
    let mut stream = watch(&server, &ann);
    let (_, first) = next(&mut stream);
    assert_eq!(first["regions"]["ending"].as_str().unwrap().trim(), "");
    let down = |board: fn() -> tbot::messages::board::Board| tbot::messages::board::Board {
        number: 2,
        state: BotState::Shutdown,
        reason: Some("By signal SIGTERM.".to_owned()),
        ..board()
    };
    server.board.send_replace(Arc::new(down(sample::board)));
    let said = loop {
        let (_, event) = next(&mut stream);
        if let Some(html) = event["regions"]["ending"].as_str() {
            break html.to_owned();
        }
    };
    for part in
        ["TBot shut down at 20:40:27 UTC", "By signal SIGTERM. It holds NVDA, T", "are not closed yet", "tbot run"]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    let mut flat = down(sample::board);
    flat.positions.clear();
    flat.session.as_mut().unwrap().closed = true;
    server.board.send_replace(Arc::new(flat));
    let page = server.get("/trades", Some(&ann)).body;
    assert!(page.contains("It is flat. The books of the day are closed."), "{page}");
}

/// What a page shows or hides, and its counts, come with each event: they are as live as the regions.
#[test]
fn counts_and_conditions_come_with_each_event() {
    let server = Server::start();
    let ann = server.person("ann", &[Role::Operator]);
    let mut stream = watch(&server, &ann);
    let (_, first) = next(&mut stream);
    assert_eq!((&first["when"]["latched"], &first["counts"]["trades"]), (&false.into(), &5.into()));
    server.board.send_replace(Arc::new(sample::killing()));
    let killing = loop {
        let (_, event) = next(&mut stream);
        if event["when"]["latched"] == true {
            break event;
        }
    };
    let page = killing["regions"]["kill_page"].as_str().unwrap();
    assert!(page.contains("the latch is set") && page.contains("Kill in progress"), "{page}");
}
