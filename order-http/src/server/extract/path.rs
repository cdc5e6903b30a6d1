//! Path parameters, and the path that the API is nested under.

use crate::server::problem::{IntoFieldError, Problem};
use axum::extract::{FromRequestParts, OriginalUri, RawPathParams};
use axum::http::request::Parts;
use order_core::effect::EffectId;
use order_core::value::{FulfillmentNo, InvalidValue, OrderId, ReturnNo};
use std::str::FromStr;

/// Parses a path parameter.
///
/// # Errors
/// 400 if it is not valid.
pub(crate) async fn parse_path_parameter<T>(parts: &mut Parts, name: &str) -> Result<T, Problem>
where
    T: FromStr<Err = InvalidValue>,
{
    let parameters = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| Problem::not_found("the path is not made of percent-encoded UTF-8"))?;
    // If an outer router has a parameter of the same name, ours is the last.
    let text = parameters
        .iter()
        .filter(|(key, _)| *key == name)
        .last()
        .map(|(_, value)| value)
        .unwrap_or_default();
    text.parse()
        .map_err(|invalid: InvalidValue| Problem::invalid(vec![invalid.field_error(name.into())]))
}

macro_rules! path_parameter {
    ($(#[$meta:meta])* $name:ident($inner:ty) = $parameter:literal) => {
        $(#[$meta])*
        pub(crate) struct $name(pub(crate) $inner);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                parse_path_parameter(parts, $parameter).await.map(Self)
            }
        }
    };
}

path_parameter! {
    /// The shipment in the path: a fulfillment that was shipped.
    ShipmentPath(FulfillmentNo) = "shipment_id"
}
path_parameter! {
    /// The fulfillment in the path.
    FulfillmentPath(FulfillmentNo) = "fulfillment_id"
}
path_parameter! {
    /// The return in the path.
    ReturnPath(ReturnNo) = "return_id"
}
path_parameter! {
    /// The dead letter in the path.
    DeadLetterPath(EffectId) = "id"
}

/// The path that the API is nested under, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountPath(String);

impl MountPath {
    fn of(parts: &Parts) -> Self {
        let inner = parts.uri.path();
        let path = parts
            .extensions
            .get::<OriginalUri>()
            .and_then(|original| original.path().strip_suffix(inner))
            .unwrap_or_default();
        Self(path.trim_end_matches('/').to_owned())
    }

    /// Returns the path of an order, for `Location`.
    pub(crate) fn order(&self, id: OrderId) -> String {
        format!("{}/v1/orders/{id}", self.0)
    }

    /// Returns the URL of the API for the OpenAPI document; `/` if it is not nested.
    pub(crate) fn server_url(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MountPath {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}
