//! Who asks: what the guard found out, for the handlers.

use std::collections::BTreeMap;
use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use desk::domain::bot::{Action, Caller, Need, Origin, Roles, Who, permit};
use desk::domain::time::Timestamp;

use super::refusal::Refusal;
use super::site::Manners;
use crate::store::people::{PersonId, SessionId, Theme, Token};

/// Who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) roles: Roles,
    pub(crate) theme: Theme,
    /// Whether one-time codes are set up.
    pub(crate) codes: bool,
    /// The session; nothing for a personal token.
    pub(crate) session: Option<SessionId>,
    /// What forms carry.
    pub(crate) form_secret: String,
    /// Idle for too long: only stop, kill and flatten (WEB-2c).
    pub(crate) idle: bool,
    pub(crate) ends_at: Timestamp,
    /// From where.
    pub(crate) origin: Origin,
}

impl Visitor {
    pub(crate) fn may(&self, action: Action) -> bool {
        permit(self.roles, action).is_ok()
    }

    pub(crate) fn needs_code(&self, action: Action) -> bool {
        permit(self.roles, action) == Ok(Need::StepUp)
    }

    pub(crate) fn who(&self) -> Who {
        Who::Person(self.name.clone())
    }

    pub(crate) fn by(&self) -> (Who, Origin) {
        (self.who(), self.origin)
    }

    pub(crate) fn caller(&self, stepped_up: bool) -> Caller {
        Caller { who: self.who(), origin: self.origin, roles: self.roles, stepped_up }
    }
}

impl FromRequest for Visitor {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(Refusal::SignIn))
    }
}

/// The fields of a form, read by the guard before the handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(pub(crate) BTreeMap<String, String>);

impl Fields {
    /// A field, empty where it is missing.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl FromRequest for Fields {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or_default()))
    }
}

/// The body as it came, read by the guard before the handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body(pub(crate) Bytes);

impl FromRequest for Body {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().cloned().unwrap_or_default()))
    }
}

/// Whether a request may come in at all: past a proxy that was named, or from this machine, where there is one.
pub(crate) fn let_in(request: &HttpRequest, manners: &Manners) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip());
    manners.proxies.is_empty() || peer.is_none_or(|ip| ip.is_loopback() || manners.proxies.contains(&ip))
}

/// Who asks, by address: the peer, or whom a trusted proxy names. Of several the last one that is no proxy of ours; what
/// stands before it anybody could have written.
pub(crate) fn address_of(request: &HttpRequest, manners: &Manners) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    if !manners.proxies.contains(&peer) {
        return Some(peer);
    }
    let named = request.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok());
    let named: Vec<IpAddr> = named.flat_map(|v| v.split(',')).filter_map(|word| word.trim().parse().ok()).collect();
    named.into_iter().rev().find(|ip| !manners.proxies.contains(ip)).or(Some(peer))
}

const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-tbot" } else { "tbot" }
}

/// The session's cookie (WEB-4).
pub(crate) fn session_cookie(token: &Token, secure: bool) -> Cookie<'static> {
    cookie(token.text().to_owned(), secure).finish()
}

/// Takes it back.
pub(crate) fn no_cookie(secure: bool) -> Cookie<'static> {
    let mut gone = cookie(String::new(), secure).finish();
    gone.make_removal();
    gone
}

fn cookie(value: String, secure: bool) -> actix_web::cookie::CookieBuilder<'static> {
    Cookie::build(cookie_name(secure), value).path("/").http_only(true).same_site(SameSite::Strict).secure(secure)
}

/// The token of a request's cookie.
pub(crate) fn token_of(request: &HttpRequest, secure: bool) -> Option<Token> {
    request.cookie(cookie_name(secure)).and_then(|c| Token::read(c.value()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn web_4a_only_a_trusted_proxy_is_believed_about_who_asks() {
        let proxied = Manners { proxies: vec!["10.0.0.1".parse().unwrap()], ..Manners::default() };
        let asked = |peer: &str, forwarded: &str, manners: &Manners| {
            let mut request = TestRequest::get().peer_addr(format!("{peer}:9").parse().unwrap());
            if !forwarded.is_empty() {
                request = request.insert_header(("x-forwarded-for", forwarded));
            }
            let request = request.to_http_request();
            (let_in(&request, manners), address_of(&request, manners).unwrap().to_string())
        };
        for (peer, forwarded, expected) in [
            ("10.0.0.1", "203.0.113.7", (true, "203.0.113.7")),
            ("10.0.0.1", "198.51.100.1, 203.0.113.7", (true, "203.0.113.7")),
            ("10.0.0.1", "203.0.113.7, 10.0.0.1", (true, "203.0.113.7")),
            ("10.0.0.1", "nonsense", (true, "10.0.0.1")),
            ("10.0.0.1", "", (true, "10.0.0.1")),
            ("10.0.0.2", "203.0.113.7", (false, "10.0.0.2")),
            ("127.0.0.1", "203.0.113.7", (true, "127.0.0.1")),
        ] {
            let (let_in, address) = asked(peer, forwarded, &proxied);
            assert_eq!((let_in, address.as_str()), expected, "{peer} for {forwarded:?}");
        }
        let open = Manners::default();
        assert_eq!(asked("198.51.100.1", "203.0.113.7", &open), (true, "198.51.100.1".to_owned()));
    }
}
