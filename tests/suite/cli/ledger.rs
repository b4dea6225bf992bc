use std::path::PathBuf;

use super::tool::{Said, tbot, tbot_well, text};
use crate::places::Folder;

fn demo() -> (Folder, PathBuf) {
    let place = Folder::new();
    let out = place.path().join("out");
    tbot_well(&["demo", "--speed", "max", "--json", "--out", &text(&out)]);
    (place, out)
}

fn verify(path: &std::path::Path, more: &[&str]) -> Said {
    tbot(&[&["ledger", "verify", &text(path)], more].concat())
}

#[test]
fn a_run_verifies_as_folder_and_as_file() {
    let (_place, out) = demo();
    for path in [out.clone(), out.join("ledger.db")] {
        let said = verify(&path, &[]);
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        for words in
            ["entries", "postings", "events", "head of the books", "verified; both heads are those that run.json"]
        {
            assert!(said.out.contains(words), "{words:?} is missing in: {}", said.out);
        }
        let json = verify(&path, &["--json"]).json();
        assert_eq!((&json["verified"], &json["held_against"]), (&true.into(), &"run.json".into()));
        assert!(json["books"][0]["entries"].as_u64().unwrap() > 10);
    }
    // Alone in another folder it still verifies, and says what cannot be seen then.
    let alone = out.with_file_name("alone.db");
    std::fs::copy(out.join("ledger.db"), &alone).unwrap();
    let said = verify(&alone, &[]);
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("no run.json and no file of heads"), "{}", said.out);
    // Nobody signs the books of a run, and that is said.
    assert!(said.out.contains("signatures of day closes: 0 signed, 1 not; NOT CHECKED"), "{}", said.out);
}

#[test]
fn ledg_4a_the_first_thing_that_is_wrong_is_named_and_the_exit_code_is_1() {
    let (_place, out) = demo();
    let file = out.join("ledger.db");
    let whole = std::fs::read(&file).unwrap();
    // A digit of an amount inside an entry's stored bytes, wherever the file has a copy of them.
    let find =
        |from: usize, needle: &[u8]| from + whole[from..].windows(needle.len()).position(|w| w == needle).unwrap();
    let start = find(0, b"{\"v\":1,\"seq\":2,\"entry_id\"");
    let digit = find(find(start, b"\"amount\":\""), b".") - 1;
    let record = &whole[start..=digit];
    let mut changed = whole.clone();
    for at in 0..whole.len() - record.len() {
        if whole[at..].starts_with(record) {
            changed[at + record.len() - 1] = if whole[digit] == b'9' { b'8' } else { whole[digit] + 1 };
        }
    }
    std::fs::write(&file, &changed).unwrap();
    let said = verify(&out, &[]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("WRONG, first: entry "), "{}", said.out);
    let json = verify(&out, &["--json"]);
    assert_eq!(json.code, Some(1));
    assert_eq!(json.json()["first_wrong"]["table"], "entry");
    // Another run's head: the books are whole and not these.
    std::fs::write(&file, &whole).unwrap();
    let record = out.join("run.json");
    let head = std::fs::read_to_string(&record).unwrap();
    let mut run: serde_json::Value = serde_json::from_str(&head).unwrap();
    run["books"]["records"] = (run["books"]["records"].as_u64().unwrap() + 1).into();
    std::fs::write(&record, run.to_string()).unwrap();
    let said = verify(&out, &[]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.out.contains("the head kept outside"), "{}", said.out);
}

#[test]
fn what_is_no_ledger_is_bad_input() {
    let place = Folder::new();
    let text_file = place.path().join("notes.db");
    std::fs::write(&text_file, "notes").unwrap();
    let broken = place.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    std::fs::write(broken.join("run.json"), "{\n\"run_id\": 5\n}").unwrap();
    for (path, says) in [
        (place.path().join("nowhere"), "there is no such file"),
        (text_file, "is no database of TBot"),
        (place.path().to_owned(), "ledger.db: there is no such file"),
        (broken, "run.json, line "),
    ] {
        let said = verify(&path, &[]);
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(said.err.contains(says), "{says:?} is missing in: {}", said.err);
    }
}

#[test]
fn d5_a_damaged_file_is_a_finding_in_text_and_in_json() {
    let (_place, out) = demo();
    let file = out.join("ledger.db");
    let whole = std::fs::read(&file).unwrap();
    // Wherever the file has a copy of it, in use or not.
    let mut flipped = whole.clone();
    for at in 0..whole.len() {
        if whole[at..].starts_with(b"CREATE TABLE entry") {
            flipped[at + 8] ^= 0x10;
        }
    }
    for (what, bytes) in [("cut short", &whole[..whole.len() / 2]), ("a flipped byte", &flipped)] {
        std::fs::write(&file, bytes).unwrap();
        let said = verify(&out, &[]);
        assert_eq!(said.code, Some(1), "{what}: {}{}", said.out, said.err);
        assert!(said.out.contains("WRONG, first: "), "{what}: {}", said.out);
        let json = verify(&out, &["--json"]);
        assert_eq!((json.code, &json.json()["verified"]), (Some(1), &false.into()), "{what}");
        assert!(json.json()["first_wrong"]["message"].is_string(), "{what}: {}", json.out);
    }
}
