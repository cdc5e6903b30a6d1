//! Shipping rates, and fulfillments that can be recalled until they are shipped.

use order_mocks::LineItem;
use order_mocks::shipping::{
    MockAddress, MockFulfillmentRequest, MockFulfillmentStatus, MockShipping, ShippingError,
};
use serde_json::json;

fn to(country: &str) -> MockAddress {
    serde_json::from_value(json!({"name": "Ada", "line1": "1 Main St", "country": country}))
        .unwrap()
}

fn fulfillment(reference: &str) -> MockFulfillmentRequest {
    MockFulfillmentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        address: Some(to("AU")),
        lines: vec![LineItem::new("mug", 2)],
    }
}

#[test]
fn more_units_and_farther_countries_cost_more() {
    let shipping = MockShipping::new();
    let cheapest = |country, units| {
        shipping
            .rates(&to(country), &[LineItem::new("mug", units)])
            .unwrap()
            .remove(0)
    };
    assert_eq!(
        (cheapest("US", 1).amount, cheapest("US", 3).amount),
        (395, 545)
    );
    assert!(cheapest("AU", 1).amount > cheapest("US", 1).amount);
    assert_eq!(cheapest("DE", 1).currency, "EUR");
    assert_eq!(cheapest("JP", 1).currency, "JPY");
    assert!(shipping.rates(&to("US"), &[]).is_err());
    let rates = shipping
        .rates(&to("US"), &vec![LineItem::new("mug", u32::MAX); 500])
        .unwrap();
    assert!(rates.iter().all(|rate| rate.amount > 0));
}

#[test]
fn one_reference_is_one_fulfillment() {
    let shipping = MockShipping::new();
    let first = shipping.request(&fulfillment("f1")).unwrap();
    assert_eq!(shipping.request(&fulfillment("f1")), Ok(first));
    let other = MockFulfillmentRequest {
        address: Some(to("US")),
        ..fulfillment("f1")
    };
    assert_eq!(
        shipping.request(&other),
        Err(ShippingError::ReferenceReused {
            reference: "f1".into()
        })
    );
}

#[test]
fn a_fulfillment_can_be_recalled_until_it_is_shipped() {
    let shipping = MockShipping::new();
    shipping.request(&fulfillment("f1")).unwrap();
    shipping.request(&fulfillment("f2")).unwrap();
    for _ in 0..2 {
        assert_eq!(
            shipping.recall("f1").unwrap().status,
            MockFulfillmentStatus::Recalled
        );
    }
    assert_eq!(
        shipping.mark_shipped("f1", "UPS", "1Z1"),
        Err(ShippingError::Recalled {
            reference: "f1".into()
        })
    );
    shipping.mark_shipped("f2", "UPS", "1Z1").unwrap();
    let again = shipping.mark_shipped("f2", "DHL", "2").unwrap();
    assert_eq!(again.tracking_number.as_deref(), Some("1Z1"));
    assert_eq!(
        shipping.recall("f2"),
        Err(ShippingError::AlreadyShipped {
            reference: "f2".into()
        })
    );
    assert!(shipping.mark_shipped("f3", "UPS", "1Z1").is_err());
}

#[test]
fn a_request_after_its_recall_is_refused() {
    let shipping = MockShipping::new();
    shipping.recall("f1").unwrap();
    assert_eq!(
        shipping.request(&fulfillment("f1")),
        Err(ShippingError::Recalled {
            reference: "f1".into()
        })
    );
}

#[test]
fn the_address_is_in_no_debug_output() {
    let shipping = MockShipping::new();
    shipping.request(&fulfillment("f1")).unwrap();
    assert!(!format!("{:?} {shipping:?}", fulfillment("f1")).contains("Main St"));
}
