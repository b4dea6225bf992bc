use desk::domain::decimal::{Price, Quantity};
use desk::domain::market::{Bar, QuoteBar};
use desk::domain::time::Timestamp;

use super::fault::Fault;

/// The highest price that is believed. The lowest is one step above 0.
pub const HIGHEST_PRICE: Price = Price::whole(10_000_000);
/// The largest volume that is believed. The smallest is 0.
pub const LARGEST_VOLUME: Quantity = Quantity::whole(10_000_000_000);

/// The columns of a file of bars.
pub(super) const BAR_COLUMNS: [&str; 6] = ["ts_utc", "open", "high", "low", "close", "volume"];
/// The columns of a file of quote bars.
pub(super) const QUOTE_COLUMNS: [&str; 11] = [
    "ts_utc",
    "bid_open",
    "bid_high",
    "bid_low",
    "bid_close",
    "bid_size",
    "ask_open",
    "ask_high",
    "ask_low",
    "ask_close",
    "ask_size",
];
/// The bid's columns: open, high, low, close, size.
pub(super) const BID: Side = Side(["bid_open", "bid_high", "bid_low", "bid_close", "bid_size"]);
/// The ask's columns: open, high, low, close, size.
pub(super) const ASK: Side = Side(["ask_open", "ask_high", "ask_low", "ask_close", "ask_size"]);
/// A bar's columns but its time.
pub(super) const TRADES: Side = Side(["open", "high", "low", "close", "volume"]);

/// Five columns that belong together: open, high, low, close, and a volume or size.
#[derive(Clone, Copy)]
pub(super) struct Side(pub(super) [&'static str; 5]);

/// Open, high, low, close, volume in steps of 10⁻⁸.
pub(super) type Steps = [i64; 5];

/// Whether one row follows the one above it.
#[derive(Default)]
pub(super) struct Order {
    before: Option<Timestamp>,
}

impl Order {
    /// Takes the next row's start: a whole minute, later than all before.
    pub(super) fn next(&mut self, start: Timestamp) -> Result<(), Box<Fault>> {
        if !start.is_whole_minute() {
            return Err(Box::new(Fault::NotWholeMinute { value: start.to_string() }));
        }
        match self.before.replace(start) {
            Some(before) if before == start => Err(Box::new(Fault::Duplicate { start })),
            Some(before) if before > start => Err(Box::new(Fault::OutOfOrder { start, before })),
            _ => Ok(()),
        }
    }
}

impl Side {
    /// Refuses prices and volumes beyond the bounds, and an open or close outside of low to high.
    pub(super) fn check(self, steps: &Steps) -> Result<(), Box<Fault>> {
        let [open, high, low, close, volume] = *steps;
        let price = |p: i64| p > 0 && p <= HIGHEST_PRICE.raw();
        // The extremes bound the other two; only a row that fails is looked at again, to name its column.
        let sound = price(low) && price(high) && low <= open && open <= high && low <= close && close <= high;
        if sound && (0..=LARGEST_VOLUME.raw()).contains(&volume) { Ok(()) } else { Err(Box::new(self.fault(steps))) }
    }

    /// The fault of a value that lies beyond the bounds of its column.
    pub(super) fn beyond(self, column: &'static str, value: String) -> Fault {
        let Self([.., size]) = self;
        if column == size {
            Fault::VolumeOutOfBounds { column, value }
        } else {
            Fault::PriceOutOfBounds { column, value }
        }
    }

    fn fault(self, steps: &Steps) -> Fault {
        let Self([names @ .., size]) = self;
        let [open, high, low, close, volume] = *steps;
        for (column, value) in names.into_iter().zip([open, high, low, close]) {
            if value <= 0 || value > HIGHEST_PRICE.raw() {
                return self.beyond(column, Price::from_raw(value).to_string());
            }
        }
        if !(0..=LARGEST_VOLUME.raw()).contains(&volume) {
            return self.beyond(size, Quantity::from_raw(volume).to_string());
        }
        let [open_name, high_name, low_name, close_name] = names;
        let (high, low) = (Price::from_raw(high), Price::from_raw(low));
        if high < low {
            return Fault::HighBelowLow { high, low, columns: (high_name, low_name) };
        }
        let outside = Price::from_raw(open) < low || Price::from_raw(open) > high;
        let (column, value) = if outside { (open_name, open) } else { (close_name, close) };
        Fault::OutsideRange { column, value: Price::from_raw(value), low, high }
    }
}

/// A bar from a row's start and steps, checked.
pub(super) fn bar(order: &mut Order, start: Timestamp, steps: &Steps) -> Result<Bar, Box<Fault>> {
    order.next(start)?;
    TRADES.check(steps)?;
    let [open, high, low, close, volume] = *steps;
    Ok(Bar {
        start,
        open: Price::from_raw(open),
        high: Price::from_raw(high),
        low: Price::from_raw(low),
        close: Price::from_raw(close),
        volume: Quantity::from_raw(volume),
    })
}

/// What a row of quotes is good for.
#[derive(Clone, Copy)]
pub(super) enum QuoteRow {
    /// Bid and ask, the bid at or below the ask at both ends of the minute.
    Whole(QuoteBar),
    /// One side had no quote in this minute.
    OneSided(Timestamp),
    /// The bid stood above the ask (TRADE-3): set aside.
    Crossed(Timestamp),
}

/// A row of quotes, checked; a side that is absent has no steps.
pub(super) fn quote(
    order: &mut Order,
    start: Timestamp,
    bid: Option<Steps>,
    ask: Option<Steps>,
) -> Result<QuoteRow, Box<Fault>> {
    order.next(start)?;
    bid.map_or(Ok(()), |steps| BID.check(&steps))?;
    ask.map_or(Ok(()), |steps| ASK.check(&steps))?;
    let (Some([bid_open, _, _, bid_close, _]), Some([ask_open, _, _, ask_close, _])) = (bid, ask) else {
        return Ok(QuoteRow::OneSided(start));
    };
    if bid_open > ask_open || bid_close > ask_close {
        return Ok(QuoteRow::Crossed(start));
    }
    Ok(QuoteRow::Whole(QuoteBar {
        start,
        bid_open: Price::from_raw(bid_open),
        ask_open: Price::from_raw(ask_open),
        bid_close: Price::from_raw(bid_close),
        ask_close: Price::from_raw(ask_close),
    }))
}
