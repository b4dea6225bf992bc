use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use desk::domain::decimal::{Price, Quantity, Ratio, parse_steps};
use desk::domain::market::{Instrument, InstrumentKind};
use desk::domain::symbol::Symbol;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::errors::{DataError, Format};
use super::nearest;
use super::source::InputFile;
use crate::gateway::reason;

const NAME: &str = "instruments.toml";
const KEYS: [&str; 5] = ["currency", "kind", "lot", "multiplier", "tick"];
const KINDS: [(&str, InstrumentKind); 4] = [
    ("us_equity", InstrumentKind::UsEquity),
    ("future", InstrumentKind::Future),
    ("perpetual", InstrumentKind::Perpetual),
    ("coin", InstrumentKind::Coin),
];
/// The largest tick, lot and multiplier that are believed.
const LARGEST: i64 = 1_000_000;

/// What `instruments.toml` says, and which file said it.
#[derive(Clone, Debug, Default)]
pub(super) struct Instruments {
    /// The terms of the symbols it names.
    pub(super) terms: BTreeMap<Symbol, Instrument>,
    /// The file, where there is one; its rows are its symbols.
    pub(super) input: Option<InputFile>,
}

/// Reads the folder's `instruments.toml`: one table a symbol, each key optional. Without the file there are none.
pub(super) fn read(dir: &Path, files: &BTreeMap<Symbol, Format>) -> Result<Instruments, DataError> {
    let file = dir.join(NAME);
    match fs::read(&file) {
        Ok(bytes) => {
            let terms = Document { file: file.clone(), bytes: &bytes }.instruments(files)?;
            let input = Some(InputFile::of(&file, &bytes, terms.len()));
            Ok(Instruments { terms, input })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Instruments::default()),
        Err(e) => Err(DataError::Unreadable { why: reason(&e), file }),
    }
}

struct Document<'a> {
    file: PathBuf,
    bytes: &'a [u8],
}

impl Document<'_> {
    fn instruments(&self, files: &BTreeMap<Symbol, Format>) -> Result<BTreeMap<Symbol, Instrument>, DataError> {
        let text = std::str::from_utf8(self.bytes)
            .map_err(|e| self.refuse(&(e.valid_up_to()..self.bytes.len()), "is not UTF-8 text".to_owned()))?;
        let table = DeTable::parse(text)
            .map_err(|e| self.refuse(&e.span().unwrap_or_default(), e.message().replace('\n', "; ")))?;
        let mut out = BTreeMap::new();
        for (name, terms) in table.get_ref() {
            let symbol = name.get_ref().parse().ok().filter(|symbol| files.contains_key(symbol));
            let symbol = symbol.ok_or_else(|| self.unknown_symbol(name.get_ref(), &name.span(), files))?;
            let DeValue::Table(terms) = terms.get_ref() else {
                let what = format!("{name} is a value; a table of terms is needed: [{name}]", name = name.get_ref());
                return Err(self.refuse(&name.span(), what));
            };
            let mut instrument = Instrument::us_equity(symbol);
            for (key, value) in terms {
                self.term(&mut instrument, key, value)?;
            }
            out.insert(symbol, instrument);
        }
        Ok(out)
    }

    fn term(
        &self,
        instrument: &mut Instrument,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), DataError> {
        let symbol = instrument.symbol;
        match key.get_ref().as_ref() {
            "tick" => instrument.tick = Price::from_raw(self.steps(symbol, "tick", value)?),
            "lot" => instrument.lot = Quantity::from_raw(self.steps(symbol, "lot", value)?),
            "multiplier" => instrument.multiplier = Ratio::from_raw(self.steps(symbol, "multiplier", value)?),
            "currency" => {
                let code = value.get_ref().as_str().and_then(|text| text.parse().ok());
                instrument.currency = code.ok_or_else(|| {
                    self.bad_value(symbol, "currency", value, "three capital letters in quotes, e.g. \"USD\"")
                })?;
            }
            "kind" => {
                let text = value.get_ref().as_str();
                let kind = text.and_then(|text| KINDS.into_iter().find(|(name, _)| *name == text));
                let allowed = "\"us_equity\", \"future\", \"perpetual\" or \"coin\"";
                instrument.kind = kind.ok_or_else(|| self.bad_value(symbol, "kind", value, allowed))?.1;
            }
            other => {
                let near = nearest(other, KEYS).first().copied().unwrap_or_default();
                let dotted = if matches!(value.get_ref(), DeValue::Table(_)) {
                    "; a symbol with a point is written in quotes: [\"BRK.B\"]"
                } else {
                    ""
                };
                let what = format!(
                    "{symbol}: there is no key \"{other}\"; did you mean \"{near}\"? Allowed are {}{dotted}",
                    KEYS.join(", ")
                );
                return Err(self.refuse(&key.span(), what));
            }
        }
        Ok(())
    }

    /// A number in steps of 10⁻⁸, from its own text: above 0 and at most [`LARGEST`].
    fn steps(&self, symbol: Symbol, key: &str, value: &Spanned<DeValue<'_>>) -> Result<i64, DataError> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => "",
        };
        let steps =
            parse_steps(text.as_bytes()).ok().filter(|steps| *steps > 0 && *steps <= Ratio::whole(LARGEST).raw());
        steps.ok_or_else(|| {
            self.bad_value(
                symbol,
                key,
                value,
                "a number above 0 and at most 1000000, with up to 8 places after a point",
            )
        })
    }

    fn bad_value(&self, symbol: Symbol, key: &str, value: &Spanned<DeValue<'_>>, allowed: &str) -> DataError {
        let text = self.bytes.get(value.span()).map(String::from_utf8_lossy).unwrap_or_default();
        self.refuse(&value.span(), format!("{symbol}: {key} is {text}; allowed is {allowed}"))
    }

    fn unknown_symbol(&self, name: &str, span: &Range<usize>, files: &BTreeMap<Symbol, Format>) -> DataError {
        let names: Vec<Symbol> = files.keys().copied().collect();
        let near = nearest(name, names.iter().map(Symbol::as_str)).join(", ");
        let what = format!("there is no data file for \"{name}\" in this folder; the nearest names it has: {near}");
        self.refuse(span, what)
    }

    fn refuse(&self, span: &Range<usize>, what: String) -> DataError {
        let above = self.bytes.iter().take(span.start).filter(|b| **b == b'\n').count();
        DataError::Instruments { file: self.file.clone(), line: above.saturating_add(1), what }
    }
}
