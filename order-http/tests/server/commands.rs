//! Which command each endpoint sends.

use super::fake::{Asked, Fake, ID, LETTER, event, order};
use super::http::{Answer, api, ask, edit, get, post, send};
use order_core::command::{Command, CommandKind};
use order_core::money::Amount;
use order_core::order::Contact;
use order_core::ports::OrderError;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::value::{FulfillmentNo, HoldNo, Label, ReturnNo, Version};
use serde_json::{Value, json};

fn path(tail: &str) -> String {
    format!("/v1/orders/{ID}{tail}")
}

async fn sent(method: &str, tail: &str, body: Value) -> (Answer, Command) {
    let fake = Fake::plain();
    let request = ask(method, &path(tail)).header("if-match", "*").json(&body);
    let answer = send(&api(&fake), request).await;
    assert!(answer.status.is_success(), "{tail}: {answer:?}");
    (answer, fake.executed().command)
}

#[tokio::test]
async fn each_endpoint_sends_its_command() {
    let units = json!([{"sku": "tea", "quantity": 1}]);
    for (method, tail, body, status, kind) in [
        (
            "PUT",
            "/lines",
            json!({"lines": units}),
            200,
            "revise_lines",
        ),
        (
            "PUT",
            "/shipping_address",
            json!({"line1": "1 Main St", "city": "Sydney", "country": "AU"}),
            200,
            "change_address",
        ),
        (
            "PUT",
            "/payment_method",
            json!({"token": "tok_visa"}),
            200,
            "change_payment_method",
        ),
        ("PATCH", "", json!({"metadata": {"a": 1}}), 200, "update"),
        ("POST", "/cancel", json!({"reason": "no"}), 200, "cancel"),
        (
            "POST",
            "/cancel",
            json!({"lines": units}),
            200,
            "cancel_lines",
        ),
        ("DELETE", "", json!({}), 202, "delete"),
        ("POST", "/hold", json!({"reason": "fraud?"}), 200, "hold"),
        (
            "POST",
            "/release_hold",
            json!({"reason": "no"}),
            200,
            "release_hold",
        ),
        ("POST", "/shipments", json!({"carrier": "dhl"}), 201, "ship"),
        (
            "PUT",
            "/shipments/2/tracking",
            json!({"tracking_number": "JD1"}),
            200,
            "update_tracking",
        ),
        ("POST", "/shipments/2/deliver", json!({}), 200, "deliver"),
        (
            "DELETE",
            "/fulfillments/2",
            json!({}),
            200,
            "recall_fulfillment",
        ),
        ("POST", "/pay", json!({}), 200, "start_payment"),
        ("POST", "/capture", json!({"amount": 1}), 200, "capture"),
        (
            "POST",
            "/refunds",
            json!({"amount": 1, "reason": "sorry"}),
            200,
            "refund",
        ),
        (
            "POST",
            "/returns",
            json!({"lines": units}),
            201,
            "request_return",
        ),
        (
            "POST",
            "/returns/3/approve",
            json!({}),
            200,
            "approve_return",
        ),
        (
            "POST",
            "/returns/3/reject",
            json!({"reason": "worn"}),
            200,
            "reject_return",
        ),
        (
            "POST",
            "/returns/3/receive",
            json!({}),
            200,
            "receive_return",
        ),
        ("POST", "/returns/3/cancel", json!({}), 200, "cancel_return"),
        ("POST", "/erase", json!({}), 200, "erase"),
    ] {
        let (answer, command) = sent(method, tail, body).await;
        assert_eq!(command.kind().as_str(), kind);
        assert_eq!(answer.status, status, "{method} {tail}");
    }
}

#[tokio::test]
async fn what_the_path_and_the_body_name_is_in_the_command() {
    let second = FulfillmentNo::new(2);
    let (_, command) = sent("POST", "/shipments/2/deliver", json!({})).await;
    let deliver = Command::ConfirmDelivery {
        fulfillment: second,
    };
    assert_eq!(command, deliver);

    let (_, command) = sent("POST", "/release_hold", json!({"hold_id": "1"})).await;
    let hold = Some(HoldNo::new(1));
    assert_eq!(command, Command::ReleaseHold { hold });

    let (_, command) = sent("POST", "/returns/3/receive", json!({"restock": false})).await;
    let receive = Command::ReceiveReturn {
        return_no: ReturnNo::new(3),
        restock: false,
    };
    assert_eq!(command, receive);

    let ship = json!({
        "fulfillment_id": "2", "carrier": "dhl", "tracking_number": "JD1",
        "tracking_url": "https://dhl.example/JD1", "lines": [{"sku": "tea", "quantity": 1}],
    });
    let (_, command) = sent("POST", "/shipments", ship).await;
    let Command::ConfirmShipment {
        fulfillment,
        lines,
        tracking,
    } = command
    else {
        panic!("{command:?}")
    };
    assert_eq!(fulfillment, Some(second));
    assert_eq!(lines.unwrap()[0].quantity, 1);
    assert_eq!(tracking.url.unwrap().as_str(), "https://dhl.example/JD1");

    let (_, command) = sent("POST", "/capture", json!({"amount": 4498})).await;
    let amount = Some(Amount::new(4498));
    assert_eq!(command, Command::CapturePayment { amount });
}

#[tokio::test]
async fn bodies_of_commands_are_checked() {
    let app = api(&Fake::plain());
    for (method, tail, body, faults) in [
        (
            "POST",
            "/cancel",
            json!({"lines": []}),
            vec![("lines", "empty")],
        ),
        (
            "POST",
            "/capture",
            json!({"amount": 0}),
            vec![("amount", "out-of-range")],
        ),
        (
            "POST",
            "/refunds",
            json!({"amount": -1}),
            vec![("amount", "out-of-range")],
        ),
        (
            "POST",
            "/shipments",
            json!({}),
            vec![("carrier", "required")],
        ),
        (
            "POST",
            "/shipments",
            json!({"carrier": " ", "tracking_url": "ftp://x", "fulfillment_id": "x"}),
            vec![
                ("fulfillment_id", "not-a-number"),
                ("carrier", "empty"),
                ("tracking_url", "not-a-web-address"),
            ],
        ),
        (
            "PUT",
            "/shipments/1/tracking",
            json!({}),
            vec![("", "empty")],
        ),
        ("POST", "/returns", json!({}), vec![("lines", "required")]),
        (
            "POST",
            "/shipments/1/deliver",
            json!({"x": 1}),
            vec![("x", "unknown-field")],
        ),
        (
            "PUT",
            "/payment_method",
            json!({"token": null}),
            vec![("token", "required")],
        ),
        (
            "PATCH",
            "",
            json!({"status": "completed"}),
            vec![("status", "unknown-field")],
        ),
        (
            "PATCH",
            "",
            json!({"contact": {"email": "x"}, "labels": ["", "ok"]}),
            vec![("contact.email", "not-an-email"), ("labels[0]", "empty")],
        ),
    ] {
        let request = ask(method, &path(tail)).header("if-match", "*").json(&body);
        let answer = send(&app, request).await;
        assert_eq!(answer.problem(400), "invalid-request", "{method} {tail}");
        assert_eq!(answer.faults(), faults, "{method} {tail}");
    }
}

#[tokio::test]
async fn a_fulfillment_is_planned_and_released() {
    let fake = Fake::plain();
    let lines = json!([{"line": "1", "units": 1}]);
    let planned = event(
        "fulfillment_planned",
        json!({"fulfillment": 2, "lines": lines}),
    );
    fake.done(order(json!({})), vec![planned]);
    let request = ask("POST", &path("/fulfillments"))
        .header("idempotency-key", "k1")
        .header("if-match", "\"4\"")
        .json(&json!({"lines": [{"sku": "tea", "quantity": 1}]}));
    let answer = send(&api(&fake), request).await;
    assert_eq!(answer.status, 201);
    let asked = fake.asked();
    let [Asked::Execute(plan), Asked::Execute(release)] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(plan.command.kind(), CommandKind::PlanFulfillment);
    assert_eq!(plan.expected, Some(Version::new(4)));
    let fulfillment = FulfillmentNo::new(2);
    assert_eq!(release.command, Command::ReleaseFulfillment { fulfillment });
    assert_eq!(release.expected, None, "the plan has moved the version");
    let keys = [plan, release].map(|one| one.idempotency.clone().unwrap());
    assert_eq!(keys[0].key, keys[1].key);
    assert_ne!(keys[0].operation, keys[1].operation);
}

#[tokio::test]
async fn a_patch_of_the_contact_leaves_what_it_does_not_name() {
    let contact = Contact::new(Label::parse("ada@example.com").ok(), Label::parse("1").ok());
    let mut personal = order(json!({})).personal().clone();
    personal.contact = contact.ok();
    let stored = order(json!({"metadata": {"a": 1, "b": 2}})).with_personal(personal);
    for (body, email, phone) in [
        (
            json!({"contact": {"phone": "2"}}),
            Some("ada@example.com"),
            Some("2"),
        ),
        (
            json!({"contact": {"phone": null}}),
            Some("ada@example.com"),
            None,
        ),
        (json!({"contact": null}), None, None),
    ] {
        let fake = Fake::with(stored.clone());
        let answer = edit(&api(&fake), "PATCH", &path(""), body).await;
        assert_eq!(answer.status, 200);
        let execute = fake.executed();
        assert_eq!(execute.expected, Some(Version::new(4)));
        let Command::UpdateDetails(patch) = execute.command else {
            panic!("{:?}", execute.command)
        };
        let contact = patch.contact.unwrap();
        assert_eq!(contact.email.as_ref().map(|label| label.as_str()), email);
        assert_eq!(contact.phone.as_ref().map(|label| label.as_str()), phone);
    }
    let fake = Fake::with(stored);
    edit(&api(&fake), "PATCH", &path(""), json!({"metadata": null})).await;
    let Command::UpdateDetails(patch) = fake.executed().command else {
        panic!("no patch")
    };
    let removed = json!({"a": null, "b": null});
    assert_eq!(Value::Object(patch.metadata), removed);
    assert_eq!(patch.contact, None);
}

#[tokio::test]
async fn a_patch_of_any_version_is_laid_over_the_newest() {
    let fake = Fake::plain();
    let stale = || OrderError::Stale {
        id: ID.parse().unwrap(),
        expected: Version::new(4),
        found: Version::new(5),
    };
    fake.fails(stale());
    fake.fails(stale());
    let body = json!({"contact": {"phone": "2"}});
    let answer = edit(&api(&fake), "PATCH", &path(""), body.clone()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(fake.asked().len(), 3);

    (0..3).for_each(|_| fake.fails(stale()));
    let answer = edit(&api(&fake), "PATCH", &path(""), body).await;
    assert_eq!(answer.problem(409), "contended");
}

#[tokio::test]
async fn a_refusal_tells_where_the_order_stands() {
    let fake = Fake::plain();
    fake.fails(OrderError::Refused {
        id: Some(ID.parse().unwrap()),
        refusal: Refusal::new(
            RefusalCode::AlreadyShipped,
            CommandKind::RequestCancel,
            Some(order_core::order::OrderStatus::Processing),
            "units have left already",
        ),
    });
    let answer = post(&api(&fake), &path("/cancel"), json!({})).await;
    assert_eq!(answer.problem(409), "already-shipped");
    assert_eq!(answer.body["status_now"], "processing");
    assert_eq!(answer.body["order_id"], ID);
    assert_eq!(answer.body["detail"], "units have left already");
    assert_eq!(answer.body["title"], "Already shipped");
}

#[tokio::test]
async fn a_preview_reads_each_action_as_its_endpoint_does() {
    let units = json!([{"sku": "tea", "quantity": 1}]);
    let bodies = [
        ("start_payment", json!({})),
        ("hold", json!({"reason": "x"})),
        ("release_hold", json!({})),
        ("revise_lines", json!({"lines": units})),
        (
            "change_address",
            json!({"line1": "1", "city": "Sydney", "country": "AU"}),
        ),
        ("change_payment_method", json!({"token": "t"})),
        ("update", json!({"metadata": {"a": 1}})),
        ("plan_fulfillment", json!({})),
        ("release_fulfillment", json!({"fulfillment_id": "1"})),
        ("recall_fulfillment", json!({"fulfillment_id": "1"})),
        ("ship", json!({"carrier": "dhl"})),
        (
            "update_tracking",
            json!({"shipment_id": "1", "carrier": "dhl"}),
        ),
        ("deliver", json!({"shipment_id": "1"})),
        ("cancel_lines", json!({"lines": units})),
        ("cancel", json!({"reason": "x"})),
        ("capture", json!({"amount": 1})),
        ("refund", json!({})),
        ("request_return", json!({"lines": units})),
        ("approve_return", json!({"return_id": "1"})),
        ("reject_return", json!({"return_id": "1"})),
        ("receive_return", json!({"return_id": "1", "restock": true})),
        ("cancel_return", json!({"return_id": "1"})),
        ("delete", json!({})),
        ("erase", json!({})),
    ];
    assert_eq!(
        bodies.len(),
        CommandKind::ALL.len() - 2,
        "all but place and import"
    );
    let fake = Fake::plain();
    let app = api(&fake);
    for (action, mut body) in bodies {
        body["action"] = action.into();
        let answer = post(&app, &path("/preview"), body).await;
        assert_eq!(answer.status, 200, "{action}: {answer:?}");
        assert_eq!(answer.header("etag"), "");
        let asked = fake.asked();
        let [Asked::Preview(execute)] = asked.as_slice() else {
            panic!("{asked:?}")
        };
        assert_eq!(execute.command.kind().as_str(), action);
        assert_eq!(execute.idempotency, None);
    }
}

#[tokio::test]
async fn a_preview_is_checked_as_its_endpoint_does() {
    let app = api(&Fake::plain());
    for (body, field, code) in [
        (json!({}), "action", "required"),
        (json!({"action": "fly"}), "action", "unknown-name"),
        (json!({"action": 1}), "action", "unknown-name"),
        (json!({"action": "place"}), "action", "not-previewed"),
        (json!({"action": "ship"}), "carrier", "required"),
        (json!({"action": "deliver"}), "shipment_id", "required"),
        (
            json!({"action": "deliver", "shipment_id": 1}),
            "shipment_id",
            "not-a-number",
        ),
        (
            json!({"action": "delete", "reason": "x"}),
            "reason",
            "unknown-field",
        ),
    ] {
        let answer = post(&app, &path("/preview"), body.clone()).await;
        assert_eq!(answer.problem(400), "invalid-request", "{body}");
        assert_eq!(answer.faults(), [(field, code)], "{body}");
    }
}

#[tokio::test]
async fn history_and_actions_are_lists() {
    let app = api(&Fake::plain());
    let history = get(&app, &path("/history")).await;
    assert_eq!(
        history.body["data"][0],
        json!({"version": 2, "type": "customer_verified", "at": "2026-09-21T14:13:20Z",
               "actor": {"kind": "system", "id": null}, "data": {}})
    );
    assert_eq!(
        history.body["data"][1]["data"],
        json!({"dependency": "inventory"})
    );
    let actions = get(&app, &path("/actions")).await;
    assert_eq!(
        actions.body["data"],
        json!([{"action": "cancel", "allowed": true},
               {"action": "ship", "allowed": false,
                "reason": {"code": "not-paid", "message": "pay first"}}])
    );
}

#[tokio::test]
async fn dead_letters_are_listed_and_retried() {
    let fake = Fake::plain();
    let app = api(&fake);
    let page = get(&app, &format!("/v1/dead_letters?limit=2&cursor={LETTER}")).await;
    assert_eq!(page.body["data"][0]["id"], LETTER);
    assert_eq!(page.body["data"][0]["dependency"], "customers");
    assert_eq!(page.body["next_cursor"], LETTER);
    let asked = fake.asked();
    assert!(matches!(asked.as_slice(), [Asked::DeadLetters(Some(_), 2)]));

    let retried = post(&app, &format!("/v1/dead_letters/{LETTER}/retry"), json!({})).await;
    assert_eq!(retried.status, 202);
    let other = LETTER.replace("e3", "e4");
    let missing = post(&app, &format!("/v1/dead_letters/{other}/retry"), json!({})).await;
    assert_eq!(missing.problem(404), "not-found");
    let junk = post(&app, "/v1/dead_letters/junk/retry", json!({})).await;
    assert_eq!(junk.faults(), [("id", "not-a-reference")]);
}
