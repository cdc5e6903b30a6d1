//! The JSON body of a request, read to its end and parsed into core values.

use crate::server::dto::parse::parse_body;
use crate::server::dto::validation::RequestBody;
use crate::server::idempotency::{BodyDigest, digest};
use crate::server::problem::Problem;
use crate::server::state::AppState;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

/// The maximum length of a request body, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;

/// A parsed body. An absent body is parsed as `{}`.
pub(crate) struct ValidatedJson<B: RequestBody> {
    pub(crate) value: B::Core,
    pub(crate) digest: BodyDigest,
}

impl<B: RequestBody> FromRequest<AppState> for ValidatedJson<B> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state)
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
            value: parse_body::<B>(body)?,
            digest,
        })
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-json")
        .detail(format!("the body is not JSON: {error}"))
}

fn unreadable(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large")
                .detail(format!("a body has at most {MAX_BODY_BYTES} bytes"))
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable-body")
            .detail("the body could not be read to its end"),
    }
}

/// Returns whether the content type is `application/json`, or has the suffix `+json` (RFC 6839,
/// section 3.1).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_by_its_media_type() {
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
