//! The canonical bytes of an entry, written field by field. They are those of the entry's `Serialize`, which a test holds
//! them against; a backtest seals tens of thousands, and the general writer takes twice as long.

use std::ops::Range;

use super::entry::{Entry, VERSION};
use super::facts::{Fact, Facts};
use super::line::Line;
use super::posting::{FeeKind, Posting, Tags};
use crate::domain::decimal::DecimalText;
use crate::domain::ids::{ExecutionId, ItemId, LotId, StrategyName};
use crate::domain::symbol::Symbol;

/// Writes an entry. What the buffer held is gone; it is kept from entry to entry, and the bytes returned take no more than
/// they need, for they are kept as long as the journal.
///
/// # Errors
/// Those of the JSON writer for facts; none are known.
pub(super) fn write(entry: &Entry, buffer: &mut Vec<u8>) -> Result<Vec<u8>, serde_json::Error> {
    let draft = &entry.draft;
    buffer.clear();
    let mut line = Line(std::mem::take(buffer));
    line.raw("{\"v\":");
    line.number(u64::from(VERSION));
    line.raw(",\"seq\":");
    line.number(entry.seq);
    line.raw(",\"entry_id\":");
    line.plain(entry.entry_id.as_str());
    line.raw(",\"kind\":");
    line.plain(draft.kind.as_str());
    line.raw(",\"source_key\":");
    line.text(&draft.source_key)?;
    line.raw(",\"session\":");
    line.plain(draft.session.text().as_bytes());
    line.raw(",\"effective_at\":");
    line.plain(draft.effective_at.text().as_bytes());
    line.raw(",\"booked_at\":");
    line.plain(entry.booked_at.text().as_bytes());
    for (key, number) in [(",\"reverses\":", draft.reverses), (",\"corrects\":", draft.corrects)] {
        if let Some(number) = number {
            line.raw(key);
            line.number(number);
        }
    }
    let description = Some(draft.description.as_str()).filter(|d| !d.is_empty());
    for (key, text) in [
        (",\"description\":", description),
        (",\"reason\":", draft.reason.as_deref()),
        (",\"by\":", draft.by.as_deref()),
    ] {
        if let Some(text) = text {
            line.raw(key);
            line.text(text)?;
        }
    }
    if !draft.facts.is_empty() {
        line.raw(",\"facts\":");
        write_facts(&mut line, &draft.facts)?;
    }
    line.raw(",\"postings\":[");
    let mut before = None;
    for (posting, number) in draft.postings.iter().zip(1_u64..) {
        if number > 1 {
            line.raw(",");
        }
        before = Some(write_posting(&mut line, posting, number, before)?);
    }
    line.raw("]}");
    *buffer = line.0;
    Ok(buffer.clone())
}

fn write_facts(line: &mut Line, facts: &Facts) -> Result<(), serde_json::Error> {
    let mut before = "{";
    for (name, fact) in facts.iter() {
        line.raw(before);
        before = ",";
        line.text(name)?;
        line.raw(":");
        match fact {
            Fact::String(text) => line.text(text)?,
            other => serde_json::to_writer(&mut line.0, other)?,
        }
    }
    line.raw("}");
    Ok(())
}

/// Tags, and where their strategy, instrument and execution stand in the line: those of a fill's postings are all the same.
type Written<'a> = (&'a Tags, Range<usize>);

fn write_posting<'a>(
    line: &mut Line,
    posting: &'a Posting,
    number: u64,
    before: Option<Written<'_>>,
) -> Result<Written<'a>, serde_json::Error> {
    line.raw("{\"line\":");
    line.number(number);
    line.raw(",\"account\":\"");
    line.number(u64::from(posting.account.code()));
    line.raw("\",\"currency\":");
    line.plain(posting.currency.as_str());
    line.raw(",\"amount\":");
    line.plain(DecimalText::new(posting.amount.raw(), 2).as_bytes());
    if let Some(holding) = posting.holding {
        line.raw(",\"commodity\":");
        line.plain(holding.commodity.as_bytes());
        line.raw(",\"units\":");
        line.plain(DecimalText::new(holding.units.raw(), 0).as_bytes());
    }
    let tags = &posting.tags;
    line.maybe(",\"lot\":", tags.lot.as_ref().map(LotId::as_str))?;
    let from = line.0.len();
    let same = |other: &Tags| {
        (other.strategy, &other.instrument, &other.fill) == (tags.strategy, &tags.instrument, &tags.fill)
    };
    if let Some((_, there)) = before.filter(|(other, _)| same(other)) {
        line.0.extend_from_within(there);
    } else {
        line.code(",\"strategy\":", tags.strategy.map(StrategyName::as_str));
        line.code(",\"instrument\":", tags.instrument.as_ref().map(Symbol::as_bytes));
        line.maybe(",\"fill\":", tags.fill.as_ref().map(ExecutionId::as_str))?;
    }
    let written = (tags, from..line.0.len());
    line.code(",\"fee_kind\":", tags.fee_kind.map(FeeKind::as_str));
    line.maybe(",\"item\":", tags.item.as_ref().map(ItemId::as_str))?;
    line.raw("}");
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::super::{AccountCode, Draft, EntryKind, Holding, Tags};
    use super::*;
    use crate::domain::decimal::{Money, Quantity};
    use crate::domain::ids::SessionId;
    use crate::domain::symbol::Currency;
    use proptest::prelude::*;

    fn posting(amount: i64, units: i64, text: &str) -> Posting {
        let commodity = "BRK.B".parse().unwrap();
        Posting {
            account: AccountCode::LONG_POSITIONS,
            currency: Currency::USD,
            amount: Money::from_raw(amount),
            holding: (units != 0).then_some(Holding { commodity, units: Quantity::from_raw(units) }),
            tags: Tags {
                lot: text.parse().ok(),
                strategy: Some(StrategyName::Open),
                instrument: (units > 0).then_some(commodity),
                fill: text.parse().ok(),
                fee_kind: (amount > 0).then_some(super::super::FeeKind::Taf),
                item: text.parse().ok(),
            },
        }
    }

    proptest! {
        // LEDG-4a: one canonical encoding, whoever writes it, and it reads back as the same entry.
        #[test]
        fn the_bytes_are_those_of_serialize(
            seq in any::<u64>(), amounts in prop::collection::vec((any::<i64>(), -3_i64..4), 0..4),
            text in "[ -~\u{e4}\n]{0,12}", nanos in 0_i64..4_000_000_000_000_000_000, reverses in prop::option::of(1_u64..9),
        ) {
            let at = crate::domain::time::Timestamp::from_nanos(nanos);
            let mut facts = Facts::new();
            if reverses.is_some() {
                facts.insert("note".into(), text.clone().into());
                facts.insert(text.clone().into(), vec![seq].into());
            }
            let entry = Entry {
                seq,
                entry_id: "f7j36yjelnl44vqruc7abpdyk4".parse().unwrap(),
                booked_at: at,
                draft: Draft {
                    kind: EntryKind::Fill,
                    source_key: text.clone(),
                    session: SessionId::xnys("2026-03-13".parse().unwrap()),
                    effective_at: at,
                    reverses,
                    corrects: reverses,
                    description: text.clone(),
                    reason: reverses.map(|_| text.clone()),
                    by: None,
                    facts,
                    postings: amounts.iter().map(|(a, u)| posting(*a, *u, &text)).collect(),
                },
            };
            let bytes = write(&entry, &mut b"before".to_vec()).unwrap();
            prop_assert_eq!(String::from_utf8_lossy(&bytes), serde_json::to_string(&entry).unwrap());
            prop_assert_eq!(&serde_json::from_slice::<Entry>(&bytes).unwrap(), &entry);
            prop_assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
        }

        // Both readers answer alike: whatever byte of an entry is taken out, put in or changed, the quick one reads what the
        // general one reads or leaves it to it.
        #[test]
        fn the_quick_reader_reads_nothing_that_the_general_one_reads_otherwise(
            fill in any::<bool>(), at in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), how in 0_u8..4,
            byte in prop::sample::select(b"0123456789\"\\{}[]:,.-+eEtTZ \n\xc3\xa4az".to_vec()),
        ) {
            let at_time = crate::domain::time::Timestamp::from_nanos(1_773_412_200_000_000_001);
            let session = SessionId::xnys("2026-03-13".parse().unwrap());
            let mut draft = Draft::new(EntryKind::Fill, "x1-17f3a9", session, at_time);
            draft.facts.insert("price".into(), "101.5".into());
            draft.facts.insert("n".into(), 10.into());
            draft.description = "Bought".into();
            if fill {
                draft.postings = vec![posting(5, 2, "x1"), posting(-5, -2, "x1"), posting(1, 0, "x2")];
                draft.reverses = Some(7);
            }
            let entry = Entry { seq: 9, entry_id: "f7j36yjelnl44vqruc7abpdyk4".parse().unwrap(), booked_at: at_time, draft };
            let mut bytes = write(&entry, &mut Vec::new()).unwrap();
            prop_assert_eq!(super::super::read::read(&bytes), Some(entry));
            let (at, to) = (at.index(bytes.len()), to.index(bytes.len()));
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.drain(at.min(to)..at.max(to).min(at.min(to) + 12))),
                _ => bytes.swap(at, to),
            }
            if let Some(read) = super::super::read::read(&bytes) {
                prop_assert_eq!(read, serde_json::from_slice::<Entry>(&bytes).unwrap());
            }
        }
    }
}
