//! What a [`Shipping`] adapter must do.

use crate::builders::{address, call, order_id, units};
use crate::memory::MemoryShipping;
use async_trait::async_trait;
use futures::future::join_all;
use order_core::order::SkuQuantity;
use order_core::ports::{FulfillmentRequest, RatesRequest, Recall, Shipping};
use order_core::reference::Reference;
use order_core::value::FulfillmentNo;

/// A shipping service under test, and how to act as its warehouse.
#[async_trait]
pub trait ShippingUnderTest: Send + Sync {
    /// Returns the adapter.
    fn shipping(&self) -> &dyn Shipping;

    /// Ships every parcel that was requested under this reference and has not left yet. Returns their
    /// number.
    async fn ship(&self, reference: &Reference) -> usize;
}

#[async_trait]
impl ShippingUnderTest for MemoryShipping {
    fn shipping(&self) -> &dyn Shipping {
        self
    }

    async fn ship(&self, reference: &Reference) -> usize {
        usize::from(MemoryShipping::ship(self, reference))
    }
}

suite! {
    $ shipping, shipping_contract, ShippingUnderTest:
    there_are_ways_of_shipping_with_prices,
    a_parcel_that_was_asked_for_is_sent,
    asking_again_sends_nothing_twice,
    parcels_of_other_references_are_others,
    a_parcel_that_is_called_back_is_not_sent,
    calling_back_again_gets_the_same_answer,
    a_parcel_that_has_left_cannot_be_called_back,
    a_parcel_that_was_never_asked_for_counts_as_called_back,
    a_parcel_that_is_asked_for_after_its_recall_is_not_sent,
}

fn reference(no: u32) -> Reference {
    Reference::Fulfillment(order_id(1), FulfillmentNo::new(no))
}

fn parcel(no: u32) -> FulfillmentRequest {
    let lines: Vec<SkuQuantity> = vec![units("abc", 2), units("tea", 1)];
    FulfillmentRequest::new(reference(no), order_id(1), Some(address()), lines)
}

async fn request(subject: &(impl ShippingUnderTest + ?Sized), no: u32) {
    subject
        .shipping()
        .request(&call(&format!("request-{no}")), &parcel(no))
        .await
        .expect("the request is accepted");
}

async fn recall(subject: &(impl ShippingUnderTest + ?Sized), no: u32) -> Recall {
    subject
        .shipping()
        .recall(&call(&format!("recall-{no}")), &reference(no))
        .await
        .expect("the service answers")
}

/// Checks that there are shipping rates, with prices that are not negative.
pub async fn there_are_ways_of_shipping_with_prices(subject: &(impl ShippingUnderTest + ?Sized)) {
    let request = RatesRequest::new(address(), vec![units("abc", 2)]);
    let rates = subject
        .shipping()
        .rates(&call("rates"), &request)
        .await
        .expect("the service answers");
    assert!(!rates.is_empty(), "there are shipping rates");
    assert!(
        rates.iter().all(|rate| !rate.price.amount().is_negative()),
        "no price is negative"
    );
}

/// Checks that a requested parcel is sent, and not before.
pub async fn a_parcel_that_was_asked_for_is_sent(subject: &(impl ShippingUnderTest + ?Sized)) {
    assert_eq!(subject.ship(&reference(1)).await, 0, "it was not requested");
    request(subject, 1).await;
    assert_eq!(subject.ship(&reference(1)).await, 1, "it is sent");
}

/// Checks that the same reference again sends nothing twice, before or after the parcel has left.
pub async fn asking_again_sends_nothing_twice(subject: &(impl ShippingUnderTest + ?Sized)) {
    join_all((0..4).map(|_| request(subject, 1))).await;
    assert_eq!(subject.ship(&reference(1)).await, 1, "one is sent");
    request(subject, 1).await;
    assert_eq!(
        subject.ship(&reference(1)).await,
        0,
        "the same reference again sends nothing twice"
    );
}

/// Checks that parcels are identified by their references alone.
pub async fn parcels_of_other_references_are_others(subject: &(impl ShippingUnderTest + ?Sized)) {
    request(subject, 1).await;
    request(subject, 2).await;
    assert_eq!(recall(subject, 2).await, Recall::Recalled, "the second");
    assert_eq!(subject.ship(&reference(1)).await, 1, "the first is sent");
    assert_eq!(subject.ship(&reference(2)).await, 0, "the second is not");
}

/// Checks that a parcel that is recalled in time is not sent.
pub async fn a_parcel_that_is_called_back_is_not_sent(subject: &(impl ShippingUnderTest + ?Sized)) {
    request(subject, 1).await;
    assert_eq!(recall(subject, 1).await, Recall::Recalled, "it is in time");
    assert_eq!(
        subject.ship(&reference(1)).await,
        0,
        "a recalled parcel is not sent"
    );
}

/// Checks that recalling again returns the same answer.
pub async fn calling_back_again_gets_the_same_answer(subject: &(impl ShippingUnderTest + ?Sized)) {
    request(subject, 1).await;
    for _again in 0..3 {
        assert_eq!(recall(subject, 1).await, Recall::Recalled, "as before");
    }
}

/// Checks that a parcel that has left cannot be recalled, which is an answer.
pub async fn a_parcel_that_has_left_cannot_be_called_back(
    subject: &(impl ShippingUnderTest + ?Sized),
) {
    request(subject, 1).await;
    subject.ship(&reference(1)).await;
    for _again in 0..2 {
        assert_eq!(
            recall(subject, 1).await,
            Recall::AlreadyShipped,
            "a parcel that has left cannot be recalled"
        );
    }
}

/// Checks that a parcel that the warehouse never had counts as recalled.
pub async fn a_parcel_that_was_never_asked_for_counts_as_called_back(
    subject: &(impl ShippingUnderTest + ?Sized),
) {
    for _again in 0..2 {
        assert_eq!(
            recall(subject, 1).await,
            Recall::Recalled,
            "one that the warehouse never had counts as recalled"
        );
    }
}

/// Checks that a parcel that is requested after it was recalled is not sent, whether the
/// warehouse had it before or not.
pub async fn a_parcel_that_is_asked_for_after_its_recall_is_not_sent(
    subject: &(impl ShippingUnderTest + ?Sized),
) {
    request(subject, 2).await;
    for no in [1, 2] {
        assert_eq!(recall(subject, no).await, Recall::Recalled, "in time");
        // The warehouse may refuse this, or ignore it.
        let _late = subject.shipping().request(&call("late"), &parcel(no)).await;
        assert_eq!(
            subject.ship(&reference(no)).await,
            0,
            "a recalled parcel is not sent if it is requested later"
        );
    }
}
