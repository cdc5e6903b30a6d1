//! Middleware that makes a problem of every failure, with the path of its request: also of those that
//! axum, a layer or a panic answers.

use super::{PROBLEM_JSON, Problem};
use axum::body::Body;
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, Response as HttpResponse, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;

/// Adds the path of the request to a problem, and replaces any other failure by a problem.
pub(crate) async fn complete(request: Request, next: Next) -> Response {
    let path = request
        .extensions()
        .get::<OriginalUri>()
        .map_or_else(|| request.uri().path(), |uri| uri.path())
        .to_owned();
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => replace(response, problem, &path),
        None if is_bare_failure(&response) => {
            let problem = from_status(response.status());
            replace(response, problem, &path)
        }
        None => response,
    }
}

fn is_bare_failure(response: &Response) -> bool {
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(PROBLEM_JSON.as_bytes()));
    (status.is_client_error() || status.is_server_error()) && !is_problem
}

/// Replaces the body. Headers that others have set (such as `Allow`) stay.
fn replace(response: Response, problem: Problem, path: &str) -> Response {
    let mut kept: HeaderMap = response.into_parts().0.headers;
    let mut replaced = problem.with_instance(path).into_response();
    replaced.extensions_mut().remove::<Problem>();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        kept.remove(name);
    }
    for name in replaced.headers().keys() {
        kept.remove(name);
    }
    replaced.headers_mut().extend(kept);
    replaced
}

fn from_status(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::not_found("there is nothing at this path"),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(status, "method-not-allowed")
            .detail("this path does not take this method; `Allow` names those it takes"),
        StatusCode::INTERNAL_SERVER_ERROR => Problem::internal(),
        other => {
            let words = other.canonical_reason().unwrap_or("failed");
            Problem::new(other, words.to_ascii_lowercase().replace([' ', '\''], "-"))
        }
    }
}

/// Answers a panic. Its message went to the panic hook, and is not shown.
pub(crate) fn from_panic(_message: Box<dyn Any + Send + 'static>) -> HttpResponse<Body> {
    tracing::error!("a request handler panicked");
    Problem::internal().into_response()
}
