//! RISK-13: the web server is blocked by its visitors; the other ways to a kill are not.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use tbot::gateway::clock::Stopwatch;

use super::bot::{Bot, PATIENCE, raise_kill, receipts};
use crate::places::Folder;
use crate::web::client::send;

/// How many files the bot may open in the test: fewer than it has visitors.
const FILES: usize = 200;
/// From the command to the last cancel sent (RISK-14).
const BOUND: u64 = 2_000;

/// A way to a kill.
type Kill = fn(&Bot);

/// Visitors who begin to ask, and never come to the end.
fn besiege(place: SocketAddr) -> Vec<TcpStream> {
    let visitor = |_| {
        let mut stream = TcpStream::connect_timeout(&place, Duration::from_secs(1)).ok()?;
        stream.write_all(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\nX-Slow: ").ok()?;
        Some(stream)
    };
    (0..2 * FILES).filter_map(visitor).collect()
}

/// Whether a page comes within a second.
fn answers(place: SocketAddr) -> bool {
    use std::io::Read as _;
    let asked = || {
        let mut stream = TcpStream::connect_timeout(&place, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        stream.read(&mut [0; 16])
    };
    asked().is_ok_and(|length| length > 0)
}

fn killed(way: &str, data: &Path, kill: impl Fn(&Bot)) {
    let bot = Bot::narrow(data, &["--speed", "600"], FILES);
    let (place, _) = bot.link();
    bot.register();
    assert!(answers(place), "{way}: before");
    let visitors = besiege(place);
    assert!(visitors.len() >= FILES, "{way}: {} visitors", visitors.len());
    assert!(!answers(place), "{way}: nobody else comes in");
    assert_eq!(bot.tell("start").code, Some(0));
    bot.until("a position", |b| b["positions"].as_array().is_some_and(|list| !list.is_empty()));

    let begun = Stopwatch::start();
    kill(&bot);
    while !data.join("control/kill.latch").exists() {
        assert!(begun.elapsed() < Duration::from_millis(BOUND), "{way}: the latch is open");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!answers(place), "{way}: still nobody else comes in");
    while receipts(data).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "{way}: no receipt");
        std::thread::sleep(Duration::from_millis(20));
    }
    let receipt = receipts(data).remove(0);
    assert!(!receipt.opened.positions.is_empty() && receipt.flat_ms.is_some(), "{way}: {receipt:?}");
    assert!(receipt.last_cancel_ms.is_some_and(|ms| ms < BOUND), "{way}: {receipt:?}");
    drop(visitors);
}

/// RISK-13, RISK-14, LIFE-5: twice as many visitors as the process may have files open hold the web server; a kill by the
/// socket, by the flag file and by the signal shuts the latch and sends its last cancel within 2 s.
#[test]
fn risk_13_a_kill_works_while_the_web_server_is_blocked() {
    let ways: [(&str, Kill); 3] = [
        ("socket", |bot| assert_eq!(bot.tell("kill --why besieged").code, Some(0))),
        ("flag file", |bot| raise_kill(&bot.data, "besieged")),
        ("signal", |bot| {
            let pid = bot.child.id().to_string();
            assert!(std::process::Command::new("kill").args(["-USR2", &pid]).status().unwrap().success());
        }),
    ];
    std::thread::scope(|scope| {
        for (way, kill) in ways {
            scope.spawn(move || {
                let folder = Folder::new();
                killed(way, &folder.path().join("data"), kill);
            });
        }
    });
}

/// OPS-1, WEB-4: visitors who never come to the end keep the pages of the set-up busy, and no more: the process has files left
/// to open and goes on, and when they are gone the first page comes again.
#[test]
fn ops_1_the_wizard_outlives_a_siege() {
    let folder = Folder::new();
    let bot = Bot::narrow_anew(&folder.path().join("data"), &[], FILES);
    let (place, path) = bot.link();
    let visitors = besiege(place);
    assert!(visitors.len() >= FILES, "{} visitors", visitors.len());
    assert!(!answers(place), "nobody else comes in");
    let open = std::fs::read_dir(format!("/proc/{}/fd", bot.child.id())).unwrap().count();
    assert!(open < FILES, "{open} files are open, of {FILES}");
    drop(visitors);
    let begun = Stopwatch::start();
    while !answers(place) {
        assert!(begun.elapsed() < PATIENCE, "the pages do not come back");
    }
    let page = send(place, "GET", &path, &[], "");
    assert!([200, 303].contains(&page.status), "{}: {}", page.status, page.body);
}
