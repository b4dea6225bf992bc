//! One sealed file: a line that says what it is, then the sealed bytes. The line is the associated data, so that a file
//! can neither be changed nor taken for another one.
//!
//! `tbot sealed 1 {name} {version} {key id} {nonce, hexadecimal}`, a line feed, then AES-256-GCM-SIV (RFC 8452) with its
//! tag of 16 bytes at the end. Nonces are random; a repeated one would reveal no more than equal plain texts.

use std::path::Path;

use aes_gcm_siv::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::error::VaultError;
use super::key::{Key, Keys};

const HEAD: &str = "tbot sealed 1";

/// What a file is: bound to its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) version: u32,
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Seals a text under its label.
pub(super) fn seal(key: Option<&Key>, label: &Label, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let key = key.ok_or(VaultError::Random)?;
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(|_| VaultError::Random)?;
    let mut file = format!("{HEAD} {label} {} {}\n", key.id, HEXLOWER.encode(&nonce)).into_bytes();
    let cipher = Aes256GcmSiv::new(&(*key.bytes).into());
    let sealed =
        cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: &file }).map_err(|_| VaultError::Random)?;
    file.extend_from_slice(&sealed);
    Ok(file)
}

/// Opens a file that should be what the label says.
pub(super) fn open(keys: &Keys, file: &[u8], label: &Label, path: &Path) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let damaged = || VaultError::Damaged { path: path.to_path_buf() };
    let end = file.iter().position(|b| *b == b'\n').ok_or_else(damaged)?;
    let (line, sealed) = file.split_at_checked(end.saturating_add(1)).ok_or_else(damaged)?;
    let text = std::str::from_utf8(line).map_err(|_| damaged())?;
    let head = text.strip_prefix(HEAD).ok_or_else(damaged)?;
    let mut words = head.split_whitespace();
    let (Some(name), Some(version), Some(id), Some(nonce), None) =
        (words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        return Err(damaged());
    };
    let (expected, found) = (label.to_string(), format!("{name} {version}"));
    if expected != found {
        return Err(VaultError::Swapped { path: path.to_path_buf(), expected, found });
    }
    let other = || VaultError::OtherKey { path: path.to_path_buf(), key: id.to_owned() };
    let key = keys.find(id).ok_or_else(other)?;
    let nonce =
        HEXLOWER.decode(nonce.as_bytes()).ok().and_then(|n| <[u8; 12]>::try_from(n).ok()).ok_or_else(damaged)?;
    let cipher = Aes256GcmSiv::new(&(*key.bytes).into());
    let plain = cipher.decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: line }).map_err(|_| damaged())?;
    Ok(Zeroizing::new(plain))
}
