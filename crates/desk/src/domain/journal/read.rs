//! The canonical bytes of an entry, read in the order in which they are written. Whatever stands otherwise (another order, an
//! escape, white space, a structure among the facts) is left to the general reader, so that both answer alike.

use std::borrow::Cow;
use std::str::FromStr;

use super::entry::{Draft, Entry, VERSION};
use super::facts::{Fact, Facts};
use super::kind::EntryKind;
use super::posting::{FeeKind, Holding, Posting, Tags};
use crate::domain::ids::{ExecutionId, ItemId, LotId, StrategyName};

/// Reads an entry; nothing where its bytes are not plainly those that the writer makes.
pub(super) fn read(bytes: &[u8]) -> Option<Entry> {
    let mut rest = Rest(std::str::from_utf8(bytes).ok()?);
    rest.skip("{\"v\":")?;
    (rest.number()? == u64::from(VERSION)).then_some(())?;
    rest.skip(",\"seq\":")?;
    let seq = rest.number()?;
    let entry_id = rest.needed(",\"entry_id\":\"")?.parse().ok()?;
    let name = rest.needed(",\"kind\":\"")?;
    let kind = *EntryKind::ALL.iter().find(|k| k.as_str() == name)?;
    let source_key = rest.needed(",\"source_key\":\"")?.to_owned();
    let session = rest.needed(",\"session\":\"")?.parse().ok()?;
    let effective_at = rest.needed(",\"effective_at\":\"")?.parse().ok()?;
    let booked_at = rest.needed(",\"booked_at\":\"")?.parse().ok()?;
    let reverses = rest.maybe_number(",\"reverses\":").ok()?;
    let corrects = rest.maybe_number(",\"corrects\":").ok()?;
    let description = rest.maybe(",\"description\":\"").ok()?.unwrap_or_default().to_owned();
    let reason = rest.maybe(",\"reason\":\"").ok()?.map(ToOwned::to_owned);
    let by = rest.maybe(",\"by\":\"").ok()?.map(ToOwned::to_owned);
    let facts = if rest.skip(",\"facts\":{").is_some() { facts(&mut rest)? } else { Facts::new() };
    rest.skip(",\"postings\":[")?;
    let postings = postings(&mut rest)?;
    rest.0.is_empty().then_some(())?;
    let draft =
        Draft { kind, source_key, session, effective_at, reverses, corrects, description, reason, by, facts, postings };
    Some(Entry { seq, entry_id, booked_at, draft })
}

fn facts(rest: &mut Rest<'_>) -> Option<Facts> {
    let mut facts = Facts::new();
    loop {
        let name = Cow::Owned(rest.needed("\"")?.to_owned());
        let value = if let Some(text) = rest.maybe(":\"").ok()? {
            Fact::from(text)
        } else {
            rest.skip(":")?;
            Fact::from(rest.number()?)
        };
        facts.insert(name, value);
        if rest.skip("}").is_some() {
            return Some(facts);
        }
        rest.skip(",")?;
    }
}

fn postings(rest: &mut Rest<'_>) -> Option<Vec<Posting>> {
    let mut postings: Vec<Posting> = Vec::new();
    if rest.skip("]}").is_some() {
        return Some(postings);
    }
    for line in 1..=u64::from(u16::MAX) {
        rest.skip("{\"line\":")?;
        (rest.number()? == line).then_some(())?;
        let posting = posting(rest, postings.last().map(|p| &p.tags))?;
        postings.push(posting);
        if rest.skip("}]}").is_some() {
            return Some(postings);
        }
        rest.skip("},")?;
    }
    None
}

/// Lines of an entry often name the same lot and execution: what the line before has is shared.
fn posting(rest: &mut Rest<'_>, before: Option<&Tags>) -> Option<Posting> {
    let account = rest.needed(",\"account\":\"")?.parse().ok()?;
    let currency = rest.needed(",\"currency\":\"")?.parse().ok()?;
    let amount = rest.needed(",\"amount\":\"")?.parse().ok()?;
    let holding = match rest.maybe(",\"commodity\":\"").ok()? {
        Some(commodity) => {
            let units = rest.needed(",\"units\":\"")?.parse().ok()?;
            Some(Holding { commodity: commodity.parse().ok()?, units })
        }
        None => None,
    };
    let lot = rest.maybe(",\"lot\":\"").ok()?;
    let strategy = match rest.maybe(",\"strategy\":\"").ok()? {
        Some("external") => Some(StrategyName::External),
        Some(name) => Some(*StrategyName::TRADING.iter().find(|s| s.as_str() == name)?),
        None => None,
    };
    let instrument = rest.maybe(",\"instrument\":\"").ok()?.map(str::parse).transpose().ok()?;
    let fill = rest.maybe(",\"fill\":\"").ok()?;
    let fee_kind = match rest.maybe(",\"fee_kind\":\"").ok()? {
        Some(name) => Some(*FeeKind::ALL.iter().find(|f| f.as_str() == name)?),
        None => None,
    };
    let item = rest.maybe(",\"item\":\"").ok()?;
    let tags = Tags {
        lot: shared(lot, before.and_then(|t| t.lot.as_ref()), LotId::as_str).ok()?,
        strategy,
        instrument,
        fill: shared(fill, before.and_then(|t| t.fill.as_ref()), ExecutionId::as_str).ok()?,
        fee_kind,
        item: shared(item, before.and_then(|t| t.item.as_ref()), ItemId::as_str).ok()?,
    };
    Some(Posting { account, currency, amount, holding, tags })
}

fn shared<T: FromStr + Clone>(text: Option<&str>, before: Option<&T>, of: fn(&T) -> &str) -> Result<Option<T>, T::Err> {
    match (text, before) {
        (None, _) => Ok(None),
        (Some(text), Some(before)) if of(before) == text => Ok(Some(before.clone())),
        (Some(text), _) => text.parse().map(Some),
    }
}

/// Something stands otherwise than the writer makes it.
struct Otherwise;

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// The text after a key that ends with its quotation mark.
    fn needed(&mut self, key: &str) -> Option<&'a str> {
        self.skip(key)?;
        let end = self.0.bytes().position(|b| b == b'"' || b == b'\\' || b < b' ')?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.strip_prefix('"')?;
        Some(text)
    }

    /// The same where the key may be left out.
    fn maybe(&mut self, key: &str) -> Result<Option<&'a str>, Otherwise> {
        if self.0.starts_with(key) { self.needed(key).map(Some).ok_or(Otherwise) } else { Ok(None) }
    }

    fn maybe_number(&mut self, key: &str) -> Result<Option<u64>, Otherwise> {
        if self.skip(key).is_some() { self.number().map(Some).ok_or(Otherwise) } else { Ok(None) }
    }

    /// A whole number that something follows.
    fn number(&mut self) -> Option<u64> {
        let end = self.0.bytes().position(|b| !b.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at_checked(end)?;
        // JSON knows no zeros in front; a fraction or an exponent after it is refused with what has to follow.
        (digits.len() == 1 || !digits.starts_with('0')).then_some(())?;
        self.0 = rest;
        digits.parse().ok()
    }
}
