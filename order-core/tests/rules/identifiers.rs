//! Identifiers that others store and send back: references, effect ids, codes and tokens.

use order_core::effect::EffectId;
use order_core::money::Currency;
use order_core::order::AdjustmentKind;
use order_core::reference::Reference;
use order_core::value::{
    CaptureNo, FulfillmentNo, InvalidReason, PaymentAttemptNo, PaymentToken, RefundNo,
    ReservationNo, Version,
};
use order_testing::builders::{order_id, token};
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn a_reference_leads_back_to_its_order_and_part() {
    let id = order_id(7);
    let references = [
        (Reference::Reservation(id, ReservationNo::new(2)), "s2"),
        (Reference::Attempt(id, PaymentAttemptNo::new(3)), "p3"),
        (
            Reference::Capture(id, PaymentAttemptNo::new(3), CaptureNo::new(4)),
            "p3-c4",
        ),
        (Reference::Refund(id, RefundNo::new(5)), "r5"),
        (Reference::Fulfillment(id, FulfillmentNo::new(6)), "f6"),
    ];
    for (reference, part) in references {
        assert_eq!(reference.to_string(), format!("{id}-{part}"));
        assert_eq!(reference.to_string().parse(), Ok(reference));
        assert_eq!(reference.order(), Some(id));
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
