//! The JSON of the API: shapes of their own, so that the domain does not bend to the wire.
//!
//! `request` is read and `response` is written; the shapes beside them are both. A type is a `*Body`
//! if it is read, a `*Response` if it is written, a `*Dto` if it is both. No shape has a rule about
//! orders.
//!
//! A request body is read in two steps. Its shape (serde, unknown members refused) takes every member
//! as optional and every number as `i64`; then [`RequestBody::parse`](validation::RequestBody::parse)
//! makes core values of it and collects every error in
//! [`ValidationErrors`](validation::ValidationErrors), so that a caller learns all of them at once.

pub(crate) mod address;
pub(crate) mod adjustment;
pub(crate) mod enums;
pub(crate) mod json_object;
pub(crate) mod numbers;
pub(crate) mod parse;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod sku_quantity;
pub(crate) mod units;
pub(crate) mod validation;
