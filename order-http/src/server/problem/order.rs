//! Which problem an [`OrderError`] or a refusal is to the caller: the one table of statuses.

use super::Problem;
use axum::http::StatusCode;
use order_core::ports::{OrderError, StoreError};
use order_core::refusal::{Refusal, RefusalCode};
use order_core::value::OrderId;
use std::error::Error;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(1);

/// The status of a refusal.
///
/// 400: malformed in itself, whatever the order. 422: well formed, but it asks for what the order
/// does not have. 409: the order's state stands against it, and may not tomorrow. 404: the path
/// names a part that is not there. 410: the order was deleted.
const fn status(code: RefusalCode) -> StatusCode {
    match code {
        RefusalCode::NoLines
        | RefusalCode::TooManyLines
        | RefusalCode::InvalidAmount
        | RefusalCode::AmountTooLarge
        | RefusalCode::NegativeTotal
        | RefusalCode::UnknownLine
        | RefusalCode::TooLarge
        | RefusalCode::InconsistentImport => StatusCode::BAD_REQUEST,

        RefusalCode::UnknownSku
        | RefusalCode::TooManyUnits
        | RefusalCode::ExceedsAuthorized
        | RefusalCode::ExceedsCaptured
        | RefusalCode::Vetoed => StatusCode::UNPROCESSABLE_ENTITY,

        RefusalCode::WrongStatus
        | RefusalCode::AlreadyPlaced
        | RefusalCode::NothingOpen
        | RefusalCode::AlreadyShipped
        | RefusalCode::AlreadyReleased
        | RefusalCode::OnHold
        | RefusalCode::NotOnHold
        | RefusalCode::PaymentInProgress
        | RefusalCode::NothingDue
        | RefusalCode::NoPaymentMethod
        | RefusalCode::TooManyAttempts
        | RefusalCode::NotPaid
        | RefusalCode::StockNotSettled
        | RefusalCode::WrongPartState
        | RefusalCode::NotShipped
        | RefusalCode::ReturnWindowClosed
        | RefusalCode::NotSettled
        | RefusalCode::ReturnOpen
        | RefusalCode::PersonalDataErased => StatusCode::CONFLICT,

        RefusalCode::NotPlaced | RefusalCode::NoSuchPart => StatusCode::NOT_FOUND,

        RefusalCode::Deleted | RefusalCode::AlreadyDeleted => StatusCode::GONE,
    }
}

/// A core code (`already_shipped`) as problems write it (`already-shipped`).
pub(crate) fn dashed(code: &str) -> String {
    code.replace('_', "-")
}

fn refused(id: Option<OrderId>, refusal: Refusal) -> Problem {
    let problem = Problem::new(status(refusal.code), dashed(refusal.code.as_str()))
        .detail(refusal.message)
        .with("action", refusal.command.as_str());
    match id {
        Some(id) => problem.of_order(id, refusal.status),
        None => problem,
    }
}

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
    /// What an order's 404 says, whether it is missing or somebody else's.
    pub(crate) fn no_order(id: OrderId) -> Self {
        Self::not_found(OrderError::NotFound { id }.to_string())
    }

    /// Requests cannot be served just now.
    pub(crate) fn not_ready(problem: &Self) -> Self {
        tracing::warn!(code = problem.code(), "not ready");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready")
            .detail("the store does not answer")
            .retry_after(SOON)
    }

    /// The order was deleted, and is not shown any more.
    pub(crate) fn deleted(id: OrderId) -> Self {
        Self::new(StatusCode::GONE, dashed(RefusalCode::Deleted.as_str()))
            .detail(format!("order {id} was deleted"))
            .of_order(id, None)
    }
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        let said = error.to_string();
        match error {
            OrderError::NotFound { id } => Self::no_order(id),
            OrderError::Refused { id, refusal } => refused(id, refusal),
            OrderError::Stale { id, found, .. } => {
                Self::new(StatusCode::PRECONDITION_FAILED, "stale")
                    .detail(said)
                    .with("version", found.get())
                    .of_order(id, None)
            }
            OrderError::UnknownProducts { skus } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown-sku")
                    .detail(said)
                    .with("skus", texts(&skus))
            }
            OrderError::CurrencyMismatch { skus, .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "currency-mismatch")
                    .detail(said)
                    .with("skus", texts(&skus))
            }
            OrderError::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused").detail(said)
            }
            OrderError::KeyInFlight { retry_after } => {
                Self::new(StatusCode::CONFLICT, "idempotency-key-in-flight")
                    .detail(said)
                    .retry_after(retry_after)
            }
            OrderError::Unavailable {
                dependency,
                retry_after,
            } => Self::new(StatusCode::SERVICE_UNAVAILABLE, "dependency-unavailable")
                .detail(said)
                .with("dependency", dependency.as_str())
                .retry_after(retry_after),
            OrderError::Contended { id } => Self::new(StatusCode::CONFLICT, "contended")
                .detail(said)
                .of_order(id, None)
                .retry_after(SOON),
            OrderError::Store(error) => store_failed(&error),
            other => {
                tracing::error!(error = %other, "an unknown kind of order error");
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
    use order_core::command::CommandKind;
    use order_core::order::OrderStatus;

    fn refusal(code: RefusalCode) -> Problem {
        let id = OrderId::parse("01970000-0000-7000-8000-000000000001").unwrap();
        OrderError::Refused {
            id: Some(id),
            refusal: Refusal::new(
                code,
                CommandKind::RequestCancel,
                Some(OrderStatus::Processing),
                "no",
            ),
        }
        .into()
    }

    #[test]
    fn a_refusal_has_a_code_with_dashes_and_tells_where_the_order_stands() {
        let problem = refusal(RefusalCode::AlreadyShipped);
        assert_eq!(problem.code(), "already-shipped");
        assert_eq!(problem.status(), StatusCode::CONFLICT);
        let json = serde_json::to_value(&problem.0).unwrap();
        assert_eq!(json["status_now"], "processing");
        assert_eq!(json["action"], "cancel");
    }

    #[test]
    fn every_refusal_is_the_callers_to_solve() {
        for code in RefusalCode::ALL {
            assert!(refusal(*code).status().is_client_error(), "{code}");
        }
    }

    #[test]
    fn what_the_store_says_is_not_told() {
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
