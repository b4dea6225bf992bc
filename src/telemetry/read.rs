//! The logs read back: the end of each file, line by line.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde_json::{Map, Value};

use super::{SUBJECTS, SYSTEM, home};
use crate::settings::mask;

/// So much of a file's end is read, in bytes.
const TAIL: u64 = 512 * 1_024;

/// The logs that there are; what is an error stands in `errors` once more.
pub fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once(SYSTEM).chain(SUBJECTS)
}

/// The last lines of every log in a folder, each with the name of its log; a file that is not there has none.
#[must_use]
pub fn recent(folder: &Path) -> Vec<Map<String, Value>> {
    names().flat_map(|name| lines(&home(name, folder), name)).collect()
}

fn lines(folder: &Path, name: &'static str) -> Vec<Map<String, Value>> {
    let (text, cut) = tail(&folder.join(format!("{name}.log"))).unwrap_or_default();
    let whole = text.lines().skip(usize::from(cut));
    whole
        .filter_map(|line| match serde_json::from_str(&mask(line)) {
            Ok(Value::Object(mut line)) => {
                line.insert("log".to_owned(), Value::from(name));
                Some(line)
            }
            _ => None,
        })
        .collect()
}

/// The end of a file, and whether its first line is cut.
fn tail(path: &Path) -> std::io::Result<(String, bool)> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), from > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn ops_10_the_end_of_every_log_is_read_back() {
        let place = TestPlace::new();
        let line = |n: u64| format!("{{\"at\":\"t{n}\",\"message\":\"{}\"}}\n", "x".repeat(1_000));
        let long: String = (0..600).map(line).collect();
        std::fs::write(place.join("system.log"), long + "half a li").unwrap();
        std::fs::write(place.join("orders.log"), line(7) + "[1]\n").unwrap();
        let all = recent(&place);
        let of = |name: &str| all.iter().filter(|l| l["log"] == name).count();
        assert_eq!(of("orders"), 1, "what is no line of ours is left out");
        assert!(of("system") > 400 && of("system") < 600, "{}", of("system"));
        assert_eq!(all.iter().rfind(|l| l["log"] == "system").unwrap()["at"], "t599");
    }
}
