//! Texts that identify something to a machine: ids, idempotency keys and references.

use super::text_value::text_value;
use super::validate::{slug_from_alphanumeric, visible_ascii, visible_line};

text_value! {
    /// The id of the storefront (shop, brand, tenant) that an order belongs to.
    ///
    /// 1 to 64 of `a`-`z`, `0`-`9`, `_` and `-`, the first a letter or a digit. The default is
    /// `default`, for a service with one storefront.
    StorefrontId, "storefront id", max 64, slug_from_alphanumeric
}

impl Default for StorefrontId {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

text_value! {
    /// The id of a customer at the customer service.
    ///
    /// 1 to 128 characters of visible ASCII.
    CustomerId, "customer id", max 128, visible_ascii
}

text_value! {
    /// A stock-keeping unit: the code by which the inventory service counts a product.
    ///
    /// 1 to 64 characters of any script; no whitespace at the ends, no control characters and no
    /// invisible ones.
    Sku, "sku", max 64, visible_line
}

text_value! {
    /// The key a caller gives to a request, so that a retry of it does nothing twice.
    ///
    /// 1 to 255 characters of visible ASCII.
    IdempotencyKey, "idempotency key", max 255, visible_ascii
}

text_value! {
    /// The number under which a carrier tracks a parcel.
    ///
    /// 1 to 128 characters; no whitespace at the ends, no control characters and no invisible
    /// ones.
    TrackingNumber, "tracking number", max 128, visible_line
}

text_value! {
    /// The id of an order in another system, such as the one it was imported from.
    ///
    /// 1 to 128 characters of visible ASCII.
    ExternalReference, "external reference", max 128, visible_ascii
}

text_value! {
    /// The id that an external service assigned to a payment, a refund or a reservation.
    ///
    /// 1 to 255 characters of visible ASCII.
    ProviderId, "provider id", max 255, visible_ascii
}

text_value! {
    /// The id of an event at the external service that reported it. Facts are deduplicated by it.
    ///
    /// 1 to 255 characters of visible ASCII.
    ExternalEventId, "fact id", max 255, visible_ascii
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::super::{Code, InvalidReason};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_default_storefront_is_a_valid_one() {
        assert_eq!(
            StorefrontId::parse("default").unwrap(),
            StorefrontId::default()
        );
    }

    #[test]
    fn the_longest_value_is_accepted_and_one_more_is_not() {
        assert!(IdempotencyKey::parse("k".repeat(255)).is_ok());
        let refused = IdempotencyKey::parse("k".repeat(256)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "an idempotency key has at most 255 characters"
        );
        assert!(Sku::parse("é".repeat(64)).is_ok());
        assert!(Sku::parse("é".repeat(65)).is_err());
    }

    #[test]
    fn an_empty_text_is_never_a_value() {
        let refused = [
            StorefrontId::parse("").unwrap_err(),
            CustomerId::parse("").unwrap_err(),
            Sku::parse("").unwrap_err(),
            IdempotencyKey::parse("").unwrap_err(),
            TrackingNumber::parse("").unwrap_err(),
            ExternalReference::parse("").unwrap_err(),
            ProviderId::parse("").unwrap_err(),
            ExternalEventId::parse("").unwrap_err(),
            Code::parse("").unwrap_err(),
        ];
        let types: HashSet<&str> = refused.iter().map(|error| error.what()).collect();
        assert_eq!(types.len(), refused.len());
        assert!(
            refused
                .iter()
                .all(|error| error.reason() == InvalidReason::Empty)
        );
    }

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        let refused = CustomerId::parse("jane doe@example.org").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a customer id does not allow the character in place 5"
        );
        let json = serde_json::from_str::<CustomerId>(r#""jane doe@example.org""#).unwrap_err();
        assert!(!json.to_string().contains("jane"));
    }

    #[test]
    fn in_json_it_is_a_string_and_can_be_a_key() {
        let sku = Sku::parse("TEA 1").unwrap();
        let stock = BTreeMap::from([(sku.clone(), 3)]);
        let json = serde_json::to_string(&stock).unwrap();
        assert_eq!(json, r#"{"TEA 1":3}"#);
        assert_eq!(
            serde_json::from_str::<BTreeMap<Sku, i32>>(&json).unwrap(),
            stock
        );
        assert_eq!(stock.get("TEA 1"), Some(&3));
        assert!(serde_json::from_str::<Sku>(r#"" TEA""#).is_err());
    }

    #[test]
    fn every_way_in_checks_and_every_way_out_gives_the_text() {
        assert!("a b".parse::<ExternalEventId>().is_err());
        assert!(ExternalEventId::try_from("a b").is_err());
        assert!(ExternalEventId::try_from("a b".to_owned()).is_err());
        let id: ExternalEventId = "evt_1".parse().unwrap();
        assert_eq!(
            (id.as_str(), id.as_ref(), id.to_string()),
            ("evt_1", "evt_1", "evt_1".to_owned())
        );
        assert_eq!(String::from(id), "evt_1");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_kept_as_it_is(text: String) {
            if let Ok(sku) = Sku::parse(text.clone()) {
                prop_assert_eq!(sku.as_str(), text.as_str());
                let json = serde_json::to_string(&sku).unwrap();
                prop_assert_eq!(serde_json::from_str::<Sku>(&json).unwrap(), sku);
            }
        }

        #[test]
        fn every_slug_names_a_storefront(text in "[a-z0-9][a-z0-9_-]{0,63}") {
            prop_assert!(StorefrontId::parse(text).is_ok());
        }
    }
}
