//! The OpenAPI document, and Swagger UI.

use crate::server::extract::MountPath;
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::server::{openapi, tags};
use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;
use std::sync::Arc;
use utoipa_swagger_ui::Config;

/// Read the OpenAPI document
#[utoipa::path(
    get, path = "/openapi.json", tag = tags::SERVICE,
    responses((status = 200, description = "An OpenAPI 3.1 document", body = Value))
)]
pub(crate) async fn get_openapi(State(state): State<AppState>, path: MountPath) -> Json<Value> {
    Json(openapi::served_at(state.document, path.server_url()))
}

/// Open the documentation
#[utoipa::path(
    get, path = "/docs", tag = tags::SERVICE,
    responses((status = 303, description = "Redirects to `docs/`"))
)]
pub(crate) async fn get_docs(OriginalUri(uri): OriginalUri) -> Redirect {
    Redirect::to(&format!("{}/", uri.path()))
}

/// Serves Swagger UI. It loads the document beside it, wherever the API is nested.
pub(crate) async fn page() -> Result<Response, Problem> {
    swagger_ui("")
}

/// Serves a file of Swagger UI.
pub(crate) async fn file(Path(file): Path<String>) -> Result<Response, Problem> {
    swagger_ui(&file)
}

fn swagger_ui(file: &str) -> Result<Response, Problem> {
    let config = Arc::new(Config::new(["../openapi.json"]).deep_linking(true));
    match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(found)) => {
            let kind = [(header::CONTENT_TYPE, found.content_type)];
            let bytes = found.bytes.into_owned();
            if found.gzpipped {
                Ok((kind, [(header::CONTENT_ENCODING, "gzip")], bytes).into_response())
            } else {
                Ok((kind, bytes).into_response())
            }
        }
        Ok(None) => Err(Problem::not_found("there is nothing at this path")),
        Err(error) => {
            tracing::error!(error = %error, "Swagger UI cannot be served");
            Err(Problem::internal())
        }
    }
}
