//! A sealed stream, for what is too large for one sealed file: backups. It begins with a sealed file that holds a key made
//! for this stream alone; then come chunks of 65 536 bytes, each sealed for itself with AES-256-GCM-SIV.
//!
//! A chunk's associated data are the stream's first line, the chunk's number (8 bytes, from 0, most significant first) and a
//! byte that is 1 for the last chunk and 0 for the others; its nonce is four zero bytes and the number. So a chunk opens in
//! its own place of its own stream alone, and a stream whose end is missing has no last chunk.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use aes_gcm_siv::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};

use super::error::VaultError;
use super::key::Key;
use super::seal::{self, Label};
use super::{KeySource, Keys, Vault};

/// How many plain bytes a chunk holds; the last one may hold less.
const CHUNK: usize = 65_536;
/// The tag at a chunk's end.
const TAG: usize = 16;
/// The longest first line that is believed.
const LINE: u64 = 1_024;
/// What a stream's name is sealed under: nothing else can be taken for one.
const PREFIX: &str = "backup:";
/// The sealed key: 32 bytes and their tag.
const SEALED_KEY: usize = 32 + TAG;

/// Seals what is written into it. Only [`Self::finish`] makes the stream whole.
pub struct StreamSealer<W> {
    inner: W,
    cipher: ChunkCipher,
    waiting: Vec<u8>,
}

/// Opens a sealed stream. What it gives was sealed so, in this order; whether the end is the end it says when it is reached.
pub struct StreamOpener<R> {
    inner: R,
    cipher: ChunkCipher,
    /// The sealed chunk that comes next: only whoever has looked behind it knows whether it is the last.
    ahead: Vec<u8>,
    plain: Vec<u8>,
    given: usize,
    ended: bool,
}

/// Why a sealed stream cannot be opened to its end; carried by the reader's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// The stream ends before its last chunk.
    Cut {
        /// How many chunks are there.
        chunks: u64,
    },
    /// A chunk is not the one that was sealed in this place.
    Chunk {
        /// Its number, from 1.
        number: u64,
    },
}

/// Seals and opens chunks in their order.
struct ChunkCipher {
    cipher: Aes256GcmSiv,
    head: Vec<u8>,
    number: u64,
}

impl ChunkCipher {
    fn new(key: &Key, head: Vec<u8>) -> Self {
        Self { cipher: Aes256GcmSiv::new(&(*key.bytes).into()), head, number: 0 }
    }

    fn nonce(&self) -> Nonce {
        let mut nonce = [0; 12];
        for (byte, of) in nonce.iter_mut().skip(4).zip(self.number.to_be_bytes()) {
            *byte = of;
        }
        Nonce::from(nonce)
    }

    fn bound(&self, last: bool) -> Vec<u8> {
        [self.head.as_slice(), &self.number.to_be_bytes(), &[u8::from(last)]].concat()
    }

    fn seal(&mut self, plain: &[u8], last: bool) -> io::Result<Vec<u8>> {
        let sealed = self.cipher.encrypt(&self.nonce(), Payload { msg: plain, aad: &self.bound(last) });
        self.number = self.number.saturating_add(1);
        sealed.map_err(|_| io::Error::other("a chunk could not be sealed"))
    }

    fn open(&mut self, sealed: &[u8], last: bool) -> Result<Vec<u8>, Unopened> {
        let try_as = |last| self.cipher.decrypt(&self.nonce(), Payload { msg: sealed, aad: &self.bound(last) });
        let number = self.number.saturating_add(1);
        match try_as(last) {
            Ok(plain) => {
                self.number = number;
                Ok(plain)
            }
            Err(_) if last && try_as(false).is_ok() => Err(Unopened::Cut { chunks: number }),
            Err(_) => Err(Unopened::Chunk { number }),
        }
    }
}

impl Vault {
    /// A stream that is sealed under a name. The name may hold no space.
    ///
    /// # Errors
    /// [`VaultError`] where there is no key; the writer's errors.
    pub fn seal_stream<W: Write>(&self, name: &str, mut into: W) -> Result<StreamSealer<W>, VaultError> {
        let key = Key::random()?;
        let sealed = {
            // While keys are rotated nothing is sealed with the one that goes.
            let _lock = self.lock()?;
            seal::seal(self.keys().current(), &label(name), key.bytes.as_slice())?
        };
        into.write_all(&sealed).map_err(|e| VaultError::file(name, e))?;
        let (head, _) = sealed.split_at_checked(sealed.len().saturating_sub(SEALED_KEY)).unwrap_or_default();
        let cipher = ChunkCipher::new(&key, head.to_vec());
        Ok(StreamSealer { inner: into, cipher, waiting: Vec::with_capacity(CHUNK) })
    }
}

impl KeySource {
    /// Opens a stream with the keys that are here, and says under which name it was sealed.
    ///
    /// # Errors
    /// [`VaultError`]: no key, another key, a beginning that was touched. `path` is what errors name.
    pub fn open_stream<R: BufRead>(&self, path: &Path, from: R) -> Result<(String, StreamOpener<R>), VaultError> {
        open_stream(&self.read()?, path, from)
    }
}

fn open_stream<R: BufRead>(keys: &Keys, path: &Path, mut from: R) -> Result<(String, StreamOpener<R>), VaultError> {
    let fail = |e| VaultError::file(path, e);
    let damaged = || VaultError::Damaged { path: path.to_owned() };
    let mut head = Vec::new();
    from.by_ref().take(LINE).read_until(b'\n', &mut head).map_err(fail)?;
    let line = std::str::from_utf8(&head).map_err(|_| damaged())?;
    let name = line.split(' ').find_map(|word| word.strip_prefix(PREFIX)).ok_or_else(damaged)?.to_owned();
    let mut sealed = [0; SEALED_KEY];
    from.read_exact(&mut sealed).map_err(|_| damaged())?;
    let file = [head.as_slice(), &sealed].concat();
    let key = Key::of(&seal::open(keys, &file, &label(&name), path)?).ok_or_else(damaged)?;
    let mut opener = StreamOpener {
        cipher: ChunkCipher::new(&key, head),
        ahead: Vec::new(),
        plain: Vec::new(),
        given: 0,
        ended: false,
        inner: from,
    };
    opener.ahead = opener.chunk().map_err(fail)?;
    Ok((name, opener))
}

fn label(name: &str) -> Label {
    Label { name: format!("{PREFIX}{name}"), version: 1 }
}

impl<W: Write> StreamSealer<W> {
    /// Seals the last chunk, and gives back what was written into.
    ///
    /// # Errors
    /// The writer's.
    pub fn finish(mut self) -> io::Result<W> {
        let sealed = self.cipher.seal(&self.waiting, true)?;
        self.inner.write_all(&sealed)?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for StreamSealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until more comes: it may be the last.
        if self.waiting.len() == CHUNK && !bytes.is_empty() {
            let sealed = self.cipher.seal(&self.waiting, false)?;
            self.inner.write_all(&sealed)?;
            self.waiting.clear();
        }
        let room = CHUNK.saturating_sub(self.waiting.len()).min(bytes.len());
        self.waiting.extend_from_slice(bytes.get(..room).unwrap_or_default());
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> StreamOpener<R> {
    /// The next sealed chunk; shorter than usual at the end, empty behind it.
    fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = Vec::with_capacity(CHUNK + TAG);
        let most = u64::try_from(CHUNK + TAG).unwrap_or(u64::MAX);
        self.inner.by_ref().take(most).read_to_end(&mut chunk)?;
        Ok(chunk)
    }

    fn fill(&mut self) -> io::Result<()> {
        let next = self.chunk()?;
        let last = next.is_empty();
        let opened = self.cipher.open(&self.ahead, last);
        self.plain = opened.map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
        (self.ahead, self.given, self.ended) = (next, 0, last);
        Ok(())
    }
}

impl<R: Read> Read for StreamOpener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() {
            if self.ended {
                return Ok(0);
            }
            self.fill()?;
        }
        let left = self.plain.get(self.given..).unwrap_or_default();
        let count = left.len().min(into.len());
        for (to, from) in into.iter_mut().zip(left) {
            *to = *from;
        }
        self.given = self.given.saturating_add(count);
        Ok(count)
    }
}

impl std::fmt::Display for Unopened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cut { chunks } => {
                write!(f, "it is cut short: its end is missing after piece {chunks} of {CHUNK} bytes")
            }
            Self::Chunk { number } => {
                write!(f, "piece {number} of {CHUNK} bytes was changed, cut short, or does not belong in this place")
            }
        }
    }
}

impl std::error::Error for Unopened {}

impl<W> std::fmt::Debug for StreamSealer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamSealer")
    }
}

impl<R> std::fmt::Debug for StreamOpener<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StreamOpener")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Folders;
    use crate::settings::test_place::TestPlace;

    const NAME: &str = "RIGD_US_SIM_01_20261121T220000Z";

    fn vault(place: &TestPlace) -> (Vault, KeySource) {
        let folders = Folders::new(place.to_path_buf());
        folders.make(None).unwrap();
        let source = KeySource { credential: None, file: folders.keys().join("tbot.key") };
        (Vault::create(&folders, source.clone()).unwrap(), source)
    }

    fn sealed(vault: &Vault, plain: &[u8]) -> Vec<u8> {
        let mut sealer = vault.seal_stream(NAME, Vec::new()).unwrap();
        sealer.write_all(plain).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(keys: &KeySource, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut opener = keys.open_stream(Path::new("b.backup"), bytes).map_err(|e| e.to_string())?.1;
        let mut plain = Vec::new();
        opener.read_to_end(&mut plain).map(|_| plain).map_err(|e| e.to_string())
    }

    #[test]
    fn rep_9_a_stream_of_every_length_opens_as_it_was_sealed() {
        let place = TestPlace::new();
        let (vault, keys) = vault(&place);
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
            let plain: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let bytes = sealed(&vault, &plain);
            assert!(opened(&keys, &bytes).unwrap() == plain, "{length}");
            assert!(bytes.windows(64).all(|w| !plain.windows(64).step_by(5_000).any(|p| p == w)), "{length}");
        }
    }

    #[test]
    fn rep_9_a_byte_changed_a_piece_moved_or_an_end_cut_is_found() {
        let place = TestPlace::new();
        let (vault, keys) = vault(&place);
        let bytes = sealed(&vault, &vec![7; 3 * CHUNK]);
        let (head, sealed_chunk) = (bytes.len() - 3 * (CHUNK + TAG), CHUNK + TAG);
        for at in (0..bytes.len()).step_by(9_973).chain(head..head + 3).chain(bytes.len() - 3..bytes.len()) {
            let mut touched = bytes.clone();
            touched[at] ^= 1;
            assert!(opened(&keys, &touched).is_err(), "byte {at}");
        }
        let piece = |n: usize| &bytes[head + n * sealed_chunk..head + (n + 1) * sealed_chunk];
        let begin = &bytes[..head];
        let said = |parts: &[&[u8]]| opened(&keys, &parts.concat()).unwrap_err();
        assert!(said(&[begin, piece(1), piece(0), piece(2)]).contains("piece 1"), "swapped");
        assert!(said(&[begin, piece(0), piece(0), piece(2)]).contains("piece 2"), "repeated");
        assert!(said(&[begin, piece(0), piece(2)]).contains("piece 2"), "left out");
        assert!(said(&[begin, piece(0), piece(1)]).contains("its end is missing after piece 2"));
        assert!(said(&[begin, piece(0), piece(1), piece(2), piece(2)]).contains("piece 3"), "something added");
        assert!(said(&[begin]).contains("piece 1"), "nothing but its beginning");
        for cut in [10, begin.len() - 1, head + 5, bytes.len() - 1] {
            assert!(opened(&keys, &bytes[..cut]).is_err(), "cut at {cut}");
        }
        let other = sealed(&vault, &vec![7; 3 * CHUNK]);
        assert!(said(&[begin, &other[head..]]).contains("piece 1"), "pieces of another backup");
    }

    #[test]
    fn ops_2_another_key_is_said_and_the_name_is_sealed_with_it() {
        let place = TestPlace::new();
        let (vault, keys) = vault(&place);
        let bytes = sealed(&vault, b"books");
        let elsewhere = TestPlace::new();
        let (_, other) = self::vault(&elsewhere);
        assert!(opened(&other, &bytes).unwrap_err().contains("was sealed with key"));
        assert_eq!(keys.open_stream(Path::new("b.backup"), bytes.as_slice()).unwrap().0, NAME);
        let renamed = String::from_utf8_lossy(&bytes[..80]).find("_01_").unwrap();
        let mut other_name = bytes.clone();
        other_name[renamed + 2] = b'2';
        assert!(opened(&keys, &other_name).unwrap_err().contains("is damaged or was changed"));
        let before = opened(&keys, &bytes).unwrap();
        vault.rotate().unwrap();
        assert_eq!(before, b"books");
        assert!(opened(&keys, &bytes).unwrap_err().contains("which is not here"), "the key that went opens it alone");
        assert_eq!(opened(&keys, &sealed(&vault, b"new")).unwrap(), b"new");
    }
}
