//! The HTTP routes of the customer service.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};

use super::blocking::blocking;
use super::extract::PathSegment;
use super::fault_layer::with_faults;
use super::problem::Problem;
use crate::customers::{MockCustomer, MockCustomers};

pub(super) fn routes(customers: Arc<MockCustomers>) -> Router {
    let faults = customers.faults().clone();
    let routes = Router::new()
        .route("/customers/{id}", get(find))
        .with_state(customers);
    with_faults(routes, &faults)
}

async fn find(
    State(customers): State<Arc<MockCustomers>>,
    PathSegment(id): PathSegment,
) -> Result<Json<MockCustomer>, Problem> {
    match blocking(move || customers.find(&id)).await? {
        Some(customer) => Ok(Json(customer)),
        None => Err(Problem::new(
            StatusCode::NOT_FOUND,
            "unknown_customer",
            "no such customer",
        )),
    }
}
