//! Runs blocking work of a route.

use axum::http::StatusCode;

use super::problem::Problem;

/// Runs `work`, which reads files or waits for the disk, on a thread that may block.
pub(super) async fn blocking<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(work)).await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => {
            tracing::error!(%error, "a call did not finish");
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "broken",
                "the call did not finish",
            ))
        }
    }
}
