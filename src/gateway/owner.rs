//! Whose files and processes: the own user, without a call into the system's library.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// The user that this process acts as (`Uid:` of proc(5), the second number).
pub(super) fn own_user() -> io::Result<u32> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let effective = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|uid| uid.parse().ok());
    effective.ok_or_else(|| io::Error::other("/proc/self/status does not say whose process this is"))
}

/// Why a file or folder is not the own user's alone; nothing where it is.
pub(super) fn not_private(found: &Metadata, own: u32) -> Option<String> {
    let mode = found.mode() & 0o7777;
    if found.uid() != own {
        Some(format!("belongs to user {}, not to the bot's user {own}", found.uid()))
    } else if mode & 0o077 != 0 {
        Some(format!("has mode {mode:04o}, which lets others in"))
    } else {
        None
    }
}
