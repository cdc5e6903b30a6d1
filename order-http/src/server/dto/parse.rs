//! Parses a JSON value into the core values of a request body.

use super::json_object::JsonObject;
use super::validation::{RequestBody, ValidationErrors};
use crate::server::problem::{FieldError, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses a body.
///
/// # Errors
/// 400 with every value that breaks a rule; or with the one member that has the wrong type or is
/// unknown.
pub(crate) fn parse_body<B: RequestBody>(body: Value) -> Result<B::Core, Problem> {
    let body = deserialize::<JsonObject<B>>(body)?.into_inner();
    let mut errors = ValidationErrors::default();
    let core = body.parse(&mut errors);
    errors.finish(core)
}

fn deserialize<T: DeserializeOwned>(body: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let field = match error.path().to_string() {
            root if root == "." => String::new(),
            field => field,
        };
        let message = error.inner().to_string();
        Problem::invalid(vec![type_error(field, &message)])
    })
}

/// Translates an error of serde, whose own message lists variants and repeats the value.
fn type_error(field: String, message: &str) -> FieldError {
    if message.starts_with("unknown field") {
        return FieldError::new(field, "unknown-field", "there is no such field");
    }
    let expected = message
        .rsplit_once("expected ")
        .map_or("", |(_, what)| what);
    let rule = if expected == "an object" || expected == "a map" {
        "must be an object"
    } else if expected == "a sequence" {
        "must be a list"
    } else if expected == "a boolean" {
        "must be true or false"
    } else if expected.contains("string") {
        "must be a text"
    } else if expected.starts_with('i') || expected.starts_with('u') {
        "must be a whole number of at most 64 bits"
    } else {
        "has the wrong type"
    };
    FieldError::new(field, "wrong-type", rule)
}
