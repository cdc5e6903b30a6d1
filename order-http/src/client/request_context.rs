//! The request on whose behalf external services are called: its id and its trace context.

use std::future::Future;

tokio::task_local! {
    static CURRENT: RequestContext;
}

/// The maximum length of a request id or a trace header that is passed on, in bytes.
const MAX_HEADER_BYTES: usize = 512;

/// The request that calls are made for: its id, and its W3C trace context.
///
/// Calls made inside [`scope`](Self::scope) send it on; other calls get a fresh request id each. A
/// value that cannot be a header is left out.
///
/// ```
/// use order_http::client::RequestContext;
///
/// # async fn handle() {}
/// # async fn example() {
/// let context = RequestContext::new("req-1")
///     .with_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
/// context.scope(handle()).await;
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestContext {
    pub(super) request_id: Option<String>,
    pub(super) traceparent: Option<String>,
    pub(super) tracestate: Option<String>,
}

impl RequestContext {
    /// Makes the context of the request with this id.
    #[must_use]
    pub fn new(request_id: &str) -> Self {
        Self {
            request_id: header_text(request_id),
            ..Self::default()
        }
    }

    /// Adds the `traceparent` and `tracestate` of the request.
    #[must_use]
    pub fn with_trace(mut self, traceparent: &str, tracestate: Option<&str>) -> Self {
        self.traceparent = header_text(traceparent);
        self.tracestate = tracestate.and_then(header_text);
        self
    }

    /// Runs a future whose calls are made in this context. Tasks that it spawns are not in it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Returns the context of this task; outside of any scope, a new one with a fresh request id.
    pub(super) fn current() -> Self {
        let mut context = CURRENT.try_with(Self::clone).unwrap_or_default();
        if context.request_id.is_none() {
            context.request_id = Some(new_request_id());
        }
        context
    }
}

fn header_text(text: &str) -> Option<String> {
    let fits = (1..=MAX_HEADER_BYTES).contains(&text.len());
    let printable = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    (fits && printable).then(|| text.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the id only tells calls apart in logs; the core never sees it"
)]
fn new_request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_carry_the_context_they_are_made_in() {
        let context = RequestContext::new("req-1").with_trace("00-a-b-01", Some("x=1"));
        let seen = context
            .clone()
            .scope(async { RequestContext::current() })
            .await;
        assert_eq!(seen, context);
    }

    #[test]
    fn outside_of_a_scope_every_call_has_a_fresh_request_id() {
        let (one, other) = (RequestContext::current(), RequestContext::current());
        assert!(one.request_id.is_some());
        assert_ne!(one.request_id, other.request_id);
        assert_eq!(one.traceparent, None);
    }

    #[test]
    fn a_value_that_cannot_be_a_header_is_left_out() {
        let too_long = "x".repeat(513);
        for bad in ["", "a\r\nb", "é", &too_long] {
            let context = RequestContext::new(bad).with_trace(bad, Some(bad));
            assert_eq!(context, RequestContext::default());
        }
    }
}
