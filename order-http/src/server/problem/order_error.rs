//! The problem of every [`OrderError`], except refusals: one table.

use super::refusal::refused;
use super::{Problem, kebab_case};
use crate::server::etag;
use axum::http::StatusCode;
use order_core::ports::{OrderError, StoreError};
use order_core::refusal::RefusalCode;
use order_core::value::OrderId;
use std::error::Error;
use std::time::Duration;

/// When to retry after a failure that passes quickly.
const SOON: Duration = Duration::from_secs(1);

/// Logs the failure of the store with its causes, and makes the problem that hides them.
fn store_failed(error: &StoreError) -> Problem {
    let mut chain = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        chain = format!("{chain}: {error}");
        cause = error.source();
    }
    tracing::error!(error = chain, "the store failed");
    if let StoreError::Unavailable(_) = error {
        return Problem::unavailable(
            SOON,
            "the store is unavailable, and whether this was carried out is not known: \
             ask again with the same Idempotency-Key",
        );
    }
    Problem::internal()
}

impl Problem {
    /// Makes the 404 of an order, the same whether it does not exist or is another customer's.
    pub(crate) fn order_not_found(id: OrderId) -> Self {
        Self::not_found(OrderError::NotFound { id }.to_string())
    }

    /// Makes the 503 of a service that is not ready.
    pub(crate) fn not_ready(cause: &Self) -> Self {
        tracing::warn!(code = cause.code(), "not ready");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready")
            .detail("the store does not answer")
            .retry_after(SOON)
    }

    /// Makes the 410 of an order that was deleted.
    pub(crate) fn order_deleted(id: OrderId) -> Self {
        Self::new(StatusCode::GONE, kebab_case(RefusalCode::Deleted.as_str()))
            .detail(format!("order {id} was deleted"))
            .about_order(id, None)
    }
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        let detail = error.to_string();
        match error {
            OrderError::NotFound { id } => Self::order_not_found(id),
            OrderError::Refused { id, refusal } => refused(id, refusal),
            OrderError::VersionConflict { id, found, .. } => {
                etag::version_conflict(id, found, detail)
            }
            OrderError::UnknownProducts { skus } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-sku")
                    .detail(detail)
                    .with("skus", texts(&skus))
            }
            OrderError::CurrencyMismatch { skus, .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "currency-mismatch")
                    .detail(detail)
                    .with("skus", texts(&skus))
            }
            OrderError::IdempotencyKeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused").detail(detail)
            }
            OrderError::IdempotencyKeyInFlight { retry_after } => {
                Self::new(StatusCode::CONFLICT, "idempotency-key-in-flight")
                    .detail(detail)
                    .retry_after(retry_after)
            }
            OrderError::Unavailable {
                dependency,
                retry_after,
            } => Self::new(StatusCode::SERVICE_UNAVAILABLE, "dependency-unavailable")
                .detail(detail)
                .with("dependency", dependency.as_str())
                .retry_after(retry_after),
            OrderError::Contended { id } => Self::new(StatusCode::CONFLICT, "contended")
                .detail(detail)
                .about_order(id, None)
                .retry_after(SOON),
            OrderError::Store(error) => store_failed(&error),
            other => {
                tracing::error!(error = %other, "an order error of an unknown kind");
                Self::internal()
            }
        }
    }
}

fn texts<T: AsRef<str>>(values: &[T]) -> Vec<String> {
    values
        .iter()
        .map(|value| value.as_ref().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_never_repeats_the_error_of_the_store() {
        for error in [
            StoreError::Unavailable("password is hunter2".into()),
            StoreError::Failed("password is hunter2".into()),
        ] {
            let problem = Problem::from(OrderError::Store(error));
            assert!(problem.status().is_server_error());
            assert!(
                !serde_json::to_string(&problem.0)
                    .unwrap()
                    .contains("hunter2")
            );
        }
    }
}
