//! What became of a request that was carried out: its status, told from the order and from what has
//! happened to it since.
//!
//! A command can be accepted and still end badly: no stock, a declined card. That is no success to
//! a caller, so it leaves as a problem. A replay has the same order and events, and so the same
//! answer.

use super::problem::{Problem, dashed};
use axum::http::StatusCode;
use order_core::event::{Happening, RejectionReason};
use order_core::order::{AttemptState, CaptureState, OrderStatus, RefundState, Shortage};
use order_core::ports::Done;
use order_core::value::{FulfillmentNo, Sku};
use serde_json::{Value, json};
use std::time::Duration;

/// The status of what was done, or the problem that came of it.
pub(crate) type Outcome = Result<StatusCode, Problem>;

/// When to come back to a service that is away.
const LATER: Duration = Duration::from_secs(30);

/// Everything that was done is done.
#[expect(clippy::unnecessary_wraps, reason = "it is an outcome like the others")]
pub(crate) fn settled(_: &Done) -> Outcome {
    Ok(StatusCode::OK)
}

/// Something was added to the order.
#[expect(clippy::unnecessary_wraps, reason = "it is an outcome like the others")]
pub(crate) fn added(_: &Done) -> Outcome {
    Ok(StatusCode::CREATED)
}

/// An order was placed: rejected 422, declined 422, still waiting 202, else 201.
pub(crate) fn placed(done: &Done) -> Outcome {
    let order = &done.order;
    if order.status() == OrderStatus::Rejected {
        return Err(rejected(done));
    }
    declined(done)?;
    if order.status() == OrderStatus::Pending || !order.pending_on().is_empty() {
        return Ok(StatusCode::ACCEPTED);
    }
    Ok(StatusCode::CREATED)
}

fn rejected(done: &Done) -> Problem {
    let reason = last(done, |happening| match happening {
        Happening::OrderRejected { reason } => Some(reason),
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
    let code = dashed(code.as_str());
    if code == "dependency-unavailable" {
        return about(
            done,
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, code)
                .detail("a service this order depends on is away; the order was closed")
                .with("dependency", dependency.map(|one| one.as_str()))
                .retry_after(LATER),
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

/// Lines were revised: if there was no stock for them, they are as they were.
pub(crate) fn revised(done: &Done) -> Outcome {
    let Some(shortages) = last(done, |happening| match happening {
        Happening::RevisionReverted { shortages } => Some(shortages),
        _ => None,
    }) else {
        return Ok(StatusCode::OK);
    };
    let unknown = last(done, |happening| match happening {
        Happening::ReservationRejected { unknown, .. } => Some(unknown.as_slice()),
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

/// There is a new payment method: if a payment was due, it was tried.
pub(crate) fn method_changed(done: &Done) -> Outcome {
    declined(done)?;
    Ok(StatusCode::OK)
}

/// A payment was started: declined 422, still under way 202.
pub(crate) fn paid(done: &Done) -> Outcome {
    declined(done)?;
    Ok(accepted_if(done.order.has_open_attempt()))
}

/// A cancel was accepted: 202 while it is being carried out.
#[expect(clippy::unnecessary_wraps, reason = "it is an outcome like the others")]
pub(crate) fn cancelled(done: &Done) -> Outcome {
    Ok(accepted_if(done.order.status() == OrderStatus::Cancelling))
}

/// A delete was accepted: 202 while the order has to be cancelled first.
#[expect(clippy::unnecessary_wraps, reason = "it is an outcome like the others")]
pub(crate) fn deleted(done: &Done) -> Outcome {
    Ok(if done.order.deleted_at().is_some() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::ACCEPTED
    })
}

/// A fulfillment was called back: 202 while the warehouse has not answered.
#[expect(clippy::unnecessary_wraps, reason = "it is an outcome like the others")]
pub(crate) fn recalled(done: &Done, fulfillment: FulfillmentNo) -> Outcome {
    let waiting = done
        .order
        .fulfillment(fulfillment)
        .is_some_and(|one| one.recalling && one.is_waiting());
    Ok(accepted_if(waiting))
}

/// Captures were asked for: refused by the provider 422, still under way 202.
pub(crate) fn captured(done: &Done) -> Outcome {
    let mut waiting = false;
    for event in &done.events {
        let Happening::CaptureRequested {
            attempt, capture, ..
        } = &event.happening
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
        match capture.state {
            CaptureState::Failed => {
                return Err(unprocessable(done, "capture-failed")
                    .detail("the payment provider refused the capture")
                    .with(
                        "failure_code",
                        capture.failure.as_ref().map(AsRef::<str>::as_ref),
                    ));
            }
            CaptureState::Requested | CaptureState::Unknown => waiting = true,
            CaptureState::Succeeded => {}
        }
    }
    Ok(accepted_if(waiting))
}

/// Refunds were asked for: refused by the provider 422, still under way 202.
pub(crate) fn refunded(done: &Done) -> Outcome {
    let mut waiting = false;
    for event in &done.events {
        let Happening::RefundRequested { refund, .. } = &event.happening else {
            continue;
        };
        let Some(refund) = done.order.refund(*refund) else {
            continue;
        };
        if refund.state == RefundState::Failed {
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

/// Refuses what ended in a declined payment: the last attempt, if it was declined meanwhile.
fn declined(done: &Done) -> Result<(), Problem> {
    let Some(last_attempt) = done
        .order
        .payments()
        .last()
        .filter(|attempt| attempt.state == AttemptState::Declined)
    else {
        return Ok(());
    };
    let code = last(done, |happening| match happening {
        Happening::PaymentDeclined { attempt, code } if *attempt == last_attempt.no => Some(code),
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

fn last<'a, T>(done: &'a Done, pick: impl Fn(&'a Happening) -> Option<T>) -> Option<T> {
    done.events
        .iter()
        .rev()
        .find_map(|event| pick(&event.happening))
}

fn unprocessable(done: &Done, code: impl Into<String>) -> Problem {
    about(done, Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code))
}

fn about(done: &Done, problem: Problem) -> Problem {
    problem.of_order(done.order.id(), Some(done.order.status()))
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
