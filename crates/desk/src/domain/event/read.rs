//! An event's canonical bytes, read in the order in which they are written: the kind is known before its data, so that
//! nothing is kept aside, as the general reader has to. Whatever stands otherwise is left to that one.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Body, Event, VERSION};

/// Reads an event; nothing where its bytes are not in the order that the writer keeps to.
pub(super) fn read(bytes: &[u8]) -> Option<Event> {
    // The text is proven once, and not string by string.
    let mut reader = serde_json::Deserializer::from_str(std::str::from_utf8(bytes).ok()?);
    let event = reader.deserialize_map(InOrder).ok()?;
    reader.end().ok()?;
    Some(event)
}

/// The keys of an event in their order.
struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event as it is written")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let v = value_of("v", &mut map)?;
        let seq = value_of("seq", &mut map)?;
        let at = value_of("at", &mut map)?;
        let kind: &str = value_of("kind", &mut map)?;
        key("data", &mut map)?;
        let body = map.next_value_seed(Data { kind })?;
        let feed = value_of("feed", &mut map)?;
        if v == VERSION && map.next_key::<&str>()?.is_none() {
            Ok(Event { v, seq, at, body, feed })
        } else {
            Err(A::Error::custom("another version or key"))
        }
    }
}

fn key<'de, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<(), A::Error> {
    let found = map.next_key::<&str>()?;
    if found == Some(name) { Ok(()) } else { Err(A::Error::custom("another key")) }
}

fn value_of<'de, A: MapAccess<'de>, T: Deserialize<'de>>(name: &str, map: &mut A) -> Result<T, A::Error> {
    key(name, map)?;
    map.next_value()
}

/// The data of an event whose kind is known.
struct Data<'de> {
    kind: &'de str,
}

impl<'de> DeserializeSeed<'de> for Data<'de> {
    type Value = Body;

    fn deserialize<D: Deserializer<'de>>(self, data: D) -> Result<Body, D::Error> {
        Body::deserialize(MapAccessDeserializer::new(Pair { kind: Some(self.kind), data: Some(data) }))
    }
}

/// Kind and data as the map of these two that a body is read from.
struct Pair<'de, D> {
    kind: Option<&'de str>,
    data: Option<D>,
}

impl<'de, D: Deserializer<'de>> MapAccess<'de> for Pair<'de, D> {
    type Error = D::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, D::Error> {
        let key = match (&self.kind, &self.data) {
            (Some(_), _) => "kind",
            (None, Some(_)) => "data",
            (None, None) => return Ok(None),
        };
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, D::Error> {
        match (self.kind.take(), self.data.take()) {
            (Some(kind), data) => {
                self.data = data;
                seed.deserialize(kind.into_deserializer())
            }
            (None, Some(data)) => seed.deserialize(data),
            (None, None) => Err(D::Error::custom("a value without its key")),
        }
    }
}
