//! Context propagation: the calls of external services made for a request carry on its id and its
//! trace context.
//!
//! The middleware [`capture`] keeps them for the task that serves the request; [`in_request_context`]
//! carries them into the task that does the work. Nothing else of a request is passed on.

use super::request_id::X_REQUEST_ID;
use super::trace::trace_parent;
use crate::client::RequestContext;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

tokio::task_local! {
    static CONTEXT: RequestContext;
}

/// Keeps the context of a request while it is served.
pub(crate) async fn capture(request: Request, next: Next) -> Response {
    let context = context(request.headers());
    CONTEXT.scope(context, next.run(request)).await
}

/// Wraps work of the current request, so that it may run in another task and keeps the context.
pub(crate) fn in_request_context<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let context = CONTEXT.try_with(Clone::clone).unwrap_or_default();
    async move { context.scope(work).await }
}

fn context(headers: &HeaderMap) -> RequestContext {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let context = RequestContext::new(text(X_REQUEST_ID.as_str()).unwrap_or_default());
    match text("traceparent") {
        Some(parent) if trace_parent(headers).is_some() => {
            context.with_trace(parent, text("tracestate"))
        }
        _ => context,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_trace_is_not_carried_on() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let with = |parent: &str| {
            HeaderMap::from_iter([
                (X_REQUEST_ID, "r1".parse().unwrap()),
                ("traceparent".parse().unwrap(), parent.parse().unwrap()),
                ("tracestate".parse().unwrap(), "a=1".parse().unwrap()),
            ])
        };
        let carried = RequestContext::new("r1").with_trace(parent, Some("a=1"));
        assert_eq!(context(&with(parent)), carried);
        assert_eq!(context(&with("junk")), RequestContext::new("r1"));
    }
}
