//! Names that others keep and send back: references, codes, and what may be written of a secret.

#![allow(
    clippy::unwrap_used,
    reason = "what a test does not expect ends the test"
)]

use order_core::Context;
use order_core::command::CommandKind;
use order_core::decide::begin;
use order_core::effect::EffectId;
use order_core::event::Actor;
use order_core::fact::FactKind;
use order_core::money::{Amount, Currency};
use order_core::order::{AdjustmentKind, Contact, Metadata};
use order_core::policy::{Policies, PolicyBook};
use order_core::record::{follow, record};
use order_core::reference::Reference;
use order_core::testing::builders::{label, noon, order_id, priced, storefront, token};
use order_core::value::{
    AttemptNo, CaptureNo, FulfillmentNo, InvalidReason, PaymentToken, RefundNo, ReservationNo,
    StorefrontId, Version,
};
use order_tests::alphabet::{commands, facts, place_order};
use order_tests::explore::beginnings;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

#[test]
fn a_reference_leads_back_to_its_order_and_part() {
    let id = order_id(7);
    let references = [
        (Reference::Reservation(id, ReservationNo::new(2)), "s2"),
        (Reference::Attempt(id, AttemptNo::new(3)), "p3"),
        (
            Reference::Capture(id, AttemptNo::new(3), CaptureNo::new(4)),
            "p3-c4",
        ),
        (Reference::Refund(id, RefundNo::new(5)), "r5"),
        (Reference::Fulfillment(id, FulfillmentNo::new(6)), "f6"),
    ];
    for (reference, part) in references {
        assert_eq!(reference.to_string(), format!("{id}-{part}"));
        assert_eq!(reference.to_string().parse(), Ok(reference));
        assert_eq!(reference.order(), id);
    }
    let foreign = [
        "",
        "s1",
        &format!("{id}"),
        &format!("{id}-"),
        &format!("{id}-x1"),
        &format!("{id}-s"),
        &format!("{id}-s1-c1"),
        &format!("{id}-p1-c"),
        &format!("{id}-px-c1"),
        &format!("{id}_s1"),
        "01970000-0000-7000-8000-00000000000g-s1",
    ]
    .map(str::to_owned);
    for text in foreign {
        let refused = text.parse::<Reference>().unwrap_err();
        assert_eq!(refused.reason(), InvalidReason::NotAReference, "{text}");
    }
}

#[test]
fn an_effect_is_found_by_its_name() {
    let effect = EffectId::new(order_id(7), Version::new(12), 3);
    assert_eq!(effect.to_string().parse(), Ok(effect));
    for text in [
        "",
        "e1.0",
        "x-e1.0",
        &format!("{}-e1", order_id(7)),
        &format!("{}-e1.256", order_id(7)),
    ] {
        let refused = text.parse::<EffectId>().unwrap_err();
        assert_eq!(refused.reason(), InvalidReason::NotAReference, "{text}");
    }
}

#[test]
fn every_reason_a_value_is_invalid_for_has_a_code_of_its_own() {
    let reasons = [
        InvalidReason::Empty,
        InvalidReason::TooLong { max: 1 },
        InvalidReason::ForbiddenCharacter { at: 1 },
        InvalidReason::OuterWhitespace,
        InvalidReason::OutOfRange { min: 1, max: 2 },
        InvalidReason::NotANumber,
        InvalidReason::NotAUuid,
        InvalidReason::NotACountry,
        InvalidReason::NotAWebAddress,
        InvalidReason::NotAnEmail,
        InvalidReason::NotAReference,
        InvalidReason::NotText,
        InvalidReason::UnknownName { known: &["a"] },
        InvalidReason::TooLarge {
            max: 1,
            max_bytes: 2,
        },
    ];
    let codes: BTreeSet<&str> = reasons.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), reasons.len());
    let snake = |code: &&str| {
        code.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    assert!(codes.iter().all(snake), "{codes:?}");
}

#[test]
fn a_name_that_is_not_known_is_told_those_that_are() {
    let refused = "gift".parse::<AdjustmentKind>().unwrap_err();
    let known = &["shipping", "tax", "discount", "fee"];
    assert_eq!(refused.reason(), InvalidReason::UnknownName { known });
    assert!(serde_json::from_value::<AdjustmentKind>(json!("gift")).is_err());
    assert!(Currency::try_from("XXQ").is_err());
    assert_eq!(Currency::try_from("USD"), Ok(Currency::USD));
}

#[test]
fn every_form_of_a_command_or_fact_is_of_its_kind() {
    let (policies, actor) = (Policies::default(), Actor::system());
    let ctx = Context::new(&policies, noon(), &actor);
    for order in beginnings(&ctx) {
        for kind in CommandKind::ALL {
            assert!(
                commands(*kind, &order)
                    .iter()
                    .all(|one| one.kind() == *kind)
            );
        }
        for kind in FactKind::ALL {
            for fact in facts(*kind, &order) {
                assert_eq!(fact.kind(), *kind);
                let events = record(&order, &fact, &ctx);
                assert_eq!(events, follow(order.clone(), &[fact], &ctx).events);
            }
        }
    }
}

/// The examples of RFC 7396 that are about objects.
#[test]
fn metadata_is_merged_as_a_json_merge_patch() {
    let object = |value: Value| -> Map<String, Value> { value.as_object().unwrap().clone() };
    for (before, patch, after) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (
            json!({"a": "b"}),
            json!({"b": "c"}),
            json!({"a": "b", "b": "c"}),
        ),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (
            json!({"a": "b", "b": "c"}),
            json!({"a": null}),
            json!({"b": "c"}),
        ),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (
            json!({"a": {"b": "c"}}),
            json!({"a": {"b": "d", "c": null}}),
            json!({"a": {"b": "d"}}),
        ),
        (
            json!({"a": "foo"}),
            json!({"a": {"b": 1}}),
            json!({"a": {"b": 1}}),
        ),
        (
            json!({}),
            json!({"a": {"bb": {"ccc": null}}}),
            json!({"a": {"bb": {}}}),
        ),
    ] {
        let merged = Metadata::new(object(before))
            .unwrap()
            .merged(&object(patch));
        assert_eq!(merged.unwrap().entries(), &object(after));
    }
}

#[test]
fn a_storefront_has_its_own_policies_or_those_of_all() {
    let mut own = Policies::default();
    own.max_lines = 3;
    let book = PolicyBook::new(Policies::default()).with(storefront("shop-b"), own);
    assert_eq!(book.of(&storefront("shop-b")).max_lines, 3);
    assert_eq!(
        book.of(&StorefrontId::default()).max_lines,
        Policies::default().max_lines
    );
}

#[test]
fn a_payment_token_is_the_same_however_it_is_read_and_never_shown() {
    let secret = token("tok_visa");
    assert_eq!("tok_visa".parse(), Ok(secret.clone()));
    assert_eq!(PaymentToken::try_from("tok_visa"), Ok(secret.clone()));
    assert_eq!(
        PaymentToken::try_from("tok_visa".to_owned()),
        Ok(secret.clone())
    );
    assert_eq!(secret.expose(), "tok_visa");
    assert!(!format!("{secret:?}").contains("tok_visa"));
    assert!(PaymentToken::try_from("").is_err());
}

#[test]
fn a_contact_is_read_only_with_an_address_that_can_be_one() {
    for (email, is_one) in [("ada@example.com", true), ("ada", false), ("@", false)] {
        assert_eq!(
            Contact::new(Some(label(email)), None).is_ok(),
            is_one,
            "{email}"
        );
        let read = serde_json::from_value::<Contact>(json!({"email": email}));
        assert_eq!(read.is_ok(), is_one, "{email}");
    }
}

#[test]
fn what_an_order_says_of_its_goods_is_what_its_lines_come_to() {
    let (policies, actor) = (Policies::default(), Actor::system());
    let ctx = Context::new(&policies, noon(), &actor);
    let place = place_order(vec![priced("abc", 2, 1_000), priced("tea", 3, 50)]);
    let command = order_core::command::Command::PlaceOrder(Box::new(place));
    let order = begin(&command, &ctx).unwrap().order;
    let lines: Vec<Amount> = order.lines().iter().map(|line| line.total()).collect();
    assert_eq!(lines, [Amount::new(2_000), Amount::new(150)]);
    assert_eq!(order.goods(), Amount::new(2_150));
    assert!(order.adjustments().is_empty() && order.labels().is_empty());
}
