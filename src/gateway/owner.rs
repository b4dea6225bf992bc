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

/// The name of the user that this process acts as, by the list of users; its number where the list has none.
#[must_use]
pub fn own_name() -> String {
    let Ok(own) = own_user() else { return "unknown".to_owned() };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_of(&users, own).map_or_else(|| own.to_string(), str::to_owned)
}

fn name_of(users: &str, own: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next().filter(|name| !name.is_empty())?;
        (parts.nth(1)?.parse() == Ok(own)).then_some(name)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_as_the_list_of_users_has_it() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!((name_of(users, 1000), name_of(users, 0), name_of(users, 7)), (Some("ada"), Some("root"), None));
        assert!(!own_name().is_empty());
    }
}
