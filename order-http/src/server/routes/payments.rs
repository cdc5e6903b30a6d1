//! Paying, taking what is authorized, and paying back.

use crate::server::call::OrderCall;
use crate::server::dto::commands::{MoneyWire, PayWire};
use crate::server::dto::order::OrderView;
use crate::server::dto::place::PaymentMethodWire;
use crate::server::extract::Json;
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::Command;

/// Pay with something else
///
/// If a payment is due, it is started. 422 `payment-declined` if it is declined.
#[utoipa::path(
    put, path = "/v1/orders/{id}/payment_method", tag = super::PAYMENTS,
    request_body = PaymentMethodWire,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn change_payment_method(
    call: OrderCall,
    Json { value, digest }: Json<PaymentMethodWire>,
) -> Result<Response, Problem> {
    let command = Command::ChangePaymentMethod { token: value };
    let done = call.run(command, &digest).await?;
    Ok(answer::done(&done, outcome::method_changed(&done)))
}

/// Charge what is due to the payment method
#[utoipa::path(
    post, path = "/v1/orders/{id}/pay", tag = super::PAYMENTS,
    request_body = Option<PayWire>,
    responses(
        (status = 200, description = "The order, paid", body = OrderView<'static>),
        (status = 202, description = "The provider is at work", body = OrderView<'static>),
    )
)]
pub(crate) async fn pay(
    call: OrderCall,
    Json { value, digest }: Json<PayWire>,
) -> Result<Response, Problem> {
    let done = call.run(value, &digest).await?;
    Ok(answer::done(&done, outcome::paid(&done)))
}

/// Take what is authorized, or part of it
#[utoipa::path(
    post, path = "/v1/orders/{id}/capture", tag = super::PAYMENTS,
    request_body = Option<MoneyWire>,
    responses(
        (status = 200, description = "Taken", body = OrderView<'static>),
        (status = 202, description = "The provider is at work", body = OrderView<'static>),
    )
)]
pub(crate) async fn capture(
    call: OrderCall,
    Json { value, digest }: Json<MoneyWire>,
) -> Result<Response, Problem> {
    let (amount, _reason) = value;
    let done = call
        .run(Command::CapturePayment { amount }, &digest)
        .await?;
    Ok(answer::done(&done, outcome::captured(&done)))
}

/// Pay back
///
/// Beyond what returns and cancelled units bring by themselves.
#[utoipa::path(
    post, path = "/v1/orders/{id}/refunds", tag = super::PAYMENTS,
    request_body = Option<MoneyWire>,
    responses(
        (status = 200, description = "Paid back", body = OrderView<'static>),
        (status = 202, description = "The provider is at work", body = OrderView<'static>),
    )
)]
pub(crate) async fn refund(
    call: OrderCall,
    Json { value, digest }: Json<MoneyWire>,
) -> Result<Response, Problem> {
    let (amount, reason) = value;
    let command = Command::RequestRefund { amount, reason };
    let done = call.run(command, &digest).await?;
    Ok(answer::done(&done, outcome::refunded(&done)))
}
