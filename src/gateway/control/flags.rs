//! Flags: commands as files, for when nothing else answers (LIFE-5). A flag is consumed by renaming it; it counts only
//! when it is a plain file of the bot's own user.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use desk::domain::bot::{Command, FreezeName};

use super::error::ControlError;
use super::folder::ControlFolder;

/// How much of a flag's text is kept as the reason.
const REASON: usize = 200;
/// Larger files are not read.
const LARGEST: u64 = 4_096;

/// A command as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// `control_kill.flag`.
    Kill,
    /// `control_stop.flag`.
    Stop,
    /// `control_freeze.flag`.
    Freeze,
    /// `control_start.flag`.
    Start,
    /// `test_mode.flag`.
    Rehearse,
}

/// What was found of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It counts; with the first line of its text as the reason.
    Command(Flag, String),
    /// It does not, and why.
    Refused(Flag, String),
}

/// Watches the flags of a folder.
#[derive(Debug)]
pub struct Flags {
    folder: ControlFolder,
    /// What was refused and could not be moved away: told once.
    told: BTreeMap<Flag, String>,
    /// Whether nothing was looked at yet.
    fresh: bool,
}

impl Flag {
    /// All, the most urgent first.
    pub const ALL: [Self; 5] = [Self::Kill, Self::Stop, Self::Freeze, Self::Start, Self::Rehearse];

    /// The file's name.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Kill => "control_kill.flag",
            Self::Stop => "control_stop.flag",
            Self::Freeze => "control_freeze.flag",
            Self::Start => "control_start.flag",
            Self::Rehearse => "test_mode.flag",
        }
    }

    /// Whether it is raised in a control folder that is only looked at, or was read and is not carried out yet.
    #[must_use]
    pub fn waits(self, control: &Path) -> bool {
        let path = control.join(self.file());
        ["flag", "taking"].iter().any(|ending| path.with_extension(ending).exists())
    }

    fn path(self, folder: &ControlFolder, ending: &str) -> PathBuf {
        folder.path().join(self.file()).with_extension(ending)
    }

    /// What it commands; the freeze that it sets is named `file`.
    #[must_use]
    pub fn command(self) -> Option<Command> {
        Some(match self {
            Self::Kill => Command::Kill,
            Self::Stop => Command::Stop,
            Self::Freeze => Command::Freeze("file".parse::<FreezeName>().ok()?),
            Self::Start => Command::Start,
            Self::Rehearse => Command::Rehearse,
        })
    }

    /// Puts the flag up, for a bot that does not answer; without the reason where the disk has no room for it.
    ///
    /// # Errors
    /// [`ControlError::File`].
    pub fn raise(self, folder: &ControlFolder, why: &str) -> Result<(), ControlError> {
        let path = folder.path().join(self.file());
        let bare = |_| std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path).map(drop);
        crate::settings::replace(&path, why.as_bytes()).or_else(bare).map_err(|e| ControlError::file(&path, e))
    }
}

impl Flags {
    /// Watches this folder.
    #[must_use]
    pub const fn new(folder: ControlFolder) -> Self {
        Self { folder, told: BTreeMap::new(), fresh: true }
    }

    /// Consumes the flags that are up, the most urgent first. Cheap where there is none: meant to be asked often.
    pub fn take(&mut self) -> Vec<Found> {
        Flag::ALL.into_iter().filter_map(|flag| self.take_one(flag)).collect()
    }

    /// The kill flag has done its work: the latch is on the disk, and the next process need not be told.
    pub fn done(&self, flag: Flag) {
        let taking = flag.path(&self.folder, "taking");
        if flag == Flag::Kill && taking.exists() {
            // What stays is taken once more; a kill twice has the effect of one.
            let _ = move_away(&taking, "taken");
        }
    }

    fn take_one(&mut self, flag: Flag) -> Option<Found> {
        let up = self.folder.path().join(flag.file());
        let is_gone = |path: &Path| path.symlink_metadata().is_err_and(|e| e.kind() == io::ErrorKind::NotFound);
        // A kill flag is consumed in two steps, so that a process that dies between the two leaves it to the next one.
        let left = std::mem::take(&mut self.fresh).then(|| Flag::Kill.path(&self.folder, "taking"));
        let left = left.filter(|path| flag == Flag::Kill && !is_gone(path));
        if left.is_none() && is_gone(&up) {
            self.told.remove(&flag);
            return None;
        }
        // Renamed first, looked at afterwards: nobody can put another file in its place between the two.
        let ending = if flag == Flag::Kill { "taking" } else { "taken" };
        let moved = left.map_or_else(|| move_away(&up, ending), Ok);
        let moved = moved.map_err(|e| format!("it cannot be moved away: {e}"));
        let verdict = moved.as_ref().map_err(Clone::clone).and_then(|taken| self.judge(taken));
        match verdict {
            Ok(reason) => Some(Found::Command(flag, reason)),
            Err(reason) => {
                let _ = moved.map(|taken| move_away(&taken, "refused"));
                (self.told.insert(flag, reason.clone()).as_ref() != Some(&reason))
                    .then_some(Found::Refused(flag, reason))
            }
        }
    }

    /// The first line of a flag that counts, or why it does not.
    fn judge(&self, path: &Path) -> Result<String, String> {
        let found = path.symlink_metadata().map_err(|e| e.to_string())?;
        if !found.is_file() {
            return Err("it is no plain file".to_owned());
        }
        if found.uid() != self.folder.owner() {
            return Err(format!("it belongs to user {}, not to the bot's user {}", found.uid(), self.folder.owner()));
        }
        if found.nlink() != 1 {
            return Err(format!("it has {} names; a plain file has one", found.nlink()));
        }
        let text = if found.len() <= LARGEST { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().next().unwrap_or_default().trim();
        Ok(line.chars().filter(|c| !c.is_control()).take(REASON).collect())
    }
}

/// Renames a flag to this ending, or to one with a number where something stands in the way.
fn move_away(path: &Path, ending: &str) -> io::Result<PathBuf> {
    let mut first = None;
    for number in 0..10 {
        let to = path.with_extension(if number == 0 { ending.to_owned() } else { format!("{ending}-{number}") });
        match std::fs::rename(path, &to) {
            Ok(()) => return Ok(to),
            Err(e) => first = first.or(Some(e)),
        }
    }
    Err(first.unwrap_or_else(|| io::ErrorKind::Other.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    fn flags(place: &TestPlace) -> (ControlFolder, Flags) {
        let folder = ControlFolder::open(&place.join("control")).unwrap();
        (folder.clone(), Flags::new(folder))
    }

    #[test]
    fn life_5_a_flag_is_consumed_by_renaming_and_counts_once() {
        let place = TestPlace::new();
        let (folder, mut flags) = flags(&place);
        assert_eq!(flags.take(), []);
        for flag in Flag::ALL {
            flag.raise(&folder, "too hot\nsecond line").unwrap();
            assert_eq!(flags.take(), [Found::Command(flag, "too hot".to_owned())]);
            flags.done(flag);
            assert_eq!(flags.take(), []);
            assert!(!folder.path().join(flag.file()).exists());
        }
        std::fs::write(folder.path().join("control_stop.flag"), "").unwrap();
        Flag::Kill.raise(&folder, "").unwrap();
        let both = [Found::Command(Flag::Kill, String::new()), Found::Command(Flag::Stop, String::new())];
        assert_eq!(flags.take(), both, "kill goes first");
        assert_eq!(Flag::Freeze.command(), Some(Command::Freeze("file".parse().unwrap())));
    }

    #[test]
    fn risk_15_a_kill_flag_whose_process_died_over_it_is_taken_by_the_next_one() {
        let place = TestPlace::new();
        let (folder, mut flags) = flags(&place);
        let kill = [Found::Command(Flag::Kill, "too hot".to_owned())];
        Flag::Kill.raise(&folder, "too hot").unwrap();
        assert_eq!(flags.take(), kill);
        assert_eq!(flags.take(), [], "not by the same one");
        let mut next = Flags::new(folder.clone());
        assert_eq!(next.take(), kill);
        next.done(Flag::Kill);
        assert!(folder.path().join("control_kill.taken").exists());
        assert_eq!(Flags::new(folder).take(), [], "it was done");
    }

    #[test]
    fn life_5_anything_but_a_plain_file_is_refused_with_a_reason_and_told_once() {
        let place = TestPlace::new();
        let (folder, mut flags) = flags(&place);
        let path = folder.path().join("control_kill.flag");
        let cases: [(&dyn Fn(), &str); 3] = [
            (&|| std::os::unix::fs::symlink("/etc/hostname", &path).unwrap(), "no plain file"),
            (&|| std::fs::create_dir(&path).unwrap(), "no plain file"),
            (
                &|| {
                    std::fs::write(place.join("other"), "x").unwrap();
                    std::fs::hard_link(place.join("other"), &path).unwrap();
                },
                "it has 2 names",
            ),
        ];
        for (make, says) in cases {
            make();
            let found = flags.take();
            assert!(matches!(found.as_slice(), [Found::Refused(Flag::Kill, why)] if why.contains(says)), "{found:?}");
            assert_eq!(flags.take(), [], "{says}");
        }
    }

    #[test]
    fn life_5_another_users_flag_is_refused() {
        let place = TestPlace::new();
        let (folder, mut flags) = flags(&place);
        Flag::Kill.raise(&folder, "").unwrap();
        if std::os::unix::fs::chown(folder.path().join("control_kill.flag"), Some(65_534), None).is_err() {
            // Only root can give a file away.
            return;
        }
        let found = flags.take();
        assert!(
            matches!(found.as_slice(), [Found::Refused(Flag::Kill, why)] if why.contains("user 65534")),
            "{found:?}"
        );
    }
}
