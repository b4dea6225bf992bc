//! Values that are never shown: wiped when they are dropped, masked wherever text leaves the program.

use std::fmt;
use std::sync::RwLock;

use zeroize::Zeroizing;

/// What stands in a secret's place.
const MASK: &str = "***";
/// Shorter texts are not searched for: they would be found everywhere.
const SHORTEST: usize = 6;

static KNOWN: RwLock<Vec<Zeroizing<String>>> = RwLock::new(Vec::new());

/// A secret. From its making on, [`mask`] takes it out of every text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        let text = Zeroizing::new(text);
        if text.len() >= SHORTEST
            && let Ok(mut known) = KNOWN.write()
            && !known.contains(&text)
        {
            known.push(text.clone());
        }
        Self(text)
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// A text without the secrets that are known, and without the password in an address.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut masked = without_passwords(text);
    if let Ok(known) = KNOWN.read() {
        for secret in known.iter().filter(|secret| masked.contains(secret.as_str())).collect::<Vec<_>>() {
            masked = masked.replace(secret.as_str(), MASK);
        }
    }
    masked
}

/// `scheme://user:password@host` without the password.
fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || "/\"'?#".contains(c)).unwrap_or(after.len());
        let (authority, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        match authority.rsplit_once('@') {
            Some((user, host)) if user.contains(':') => {
                shown.push_str(user.split(':').next().unwrap_or_default());
                shown.push(':');
                shown.push_str(MASK);
                shown.push('@');
                shown.push_str(host);
            }
            _ => shown.push_str(authority),
        }
        rest = tail;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_1_a_secret_is_not_shown_and_not_found_in_any_text() {
        let secret = Secret::new("hunter2-hunter2".to_owned());
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(mask("the key is hunter2-hunter2, twice hunter2-hunter2"), "the key is ***, twice ***");
        assert_eq!(secret.reveal(), "hunter2-hunter2");
    }

    #[test]
    fn web_4_the_password_of_an_address_is_masked() {
        for (text, shown) in [
            ("postgres://tbot:pa@ss@db:5432/books", "postgres://tbot:***@db:5432/books"),
            ("see https://example.org/a@b and x", "see https://example.org/a@b and x"),
            ("postgres://tbot@db/books", "postgres://tbot@db/books"),
            ("nothing here", "nothing here"),
        ] {
            assert_eq!(mask(text), shown);
        }
    }
}
