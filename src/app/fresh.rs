//! A first start that fails leaves nothing half-made (LIFE-1): what it made in an empty place goes again.

use std::path::{Path, PathBuf};

/// A data folder that was missing or empty; unless it is kept, all that was made in it goes when this is dropped.
#[derive(Debug)]
pub(super) struct Fresh {
    /// The folder to empty, and the folders above it that were missing, the nearest first.
    made: Option<(PathBuf, Vec<PathBuf>)>,
}

impl Fresh {
    /// Looks at a data folder before anything is made there.
    pub(super) fn of(data: &Path) -> Self {
        let empty = match std::fs::read_dir(data) {
            Ok(mut inside) => inside.next().is_none(),
            Err(e) => e.kind() == std::io::ErrorKind::NotFound,
        };
        let missing = data.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.exists());
        Self { made: empty.then(|| (data.to_owned(), missing.map(Path::to_owned).collect())) }
    }

    /// The start has succeeded: everything stays.
    pub(super) fn keep(mut self) {
        self.made = None;
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let Some((data, missing)) = self.made.take() else { return };
        let inside = std::fs::read_dir(&data).into_iter().flatten().flatten();
        for path in inside.map(|entry| entry.path()) {
            // Nothing more can be done here where even this fails; the next start says what is in its way.
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
        for folder in missing {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn life_1_a_failed_first_start_leaves_nothing_and_a_later_one_everything() {
        let place = TestPlace::new();
        let data = place.join("above").join("data");
        let fill = || {
            std::fs::create_dir_all(data.join("keys")).unwrap();
            std::fs::write(data.join("life.log"), "").unwrap();
        };
        let fresh = Fresh::of(&data);
        fill();
        drop(fresh);
        assert!(!place.join("above").exists(), "the folders above that were made for it go, too");
        assert!(place.exists());
        std::fs::create_dir_all(&data).unwrap();
        let fresh = Fresh::of(&data);
        fill();
        drop(fresh);
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0, "a folder that was there stays, empty");
        let fresh = Fresh::of(&data);
        fill();
        fresh.keep();
        drop(Fresh::of(&data));
        assert!(data.join("life.log").exists(), "what a bot has made is never touched");
    }
}
