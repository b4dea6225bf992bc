use super::length::LengthError;

/// The last `length` values, at most `MOST`; the newest takes the oldest one's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ring<const MOST: usize> {
    slots: [i64; MOST],
    length: usize,
    next: usize,
    filled: usize,
}

impl<const MOST: usize> Ring<MOST> {
    /// An empty ring for 1 to `MOST` values.
    pub(super) const fn new(length: usize) -> Result<Self, LengthError> {
        match LengthError::check(length, 1, MOST) {
            Ok(length) => Ok(Self { slots: [0; MOST], length, next: 0, filled: 0 }),
            Err(error) => Err(error),
        }
    }

    /// Forgets every value.
    pub(super) const fn clear(&mut self) {
        self.next = 0;
        self.filled = 0;
    }

    /// How many values it holds when it is full.
    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// Whether every place is taken.
    pub(super) const fn is_full(&self) -> bool {
        self.filled == self.length
    }

    /// The value that the next one will push out, where it is full.
    pub(super) fn leaving(&self) -> Option<i64> {
        if self.is_full() { self.slots.get(self.next).copied() } else { None }
    }

    /// Takes a value in.
    pub(super) fn push(&mut self, value: i64) {
        if let Some(slot) = self.slots.get_mut(self.next) {
            *slot = value;
        }
        let next = self.next.saturating_add(1);
        self.next = if next >= self.length { 0 } else { next };
        self.filled = self.filled.saturating_add(1).min(self.length);
    }

    /// The values in no order, where every place is taken.
    pub(super) fn all(&self) -> Option<&[i64]> {
        if self.is_full() { self.slots.get(..self.length) } else { None }
    }

    /// The values, the oldest first.
    pub(super) fn values(&self) -> impl Iterator<Item = i64> + '_ {
        let held = self.slots.get(..self.filled).unwrap_or_default();
        let (newer, older) = held.split_at_checked(self.next).unwrap_or((held, &[]));
        older.iter().chain(newer).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_the_last_values_in_order() {
        for length in 1..=5 {
            let mut ring = Ring::<5>::new(length).unwrap();
            let all: Vec<i64> = (1..=17).collect();
            for (index, value) in all.iter().enumerate() {
                let leaving = index.checked_sub(length).map(|i| all[i]);
                assert_eq!(ring.leaving(), leaving, "length {length}");
                ring.push(*value);
                let from = (index + 1).saturating_sub(length);
                assert_eq!(ring.values().collect::<Vec<_>>(), all[from..=index], "length {length}");
                assert_eq!(ring.is_full(), index + 1 >= length);
            }
            ring.clear();
            assert_eq!((ring.values().count(), ring.leaving()), (0, None));
        }
    }

    #[test]
    fn a_length_without_room_is_refused() {
        for asked in [0, 6, usize::MAX] {
            assert_eq!(Ring::<5>::new(asked).unwrap_err(), LengthError { asked, least: 1, most: 5 });
        }
    }
}
