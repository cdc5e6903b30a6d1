//! The verification of the customer, and the deadline of an order that waits.

use crate::given::{DAY, Given, cancel, two};
use order_core::fact::Fact;
use order_core::order::{CustomerVerification, OrderStatus};
use order_testing::builders::code;

#[test]
fn a_customer_is_checked_once_and_a_yes_stands() {
    let given = Given::placed(two()).report(Fact::CustomerUnverified);
    assert_eq!(
        given.order.customer_verification(),
        CustomerVerification::Unverified
    );
    assert!(
        given
            .clone()
            .report(Fact::CustomerUnverified)
            .last_events
            .is_empty()
    );
    let given = given.report(Fact::CustomerVerified);
    assert_eq!(
        given.order.customer_verification(),
        CustomerVerification::Verified
    );
    for again in [Fact::CustomerVerified, Fact::CustomerUnverified] {
        assert!(given.clone().report(again).last_events.is_empty());
    }
    let closed = Given::placed(two())
        .execute(cancel())
        .report(Fact::CustomerVerified);
    assert_eq!(
        closed.order.customer_verification(),
        CustomerVerification::Pending
    );
    assert_eq!(closed.last_events.len(), 1, "it is recorded as late");
}

#[test]
fn a_no_about_the_customer_rejects_a_pending_order_only() {
    let no = || Fact::CustomerRejected {
        code: code("blocked"),
    };
    let given = Given::placed(two()).report(no());
    assert_eq!(given.order.status(), OrderStatus::Rejected);
    assert_eq!(given.order.deadline(), None);
    assert!(given.report(no()).last_events.is_empty());
    let given = Given::placed(two()).confirmed().report(no());
    assert_eq!(given.order.status(), OrderStatus::Confirmed);
    assert_eq!(given.last_events.len(), 1, "it is recorded as late");
}

#[test]
fn a_deadline_decides_when_it_is_there_and_not_before() {
    let given = Given::placed(two()).later(DAY - 1);
    let early = given.clone().report(Fact::DeadlinePassed);
    assert!(early.last_events.is_empty());
    assert!(given.clone().timer_fires().last_events.is_empty());
    let given = given.later(1);
    for given in [
        given.clone().report(Fact::DeadlinePassed),
        given.timer_fires(),
    ] {
        assert_eq!(given.order.status(), OrderStatus::Expired);
    }
    let released = Given::placed(two()).processing().later(9 * DAY);
    assert_eq!(released.order.deadline(), None);
    assert!(released.report(Fact::DeadlinePassed).last_events.is_empty());
}
