//! The certificate of the browser's way in (WEB-4a): from files, or made here for this machine alone.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use desk::domain::chain::Hash;
use desk::domain::time::Timestamp;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::settings::{Tls, replace};

/// How many years a certificate of our own is good for.
const YEARS: i32 = 5;

/// What a listener needs for TLS.
#[derive(Clone, Debug)]
pub struct Certified {
    /// For the listener.
    pub config: ServerConfig,
    /// SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
}

/// Why there is no TLS.
#[derive(Debug)]
pub enum CertificateError {
    /// A file cannot be read or written, or holds no certificate or key.
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Certificate and key do not go together, or cannot be used.
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// Why not.
        message: String,
    },
}

impl CertificateError {
    /// A name for programs that never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "certificate_file",
            Self::Unusable { .. } => "certificate_unusable",
        }
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, message } => write!(f, "{}: {message}", path.display()),
            Self::Unusable { path, message } => write!(
                f,
                "{}: the certificate and its key cannot be used: {message}. Needed: a PEM file with the whole chain, and the key that belongs to it",
                path.display()
            ),
        }
    }
}

impl std::error::Error for CertificateError {}

/// What the boot settings ask for; nothing where TLS is off. A certificate of our own is made where there is none, in the
/// folder of the keys.
///
/// # Errors
/// [`CertificateError`].
pub fn certified(
    tls: &Tls,
    keys: &Path,
    listen: IpAddr,
    now: Timestamp,
) -> Result<Option<Certified>, CertificateError> {
    match tls {
        Tls::Off => Ok(None),
        Tls::Files { certificate, key } => read(certificate, key).map(Some),
        Tls::Own => {
            let (certificate, key) = (keys.join("web.crt"), keys.join("web.key"));
            if !certificate.exists() || !key.exists() {
                make((&certificate, &key), listen, now)?;
            }
            read(&certificate, &key).map(Some)
        }
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Certified, CertificateError> {
    let file = |path: &Path, e: &dyn fmt::Display| CertificateError::File {
        path: path.to_owned(),
        message: format!("cannot be read as PEM: {e}"),
    };
    let chain = CertificateDer::pem_file_iter(certificate).map_err(|e| file(certificate, &e))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(|e| file(certificate, &e))?;
    let first = chain.first().ok_or_else(|| file(certificate, &"there is no certificate in it"))?;
    let fingerprint = fingerprint(first);
    let own = PrivateKeyDer::from_pem_file(key).map_err(|e| file(key, &e))?;
    let unusable =
        |e: rustls::Error| CertificateError::Unusable { path: certificate.to_owned(), message: e.to_string() };
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, own)
        .map_err(unusable)?;
    Ok(Certified { config, fingerprint })
}

fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Hash::of(der).bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// Makes a certificate for this machine's own names and the address that is listened at.
fn make((certificate, key): (&Path, &Path), listen: IpAddr, now: Timestamp) -> Result<(), CertificateError> {
    let failed = |e: rcgen::Error| CertificateError::Unusable { path: certificate.to_owned(), message: e.to_string() };
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !listen.is_unspecified() && !listen.is_loopback() {
        names.push(listen.to_string());
    }
    if let Ok(host) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        let host = host.trim();
        if !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) {
            names.push(host.to_owned());
        }
    }
    let mut params = rcgen::CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "TBot");
    let (year, month, day) = today(now);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    // The first of a month exists in every year.
    params.not_after = rcgen::date_time_ymd(year.saturating_add(YEARS), month, 1);
    let pair = rcgen::KeyPair::generate().map_err(failed)?;
    let own = params.self_signed(&pair).map_err(failed)?;
    let write = |path: &Path, text: String| {
        replace(path, text.as_bytes())
            .map_err(|e| CertificateError::File { path: path.to_owned(), message: format!("cannot be written: {e}") })
    };
    write(key, pair.serialize_pem())?;
    write(certificate, own.pem())
}

/// The date of a moment in UTC.
fn today(now: Timestamp) -> (i32, u8, u8) {
    let text = now.to_string();
    let mut parts = text.split(['-', 'T']);
    let mut part = |or: i32| parts.next().and_then(|p| p.parse::<i32>().ok()).unwrap_or(or);
    let (year, month, day) = (part(2020), part(1), part(1));
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::settings::test_place::TestPlace;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_795_000_000)
    }

    #[test]
    fn web_4a_a_certificate_of_our_own_is_made_once_and_its_key_is_the_owners() {
        let place = TestPlace::new();
        let first = certified(&Tls::Own, &place, HERE, now()).unwrap().unwrap();
        assert_eq!(first.fingerprint.len(), 32 * 3 - 1, "{}", first.fingerprint);
        let mode = place.join("web.key").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = certified(&Tls::Own, &place, HERE, now()).unwrap().unwrap();
        assert_eq!(again.fingerprint, first.fingerprint, "it stays the same from start to start");
        assert!(certified(&Tls::Off, &place, HERE, now()).unwrap().is_none());
        assert_eq!(today(now()), (2026, 11, 18));
    }

    #[test]
    fn web_4a_files_that_are_none_or_do_not_belong_together_are_refused_with_their_path() {
        let (place, other) = (TestPlace::new(), TestPlace::new());
        certified(&Tls::Own, &place, HERE, now()).unwrap();
        certified(&Tls::Own, &other, HERE, now()).unwrap();
        std::fs::write(place.join("empty.pem"), "nothing").unwrap();
        let refused = |certificate: PathBuf, key: PathBuf| {
            let tls = Tls::Files { certificate, key };
            certified(&tls, &place, HERE, now()).unwrap_err().to_string()
        };
        for (certificate, key, says) in [
            (place.join("missing.pem"), place.join("web.key"), "missing.pem: cannot be read as PEM"),
            (place.join("empty.pem"), place.join("web.key"), "empty.pem: cannot be read as PEM"),
            (place.join("web.crt"), place.join("empty.pem"), "empty.pem: cannot be read as PEM"),
            (place.join("web.crt"), other.join("web.key"), "web.crt: the certificate and its key cannot be used"),
        ] {
            let said = refused(certificate, key);
            assert!(said.contains(says), "{says:?}: {said}");
        }
    }
}
