//! What a [`Shipping`] adapter must do.

use crate::order::SkuUnits;
use crate::ports::{FulfillmentRequest, RatesRequest, Recall, Shipping};
use crate::reference::Reference;
use crate::testing::MemoryShipping;
use crate::testing::builders::{address, call, order_id, units};
use crate::value::FulfillmentNo;
use async_trait::async_trait;
use futures::future::join_all;

/// A shipping service under test, and how to be its warehouse.
#[async_trait]
pub trait ShippingUnderTest: Send + Sync {
    /// The adapter.
    fn shipping(&self) -> &dyn Shipping;

    /// The warehouse sends every parcel that it was asked for under this reference and has not sent
    /// yet. Answers how many those are.
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
    let lines: Vec<SkuUnits> = vec![units("abc", 2), units("tea", 1)];
    FulfillmentRequest::new(reference(no), order_id(1), Some(address()), lines)
}

async fn request(subject: &(impl ShippingUnderTest + ?Sized), no: u32) {
    subject
        .shipping()
        .request(&call(&format!("request-{no}")), &parcel(no))
        .await
        .expect("the warehouse is asked");
}

async fn recall(subject: &(impl ShippingUnderTest + ?Sized), no: u32) -> Recall {
    subject
        .shipping()
        .recall(&call(&format!("recall-{no}")), &reference(no))
        .await
        .expect("the service answers")
}

/// There are ways of shipping, with prices that are not negative.
pub async fn there_are_ways_of_shipping_with_prices(subject: &(impl ShippingUnderTest + ?Sized)) {
    let request = RatesRequest::new(address(), vec![units("abc", 2)]);
    let rates = subject
        .shipping()
        .rates(&call("rates"), &request)
        .await
        .expect("the service answers");
    assert!(!rates.is_empty(), "there are ways of shipping");
    assert!(
        rates.iter().all(|rate| !rate.price.amount().is_negative()),
        "no price is negative"
    );
}

/// A parcel that was asked for is sent, and not before.
pub async fn a_parcel_that_was_asked_for_is_sent(subject: &(impl ShippingUnderTest + ?Sized)) {
    assert_eq!(subject.ship(&reference(1)).await, 0, "nobody asked for it");
    request(subject, 1).await;
    assert_eq!(subject.ship(&reference(1)).await, 1, "it is sent");
}

/// The same reference again sends nothing twice, before or after the parcel has left.
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

/// Parcels are told apart by their references alone.
pub async fn parcels_of_other_references_are_others(subject: &(impl ShippingUnderTest + ?Sized)) {
    request(subject, 1).await;
    request(subject, 2).await;
    assert_eq!(recall(subject, 2).await, Recall::Recalled, "the second");
    assert_eq!(subject.ship(&reference(1)).await, 1, "the first is sent");
    assert_eq!(subject.ship(&reference(2)).await, 0, "the second is not");
}

/// A parcel that is called back in time is not sent.
pub async fn a_parcel_that_is_called_back_is_not_sent(subject: &(impl ShippingUnderTest + ?Sized)) {
    request(subject, 1).await;
    assert_eq!(recall(subject, 1).await, Recall::Recalled, "it is in time");
    assert_eq!(
        subject.ship(&reference(1)).await,
        0,
        "a parcel that is called back is not sent"
    );
}

/// Calling back again gets the same answer.
pub async fn calling_back_again_gets_the_same_answer(subject: &(impl ShippingUnderTest + ?Sized)) {
    request(subject, 1).await;
    for _again in 0..3 {
        assert_eq!(recall(subject, 1).await, Recall::Recalled, "as before");
    }
}

/// A parcel that has left cannot be called back, which is an answer.
pub async fn a_parcel_that_has_left_cannot_be_called_back(
    subject: &(impl ShippingUnderTest + ?Sized),
) {
    request(subject, 1).await;
    subject.ship(&reference(1)).await;
    for _again in 0..2 {
        assert_eq!(
            recall(subject, 1).await,
            Recall::AlreadyShipped,
            "a parcel that has left cannot be called back"
        );
    }
}

/// A parcel that the warehouse never had counts as called back.
pub async fn a_parcel_that_was_never_asked_for_counts_as_called_back(
    subject: &(impl ShippingUnderTest + ?Sized),
) {
    for _again in 0..2 {
        assert_eq!(
            recall(subject, 1).await,
            Recall::Recalled,
            "one that the warehouse never had counts as called back"
        );
    }
}

/// A parcel that is asked for after it was called back is not sent, whether the warehouse had it
/// before or not.
pub async fn a_parcel_that_is_asked_for_after_its_recall_is_not_sent(
    subject: &(impl ShippingUnderTest + ?Sized),
) {
    request(subject, 2).await;
    for no in [1, 2] {
        assert_eq!(recall(subject, no).await, Recall::Recalled, "in time");
        // The warehouse may refuse this, or pass it over.
        let _late = subject.shipping().request(&call("late"), &parcel(no)).await;
        assert_eq!(
            subject.ship(&reference(no)).await,
            0,
            "one that was called back is not sent if it is asked for later"
        );
    }
}
