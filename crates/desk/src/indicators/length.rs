use std::fmt;

/// A number of bars, minutes or ticks that an indicator has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthError {
    /// What was asked for.
    pub asked: usize,
    /// The smallest that is allowed.
    pub least: usize,
    /// The largest that is allowed.
    pub most: usize,
}

impl LengthError {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "indicator_length"
    }

    /// Passes a length within `least` and `most` on.
    pub(super) const fn check(asked: usize, least: usize, most: usize) -> Result<usize, Self> {
        if asked < least || asked > most { Err(Self { asked, least, most }) } else { Ok(asked) }
    }
}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an indicator's length of {} is not possible; {} to {} are", self.asked, self.least, self.most)
    }
}

impl std::error::Error for LengthError {}
