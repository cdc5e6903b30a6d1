//! The invariants: what must hold of every order, whatever was commanded and reported.

use order_core::order::{
    LineQuantity, Order, OrderLine, OrderStatus, RefundStatus, ReturnRequestStatus, ShipmentStatus,
};

/// Returns the first invariant that an order breaks.
pub(crate) fn violation(order: &Order) -> Option<String> {
    lines(order)
        .or_else(|| parts_sum_to_lines(order))
        .or_else(|| balance(order))
        .or_else(|| numbers_are_unique(order))
        .or_else(|| status_fits(order))
}

/// Returns the invariant that a change of an order breaks: what has ended stays as it ended, and what is
/// closed does not go on.
pub(crate) fn transition_violation(before: &Order, after: &Order) -> Option<String> {
    let (from, to) = (before.status(), after.status());
    if from.is_closed() && !to.is_closed() {
        return Some(format!("an order that was {from} went on"));
    }
    (from.is_terminal() && from != to).then(|| format!("an order that was {from} became {to}"))
}

fn lines(order: &Order) -> Option<String> {
    order
        .lines()
        .iter()
        .find(|line| !line.counts_hold())
        .map(|line| format!("the counts of a line contradict one another: {line:?}"))
}

/// Returns the units of this line among `units`.
fn units_of(units: &[LineQuantity], line: &OrderLine) -> u64 {
    units
        .iter()
        .filter(|units| units.line == line.id)
        .map(|units| u64::from(units.units))
        .sum()
}

/// Checks that the counts of a line are the sums of its fulfillments and returns.
fn parts_sum_to_lines(order: &Order) -> Option<String> {
    let in_fulfillments = |line: &OrderLine, states: &[ShipmentStatus]| -> u64 {
        order
            .fulfillments()
            .iter()
            .filter(|one| states.contains(&one.status))
            .map(|one| units_of(&one.lines, line))
            .sum()
    };
    let in_returns = |line: &OrderLine, states: &[ReturnRequestStatus]| -> u64 {
        order
            .returns()
            .iter()
            .filter(|one| states.contains(&one.status))
            .map(|one| units_of(&one.lines, line))
            .sum()
    };
    let arrived = [ReturnRequestStatus::Received, ReturnRequestStatus::Closed];
    let requested = [
        ReturnRequestStatus::Requested,
        ReturnRequestStatus::Approved,
        ReturnRequestStatus::Received,
        ReturnRequestStatus::Closed,
    ];
    let left = [ShipmentStatus::Shipped, ShipmentStatus::Delivered];
    order.lines().iter().find_map(|line| {
        let sums = [
            (
                "shipped",
                u64::from(line.shipped),
                in_fulfillments(line, &left),
            ),
            (
                "delivered",
                u64::from(line.delivered),
                in_fulfillments(line, &[ShipmentStatus::Delivered]),
            ),
            (
                "returned",
                u64::from(line.returned),
                in_returns(line, &arrived),
            ),
            (
                "return_requested",
                u64::from(line.return_requested),
                in_returns(line, &requested),
            ),
        ];
        sums.into_iter()
            .find(|(_, counted, summed)| counted != summed)
            .map(|(what, counted, summed)| {
                format!(
                    "line {} counts {counted} {what}, its parts {summed}",
                    line.id
                )
            })
    })
}

/// Checks that no sum is negative, and that no more is refunded than was captured, unless the provider
/// contradicts itself: it refused a refund and made it nevertheless.
fn balance(order: &Order) -> Option<String> {
    let balance = order.balance();
    let negative = [
        balance.owed,
        balance.authorized,
        balance.captured,
        balance.captures_pending,
        balance.refunded,
        balance.refunds_pending,
    ]
    .into_iter()
    .any(|sum| sum < 0);
    if negative {
        return Some(format!("a sum is below zero: {balance:?}"));
    }
    let contradicted = order
        .refunds()
        .iter()
        .any(|refund| refund.status == RefundStatus::Succeeded && refund.failure.is_some());
    if balance.refunded + balance.refunds_pending > balance.captured && !contradicted {
        return Some(format!("more is refunded than was captured: {balance:?}"));
    }
    for attempt in order.payments() {
        let gone: i128 = order
            .refunds()
            .iter()
            .filter(|refund| refund.attempt == attempt.no && refund.status != RefundStatus::Failed)
            .map(|refund| i128::from(refund.amount.minor()))
            .sum();
        let captured: i128 = attempt
            .captures
            .iter()
            .filter(|capture| capture.status == order_core::order::CaptureStatus::Succeeded)
            .map(|capture| i128::from(capture.amount.minor()))
            .sum();
        if gone > captured && !contradicted {
            return Some(format!(
                "payment {} refunds more than it captured",
                attempt.no
            ));
        }
    }
    None
}

fn numbers_are_unique(order: &Order) -> Option<String> {
    fn twice<T: PartialEq>(numbers: &[T]) -> bool {
        (1..numbers.len()).any(|at| numbers[..at].contains(&numbers[at]))
    }
    let lines: Vec<_> = order.lines().iter().map(|one| one.id).collect();
    let attempts: Vec<_> = order.payments().iter().map(|one| one.no).collect();
    let refunds: Vec<_> = order.refunds().iter().map(|one| one.no).collect();
    let fulfillments: Vec<_> = order.fulfillments().iter().map(|one| one.no).collect();
    let returns: Vec<_> = order.returns().iter().map(|one| one.no).collect();
    let holds: Vec<_> = order.holds().iter().map(|one| one.no).collect();
    let captures = order.payments().iter().any(|attempt| {
        let numbers: Vec<_> = attempt.captures.iter().map(|one| one.no).collect();
        twice(&numbers)
    });
    let repeated = [
        ("line", twice(&lines)),
        ("payment", twice(&attempts)),
        ("refund", twice(&refunds)),
        ("fulfillment", twice(&fulfillments)),
        ("return", twice(&returns)),
        ("hold", twice(&holds)),
        ("capture", captures),
    ];
    repeated
        .into_iter()
        .find(|(_, repeated)| *repeated)
        .map(|(what, _)| format!("two parts have the same {what} number"))
}

fn status_fits(order: &Order) -> Option<String> {
    let cancelled = matches!(
        order.status(),
        OrderStatus::Cancelling | OrderStatus::Cancelled
    );
    if order.status() == OrderStatus::Cancelling && order.cancellation().is_none() {
        return Some("it is being cancelled without a request".into());
    }
    if order.cancellation().is_some() && !cancelled {
        return Some(format!(
            "a cancel was accepted, and it is {}",
            order.status()
        ));
    }
    let waits = matches!(
        order.status(),
        OrderStatus::Pending | OrderStatus::Confirmed
    );
    if waits && order.deadline().is_none() {
        return Some("it waits without a deadline".into());
    }
    if order.deleted_at().is_some() && !order.status().is_terminal() {
        return Some("it is deleted before it has ended".into());
    }
    None
}
