//! Starting payments, capturing and refunding.

use crate::server::dto::request::PaymentMethodBody;
use crate::server::dto::request::{AmountBody, PayBody, RefundBody};
use crate::server::dto::response::OrderResponse;
use crate::server::extract::ValidatedJson;
use crate::server::order_request::OrderRequest;
use crate::server::problem::Problem;
use crate::server::{outcome, render, tags};
use axum::response::Response;
use order_core::command::Command;

/// Change the payment method
///
/// If a payment is due, it is started with the new method. 422 `payment-declined` if it is declined.
#[utoipa::path(
    put, path = "/v1/orders/{id}/payment_method", tag = tags::PAYMENTS,
    request_body = PaymentMethodBody,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn change_payment_method(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<PaymentMethodBody>,
) -> Result<Response, Problem> {
    let command = Command::ChangePaymentMethod { token: value };
    let done = request.run(command, &digest).await?;
    Ok(render::outcome(&done, outcome::method_changed(&done)))
}

/// Start a payment
///
/// Charges the payment method with what is due, or with a part of it.
#[utoipa::path(
    post, path = "/v1/orders/{id}/pay", tag = tags::PAYMENTS,
    request_body = Option<PayBody>,
    responses(
        (status = 200, description = "Paid", body = OrderResponse<'static>),
        (status = 202, description = "In progress at the provider", body = OrderResponse<'static>),
    )
)]
pub(crate) async fn pay(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<PayBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, outcome::paid(&done)))
}

/// Capture what is authorized, or a part of it
#[utoipa::path(
    post, path = "/v1/orders/{id}/capture", tag = tags::PAYMENTS,
    request_body = Option<AmountBody>,
    responses(
        (status = 200, description = "Captured", body = OrderResponse<'static>),
        (status = 202, description = "In progress at the provider", body = OrderResponse<'static>),
    )
)]
pub(crate) async fn capture(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<AmountBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, outcome::captured(&done)))
}

/// Refund a payment
///
/// Ahead of the refund that a cancel, return or revision causes by itself (`correction`), or as a gift
/// beside it (`goodwill`).
#[utoipa::path(
    post, path = "/v1/orders/{id}/refunds", tag = tags::PAYMENTS,
    request_body = Option<RefundBody>,
    responses(
        (status = 200, description = "Refunded", body = OrderResponse<'static>),
        (status = 202, description = "In progress at the provider", body = OrderResponse<'static>),
    )
)]
pub(crate) async fn refund(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<RefundBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, outcome::refunded(&done)))
}
