//! The wizard's server. It ends with the last step, and the bot's own takes its listener over.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Server, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::KeepAlive;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App, Error, HttpServer};
use rustls::ServerConfig;
use tokio::sync::Notify;

use super::answers::{Answers, Wanted};
use super::pages::Turned;
use crate::render::Pages;
use crate::store::people::Token;
use crate::web::dress::put_on;
use crate::web::guard::LARGEST_BODY;
use crate::web::routes::register_setup;

/// Makes what was wanted, whole or not at all; the administrator's session comes back, or a sentence about why not.
pub type Founding = Arc<dyn Fn(Wanted) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send>> + Send + Sync>;

/// What the wizard stands on.
#[derive(Clone)]
pub struct SetUp {
    /// What opens it: the terminal showed it.
    pub token: Token,
    /// What is proposed.
    pub answers: Answers,
    /// What the market is called that this process was started with.
    pub feed: String,
    /// Makes what was wanted.
    pub founding: Founding,
    /// Whether pages come over TLS.
    pub secure: bool,
    /// How many connections it takes at once: whoever opens more waits, and the process keeps files for itself.
    pub visitors: usize,
}

impl fmt::Debug for SetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetUp({})", self.answers.identity)
    }
}

impl fmt::Debug for SetUpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetUpServer")
    }
}

/// A wizard that is being served.
pub struct SetUpServer {
    /// The server, to be awaited.
    pub server: Server,
    done: Arc<Notify>,
}

impl SetUpServer {
    /// A sign that the last step is done: nothing more is accepted, and what was asked before is being answered.
    #[must_use]
    pub fn done(&self) -> Arc<Notify> {
        Arc::clone(&self.done)
    }
}

/// What its handlers share.
pub(crate) struct Kept {
    pub(super) set_up: SetUp,
    pub(super) pages: Pages,
    pub(super) answers: Mutex<Answers>,
    pub(super) turned: Mutex<Option<Turned>>,
    pub(super) handle: OnceLock<ServerHandle>,
    pub(super) done: Arc<Notify>,
    /// One set-up at a time, and only one.
    pub(super) founding: tokio::sync::Mutex<bool>,
}

/// Serves the wizard on a listener.
///
/// # Errors
/// Where a template cannot be read or the listener cannot be used.
pub fn serve_setup(listener: TcpListener, set_up: SetUp, tls: Option<ServerConfig>) -> io::Result<SetUpServer> {
    let (done, visitors) = (Arc::new(Notify::new()), set_up.visitors);
    let kept = Data::new(Kept {
        pages: Pages::new().map_err(io::Error::other)?,
        answers: Mutex::new(set_up.answers.clone()),
        turned: Mutex::default(),
        set_up,
        handle: OnceLock::new(),
        done: Arc::clone(&done),
        founding: tokio::sync::Mutex::new(false),
    });
    let shared = Data::clone(&kept);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::clone(&shared))
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .wrap(from_fn(dress))
            .configure(register_setup)
    })
    .workers(1)
    .max_connections(visitors)
    // So that the browser comes to the bot's own server with its next request.
    .keep_alive(KeepAlive::Disabled)
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(3)
    .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    let server = server.run();
    // It is set once, here.
    let _ = kept.handle.set(server.handle());
    Ok(SetUpServer { server, done })
}

async fn dress<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let mut answer = next.call(request).await?.map_into_left_body();
    // Whoever only looks at a wizard is bound to nothing for a year.
    put_on(answer.headers_mut(), false);
    Ok(answer)
}
