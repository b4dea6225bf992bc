//! From text to a field and back, with its bounds.

use chrono_tz::Tz;
use desk::domain::decimal::{Money, Price, Quantity, Ratio, SCALE};
use desk::domain::ids::StrategyName;
use desk::domain::lots::LotMethod;
use desk::domain::symbol::Symbol;
use desk::strategies::Parameter;

use super::Runtime;
use crate::settings::error::SettingsError;
use crate::settings::key::{Key, Kind};

/// How a key is reached.
pub(in crate::settings) enum Field {
    Money(fn(&mut Runtime) -> &mut Money),
    Price(fn(&mut Runtime) -> &mut Price),
    Quantity(fn(&mut Runtime) -> &mut Quantity),
    Ratio(fn(&mut Runtime) -> &mut Ratio),
    Count(fn(&mut Runtime) -> &mut u32),
    Whole(fn(&mut Runtime) -> &mut i64),
    Switch(fn(&mut Runtime) -> &mut bool),
    Symbols(fn(&mut Runtime) -> &mut Vec<Symbol>),
    Text(fn(&mut Runtime) -> &mut String),
    Lots(fn(&mut Runtime) -> &mut LotMethod),
    Zone,
    Order,
    Enabled(StrategyName),
    Parameter(StrategyName, &'static Parameter),
}

/// A key and how it is reached.
pub(in crate::settings) struct Row {
    pub(in crate::settings) key: Key,
    pub(in crate::settings) field: Field,
}

impl Row {
    /// Sets the field, or changes nothing.
    pub(super) fn set(&self, runtime: &mut Runtime, text: &str, origin: &str) -> Result<(), SettingsError> {
        self.write(runtime, text).ok_or_else(|| SettingsError::NotAllowed {
            key: self.key.name.clone(),
            value: text.to_owned(),
            origin: origin.to_owned(),
            allowed: self.key.allowed(),
        })
    }

    fn write(&self, runtime: &mut Runtime, text: &str) -> Option<()> {
        match &self.field {
            Field::Money(place) => *place(runtime) = Money::from_raw(self.decimal(text)?),
            Field::Price(place) => *place(runtime) = Price::from_raw(self.decimal(text)?),
            Field::Quantity(place) => *place(runtime) = Quantity::from_raw(self.decimal(text)?),
            Field::Ratio(place) => *place(runtime) = Ratio::from_raw(self.decimal(text)?),
            Field::Count(place) => *place(runtime) = u32::try_from(self.whole(text)?).ok()?,
            Field::Whole(place) => *place(runtime) = self.whole(text)?,
            Field::Switch(place) => *place(runtime) = switch(text)?,
            Field::Symbols(place) => *place(runtime) = symbols(text)?,
            Field::Text(place) => *place(runtime) = line(text)?,
            Field::Lots(place) => *place(runtime) = text.parse().ok()?,
            Field::Zone => runtime.zone = text.parse::<Tz>().ok()?,
            Field::Order => order(runtime, text)?,
            Field::Enabled(name) => runtime.strategy(*name)?.enabled = switch(text)?,
            Field::Parameter(name, parameter) => {
                runtime.strategy(*name)?.parameters.set(*name, parameter.name, text).ok()?;
            }
        }
        Some(())
    }

    /// The field as text.
    pub(in crate::settings) fn get(&self, runtime: &Runtime) -> String {
        let mut copy = runtime.clone();
        match &self.field {
            Field::Money(place) => place(&mut copy).to_string(),
            Field::Price(place) => place(&mut copy).to_string(),
            Field::Quantity(place) => place(&mut copy).to_string(),
            Field::Ratio(place) => place(&mut copy).to_string(),
            Field::Count(place) => place(&mut copy).to_string(),
            Field::Whole(place) => place(&mut copy).to_string(),
            Field::Switch(place) => place(&mut copy).to_string(),
            Field::Symbols(place) => joined(place(&mut copy).iter().map(Symbol::as_str)),
            Field::Text(place) => place(&mut copy).clone(),
            Field::Lots(place) => place(&mut copy).to_string(),
            Field::Zone => copy.zone.name().to_owned(),
            Field::Order => joined(copy.strategies.iter().map(|s| s.name.as_str())),
            Field::Enabled(name) => copy.strategy(*name).is_some_and(|s| s.enabled).to_string(),
            Field::Parameter(name, parameter) => {
                copy.strategy(*name).map(|s| s.parameters.get(parameter)).unwrap_or_default()
            }
        }
    }

    /// Steps of a decimal within the key's bounds.
    fn decimal(&self, text: &str) -> Option<i64> {
        let value: Quantity = text.parse().ok()?;
        let fits = match self.key.kind {
            Kind::Decimal(least, most) => (least..=most).contains(&value),
            Kind::DecimalOrOff(least, most) => value.is_zero() || (least..=most).contains(&value),
            Kind::Whole(least, most) => {
                (Quantity::whole(least)..=Quantity::whole(most)).contains(&value) && value.raw() % SCALE == 0
            }
            _ => false,
        };
        fits.then_some(value.raw())
    }

    fn whole(&self, text: &str) -> Option<i64> {
        self.decimal(text).map(|steps| steps / SCALE)
    }
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

fn switch(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// A text of one line, of at most 4096 bytes.
fn line(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() <= 4_096 && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// The words of a list.
pub(in crate::settings) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn symbols(text: &str) -> Option<Vec<Symbol>> {
    let mut symbols: Vec<Symbol> = words(text).map(|w| w.parse().ok()).collect::<Option<_>>()?;
    symbols.sort_unstable();
    symbols.dedup();
    Some(symbols)
}

/// All strategies, each once, in a new order.
fn order(runtime: &mut Runtime, text: &str) -> Option<()> {
    let wanted: Vec<&str> = words(text).collect();
    let place = |name: StrategyName| wanted.iter().position(|w| *w == name.as_str());
    let complete = StrategyName::TRADING.into_iter().all(|name| place(name).is_some());
    if !complete || wanted.len() != StrategyName::TRADING.len() {
        return None;
    }
    runtime.strategies.sort_by_key(|s| place(s.name));
    Some(())
}
