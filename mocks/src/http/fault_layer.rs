//! The middleware that applies injected faults to HTTP calls.

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures::{future, stream};

use super::problem::Problem;
use crate::faults::{FaultInjector, InjectedFault};

/// Applies the faults of one service to its routes.
pub(super) fn with_faults(routes: Router, faults: &FaultInjector) -> Router {
    routes.route_layer(middleware::from_fn_with_state(faults.clone(), inject))
}

async fn inject(State(faults): State<FaultInjector>, request: Request, next: Next) -> Response {
    let call = format!("{} {}", request.method(), request.uri().path());
    let Some(fault) = faults.take(&call) else {
        return next.run(request).await;
    };
    tracing::info!(call, ?fault, "injected a fault into this call");
    match fault {
        InjectedFault::Unavailable { retry_after } => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "set to be unavailable",
        )
        .retry_after(retry_after)
        .into_response(),
        InjectedFault::TooManyRequests { retry_after } => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "set to be busy",
        )
        .retry_after(retry_after)
        .into_response(),
        InjectedFault::Broken => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "broken",
            "set to be broken",
        )
        .into_response(),
        InjectedFault::DelayRequest(wait) => {
            tokio::time::sleep(wait).await;
            next.run(request).await
        }
        InjectedFault::DelayAnswer(wait) => {
            let response = next.run(request).await;
            tokio::time::sleep(wait).await;
            response
        }
        InjectedFault::DropRequest => closed_connection(),
        InjectedFault::DropAnswer => {
            next.run(request).await;
            closed_connection()
        }
    }
}

/// Returns a response that closes an HTTP/1.1 connection before a byte of it is sent: its body
/// fails before hyper flushes the head.
pub(super) fn closed_connection() -> Response {
    let lost = io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the answer is dropped on purpose",
    );
    let body = Body::from_stream(stream::once(future::ready(Err::<Bytes, _>(lost))));
    (StatusCode::BAD_GATEWAY, body).into_response()
}
