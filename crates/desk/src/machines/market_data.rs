//! Data checks and indicators, symbol by symbol (STRAT-2 to STRAT-4). Market data come in through a door of their own:
//! they move indicators, not records.

use crate::domain::decimal::{Price, Ratio};
use crate::domain::ids::SessionId;
use crate::domain::market::{Bar, Instrument, QuoteBar};
use crate::domain::time::Timestamp;
use crate::domain::wide::Overflow;
use crate::indicators::atr::Atr;
use crate::indicators::corrupt::CorruptBars;
use crate::indicators::deviation::Deviation;
use crate::indicators::quality::Quality;
use crate::indicators::vwap::Vwap;

/// How many true ranges make an ATR (STRAT-4).
pub const ATR_LENGTH: usize = 14;

/// When a session runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Which session.
    pub session: SessionId,
    /// Its open, `O`.
    pub open: Timestamp,
    /// Its close, `C`.
    pub close: Timestamp,
}

impl Hours {
    /// How many minutes it has.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        u32::try_from((self.close - self.open).as_minutes()).unwrap_or(0)
    }

    /// Minutes from the open to an instant; nothing before it.
    #[must_use]
    pub fn minute_of(&self, at: Timestamp) -> Option<u32> {
        u32::try_from((at - self.open).as_minutes()).ok().filter(|_| at >= self.open)
    }
}

/// One symbol in one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolMarket {
    corrupt: CorruptBars,
    quality: Quality,
    vwap: Vwap,
    atr: Atr,
    deviation: Option<Deviation>,
    clean_bars: u32,
    corrupt_bars: u32,
    fallen_bars: u32,
    lowest: Option<Ratio>,
    first_open: Option<Price>,
    close: Option<Price>,
    previous_close: Option<Price>,
    last_close: Option<Price>,
    quote: Option<QuoteBar>,
}

/// What the data checks made of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Indicators have taken it in.
    Clean,
    /// Nothing is decided on it (TRADE-3a).
    Corrupt,
}

/// A bar that the data checks could not take in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It lies outside of the session, or does not start later than the one before it.
    OutOfOrder,
    /// A sum does not fit.
    Overflow,
}

impl From<Overflow> for Unusable {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl SymbolMarket {
    /// An empty session. `with_deviation` where a strategy measures in standard deviations.
    #[must_use]
    pub fn new(minutes: u32, with_deviation: bool) -> Option<Self> {
        Some(Self {
            corrupt: CorruptBars::new(minutes),
            quality: Quality::new(),
            vwap: Vwap::new(),
            atr: Atr::new(ATR_LENGTH).ok()?,
            deviation: with_deviation.then(Deviation::new),
            clean_bars: 0,
            corrupt_bars: 0,
            fallen_bars: 0,
            lowest: None,
            first_open: None,
            close: None,
            previous_close: None,
            last_close: None,
            quote: None,
        })
    }

    /// Takes in a bar that starts `minute` minutes after the open. Where nobody is going to look at indicators in this
    /// session any more (`watched` is false), only the data checks are made.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn observe(
        &mut self,
        bar: &Bar,
        quote: Option<&QuoteBar>,
        minute: u32,
        watched: bool,
    ) -> Result<Checked, Unusable> {
        let is_corrupt = self.corrupt.update(bar, minute).is_some();
        self.quality.update(minute, bar.close, is_corrupt).map_err(|_| Unusable::OutOfOrder)?;
        let score = self.quality.score();
        if self.lowest.is_none_or(|lowest| score < lowest) {
            self.lowest = Some(score);
        }
        self.fallen_bars = self.fallen_bars.saturating_add(u32::from(self.quality.is_fallen()));
        self.last_close = Some(bar.close);
        self.quote = quote.copied();
        if is_corrupt {
            self.corrupt_bars = self.corrupt_bars.saturating_add(1);
            return Ok(Checked::Corrupt);
        }
        self.clean_bars = self.clean_bars.saturating_add(1);
        if !watched {
            return Ok(Checked::Clean);
        }
        self.previous_close = self.close.replace(bar.close);
        if self.first_open.is_none() {
            self.first_open = Some(bar.open);
        }
        self.vwap.update(bar)?;
        self.atr.update(bar)?;
        if let Some(deviation) = &mut self.deviation {
            deviation.update(bar.close, self.vwap.value())?;
        }
        Ok(Checked::Clean)
    }

    /// The last close, corrupt bars included.
    #[must_use]
    pub const fn last_close(&self) -> Option<Price> {
        self.last_close
    }

    /// The last quote.
    #[must_use]
    pub const fn quote(&self) -> Option<&QuoteBar> {
        self.quote.as_ref()
    }

    /// How many bars were corrupt.
    #[must_use]
    pub const fn corrupt_bars(&self) -> u32 {
        self.corrupt_bars
    }

    /// How many bars were clean.
    #[must_use]
    pub const fn clean_bars(&self) -> u32 {
        self.clean_bars
    }

    /// How many bars came while the score had fallen and not recovered.
    #[must_use]
    pub const fn fallen_bars(&self) -> u32 {
        self.fallen_bars
    }

    /// The lowest score of the session.
    #[must_use]
    pub const fn lowest_score(&self) -> Option<Ratio> {
        self.lowest
    }

    /// Whether the other has seen the same bars.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        // VWAP is divided when it is asked for, and remembered from then on.
        self.vwap.value() == other.vwap.value() && self == other
    }

    /// The data quality score now.
    #[must_use]
    pub const fn score(&self) -> Ratio {
        self.quality.score()
    }
}

/// What a strategy may see at `T`: one symbol's bar that has just ended, and all before it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// `T`.
    pub now: Timestamp,
    /// The session.
    pub session: Hours,
    /// The instrument.
    pub instrument: &'a Instrument,
    /// The bar that has just ended.
    pub bar: &'a Bar,
    /// What the data checks made of it.
    pub checked: Checked,
    market: &'a SymbolMarket,
}

/// A bar that has just ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// Which instrument, by its place.
    pub place: usize,
    /// The bar.
    pub bar: &'a Bar,
    /// The quotes of the same minute, where there are some.
    pub quote: Option<&'a QuoteBar>,
}

/// All bars that have ended at `T`, once they have been taken in: what a strategy is shown of them in one call.
#[derive(Clone, Copy, Debug)]
pub struct Minute<'a> {
    /// `T`.
    pub now: Timestamp,
    /// The session.
    pub session: Hours,
    /// The bars.
    pub bars: &'a [Ended<'a>],
    /// The instruments, by place.
    pub instruments: &'a [Instrument],
    /// Each instrument's data, by place.
    pub market: &'a [SymbolMarket],
    /// What the data checks made of the bars, by place.
    pub checked: &'a [Option<Checked>],
}

/// The bar of one place; bars are in the order of their places, and often all there.
#[must_use]
pub fn bar_at<'a, 'b>(bars: &'a [Ended<'b>], place: usize) -> Option<&'a Ended<'b>> {
    match bars.get(place) {
        Some(ended) if ended.place == place => Some(ended),
        _ => bars.binary_search_by_key(&place, |b| b.place).ok().and_then(|i| bars.get(i)),
    }
}

impl<'a> Minute<'a> {
    /// The view of one place, where its bar is clean.
    #[must_use]
    pub fn clean_at(&self, place: usize) -> Option<(usize, View<'a>)> {
        self.view_of(bar_at(self.bars, place)?)
    }

    #[inline]
    fn view_of(&self, ended: &Ended<'a>) -> Option<(usize, View<'a>)> {
        let place = ended.place;
        let clean = self.checked.get(place).copied().flatten() == Some(Checked::Clean);
        let (instrument, market) = (self.instruments.get(place)?, self.market.get(place)?);
        clean.then(|| (place, View::new(self.session, instrument, ended.bar, Checked::Clean, market, self.now)))
    }

    /// The views of the clean bars, each with its place.
    pub fn clean(&self) -> impl Iterator<Item = (usize, View<'a>)> {
        let minute = *self;
        minute.bars.iter().filter_map(move |ended| minute.view_of(ended))
    }
}

/// The data quality as the gate sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityView {
    /// DVS.
    pub score: Ratio,
    /// What it is held against.
    pub threshold: Ratio,
    /// Whether it fell and has not recovered.
    pub fallen: bool,
    /// Clean bars that have still to pass.
    pub hold: u32,
}

impl<'a> View<'a> {
    /// The view of a symbol whose bar has been taken in.
    #[must_use]
    pub const fn new(
        hours: Hours,
        instrument: &'a Instrument,
        bar: &'a Bar,
        checked: Checked,
        market: &'a SymbolMarket,
        now: Timestamp,
    ) -> Self {
        Self { now, session: hours, instrument, bar, checked, market }
    }

    /// The session's VWAP, cut to 10⁻⁸.
    #[must_use]
    pub fn vwap(&self) -> Option<Price> {
        self.market.vwap.value()
    }

    /// Whether there is a VWAP.
    #[must_use]
    pub const fn has_vwap(&self) -> bool {
        self.market.vwap.exists()
    }

    /// How the bar's close stands to VWAP.
    #[must_use]
    pub fn close_to_vwap(&self) -> Option<std::cmp::Ordering> {
        self.to_vwap(self.bar.close)
    }

    /// How a price stands to VWAP.
    #[must_use]
    pub fn to_vwap(&self, price: Price) -> Option<std::cmp::Ordering> {
        self.market.vwap.compare(price)
    }

    /// Whether there are enough clean bars for an average true range.
    #[must_use]
    pub const fn has_atr(&self) -> bool {
        self.market.atr.exists()
    }

    /// The average true range.
    #[must_use]
    pub fn atr(&self) -> Option<Price> {
        self.market.atr.value()
    }

    /// The standard deviation of the closes from VWAP, where it is kept.
    #[must_use]
    pub fn sd(&self) -> Option<Price> {
        self.market.deviation.as_ref().and_then(Deviation::value)
    }

    /// The close of the clean bar before.
    #[must_use]
    pub const fn previous_close(&self) -> Option<Price> {
        self.market.previous_close
    }

    /// The open of the session's first clean bar.
    #[must_use]
    pub const fn first_open(&self) -> Option<Price> {
        self.market.first_open
    }

    /// How many clean bars there were, this one included.
    #[must_use]
    pub const fn clean_bars(&self) -> u32 {
        self.market.clean_bars
    }

    /// The last quote.
    #[must_use]
    pub const fn quote(&self) -> Option<&'a QuoteBar> {
        self.market.quote.as_ref()
    }

    /// The data quality.
    #[must_use]
    pub const fn quality(&self) -> QualityView {
        let quality = &self.market.quality;
        QualityView {
            score: quality.score(),
            threshold: quality.threshold(),
            fallen: quality.is_fallen(),
            hold: quality.hold(),
        }
    }
}
