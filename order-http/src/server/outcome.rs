//! The HTTP status of an accepted command, from the order and from the events since the command.
//!
//! An accepted command can still fail: no stock, a declined card. That is no success to a caller, so it
//! is answered with a problem. A replay has the same order and events, and so the same response.
//! Refusals are not here: their statuses are in `problem`.

use super::problem::{Problem, kebab_case};
use axum::http::StatusCode;
use order_core::event::{EventPayload, RejectionReason};
use order_core::order::{CaptureStatus, OrderStatus, PaymentAttemptStatus, RefundStatus, Shortage};
use order_core::ports::CommandOutcome;
use order_core::value::{FulfillmentNo, Sku};
use serde_json::{Value, json};
use std::time::Duration;

/// The status of an accepted command, or the problem that it ended in.
pub(crate) type Outcome = Result<StatusCode, Problem>;

/// When to retry after an outage of an external service.
const OUTAGE_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Returns the outcome of placing an order: 422 if it was rejected or its payment declined, 202 while it
/// waits, else 201.
pub(crate) fn placed(done: &CommandOutcome) -> Outcome {
    let order = &done.order;
    if order.status() == OrderStatus::Rejected {
        return Err(rejected(done));
    }
    require_not_declined(done)?;
    if order.status() == OrderStatus::Pending || !order.pending_on().is_empty() {
        return Ok(StatusCode::ACCEPTED);
    }
    Ok(StatusCode::CREATED)
}

fn rejected(done: &CommandOutcome) -> Problem {
    let reason = last_event(done, |payload| match payload {
        EventPayload::OrderRejected { reason } => Some(reason),
        _ => None,
    });
    let Some(RejectionReason {
        code,
        shortages,
        unknown,
        dependency,
        ..
    }) = reason
    else {
        return unprocessable(done, "rejected").detail("the order was rejected");
    };
    let code = kebab_case(code.as_str());
    if code == "dependency-unavailable" {
        return about_order_of(
            done,
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, code)
                .detail("a service this order depends on is away; the order was closed")
                .with(
                    "dependency",
                    dependency.map(|dependency| dependency.as_str()),
                )
                .retry_after(OUTAGE_RETRY_AFTER),
        );
    }
    let detail = match code.as_str() {
        "insufficient-stock" => "there is not enough in stock",
        "unknown-customer" => "the customer service does not know this customer",
        "customer-blocked" => "this customer may not order",
        "unknown-sku" => "the inventory service does not know these products",
        "currency-mismatch" => "these products are not sold in the order's currency",
        _ => "the order was rejected",
    };
    let problem = unprocessable(done, code).detail(detail);
    with_stock(problem, shortages, unknown)
}

/// Returns the outcome of revising lines: 422 if there was no stock, and the lines are as before.
pub(crate) fn revised(done: &CommandOutcome) -> Outcome {
    let Some(shortages) = last_event(done, |payload| match payload {
        EventPayload::RevisionReverted { shortages } => Some(shortages),
        _ => None,
    }) else {
        return Ok(StatusCode::OK);
    };
    let unknown = last_event(done, |payload| match payload {
        EventPayload::ReservationRejected { unknown, .. } => Some(unknown.as_slice()),
        _ => None,
    })
    .unwrap_or_default();
    let (code, detail) = if shortages.is_empty() && !unknown.is_empty() {
        (
            "unknown-sku",
            "the inventory service does not know these products",
        )
    } else {
        (
            "insufficient-stock",
            "there is not enough in stock; the lines are as they were",
        )
    };
    let problem = unprocessable(done, code).detail(detail);
    Err(with_stock(problem, shortages, unknown))
}

/// Returns the outcome of changing the payment method: 422 if a payment was due and was declined.
pub(crate) fn method_changed(done: &CommandOutcome) -> Outcome {
    require_not_declined(done)?;
    Ok(StatusCode::OK)
}

/// Returns the outcome of starting a payment: 422 if it was declined, 202 while it is in progress.
pub(crate) fn paid(done: &CommandOutcome) -> Outcome {
    require_not_declined(done)?;
    Ok(accepted_if(done.order.has_open_attempt()))
}

/// Returns the status of a cancellation: 202 while it is in progress.
pub(crate) fn cancelled(done: &CommandOutcome) -> StatusCode {
    accepted_if(done.order.status() == OrderStatus::Cancelling)
}

/// Returns the status of a deletion: 202 while the order has to be cancelled first.
pub(crate) fn deleted(done: &CommandOutcome) -> StatusCode {
    if done.order.deleted_at().is_some() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::ACCEPTED
    }
}

/// Returns the status of a recall: 202 until the warehouse has answered.
pub(crate) fn recalled(done: &CommandOutcome, fulfillment: FulfillmentNo) -> StatusCode {
    let waiting = done
        .order
        .fulfillment(fulfillment)
        .is_some_and(|found| found.recalling && found.is_waiting());
    accepted_if(waiting)
}

/// Returns the outcome of captures: 422 if the provider refused one, 202 while one is in progress.
pub(crate) fn captured(done: &CommandOutcome) -> Outcome {
    let mut waiting = false;
    for event in &done.events {
        let EventPayload::CaptureRequested {
            attempt, capture, ..
        } = &event.payload
        else {
            continue;
        };
        let Some(capture) = done
            .order
            .payment(*attempt)
            .and_then(|attempt| attempt.capture_with(*capture))
        else {
            continue;
        };
        match capture.status {
            CaptureStatus::Failed => {
                return Err(unprocessable(done, "capture-failed")
                    .detail("the payment provider refused the capture")
                    .with(
                        "failure_code",
                        capture.failure.as_ref().map(AsRef::<str>::as_ref),
                    ));
            }
            CaptureStatus::Requested | CaptureStatus::Unknown => waiting = true,
            CaptureStatus::Succeeded => {}
        }
    }
    Ok(accepted_if(waiting))
}

/// Returns the outcome of refunds: 422 if the provider refused one, 202 while one is in progress.
pub(crate) fn refunded(done: &CommandOutcome) -> Outcome {
    let mut waiting = false;
    for event in &done.events {
        let EventPayload::RefundRequested { refund, .. } = &event.payload else {
            continue;
        };
        let Some(refund) = done.order.refund(*refund) else {
            continue;
        };
        if refund.status == RefundStatus::Failed {
            return Err(unprocessable(done, "refund-failed")
                .detail("the payment provider refused the refund")
                .with(
                    "failure_code",
                    refund.failure.as_ref().map(AsRef::<str>::as_ref),
                ));
        }
        waiting |= refund.is_open();
    }
    Ok(accepted_if(waiting))
}

/// Answers 422 if the last payment attempt was declined by these events.
fn require_not_declined(done: &CommandOutcome) -> Result<(), Problem> {
    let Some(last_attempt) = done
        .order
        .payments()
        .last()
        .filter(|attempt| attempt.status == PaymentAttemptStatus::Declined)
    else {
        return Ok(());
    };
    let code = last_event(done, |payload| match payload {
        EventPayload::PaymentDeclined { attempt, code } if *attempt == last_attempt.no => {
            Some(code)
        }
        _ => None,
    });
    match code {
        Some(code) => Err(unprocessable(done, "payment-declined")
            .detail("the payment was declined; the order waits for another payment method")
            .with("decline_code", code.as_str())),
        None => Ok(()),
    }
}

const fn accepted_if(waiting: bool) -> StatusCode {
    if waiting {
        StatusCode::ACCEPTED
    } else {
        StatusCode::OK
    }
}

fn last_event<'a, T>(
    done: &'a CommandOutcome,
    pick: impl Fn(&'a EventPayload) -> Option<T>,
) -> Option<T> {
    done.events
        .iter()
        .rev()
        .find_map(|event| pick(&event.payload))
}

fn unprocessable(done: &CommandOutcome, code: impl Into<String>) -> Problem {
    about_order_of(done, Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code))
}

fn about_order_of(done: &CommandOutcome, problem: Problem) -> Problem {
    problem.about_order(done.order.id(), Some(done.order.status()))
}

fn with_stock(problem: Problem, shortages: &[Shortage], unknown: &[Sku]) -> Problem {
    let problem = if shortages.is_empty() {
        problem
    } else {
        let lines: Vec<Value> = shortages
            .iter()
            .map(|short| {
                json!({
                    "sku": short.sku.as_str(),
                    "requested": short.requested,
                    "available": short.available,
                })
            })
            .collect();
        problem.with("lines", lines)
    };
    if unknown.is_empty() {
        problem
    } else {
        let skus: Vec<&str> = unknown.iter().map(Sku::as_str).collect();
        problem.with("skus", skus)
    }
}
