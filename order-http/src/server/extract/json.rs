//! JSON bodies: read whole, checked whole, every fault named by its field.

use super::super::Shared;
use super::super::dto::{Faults, Object, Wire};
use super::super::problem::{FieldError, Problem};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// The hash of a body, the same however its members are ordered and spaced.
pub(crate) type Digest = [u8; 32];

/// A body read into what the core works with. No body at all is read as `{}`.
pub(crate) struct Json<W: Wire> {
    pub(crate) value: W::Core,
    pub(crate) digest: Digest,
}

impl<W: Wire> FromRequest<Shared> for Json<W> {
    type Rejection = Problem;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, shared)
            .await
            .map_err(|rejection| unreadable(&rejection))?;
        let body = if bytes.is_empty() {
            Value::Object(Map::new())
        } else if is_json {
            serde_json::from_slice(&bytes).map_err(|error| malformed(&error))?
        } else {
            return Err(
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type")
                    .detail("the body must be sent as application/json"),
            );
        };
        let digest = digest(&body);
        Ok(Self {
            value: from_value::<W>(body)?,
            digest,
        })
    }
}

/// Reads a body that was parsed already.
///
/// # Errors
/// 400, with every value that broke a rule; or with the one member that has the wrong type or is
/// not known.
pub(crate) fn from_value<W: Wire>(body: Value) -> Result<W::Core, Problem> {
    let wire = shaped::<Object<W>>(body)?.into_inner();
    let mut faults = Faults::default();
    let core = wire.read(&mut faults);
    faults.none_in(core)
}

fn shaped<T: DeserializeOwned>(body: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(body).map_err(|error| {
        let field = match error.path().to_string() {
            root if root == "." => String::new(),
            field => field,
        };
        let said = error.inner().to_string();
        Problem::invalid(vec![shape_error(field, &said)])
    })
}

/// Says in our words what serde says in its own, which lists variants and repeats the value.
fn shape_error(field: String, said: &str) -> FieldError {
    if said.starts_with("unknown field") {
        return FieldError::new(field, "unknown-field", "there is no such field");
    }
    let expected = said.rsplit_once("expected ").map_or("", |(_, what)| what);
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

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-json")
        .detail(format!("the body is not JSON: {error}"))
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large").detail(format!(
                "a body has at most {} bytes",
                super::super::MAX_BODY
            ))
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable-body")
            .detail("the body could not be read to its end"),
    }
}

/// `application/json`, or anything that is written as JSON (RFC 6839, section 3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str())
    else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let (kind, subtype) = kind.split_once('/').unwrap_or_default();
    kind.eq_ignore_ascii_case("application")
        && (subtype.eq_ignore_ascii_case("json")
            || subtype
                .rsplit_once('+')
                .is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case("json")))
}

fn digest(body: &Value) -> Digest {
    let mut hasher = Sha256::new();
    feed(&mut hasher, body);
    hasher.finalize().into()
}

/// Every value is preceded by its type and every text by its length, so that no two bodies read
/// the same; the members of an object go by name.
fn feed(hasher: &mut Sha256, value: &Value) {
    let text = |hasher: &mut Sha256, tag: &[u8], text: &str| {
        hasher.update(tag);
        hasher.update(text.len().to_be_bytes());
        hasher.update(text);
    };
    match value {
        Value::Null => hasher.update(b"n"),
        Value::Bool(true) => hasher.update(b"t"),
        Value::Bool(false) => hasher.update(b"f"),
        Value::Number(number) => text(hasher, b"d", &number.to_string()),
        Value::String(string) => text(hasher, b"s", string),
        Value::Array(items) => {
            hasher.update(b"[");
            items.iter().for_each(|item| feed(hasher, item));
            hasher.update(b"]");
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            hasher.update(b"{");
            for (name, member) in members {
                text(hasher, b"k", name);
                feed(hasher, member);
            }
            hasher.update(b"}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_digest_knows_neither_order_nor_space() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[true,null]}"#).unwrap();
        let other: Value = serde_json::from_str(r#" {"b" : [true, null], "a":1} "#).unwrap();
        assert_eq!(digest(&one), digest(&other));
    }

    #[test]
    fn a_digest_tells_bodies_apart() {
        let bodies = [
            json!({}),
            json!([]),
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": [1]}),
            json!(["a", 1]),
            json!(["a1"]),
            json!({"a": null}),
            json!({"b": 1}),
            json!({"a": 1, "b": 1}),
            json!({"a": 1, "b": 2}),
        ];
        for (at, one) in bodies.iter().enumerate() {
            for other in bodies.iter().skip(at + 1) {
                assert_ne!(digest(one), digest(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn json_is_told_by_its_media_type() {
        for (kind, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/json", false),
            ("application/xml", false),
            ("json", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
            assert_eq!(is_json(&headers), expected, "{kind}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
