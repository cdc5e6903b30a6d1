//! Deletion of orders, and erasure of personal data.

use crate::details::{labels, patch};
use crate::given::{Given, cancel, ship_all, two};
use order_core::command::Command;
use order_core::fact::Fact;
use order_core::order::OrderStatus;
use order_core::refusal::RefusalCode;
use order_core::value::ReturnNo;
use order_testing::builders::{at, contact, token, units};

#[test]
fn a_delete_cancels_first_and_waits_for_what_is_to_be_undone() {
    let given = Given::placed(two()).execute(Command::DeleteOrder);
    assert_eq!(given.order.status(), OrderStatus::Cancelling);
    assert!(given.order.deletion().is_some());
    assert_eq!(given.order.deleted_at(), None, "the stock is in doubt");
    let again = given.clone().execute(Command::DeleteOrder);
    assert!(again.last_events.is_empty());
    let reservation = given.order.reservation().unwrap().no;
    let given = given.later(7).report(Fact::StockRejected {
        reservation,
        lines: Vec::new(),
        shortages: Vec::new(),
        unknown: Vec::new(),
    });
    assert_eq!(given.order.status(), OrderStatus::Cancelled);
    assert_eq!(given.order.deleted_at(), Some(at(7)));
    let deletion = given.order.deletion().unwrap();
    assert_eq!(deletion.requested_at, at(0));
    assert_eq!(
        given.expect_refusal(Command::DeleteOrder),
        RefusalCode::AlreadyDeleted
    );
    assert_eq!(given.expect_refusal(cancel()), RefusalCode::Deleted);
    let given = given.execute(Command::ErasePersonalData);
    assert!(given.order.personal().is_empty());
}

#[test]
fn a_completed_order_is_deleted_when_no_return_is_open() {
    let given = Given::placed(two()).completed();
    let open = given.clone().execute(Command::RequestReturn {
        lines: vec![units("abc", 1).into()],
        reason: None,
    });
    assert_eq!(
        open.expect_refusal(Command::DeleteOrder),
        RefusalCode::ReturnOpen
    );
    let dropped = open.execute(Command::CancelReturn {
        return_no: ReturnNo::FIRST,
    });
    for given in [given, dropped] {
        let given = given.later(3).execute(Command::DeleteOrder);
        assert_eq!(given.order.deleted_at(), Some(at(3)));
        assert_eq!(given.order.deletion().unwrap().requested_at, at(3));
    }
    let shipped = Given::placed(two()).processing().execute(ship_all());
    assert_eq!(
        shipped.expect_refusal(Command::DeleteOrder),
        RefusalCode::AlreadyShipped
    );
}

#[test]
fn erasure_leaves_no_personal_data_and_takes_none_again() {
    let given = Given::placed(two()).completed();
    let given = given.later(9).execute(Command::ErasePersonalData);
    assert!(given.order.personal().is_empty());
    assert!(!given.order.payment_method_ready());
    assert_eq!(given.order.erased_at(), Some(at(9)));
    let given = given.later(1).execute(Command::ErasePersonalData);
    assert!(given.last_events.is_empty());
    let put = patch(|patch| patch.contact = Some(contact()));
    assert_eq!(given.expect_refusal(put), RefusalCode::PersonalDataErased);
    let unpaid = Command::ChangePaymentMethod {
        token: token("tok_other"),
    };
    assert_eq!(given.expect_refusal(unpaid), RefusalCode::WrongStatus);
    let given = given.execute(patch(|patch| patch.labels = Some(labels(&["done"]))));
    assert_eq!(given.order.labels(), &labels(&["done"]));
}
