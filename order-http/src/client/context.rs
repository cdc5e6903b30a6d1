//! What a call to an outside service tells it about the request it is made for.

use std::future::Future;

tokio::task_local! {
    static CURRENT: CallContext;
}

/// The longest request id that is passed on, and the longest trace header.
const MAX_CHARS: usize = 512;

/// The request that calls are made for: its id, and its W3C trace context.
///
/// Calls made inside [`scope`](Self::scope) send it on; others make up a request id. What could not
/// be a header is left out.
///
/// ```
/// use order_http::client::CallContext;
///
/// # async fn handle() {}
/// # async fn example() {
/// let context = CallContext::new("req-1")
///     .with_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
/// context.scope(handle()).await;
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallContext {
    pub(super) request_id: Option<String>,
    pub(super) traceparent: Option<String>,
    pub(super) tracestate: Option<String>,
}

impl CallContext {
    /// The context of the request with this id.
    #[must_use]
    pub fn new(request_id: &str) -> Self {
        Self {
            request_id: sane(request_id),
            ..Self::default()
        }
    }

    /// With the `traceparent` and `tracestate` of the request.
    #[must_use]
    pub fn with_trace(mut self, traceparent: &str, tracestate: Option<&str>) -> Self {
        self.traceparent = sane(traceparent);
        self.tracestate = tracestate.and_then(sane);
        self
    }

    /// Runs a future whose calls are made in this context. Tasks it spawns are not in it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The context of this task; where there is none, that of a request of its own.
    pub(super) fn current() -> Self {
        let mut context = CURRENT.try_with(Self::clone).unwrap_or_default();
        if context.request_id.is_none() {
            context.request_id = Some(new_request_id());
        }
        context
    }
}

fn sane(text: &str) -> Option<String> {
    let fits = (1..=MAX_CHARS).contains(&text.len());
    let plain = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    (fits && plain).then(|| text.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the id of a call only has to be told from others in a log; the core never sees it"
)]
fn new_request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_know_the_request_they_are_made_for() {
        let context = CallContext::new("req-1").with_trace("00-a-b-01", Some("x=1"));
        let seen = context
            .clone()
            .scope(async { CallContext::current() })
            .await;
        assert_eq!(seen, context);
    }

    #[test]
    fn outside_of_a_request_every_call_has_an_id_of_its_own() {
        let (one, other) = (CallContext::current(), CallContext::current());
        assert!(one.request_id.is_some());
        assert_ne!(one.request_id, other.request_id);
        assert_eq!(one.traceparent, None);
    }

    #[test]
    fn what_cannot_be_a_header_is_left_out() {
        let too_long = "x".repeat(513);
        for bad in ["", "a\r\nb", "é", &too_long] {
            let context = CallContext::new(bad).with_trace(bad, Some(bad));
            assert_eq!(context, CallContext::default());
        }
    }
}
