//! A folder that is whole or not there.

use std::fs;
use std::path::{Path, PathBuf};

use super::place::{MARK, Place};
use crate::cli::failure::Failure;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tbot-place-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(target: &Path, force: bool, text: &str) -> Result<(), Failure> {
    let place = Place::prepare(target, force)?;
    place.write(MARK, text.as_bytes())?;
    place.keep()
}

#[test]
fn force_replaces_a_run_and_never_a_folder_with_anything_else_in_it() {
    let folder = Folder::new("force");
    let out = folder.0.join("out");
    run(&out, false, "1").unwrap();
    run(&out, true, "2").unwrap();
    assert_eq!(fs::read(out.join(MARK)).unwrap(), b"2");
    fs::write(out.join("notes.txt"), "mine").unwrap();
    let refused = run(&out, true, "3").unwrap_err();
    assert_eq!(refused.code, "output_not_empty");
    assert!(refused.message.contains("notes.txt"), "{refused}");
    assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"mine");
    assert_eq!(folder.names(), ["out"]);
}

#[test]
fn of_two_runs_to_one_place_the_later_one_is_refused_and_leaves_nothing() {
    let folder = Folder::new("race");
    let out = folder.0.join("out");
    let late = Place::prepare(&out, false).unwrap();
    late.write(MARK, b"late").unwrap();
    // The name that the late run uses has this process's number: the first one is put there by hand.
    fs::create_dir(&out).unwrap();
    fs::write(out.join(MARK), "first").unwrap();
    assert_eq!(late.keep().unwrap_err().code, "output_exists");
    assert_eq!(fs::read(out.join(MARK)).unwrap(), b"first");
    assert_eq!(folder.names(), ["out"]);
}

#[test]
fn a_neighbour_named_replaced_is_left_alone() {
    let folder = Folder::new("replaced");
    let (out, neighbour) = (folder.0.join("out"), folder.0.join("out.replaced"));
    fs::create_dir(&neighbour).unwrap();
    fs::write(neighbour.join("a"), "mine").unwrap();
    run(&out, false, "1").unwrap();
    run(&out, true, "2").unwrap();
    assert_eq!(folder.names(), ["out", "out.replaced"]);
    assert_eq!(fs::read(neighbour.join("a")).unwrap(), b"mine");
}
