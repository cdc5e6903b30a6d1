//! Extractors: what handlers take from a request, each rejecting with a problem.

mod path;
mod principal;
mod query;
mod validated_json;

pub(crate) use path::{
    DeadLetterPath, FulfillmentPath, MountPath, ReturnPath, ShipmentPath, parse_path_parameter,
};
pub(crate) use query::QueryParameters;
pub(crate) use validated_json::{MAX_BODY_BYTES, ValidatedJson};
