//! Answers over the socket (LIFE-5): only the own user can open it, one reply for each request.

use std::fs::{File, Permissions};
use std::future::Future;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::error::ControlError;
use super::folder::ControlFolder;
use super::protocol::{LONGEST, Reply, Request};

const FILE: &str = "tbot.sock";
/// Callers at a time; more wait.
const CALLERS: usize = 16;
/// How long a caller may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked whether the socket is still there.
const LOOK: Duration = Duration::from_secs(2);

/// What answers a request.
pub type Answering = Arc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

/// The socket, bound.
#[derive(Debug)]
pub struct Server {
    listener: UnixListener,
    owner: u32,
    path: PathBuf,
}

/// A path to the socket that is short enough for the system (at most 107 bytes) wherever the folder lies: through the
/// open folder in /proc.
pub(super) fn reachable(control: &Path) -> std::io::Result<(File, PathBuf)> {
    let folder = File::open(control)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{FILE}", folder.as_raw_fd()));
    Ok((folder, path))
}

/// Where the socket lies, for people.
pub(super) fn shown(control: &Path) -> PathBuf {
    control.join(FILE)
}

/// Listens at the socket in a control folder, for its owner alone.
fn listen(control: &Path) -> std::io::Result<UnixListener> {
    let (_open, short) = reachable(control)?;
    // The folder lets nobody else in, so the moment before the mode is set is no gap.
    let listener = UnixListener::bind(short)?;
    std::fs::set_permissions(shown(control), Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Server {
    /// Binds the socket, for its owner alone. The instance's lock must be held: a socket left by a dead instance is removed.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn bind(folder: &ControlFolder) -> Result<Self, ControlError> {
        let path = shown(folder.path());
        let fail = |e| ControlError::file(&path, e);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(e)),
            _ => {}
        }
        let listener = listen(folder.path()).map_err(fail)?;
        Ok(Self { listener, owner: folder.owner(), path })
    }

    /// Puts the socket back where somebody removed it: nobody would reach the bot otherwise.
    fn stand_again(&mut self) {
        let Some(control) = self.path.parent().filter(|_| !self.path.exists()) else { return };
        match listen(control) {
            Ok(listener) => {
                self.listener = listener;
                tracing::warn!(path = %self.path.display(), "the control socket was gone and is there again");
            }
            Err(error) => tracing::error!(%error, path = %self.path.display(), "the control socket is gone"),
        }
    }

    /// Answers until it is dropped. Each caller has a task of its own; a caller of another user is turned away.
    pub async fn run(mut self, answering: Answering) {
        let places = Arc::new(Semaphore::new(CALLERS));
        let mut look = tokio::time::interval(LOOK);
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = look.tick() => {
                    self.stand_again();
                    continue;
                }
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                // No error of the system: the process ends, and nobody is to be answered any more.
                Err(e) if e.raw_os_error().is_none() => return,
                Err(e) => {
                    tracing::error!(error = %e, path = %self.path.display(), "the control socket accepts nobody");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == self.owner => {
                    let answering = Arc::clone(&answering);
                    drop(tokio::spawn(async move {
                        serve(stream, answering).await;
                        drop(place);
                    }));
                }
                Ok(peer) => tracing::warn!(user = peer.uid(), "a caller of another user was turned away"),
                Err(e) => tracing::warn!(error = %e, "a caller that does not say who it is was turned away"),
            }
        }
    }
}

async fn serve(stream: UnixStream, answering: Answering) {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut reading).take(LONGEST);
        match tokio::time::timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await {
            Ok(Ok(read)) if read > 0 => {}
            _ => return,
        }
        let reply = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => answering(request).await,
            Err(e) => {
                let message = format!("this is no request that this version understands: {e}");
                Reply::Refused { code: "invalid".to_owned(), message }
            }
        };
        let Ok(mut bytes) = serde_json::to_vec(&reply) else { return };
        bytes.push(b'\n');
        if writing.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
