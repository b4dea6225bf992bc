//! Every key, in one list (OPS-1a): what `tbot config keys` prints and the documentation is made from.

use std::fmt::Write as _;
use std::sync::LazyLock;

use desk::domain::bot::Action;

use super::key::{Home, Key, Kind, Larger, Needs};
use super::runtime::rows;

const LEVELS: Kind = Kind::Choice(&["error", "warn", "info", "debug", "trace"]);

static BOOT: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let key = |name: &str, kind, default: Option<&str>, older, help| Key {
        name: name.to_owned(),
        home: Home::Boot,
        kind,
        unit: "",
        default: default.map(str::to_owned),
        needs: Needs::Always(Action::Administer),
        larger: Larger::Neither,
        older,
        help,
    };
    vec![
        key(
            "bot.identity",
            Kind::Identity,
            None,
            Some("BOT_IDENTITY"),
            "whose bot; one identity, one ledger, one account",
        ),
        key(
            "bot.environment",
            Kind::Word,
            Some("production"),
            Some("ENVIRONMENT"),
            "which config/{environment}.toml is read",
        ),
        key(
            "paths.data",
            Kind::Path,
            None,
            Some("DATA_DIR"),
            "where everything lies; by default tbot in the user's data folder",
        ),
        key(
            "paths.key",
            Kind::Path,
            None,
            Some("KEY_PATH"),
            "the key file; by default keys/tbot.key in the data folder; a systemd credential tbot.key goes before it",
        ),
        key(
            "paths.accounting",
            Kind::Path,
            None,
            None,
            "accounting's folder: the files of each day's close are written there too, under the identity (LEDG-8a)",
        ),
        key(
            "database.url",
            Kind::Database,
            None,
            Some("DATABASE_URL"),
            "event log and books; by default an SQLite file in the data folder",
        ),
        key(
            "web.listen",
            Kind::Listen,
            Some("127.0.0.1:7878"),
            Some("WEB_LISTEN"),
            "where the browser finds the bot; anything but the loopback address needs TLS or a proxy (WEB-4a)",
        ),
        key(
            "web.tls",
            Kind::Choice(&["off", "files", "own"]),
            Some("off"),
            None,
            "off, a certificate from files, or one that is made at set-up",
        ),
        key("web.certificate", Kind::Path, None, None, "the certificate's file, for web.tls = files"),
        key("web.certificate_key", Kind::Path, None, None, "its key's file"),
        key("web.behind_proxy", Kind::Switch, Some("false"), None, "whether a proxy of yours ends TLS before the bot"),
        key("web.trusted_proxies", Kind::Addresses, Some(""), None, "the addresses of that proxy"),
        key(
            "logging.enabled",
            Kind::Switch,
            None,
            Some("ENABLE_LOGGING"),
            "must be there and true, or the bot does not start",
        ),
        key(
            "logging.format",
            Kind::Choice(&["json", "csv"]),
            None,
            Some("LOG_FORMAT"),
            "form of the strategies' and trades' logs; must be there (REP-2)",
        ),
        key("logging.level", LEVELS, Some("info"), Some("LOG_LEVEL"), "the least important event that is logged"),
        key("logging.stderr", Kind::Choice(&["text", "json"]), Some("text"), None, "form of the log on stderr"),
    ]
});

/// The boot keys.
pub(super) fn boot_keys() -> &'static [Key] {
    &BOOT
}

/// All keys: boot, then runtime.
pub fn catalogue() -> impl Iterator<Item = &'static Key> {
    boot_keys().iter().chain(rows().iter().map(|row| &row.key))
}

/// The key of this name, or of this older flat name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Key> {
    catalogue().find(|key| key.name == name || key.older.is_some_and(|older| older == name))
}

/// The catalogue for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration keys\n\nPrinted by `tbot config keys --markdown`; the order is that of `tbot config show`.\n",
    );
    let mut section = String::new();
    for key in catalogue() {
        if key.section() != section {
            key.section().clone_into(&mut section);
            let _ = write!(
                text,
                "\n## {section} ({})\n\n| key | allowed | default | who may change it | takes effect | older name | what it does |\n| --- | --- | --- | --- | --- | --- | --- |\n",
                key.home.as_str()
            );
        }
        let default = key.default.as_deref().filter(|d| !d.is_empty()).map_or("–".to_owned(), |d| format!("`{d}`"));
        let older = key.older.map_or("–".to_owned(), |o| format!("`{o}`"));
        let _ = writeln!(
            text,
            "| `{}` | {} | {default} | {} | {} | {older} | {} |",
            key.name,
            key.allowed(),
            key.who(),
            key.takes().words(),
            key.help
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ops_1a_each_key_stands_once_and_older_names_are_its_own() {
        let names: BTreeSet<&str> = catalogue().map(|key| key.name.as_str()).collect();
        assert_eq!(names.len(), catalogue().count());
        let older: Vec<&str> = catalogue().filter_map(|key| key.older).collect();
        assert_eq!(older.iter().collect::<BTreeSet<_>>().len(), older.len());
        assert_eq!(find("TOTAL_ALLOCATION").unwrap().name, "risk.gross");
        assert_eq!(find("LOG_FORMAT").unwrap().name, "logging.format");
        assert!(catalogue().all(|key| !key.help.is_empty() && !key.section().is_empty()));
    }
}
