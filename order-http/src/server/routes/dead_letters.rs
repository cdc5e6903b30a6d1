//! Listing and retrying parked effects.

use crate::server::authentication::Principal;
use crate::server::dto::response::{DeadLetterPageResponse, RetriedResponse};
use crate::server::extract::{DeadLetterPath, QueryParameters};
use crate::server::permissions::Permission;
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::server::tags;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use order_core::effect::EffectId;

/// List dead letters
///
/// Effects that were parked after too many failures. For administrators only.
#[utoipa::path(
    get, path = "/v1/dead_letters", tag = tags::OPERATIONS,
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000,
         description = "Maximum number of dead letters; 50 if it is absent"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the previous page"),
    ),
    responses((status = 200, description = "A page of dead letters", body = DeadLetterPageResponse))
)]
pub(crate) async fn list_dead_letters(
    State(state): State<AppState>,
    principal: Principal,
    mut parameters: QueryParameters,
) -> Result<Json<DeadLetterPageResponse>, Problem> {
    principal.require(Permission::DeadLetters)?;
    let limit = parameters.limit();
    let after = parameters.cursor(|text| text.parse::<EffectId>().ok());
    let after = parameters.finish(after)?;
    let page = state
        .orders
        .dead_letters(&principal.storefront, after, limit.into())
        .await?;
    Ok(Json(DeadLetterPageResponse::from(&page)))
}

/// Retry a dead letter
///
/// For administrators only. 404 if it is not parked any more.
#[utoipa::path(
    post, path = "/v1/dead_letters/{id}/retry", tag = tags::OPERATIONS,
    responses((status = 202, description = "It is due now", body = RetriedResponse))
)]
pub(crate) async fn retry_dead_letter(
    State(state): State<AppState>,
    principal: Principal,
    DeadLetterPath(effect): DeadLetterPath,
) -> Result<(StatusCode, Json<RetriedResponse>), Problem> {
    principal.require(Permission::DeadLetters)?;
    let found = state
        .orders
        .retry_dead_letter(&principal.storefront, effect)
        .await?;
    if !found {
        return Err(Problem::not_found(format!(
            "nothing is parked under {effect}"
        )));
    }
    let id = effect.to_string();
    Ok((StatusCode::ACCEPTED, Json(RetriedResponse { id })))
}
