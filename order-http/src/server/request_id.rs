//! `X-Request-Id`: one name for a request in every log it leaves a trace in.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::{MakeRequestId, MakeRequestUuid};

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes the caller's id if it is sane, else makes one; puts it on the request and on the answer.
pub(crate) async fn assign(mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(&X_REQUEST_ID)
        .filter(|id| is_sane(id.as_bytes()))
        .cloned()
        .or_else(|| {
            MakeRequestUuid
                .make_request_id(&request)
                .map(|made| made.header_value().clone())
        })
        .unwrap_or_else(|| HeaderValue::from_static("unknown"));
    request.headers_mut().insert(X_REQUEST_ID, id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

/// 1 to 128 of `A`-`Z`, `a`-`z`, `0`-`9`, `.`, `_` and `-`: nothing that could forge a log line.
fn is_sane(id: &[u8]) -> bool {
    (1..=128).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_sane_if_a_log_can_bear_it() {
        let longest = "x".repeat(128);
        for id in ["a", "A.b_c-9", &longest] {
            assert!(is_sane(id.as_bytes()), "{id}");
        }
        let too_long = "x".repeat(129);
        for id in ["", "a b", "a\nb", "ä", "a\"", &too_long] {
            assert!(!is_sane(id.as_bytes()), "{id:?}");
        }
    }
}
