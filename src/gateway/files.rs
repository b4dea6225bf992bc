//! How many files the system lets this process have open (connections, databases and logs count in it alike), and how much
//! room a disk has.

use std::path::Path;

/// The bytes that this user may still write where a path lies; nothing where the system does not say.
#[must_use]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// How many; nothing where the system does not say.
#[must_use]
pub fn most_open() -> Option<usize> {
    parse(&std::fs::read_to_string("/proc/self/limits").ok()?)
}

fn parse(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read_where_there_is_one() {
        let text = "Limit       Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files     \n";
        assert_eq!(parse(text), Some(1024));
        for odd in ["", "Max open files", "Max open files unlimited unlimited files"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
        assert!(most_open().is_some());
        assert!(free_bytes(Path::new("/")).is_some() && free_bytes(Path::new("/nowhere")).is_none());
    }
}
