//! Asks a running bot over its socket, and never waits longer than told.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::error::ControlError;
use super::protocol::{LONGEST, Reply, Request};
use super::server::{reachable, shown};

/// Asks once.
///
/// # Errors
/// [`ControlError::Silent`] where nobody is there, or no whole reply came in time.
pub async fn ask(control: &Path, request: &Request, patience: Duration) -> Result<Reply, ControlError> {
    let silent = |reason: String| ControlError::Silent { path: shown(control), reason };
    let asked = tokio::time::timeout(patience, exchange(control, request)).await;
    asked.map_err(|_| silent(format!("no reply within {} ms", patience.as_millis())))?.map_err(|e| {
        silent(if e.kind() == std::io::ErrorKind::NotFound { "it does not run".to_owned() } else { e.to_string() })
    })
}

async fn exchange(control: &Path, request: &Request) -> std::io::Result<Reply> {
    let (_open, short) = reachable(control)?;
    let mut stream = UnixStream::connect(short).await?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut reply = Vec::new();
    BufReader::new(stream).take(LONGEST).read_until(b'\n', &mut reply).await?;
    if reply.last() != Some(&b'\n') {
        return Err(std::io::Error::other("the reply broke off"));
    }
    Ok(serde_json::from_slice(&reply)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Arc;

    use desk::domain::bot::Command;
    use desk::domain::time::Timestamp;

    use super::super::folder::ControlFolder;
    use super::super::server::{Answering, Server};
    use super::*;
    use crate::settings::test_place::TestPlace;

    const SOON: Duration = Duration::from_millis(200);

    fn kill() -> Request {
        Request::Command { key: "k1".to_owned(), command: Command::Kill, why: "test".to_owned(), step_up: None }
    }

    fn answering() -> Answering {
        Arc::new(|request| {
            Box::pin(async move {
                match request {
                    Request::Command { command: Command::Kill, why, .. } => {
                        Reply::Done { at: Timestamp::from_seconds(5), message: format!("killing: {why}") }
                    }
                    Request::Command { .. } => std::future::pending().await,
                    Request::Rehearsal => Reply::Rehearsal { rehearsal: serde_json::Value::Null },
                    Request::Diagnosis => Reply::Diagnosis { found: serde_json::Value::Null },
                    _ => Reply::Board { board: serde_json::json!({ "number": 1 }) },
                }
            })
        })
    }

    #[tokio::test]
    async fn life_5_only_the_owner_can_open_the_socket_and_each_request_has_its_reply() {
        let place = TestPlace::new();
        // Longer than the system allows for a socket's path.
        let deep = place.join("d".repeat(120)).join("control");
        let folder = ControlFolder::open(&deep).unwrap();
        let socket = shown(&deep);
        assert_eq!(ask(&deep, &kill(), SOON).await.unwrap_err().code(), "bot_silent");
        // What a dead instance left behind is no hindrance.
        std::fs::write(&socket, "").unwrap();
        let server = Server::bind(&folder).unwrap();
        assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let running = tokio::spawn(server.run(answering()));
        let done = Reply::Done { at: Timestamp::from_seconds(5), message: "killing: test".to_owned() };
        assert_eq!(ask(&deep, &kill(), SOON).await.unwrap(), done);
        assert!(matches!(ask(&deep, &Request::Board, SOON).await.unwrap(), Reply::Board { .. }));
        let hung = Request::Command { key: "k2".to_owned(), command: Command::Stop, why: String::new(), step_up: None };
        let refused = ask(&deep, &hung, SOON).await.unwrap_err().to_string();
        assert!(refused.contains("no reply within 200 ms"), "{refused}");
        running.abort();
        let _ = running.await;
        assert!(ask(&deep, &kill(), SOON).await.is_err());
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused_and_the_line_stays_open() {
        let place = TestPlace::new();
        let folder = ControlFolder::open(&place.join("control")).unwrap();
        let running = tokio::spawn(Server::bind(&folder).unwrap().run(answering()));
        let mut stream = UnixStream::connect(shown(folder.path())).await.unwrap();
        let mut said = BufReader::new(&mut stream);
        for (line, code) in [
            ("{\"ask\":\"dance\"}\n", "\"invalid\""),
            ("nonsense\n", "\"invalid\""),
            ("{\"ask\":\"board\"}\n", "\"board\""),
        ] {
            said.get_mut().write_all(line.as_bytes()).await.unwrap();
            let mut reply = String::new();
            said.read_line(&mut reply).await.unwrap();
            assert!(reply.contains(code), "{line}: {reply}");
        }
        running.abort();
    }
}
