//! Whether the process lives, and whether it can serve.

use crate::server::Shared;
use crate::server::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// How the service is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: Json<Health> = Json(Health { status: "ok" });

/// Whether the process lives
#[utoipa::path(
    get, path = "/livez", tag = super::SERVICE,
    responses((status = 200, description = "It does", body = Health))
)]
pub(crate) async fn livez() -> Json<Health> {
    OK
}

/// Whether requests can be served
#[utoipa::path(
    get, path = "/readyz", tag = super::SERVICE,
    responses((status = 200, description = "They can: the store answers", body = Health))
)]
pub(crate) async fn readyz(State(shared): State<Shared>) -> Result<Json<Health>, Problem> {
    match shared.orders.ready().await {
        Ok(()) => Ok(OK),
        Err(problem) => Err(Problem::not_ready(&problem)),
    }
}
