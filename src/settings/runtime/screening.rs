//! What the screener asks of a symbol (TRADE-4), as the pure screen wants it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;

use desk::domain::symbol::Symbol;
use desk::domain::time::Span;
use desk::machines::screener::{Criteria, Flag, parse_list};
use desk::strategies::Chosen;

use super::{Runtime, Screener};
use crate::settings::error::SettingsError;

/// The largest list of symbols, in bytes.
const LARGEST: u64 = 1_048_576;
/// What the file may be.
const ALLOWED: &str = "Allowed: a plain file of at most 1 MiB that the bot can read, one symbol a line or separated by \
                       commas; empty takes all symbols";

impl Runtime {
    /// Who trades and how by this version, and who saved it. A version that has no answer to it cannot be applied, and is not
    /// to be saved.
    ///
    /// # Errors
    /// [`SettingsError::Named`] where the screener's file cannot be used.
    pub fn chosen(&self, version: u32, by: &str) -> Result<Chosen, SettingsError> {
        self.chosen_holding(version, by, None).map(|(chosen, _)| chosen)
    }

    /// The same for a bot that runs: where the file cannot be read any more and is still the one that `held` came from, that
    /// list stays, and why it had to is said beside it.
    ///
    /// # Errors
    /// As [`Self::chosen`].
    pub fn chosen_holding(
        &self,
        version: u32,
        by: &str,
        held: Option<&Held>,
    ) -> Result<(Chosen, Option<SettingsError>), SettingsError> {
        let held = held.filter(|held| held.file == self.screener.file.as_str());
        let (listed, missing) = match (self.screener.listed(), held) {
            (Err(missing), Some(held)) => (Some(held.symbols.clone()), Some(missing)),
            (listed, _) => (listed?, None),
        };
        let screen = self.screener.criteria(listed);
        Ok((Chosen { version, by: by.to_owned(), strategies: self.lines(), screen }, missing))
    }

    /// Nothing where this version may follow another: a list of symbols is asked for where it is named anew.
    ///
    /// # Errors
    /// As [`Self::chosen`].
    pub fn may_follow(&self, before: &Self) -> Result<(), SettingsError> {
        if self.screener.file == before.screener.file { Ok(()) } else { self.chosen(0, "").map(drop) }
    }
}

/// The list that was read of a file, for as long as the file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    file: String,
    symbols: BTreeSet<Symbol>,
}

impl Held {
    /// What a version has brought; nothing where it names no file.
    #[must_use]
    pub fn of(runtime: &Runtime, chosen: &Chosen) -> Option<Self> {
        let symbols = chosen.screen.as_ref()?.file.clone()?;
        Some(Self { file: runtime.screener.file.as_str().to_owned(), symbols })
    }
}

impl Screener {
    fn unfit(&self, message: String) -> SettingsError {
        SettingsError::Named { key: "screener.file", path: self.file.as_str().to_owned(), message }
    }

    fn unread(&self, error: &io::Error) -> SettingsError {
        self.unfit(format!("it cannot be read: {error}. {ALLOWED}"))
    }

    /// The file, where one is named.
    fn opened(&self) -> Result<Option<File>, SettingsError> {
        let path = self.file.as_str();
        if path.is_empty() {
            return Ok(None);
        }
        // Where another path begins depends on who starts the bot, and from where.
        if !Path::new(path).is_absolute() {
            return Err(self.unfit(format!("it has to begin with /. {ALLOWED}")));
        }
        // Of a device or a pipe the reading might never end.
        let about = std::fs::metadata(path).map_err(|e| self.unread(&e))?;
        if !about.is_file() || about.len() > LARGEST {
            let what =
                if about.is_file() { format!("it has {} bytes", about.len()) } else { "it is no plain file".into() };
            return Err(self.unfit(format!("{what}. {ALLOWED}")));
        }
        File::open(path).map(Some).map_err(|e| self.unread(&e))
    }

    /// The symbols of the file, where one is named.
    fn listed(&self) -> Result<Option<BTreeSet<Symbol>>, SettingsError> {
        let Some(file) = self.opened()? else { return Ok(None) };
        let text = io::read_to_string(file).map_err(|e| self.unread(&e))?;
        parse_list(&text).map(Some).map_err(|e| self.unfit(e.of_a_file()))
    }

    /// What is asked of a symbol; nothing where nothing is asked, so that every symbol of the feed is taken. `file` holds
    /// the symbols of [`Screener::file`], where one is named.
    #[must_use]
    pub fn criteria(&self, file: Option<BTreeSet<Symbol>>) -> Option<Criteria> {
        if *self == Runtime::default().screener {
            return None;
        }
        let flags = [(self.shortable, Flag::Shortable), (self.fractionable, Flag::Fractionable)];
        Some(Criteria {
            min_price: self.price_min,
            max_price: self.price_max,
            min_volume: self.volume_min,
            max_age: if self.age_max_minutes == 0 {
                Span::nanos(i64::MAX)
            } else {
                Span::minutes(i64::from(self.age_max_minutes))
            },
            flags: flags.into_iter().filter(|(asked, _)| *asked).map(|(_, flag)| flag).collect(),
            exchanges: BTreeSet::new(),
            blocklist: self.excluded.iter().copied().collect(),
            allowlist: self.symbols.iter().copied().collect(),
            file,
            max_symbols: usize::try_from(self.symbols_max).unwrap_or(usize::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use desk::domain::decimal::{Price, Quantity};
    use desk::domain::time::Timestamp;
    use desk::machines::screener::{Candidate, screen};

    use super::*;
    use crate::settings::test_place::TestPlace;

    #[test]
    fn trade_4_nothing_is_asked_until_somebody_asks_and_then_every_key_counts() {
        assert_eq!(Runtime::default().screener.criteria(None), None);
        let known = |symbol: &str| Candidate {
            price: Some(Price::whole(100)),
            volume: Some(Quantity::whole(1_000)),
            as_of: Some(Timestamp::default()),
            shortable: Some(true),
            fractionable: Some(false),
            ..Candidate::unknown(symbol.parse().unwrap())
        };
        let now = Timestamp::default() + Span::minutes(90);
        for (key, value, code) in [
            ("screener.symbols", "QQQ", "not_allowed"),
            ("screener.excluded", "SPY", "blocked"),
            ("screener.price_min", "100.01", "price_below"),
            ("screener.price_max", "99.99", "price_above"),
            ("screener.volume_min", "1001", "volume_below"),
            ("screener.age_max_minutes", "89", "stale"),
            ("screener.fractionable", "true", "lacks"),
        ] {
            let mut runtime = Runtime::default();
            runtime.set(key, value, "test").unwrap();
            let criteria = runtime.screener.criteria(None).unwrap();
            let found = screen(now, &criteria, &[known("SPY")]);
            let codes: Vec<_> = found.rejected.iter().map(|(_, why)| why.code()).collect();
            assert_eq!(codes, [code], "{key}");
        }
        let mut runtime = Runtime::default();
        runtime.set("screener.symbols_max", "1", "test").unwrap();
        runtime.set("screener.shortable", "true", "test").unwrap();
        let found = screen(now, &runtime.screener.criteria(None).unwrap(), &[known("SPY"), known("QQQ")]);
        assert_eq!((found.chosen.len(), found.rejected[0].1.code()), (1, "full"));
        runtime.set("screener.file", "lists/mine.txt", "test").unwrap();
        let own = Some(BTreeSet::from(["IWM".parse().unwrap()]));
        let found = screen(now, &runtime.screener.criteria(own).unwrap(), &[known("SPY")]);
        assert_eq!(found.rejected[0].1.code(), "not_in_file");
        assert!(runtime.set("screener.file", "a\nb", "test").is_err());
    }

    /// OPS-1, OPS-3: a file that cannot be used is refused with its name, line and value, and with what is allowed.
    #[test]
    fn ops_3_a_list_that_cannot_be_used_is_refused_with_its_place() {
        let place = TestPlace::new();
        let list = place.join("list.txt");
        let chosen = |path: &std::path::Path| {
            let mut runtime = Runtime::default();
            runtime.set("screener.file", &path.display().to_string(), "test").unwrap();
            runtime
                .chosen(2, "ann")
                .map(|c| c.screen.and_then(|s| s.file))
                .map_err(|e| (e.key() == Some("screener.file"), e.to_string()))
        };
        std::fs::write(&list, "SPY\nQQQ # index").unwrap();
        assert_eq!(chosen(&list).unwrap().map(|all| all.len()), Some(2));
        for (text, says) in [
            ("SPY\nS P Y", "list.txt: line 2: something there is no symbol. Allowed: 1 to 22"),
            (&"A".repeat(1_048_577), "it has 1048577 bytes. Allowed: a plain file"),
        ] {
            std::fs::write(&list, text).unwrap();
            let (beside, said) = chosen(&list).unwrap_err();
            assert!(beside && said.contains(says), "{said}");
        }
        // OPS-3: a list that vanished stands in the way of its own change alone; meanwhile the one that was read holds.
        std::fs::write(&list, "SPY").unwrap();
        let mut before = Runtime::default();
        before.set("screener.file", &list.display().to_string(), "test").unwrap();
        let held = Held::of(&before, &before.chosen(1, "ann").unwrap());
        std::fs::remove_file(&list).unwrap();
        let (mut other, mut elsewhere) = (before.clone(), before.clone());
        other.set("screener.price_min", "5", "test").unwrap();
        elsewhere.set("screener.file", "/nowhere.txt", "test").unwrap();
        assert!(other.may_follow(&before).is_ok() && elsewhere.may_follow(&before).is_err());
        let (chosen_now, missing) = other.chosen_holding(2, "ann", held.as_ref()).unwrap();
        assert_eq!(chosen_now.screen.unwrap().file.unwrap(), BTreeSet::from(["SPY".parse().unwrap()]));
        assert!(missing.unwrap().to_string().contains("list.txt: it cannot be read"));
        assert!(other.chosen_holding(2, "ann", None).is_err(), "a start has read none");
        assert!(elsewhere.chosen_holding(2, "ann", held.as_ref()).is_err(), "another file starts to be used");
        for (path, says) in [
            (place.join("nowhere.txt"), "it cannot be read: No such file"),
            (place.to_path_buf(), "it is no plain file"),
        ] {
            let (_, said) = chosen(&path).unwrap_err();
            assert!(said.contains(says) && said.contains("Allowed: a plain file"), "{said}");
        }
    }
}
