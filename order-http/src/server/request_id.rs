//! `X-Request-Id`: one id of a request in every log.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::{MakeRequestId, MakeRequestUuid};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Keeps the caller's id if it is safe to log, or else makes one; sets it on the request and on the
/// response.
pub(crate) async fn assign(mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&X_REQUEST_ID)
        .filter(|id| is_loggable(id.as_bytes()))
        .cloned()
        .or_else(|| {
            MakeRequestUuid
                .make_request_id(&request)
                .map(|id| id.header_value().clone())
        })
        .unwrap_or_else(|| HeaderValue::from_static("unknown"));
    request.headers_mut().insert(X_REQUEST_ID, id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

/// Returns whether an id has 1 to 128 of `A`-`Z`, `a`-`z`, `0`-`9`, `.`, `_` and `-`: nothing that could
/// forge a log line.
fn is_loggable(id: &[u8]) -> bool {
    (1..=128).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_forge_a_log_line_is_not_loggable() {
        let longest = "x".repeat(128);
        for id in ["a", "A.b_c-9", &longest] {
            assert!(is_loggable(id.as_bytes()), "{id}");
        }
        let too_long = "x".repeat(129);
        for id in ["", "a b", "a\nb", "ä", "a\"", &too_long] {
            assert!(!is_loggable(id.as_bytes()), "{id:?}");
        }
    }
}
