//! The transition table, whole: every status with every command and every fact.
//!
//! The table is written by hand in two matches that have no arm for the rest, so that a new command,
//! fact or status does not compile until it has its place here. It is held against every shape of
//! order there is: nothing may happen that the table does not say, and nothing that it says may
//! never happen.

use order_core::command::CommandKind;
use order_core::decide::allowed_in;
use order_core::fact::FactKind;
use order_core::order::OrderStatus;
use order_tests::explore::{Outcome, Trigger, explore, policies};
use order_tests::invariants::{may_become, status_path};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// For some statuses: the statuses it can lead to, and after a bar the codes it can be refused with.
/// A command is refused with `wrong_status` in every status that is not named; a fact leaves the
/// order as it is there. On a deleted order every command but a delete or an erasure is refused.
type Row = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
const fn command(kind: CommandKind) -> Row {
    match kind {
        CommandKind::PlaceOrder
        | CommandKind::ImportOrder => &[
            ("pending confirmed processing completed cancelling cancelled rejected expired", "| already_placed"),
        ],
        CommandKind::StartPayment => &[
            ("confirmed processing", "itself | invalid_amount nothing_due on_hold payment_in_progress stock_not_settled too_many_attempts"),
        ],
        CommandKind::PlaceHold => &[
            ("pending confirmed processing", "itself | already_released"),
        ],
        CommandKind::ReleaseHold => &[
            ("pending processing", "itself | not_on_hold"),
            ("confirmed", "itself processing completed | not_on_hold"),
        ],
        CommandKind::ReviseLines => &[
            ("pending confirmed", "itself | already_shipped amount_too_large invalid_amount no_lines payment_in_progress stock_not_settled"),
            ("processing", "itself | already_released already_shipped amount_too_large invalid_amount no_lines payment_in_progress stock_not_settled"),
        ],
        CommandKind::ChangeAddress => &[
            ("pending confirmed", "itself | already_shipped payment_in_progress"),
            ("processing", "itself | already_released already_shipped payment_in_progress"),
        ],
        CommandKind::ChangePaymentMethod => &[
            ("pending confirmed processing", "itself | payment_in_progress"),
        ],
        CommandKind::UpdateDetails => &[
            ("pending confirmed processing cancelling", "itself | too_large"),
            ("completed cancelled rejected expired", "itself | personal_data_erased too_large"),
        ],
        CommandKind::PlanFulfillment => &[
            ("processing", "itself | invalid_amount not_paid nothing_open on_hold stock_not_settled too_many_units unknown_sku"),
        ],
        CommandKind::ReleaseFulfillment => &[
            ("processing", "itself | already_shipped no_such_part not_paid on_hold stock_not_settled wrong_part_state"),
        ],
        CommandKind::RecallFulfillment => &[
            ("processing", "itself | already_shipped no_such_part wrong_part_state"),
        ],
        CommandKind::ConfirmShipment => &[
            ("processing", "itself completed | already_shipped no_such_part not_paid nothing_open on_hold stock_not_settled too_many_units unknown_sku wrong_part_state"),
        ],
        CommandKind::UpdateTracking => &[
            ("processing completed", "itself | no_such_part not_shipped wrong_part_state"),
        ],
        CommandKind::ConfirmDelivery => &[
            ("processing", "itself completed | no_such_part not_shipped wrong_part_state"),
        ],
        CommandKind::CancelLines => &[
            ("pending", "itself cancelling cancelled | invalid_amount nothing_open stock_not_settled too_many_units unknown_sku"),
            ("confirmed", "itself processing completed cancelling cancelled | invalid_amount nothing_open stock_not_settled too_many_units unknown_sku"),
            ("processing", "itself completed cancelling cancelled | invalid_amount nothing_open stock_not_settled too_many_units unknown_sku"),
        ],
        CommandKind::RequestCancel => &[
            ("pending confirmed processing", "cancelling cancelled | already_shipped"),
            ("completed", "| already_shipped"),
            ("cancelling cancelled", "itself"),
        ],
        CommandKind::CapturePayment => &[
            ("processing", "itself | exceeds_authorized invalid_amount nothing_due"),
        ],
        CommandKind::RequestRefund => &[
            ("processing completed", "itself | exceeds_captured invalid_amount"),
        ],
        CommandKind::RequestReturn => &[
            ("processing completed", "itself | invalid_amount nothing_open too_many_units unknown_sku"),
        ],
        CommandKind::ApproveReturn
        | CommandKind::RejectReturn => &[
            ("processing completed", "itself | no_such_part wrong_part_state"),
        ],
        CommandKind::ReceiveReturn
        | CommandKind::CancelReturn => &[
            ("processing completed cancelling cancelled rejected expired", "itself | no_such_part wrong_part_state"),
        ],
        CommandKind::DeleteOrder => &[
            ("pending confirmed processing", "cancelling cancelled | already_shipped"),
            ("completed cancelled rejected expired", "itself | already_deleted not_settled return_open"),
            ("cancelling", "itself"),
        ],
        CommandKind::ErasePersonalData => &[
            ("completed cancelled rejected expired", "itself"),
        ],
    }
}

#[rustfmt::skip]
const fn fact(kind: FactKind) -> Row {
    match kind {
        FactKind::CustomerVerified
        | FactKind::CustomerUnverified => &[
            ("pending", "itself confirmed processing completed"),
        ],
        FactKind::CustomerRejected
        | FactKind::DependencyRefused => &[
            ("pending", "rejected"),
        ],
        FactKind::LinesPriced => &[
            ("pending", "itself confirmed processing rejected"),
        ],
        FactKind::PricingRejected => &[
            ("pending", "itself rejected"),
        ],
        FactKind::StockReserved => &[
            ("pending", "itself confirmed processing"),
        ],
        FactKind::StockRejected => &[
            ("pending", "itself rejected"),
            ("cancelling", "itself cancelled"),
        ],
        FactKind::StockRevised
        | FactKind::StockRevisionRejected => &[
            ("pending", "itself confirmed processing"),
            ("confirmed", "itself processing"),
            ("cancelling", "itself cancelled"),
        ],
        FactKind::StockExtended => &[
            ("pending confirmed", "itself processing"),
        ],
        FactKind::StockCommitted => &[
            ("cancelling", "itself cancelled"),
        ],
        FactKind::DependencyDeferred
        | FactKind::AttemptDispatched
        | FactKind::PaymentActionRequired
        | FactKind::PaymentUnknown
        | FactKind::CaptureUnknown
        | FactKind::RefundDispatched
        | FactKind::RefundFailed
        | FactKind::RefundUnknown
        | FactKind::TrackingUpdated
        | FactKind::CompensationFailed => &[],
        FactKind::StockReleased
        | FactKind::ReservationExpired => &[
            ("confirmed", "itself pending"),
            ("cancelling", "itself cancelled"),
        ],
        FactKind::DeadlinePassed => &[
            ("pending confirmed", "itself expired"),
        ],
        FactKind::PaymentAuthorized
        | FactKind::PaymentDeclined
        | FactKind::PaymentVoided
        | FactKind::PaymentNotFound
        | FactKind::AuthorizationExpired => &[
            ("confirmed", "itself processing completed"),
            ("processing", "itself completed"),
            ("cancelling", "itself cancelled"),
        ],
        FactKind::PaymentCaptured => &[
            ("confirmed", "itself processing completed"),
            ("processing", "itself completed"),
        ],
        FactKind::CaptureFailed => &[
            ("processing", "itself completed"),
        ],
        FactKind::RefundSucceeded => &[
            ("cancelling", "itself cancelled"),
        ],
        FactKind::ShipmentConfirmed
        | FactKind::DeliveryConfirmed
        | FactKind::ShipmentLost
        | FactKind::FulfillmentRecalled
        | FactKind::RecallRefused
        | FactKind::FulfillmentRefused => &[
            ("processing", "itself completed"),
            ("cancelling", "itself cancelled"),
        ],
    }
}

/// What time alone can do.
const TIME: Row = &[("pending confirmed", "itself expired")];

/// What a trigger can come to in one status.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Cell {
    statuses: BTreeSet<String>,
    refusals: BTreeSet<String>,
}

fn expected(trigger: Trigger, status: OrderStatus) -> Cell {
    let (row, otherwise) = match trigger {
        Trigger::Command(kind) => (command(kind), "| wrong_status"),
        Trigger::Fact(kind) => (fact(kind), "itself"),
        Trigger::Time => (TIME, "itself"),
    };
    let text = row
        .iter()
        .find(|(statuses, _)| statuses.split(' ').any(|one| one == status.as_str()))
        .map_or(otherwise, |(_, outcome)| outcome);
    let (statuses, refusals) = text.split_once('|').unwrap_or((text, ""));
    let mut cell = Cell {
        statuses: statuses
            .split_whitespace()
            .map(|one| {
                if one == "itself" {
                    status.as_str()
                } else {
                    one
                }
                .to_owned()
            })
            .collect(),
        refusals: refusals.split_whitespace().map(str::to_owned).collect(),
    };
    let of_deleted = matches!(
        trigger,
        Trigger::Command(kind)
            if kind != CommandKind::DeleteOrder && kind != CommandKind::ErasePersonalData
    );
    if of_deleted && status.is_terminal() {
        cell.refusals.insert("deleted".into());
    }
    cell
}

/// What was seen on every shape of order.
#[derive(Default)]
struct Seen {
    cells: BTreeMap<(Trigger, OrderStatus), Cell>,
    steps: BTreeSet<(OrderStatus, OrderStatus)>,
    shapes: usize,
    tries: u64,
}

static SEEN: LazyLock<Seen> = LazyLock::new(|| {
    let mut seen = Seen::default();
    for policies in policies() {
        seen.shapes += explore(&policies, |order, trigger, outcome| {
            seen.tries += 1;
            let cell = seen.cells.entry((trigger, order.status())).or_default();
            match outcome {
                Outcome::Refused(code) => {
                    cell.refusals.insert(code.to_string());
                }
                Outcome::Done(events, after) => {
                    cell.statuses.insert(after.status().to_string());
                    let path = status_path(Some(order), events);
                    seen.steps
                        .extend(path.into_iter().map(|(from, to, _)| (from, to)));
                }
            }
        });
    }
    seen
});

fn every_cell() -> impl Iterator<Item = (Trigger, OrderStatus)> {
    let commands = CommandKind::ALL.iter().map(|kind| Trigger::Command(*kind));
    let facts = FactKind::ALL.iter().map(|kind| Trigger::Fact(*kind));
    commands.chain(facts).flat_map(|trigger| {
        OrderStatus::ALL
            .iter()
            .map(move |status| (trigger, *status))
    })
}

#[test]
fn thousands_of_shapes_of_order_are_tried() {
    println!("{} shapes of order, {} tries", SEEN.shapes, SEEN.tries);
    assert!(SEEN.shapes > 5_000 && SEEN.tries > 500_000);
}

#[test]
fn every_command_and_fact_does_in_every_status_what_the_table_says() {
    let wrong: Vec<String> = every_cell()
        .filter_map(|(trigger, status)| {
            let table = expected(trigger, status);
            let seen = SEEN
                .cells
                .get(&(trigger, status))
                .cloned()
                .unwrap_or_default();
            (table != seen)
                .then(|| format!("{trigger} while {status}:\n  table {table:?}\n  seen  {seen:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn time_alone_expires_an_order_and_moves_no_other_status() {
    for status in OrderStatus::ALL {
        let seen = SEEN.cells.get(&(Trigger::Time, *status)).cloned();
        if let Some(seen) = seen {
            assert_eq!(seen, expected(Trigger::Time, *status), "while {status}");
        }
    }
}

#[test]
fn a_fact_is_never_refused() {
    let refused = |(trigger, _): &(Trigger, OrderStatus)| !matches!(trigger, Trigger::Command(_));
    for (place, cell) in SEEN.cells.iter().filter(|(place, _)| refused(place)) {
        assert!(cell.refusals.is_empty(), "{place:?}");
    }
}

#[test]
fn a_status_is_left_only_for_one_the_table_names_and_for_each_of_those() {
    for from in OrderStatus::ALL {
        let seen: BTreeSet<OrderStatus> = SEEN
            .steps
            .iter()
            .filter(|(one, _)| one == from)
            .map(|(_, to)| *to)
            .collect();
        assert_eq!(
            seen,
            may_become(*from).iter().copied().collect(),
            "from {from}"
        );
    }
}

#[test]
fn what_is_closed_stays_closed_and_what_has_ended_stays_as_it_ended() {
    for (from, to) in &SEEN.steps {
        assert!(!from.is_terminal(), "{from} became {to}");
        assert!(!from.is_closed() || to.is_closed(), "{from} became {to}");
    }
}

#[test]
fn the_published_table_of_commands_is_this_one() {
    for kind in CommandKind::ALL {
        for status in OrderStatus::ALL {
            let accepted = !expected(Trigger::Command(*kind), *status)
                .statuses
                .is_empty();
            assert_eq!(
                allowed_in(*kind).contains(status),
                accepted,
                "{kind} while {status}"
            );
        }
    }
}
