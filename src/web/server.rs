//! The server on its listener.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App, HttpServer};
use rustls::ServerConfig;
use tokio::sync::{Notify, Semaphore, watch};

use super::ages::Seen;
use super::counter::attend;
use super::dress::dress;
use super::guard::{LARGEST_BODY, acquaint};
use super::limits::Limits;
use super::live::{Frame, observe, paint};
use super::once::Doing;
use super::review::{self, Desk};
use super::routes::register;
use super::site::{Manners, Shared, Site};
use crate::messages::counter::Papers;
use crate::render::Pages;

/// Passwords looked at at once; each takes 64 MiB and a fifth of a second of a core.
const HASHING: usize = 2;

/// Serves the pages on a listener, over TLS where a configuration for it is given, until the server is stopped or dropped, and
/// does what is handed in besides. To be called inside of an actix system; await what it returns, or keep its handle to stop
/// it.
///
/// # Errors
/// Where a template cannot be read or the listener cannot be used.
pub fn serve(listener: TcpListener, site: Site, tls: Option<ServerConfig>, papers: Papers) -> io::Result<Server> {
    let Manners { visitors, modest, .. } = site.manners;
    let pages = Pages::new().map_err(io::Error::other)?;
    let (painted, frames) = watch::channel(Arc::new(Frame::default()));
    let shared = Data::new(Shared {
        site,
        pages,
        limits: Limits::default(),
        known: Mutex::default(),
        hashing: Semaphore::new(HASHING),
        exporting: Semaphore::new(1),
        searching: Semaphore::new(2),
        doing: Doing::default(),
        seen: Seen::default(),
        frames,
        watched: Notify::new(),
        watchers: AtomicUsize::new(0),
        review: Desk::default(),
    });
    let _observer = actix_web::rt::spawn(observe(Data::clone(&shared)));
    let _painter = actix_web::rt::spawn(paint(Data::clone(&shared), painted));
    let _acquaintance = actix_web::rt::spawn(acquaint(Data::clone(&shared)));
    let _desk = actix_web::rt::spawn(review::keep(Data::clone(&shared)));
    let _counter = actix_web::rt::spawn(attend(Data::clone(&shared), papers));
    modest();
    let server = HttpServer::new(move || {
        modest();
        App::new()
            .app_data(Data::clone(&shared))
            .app_data(PayloadConfig::new(LARGEST_BODY))
            .wrap(Compress::default())
            .wrap(from_fn(dress))
            .configure(register)
    })
    .workers(1)
    .max_connections(visitors)
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(3)
    .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}
