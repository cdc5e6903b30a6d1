//! `PATCH /v1/orders/{id}`: merge patches of metadata, contact and labels.

use super::fake_orders::{FakeOrders, ID, order, order_path};
use super::requests::{api, edit};
use order_core::command::Command;
use order_core::order::Contact;
use order_core::ports::OrderError;
use order_core::value::{Email, Phone, Version};
use serde_json::{Value, json};

#[tokio::test]
async fn a_patch_of_the_contact_leaves_absent_members() {
    let contact = Contact::new(Email::parse("ada@example.com").ok(), Phone::parse("1").ok());
    let mut personal = order(json!({})).personal().clone();
    personal.contact = Some(contact);
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
        let fake = FakeOrders::with(stored.clone());
        let response = edit(&api(&fake), "PATCH", &order_path(""), body).await;
        assert_eq!(response.status, 200);
        let execute = fake.executed();
        assert_eq!(execute.expected_version, Some(Version::new(4)));
        let Command::UpdateDetails(patch) = execute.command else {
            panic!("{:?}", execute.command)
        };
        let contact = patch.contact.unwrap();
        assert_eq!(contact.email.as_ref().map(|label| label.as_str()), email);
        assert_eq!(contact.phone.as_ref().map(|label| label.as_str()), phone);
    }
    let fake = FakeOrders::with(stored);
    edit(
        &api(&fake),
        "PATCH",
        &order_path(""),
        json!({"metadata": null}),
    )
    .await;
    let Command::UpdateDetails(patch) = fake.executed().command else {
        panic!("no patch")
    };
    let removed = json!({"a": null, "b": null});
    assert_eq!(Value::Object(patch.metadata), removed);
    assert_eq!(patch.contact, None);
}

#[tokio::test]
async fn a_patch_of_any_version_is_applied_to_the_newest() {
    let fake = FakeOrders::plain();
    let stale = || OrderError::VersionConflict {
        id: ID.parse().unwrap(),
        expected: Version::new(4),
        found: Version::new(5),
    };
    fake.given_error(stale());
    fake.given_error(stale());
    let body = json!({"contact": {"phone": "2"}});
    let response = edit(&api(&fake), "PATCH", &order_path(""), body.clone()).await;
    assert_eq!(response.status, 200);
    assert_eq!(fake.calls().len(), 3);

    (0..3).for_each(|_| fake.given_error(stale()));
    let response = edit(&api(&fake), "PATCH", &order_path(""), body).await;
    assert_eq!(response.problem(409), "contended");
}
