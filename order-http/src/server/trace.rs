//! A tracing span for every request: method, path, order, status and latency.
//!
//! It never contains a body, an address, a token or a query string.

use super::request_id::X_REQUEST_ID;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::{HeaderMap, Request, Response};
use std::time::Duration;
use tracing::Span;
use tracing::field::Empty;

/// Makes the span of a request. Fields that are not known yet are recorded later.
pub(crate) fn make_span(request: &Request<Body>) -> Span {
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str);
    let request_id = request
        .headers()
        .get(&X_REQUEST_ID)
        .and_then(|id| id.to_str().ok());
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        path,
        request_id,
        storefront = Empty,
        order_id = Empty,
        status = Empty,
        latency_us = Empty,
        trace_id = Empty,
        parent_span_id = Empty,
    );
    if let Some((trace, parent)) = trace_parent(request.headers()) {
        span.record("trace_id", trace);
        span.record("parent_span_id", parent);
    }
    span
}

/// Records status and latency.
pub(crate) fn on_response<B>(response: &Response<B>, latency: Duration, span: &Span) {
    span.record("status", response.status().as_u16());
    span.record(
        "latency_us",
        u64::try_from(latency.as_micros()).unwrap_or(u64::MAX),
    );
    tracing::info!(parent: span, "answered");
}

/// Parses the trace id and the id of the caller's span from `traceparent` (W3C Trace Context, section
/// 3.2); `None` if it is absent or invalid.
pub(crate) fn trace_parent(headers: &HeaderMap) -> Option<(&str, &str)> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let mut fields = text.split('-');
    let (version, trace, parent, flags) = (
        fields.next()?,
        fields.next()?,
        fields.next()?,
        fields.next()?,
    );
    let hex = |text: &str, length| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
    };
    let set = |text: &str| text.bytes().any(|byte| byte != b'0');
    let ends = version != "00" || fields.next().is_none();
    (hex(version, 2)
        && version != "ff"
        && hex(trace, 32)
        && set(trace)
        && hex(parent, 16)
        && set(parent)
        && hex(flags, 2)
        && ends)
        .then_some((trace, parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    fn read(text: &str) -> Option<(String, String)> {
        let headers =
            HeaderMap::from_iter([("traceparent".parse().unwrap(), text.parse().unwrap())]);
        trace_parent(&headers).map(|(trace, parent)| (trace.to_owned(), parent.to_owned()))
    }

    #[test]
    fn a_valid_trace_is_joined() {
        let both = Some((TRACE.to_owned(), PARENT.to_owned()));
        assert_eq!(read(&format!("00-{TRACE}-{PARENT}-01")), both);
        assert_eq!(read(&format!("01-{TRACE}-{PARENT}-01-more")), both);
    }

    #[test]
    fn an_invalid_trace_is_ignored() {
        let zeros = "0".repeat(32);
        let upper = TRACE.to_uppercase();
        for text in [
            String::new(),
            "junk".to_owned(),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{upper}-{PARENT}-01"),
        ] {
            assert_eq!(read(&text), None, "{text}");
        }
    }
}
