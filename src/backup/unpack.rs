//! Files out of a sealed archive. Nothing is believed before its checksum: whoever calls this has a folder of its own, and
//! puts it in place when all is well.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path};

use zstd::stream::read::Decoder;

use super::error::BackupError;
use super::manifest::{FORM, Header, Kept, Manifest, Said};
use super::pack::Hashing;
use crate::gateway::vault::KeySource;

/// The longest line that is read: a manifest of a hundred thousand files.
const LINE: u64 = 32 * 1024 * 1024;

/// Unpacks an archive into an empty folder, and gives what it says it holds; every file is as it was then.
pub(super) fn unpack(archive: &Path, keys: &KeySource, into: &Path) -> Result<(String, Manifest), BackupError> {
    check_sum(archive)?;
    let file = File::open(archive).map_err(|e| BackupError::file(archive, e))?;
    let (name, opener) = keys.open_stream(archive, BufReader::new(file))?;
    let inner = Decoder::new(opener).map_err(|e| broken(archive, &e))?;
    let mut unpacker = Unpacker { archive, into, from: BufReader::new(inner), kept: Vec::new() };
    let form = unpacker.line()?;
    if form != FORM {
        return Err(BackupError::Form { archive: archive.to_owned(), found: form.chars().take(40).collect() });
    }
    let manifest = unpacker.files()?;
    Ok((name, manifest))
}

/// Holds the archive against the checksum beside it, where there is one.
fn check_sum(archive: &Path) -> Result<(), BackupError> {
    let Some(expected) = checksum(archive)? else { return Ok(()) };
    let fail = |e| BackupError::file(archive, e);
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut File::open(archive).map_err(fail)?, &mut hashing).map_err(fail)?;
    if hashing.digest() == expected { Ok(()) } else { Err(BackupError::Checksum { archive: archive.to_owned() }) }
}

/// The checksum beside an archive, as `sha256sum` writes it.
pub(super) fn checksum(archive: &Path) -> Result<Option<String>, BackupError> {
    let beside = sum_path(archive);
    match std::fs::read_to_string(&beside) {
        Ok(text) => Ok(Some(text.split_whitespace().next().unwrap_or_default().to_owned())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(BackupError::file(&beside, e)),
    }
}

/// Where an archive's checksum lies.
pub(super) fn sum_path(archive: &Path) -> std::path::PathBuf {
    let mut name = archive.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

struct Unpacker<'a, R> {
    archive: &'a Path,
    into: &'a Path,
    from: R,
    kept: Vec<Kept>,
}

impl<R: BufRead> Unpacker<'_, R> {
    fn files(&mut self) -> Result<Manifest, BackupError> {
        loop {
            let line = self.line()?;
            match serde_json::from_str(&line).map_err(|e| broken(self.archive, &e))? {
                Said::File(header) => self.file(&header)?,
                Said::Manifest(manifest) => {
                    self.nothing_more()?;
                    return self.agree(*manifest);
                }
            }
        }
    }

    fn line(&mut self) -> Result<String, BackupError> {
        let mut line = Vec::new();
        self.from.by_ref().take(LINE).read_until(b'\n', &mut line).map_err(|e| broken(self.archive, &e))?;
        if line.pop() != Some(b'\n') {
            return Err(broken(self.archive, &"it ends in the middle"));
        }
        String::from_utf8(line).map_err(|e| broken(self.archive, &e))
    }

    fn file(&mut self, header: &Header) -> Result<(), BackupError> {
        let inside = Path::new(&header.path);
        if header.path.is_empty() || inside.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(broken(self.archive, &format!("{:?} is no path inside of a folder", header.path)));
        }
        let path = self.into.join(inside);
        let fail = |e| BackupError::file(&path, e);
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(fail)?;
        let mut hashing = Hashing::new(BufWriter::new(file));
        let mut left = header.size;
        let mut buffer = vec![0; 65_536];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let some = buffer.get_mut(..most).unwrap_or_default();
            // What cannot be read is the archive's fault, what cannot be written the disk's.
            let count = self.from.read(some).map_err(|e| broken(self.archive, &e))?;
            if count == 0 {
                return Err(broken(self.archive, &format!("it ends in the middle of {}", header.path)));
            }
            hashing.write_all(some.get(..count).unwrap_or_default()).map_err(fail)?;
            left = left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        }
        let sha256 = hashing.digest();
        let file = hashing.into_inner().into_inner().map_err(|e| fail(e.into_error()))?;
        file.sync_all().map_err(fail)?;
        self.kept.push(Kept { path: header.path.clone(), size: header.size, sha256 });
        Ok(())
    }

    /// The archive ends here, and its last chunk says so.
    fn nothing_more(&mut self) -> Result<(), BackupError> {
        let mut rest = [0; 1];
        match self.from.read(&mut rest).map_err(|e| broken(self.archive, &e))? {
            0 => Ok(()),
            _ => Err(broken(self.archive, &"something follows its last line")),
        }
    }

    /// The manifest names what was unpacked, file by file.
    fn agree(&self, manifest: Manifest) -> Result<Manifest, BackupError> {
        let paths: BTreeSet<&str> = self.kept.iter().map(|k| k.path.as_str()).collect();
        let differs = manifest.files.iter().zip(&self.kept).find(|(said, found)| said != found);
        if let Some((said, found)) = differs {
            return Err(broken(self.archive, &format!("{} is not the {} of its manifest", found.path, said.path)));
        }
        if manifest.files.len() != self.kept.len() || paths.len() != self.kept.len() {
            let counts = (self.kept.len(), manifest.files.len());
            return Err(broken(
                self.archive,
                &format!("it holds {} files and its manifest names {}", counts.0, counts.1),
            ));
        }
        Ok(manifest)
    }
}

fn broken(archive: &Path, why: &dyn std::fmt::Display) -> BackupError {
    BackupError::Broken { archive: archive.to_owned(), why: why.to_string() }
}
