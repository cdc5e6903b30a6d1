//! The HTTP routes of the inventory service.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::blocking::blocking;
use super::extract::{EmptyBody, JsonBody, PathSegment, query_values};
use super::fault_layer::with_faults;
use super::problem::Problem;
use crate::inventory::{InventoryError, MockInventory, MockReservation};
use crate::line_item::LineItem;
use crate::validate::{self, InvalidField};

type InventoryState = State<Arc<MockInventory>>;

pub(super) fn routes(inventory: Arc<MockInventory>) -> Router {
    let faults = inventory.faults().clone();
    let routes = Router::new()
        .route("/products", get(products))
        .route("/reservations", post(reserve))
        .route("/reservations/{id}", get(find).put(revise))
        .route("/reservations/{id}/extend", post(extend))
        .route("/reservations/{id}/commit", post(commit))
        .route("/reservations/{id}/release", post(release))
        .with_state(inventory);
    with_faults(routes, &faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReserveBody {
    id: String,
    lines: Vec<LineItem>,
    ttl_seconds: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviseBody {
    lines: Vec<LineItem>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtendBody {
    ttl_seconds: u32,
}

async fn products(State(inventory): InventoryState, uri: Uri) -> Result<Json<Value>, Problem> {
    let skus = query_values(&uri, "sku")?;
    if skus.len() > validate::MAX_LINES {
        return Err(InvalidField::new("sku", format!("at most {}", validate::MAX_LINES)).into());
    }
    let found = blocking(move || {
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
    State(inventory): InventoryState,
    JsonBody(body): JsonBody<ReserveBody>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let ttl = Duration::from_secs(body.ttl_seconds.into());
    let reserved = blocking(move || inventory.reserve(&body.id, &body.lines, ttl)).await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "id": reserved.id, "expires_at": reserved.expires_at })),
    ))
}

async fn revise(
    State(inventory): InventoryState,
    PathSegment(id): PathSegment,
    JsonBody(body): JsonBody<ReviseBody>,
) -> Result<Json<MockReservation>, Problem> {
    blocking(move || inventory.revise(&id, &body.lines))
        .await
        .map(Json)
}

async fn extend(
    State(inventory): InventoryState,
    PathSegment(id): PathSegment,
    JsonBody(body): JsonBody<ExtendBody>,
) -> Result<Json<MockReservation>, Problem> {
    let ttl = Duration::from_secs(body.ttl_seconds.into());
    blocking(move || inventory.extend(&id, ttl)).await.map(Json)
}

async fn commit(
    State(inventory): InventoryState,
    PathSegment(id): PathSegment,
    _: EmptyBody,
) -> Result<Json<MockReservation>, Problem> {
    blocking(move || inventory.commit(&id)).await.map(Json)
}

async fn release(
    State(inventory): InventoryState,
    PathSegment(id): PathSegment,
    _: EmptyBody,
) -> Result<Json<MockReservation>, Problem> {
    blocking(move || inventory.release(&id)).await.map(Json)
}

async fn find(
    State(inventory): InventoryState,
    PathSegment(id): PathSegment,
) -> Result<Json<MockReservation>, Problem> {
    blocking(move || {
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
            InventoryError::UnreadableFile(file) => file.clone().into(),
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
