//! Which symbols have an owner, by place: asked for each bar, changed a few times a trade.

/// The places whose symbols have an owner.
#[derive(Clone, Debug)]
pub(super) struct Occupied {
    flags: Vec<bool>,
    /// The same, in ascending order.
    places: Vec<usize>,
}

impl Occupied {
    /// None of so many.
    pub(super) fn none(places: usize) -> Self {
        Self { flags: vec![false; places], places: Vec::new() }
    }

    /// Forgets them all.
    pub(super) fn clear(&mut self) {
        self.flags.fill(false);
        self.places.clear();
    }

    /// Notes whether a place has an owner.
    pub(super) fn set(&mut self, place: usize, occupied: bool) {
        let Some(flag) = self.flags.get_mut(place) else { return };
        *flag = occupied;
        match (self.places.binary_search(&place), occupied) {
            (Err(at), true) => self.places.insert(at, place),
            (Ok(at), false) => {
                self.places.remove(at);
            }
            _ => {}
        }
    }

    /// Whether a place has an owner.
    pub(super) fn has(&self, place: usize) -> bool {
        self.flags.get(place).copied().unwrap_or(false)
    }

    /// Those that have one, in ascending order.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_list_is_that_of_the_flags(steps in prop::collection::vec((0_usize..6, any::<bool>()), 0..40)) {
            let (mut occupied, mut flags) = (Occupied::none(5), [false; 5]);
            for (place, set) in steps {
                occupied.set(place, set);
                if let Some(flag) = flags.get_mut(place) {
                    *flag = set;
                }
                prop_assert!((0..6).all(|p| occupied.has(p) == flags.get(p).copied().unwrap_or(false)));
                let listed: Vec<_> = (0..5).filter(|p| flags[*p]).collect();
                prop_assert_eq!(occupied.places(), &listed[..]);
            }
            occupied.clear();
            prop_assert!(occupied.places().is_empty() && !occupied.has(0));
        }
    }
}
