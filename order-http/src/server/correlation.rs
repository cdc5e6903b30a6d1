//! What the calls of outside services made for a request carry on: its id, its trace context.
//!
//! The layer notes it for the task that serves the request; `detached` hands it on to the task that
//! does the work.

use super::request_id::X_REQUEST_ID;
use super::trace::trace_parent;
use crate::client::CallContext;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

tokio::task_local! {
    static CONTEXT: CallContext;
}

/// Notes what calls made for this request are to carry.
pub(crate) async fn note(request: Request, next: Next) -> Response {
    let context = context(request.headers());
    CONTEXT.scope(context, next.run(request)).await
}

/// The work of this request, as a future that may run in another task.
pub(crate) fn handed_on<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let context = CONTEXT.try_with(Clone::clone).unwrap_or_default();
    async move { context.scope(work).await }
}

fn context(headers: &HeaderMap) -> CallContext {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let context = CallContext::new(text(X_REQUEST_ID.as_str()).unwrap_or_default());
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
    fn a_trace_that_is_none_is_not_carried_on() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let with = |parent: &str| {
            HeaderMap::from_iter([
                (X_REQUEST_ID, "r1".parse().unwrap()),
                ("traceparent".parse().unwrap(), parent.parse().unwrap()),
                ("tracestate".parse().unwrap(), "a=1".parse().unwrap()),
            ])
        };
        let carried = CallContext::new("r1").with_trace(parent, Some("a=1"));
        assert_eq!(context(&with(parent)), carried);
        assert_eq!(context(&with("junk")), CallContext::new("r1"));
    }
}
