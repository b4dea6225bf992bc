use std::fmt;

use crate::domain::decimal::{Price, Ratio, SCALE};
use crate::domain::wide::Wide;

/// Minutes that the score looks back on.
const WINDOW: u32 = 30;
/// Clean bars that have to pass after a corrupt one.
const HOLD: u32 = 5;
/// Below this the symbol falls: 0.80.
const FALLS: Ratio = Ratio::from_raw(80_000_000);
/// At this or above a fallen symbol recovers: 0.85.
const RECOVERS: Ratio = Ratio::from_raw(85_000_000);
/// A close farther than one part in so many from the clean close before is a jump: 5 %.
const JUMP_PART: i64 = 20;

/// A bar that does not start after the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotLater {
    /// Its minute of the session.
    pub minute: u32,
    /// The minute of the bar before.
    pub last: u32,
}

impl NotLater {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "bar_not_later"
    }
}

impl fmt::Display for NotLater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minute, last } = self;
        write!(f, "a bar of minute {minute} came after that of minute {last}; the minutes of a session have to rise")
    }
}

impl std::error::Error for NotLater {}

/// What a score is made of (STRAT-3), so that it explains itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Minutes looked back on, the bar's own included: at most 30, fewer after the open.
    pub minutes: u32,
    /// Of these, minutes without a bar. Each costs 1.
    pub missing: u32,
    /// Of these, corrupt bars. Each costs 2.
    pub corrupt: u32,
    /// Of these, clean bars whose close is over 5 % away from the clean close before. Each costs 2.
    pub jumps: u32,
}

impl Evidence {
    /// `max(0, 1 − ⌊lost ÷ minutes⌋)`.
    #[must_use]
    pub fn score(&self) -> Ratio {
        let lost = self.corrupt.saturating_add(self.jumps).saturating_mul(2).saturating_add(self.missing);
        if lost == 0 {
            return Ratio::whole(1);
        }
        let share = i64::from(lost).saturating_mul(SCALE).checked_div(i64::from(self.minutes)).unwrap_or(SCALE);
        Ratio::from_raw(SCALE.saturating_sub(share).max(0))
    }
}

/// The data quality score of one symbol and session (STRAT-3), its recovery, and the hold after corrupt bars (STRAT-2).
///
/// Three masks of 64 minutes, the newest in the lowest bit, shifted by the minutes that went by: constant work a bar. While
/// all is calm, nothing but the last minute and close are kept, and the masks follow when something else comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    last: Option<u32>,
    /// Whether nothing of the window is lost, nothing has fallen, and no hold is left.
    calm: bool,
    /// The minute at which the masks stand.
    masked: u32,
    present: u64,
    corrupt: u64,
    jumps: u64,
    clean_close: Option<Price>,
    evidence: Evidence,
    score: Ratio,
    fallen: bool,
    since: Option<u32>,
    hold: u32,
}

impl Quality {
    /// Before the first bar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the session.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Takes in a bar, clean or corrupt, that starts `minute` minutes after the open.
    ///
    /// # Errors
    /// [`NotLater`], and nothing changes.
    #[inline]
    pub fn update(&mut self, minute: u32, close: Price, corrupt: bool) -> Result<(), NotLater> {
        // What nearly every bar is: one of the next minute, clean, without a jump, nothing lost before it. The window then
        // holds this minute and some of those that held nothing lost, so its score stays 1.
        if self.calm
            && !corrupt
            && self.last.is_some_and(|last| minute == last.saturating_add(1))
            && self.clean_close.is_some_and(|before| !is_jump(before, close))
        {
            (self.last, self.clean_close) = (Some(minute), Some(close));
            return Ok(());
        }
        self.take_in(minute, close, corrupt)
    }

    /// Any other bar.
    fn take_in(&mut self, minute: u32, close: Price, corrupt: bool) -> Result<(), NotLater> {
        let elapsed = match self.last {
            Some(last) if minute <= last => return Err(NotLater { minute, last }),
            Some(last) => minute.saturating_sub(last),
            None => 0,
        };
        // The calm minutes since the masks were last shifted: each had its bar.
        let calm = self.last.map_or(0, |last| last.saturating_sub(self.masked));
        self.shift(calm, [true, false, false]);
        let jump = !corrupt && self.clean_close.is_some_and(|before| is_jump(before, close));
        self.shift(elapsed.saturating_sub(1), [false; 3]);
        self.shift(1, [true, corrupt, jump]);
        (self.last, self.masked) = (Some(minute), minute);
        if corrupt {
            self.hold = HOLD;
        } else {
            self.hold = self.hold.saturating_sub(1);
            self.clean_close = Some(close);
        }
        self.evidence = self.weigh(minute);
        self.score = self.evidence.score();
        // Nearly always: nothing is lost now, and nothing was.
        if self.fallen || self.score < FALLS {
            self.judge(minute);
        }
        let Evidence { missing, corrupt, jumps, .. } = self.evidence;
        self.calm = (missing | corrupt | jumps | self.hold) == 0 && !self.fallen;
        Ok(())
    }

    /// Shifts each mask by so many minutes, which are all alike in it.
    fn shift(&mut self, minutes: u32, bits: [bool; 3]) {
        let all = 1_u64.checked_shl(minutes).unwrap_or(0).wrapping_sub(1);
        for (mask, bit) in [&mut self.present, &mut self.corrupt, &mut self.jumps].into_iter().zip(bits) {
            *mask = mask.checked_shl(minutes).unwrap_or(0) | if bit { all } else { 0 };
        }
    }

    /// DVS of the last bar, 0 to 1, cut to 10⁻⁸; 0 before the first bar.
    #[must_use]
    pub const fn score(&self) -> Ratio {
        self.score
    }

    /// What the score is made of.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        // Minutes go by also while all is calm.
        Evidence { minutes: self.last.map_or(0, minutes_at), ..self.evidence }
    }

    /// Whether the score fell below 0.80 and has not stood at 0.85 or more for a minute since.
    #[must_use]
    pub const fn is_fallen(&self) -> bool {
        self.fallen
    }

    /// The minute of the first bar of the present recovery.
    #[must_use]
    pub const fn since(&self) -> Option<u32> {
        self.since
    }

    /// What the score is held against: 0.80, or 0.85 while recovering (STRAT-12).
    #[must_use]
    pub const fn threshold(&self) -> Ratio {
        if self.fallen { RECOVERS } else { FALLS }
    }

    /// Clean bars that have still to pass before an entry.
    #[must_use]
    pub const fn hold(&self) -> u32 {
        self.hold
    }

    fn weigh(&self, minute: u32) -> Evidence {
        let minutes = minutes_at(minute);
        let window = 1_u64.checked_shl(minutes).unwrap_or(0).wrapping_sub(1);
        Evidence {
            minutes,
            missing: ones(!self.present & window),
            corrupt: ones(self.corrupt & window),
            jumps: ones(self.jumps & window),
        }
    }

    fn judge(&mut self, minute: u32) {
        if !self.fallen {
            self.fallen = self.score < FALLS;
        } else if self.score < RECOVERS {
            self.since = None;
        } else {
            match self.since {
                None => self.since = Some(minute),
                Some(since) if minute > since => {
                    self.fallen = false;
                    self.since = None;
                }
                Some(_) => {}
            }
        }
    }
}

/// How many minutes the window of this minute has.
fn minutes_at(minute: u32) -> u32 {
    minute.saturating_add(1).min(WINDOW)
}

/// How many minutes a mask names; nearly always none, which is quicker seen than counted.
const fn ones(mask: u64) -> u32 {
    if mask == 0 { 0 } else { mask.count_ones() }
}

/// Whether a close is over 5 % away from the clean close before.
#[inline]
fn is_jump(before: Price, close: Price) -> bool {
    // 64 bits hold what prices do; 128 hold the rest.
    let narrow = close.raw().checked_sub(before.raw()).and_then(i64::checked_abs);
    if let Some(parts) = narrow.and_then(|away| away.checked_mul(JUMP_PART)) {
        return parts > before.raw();
    }
    let away = Wide::from(close) - Wide::from(before);
    let away = if away < Wide::ZERO { -away } else { away };
    away * JUMP_PART > Wide::from(before)
}

#[cfg(test)]
#[path = "quality_tests.rs"]
mod tests;
