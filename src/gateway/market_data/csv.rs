use std::path::Path;

use desk::domain::decimal::{DecimalError, parse_steps};
use desk::domain::market::{Bar, QuoteBar};
use desk::domain::time::{TimeError, Timestamp};

use super::check::{self, ASK, BAR_COLUMNS, BID, Order, QUOTE_COLUMNS, Side, Steps, TRADES};
use super::errors::{DataError, Place};
use super::fault::Fault;
use super::folder::{Kept, Range, SetAside};
use super::source::without_mark;

/// Reads bars: all rows are checked, those that start within the range are kept.
pub(super) fn bars(path: &Path, text: &[u8], range: Range) -> Result<Kept<Bar>, DataError> {
    let mut kept = Kept::default();
    // A usual row has about 50 characters.
    kept.expect(text.len() / 50);
    let mut order = Order::default();
    rows(path, text, BAR_COLUMNS, |[at, open, high, low, close, volume]| {
        let start = instant(at)?;
        let steps = numbers(TRADES, [open, high, low, close, volume])?;
        let bar = check::bar(&mut order, start, &steps)?;
        kept.take(range, bar.start, bar);
        Ok(())
    })?;
    Ok(kept)
}

/// Reads quote bars: all rows are checked; those with two sides, not crossed, within the range are kept.
pub(super) fn quotes(path: &Path, text: &[u8], range: Range) -> Result<(Kept<QuoteBar>, SetAside), DataError> {
    let mut kept = Kept::default();
    let mut aside = SetAside::default();
    let mut order = Order::default();
    rows(path, text, QUOTE_COLUMNS, |[at, bo, bh, bl, bc, bs, ao, ah, al, ac, az]| {
        let start = instant(at)?;
        let bid = one_side(BID, [bo, bh, bl, bc, bs])?;
        let ask = one_side(ASK, [ao, ah, al, ac, az])?;
        let row = check::quote(&mut order, start, bid, ask)?;
        kept.take_quote(range, row, &mut aside);
        Ok(())
    })?;
    Ok((kept, aside))
}

/// Splits the text into rows of `N` columns under their header.
fn rows<'a, const N: usize>(
    path: &Path,
    text: &'a [u8],
    columns: [&'static str; N],
    mut take: impl FnMut([&'a [u8]; N]) -> Result<(), Box<Fault>>,
) -> Result<(), DataError> {
    let file = || path.to_owned();
    let (header, mut rest) = line(without_mark(text));
    let expected = columns.join(",");
    if header != expected.as_bytes() {
        return Err(DataError::Header { file: file(), found: shown(header, 200), expected });
    }
    if rest.iter().all(u8::is_ascii_whitespace) {
        return Err(DataError::HeaderOnly { file: file() });
    }
    let mut number: usize = 1;
    while !rest.is_empty() {
        let row;
        (row, rest) = line(rest);
        number = number.saturating_add(1);
        if row.is_empty() && rest.iter().all(u8::is_ascii_whitespace) {
            break;
        }
        let done = fields(row).and_then(&mut take);
        done.map_err(|fault| DataError::Row { file: file(), place: Place::Line(number), fault })?;
    }
    Ok(())
}

/// The first line without its end, and what follows it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match text.iter().position(|b| *b == b'\n') {
        Some(end) => (text.get(..end).unwrap_or_default(), text.get(end.saturating_add(1)..).unwrap_or_default()),
        None => (text, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

fn fields<const N: usize>(row: &[u8]) -> Result<[&[u8]; N], Box<Fault>> {
    let mut parts = row.split(|b| *b == b',');
    let mut out = [&[][..]; N];
    for slot in &mut out {
        let Some(part) = parts.next() else {
            let found = if row.is_empty() { 0 } else { row.split(|b| *b == b',').count() };
            return Err(Box::new(Fault::ShortRow { found, expected: N }));
        };
        *slot = part;
    }
    match parts.count() {
        0 => Ok(out),
        more => Err(Box::new(Fault::LongRow { found: N.saturating_add(more), expected: N })),
    }
}

fn instant(text: &[u8]) -> Result<Timestamp, Box<Fault>> {
    if text.is_empty() {
        return Err(Box::new(Fault::Missing { column: "ts_utc" }));
    }
    let time = |why: TimeError| Box::new(Fault::Time { value: shown(text, 40), why });
    Timestamp::parse(text).map_err(time)
}

fn numbers(side: Side, texts: [&[u8]; 5]) -> Result<Steps, Box<Fault>> {
    let mut steps = [0; 5];
    for (slot, text) in steps.iter_mut().zip(texts) {
        match parse_steps(text) {
            Ok(value) => *slot = value,
            Err(_) => return Err(Box::new(first_fault(side, texts))),
        }
    }
    Ok(steps)
}

/// A side with all four prices empty is absent; its size then says nothing.
fn one_side(side: Side, texts: [&[u8]; 5]) -> Result<Option<Steps>, Box<Fault>> {
    let [prices @ .., _] = texts;
    if prices.iter().all(|text| text.is_empty()) {
        return Ok(None);
    }
    match prices.iter().zip(side.0).find(|(text, _)| text.is_empty()) {
        Some((_, column)) => Err(Box::new(Fault::PartialSide { column })),
        None => numbers(side, texts).map(Some),
    }
}

fn first_fault(side: Side, texts: [&[u8]; 5]) -> Fault {
    let refused = texts.iter().zip(side.0).find_map(|(text, column)| Some((text, column, parse_steps(text).err()?)));
    let (text, column, why) = refused.unwrap_or((&texts[0], side.0[0], DecimalError::NotANumber));
    let value = shown(text, 40);
    let bare = value.trim_start_matches(['-', '+']).to_ascii_lowercase();
    if text.is_empty() {
        Fault::Missing { column }
    } else if matches!(bare.as_str(), "nan" | "inf" | "infinity") {
        Fault::NotFinite { column, value }
    } else if why == DecimalError::Overflow {
        side.beyond(column, value)
    } else {
        Fault::Number { column, value, why }
    }
}

/// Foreign text for a message: at most `most` characters, control characters escaped.
fn shown(text: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let mut out: String = text.chars().take(most).flat_map(char::escape_debug).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}
