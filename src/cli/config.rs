//! `tbot config`: every key, its value, where that came from, what is allowed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use desk::domain::bot::{Origin as CallerOrigin, Who};
use serde_json::{Value, json};

use super::bot::BotArguments;
use super::failure::{Exit, Failure};
use super::{console, examples};
use crate::gateway::clock;
use crate::gateway::control::holder;
use crate::gateway::vault::{KeySource, Saving, Vault, VaultError};
use crate::settings::{
    Boot, Change, Effective, Home, Key, Kind, Origin, Runtime, Takes, catalogue, difference, find, markdown, nearest,
    write_boot,
};

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Print the effective value of each key with its origin, secrets masked
    #[command(after_help = examples(&["tbot config show", "tbot config show --section risk", "tbot config show --json"]))]
    Show(Show),
    /// Print every key with its home, bounds, default, and who may change it
    #[command(after_help = examples(&["tbot config keys", "tbot config keys --markdown > docs/CONFIGURATION.md", "tbot config keys --json"]))]
    Keys(Keys),
    /// Read a file with keys or their older flat names
    #[command(after_help = examples(&["tbot config import old.env --check", "tbot config import old.env --json"]))]
    Import(Import),
}

/// Which part.
#[derive(Debug, Args)]
pub struct Show {
    /// This section alone
    #[arg(long, value_name = "SECTION")]
    section: Option<String>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// In which form.
#[derive(Debug, Args)]
pub struct Keys {
    /// As the page of the documentation
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// What to read.
#[derive(Debug, Args)]
pub struct Import {
    /// Lines NAME=VALUE; a path among them that does not begin with / is meant from the file's own folder
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say what would change, and change nothing
    #[arg(long)]
    check: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bot: BotArguments,
}

/// Does what is asked.
///
/// # Errors
/// What is wrong with a value, a file, or the vault.
pub fn run(verb: &ConfigVerb) -> Result<(), Failure> {
    match verb {
        ConfigVerb::Show(arguments) => show(arguments),
        ConfigVerb::Keys(arguments) => {
            keys(arguments);
            Ok(())
        }
        ConfigVerb::Import(arguments) => import(arguments),
    }
}

/// The newest version of the runtime configuration and its number; the defaults and 0 where none was saved yet.
pub(super) fn runtime(boot: &Boot) -> Result<(Runtime, u32), Failure> {
    let vault = match Vault::open(&boot.folders, KeySource::of_process(boot.key.clone())) {
        Err(VaultError::NoKey { .. }) => return Ok((Runtime::default(), 0)),
        opened => opened?,
    };
    match vault.newest()? {
        Some(version) => {
            Ok((Runtime::read(&version.document, &format!("version {}", version.number))?, version.number))
        }
        None => Ok((Runtime::default(), 0)),
    }
}

fn show(arguments: &Show) -> Result<(), Failure> {
    let boot = arguments.bot.boot()?;
    let (runtime, version) = runtime(&boot)?;
    let origin = || if version == 0 { Origin::Default } else { Origin::Sealed(version) };
    let values = runtime.values().map(|(key, value)| Effective { key, value: Some(value), origin: origin() });
    let all: Vec<Effective> = boot.effective().iter().cloned().chain(values).collect();
    let wanted = |e: &&Effective| arguments.section.as_ref().is_none_or(|s| in_section(&e.key.name, s));
    let shown: Vec<&Effective> = all.iter().filter(wanted).collect();
    if shown.is_empty() {
        let section = arguments.section.as_deref().unwrap_or_default();
        let near = nearest(section, catalogue().map(Key::section)).join(", ");
        return Err(Failure::bad_input(
            "unknown_section",
            format!("there is no section {section:?}. The nearest: {near}"),
        ));
    }
    if arguments.json {
        let object: serde_json::Map<String, Value> = shown
            .iter()
            .map(|e| {
                (e.key.name.clone(), json!({ "value": e.value, "origin": e.origin.to_string(), "unit": e.key.unit }))
            })
            .collect();
        console::say(&Value::Object(object).to_string());
        return Ok(());
    }
    let row = |e: &&Effective| {
        let value = e.value.clone().filter(|v| !v.is_empty()).unwrap_or_else(|| "–".to_owned());
        vec![e.key.name.clone(), value, e.key.unit.to_owned(), e.origin.to_string()]
    };
    console::say(&console::text_table(&["key", "value", "unit", "from"], &shown.iter().map(row).collect::<Vec<_>>()));
    Ok(())
}

fn in_section(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

fn keys(arguments: &Keys) {
    if arguments.markdown {
        console::say(markdown().trim_end());
        return;
    }
    if arguments.json {
        let object = |key: &Key| {
            json!({
                "key": key.name, "home": key.home.as_str(), "section": key.section(), "allowed": key.kind.to_string(),
                "unit": key.unit, "default": key.default, "who": key.who(), "older": key.older, "help": key.help,
            })
        };
        console::say(&Value::Array(catalogue().map(object).collect()).to_string());
        return;
    }
    let row = |key: &Key| {
        let default = key.default.clone().filter(|d| !d.is_empty()).unwrap_or_else(|| "–".to_owned());
        vec![key.name.clone(), key.home.as_str().to_owned(), key.allowed(), default, key.help.to_owned()]
    };
    let rows: Vec<_> = catalogue().map(row).collect();
    console::say(&console::text_table(&["key", "home", "allowed", "default", "what it does"], &rows));
}

/// What an older configuration says, by home.
#[derive(Debug, Default, PartialEq, Eq)]
struct Older {
    boot: Vec<(&'static str, String)>,
    runtime: Vec<(&'static str, String)>,
}

impl Older {
    /// Makes paths whole: one that does not begin at the root is meant from the folder of the file that names it, wherever the
    /// command is given and wherever the bot will read it.
    fn settle(&mut self, file: &Path) -> Result<(), Failure> {
        let of_path = |name: &str| find(name).is_some_and(|key| matches!(key.kind, Kind::Path));
        let all = self.runtime.iter_mut().chain(&mut self.boot);
        for (_, value) in all.filter(|(name, value)| of_path(name) && !value.is_empty()) {
            let beside = file.parent().unwrap_or(Path::new("")).join(&*value);
            let whole = std::path::absolute(&beside);
            let whole = whole.map_err(|e| Failure::bad_input("import", format!("{}: {e}", beside.display())))?;
            *value = whole.display().to_string();
        }
        Ok(())
    }
}

fn import(arguments: &Import) -> Result<(), Failure> {
    let boot = arguments.bot.boot()?;
    let mut older = older(&arguments.file)?;
    older.settle(&arguments.file)?;
    let (now, version) = runtime(&boot)?;
    let mut new = now.clone();
    let origin = arguments.file.display().to_string();
    for (key, value) in &older.runtime {
        new.set(key, value, &origin)?;
    }
    new.validate()?;
    let changes = difference(&now, &new);
    // A start takes the newest version: one that cannot be applied is none.
    new.may_follow(&now)?;
    let saved = if arguments.check { None } else { write(&boot, &older, &changes, &new, version, &origin)? };
    let runs = saved.is_some() && holder(&boot.folders.control()).held;
    let done = if arguments.check { "would change" } else { "changed" };
    if arguments.json {
        let boot: BTreeMap<_, _> = older.boot.iter().cloned().collect();
        console::say(
            &json!({ "done": !arguments.check, "boot": boot, "runtime": changes, "version": saved }).to_string(),
        );
        return Ok(());
    }
    for (key, value) in &older.boot {
        console::say(&format!("{done}: {key} = {}", crate::settings::mask(value)));
    }
    for change in &changes {
        console::say(&format!(
            "{done}: {} from {} to {} ({})",
            change.key,
            change.now,
            change.new,
            change.effect.as_str()
        ));
    }
    if let Some(number) = saved.filter(|_| runs) {
        console::say(&format!(
            "saved as version {number}; a bot runs here, so put it into force: tbot apply-config {number}"
        ));
    }
    if older.boot.is_empty() && changes.is_empty() {
        console::say("everything is so already");
    }
    Ok(())
}

fn write(
    boot: &Boot,
    older: &Older,
    changes: &[Change],
    new: &Runtime,
    over: u32,
    origin: &str,
) -> Result<Option<u32>, Failure> {
    let fixed = changes.iter().find(|change| over > 0 && change.takes == Takes::Fixed);
    if let Some(fixed) = fixed.filter(|_| boot.folders.data().join("life.log").exists()) {
        let message = format!("{}: was fixed at set-up at {}; the books stand on it", fixed.key, fixed.now);
        return Err(Failure { exit: Exit::Refused, code: "fixed".into(), message });
    }
    boot.folders.make(None)?;
    if !older.boot.is_empty() {
        write_boot(boot.folders.data(), &older.boot)?;
    }
    if !changes.is_empty() {
        let vault = Vault::create(&boot.folders, KeySource::of_process(boot.key.clone()))?;
        let by = format!("{} ({})", Who::Owner, CallerOrigin::CommandLine.as_str());
        let why = format!("import of {origin}");
        return Ok(Some(vault.save(&new.document(), Saving { at: clock::now(), by, why, over })?));
    }
    Ok(None)
}

fn older(path: &Path) -> Result<Older, Failure> {
    let bad = |message: String| Failure::bad_input("import", format!("{}: {message}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| bad(format!("cannot be read: {e}")))?;
    let mut older = Older::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = number.saturating_add(1);
        let Some((name, value)) = line.split_once('=') else {
            return Err(bad(format!("line {number}: NAME=VALUE is needed, found {:?}", crate::settings::mask(line))));
        };
        let name = name.trim().trim_start_matches("export ");
        let value = value.trim().trim_matches(['"', '\'']);
        let key = find(name).ok_or_else(|| {
            let near = nearest(name, catalogue().map(|k| k.older.unwrap_or(&k.name))).join(", ");
            bad(format!("line {number}: there is no key {name:?}. The nearest: {near}"))
        })?;
        let list = match key.home {
            Home::Boot => &mut older.boot,
            Home::Runtime => &mut older.runtime,
        };
        list.push((&key.name, value.to_owned()));
    }
    Ok(older)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn ops_1a_older_flat_names_are_read() {
        let place = TestPlace::new();
        let file = place.join("old.env");
        std::fs::write(&file, "# older\nexport TOTAL_ALLOCATION=50000\nLOG_FORMAT='csv'\n\nrisk.day_loss = 500\n")
            .unwrap();
        let expected = Older {
            boot: vec![("logging.format", "csv".to_owned())],
            runtime: vec![("risk.gross", "50000".to_owned()), ("risk.day_loss", "500".to_owned())],
        };
        assert_eq!(older(&file), Ok(expected));
        for (text, says) in [
            ("TOTAL_ALOCATION=1", "line 1: there is no key \"TOTAL_ALOCATION\". The nearest: TOTAL_ALLOCATION"),
            ("\nwhat", "line 2: NAME=VALUE"),
        ] {
            std::fs::write(&file, text).unwrap();
            assert!(older(&file).unwrap_err().message.contains(says), "{text}");
        }
    }

    #[test]
    fn ops_1_an_import_seeds_the_first_version_and_a_check_changes_nothing() {
        let place = TestPlace::new();
        let file = place.join("old.env");
        std::fs::write(&file, "MAX_DAILY_LOSS=500\nWEB_LISTEN=127.0.0.1:9000\n").unwrap();
        let bot = BotArguments { data: Some(place.join("data")), config: None };
        let arguments = |check| Import { file: file.clone(), check, json: true, bot: bot.clone() };
        import(&arguments(true)).unwrap();
        assert!(!place.join("data").exists());
        import(&arguments(false)).unwrap();
        let boot = bot.boot().unwrap();
        let (now, version) = runtime(&boot).unwrap();
        assert_eq!((now.get("risk.day_loss").unwrap().as_str(), version), ("500.00", 1));
        assert_eq!(boot.web.listen.port(), 9_000);
    }

    /// OPS-3: what a start could not apply is not saved, and nothing else of the file is.
    #[test]
    fn ops_3_an_import_that_cannot_be_applied_saves_nothing() {
        let place = TestPlace::new();
        let (file, list) = (place.join("old.env"), place.join("list.txt"));
        let bot = BotArguments { data: Some(place.join("data")), config: None };
        let arguments = |check| Import { file: file.clone(), check, json: true, bot: bot.clone() };
        std::fs::write(&file, format!("screener.file={}\nWEB_LISTEN=127.0.0.1:9000\n", list.display())).unwrap();
        for (text, says) in [
            (None, "it cannot be read"),
            (Some("SPY\n$$$"), "list.txt: line 2: something there is no symbol. Allowed:"),
        ] {
            if let Some(text) = text {
                std::fs::write(&list, text).unwrap();
            }
            for check in [true, false] {
                let refused = import(&arguments(check)).unwrap_err().message;
                assert!(refused.contains(says), "{refused}");
            }
        }
        assert!(!place.join("data").exists());
        std::fs::write(&list, "SPY").unwrap();
        import(&arguments(false)).unwrap();

        // A path that is relative is meant from the file's own folder, and a list that vanished is no other key's affair.
        std::fs::write(&file, "screener.file=list.txt\nweb.certificate=tls/own.pem\n").unwrap();
        import(&arguments(false)).unwrap();
        let boot = std::fs::read_to_string(place.join("data/boot.toml")).unwrap();
        assert!(boot.contains(&place.join("tls/own.pem").display().to_string()), "{boot}");
        let (now, version) = runtime(&bot.boot().unwrap()).unwrap();
        assert_eq!((now.get("screener.file").unwrap(), version), (list.display().to_string(), 1), "the same file");
        std::fs::remove_file(&list).unwrap();
        std::fs::write(&file, "MAX_DAILY_LOSS=500\n").unwrap();
        import(&arguments(false)).unwrap();
        assert_eq!(runtime(&bot.boot().unwrap()).unwrap().1, 2);
    }
}
