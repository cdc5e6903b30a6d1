//! Holds: what they stop, until they are released.

use crate::given::{Given, two};
use order_core::command::Command;
use order_core::order::HoldOrigin;
use order_core::refusal::RefusalCode;
use order_core::value::HoldNo;
use order_testing::builders::{at, reason};

#[test]
fn a_hold_keeps_the_order_until_it_is_released() {
    let hold = |why| Command::PlaceHold {
        reason: Some(reason(why)),
    };
    let given = Given::placed(two())
        .execute(hold("check"))
        .execute(hold("fraud"));
    assert_eq!(given.order.holds()[0].origin, HoldOrigin::Requested);
    assert_eq!(given.order.holds()[1].reason, Some(reason("fraud")));
    let given = given.confirmed();
    assert!(given.order.payments().is_empty(), "nothing is charged");
    let start = Command::StartPayment { amount: None };
    assert_eq!(given.expect_refusal(start), RefusalCode::OnHold);
    let release = |hold| Command::ReleaseHold { hold };
    let second = HoldNo::new(2);
    let given = given.later(5).execute(release(Some(second)));
    assert!(given.order.is_held(), "the other one still stands");
    assert_eq!(given.order.holds()[1].released_at, Some(at(5)));
    assert_eq!(given.order.holds()[0].released_at, None);
    let twice = release(Some(second));
    assert_eq!(given.expect_refusal(twice), RefusalCode::NotOnHold);
    let given = given.execute(release(None));
    assert!(!given.order.is_held());
    assert_eq!(given.order.payments().len(), 1, "it goes on");
    assert_eq!(given.expect_refusal(release(None)), RefusalCode::NotOnHold);
}
