//! A shape that must be written as a JSON object.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A shape that is written as an object, and not as the array of its members' values, which serde
/// accepts as well.
#[derive(Debug, Clone)]
pub(crate) struct JsonObject<B>(B);

impl<B> JsonObject<B> {
    pub(crate) fn into_inner(self) -> B {
        self.0
    }
}

impl<'de, B: Deserialize<'de>> Deserialize<'de> for JsonObject<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<B>(PhantomData<B>);

        impl<'de, B: Deserialize<'de>> Visitor<'de> for ObjectVisitor<B> {
            type Value = JsonObject<B>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<JsonObject<B>, A::Error> {
                B::deserialize(MapAccessDeserializer::new(members)).map(JsonObject)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}
