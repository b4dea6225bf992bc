//! Files into a sealed archive: one after the other, packed by zstd, sealed in chunks, hashed as they are written.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use zstd::stream::write::Encoder;

use super::error::BackupError;
use super::manifest::{FORM, Header, Kept, Manifest, Said};
use crate::gateway::vault::{StreamSealer, Vault};

/// How hard zstd tries: its own usual level.
const LEVEL: i32 = 3;

/// An archive in the making.
pub(super) struct Packer {
    path: PathBuf,
    inner: Encoder<'static, StreamSealer<Hashing<BufWriter<File>>>>,
    kept: Vec<Kept>,
}

/// An archive that is whole and on the disk, under the name it was made under.
pub(super) struct Packed {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Packer {
    /// Begins an archive of this name at a path.
    pub(super) fn begin(vault: &Vault, name: &str, path: &Path) -> Result<Self, BackupError> {
        let fail = |e| BackupError::file(path, e);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fail)?;
        let sealer = vault.seal_stream(name, Hashing::new(BufWriter::new(file)))?;
        let mut inner = Encoder::new(sealer, LEVEL).map_err(fail)?;
        writeln!(inner, "{FORM}").map_err(fail)?;
        Ok(Self { path: path.to_owned(), inner, kept: Vec::new() })
    }

    /// Adds so many bytes as a file.
    pub(super) fn add(&mut self, path: &str, size: u64, from: impl Read) -> Result<(), BackupError> {
        let header = Said::File(Header { path: path.to_owned(), size });
        self.line(&header)?;
        let mut read = Hashing::new(io::sink());
        let copied = io::copy(&mut Teed { from: from.take(size), to: &mut read }, &mut self.inner);
        let copied = copied.map_err(|e| BackupError::file(&self.path, e))?;
        if copied != size {
            let why = format!("{path} became shorter while it was read");
            return Err(BackupError::file(&self.path, io::Error::other(why)));
        }
        self.kept.push(Kept { path: path.to_owned(), size, sha256: read.digest() });
        Ok(())
    }

    /// Ends the archive; it is on the disk when this returns.
    pub(super) fn end(
        mut self,
        manifest: impl FnOnce(Vec<Kept>) -> Manifest,
    ) -> Result<(Manifest, Packed), BackupError> {
        let manifest = manifest(std::mem::take(&mut self.kept));
        self.line(&Said::Manifest(Box::new(manifest.clone())))?;
        let path = self.path;
        let packed = self.inner.finish().and_then(StreamSealer::finish).and_then(|hashing| {
            let (bytes, sha256) = (hashing.bytes, hashing.digest());
            let file = hashing.inner.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            Ok(Packed { bytes, sha256 })
        });
        Ok((manifest, packed.map_err(|e| BackupError::file(&path, e))?))
    }

    fn line(&mut self, said: &Said) -> Result<(), BackupError> {
        let text = serde_json::to_vec(said).map_err(|e| BackupError::file(&self.path, e.into()))?;
        let written = self.inner.write_all(&text).and_then(|()| self.inner.write_all(b"\n"));
        written.map_err(|e| BackupError::file(&self.path, e))
    }
}

/// Counts and hashes what goes through it.
pub(super) struct Hashing<W> {
    inner: W,
    hash: Sha256,
    pub(super) bytes: u64,
}

impl<W> Hashing<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    /// The SHA-256 of it all, 64 hexadecimal digits.
    pub(super) fn digest(&self) -> String {
        HEXLOWER.encode(&self.hash.clone().finalize())
    }

    pub(super) fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What is read is written elsewhere, too.
struct Teed<'a, R, W> {
    from: R,
    to: &'a mut W,
}

impl<R: Read, W: Write> Read for Teed<'_, R, W> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.to.write_all(into.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}
