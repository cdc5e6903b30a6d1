//! The HTTP routes of the shipping service. `GET /fulfillments/{reference}` and `POST
//! /fulfillments/{reference}/ship` stand in for the warehouse; order-http's client never calls
//! them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::blocking::blocking;
use super::extract::{EmptyBody, JsonBody, PathSegment};
use super::fault_layer::with_faults;
use super::problem::Problem;
use crate::line_item::LineItem;
use crate::shipping::{
    MockAddress, MockFulfillment, MockFulfillmentRequest, MockShipping, ShippingError,
};

type ShippingState = State<Arc<MockShipping>>;

pub(super) fn routes(shipping: Arc<MockShipping>) -> Router {
    let faults = shipping.faults().clone();
    let routes = Router::new()
        .route("/rates", post(rates))
        .route("/fulfillments", post(request))
        .route("/fulfillments/{reference}", get(find).delete(recall))
        .route("/fulfillments/{reference}/ship", post(ship))
        .with_state(shipping);
    with_faults(routes, &faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RatesBody {
    address: MockAddress,
    lines: Vec<LineItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShipBody {
    carrier: String,
    tracking_number: String,
}

async fn rates(
    State(shipping): ShippingState,
    JsonBody(body): JsonBody<RatesBody>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(
        json!({ "data": shipping.rates(&body.address, &body.lines)? }),
    ))
}

async fn request(
    State(shipping): ShippingState,
    JsonBody(body): JsonBody<MockFulfillmentRequest>,
) -> Result<(StatusCode, Json<MockFulfillment>), Problem> {
    let accepted = blocking(move || shipping.request(&body)).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

async fn find(
    State(shipping): ShippingState,
    PathSegment(reference): PathSegment,
) -> Result<Json<MockFulfillment>, Problem> {
    let key = reference.clone();
    match blocking(move || shipping.find(&key)).await? {
        Some(fulfillment) => Ok(Json(fulfillment)),
        None => Err(ShippingError::NotFound { reference }.into()),
    }
}

async fn recall(
    State(shipping): ShippingState,
    PathSegment(reference): PathSegment,
    _: EmptyBody,
) -> Result<Json<MockFulfillment>, Problem> {
    blocking(move || shipping.recall(&reference))
        .await
        .map(Json)
}

async fn ship(
    State(shipping): ShippingState,
    PathSegment(reference): PathSegment,
    JsonBody(body): JsonBody<ShipBody>,
) -> Result<Json<MockFulfillment>, Problem> {
    blocking(move || shipping.mark_shipped(&reference, &body.carrier, &body.tracking_number))
        .await
        .map(Json)
}

impl From<ShippingError> for Problem {
    fn from(error: ShippingError) -> Self {
        let status = match &error {
            ShippingError::Invalid(invalid) => return invalid.clone().into(),
            ShippingError::NotSaved(_) => StatusCode::INTERNAL_SERVER_ERROR,
            ShippingError::NotFound { .. } => StatusCode::NOT_FOUND,
            ShippingError::ReferenceReused { .. }
            | ShippingError::Recalled { .. }
            | ShippingError::AlreadyShipped { .. } => StatusCode::CONFLICT,
        };
        Self::new(status, error.code(), &error)
    }
}
