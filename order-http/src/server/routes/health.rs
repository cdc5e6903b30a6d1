//! Liveness and readiness.

use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::server::tags;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The health of the service.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: Json<Health> = Json(Health { status: "ok" });

/// Check liveness
#[utoipa::path(
    get, path = "/livez", tag = tags::SERVICE,
    responses((status = 200, description = "The process is alive", body = Health))
)]
pub(crate) async fn livez() -> Json<Health> {
    OK
}

/// Check readiness
#[utoipa::path(
    get, path = "/readyz", tag = tags::SERVICE,
    responses((status = 200, description = "Requests can be served: the store answers", body = Health))
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> Result<Json<Health>, Problem> {
    match state.orders.ready().await {
        Ok(()) => Ok(OK),
        Err(error) => Err(Problem::not_ready(&error.into())),
    }
}
