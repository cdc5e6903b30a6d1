//! What a path names: an order, a part of it; and where this API is nested.

use super::Broken;
use crate::server::problem::Problem;
use axum::extract::{FromRequestParts, OriginalUri, RawPathParams};
use axum::http::request::Parts;
use order_core::effect::EffectId;
use order_core::value::{FulfillmentNo, InvalidValue, OrderId, ReturnNo};
use std::str::FromStr;

/// The value of a path parameter.
///
/// # Errors
/// 400 if it is not one.
pub(crate) async fn path_parameter<T>(parts: &mut Parts, name: &str) -> Result<T, Problem>
where
    T: FromStr<Err = InvalidValue>,
{
    let parameters = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| Problem::not_found("the path is not made of percent-encoded UTF-8"))?;
    // Where an outer router has a parameter of the same name, ours is the last.
    let text = parameters
        .iter()
        .filter(|(key, _)| *key == name)
        .last()
        .map(|(_, value)| value)
        .unwrap_or_default();
    text.parse()
        .map_err(|invalid: InvalidValue| Problem::invalid(vec![invalid.field_error(name.into())]))
}

macro_rules! part {
    ($(#[$meta:meta])* $name:ident($inner:ty) = $parameter:literal) => {
        $(#[$meta])*
        pub(crate) struct $name(pub(crate) $inner);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                path_parameter(parts, $parameter).await.map(Self)
            }
        }
    };
}

part! {
    /// The shipment that the path names: a fulfillment that has left.
    ShipmentPart(FulfillmentNo) = "shipment_id"
}
part! {
    /// The fulfillment that the path names.
    FulfillmentPart(FulfillmentNo) = "fulfillment_id"
}
part! {
    /// The return that the path names.
    ReturnPart(ReturnNo) = "return_id"
}
part! {
    /// The dead letter that the path names.
    DeadLetterPart(EffectId) = "id"
}

/// The path under which this API is nested, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(String);

impl Prefix {
    pub(crate) fn of(parts: &Parts) -> Self {
        let inner = parts.uri.path();
        let prefix = parts
            .extensions
            .get::<OriginalUri>()
            .and_then(|original| original.path().strip_suffix(inner))
            .unwrap_or_default();
        Self(prefix.trim_end_matches('/').to_owned())
    }

    /// The path of an order, for `Location`.
    pub(crate) fn order(&self, id: OrderId) -> String {
        format!("{}/v1/orders/{id}", self.0)
    }

    /// The path itself; `/` where this API is not nested.
    pub(crate) fn as_server(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Prefix {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}
