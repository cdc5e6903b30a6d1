//! What an order charges and pays back when it changes in part, over HTTP and on both databases.

use super::process::{Database, Server, send};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The products of the lines, in their order.
const SKUS: [&str; 2] = ["abc123", "backpack-20l"];

/// An order on a server.
struct Placed<'s> {
    server: &'s Server,
    path: String,
}

/// Places an order of lines of one product each, given as quantity and unit price.
async fn placed<'s>(
    server: &'s Server,
    lines: &[(u32, i64)],
    adjustments: Value,
    token: Option<&str>,
) -> Placed<'s> {
    let lines: Vec<Value> = SKUS
        .iter()
        .zip(lines)
        .map(|(sku, (quantity, price))| {
            json!({"sku": sku, "quantity": quantity, "unit_price": price})
        })
        .collect();
    placed_of(server, &json!(lines), adjustments, token).await
}

async fn placed_of<'s>(
    server: &'s Server,
    lines: &Value,
    adjustments: Value,
    token: Option<&str>,
) -> Placed<'s> {
    let mut order = json!({
        "customer_id": "cus_123",
        "currency": "USD",
        "lines": lines,
        "adjustments": adjustments,
        "shipping_address": {"name": "Ada", "line1": "1 Main St", "city": "Sydney", "country": "AU"}
    });
    if let Some(token) = token {
        order["payment"] = json!({"token": token});
    }
    let key = format!("{lines}{adjustments}").replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let (status, body) = server.place(&key, &order).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    let path = format!("/v1/orders/{}", body["id"].as_str().unwrap());
    Placed { server, path }
}

impl Placed<'_> {
    async fn try_post(&self, tail: &str, body: Value) -> (StatusCode, Value) {
        send(self.server.post(&format!("{}{tail}", self.path), &body)).await
    }

    async fn post(&self, tail: &str, body: Value) -> Value {
        let (status, order) = self.try_post(tail, body).await;
        assert!(status.is_success(), "{tail}: {status} {order}");
        order
    }

    /// Ships and delivers units of a line, as the next shipment.
    async fn send(&self, shipment: u32, line: u32, units: u32) -> Value {
        let lines = json!([{"line_id": line.to_string(), "quantity": units}]);
        let body = json!({"lines": lines, "carrier": "Post"});
        self.post("/shipments", body).await;
        let deliver = format!("/shipments/{shipment}/deliver");
        self.post(&deliver, json!({})).await
    }

    /// Sends units of a line back, as the next return.
    async fn send_back(&self, number: u32, line: u32, units: u32) -> Value {
        let lines = json!([{"line_id": line.to_string(), "quantity": units}]);
        self.post("/returns", json!({"lines": lines})).await;
        let tail = |step| format!("/returns/{number}/{step}");
        self.post(&tail("approve"), json!({})).await;
        self.post(&tail("receive"), json!({"restock": true})).await
    }

    async fn cancel(&self, line: u32, units: u32) -> Value {
        let lines = json!([{"line_id": line.to_string(), "quantity": units}]);
        self.post("/cancel", json!({"lines": lines})).await
    }
}

/// Returns these figures of an order's totals.
fn totals<const N: usize>(order: &Value, names: [&str; N]) -> [i64; N] {
    names.map(|name| {
        order["totals"][name]
            .as_i64()
            .unwrap_or_else(|| panic!("{name}: {order}"))
    })
}

fn discount(amount: i64) -> Value {
    json!([{"kind": "discount", "amount": amount}])
}

async fn returned_units_pay_back_their_share_of_a_discount(server: &Server) {
    let order = placed(
        server,
        &[(1, 600), (1, 400)],
        discount(100),
        Some("tok_visa"),
    )
    .await;
    order.send(1, 1, 1).await;
    let sent = order.send(2, 2, 1).await;
    assert_eq!(totals(&sent, ["captured", "due"]), [900, 0]);
    let first = order.send_back(1, 1, 1).await;
    assert_eq!(
        totals(&first, ["refunded", "credited", "owed"]),
        [540, 540, 360]
    );
    let both = order.send_back(2, 2, 1).await;
    assert_eq!(
        totals(&both, ["refunded", "credited", "owed"]),
        [900, 900, 0]
    );

    let many = placed(server, &[(10, 1_000)], discount(5_000), Some("tok_visa")).await;
    let sent = many.send(1, 1, 10).await;
    assert_eq!(totals(&sent, ["captured"]), [5_000]);
    let half = many.send_back(1, 1, 5).await;
    assert_eq!(totals(&half, ["refunded", "owed"]), [2_500, 2_500]);
}

async fn cancelled_units_take_their_share_of_a_discount_with_them(server: &Server) {
    let lines = [(1, 15_000), (1, 6_000)];
    let open = placed(server, &lines, discount(4_200), Some("tok_visa")).await;
    let left = open.cancel(1, 1).await;
    assert_eq!(
        totals(&left, ["total", "discount", "due"]),
        [4_800, 1_200, 0]
    );

    let charged = placed(server, &lines, discount(4_201), Some("tok_visa")).await;
    let all = charged.post("/capture", json!({})).await;
    assert_eq!(totals(&all, ["captured"]), [16_799]);
    let left = charged.cancel(1, 1).await;
    assert_eq!(totals(&left, ["total", "refunded"]), [4_800, 11_999]);

    let order = placed(
        server,
        &[(1, 10_000), (1, 2_000)],
        discount(3_000),
        Some("tok_visa"),
    )
    .await;
    order.cancel(1, 1).await;
    let sent = order.send(1, 2, 1).await;
    assert_eq!(
        totals(&sent, ["total", "captured", "authorized"]),
        [1_500, 1_500, 0]
    );
    assert_eq!(sent["payment_status"], "paid");
    assert_eq!(sent["status"], "completed");
}

async fn tax_of_the_order_goes_with_the_units(server: &Server) {
    let tax = json!([{"kind": "tax", "amount": 400}]);
    let order = placed(server, &[(2, 1_000)], tax.clone(), Some("tok_visa")).await;
    let sent = order.send(1, 1, 2).await;
    assert_eq!(totals(&sent, ["captured"]), [2_400]);
    let back = order.send_back(1, 1, 2).await;
    assert_eq!(totals(&back, ["refunded", "owed"]), [2_400, 0]);

    let other = json!([{"kind": "tax", "amount": 400, "label": "VAT"}]);
    let order = placed(server, &[(2, 1_000)], other, Some("tok_visa")).await;
    let left = order.cancel(1, 1).await;
    assert_eq!(totals(&left, ["total", "tax"]), [1_200, 200]);
}

async fn a_return_pays_back_what_was_taken_while_the_rest_waits(server: &Server) {
    let order = placed(
        server,
        &[(1, 1_999), (1, 1_800)],
        json!([]),
        Some("tok_visa"),
    )
    .await;
    let sent = order.send(1, 1, 1).await;
    assert_eq!(totals(&sent, ["captured", "authorized"]), [1_999, 1_800]);
    let back = order.send_back(1, 1, 1).await;
    let names = ["refunded", "authorized", "owed", "due"];
    assert_eq!(totals(&back, names), [1_999, 1_800, 1_800, 0]);
}

async fn adjustments_of_a_line_follow_its_quantity(server: &Server) {
    let own = json!([
        {"kind": "discount", "amount": 400, "line_id": "1"},
        {"kind": "tax", "amount": 160, "line_id": "1"}
    ]);
    let order = placed(server, &[(2, 1_000)], own, None).await;
    let lines = json!([{"sku": SKUS[0], "quantity": 3, "unit_price": 1_000}]);
    let request = server
        .http
        .put(format!("{}{}/lines", server.address, order.path));
    let request = request
        .header("If-Match", "*")
        .json(&json!({"lines": lines}));
    let (status, revised) = send(request).await;
    assert_eq!(status, StatusCode::OK, "{revised}");
    assert_eq!(
        totals(&revised, ["discount", "tax", "total"]),
        [600, 240, 2_640]
    );
}

async fn the_line_is_named_where_its_worth_differs(server: &Server) {
    let lines = json!([
        {"sku": SKUS[0], "quantity": 1, "unit_price": 2_000},
        {"sku": SKUS[0], "quantity": 1, "unit_price": 0}
    ]);
    let order = placed_of(server, &lines, json!([]), Some("tok_visa")).await;
    let by_sku = json!({"lines": [{"sku": SKUS[0], "quantity": 1}]});
    let (status, problem) = order.try_post("/cancel", by_sku).await;
    assert!(status.is_client_error(), "{status} {problem}");
    assert_eq!(problem["code"], "ambiguous-sku");
    let left = order.cancel(2, 1).await;
    assert_eq!(totals(&left, ["total"]), [2_000], "the free one went");
}

async fn a_unit_that_was_missing_is_paid_back_once(server: &Server) {
    let order = placed(server, &[(2, 1_000)], json!([]), Some("tok_visa")).await;
    order.post("/capture", json!({})).await;
    let units = json!([{"line_id": "1", "quantity": 1}]);
    let refund = json!({"lines": units, "reason": "it is missing"});
    let refunded = order.post("/refunds", refund).await;
    assert_eq!(totals(&refunded, ["refunded", "owed"]), [1_000, 1_000]);
    let left = order.cancel(1, 1).await;
    assert_eq!(
        totals(&left, ["total", "refunded", "owed", "due"]),
        [1_000, 1_000, 1_000, 0]
    );
}

async fn play(server: Server) {
    returned_units_pay_back_their_share_of_a_discount(&server).await;
    cancelled_units_take_their_share_of_a_discount_with_them(&server).await;
    tax_of_the_order_goes_with_the_units(&server).await;
    a_return_pays_back_what_was_taken_while_the_rest_waits(&server).await;
    adjustments_of_a_line_follow_its_quantity(&server).await;
    the_line_is_named_where_its_worth_differs(&server).await;
    a_unit_that_was_missing_is_paid_back_once(&server).await;
    assert!(server.terminate().success());
}

#[tokio::test]
async fn money_is_right_in_part_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    play(Server::start(directory.path())).await;
}

#[tokio::test]
async fn money_is_right_in_part_on_postgres() {
    let (directory, database) = (tempfile::tempdir().unwrap(), Database::new().await);
    play(Server::start_on(directory.path(), &database.url(), None)).await;
}
