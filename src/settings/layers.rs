//! Boot keys from where they come (OPS-1), later wins: built-in defaults (`config/default.toml` as it was when the program was
//! built among them), `config/default.toml`,
//! `config/{environment}.toml`, `{data}/boot.toml`, the environment, flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use config::{Environment, FileFormat, Source as _, Value, ValueKind};

use super::catalogue::{boot_keys, find};
use super::error::SettingsError;
use super::key::{Home, Key};
use super::nearest::nearest;
use super::runtime::rows;

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The folder of `default.toml` and `{environment}.toml`.
    pub config: PathBuf,
    /// Whether somebody has named that folder: then it has to be there.
    pub named: bool,
    /// Where the data folder is by default; nothing where that is not known.
    pub data: Option<PathBuf>,
    /// The environment's variables; those that begin with `TBOT__` are read.
    pub variables: BTreeMap<String, String>,
    /// Flags: a key, the flag's name, its value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nowhere: there is none, or it is worked out from others.
    Nowhere,
    /// The built-in default.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// A flag.
    Flag(&'static str),
    /// The encrypted configuration.
    Sealed(u32),
}

/// A key with its value and where that came from.
#[derive(Clone, Debug)]
pub struct Effective {
    /// Which.
    pub key: &'static Key,
    /// The value, if there is one.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Values and their origins by key.
pub(super) type Layer = BTreeMap<String, (String, Origin)>;

impl Sources {
    /// The process's own environment, with `config` in the working directory.
    #[must_use]
    pub fn of_process(config: Option<PathBuf>) -> Self {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let set = |name: &str| variables.get(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let data = set("XDG_DATA_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".local").join("share")))
            .map(|base| base.join("tbot"));
        let named = config.is_some();
        Self { config: config.unwrap_or_else(|| PathBuf::from("config")), named, data, variables, flags: Vec::new() }
    }

    /// Adds a flag where it was given.
    pub fn flag(&mut self, key: &'static str, flag: &'static str, value: Option<impl fmt::Display>) {
        self.flags.extend(value.map(|v| (key, flag, v.to_string())));
    }

    /// All layers, later over earlier.
    ///
    /// # Errors
    /// [`SettingsError`]: a file that cannot be read, an unknown key, a key of another home.
    pub(super) fn read(&self) -> Result<Layer, SettingsError> {
        let (variables, flags) = (self.variables()?, self.flags()?);
        let mut first = built_in()?;
        first.extend(file(&self.config.join("default.toml"), &[])?);
        let chosen = |key: &str, layers: &[&Layer]| {
            let found = layers.iter().rev().find_map(|layer| layer.get(key));
            found.map(|(value, _)| value.clone()).or_else(|| find(key).and_then(|k| k.default.clone()))
        };
        let environment = chosen("bot.environment", &[&first, &variables, &flags]).unwrap_or_default();
        check_word(&environment)?;
        self.check_named(&environment)?;
        let second = file(&self.config.join(format!("{environment}.toml")), &["bot.environment"])?;
        let data = chosen("paths.data", &[&first, &second, &variables, &flags]).map(PathBuf::from);
        let third = match data.as_ref().or(self.data.as_ref()) {
            Some(data) => file(&data.join("boot.toml"), &["bot.environment", "paths.data"])?,
            None => Layer::new(),
        };
        let mut all = Layer::new();
        for layer in [first, second, third, variables, flags] {
            all.extend(layer);
        }
        Ok(all)
    }

    /// A folder that somebody has named, and that has nothing to read, is a slip.
    fn check_named(&self, environment: &str) -> Result<(), SettingsError> {
        let own = format!("{environment}.toml");
        if !self.named || ["default.toml", own.as_str()].iter().any(|name| self.config.join(name).is_file()) {
            return Ok(());
        }
        let message = if self.config.is_dir() {
            format!("neither default.toml nor {own} is in this folder; leave --config out to run with what is built in")
        } else {
            "there is no such folder; leave --config out to run with what is built in".to_owned()
        };
        Err(SettingsError::file(&self.config, message))
    }

    fn variables(&self) -> Result<Layer, SettingsError> {
        let source = Environment::with_prefix("TBOT").prefix_separator("__").separator("__");
        let given = self.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let found = source.source(Some(given)).collect().map_err(|e| SettingsError::file("the environment", e))?;
        layer(found, &|key| Origin::Variable(format!("TBOT__{}", key.replace('.', "__").to_ascii_uppercase())))
    }

    fn flags(&self) -> Result<Layer, SettingsError> {
        let mut layer = Layer::new();
        for (key, flag, value) in &self.flags {
            let origin = Origin::Flag(flag);
            known(key, &origin)?;
            layer.insert((*key).to_owned(), (value.clone(), origin));
        }
        Ok(layer)
    }
}

/// The file that the program was built with: it runs without one beside it.
const BUILT_IN: &str = include_str!("../../config/default.toml");

fn built_in() -> Result<Layer, SettingsError> {
    let source = config::File::from_str(BUILT_IN, FileFormat::Toml);
    layer(source.collect().map_err(|e| SettingsError::file("built in", e))?, &|_| Origin::Default)
}

/// A file's values; a file that is not there has none.
pub(super) fn file(path: &Path, not_here: &[&str]) -> Result<Layer, SettingsError> {
    if !path.exists() {
        return Ok(Layer::new());
    }
    let source = config::File::from(path).format(FileFormat::Toml);
    let found = source.collect().map_err(|e| SettingsError::file(path, e))?;
    let layer = layer(found, &|_| Origin::File(path.to_path_buf()))?;
    if let Some(key) = not_here.iter().find(|key| layer.contains_key(**key)) {
        let message = format!("{key} decides whether this very file is read, so it cannot stand in it");
        return Err(SettingsError::file(path, message));
    }
    Ok(layer)
}

fn layer(
    values: impl IntoIterator<Item = (String, Value)>,
    origin: &dyn Fn(&str) -> Origin,
) -> Result<Layer, SettingsError> {
    let mut flat = BTreeMap::new();
    for (name, value) in values {
        flatten(name, value, &mut flat);
    }
    let mut layer = Layer::new();
    for (key, value) in flat {
        let origin = origin(&key);
        known(&key, &origin)?;
        layer.insert(key, (value, origin));
    }
    Ok(layer)
}

fn flatten(path: String, value: Value, flat: &mut BTreeMap<String, String>) {
    match value.kind {
        ValueKind::Table(table) => {
            for (name, inner) in table {
                flatten(format!("{path}.{name}"), inner, flat);
            }
        }
        ValueKind::Array(items) => {
            let words: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
            flat.insert(path, words.join(","));
        }
        _ => {
            flat.insert(path, value.to_string());
        }
    }
}

/// Refuses what is no boot key.
pub(super) fn known(key: &str, origin: &Origin) -> Result<(), SettingsError> {
    if boot_keys().iter().any(|boot| boot.name == key) {
        return Ok(());
    }
    let (key, origin) = (key.to_owned(), origin.to_string());
    if rows().iter().any(|row| row.key.name == key) {
        return Err(SettingsError::WrongHome { key, origin, home: Home::Runtime });
    }
    let near = nearest(&key, boot_keys().iter().map(|boot| boot.name.as_str()));
    let nearest = near.into_iter().map(str::to_owned).collect();
    Err(SettingsError::Unknown { key, origin, nearest })
}

fn check_word(environment: &str) -> Result<(), SettingsError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if (1..=32).contains(&environment.len()) && environment.chars().all(fits) {
        return Ok(());
    }
    Err(SettingsError::NotAllowed {
        key: "bot.environment".to_owned(),
        value: environment.to_owned(),
        origin: "it names a file".to_owned(),
        allowed: "1 to 32 of a-z, 0-9, _ and -".to_owned(),
    })
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("–"),
            Self::Default => f.write_str("built in"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
            Self::Sealed(version) => write!(f, "configuration version {version}"),
        }
    }
}
