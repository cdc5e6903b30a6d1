//! Stock: reserved, extended, revised, committed and released.

use crate::given::{DAY, Given, cancel, ship, two, two_lines};
use order_core::command::Command;
use order_core::event::EventPayload;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::new_order::NewLine;
use order_core::order::{
    HoldOrigin, Order, OrderStatus, PricedLine, Reservation, ReservationOperation,
    ReservationStatus, Shortage, SkuQuantity,
};
use order_core::policy::StorefrontPolicy;
use order_core::reconcile::{next_wake, reservation_extension};
use order_core::refusal::RefusalCode;
use order_core::time::after;
use order_core::value::{LineNo, ReservationNo, Sku};
use order_testing::builders::{at, code, line, place_order, priced, units};
use std::time::Duration;

const FIRST: ReservationNo = ReservationNo::FIRST;

fn stock(order: &Order) -> &Reservation {
    order.reservation().unwrap()
}

fn rejected(reservation: ReservationNo, lines: Vec<SkuQuantity>) -> Fact {
    Fact::StockRejected {
        reservation,
        lines,
        shortages: vec![Shortage::new(units("abc", 1).sku, 2, 1)],
        unknown: Vec::new(),
    }
}

fn revise(lines: Vec<NewLine>) -> Command {
    Command::ReviseLines {
        lines,
        adjustments: None,
    }
}

/// Given a confirmed order whose payment is declined, so that its lines may be revised.
fn declined() -> Given {
    Given::placed(two())
        .confirmed()
        .report(Fact::PaymentDeclined {
            attempt: order_core::value::PaymentAttemptNo::FIRST,
            code: code("do_not_honor"),
        })
}

#[test]
fn stock_is_asked_for_at_once_and_confirms_with_the_customer() {
    let given = Given::placed(two_lines());
    assert_eq!(
        stock(&given.order).pending_operation,
        Some(ReservationOperation::Reserve)
    );
    assert_eq!(stock(&given.order).status, ReservationStatus::Requested);
    assert_eq!(
        stock(&given.order).lines,
        [units("abc", 2), units("tea", 3)]
    );
    let stocked = given.clone().stock_reserved(at(3_600));
    assert_eq!(stocked.order.status(), OrderStatus::Pending);
    assert_eq!(stock(&stocked.order).expires_at, Some(at(3_600)));
    let both = stocked.report(Fact::CustomerVerified);
    assert_eq!(both.order.status(), OrderStatus::Confirmed);
    assert_eq!(both.order.deadline(), Some(at(3 * DAY)));
    let verified = given.report(Fact::CustomerVerified);
    assert_eq!(verified.order.status(), OrderStatus::Pending);
}

#[test]
fn too_little_stock_rejects_a_pending_order() {
    let given = Given::placed(two());
    let lines = given.order.stock_target();
    let given = given.report(rejected(FIRST, lines));
    assert_eq!(given.order.status(), OrderStatus::Rejected);
    assert_eq!(stock(&given.order).status, ReservationStatus::Rejected);
    assert!(!stock(&given.order).may_hold());
}

#[test]
fn a_rejection_says_what_there_was_too_little_of_and_what_nobody_knows() {
    let why = |given: Given| match given
        .last_events
        .into_iter()
        .find_map(|payload| match payload {
            EventPayload::OrderRejected { reason } => Some(reason),
            _ => None,
        }) {
        Some(reason) => reason,
        None => panic!("it is rejected"),
    };
    let (abc, shortage) = (
        units("abc", 1).sku,
        Shortage::new(units("abc", 1).sku, 2, 1),
    );
    let given = Given::placed(two());
    let no = |shortages: Vec<Shortage>, unknown: Vec<Sku>| Fact::StockRejected {
        reservation: FIRST,
        lines: given.order.stock_target(),
        shortages,
        unknown,
    };
    let reason = why(given.clone().report(no(vec![shortage.clone()], Vec::new())));
    assert_eq!(reason.code, code("insufficient_stock"));
    assert_eq!(reason.shortages, [shortage]);
    let reason = why(given.clone().report(no(Vec::new(), vec![abc.clone()])));
    assert_eq!(reason.code, code("unknown_sku"));
    assert_eq!(reason.unknown, std::slice::from_ref(&abc));
    let unpriced = Given::placed(place_order(vec![line("abc", 2)]));
    let reason = why(unpriced.report(Fact::PricingRejected {
        skus: vec![abc.clone()],
        code: code("unknown_sku"),
    }));
    assert_eq!(reason.unknown, [abc]);
}

#[test]
fn a_no_to_what_is_not_asked_any_more_is_asked_anew() {
    let given = Given::placed(two());
    let before = given.order.stock_target();
    let given = given
        .execute(Command::CancelLines {
            lines: vec![units("abc", 1).into()],
            reason: None,
        })
        .report(rejected(FIRST, before));
    assert_eq!(given.order.status(), OrderStatus::Pending);
    let again = stock(&given.order);
    assert_eq!(again.no, ReservationNo::next(FIRST));
    assert_eq!(again.lines, [units("abc", 1)]);
    assert_eq!(again.pending_operation, Some(ReservationOperation::Reserve));
}

#[test]
fn stock_that_lapsed_is_asked_for_anew_and_for_want_of_it_a_person_decides() {
    let expired = |no| Fact::ReservationExpired { reservation: no };
    let given = declined().report(expired(FIRST));
    assert_eq!(given.order.status(), OrderStatus::Pending);
    let second = stock(&given.order).no;
    assert_ne!(second, FIRST);
    assert!(given.clone().report(expired(FIRST)).last_events.is_empty());
    // A released order is no longer rejected.
    let given = Given::placed(two()).processing().report(expired(FIRST));
    assert_eq!(given.order.status(), OrderStatus::Processing);
    let lines = given.order.stock_target();
    let given = given.report(rejected(second, lines));
    assert_eq!(given.order.holds()[0].origin, HoldOrigin::StockUnavailable);
    assert_eq!(
        stock(&given.order).no,
        second,
        "not requested while it is on hold"
    );
    let given = given.execute(Command::ReleaseHold { hold: None });
    assert_eq!(stock(&given.order).no, ReservationNo::new(3));
}

#[test]
fn units_set_aside_too_late_are_to_be_given_back() {
    let reserved = |no| Fact::StockReserved {
        reservation: no,
        lines: vec![units("abc", 2)],
        expires_at: at(DAY),
    };
    let given = declined().report(reserved(FIRST));
    assert!(given.last_events.is_empty(), "known already");
    let given = given.report(Fact::ReservationExpired { reservation: FIRST });
    let given = given.report(reserved(FIRST));
    assert_eq!(
        given.last_events.len(),
        1,
        "recorded as late, to be released"
    );
    assert_eq!(
        stock(&given.order).pending_operation,
        Some(ReservationOperation::Reserve)
    );
}

#[test]
fn stock_is_prolonged_before_it_lapses() {
    // Reserved until 12:00:00 of the next day; a payment may take fifteen minutes.
    let no_token = || {
        let mut request = two();
        request.order.personal.payment_token = None;
        request
    };
    let given = Given::placed(no_token())
        .report(Fact::CustomerVerified)
        .stock_reserved(at(DAY));
    let due = DAY - 15 * 60;
    assert_eq!(next_wake(&given.order, &given.policy), Some(at(due)));
    let given = given.later(due - 1).timer_fires();
    assert!(given.last_events.is_empty());
    let given = given.later(1).timer_fires();
    assert_eq!(
        stock(&given.order).pending_operation,
        Some(ReservationOperation::Extend)
    );
    // It is requested once; until the answer only the deadline can wake the order.
    assert_eq!(next_wake(&given.order, &given.policy), Some(at(3 * DAY)));
    let ends = at(3 * DAY + 15 * 60);
    let given = given.report(Fact::StockExtended {
        reservation: FIRST,
        expires_at: ends,
    });
    assert_eq!(stock(&given.order).expires_at, Some(ends));
    assert_eq!(stock(&given.order).pending_operation, None);
    // The reservation outlasts the order now, which expires first.
    assert_eq!(next_wake(&given.order, &given.policy), Some(at(3 * DAY)));
    let given = given.later(3 * DAY).timer_fires();
    assert_eq!(given.order.status(), OrderStatus::Expired);
    assert_eq!(
        stock(&given.order).pending_operation,
        Some(ReservationOperation::Release)
    );
}

#[test]
fn stock_is_prolonged_past_the_deadline_and_no_shorter_than_usual() {
    let given = Given::placed(two());
    let policy = StorefrontPolicy::default();
    let hours = |count: u64| Duration::from_secs(count * 3_600);
    let half = Duration::from_secs(1_800);
    let now = given.now;
    assert_eq!(
        reservation_extension(&given.order, &policy, now),
        hours(24) + half,
        "to the deadline, plus two attempts"
    );
    let late = after(now, hours(24));
    assert_eq!(reservation_extension(&given.order, &policy, late), hours(1));
    let released = given.processing().order;
    assert_eq!(reservation_extension(&released, &policy, now), hours(1));
}

#[test]
fn released_stock_is_taken_and_never_lapses() {
    let given = Given::placed(two())
        .confirmed()
        .payment_authorized(order_core::value::PaymentAttemptNo::FIRST, 2_000);
    assert_eq!(
        stock(&given.order).pending_operation,
        Some(ReservationOperation::Commit)
    );
    let given = given.stock_committed();
    assert_eq!(stock(&given.order).status, ReservationStatus::Committed);
    assert_eq!(stock(&given.order).pending_operation, None);
    assert_eq!(next_wake(&given.order, &given.policy), None);
    let again = given.report(Fact::StockCommitted { reservation: FIRST });
    assert!(again.last_events.is_empty());
}

#[test]
fn a_cancel_gives_the_stock_back() {
    let given = declined().execute(cancel());
    assert_eq!(
        stock(&given.order).pending_operation,
        Some(ReservationOperation::Release)
    );
    assert_eq!(given.order.status(), OrderStatus::Cancelling);
    assert!(given.order.gives_back_all_stock());
    let given = given.report(Fact::StockReleased { reservation: FIRST });
    assert_eq!(stock(&given.order).status, ReservationStatus::Released);
    assert_eq!(given.order.status(), OrderStatus::Cancelled);
    assert!(given.order.is_settled());
    let again = given.report(Fact::StockReleased { reservation: FIRST });
    assert!(again.last_events.is_empty());
}

#[test]
fn stock_given_back_by_somebody_else_is_asked_for_anew() {
    let given = declined().report(Fact::StockReleased { reservation: FIRST });
    assert_eq!(given.order.status(), OrderStatus::Pending);
    assert_eq!(stock(&given.order).no, ReservationNo::next(FIRST));
    assert!(!given.order.gives_back_all_stock());
}

#[test]
fn a_revision_stands_when_its_units_are_set_aside() {
    let given = declined().execute(revise(vec![priced("abc", 3, 900), priced("tea", 1, 500)]));
    assert!(given.order.revision_pending());
    assert_eq!(
        stock(&given.order).pending_operation,
        Some(ReservationOperation::Revise)
    );
    let ids: Vec<_> = given.order.lines().iter().map(|one| one.id).collect();
    assert_eq!(ids, [LineNo::new(1), LineNo::new(2)]);
    assert_eq!(given.order.totals().total, Amount::new(3_200));
    let start = Command::StartPayment { amount: None };
    assert_eq!(given.expect_refusal(start), RefusalCode::StockNotSettled);
    let lines = given.order.stock_target();
    let revised = Fact::StockRevised {
        reservation: FIRST,
        lines: lines.clone(),
    };
    let settled = given.clone().report(revised.clone());
    assert!(!settled.order.revision_pending());
    assert_eq!(stock(&settled.order).lines, lines);
    assert!(settled.report(revised).last_events.is_empty());
    let reverted = given.report(Fact::StockRevisionRejected {
        reservation: FIRST,
        shortages: Vec::new(),
    });
    assert!(!reverted.order.revision_pending());
    assert_eq!(reverted.order.totals().total, Amount::new(2_000));
    assert_eq!(stock(&reverted.order).pending_operation, None);
    assert_eq!(stock(&reverted.order).lines, [units("abc", 2)]);
}

#[test]
fn a_line_of_a_sku_that_was_there_keeps_its_id() {
    let lines = vec![priced("abc", 1, 100), priced("tea", 1, 100)];
    let given = Given::placed(place_order(lines))
        .stock_reserved(at(10 * DAY))
        .execute(revise(vec![
            priced("new", 1, 100),
            priced("tea", 2, 100),
            priced("tea", 1, 100),
        ]));
    let ids: Vec<_> = given.order.lines().iter().map(|one| one.id).collect();
    assert_eq!(ids, [3, 2, 4].map(LineNo::new));
}

#[test]
fn while_it_is_held_units_are_given_back_but_none_are_added() {
    let held = || {
        Given::placed(two_lines())
            .stock_reserved(at(10 * DAY))
            .execute(Command::PlaceHold { reason: None })
    };
    let fewer = held().execute(Command::CancelLines {
        lines: vec![units("tea", 1).into()],
        reason: None,
    });
    assert_eq!(
        stock(&fewer.order).pending_operation,
        Some(ReservationOperation::Revise)
    );
    for lines in [
        vec![priced("abc", 3, 100), priced("tea", 3, 500)],
        vec![
            priced("abc", 2, 100),
            priced("tea", 3, 500),
            priced("new", 1, 1),
        ],
    ] {
        let more = held().execute(revise(lines));
        assert_eq!(stock(&more.order).pending_operation, None);
        let released = more.execute(Command::ReleaseHold { hold: None });
        assert_eq!(
            stock(&released.order).pending_operation,
            Some(ReservationOperation::Revise)
        );
    }
}

#[test]
fn a_quote_prices_the_lines_that_have_none() {
    let given = Given::placed(place_order(vec![line("abc", 2), priced("tea", 1, 500)]));
    let quote = |id: u32, price| PricedLine::new(LineNo::new(id), None, Amount::new(price));
    let priced = |lines| Fact::LinesPriced { lines };
    let prices = |given: &Given| {
        let lines = given.order.lines().iter();
        lines
            .map(|line| line.unit_price.map(Amount::minor))
            .collect::<Vec<_>>()
    };
    let negative = given.clone().report(priced(vec![quote(1, -1)]));
    assert!(negative.last_events.is_empty());
    let free = given.clone().report(priced(vec![quote(1, 0)]));
    assert_eq!(prices(&free), [Some(0), Some(500)]);
    let no = || Fact::PricingRejected {
        skus: vec![units("abc", 1).sku],
        code: code("unknown_sku"),
    };
    let unknown = given.clone().report(no());
    assert_eq!(unknown.order.status(), OrderStatus::Rejected);
    let given = given.report(priced(vec![quote(2, 9), quote(1, 700)]));
    assert_eq!(
        prices(&given),
        [Some(700), Some(500)],
        "an agreed price is kept"
    );
    assert!(given.clone().report(no()).last_events.is_empty());
    assert!(
        given
            .report(priced(vec![quote(1, 1)]))
            .last_events
            .is_empty()
    );
}

#[test]
fn a_quote_that_cannot_be_counted_rejects_the_order() {
    let given = Given::placed(place_order(vec![line("abc", 2)]));
    let given = given.report(Fact::LinesPriced {
        lines: vec![PricedLine::new(LineNo::FIRST, None, Amount::new(i64::MAX))],
    });
    assert_eq!(given.order.status(), OrderStatus::Rejected);
}

#[test]
fn a_cancelled_order_keeps_the_stock_of_what_is_gone_alone() {
    let given = Given::placed(two()).processing();
    let shipped = given.clone().execute(ship(vec![units("abc", 1)]));
    assert_eq!(
        shipped.expect_refusal(cancel()),
        RefusalCode::AlreadyShipped
    );
    // It is shipped after the cancel.
    let given = given
        .execute(cancel())
        .report(crate::given::shipment_confirmed(
            None,
            Some(vec![units("abc", 1)]),
        ));
    assert_eq!(given.order.stock_target(), [units("abc", 1)]);
    assert!(!given.order.gives_back_all_stock());
}
