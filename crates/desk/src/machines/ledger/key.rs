//! Texts as keys of large maps: compared as numbers, without following a pointer as a rule.

/// How many bytes are compared as numbers.
const HEAD: usize = 32;

/// A text whose first 32 bytes stand inline as two numbers; what lies beyond follows. Two keys are the same exactly when
/// their texts are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TextKey {
    head: [u128; 2],
    /// Of the whole text: tells trailing zero bytes from none.
    len: usize,
    rest: Box<[u8]>,
}

impl TextKey {
    /// The key of a text.
    pub(super) fn new(text: &str) -> Self {
        let (head, rest) = text.as_bytes().split_at_checked(HEAD).unwrap_or((text.as_bytes(), &[]));
        let mut bytes = [0; HEAD];
        if let Some(place) = bytes.get_mut(..head.len()) {
            place.copy_from_slice(head);
        }
        let (halves, _) = bytes.as_chunks::<16>();
        let half = |i: usize| halves.get(i).map_or(0, |half| u128::from_be_bytes(*half));
        Self { head: [half(0), half(1)], len: text.len(), rest: Box::from(rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_the_same_exactly_when_texts_are(a in "[a\u{0}\u{e4}]{0,20}", b in "[a\u{0}\u{e4}]{0,20}", long in any::<bool>()) {
            let before = if long { "x".repeat(27) } else { String::new() };
            let (a, b) = (format!("{before}{a}"), format!("{before}{b}"));
            prop_assert_eq!(TextKey::new(&a) == TextKey::new(&b), a == b);
            prop_assert_eq!(TextKey::new(&a), TextKey::new(&a.clone()));
        }
    }
}
