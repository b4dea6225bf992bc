use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::bot::PATIENCE;
use super::tool::{command, generated, names, text, write_bars};
use crate::places::Folder;

#[expect(clippy::disallowed_methods, reason = "a test that waits for another process")]
fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Presses Ctrl-C once the process has begun to write, and sees that nothing is left.
fn interrupted(mut child: Child, place: &Folder) {
    wait_for("the partial folder", || names(place.path()).iter().any(|n| n.contains(".partial-")));
    let pressed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(pressed.success());
    let mut status = None;
    wait_for("the end of the process", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(status.unwrap().code(), Some(130), "{err}");
    assert!(err.contains("interrupted; nothing was kept"), "{err}");
    assert!(names(place.path()).is_empty(), "left behind: {:?}", names(place.path()));
}

#[test]
fn ctrl_c_in_the_middle_of_a_demo_leaves_nothing_behind() {
    let place = Folder::new();
    let out = text(&place.path().join("out"));
    let child = command(&["demo", "--speed", "60", "--out", &out]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    interrupted(child.unwrap(), &place);
}

#[test]
fn ctrl_c_in_the_middle_of_a_backtest_leaves_nothing_behind() {
    let (data, place) = (Folder::new(), Folder::new());
    write_bars(data.path(), &generated("2024-01-02", 60, 3));
    let (bars, out) = (text(data.path()), text(&place.path().join("out")));
    let child = command(&["backtest", "--data", &bars, "--out", &out]).stderr(Stdio::piped()).spawn();
    interrupted(child.unwrap(), &place);
}
