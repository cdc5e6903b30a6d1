//! Stock: set aside, prolonged, changed, taken and given back.

use crate::case::{Case, DAY, cancel, ship, two, two_lines, wish};
use order_core::advance::{next_wake, prolonged_for};
use order_core::command::{Command, NewLine};
use order_core::event::Happening;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{
    HoldOrigin, Order, OrderStatus, PricedLine, Reservation, ReservationState, Shortage, SkuUnits,
    StockWork,
};
use order_core::policy::Policies;
use order_core::refusal::RefusalCode;
use order_core::testing::builders::{at, code, line, priced, units};
use order_core::time::after;
use order_core::value::{LineId, ReservationNo, Sku};
use std::time::Duration;

const FIRST: ReservationNo = ReservationNo::FIRST;

fn stock(order: &Order) -> &Reservation {
    order.reservation().unwrap()
}

fn rejected(reservation: ReservationNo, lines: Vec<SkuUnits>) -> Fact {
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

/// Confirmed, its payment declined, so that lines may be revised.
fn declined() -> Case {
    Case::placed(two()).confirmed().told(Fact::PaymentDeclined {
        attempt: order_core::value::AttemptNo::FIRST,
        code: code("do_not_honor"),
    })
}

#[test]
fn stock_is_asked_for_at_once_and_confirms_with_the_customer() {
    let case = Case::placed(two_lines());
    assert_eq!(stock(&case.order).work, Some(StockWork::Reserve));
    assert_eq!(stock(&case.order).state, ReservationState::Requested);
    assert_eq!(
        stock(&case.order).covers,
        [units("abc", 2), units("tea", 3)]
    );
    let stocked = case.clone().stocked(at(3_600));
    assert_eq!(stocked.order.status(), OrderStatus::Pending);
    assert_eq!(stock(&stocked.order).expires_at, Some(at(3_600)));
    let both = stocked.told(Fact::CustomerVerified);
    assert_eq!(both.order.status(), OrderStatus::Confirmed);
    assert_eq!(both.order.deadline(), Some(at(3 * DAY)));
    let verified = case.told(Fact::CustomerVerified);
    assert_eq!(verified.order.status(), OrderStatus::Pending);
}

#[test]
fn too_little_stock_rejects_a_pending_order() {
    let case = Case::placed(two());
    let lines = case.order.stock_target();
    let case = case.told(rejected(FIRST, lines));
    assert_eq!(case.order.status(), OrderStatus::Rejected);
    assert_eq!(stock(&case.order).state, ReservationState::Rejected);
    assert!(!stock(&case.order).may_hold());
}

#[test]
fn a_rejection_says_what_there_was_too_little_of_and_what_nobody_knows() {
    let why = |case: Case| match case.last.into_iter().find_map(|happening| match happening {
        Happening::OrderRejected { reason } => Some(reason),
        _ => None,
    }) {
        Some(reason) => reason,
        None => panic!("it is rejected"),
    };
    let (abc, shortage) = (
        units("abc", 1).sku,
        Shortage::new(units("abc", 1).sku, 2, 1),
    );
    let case = Case::placed(two());
    let no = |shortages: Vec<Shortage>, unknown: Vec<Sku>| Fact::StockRejected {
        reservation: FIRST,
        lines: case.order.stock_target(),
        shortages,
        unknown,
    };
    let reason = why(case.clone().told(no(vec![shortage.clone()], Vec::new())));
    assert_eq!(reason.code, code("insufficient_stock"));
    assert_eq!(reason.shortages, [shortage]);
    let reason = why(case.clone().told(no(Vec::new(), vec![abc.clone()])));
    assert_eq!(reason.code, code("unknown_sku"));
    assert_eq!(reason.unknown, std::slice::from_ref(&abc));
    let unpriced = Case::placed(wish(vec![line("abc", 2)]));
    let reason = why(unpriced.told(Fact::PricingRejected {
        skus: vec![abc.clone()],
        code: code("unknown_sku"),
    }));
    assert_eq!(reason.unknown, [abc]);
}

#[test]
fn a_no_to_what_is_not_asked_any_more_is_asked_anew() {
    let case = Case::placed(two());
    let before = case.order.stock_target();
    let case = case
        .asked(Command::CancelLines {
            lines: vec![units("abc", 1)],
            reason: None,
        })
        .told(rejected(FIRST, before));
    assert_eq!(case.order.status(), OrderStatus::Pending);
    let again = stock(&case.order);
    assert_eq!(again.no, ReservationNo::next(FIRST));
    assert_eq!(again.covers, [units("abc", 1)]);
    assert_eq!(again.work, Some(StockWork::Reserve));
}

#[test]
fn stock_that_lapsed_is_asked_for_anew_and_for_want_of_it_a_person_decides() {
    let expired = |no| Fact::ReservationExpired { reservation: no };
    let case = declined().told(expired(FIRST));
    assert_eq!(case.order.status(), OrderStatus::Pending);
    let second = stock(&case.order).no;
    assert_ne!(second, FIRST);
    assert!(case.clone().told(expired(FIRST)).last.is_empty());
    // A released order is not rejected any more.
    let case = Case::placed(two()).processing().told(expired(FIRST));
    assert_eq!(case.order.status(), OrderStatus::Processing);
    let lines = case.order.stock_target();
    let case = case.told(rejected(second, lines));
    assert_eq!(case.order.holds()[0].origin, HoldOrigin::StockUnavailable);
    assert_eq!(stock(&case.order).no, second, "not asked while it is held");
    let case = case.asked(Command::ReleaseHold { hold: None });
    assert_eq!(stock(&case.order).no, ReservationNo::new(3));
}

#[test]
fn units_set_aside_too_late_are_to_be_given_back() {
    let reserved = |no| Fact::StockReserved {
        reservation: no,
        lines: vec![units("abc", 2)],
        expires_at: at(DAY),
    };
    let case = declined().told(reserved(FIRST));
    assert!(case.last.is_empty(), "known already");
    let case = case.told(Fact::ReservationExpired { reservation: FIRST });
    let case = case.told(reserved(FIRST));
    assert_eq!(case.last.len(), 1, "recorded as late, to be released");
    assert_eq!(stock(&case.order).work, Some(StockWork::Reserve));
}

#[test]
fn stock_is_prolonged_before_it_lapses() {
    // Set aside until 12:00:00 of the next day; a payment may take fifteen minutes.
    let no_token = || {
        let mut wish = two();
        wish.personal.payment_token = None;
        wish
    };
    let case = Case::placed(no_token())
        .told(Fact::CustomerVerified)
        .stocked(at(DAY));
    let due = DAY - 15 * 60;
    assert_eq!(next_wake(&case.order, &case.policies), Some(at(due)));
    let case = case.later(due - 1).woken();
    assert!(case.last.is_empty());
    let case = case.later(1).woken();
    assert_eq!(stock(&case.order).work, Some(StockWork::Extend));
    // Asked for once; until it is answered only the deadline is left.
    assert_eq!(next_wake(&case.order, &case.policies), Some(at(3 * DAY)));
    let ends = at(3 * DAY + 15 * 60);
    let case = case.told(Fact::StockExtended {
        reservation: FIRST,
        expires_at: ends,
    });
    assert_eq!(stock(&case.order).expires_at, Some(ends));
    assert_eq!(stock(&case.order).work, None);
    // It outlasts the order now, which expires first.
    assert_eq!(next_wake(&case.order, &case.policies), Some(at(3 * DAY)));
    let case = case.later(3 * DAY).woken();
    assert_eq!(case.order.status(), OrderStatus::Expired);
    assert_eq!(stock(&case.order).work, Some(StockWork::Release));
}

#[test]
fn stock_is_prolonged_past_the_deadline_and_no_shorter_than_usual() {
    let case = Case::placed(two());
    let policies = Policies::default();
    let hours = |count: u64| Duration::from_secs(count * 3_600);
    let half = Duration::from_secs(1_800);
    let now = case.now;
    assert_eq!(
        prolonged_for(&case.order, &policies, now),
        hours(24) + half,
        "to the deadline, and two attempts more"
    );
    let late = after(now, hours(24));
    assert_eq!(prolonged_for(&case.order, &policies, late), hours(1));
    let released = case.processing().order;
    assert_eq!(prolonged_for(&released, &policies, now), hours(1));
}

#[test]
fn released_stock_is_taken_and_never_lapses() {
    let case = Case::placed(two())
        .confirmed()
        .authorized(order_core::value::AttemptNo::FIRST, 2_000);
    assert_eq!(stock(&case.order).work, Some(StockWork::Commit));
    let case = case.committed();
    assert_eq!(stock(&case.order).state, ReservationState::Committed);
    assert_eq!(stock(&case.order).work, None);
    assert_eq!(next_wake(&case.order, &case.policies), None);
    let again = case.told(Fact::StockCommitted { reservation: FIRST });
    assert!(again.last.is_empty());
}

#[test]
fn a_cancel_gives_the_stock_back() {
    let case = declined().asked(cancel());
    assert_eq!(stock(&case.order).work, Some(StockWork::Release));
    assert_eq!(case.order.status(), OrderStatus::Cancelling);
    assert!(case.order.gives_back_all_stock());
    let case = case.told(Fact::StockReleased { reservation: FIRST });
    assert_eq!(stock(&case.order).state, ReservationState::Released);
    assert_eq!(case.order.status(), OrderStatus::Cancelled);
    assert!(case.order.is_settled());
    let again = case.told(Fact::StockReleased { reservation: FIRST });
    assert!(again.last.is_empty());
}

#[test]
fn stock_given_back_by_somebody_else_is_asked_for_anew() {
    let case = declined().told(Fact::StockReleased { reservation: FIRST });
    assert_eq!(case.order.status(), OrderStatus::Pending);
    assert_eq!(stock(&case.order).no, ReservationNo::next(FIRST));
    assert!(!case.order.gives_back_all_stock());
}

#[test]
fn a_revision_stands_when_its_units_are_set_aside() {
    let case = declined().asked(revise(vec![priced("abc", 3, 900), priced("tea", 1, 500)]));
    assert!(case.order.revision_pending());
    assert_eq!(stock(&case.order).work, Some(StockWork::Revise));
    let ids: Vec<_> = case.order.lines().iter().map(|one| one.id).collect();
    assert_eq!(ids, [LineId::new(1), LineId::new(2)]);
    assert_eq!(case.order.totals().total, Amount::new(3_200));
    let start = Command::StartPayment { amount: None };
    assert_eq!(case.refuses(start), RefusalCode::StockNotSettled);
    let lines = case.order.stock_target();
    let revised = Fact::StockRevised {
        reservation: FIRST,
        lines: lines.clone(),
    };
    let settled = case.clone().told(revised.clone());
    assert!(!settled.order.revision_pending());
    assert_eq!(stock(&settled.order).covers, lines);
    assert!(settled.told(revised).last.is_empty());
    let reverted = case.told(Fact::StockRevisionRejected {
        reservation: FIRST,
        shortages: Vec::new(),
    });
    assert!(!reverted.order.revision_pending());
    assert_eq!(reverted.order.totals().total, Amount::new(2_000));
    assert_eq!(stock(&reverted.order).work, None);
    assert_eq!(stock(&reverted.order).covers, [units("abc", 2)]);
}

#[test]
fn a_line_of_a_sku_that_was_there_keeps_its_id() {
    let lines = vec![priced("abc", 1, 100), priced("tea", 1, 100)];
    let case = Case::placed(wish(lines))
        .stocked(at(10 * DAY))
        .asked(revise(vec![
            priced("new", 1, 100),
            priced("tea", 2, 100),
            priced("tea", 1, 100),
        ]));
    let ids: Vec<_> = case.order.lines().iter().map(|one| one.id).collect();
    assert_eq!(ids, [3, 2, 4].map(LineId::new));
}

#[test]
fn while_it_is_held_units_are_given_back_but_none_are_added() {
    let held = || {
        Case::placed(two_lines())
            .stocked(at(10 * DAY))
            .asked(Command::PlaceHold { reason: None })
    };
    let fewer = held().asked(Command::CancelLines {
        lines: vec![units("tea", 1)],
        reason: None,
    });
    assert_eq!(stock(&fewer.order).work, Some(StockWork::Revise));
    for lines in [
        vec![priced("abc", 3, 100), priced("tea", 3, 500)],
        vec![
            priced("abc", 2, 100),
            priced("tea", 3, 500),
            priced("new", 1, 1),
        ],
    ] {
        let more = held().asked(revise(lines));
        assert_eq!(stock(&more.order).work, None);
        let released = more.asked(Command::ReleaseHold { hold: None });
        assert_eq!(stock(&released.order).work, Some(StockWork::Revise));
    }
}

#[test]
fn a_quote_prices_the_lines_that_have_none() {
    let case = Case::placed(wish(vec![line("abc", 2), priced("tea", 1, 500)]));
    let quote = |id: u32, price| PricedLine::new(LineId::new(id), None, Amount::new(price));
    let priced = |lines| Fact::LinesPriced { lines };
    let prices = |case: &Case| {
        let lines = case.order.lines().iter();
        lines
            .map(|line| line.unit_price.map(Amount::minor))
            .collect::<Vec<_>>()
    };
    let negative = case.clone().told(priced(vec![quote(1, -1)]));
    assert!(negative.last.is_empty());
    let free = case.clone().told(priced(vec![quote(1, 0)]));
    assert_eq!(prices(&free), [Some(0), Some(500)]);
    let no = || Fact::PricingRejected {
        skus: vec![units("abc", 1).sku],
        code: code("unknown_sku"),
    };
    let unknown = case.clone().told(no());
    assert_eq!(unknown.order.status(), OrderStatus::Rejected);
    let case = case.told(priced(vec![quote(2, 9), quote(1, 700)]));
    assert_eq!(prices(&case), [Some(700), Some(500)], "agreed is agreed");
    assert!(case.clone().told(no()).last.is_empty());
    assert!(case.told(priced(vec![quote(1, 1)])).last.is_empty());
}

#[test]
fn a_quote_that_cannot_be_counted_rejects_the_order() {
    let case = Case::placed(wish(vec![line("abc", 2)]));
    let case = case.told(Fact::LinesPriced {
        lines: vec![PricedLine::new(LineId::FIRST, None, Amount::new(i64::MAX))],
    });
    assert_eq!(case.order.status(), OrderStatus::Rejected);
}

#[test]
fn a_cancelled_order_keeps_the_stock_of_what_is_gone_alone() {
    let case = Case::placed(two()).processing();
    let shipped = case.clone().asked(ship(vec![units("abc", 1)]));
    assert_eq!(shipped.refuses(cancel()), RefusalCode::AlreadyShipped);
    // It leaves after the cancel.
    let case = case
        .asked(cancel())
        .told(crate::case::left(None, Some(vec![units("abc", 1)])));
    assert_eq!(case.order.stock_target(), [units("abc", 1)]);
    assert!(!case.order.gives_back_all_stock());
}
