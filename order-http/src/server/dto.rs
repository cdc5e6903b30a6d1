//! What goes over the wire: shapes of their own, so that the domain does not bend to JSON.
//!
//! A request is read in two steps. Its shape ([`Wire`], by serde: unknown members refused) takes
//! every member as optional and every number as `i64`; then [`Wire::read`] makes core values of it
//! and notes every fault in [`Faults`], so that a caller learns all of them at once.

pub(crate) mod address;
pub(crate) mod commands;
pub(crate) mod details;
pub(crate) mod history;
pub(crate) mod lines;
pub(crate) mod order;
pub(crate) mod parts;
pub(crate) mod place;
pub(crate) mod preview;
pub(crate) mod schema;

use super::extract::Broken;
use super::problem::{FieldError, Problem};
use order_core::money::Amount;
use order_core::value::{InvalidReason, InvalidValue};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A request body.
pub(crate) trait Wire: DeserializeOwned {
    /// What the core works with.
    type Core;

    /// Makes core values of it; `None` only where a fault was noted.
    fn read(self, faults: &mut Faults) -> Option<Self::Core>;
}

/// A shape that is written as an object, and not as a list of its members' values, which serde would
/// take as well.
#[derive(Debug, Clone)]
pub(crate) struct Object<W>(W);

impl<W> Object<W> {
    pub(crate) fn into_inner(self) -> W {
        self.0
    }
}

impl<'de, W: Deserialize<'de>> Deserialize<'de> for Object<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<W>(PhantomData<W>);

        impl<'de, W: Deserialize<'de>> Visitor<'de> for Members<W> {
            type Value = Object<W>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<W>, A::Error> {
                W::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// Everything that is wrong with a body, and where reading has got to.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    errors: Vec<FieldError>,
    path: String,
}

impl Faults {
    /// Notes a fault in this member.
    pub(crate) fn note(&mut self, member: &str, code: &str, message: &str) {
        let field = self.field(member);
        self.errors.push(FieldError::new(field, code, message));
    }

    /// The value, unless it broke a rule.
    pub(crate) fn check<T, E: Broken>(&mut self, member: &str, value: Result<T, E>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(broken) => {
                self.errors.push(broken.field_error(self.field(member)));
                None
            }
        }
    }

    /// A member that must be there.
    pub(crate) fn required<T, U, E: Broken>(
        &mut self,
        member: &str,
        value: Option<T>,
        read: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        match value {
            Some(value) => self.check(member, read(value)),
            None => {
                self.note(member, "required", "is required");
                None
            }
        }
    }

    /// A member that may be missing: `None` only where a fault was noted.
    pub(crate) fn optional<T, U, E: Broken>(
        &mut self,
        member: &str,
        value: Option<T>,
        read: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<Option<U>> {
        match value {
            Some(value) => self.check(member, read(value)).map(Some),
            None => Some(None),
        }
    }

    /// A member that is a shape of its own.
    pub(crate) fn within<W: Wire>(&mut self, member: &str, value: Object<W>) -> Option<W::Core> {
        let outer = std::mem::take(&mut self.path);
        self.path = join(&outer, member);
        let core = value.into_inner().read(self);
        self.path = outer;
        core
    }

    /// A member that is a shape of its own and may be missing.
    pub(crate) fn within_optional<W: Wire>(
        &mut self,
        member: &str,
        value: Option<Object<W>>,
    ) -> Option<Option<W::Core>> {
        match value {
            Some(value) => self.within(member, value).map(Some),
            None => Some(None),
        }
    }

    /// A member that is a list of shapes; all of them are read, whatever the first is like.
    pub(crate) fn each<W: Wire>(
        &mut self,
        member: &str,
        values: Vec<Object<W>>,
    ) -> Option<Vec<W::Core>> {
        let read: Vec<_> = values
            .into_iter()
            .enumerate()
            .map(|(at, value)| self.within(&format!("{member}[{at}]"), value))
            .collect();
        read.into_iter().collect()
    }

    /// A list of shapes that must be there and have an entry.
    pub(crate) fn each_required<W: Wire>(
        &mut self,
        member: &str,
        values: Option<Vec<Object<W>>>,
    ) -> Option<Vec<W::Core>> {
        match values {
            Some(values) if values.is_empty() => {
                self.note(member, "empty", "must have at least one entry");
                None
            }
            Some(values) => self.each(member, values),
            None => {
                self.note(member, "required", "is required");
                None
            }
        }
    }

    /// A list of shapes that may be missing, but not empty.
    pub(crate) fn each_optional<W: Wire>(
        &mut self,
        member: &str,
        values: Option<Vec<Object<W>>>,
    ) -> Option<Option<Vec<W::Core>>> {
        match values {
            Some(values) => self.each_required(member, Some(values)).map(Some),
            None => Some(None),
        }
    }

    /// What was read, if nothing was wrong.
    ///
    /// # Errors
    /// 400 with every fault.
    pub(crate) fn none_in<T>(self, core: Option<T>) -> Result<T, Problem> {
        match core {
            Some(core) if self.errors.is_empty() => Ok(core),
            _ if !self.errors.is_empty() => Err(Problem::invalid(self.errors)),
            _ => {
                tracing::error!("a body was refused without a fault");
                Err(Problem::internal())
            }
        }
    }

    fn field(&self, member: &str) -> String {
        join(&self.path, member)
    }
}

fn join(path: &str, member: &str) -> String {
    match (path, member) {
        ("", member) => member.to_owned(),
        (path, "") => path.to_owned(),
        (path, member) => format!("{path}.{member}"),
    }
}

/// A price: nothing, or more.
fn price(minor: i64) -> Result<Amount, InvalidValue> {
    let amount = Amount::new(minor);
    if amount.is_negative() {
        return Err(InvalidValue::new(
            "price",
            InvalidReason::OutOfRange {
                min: 0,
                max: i64::MAX.unsigned_abs(),
            },
        ));
    }
    Ok(amount)
}

/// An amount that is to move: more than nothing.
fn moved(minor: i64) -> Result<Amount, InvalidValue> {
    let amount = Amount::new(minor);
    if amount.is_positive() {
        return Ok(amount);
    }
    Err(InvalidValue::new(
        "payment or refund",
        InvalidReason::OutOfRange {
            min: 1,
            max: i64::MAX.unsigned_abs(),
        },
    ))
}
