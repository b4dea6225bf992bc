//! The facts of an entry: a few names with their values, in the byte order of the names.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Index;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Serialize, Serializer};

/// A fact's value: text, a whole number, or a structure.
pub type Fact = serde_json::Value;

/// A fact's name: nearly always one of the program's own words.
type Name = Cow<'static, str>;

/// What the postings alone do not tell, by name in byte order. A handful: a sorted list is quicker than any tree.
#[derive(Clone, Default, PartialEq)]
pub struct Facts(Vec<(Name, Fact)>);

impl Facts {
    /// No facts.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No facts, with room for some.
    #[must_use]
    pub fn with_capacity(facts: usize) -> Self {
        Self(Vec::with_capacity(facts))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        // Written in order as a rule: then the new name belongs at the end.
        match self.0.last() {
            Some((last, _)) if last.as_ref() < name => Err(self.0.len()),
            _ => self.0.binary_search_by(|(n, _)| n.as_ref().cmp(name)),
        }
    }

    /// Sets a fact, in place of what had its name.
    pub fn insert(&mut self, name: Cow<'static, str>, value: Fact) {
        match self.place(&name) {
            Ok(at) => {
                if let Some((_, old)) = self.0.get_mut(at) {
                    *old = value;
                }
            }
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// Takes a fact out.
    pub fn remove(&mut self, name: &str) -> Option<Fact> {
        let at = self.place(name).ok()?;
        Some(self.0.remove(at).1)
    }

    /// A fact by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(self.place(name).ok()?).map(|(_, fact)| fact)
    }

    /// Whether there is a fact of this name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// The facts in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(name, fact)| (name.borrow(), fact))
    }

    /// The values in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &Fact> {
        self.0.iter().map(|(_, fact)| fact)
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Index<&str> for Facts {
    type Output = Fact;

    /// The fact of this name, or null where there is none, as in JSON.
    fn index(&self, name: &str) -> &Fact {
        self.get(name).unwrap_or(&Fact::Null)
    }
}

impl FromIterator<(Name, Fact)> for Facts {
    fn from_iter<I: IntoIterator<Item = (Name, Fact)>>(facts: I) -> Self {
        let mut all = Self::new();
        facts.into_iter().for_each(|(name, fact)| all.insert(name, fact));
        all
    }
}

impl<const N: usize> From<[(Name, Fact); N]> for Facts {
    fn from(facts: [(Name, Fact); N]) -> Self {
        facts.into_iter().collect()
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Facts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of facts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
                let mut facts = Facts::new();
                while let Some((name, fact)) = map.next_entry::<String, Fact>()? {
                    facts.insert(Cow::Owned(name), fact);
                }
                Ok(facts)
            }
        }
        d.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        // In whatever order facts are set, they stand in the byte order of their names, the last of a name counts, and
        // the bytes are those of an ordered map.
        #[test]
        fn facts_are_an_ordered_map(named in prop::collection::vec(("[a-d\u{e4}]{0,2}", any::<i64>()), 0..12)) {
            let map: BTreeMap<String, i64> = named.iter().cloned().collect();
            let facts: Facts = named.into_iter().map(|(n, v)| (Cow::Owned(n), Fact::from(v))).collect();
            let text = serde_json::to_string(&facts).unwrap();
            prop_assert_eq!(&text, &serde_json::to_string(&map).unwrap());
            prop_assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts.clone());
            for (name, value) in &map {
                prop_assert_eq!(&facts[name], &Fact::from(*value));
            }
            prop_assert!(!facts.contains_key("e") && facts.get("e").is_none() && facts.is_empty() == map.is_empty());
        }
    }
}
