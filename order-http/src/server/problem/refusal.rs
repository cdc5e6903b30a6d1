//! The HTTP status of every refusal: one table.

use super::{Problem, kebab_case};
use axum::http::StatusCode;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::value::OrderId;

/// Makes the problem of a refusal.
pub(crate) fn refused(id: Option<OrderId>, refusal: Refusal) -> Problem {
    let problem = Problem::new(status(refusal.code), kebab_case(refusal.code.as_str()))
        .detail(refusal.message)
        .with("action", refusal.command.as_str());
    match id {
        Some(id) => problem.about_order(id, refusal.status),
        None => problem,
    }
}

/// Returns the status of a refusal.
///
/// 400: invalid in itself, whatever the order. 422: valid, but more than the order or its storefront
/// allows. 409: the present state of the order does not allow it. 404: the path names a part that does
/// not exist. 410: the order was deleted.
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
        | RefusalCode::AmbiguousSku
        | RefusalCode::AdjustmentsRequired
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

#[cfg(test)]
mod tests {
    use super::*;
    use order_core::command::CommandKind;
    use order_core::order::OrderStatus;

    fn refusal(code: RefusalCode) -> Problem {
        let id = OrderId::parse("01970000-0000-7000-8000-000000000001").unwrap();
        let status = Some(OrderStatus::Processing);
        let refusal = Refusal::new(code, CommandKind::RequestCancel, status, "no");
        refused(Some(id), refusal)
    }

    #[test]
    fn a_refusal_has_a_kebab_case_code_and_the_status_of_the_order() {
        let problem = refusal(RefusalCode::AlreadyShipped);
        assert_eq!(problem.code(), "already-shipped");
        assert_eq!(problem.status(), StatusCode::CONFLICT);
        let json = serde_json::to_value(&problem.0).unwrap();
        assert_eq!(json["status_now"], "processing");
        assert_eq!(json["action"], "cancel");
    }

    #[test]
    fn every_refusal_is_a_client_error() {
        for code in RefusalCode::ALL {
            assert!(refusal(*code).status().is_client_error(), "{code}");
        }
    }
}
