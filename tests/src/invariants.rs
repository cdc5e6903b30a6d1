//! What must hold of every order, whatever was done to it and reported of it.

use order_core::event::Event;
use order_core::order::{
    FulfillmentState, Line, LineUnits, Order, OrderStatus, RefundState, ReturnState,
};

/// The first thing about an order that must not be, if there is one.
#[must_use]
pub fn broken(order: &Order) -> Option<String> {
    lines(order)
        .or_else(|| parts_sum_to_lines(order))
        .or_else(|| ledger(order))
        .or_else(|| numbers_are_unique(order))
        .or_else(|| status_fits(order))
}

fn lines(order: &Order) -> Option<String> {
    order
        .lines()
        .iter()
        .find(|line| !line.counts_hold())
        .map(|line| format!("the counts of a line contradict one another: {line:?}"))
}

/// The units of this line among those.
fn units_of(units: &[LineUnits], line: &Line) -> u64 {
    units
        .iter()
        .filter(|units| units.line == line.id)
        .map(|units| u64::from(units.units))
        .sum()
}

/// What lines count is what fulfillments and returns are made of.
fn parts_sum_to_lines(order: &Order) -> Option<String> {
    let in_fulfillments = |line: &Line, states: &[FulfillmentState]| -> u64 {
        order
            .fulfillments()
            .iter()
            .filter(|one| states.contains(&one.state))
            .map(|one| units_of(&one.lines, line))
            .sum()
    };
    let in_returns = |line: &Line, states: &[ReturnState]| -> u64 {
        order
            .returns()
            .iter()
            .filter(|one| states.contains(&one.state))
            .map(|one| units_of(&one.lines, line))
            .sum()
    };
    let arrived = [ReturnState::Received, ReturnState::Closed];
    let asked = [
        ReturnState::Requested,
        ReturnState::Approved,
        ReturnState::Received,
        ReturnState::Closed,
    ];
    let left = [FulfillmentState::Shipped, FulfillmentState::Delivered];
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
                in_fulfillments(line, &[FulfillmentState::Delivered]),
            ),
            (
                "returned",
                u64::from(line.returned),
                in_returns(line, &arrived),
            ),
            (
                "return_requested",
                u64::from(line.return_requested),
                in_returns(line, &asked),
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

/// Nothing is below zero, and no more goes back than was taken, unless the provider contradicts
/// itself: it refused a refund, and paid it all the same.
fn ledger(order: &Order) -> Option<String> {
    let ledger = order.ledger();
    let negative = [
        ledger.owed,
        ledger.authorized,
        ledger.captured,
        ledger.capturing,
        ledger.refunded,
        ledger.refunding,
    ]
    .into_iter()
    .any(|sum| sum < 0);
    if negative {
        return Some(format!("a sum is below zero: {ledger:?}"));
    }
    let contradicted = order
        .refunds()
        .iter()
        .any(|refund| refund.state == RefundState::Succeeded && refund.failure.is_some());
    if ledger.refunded + ledger.refunding > ledger.captured && !contradicted {
        return Some(format!("more goes back than was taken: {ledger:?}"));
    }
    for attempt in order.payments() {
        let gone: i128 = order
            .refunds()
            .iter()
            .filter(|refund| refund.attempt == attempt.no && refund.state != RefundState::Failed)
            .map(|refund| i128::from(refund.amount.minor()))
            .sum();
        let taken: i128 = attempt
            .captures
            .iter()
            .filter(|capture| capture.state == order_core::order::CaptureState::Succeeded)
            .map(|capture| i128::from(capture.amount.minor()))
            .sum();
        if gone > taken && !contradicted {
            return Some(format!(
                "payment {} gives back more than it took",
                attempt.no
            ));
        }
    }
    None
}

fn numbers_are_unique(order: &Order) -> Option<String> {
    fn twice<T: PartialEq>(numbers: &[T]) -> bool {
        (1..numbers.len()).any(|place| numbers[..place].contains(&numbers[place]))
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
        return Some("it is being cancelled and nobody asked for that".into());
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

/// The status changes in these events, each from and to, starting from `before`.
///
/// # Panics
/// If the events do not follow on one another, or on the order.
#[must_use]
pub fn status_path(
    before: Option<&Order>,
    events: &[Event],
) -> Vec<(OrderStatus, OrderStatus, &'static str)> {
    let mut order = before.cloned();
    let mut path = Vec::new();
    for event in events {
        let from = order.as_ref().map(Order::status);
        let version = order
            .as_ref()
            .map_or(order_core::value::Version::NONE, Order::version);
        assert_eq!(event.version, version.next(), "versions have no gaps");
        order = order_core::apply(order, event);
        let to = order.as_ref().map(Order::status);
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            path.push((from, to, event.happening.name()));
        }
    }
    path
}

/// The statuses a status may be left for: the rows of the transition table, by hand.
#[must_use]
pub fn may_become(status: OrderStatus) -> &'static [OrderStatus] {
    match status {
        OrderStatus::Pending => &[
            OrderStatus::Confirmed,
            OrderStatus::Rejected,
            OrderStatus::Expired,
            OrderStatus::Cancelling,
        ],
        OrderStatus::Confirmed => &[
            OrderStatus::Processing,
            OrderStatus::Pending,
            OrderStatus::Expired,
            OrderStatus::Cancelling,
        ],
        OrderStatus::Processing => &[OrderStatus::Completed, OrderStatus::Cancelling],
        OrderStatus::Cancelling => &[OrderStatus::Cancelled],
        OrderStatus::Completed
        | OrderStatus::Cancelled
        | OrderStatus::Rejected
        | OrderStatus::Expired => &[],
    }
}
