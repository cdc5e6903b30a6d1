//! The complete transition table: every status with every command and every fact.
//!
//! The table is written by hand in exhaustive matches, so that a new command, fact or status does not
//! compile until it has its row. It is compared with what happens to orders of every shape, both ways:
//! nothing else may happen, and everything in the table must.

mod rows;

use crate::beginnings::policies;
use crate::shapes::{Outcome, Trigger, explore_shapes};
use order_core::apply;
use order_core::command::CommandKind;
use order_core::decide::allowed_in;
use order_core::event::Event;
use order_core::fact::FactKind;
use order_core::order::{Order, OrderStatus};
use rows::{TIME, command, fact, may_become};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Returns the status changes that these events make of an order.
///
/// # Panics
/// If the events do not follow on one another, or on the order.
fn status_changes(before: &Order, events: &[Event]) -> Vec<(OrderStatus, OrderStatus)> {
    let mut order = before.clone();
    let mut changes = Vec::new();
    for event in events {
        let from = order.status();
        assert_eq!(
            event.version,
            order.version().next(),
            "versions have no gaps"
        );
        order = apply(Some(order), event).expect("an order stays an order");
        if from != order.status() {
            changes.push((from, order.status()));
        }
    }
    changes
}

/// The outcomes of a trigger in one status.
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

/// What was seen on orders of every shape.
#[derive(Default)]
struct Seen {
    cells: BTreeMap<(Trigger, OrderStatus), Cell>,
    status_changes: BTreeSet<(OrderStatus, OrderStatus)>,
    shapes: usize,
    tries: u64,
}

static SEEN: LazyLock<Seen> = LazyLock::new(|| {
    let mut seen = Seen::default();
    for policy in policies() {
        let shapes = explore_shapes(&policy, |order, trigger, outcome| {
            seen.tries += 1;
            let cell = seen.cells.entry((trigger, order.status())).or_default();
            match outcome {
                Outcome::Refused(code) => {
                    cell.refusals.insert(code.to_string());
                }
                Outcome::Done(events, after) => {
                    cell.statuses.insert(after.status().to_string());
                    seen.status_changes.extend(status_changes(order, events));
                }
            }
        });
        seen.shapes += shapes.len();
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
    println!("{} shapes of order, {} triggers", SEEN.shapes, SEEN.tries);
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
    let is_fact_or_time =
        |(trigger, _): &(Trigger, OrderStatus)| !matches!(trigger, Trigger::Command(_));
    for (key, cell) in SEEN.cells.iter().filter(|(key, _)| is_fact_or_time(key)) {
        assert!(cell.refusals.is_empty(), "{key:?}");
    }
}

#[test]
fn a_status_is_left_only_for_one_the_table_names_and_for_each_of_those() {
    for from in OrderStatus::ALL {
        let seen: BTreeSet<OrderStatus> = SEEN
            .status_changes
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
    for (from, to) in &SEEN.status_changes {
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
