//! Work outside that was given up on until a person looks.

use crate::server::Shared;
use crate::server::dto::history::{DeadLetterPageView, RetriedView};
use crate::server::extract::{DeadLetterPart, Query};
use crate::server::principal::{Principal, Right};
use crate::server::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use order_core::effect::EffectId;

/// List parked work
///
/// For an administrator.
#[utoipa::path(
    get, path = "/v1/dead_letters", tag = super::OPERATIONS,
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000,
         description = "At most so many; 50 if it is not given"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "A page of it", body = DeadLetterPageView))
)]
pub(crate) async fn list_dead_letters(
    State(shared): State<Shared>,
    principal: Principal,
    mut parameters: Query,
) -> Result<Json<DeadLetterPageView>, Problem> {
    principal.require(Right::DeadLetters)?;
    let limit = parameters.limit();
    let after = parameters.cursor(|text| text.parse::<EffectId>().ok());
    let after = parameters.finish(after)?;
    let page = shared
        .orders
        .dead_letters(principal.storefront, after, limit.into())
        .await?;
    Ok(Json(DeadLetterPageView::from(&page)))
}

/// Try parked work again
///
/// For an administrator. Once it is no longer parked, this answers 404.
#[utoipa::path(
    post, path = "/v1/dead_letters/{id}/retry", tag = super::OPERATIONS,
    responses((status = 202, description = "It is due at once", body = RetriedView))
)]
pub(crate) async fn retry_dead_letter(
    State(shared): State<Shared>,
    principal: Principal,
    DeadLetterPart(effect): DeadLetterPart,
) -> Result<(StatusCode, Json<RetriedView>), Problem> {
    principal.require(Right::DeadLetters)?;
    let found = shared
        .orders
        .retry_dead_letter(principal.storefront, effect)
        .await?;
    if !found {
        return Err(Problem::not_found(format!(
            "nothing is parked under {effect}"
        )));
    }
    let id = effect.to_string();
    Ok((StatusCode::ACCEPTED, Json(RetriedView { id })))
}
