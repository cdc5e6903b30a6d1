//! The OpenAPI document, and Swagger UI.

use super::fake_orders::FakeOrders;
use super::requests::{api, get};
use order_http::server::openapi;
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.push((format!("{} {path}", method.to_uppercase()), operation));
            }
        }
    }
    operations
}

#[test]
fn every_endpoint_of_the_contract_exists() {
    let document = openapi();
    let found: BTreeSet<_> = operations(&document)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let promised = [
        "POST /v1/orders",
        "GET /v1/orders/{id}",
        "GET /v1/orders",
        "GET /v1/orders/{id}/history",
        "GET /v1/orders/{id}/actions",
        "POST /v1/orders/{id}/preview",
        "PUT /v1/orders/{id}/lines",
        "PUT /v1/orders/{id}/shipping_address",
        "PUT /v1/orders/{id}/payment_method",
        "PATCH /v1/orders/{id}",
        "POST /v1/orders/{id}/cancel",
        "DELETE /v1/orders/{id}",
        "POST /v1/orders/{id}/hold",
        "POST /v1/orders/{id}/release_hold",
        "POST /v1/orders/{id}/shipments",
        "PUT /v1/orders/{id}/shipments/{shipment_id}/tracking",
        "POST /v1/orders/{id}/shipments/{shipment_id}/deliver",
        "POST /v1/orders/{id}/capture",
        "POST /v1/orders/{id}/refunds",
        "POST /v1/orders/{id}/returns",
        "POST /v1/orders/{id}/returns/{return_id}/approve",
        "POST /v1/orders/{id}/returns/{return_id}/reject",
        "POST /v1/orders/{id}/returns/{return_id}/receive",
        "POST /v1/orders/{id}/erase",
        "GET /v1/dead_letters",
        "POST /v1/dead_letters/{id}/retry",
        "GET /livez",
        "GET /readyz",
        "GET /openapi.json",
        "GET /docs",
    ];
    for endpoint in promised {
        assert!(found.contains(endpoint), "{endpoint}");
    }
    let ours = [
        "POST /v1/orders/{id}/fulfillments",
        "DELETE /v1/orders/{id}/fulfillments/{fulfillment_id}",
        "POST /v1/orders/{id}/returns/{return_id}/cancel",
        "POST /v1/orders/{id}/pay",
    ];
    for endpoint in ours {
        assert!(found.contains(endpoint), "{endpoint}");
    }
    assert_eq!(found.len(), promised.len() + ours.len(), "{found:?}");
}

#[test]
fn every_operation_documents_its_responses_and_problems() {
    let document = openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let good = |status: &String| status.starts_with('2') || status.starts_with('3');
        assert!(responses.keys().any(good), "{name}");
        assert!(operation["summary"].is_string(), "{name}");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{name}"
        );
        if !name.contains(" /v1/") {
            continue;
        }
        for status in ["400", "401", "403", "500", "503"] {
            let content = &responses[status]["content"]["application/problem+json"];
            let reference = "#/components/schemas/Problem";
            assert_eq!(content["schema"]["$ref"], reference, "{name} {status}");
        }
        let path: Vec<_> = name.split(['{', '}']).skip(1).step_by(2).collect();
        let parameters = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for parameter in path {
            assert!(
                parameters
                    .iter()
                    .any(|one| one["name"] == parameter && one["in"] == "path"),
                "{name} {parameter}"
            );
        }
    }
}

/// Collects every `$ref`, at any depth.
fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        found.insert(target);
                    }
                    other => references(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_resolves_and_every_schema_has_a_public_name() {
    let document = openapi();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["Order", "Problem", "PlaceOrder", "OrderStatus"] {
        assert!(schemas.contains_key(name), "{name}");
    }
    for name in schemas.keys() {
        assert!(!name.ends_with("Wire") && !name.ends_with("View"), "{name}");
    }
    let required = schemas["PlaceOrder"]["required"].as_array().unwrap();
    assert_eq!(required, &["customer_id", "lines"]);
    let statuses = schemas["OrderStatus"]["enum"].as_array().unwrap();
    assert_eq!(statuses.len(), 8);
}

#[tokio::test]
async fn swagger_ui_is_served_from_the_binary() {
    let app = api(&FakeOrders::plain());
    let served = get(&app, "/openapi.json").await;
    assert_eq!(served.body, openapi());
    let page = get(&app, "/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let script = get(&app, "/docs/swagger-initializer.js").await;
    assert!(script.text.contains("../openapi.json"), "{}", script.text);
    assert_eq!(get(&app, "/docs").await.header("location"), "/docs/");
    assert_eq!(get(&app, "/docs/swagger-ui.css").await.status, 200);
}
