//! The principal of a request, as the authenticator of the API sees it.

use crate::server::authentication::Principal;
use crate::server::problem::Problem;
use crate::server::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

impl FromRequestParts<AppState> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let principal = state.authenticator.authenticate(parts).await?;
        tracing::Span::current().record("storefront", principal.storefront.as_str());
        Ok(principal)
    }
}
