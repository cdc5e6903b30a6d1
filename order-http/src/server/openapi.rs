//! The OpenAPI document: generated from the handlers, completed with the parameters, headers and
//! problems that operations share. It describes what the handlers do, and changes nothing.

use super::etag;
use super::problem::{PROBLEM_JSON, ProblemDetails};
use super::tags;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Content, Header, HeaderBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Orders",
        description = "Order management. Money is an integer in minor units of the order's \
            currency; times are RFC 3339 in UTC. Unknown members of a request are refused. Every \
            error is `application/problem+json` (RFC 9457)."
    ),
    components(schemas(ProblemDetails))
)]
struct Base;

/// Returns the document without its operations.
pub(crate) fn base() -> OpenApi {
    let mut document = Base::openapi();
    let tag = |(name, description)| {
        TagBuilder::new()
            .name(name)
            .description(Some(description))
            .build()
    };
    document.tags = Some(tags::ALL.map(tag).to_vec());
    document
}

/// Completes the document with path parameters, headers and problems.
pub(crate) fn complete(mut document: OpenApi) -> Value {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            if path.starts_with("/v1/") {
                add_parameters(path, &method, operation);
                add_problems(path, &method, operation);
            } else if path == "/readyz" {
                add_problem(operation, StatusCode::SERVICE_UNAVAILABLE);
            }
            add_request_id(operation);
        }
    }
    serde_json::to_value(&document).unwrap_or_else(|error| {
        tracing::error!(error = %error, "the OpenAPI document cannot be written");
        Value::Null
    })
}

/// Returns the document of an API that is served under this path.
pub(crate) fn served_at(document: &Value, path: &str) -> Value {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        members.insert("servers".to_owned(), json!([{ "url": path }]));
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, item.get.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn header(name: &str, required: bool, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if required {
            Required::True
        } else {
            Required::False
        })
        .description(Some(description))
        .schema(Some(text()))
        .build()
}

fn add_parameters(path: &str, method: &Method, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split(['{', '}']).skip(1).step_by(2) {
        let schema: Object = if name == "id" && path.starts_with("/v1/orders/") {
            text()
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                .build()
        } else {
            text().build()
        };
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema))
            .build();
        parameters.push(RefOr::T(parameter));
    }
    let of_order = path.starts_with("/v1/orders/{id}");
    let headers = match *method {
        Method::GET if path == "/v1/orders/{id}" => vec![header(
            "If-None-Match",
            false,
            "The `ETag` that you have: 304 if it is still current",
        )],
        _ if etag::is_required_for(method) => vec![header(
            "If-Match",
            true,
            "The `ETag` that this edit is based on, or `*`",
        )],
        Method::POST if path == "/v1/orders" => vec![header(
            "Idempotency-Key",
            true,
            "New for each order, and the same for every retry",
        )],
        Method::POST if of_order => vec![
            header(
                "Idempotency-Key",
                false,
                "A retry with the same key and body gets the first response again",
            ),
            header("If-Match", false, "The `ETag` that the order must have"),
        ],
        Method::DELETE => vec![header(
            "If-Match",
            false,
            "The `ETag` that the order must have",
        )],
        _ => Vec::new(),
    };
    parameters.extend(headers.into_iter().map(RefOr::T));
}

fn add_problems(path: &str, method: &Method, operation: &mut Operation) {
    let mut statuses = vec![
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if path.contains('{') {
        statuses.push(StatusCode::NOT_FOUND);
    }
    let is_command = *method != Method::GET && path.starts_with("/v1/orders");
    if path.starts_with("/v1/orders/{id}") && (is_command || path == "/v1/orders/{id}") {
        statuses.push(StatusCode::GONE);
    }
    if is_command {
        statuses.extend([StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]);
        if path != "/v1/orders" {
            statuses.push(StatusCode::PRECONDITION_FAILED);
        }
    }
    if etag::is_required_for(method) {
        statuses.push(StatusCode::PRECONDITION_REQUIRED);
    }
    if operation.request_body.is_some() {
        statuses.extend([
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ]);
    }
    for status in statuses {
        add_problem(operation, status);
    }
}

fn add_problem(operation: &mut Operation, status: StatusCode) {
    let content = Content::new(Some(RefOr::<utoipa::openapi::Schema>::Ref(
        Ref::from_schema_name("Problem"),
    )));
    let response = ResponseBuilder::new()
        .description(status.canonical_reason().unwrap_or("Failed"))
        .content(PROBLEM_JSON, content)
        .build();
    operation
        .responses
        .responses
        .entry(status.as_u16().to_string())
        .or_insert(RefOr::T(response));
}

fn add_request_id(operation: &mut Operation) {
    let id: Header = HeaderBuilder::new()
        .schema(Some(text()))
        .description(Some("The id of the request in the logs"))
        .build();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(Response { headers, .. }) = response {
            headers.insert("X-Request-Id".to_owned(), id.clone().into());
        }
    }
}
