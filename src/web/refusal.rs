//! Why a request was not answered as asked: a page for people, `problem+json` (RFC 9457) for programs.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use crate::messages::bookkeeping::NotBooked;
use crate::messages::supervisor::Refused;
use crate::store::StoreError;

/// After so many seconds it is worth another try.
const AGAIN: u32 = 2;

/// Why not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// Nobody is signed in, or not any more.
    SignIn,
    /// Not with these roles.
    Forbidden(String),
    /// A form that is not ours, or one of another session.
    Forged,
    /// A one-time code is needed for this act.
    StepUp(String),
    /// There is no such address or thing.
    Missing(String),
    /// The address is there, but not for this method; for these it is.
    Method(&'static str),
    /// What was sent cannot be understood.
    Invalid(String),
    /// Not in this state, or not a second time.
    Conflict(String),
    /// The books say no, or do not answer.
    Books(NotBooked),
    /// Too many attempts.
    Wait(i64),
    /// The supervisor does not answer.
    Busy,
    /// The people's database does not answer in time: too much is asked of it at once.
    Overloaded,
    /// Something of ours failed; the log has more.
    Broken(String),
}

impl Refusal {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Forbidden(_) => "forbidden",
            Self::Forged => "forged",
            Self::StepUp(_) => "step_up",
            Self::Missing(_) => "missing",
            Self::Method(_) => "method",
            Self::Invalid(_) => "invalid",
            Self::Conflict(_) => "state",
            Self::Books(refused) => refused.code(),
            Self::Wait(_) => "wait",
            Self::Busy => "busy",
            Self::Overloaded => "overloaded",
            Self::Broken(_) => "broken",
        }
    }

    pub(crate) const fn title(&self) -> &'static str {
        match self {
            Self::SignIn => "Sign in first",
            Self::Forbidden(_) => "Not with your roles",
            Self::Forged => "This form is not from here",
            Self::StepUp(_) => "A one-time code is needed",
            Self::Missing(_) => "Nothing is here",
            Self::Method(_) => "Not in this way",
            Self::Invalid(_) => "This cannot be understood",
            Self::Conflict(_) => "Not now",
            Self::Books(NotBooked::Busy) => "The ledger does not answer",
            Self::Books(_) => "The books say no",
            Self::Wait(_) => "Too many attempts",
            Self::Busy => "The supervisor does not answer",
            Self::Overloaded => "Too much is asked at once",
            Self::Broken(_) => "This page could not be made",
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Forged | Self::StepUp(_) => StatusCode::FORBIDDEN,
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy | Self::Books(NotBooked::Busy) | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Conflict(_) | Self::Books(_) => StatusCode::CONFLICT,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The header that goes with it: when to come again, or how.
    pub(crate) fn header(&self) -> Option<(header::HeaderName, String)> {
        match self {
            Self::Wait(seconds) => Some((header::RETRY_AFTER, seconds.to_string())),
            Self::Overloaded => Some((header::RETRY_AFTER, AGAIN.to_string())),
            Self::Method(allowed) => Some((header::ALLOW, (*allowed).to_owned())),
            _ => None,
        }
    }

    /// What a person can do about it, in order.
    pub(crate) const fn steps(&self) -> &'static [&'static str] {
        match self {
            Self::Missing(_) => {
                &["Look at the address for a slip.", "Begin at the dashboard; every figure there is a link."]
            }
            Self::Forged => &["Open the page again.", "Fill it in and send it once more; what was typed is gone."],
            Self::Conflict(_) => {
                &["Look at the state at the top of the page.", "Go back, and give it again when the state allows."]
            }
            Self::Books(_) => &["Look at the journal.", "Go back, and give it again when the books allow."],
            Self::Wait(_) => {
                &["Wait as long as it says.", "In the meantime tbot stop and tbot kill work on the machine."]
            }
            Self::Overloaded => &[
                "Open it again in a few seconds.",
                "Stop, Kill and Flatten of an open page work meanwhile; on the machine tbot stop and tbot kill.",
            ],
            Self::Busy => &["Wait a few seconds and try again.", "If it must be now: tbot kill on the machine."],
            Self::Broken(_) => &[
                "Try again.",
                "See Health and the log for what failed.",
                "tbot status on the machine tells the same without this page.",
            ],
            Self::Invalid(_) => {
                &["Go back; what was typed is still there.", "Mend what the sentence names, and send it again."]
            }
            Self::StepUp(_) => {
                &["Set codes up on the Account page, if there are none.", "Go back, and type a new code for this act."]
            }
            Self::SignIn | Self::Forbidden(_) | Self::Method(_) => &[],
        }
    }

    /// The same as `application/problem+json`.
    pub(crate) fn problem(&self) -> String {
        json!({
            "type": format!("urn:tbot:problem:{}", self.code()),
            "title": self.title(),
            "status": self.status().as_u16(),
            "detail": self.to_string(),
            "code": self.code(),
        })
        .to_string()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn => f.write_str("Nobody is signed in here, or the session has ended."),
            Self::Forbidden(text)
            | Self::StepUp(text)
            | Self::Missing(text)
            | Self::Invalid(text)
            | Self::Conflict(text)
            | Self::Broken(text) => f.write_str(text),
            Self::Books(refused) => refused.fmt(f),
            Self::Forged => f.write_str(
                "The form came from another page or an older session, so nothing was done. Open the page again and repeat it.",
            ),
            Self::Method(allowed) => write!(f, "This address cannot be asked in this way. Allowed: {allowed}."),
            Self::Wait(seconds) => write!(f, "Try again in {seconds} s. The command line on the machine is not held up."),
            Self::Busy => Refused::Busy.fmt(f),
            Self::Overloaded => write!(
                f,
                "The database that knows who may do what did not answer in time. Nothing was done; trading is not affected. \
                 Try again in {AGAIN} s."
            ),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status());
        if let Some(more) = self.header() {
            answer.insert_header(more);
        }
        answer.content_type("application/problem+json").body(self.problem())
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let text = refused.to_string();
        match refused {
            Refused::Forbidden { .. } => Self::Forbidden(text),
            Refused::StepUp => Self::StepUp(text),
            Refused::State { .. } => Self::Conflict(text),
            Refused::Invalid { .. } => Self::Invalid(text),
            Refused::Busy => Self::Busy,
        }
    }
}

impl From<NotBooked> for Refusal {
    fn from(refused: NotBooked) -> Self {
        Self::Books(refused)
    }
}

impl From<StoreError> for Refusal {
    fn from(e: StoreError) -> Self {
        tracing::error!(target: "web", code = e.code(), "{e}");
        if e.is_busy() {
            return Self::Overloaded;
        }
        if let StoreError::Touched { seq } = e {
            return Self::Conflict(format!(
                "Entry {seq} of the books was touched after it was booked; nothing is exported. Keep the file as it is, and \
                 verify the books: tbot ledger verify."
            ));
        }
        if let StoreError::Overflow { .. } = e {
            return Self::Broken(format!(
                "A sum of this statement is beyond what 64 bits hold ({}); it is not shown, for it would be wrong. Trading is not \
                 affected by this page. Verify the books: tbot ledger verify.",
                e.code()
            ));
        }
        Self::Broken(format!(
            "The database did not do what was asked ({}). Trading is not affected by this page; try again, and see the log.",
            e.code()
        ))
    }
}

impl From<crate::render::RenderError> for Refusal {
    fn from(e: crate::render::RenderError) -> Self {
        tracing::error!(target: "web", "a page could not be filled: {e}");
        Self::Broken("The page could not be filled. Trading is not affected; the log says what was missing.".to_owned())
    }
}
