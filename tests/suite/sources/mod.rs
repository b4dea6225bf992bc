//! Reads the repository's own sources, for the rules that no compiler keeps.

/// Paths that a file names.
pub(crate) mod paths;
/// A file as a list of words and signs.
pub(crate) mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the repository.
pub(crate) struct Source {
    /// Its path in the repository, with `/` between folders.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Whether a path ends in `.rs`, `.md` or the like.
pub(crate) fn ends_in(path: &str, ending: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == ending)
}

/// Where the repository lies.
pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder of the repository that is text and whose path passes, by path.
pub(crate) fn files(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<Source> {
    let root = repository();
    let mut paths = Vec::new();
    walk(&root.join(folder), &mut paths);
    let relative = |path: &Path| {
        let parts = path.strip_prefix(&root).unwrap().components();
        parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
    };
    let mut found: Vec<Source> = paths
        .iter()
        .map(|path| (relative(path), path))
        .filter(|(name, _)| wanted(name))
        .filter_map(|(name, path)| Some(Source { path: name, text: fs::read_to_string(path).ok()? }))
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // Built files, somebody else's files, and the history are not ours to judge.
        if ["target", "vendor", ".git", "node_modules"].iter().any(|skip| name == *skip) {
            continue;
        }
        if entry.path().is_dir() {
            walk(&entry.path(), paths);
        } else {
            paths.push(entry.path());
        }
    }
}
