//! The inventory service on the wire.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Inventory, InventoryError, Line, Reservation};
use crate::outside::wire::{self, Body, NoBody, Problem, Segment};
use crate::outside::{Invalid, check};

type Inv = State<Arc<Inventory>>;

/// This service alone, as a router.
pub fn router(inventory: Arc<Inventory>) -> Router {
    wire::with_fallbacks(routes(inventory))
}

pub(in crate::outside) fn routes(inventory: Arc<Inventory>) -> Router {
    let faults = inventory.faults().clone();
    let routes = Router::new()
        .route("/products", get(products))
        .route("/reservations", post(reserve))
        .route("/reservations/{id}", get(find).put(revise))
        .route("/reservations/{id}/extend", post(extend))
        .route("/reservations/{id}/commit", post(commit))
        .route("/reservations/{id}/release", post(release))
        .with_state(inventory);
    wire::with_faults(routes, &faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserve {
    id: String,
    lines: Vec<Line>,
    ttl_seconds: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revise {
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Extend {
    ttl_seconds: u32,
}

async fn products(State(inventory): Inv, uri: Uri) -> Result<Json<Value>, Problem> {
    let skus = wire::parameters(&uri, "sku")?;
    if skus.len() > check::MAX_LINES {
        return Err(Invalid::new("sku", format!("at most {}", check::MAX_LINES)).into());
    }
    let found = wire::blocking(move || {
        if skus.is_empty() {
            inventory.all_products()
        } else {
            inventory.products(&skus)
        }
    })
    .await?;
    Ok(Json(json!({ "data": found })))
}

async fn reserve(
    State(inventory): Inv,
    Body(body): Body<Reserve>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let ttl = Duration::from_secs(body.ttl_seconds.into());
    let made = wire::blocking(move || inventory.reserve(&body.id, &body.lines, ttl)).await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "id": made.id, "expires_at": made.expires_at })),
    ))
}

async fn revise(
    State(inventory): Inv,
    Segment(id): Segment,
    Body(body): Body<Revise>,
) -> Result<Json<Reservation>, Problem> {
    wire::blocking(move || inventory.revise(&id, &body.lines))
        .await
        .map(Json)
}

async fn extend(
    State(inventory): Inv,
    Segment(id): Segment,
    Body(body): Body<Extend>,
) -> Result<Json<Reservation>, Problem> {
    let ttl = Duration::from_secs(body.ttl_seconds.into());
    wire::blocking(move || inventory.extend(&id, ttl))
        .await
        .map(Json)
}

async fn commit(
    State(inventory): Inv,
    Segment(id): Segment,
    _: NoBody,
) -> Result<Json<Reservation>, Problem> {
    wire::blocking(move || inventory.commit(&id))
        .await
        .map(Json)
}

async fn release(
    State(inventory): Inv,
    Segment(id): Segment,
    _: NoBody,
) -> Result<Json<Reservation>, Problem> {
    wire::blocking(move || inventory.release(&id))
        .await
        .map(Json)
}

async fn find(State(inventory): Inv, Segment(id): Segment) -> Result<Json<Reservation>, Problem> {
    wire::blocking(move || {
        let found = inventory.find(&id)?;
        found.ok_or(InventoryError::NotFound { id })
    })
    .await
    .map(Json)
}

impl From<InventoryError> for Problem {
    fn from(error: InventoryError) -> Self {
        let refusal = |status| Self::new(status, error.code(), &error);
        match &error {
            InventoryError::Invalid(invalid) => invalid.clone().into(),
            InventoryError::BadFile(file) => file.clone().into(),
            InventoryError::NotSaved(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR),
            InventoryError::InsufficientStock { lines } => {
                refusal(StatusCode::CONFLICT).with("lines", lines)
            }
            InventoryError::UnknownSku { skus } => {
                refusal(StatusCode::UNPROCESSABLE_ENTITY).with("skus", skus)
            }
            InventoryError::NotFound { .. } => refusal(StatusCode::NOT_FOUND),
            InventoryError::Differs { .. } => refusal(StatusCode::CONFLICT),
            InventoryError::Gone { status, .. } => {
                refusal(StatusCode::CONFLICT).with("status", status)
            }
        }
    }
}
