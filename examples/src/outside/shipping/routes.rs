//! The shipping service on the wire. `GET /fulfillments/{reference}` and
//! `POST /fulfillments/{reference}/ship` stand in for the warehouse floor; no client calls them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Address, Fulfillment, FulfillmentRequest, Line, Shipping, ShippingError};
use crate::outside::wire::{self, Body, NoBody, Problem, Segment};

type Ship = State<Arc<Shipping>>;

/// This service alone, as a router.
pub fn router(shipping: Arc<Shipping>) -> Router {
    wire::with_fallbacks(routes(shipping))
}

pub(in crate::outside) fn routes(shipping: Arc<Shipping>) -> Router {
    let faults = shipping.faults().clone();
    let routes = Router::new()
        .route("/rates", post(rates))
        .route("/fulfillments", post(request))
        .route("/fulfillments/{reference}", get(find).delete(recall))
        .route("/fulfillments/{reference}/ship", post(ship))
        .with_state(shipping);
    wire::with_faults(routes, &faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parcel {
    address: Address,
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    carrier: String,
    tracking_number: String,
}

async fn rates(State(shipping): Ship, Body(body): Body<Parcel>) -> Result<Json<Value>, Problem> {
    Ok(Json(
        json!({ "data": shipping.rates(&body.address, &body.lines)? }),
    ))
}

async fn request(
    State(shipping): Ship,
    Body(body): Body<FulfillmentRequest>,
) -> Result<(StatusCode, Json<Fulfillment>), Problem> {
    let accepted = wire::blocking(move || shipping.request(&body)).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

async fn find(
    State(shipping): Ship,
    Segment(reference): Segment,
) -> Result<Json<Fulfillment>, Problem> {
    let asked = reference.clone();
    match wire::blocking(move || shipping.find(&asked)).await? {
        Some(fulfillment) => Ok(Json(fulfillment)),
        None => Err(ShippingError::NotFound { reference }.into()),
    }
}

async fn recall(
    State(shipping): Ship,
    Segment(reference): Segment,
    _: NoBody,
) -> Result<Json<Fulfillment>, Problem> {
    wire::blocking(move || shipping.recall(&reference))
        .await
        .map(Json)
}

async fn ship(
    State(shipping): Ship,
    Segment(reference): Segment,
    Body(body): Body<Shipped>,
) -> Result<Json<Fulfillment>, Problem> {
    wire::blocking(move || shipping.mark_shipped(&reference, &body.carrier, &body.tracking_number))
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
