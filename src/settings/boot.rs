//! Typed boot settings.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use desk::domain::ids::Identity;

use super::catalogue::boot_keys;
use super::error::SettingsError;
use super::folders::Folders;
use super::layers::{Effective, Layer, Origin, Sources};
use super::runtime::words;
use super::secret::mask;

/// What the process has to know before it can read anything else.
#[derive(Clone, Debug)]
pub struct Boot {
    /// Whose bot; nothing before the first set-up.
    pub identity: Option<Identity>,
    /// Which environment's file was read.
    pub environment: String,
    /// Where everything lies.
    pub folders: Folders,
    /// The key's file.
    pub key: PathBuf,
    /// Accounting's folder for the files of day closes.
    pub accounting: Option<PathBuf>,
    /// The database as it was given: a path or `postgres://…`; may hold a password.
    pub database: Option<String>,
    /// The browser's way in.
    pub web: Web,
    /// What is logged, and how.
    pub logging: Logging,
    effective: Vec<Effective>,
}

/// The browser's way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who ends TLS.
    pub tls: Tls,
    /// Whether a proxy stands before it.
    pub behind_proxy: bool,
    /// Which.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Who ends TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Nobody here.
    Off,
    /// The bot, with this certificate and key.
    Files {
        /// The certificate's file.
        certificate: PathBuf,
        /// Its key's file.
        key: PathBuf,
    },
    /// The bot, with a certificate that is made at set-up.
    Own,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logging {
    /// `ENABLE_LOGGING`: must be there and true.
    pub enabled: Option<bool>,
    /// `LOG_FORMAT`: must be there.
    pub format: Option<LogFormat>,
    /// The least important level that is logged.
    pub level: tracing::Level,
    /// The form on stderr.
    pub stderr: StderrFormat,
}

/// The form of the strategies' and trades' logs (REP-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One object a line.
    Json,
    /// Comma-separated.
    Csv,
}

/// The form of the log on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StderrFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Boot {
    /// Reads all sources.
    ///
    /// # Errors
    /// [`SettingsError`] with the key, the value, where it stands and what is allowed.
    pub fn read(sources: &Sources) -> Result<Self, SettingsError> {
        let given = Given { layer: sources.read()? };
        let data = given.path("paths.data").or_else(|| sources.data.clone()).ok_or_else(|| SettingsError::Missing {
            key: "paths.data",
            write: "Neither HOME nor XDG_DATA_HOME is set: give --data DIR".to_owned(),
        })?;
        let folders = Folders::new(absolute(data));
        let key = given.path("paths.key").unwrap_or_else(|| folders.keys().join("tbot.key"));
        let boot = Self {
            identity: given.parsed("bot.identity", |text| text.parse().ok())?,
            environment: given.text("bot.environment").unwrap_or_default(),
            key: absolute(key),
            accounting: given.path("paths.accounting").filter(|p| !p.as_os_str().is_empty()).map(absolute),
            database: given.text("database.url").filter(|url| !url.is_empty()),
            web: web(&given)?,
            logging: logging(&given)?,
            effective: given.effective(&folders),
            folders,
        };
        boot.web.check()?;
        Ok(boot)
    }

    /// Every boot key with its value and where that came from, passwords masked.
    #[must_use]
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    /// Where it listens, as a key for `boot.toml`, where a flag has said so: later starts and the service have no flags. A
    /// port that the system chooses is nobody's choice.
    #[must_use]
    pub fn listens_by_flag(&self) -> Option<(&'static str, String)> {
        const KEY: &str = "web.listen";
        let by_flag = self.effective.iter().any(|e| e.key.name == KEY && matches!(e.origin, Origin::Flag(_)));
        (by_flag && self.web.listen.port() != 0).then(|| (KEY, self.web.listen.to_string()))
    }

    /// The database's address: as it was given, or the SQLite file of the identity in the data folder (REP-1).
    #[must_use]
    pub fn database(&self, identity: &Identity) -> String {
        self.database.clone().unwrap_or_else(|| self.own_books(identity).display().to_string())
    }

    /// The SQLite file of the identity in the data folder. Beside it the heads of the books are kept, wherever those are.
    #[must_use]
    pub fn own_books(&self, identity: &Identity) -> PathBuf {
        self.folders.ledgers(identity).join(format!("{identity}_BOT_ledger.db"))
    }

    /// What Start needs besides (OPS-1a, REP-2).
    ///
    /// # Errors
    /// [`SettingsError::Missing`], which says what to write.
    pub fn may_start(&self) -> Result<LogFormat, SettingsError> {
        if self.logging.enabled != Some(true) {
            let write =
                "Nothing trades unseen: write enabled = true under [logging] in boot.toml or config/default.toml";
            return Err(SettingsError::Missing { key: "logging.enabled", write: write.to_owned() });
        }
        self.logging.format.ok_or_else(|| SettingsError::Missing {
            key: "logging.format",
            write: "Write format = \"json\" or format = \"csv\" under [logging] in boot.toml or config/default.toml"
                .to_owned(),
        })
    }
}

impl Web {
    /// WEB-4a: anything but the loopback address needs TLS, or a proxy that is named.
    fn check(&self) -> Result<(), SettingsError> {
        if self.behind_proxy && self.trusted_proxies.is_empty() {
            let message = "a proxy is announced but none is named; name its addresses in web.trusted_proxies";
            let keys = "web.behind_proxy, web.trusted_proxies".to_owned();
            return Err(SettingsError::Together { keys, message: message.to_owned() });
        }
        if self.listen.ip().is_loopback() || self.tls != Tls::Off || self.behind_proxy {
            return Ok(());
        }
        let message = format!(
            "{} can be reached from other machines without TLS. Set web.tls to files or own, or web.behind_proxy with web.trusted_proxies, or listen at 127.0.0.1",
            self.listen
        );
        Err(SettingsError::Together { keys: "web.listen, web.tls".to_owned(), message })
    }
}

/// What the sources gave.
struct Given {
    layer: Layer,
}

impl Given {
    fn text(&self, key: &str) -> Option<String> {
        let default = || boot_keys().iter().find(|boot| boot.name == key)?.default.clone();
        self.layer.get(key).map(|(value, _)| value.clone()).or_else(default)
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).filter(|text| !text.is_empty()).map(PathBuf::from)
    }

    /// A value of a type, or a refusal with what is allowed.
    fn parsed<T>(&self, key: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, SettingsError> {
        let Some(text) = self.text(key) else { return Ok(None) };
        parse(&text).map(Some).ok_or_else(|| SettingsError::NotAllowed {
            key: key.to_owned(),
            origin: self.layer.get(key).map_or(Origin::Default, |(_, origin)| origin.clone()).to_string(),
            allowed: boot_keys().iter().find(|boot| boot.name == key).map(super::Key::allowed).unwrap_or_default(),
            value: text,
        })
    }

    fn effective(&self, folders: &Folders) -> Vec<Effective> {
        let value = |key: &'static super::Key| match self.layer.get(&key.name) {
            Some((value, origin)) => Effective { key, value: Some(mask(value)), origin: origin.clone() },
            None if key.default.is_some() => Effective { key, value: key.default.clone(), origin: Origin::Default },
            None if key.name == "paths.data" => {
                Effective { key, value: Some(folders.data().display().to_string()), origin: Origin::Default }
            }
            None => Effective { key, value: None, origin: Origin::Nowhere },
        };
        boot_keys().iter().map(value).collect()
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

fn web(given: &Given) -> Result<Web, SettingsError> {
    let addresses = |text: &str| words(text).map(|w| w.parse().ok()).collect::<Option<Vec<IpAddr>>>();
    let file = |key: &'static str| {
        given.path(key).map(absolute).ok_or_else(|| SettingsError::Missing {
            key,
            write: "web.tls = files needs web.certificate and web.certificate_key".to_owned(),
        })
    };
    let choice = given.parsed("web.tls", |text| ["off", "files", "own"].into_iter().find(|c| *c == text))?;
    let tls = match choice {
        Some("files") => Tls::Files { certificate: file("web.certificate")?, key: file("web.certificate_key")? },
        Some("own") => Tls::Own,
        _ => Tls::Off,
    };
    Ok(Web {
        listen: given
            .parsed("web.listen", |text| text.parse().ok())?
            .unwrap_or_else(|| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)),
        tls,
        behind_proxy: given.parsed("web.behind_proxy", |text| text.parse().ok())?.unwrap_or(false),
        trusted_proxies: given.parsed("web.trusted_proxies", addresses)?.unwrap_or_default(),
    })
}

fn logging(given: &Given) -> Result<Logging, SettingsError> {
    let format = |text: &str| match text {
        "json" => Some(LogFormat::Json),
        "csv" => Some(LogFormat::Csv),
        _ => None,
    };
    let stderr = |text: &str| match text {
        "text" => Some(StderrFormat::Text),
        "json" => Some(StderrFormat::Json),
        _ => None,
    };
    let level = |text: &str| match text {
        "error" => Some(tracing::Level::ERROR),
        "warn" => Some(tracing::Level::WARN),
        "info" => Some(tracing::Level::INFO),
        "debug" => Some(tracing::Level::DEBUG),
        "trace" => Some(tracing::Level::TRACE),
        _ => None,
    };
    Ok(Logging {
        enabled: given.parsed("logging.enabled", |text| text.parse().ok())?,
        format: given.parsed("logging.format", format)?,
        level: given.parsed("logging.level", level)?.unwrap_or(tracing::Level::INFO),
        stderr: given.parsed("logging.stderr", stderr)?.unwrap_or(StderrFormat::Text),
    })
}

/// Writes `boot.toml` (OPS-1): what the wizard was told, over what stood there.
///
/// # Errors
/// [`SettingsError`] where a key is no boot key, or the file cannot be read or written.
pub fn write_boot(data: &Path, values: &[(&'static str, String)]) -> Result<(), SettingsError> {
    let path = data.join("boot.toml");
    let mut all = super::layers::file(&path, &[])?;
    for (key, value) in values {
        super::layers::known(key, &Origin::File(path.clone()))?;
        all.insert((*key).to_owned(), (value.clone(), Origin::File(path.clone())));
    }
    write_layer(&path, &all)
}

/// Takes what names places of another machine out of a data folder's `boot.toml`; a server's address stays. Gives the keys.
///
/// # Errors
/// [`SettingsError::File`].
pub fn forget_places(data: &Path) -> Result<Vec<String>, SettingsError> {
    let path = data.join("boot.toml");
    let mut all = super::layers::file(&path, &[])?;
    let server = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
    let before: Vec<String> = all.keys().cloned().collect();
    all.retain(|key, (value, _)| match key.as_str() {
        "paths.data" | "paths.key" => false,
        "database.url" => server(value),
        _ => true,
    });
    let gone: Vec<String> = before.into_iter().filter(|key| !all.contains_key(key)).collect();
    if !gone.is_empty() {
        write_layer(&path, &all)?;
    }
    Ok(gone)
}

fn write_layer(path: &Path, all: &Layer) -> Result<(), SettingsError> {
    let mut text = String::from("# Written at set-up; read after config/{environment}.toml, before the environment.\n");
    let mut section = "";
    for (key, (value, _)) in all {
        let (own, name) = key.rsplit_once('.').unwrap_or(("", key));
        if own != section {
            let _ = write!(text, "\n[{own}]\n");
            section = own;
        }
        let _ = writeln!(text, "{name} = {}", serde_json::Value::from(value.as_str()));
    }
    super::folders::replace(path, text.as_bytes())
        .map_err(|e| SettingsError::file(path, format!("cannot be written: {e}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::settings::test_place::TestPlace;

    /// Sources in a folder of their own: `config/` and `data/`.
    fn sources(place: &Path, files: &[(&str, &str)], variables: &[(&str, &str)]) -> Sources {
        for (name, text) in files {
            let path = place.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let variables: BTreeMap<String, String> =
            variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Sources { config: place.join("config"), data: Some(place.join("data")), variables, ..Sources::default() }
    }

    fn origin_of(boot: &Boot, key: &str) -> String {
        boot.effective().iter().find(|e| e.key.name == key).unwrap().origin.to_string()
    }

    #[test]
    fn ops_1_later_sources_win_and_each_value_knows_its_origin() {
        let place = TestPlace::new();
        let files = [
            ("config/default.toml", "[web]\nlisten = \"127.0.0.1:1\"\n[logging]\nlevel = \"warn\"\nenabled = true"),
            ("config/staging.toml", "[web]\nlisten = \"127.0.0.1:2\""),
            ("data/boot.toml", "[web]\nlisten = \"127.0.0.1:3\"\n[bot]\nidentity = \"RIGD_US_SIM_01\""),
        ];
        let environment = ("TBOT__BOT__ENVIRONMENT", "staging");
        let listen = ("TBOT__WEB__LISTEN", "127.0.0.1:4");
        let port = |sources: &Sources| Boot::read(sources).unwrap().web.listen.port();
        assert_eq!(port(&sources(&place, &[], &[])), 7878);
        assert_eq!(port(&sources(&place, &files[..1], &[environment])), 1);
        assert_eq!(port(&sources(&place, &files[..2], &[environment])), 2);
        assert_eq!(port(&sources(&place, &files, &[environment])), 3);
        assert_eq!(port(&sources(&place, &files, &[environment, listen])), 4);
        assert_eq!(Boot::read(&sources(&place, &files, &[environment, listen])).unwrap().listens_by_flag(), None);
        let mut all = sources(&place, &files, &[environment, listen, ("OTHER", "x")]);
        all.flag("web.listen", "--listen", Some("127.0.0.1:5"));
        let boot = Boot::read(&all).unwrap();
        assert_eq!(boot.web.listen.port(), 5);
        assert_eq!(boot.listens_by_flag(), Some(("web.listen", "127.0.0.1:5".to_owned())));
        assert_eq!(boot.logging.level, tracing::Level::WARN);
        assert_eq!(boot.identity, Some("RIGD_US_SIM_01".parse().unwrap()));
        assert_eq!(origin_of(&boot, "web.listen"), "--listen");
        assert_eq!(origin_of(&boot, "bot.environment"), "TBOT__BOT__ENVIRONMENT");
        assert!(origin_of(&boot, "bot.identity").ends_with("data/boot.toml"));
        assert!(origin_of(&boot, "logging.level").ends_with("config/default.toml"));
        assert_eq!(origin_of(&boot, "web.tls"), "built in");
    }

    #[test]
    fn ops_1_what_is_not_allowed_is_refused_with_key_value_origin_and_what_is() {
        let table = [
            (
                "[web]\nlisten = \"here\"",
                &[][..],
                "web.listen (",
                "\"here\" is not allowed. Allowed: an IP address and a port",
            ),
            (
                "[web]\nlisten = \"0.0.0.0:80\"",
                &[],
                "web.listen, web.tls",
                "can be reached from other machines without TLS",
            ),
            ("[web]\nbehind_proxy = true", &[], "web.behind_proxy", "none is named"),
            ("[web]\nlissen = \"x\"", &[], "web.lissen (", "there is no such key. The nearest: web.listen"),
            ("[risk]\nday_loss = 10", &[], "risk.day_loss (", "is a runtime key"),
            ("[logging]\nlevel = \"loud\"", &[], "logging.level", "Allowed: error, warn, info, debug, trace"),
            ("[bot]\nidentity = \"me\"", &[], "bot.identity", "ENTITY_JURISDICTION_BROKER_BOTID"),
            ("web = ", &[], "default.toml", "TOML"),
            ("", &[("TBOT__LOGGING__FORMAT", "xml")], "logging.format (TBOT__LOGGING__FORMAT)", "Allowed: json, csv"),
            ("", &[("TBOT__RISK__FLOAT", "1")], "risk.float (TBOT__RISK__FLOAT)", "is a runtime key"),
            ("", &[("TBOT__BOT__ENVIRONMENT", "../x")], "bot.environment", "1 to 32 of a-z"),
            ("[web]\ntls = \"files\"", &[], "web.certificate", "needs web.certificate and web.certificate_key"),
        ];
        for (text, variables, says, and) in table {
            let place = TestPlace::new();
            let refused = Boot::read(&sources(&place, &[("config/default.toml", text)], variables)).unwrap_err();
            let said = refused.to_string();
            assert!(said.contains(says) && said.contains(and), "{text} {variables:?}: {said}");
        }
        let place = TestPlace::new();
        let own = sources(&place, &[("data/boot.toml", "[paths]\ndata = \"elsewhere\"")], &[]);
        assert!(Boot::read(&own).unwrap_err().to_string().contains("decides whether this very file is read"));
    }

    #[test]
    fn web_4a_other_addresses_are_fine_with_tls_or_a_named_proxy() {
        for text in [
            "[web]\nlisten = \"0.0.0.0:443\"\ntls = \"own\"",
            "[web]\nlisten = \"0.0.0.0:443\"\ntls = \"files\"\ncertificate = \"a\"\ncertificate_key = \"b\"",
            "[web]\nlisten = \"10.0.0.5:80\"\nbehind_proxy = true\ntrusted_proxies = [\"10.0.0.1\", \"::1\"]",
        ] {
            let place = TestPlace::new();
            let boot = Boot::read(&sources(&place, &[("config/default.toml", text)], &[]));
            assert!(boot.is_ok(), "{text}: {boot:?}");
        }
    }

    #[test]
    fn ops_1a_nothing_starts_unless_logging_is_there_and_on() {
        for (text, says) in [
            ("", None),
            ("[logging]\nenabled = false\nformat = \"json\"", Some("logging.enabled")),
            ("[logging]\nformat = \"xml\"", Some("Allowed: json, csv")),
            ("[logging]\nenabled = true\nformat = \"csv\"", None),
        ] {
            let place = TestPlace::new();
            let read = Boot::read(&sources(&place, &[("config/default.toml", text)], &[]));
            let started = read.and_then(|boot| boot.may_start());
            match says {
                Some(says) => assert!(started.as_ref().is_err_and(|e| e.to_string().contains(says)), "{started:?}"),
                None => assert!(started.is_ok(), "{text}: {started:?}"),
            }
        }
    }

    #[test]
    fn ops_1_the_defaults_are_in_the_binary_and_a_named_folder_has_to_be_there() {
        let place = TestPlace::new();
        let bare = sources(&place, &[], &[]);
        let boot = Boot::read(&bare).unwrap();
        assert_eq!(boot.may_start(), Ok(LogFormat::Json));
        assert_eq!(origin_of(&boot, "logging.enabled"), "built in");
        let named = Sources { named: true, ..bare.clone() };
        let refused = Boot::read(&named).unwrap_err().to_string();
        assert!(refused.contains("config") && refused.contains("there is no such folder"), "{refused}");
        std::fs::create_dir_all(place.join("config")).unwrap();
        let refused = Boot::read(&named).unwrap_err().to_string();
        assert!(refused.contains("neither default.toml nor production.toml"), "{refused}");
        std::fs::write(place.join("config/default.toml"), "[logging]\nformat = \"csv\"").unwrap();
        assert_eq!(Boot::read(&named).unwrap().may_start(), Ok(LogFormat::Csv));
    }

    #[test]
    fn ops_1_the_wizards_answers_are_read_back_and_passwords_stay_hidden() {
        let place = TestPlace::new();
        let data = place.join("data");
        std::fs::create_dir_all(&data).unwrap();
        write_boot(&data, &[("web.listen", "127.0.0.1:9".to_owned()), ("logging.format", "csv".to_owned())]).unwrap();
        write_boot(&data, &[("database.url", "postgres://me:geheim@db/books".to_owned())]).unwrap();
        assert!(write_boot(&data, &[("risk.float", "1".to_owned())]).is_err());
        let boot = Boot::read(&sources(&place, &[], &[])).unwrap();
        assert_eq!((boot.web.listen.port(), boot.logging.format), (9, Some(LogFormat::Csv)));
        let identity = "RIGD_US_SIM_01".parse().unwrap();
        assert_eq!(boot.database(&identity), "postgres://me:geheim@db/books");
        let shown = boot.effective().iter().find(|e| e.key.name == "database.url").unwrap().value.clone().unwrap();
        assert_eq!(shown, "postgres://me:***@db/books");
    }
}
