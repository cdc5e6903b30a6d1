//! Decides a command: events, or a refusal.
//!
//! Which statuses a command is allowed in is one table, [`allowed_in`]; what else it needs is in the
//! file of its subject. What follows from the events by itself is in [`reconcile`](mod@crate::reconcile), not here.
//!
//! | file | decides |
//! |---|---|
//! | `place`, `import` | new orders: placed here, or imported from another system |
//! | `lines`, `details` | revisions of lines; address, metadata, labels, contact, erasure |
//! | `offsets` | what a cancel, return or revision offsets of refunds made ahead of it |
//! | `holds` | holds and their release |
//! | `payment` | attempts, the payment method, captures, refunds on request |
//! | `fulfillment` | plan, release, recall, ship, track, deliver |
//! | `cancel` | cancels of units or of the whole order, deletion |
//! | `returns` | returns: request, approve, reject, receive, cancel |
//! | `status_table` | the table itself: [`allowed_in`] |
//! | `ensure` | the conditions that several commands share, and their refusals |
//! | `available` | which commands would be accepted now |

mod available;
mod cancel;
mod details;
mod ensure;
mod fulfillment;
mod holds;
mod import;
mod lines;
mod offsets;
mod payment;
mod place;
mod returns;
mod status_table;

use crate::command::{Command, CommandKind, PlaceOrder};
use crate::event::Event;
use crate::order::Order;
use crate::reconcile::reconcile;
use crate::refusal::{Refusal, RefusalCode};
use crate::transition::{Context, EventSink, Transition};
use ensure::{Denial, deny, ensure};

pub use available::available_commands;
pub use status_table::allowed_in;

/// Returns the events that a command results in; `order` is `None` if there is none yet.
///
/// No events mean that there is nothing to do: the order stays as it is.
///
/// # Errors
/// If the command is refused.
pub fn decide(
    order: Option<&Order>,
    command: &Command,
    ctx: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    Ok(match order {
        None => decide_new(command, ctx)?.events,
        Some(order) => decide_on(order.clone(), command, ctx)?.events,
    })
}

/// Decides a command that creates an order: [`Command::PlaceOrder`] or [`Command::ImportOrder`].
///
/// Like [`decide`], but returns the order and the effects as well.
///
/// # Errors
/// [`RefusalCode::NotPlaced`] for any other command, else the refusal of the command.
pub fn decide_new(command: &Command, ctx: &Context<'_>) -> Result<Transition, Refusal> {
    let refuse = |denial: Denial| denial.refuse(command.kind(), None);
    let not_placed = || refuse(deny(RefusalCode::NotPlaced, "there is no order yet"));
    let first = match command {
        Command::PlaceOrder(place) => place::place(place, ctx),
        Command::ImportOrder(import) => import::import(import, ctx),
        _ => return Err(not_placed()),
    };
    let mut sink = EventSink::begin(first.map_err(refuse)?, *ctx).ok_or_else(not_placed)?;
    check_guards(&sink.order, command, ctx)?;
    reconcile(&mut sink);
    Ok(sink.finish())
}

/// Returns the order that a command would place, as far as it is known before its prices are: neither
/// its sums nor the guards are checked, and nothing is reconciled. `None` if its lines are refused.
pub(crate) fn draft(place: &PlaceOrder, ctx: &Context<'_>) -> Option<Transition> {
    let first = place::draft(place, ctx).ok()?;
    EventSink::begin(first, *ctx).map(EventSink::finish)
}

/// Decides a command on an existing order.
///
/// Like [`decide`], but returns the order and the effects as well.
///
/// # Errors
/// If the order's state, its storefront's policy or a guard refuses the command.
pub fn decide_on(
    order: Order,
    command: &Command,
    ctx: &Context<'_>,
) -> Result<Transition, Refusal> {
    let (kind, status) = (command.kind(), order.status);
    let refuse = |denial: Denial| denial.refuse(kind, Some(status));
    admit(&order, kind).map_err(refuse)?;
    check_guards(&order, command, ctx)?;
    let mut sink = EventSink::new(order, *ctx);
    emit(&mut sink, command).map_err(refuse)?;
    reconcile(&mut sink);
    Ok(sink.finish())
}

/// Checks the status table, and the conditions of every command.
fn admit(order: &Order, command: CommandKind) -> Result<(), Denial> {
    if order.deleted_at().is_some() {
        return Err(match command {
            CommandKind::DeleteOrder => {
                deny(RefusalCode::AlreadyDeleted, "the order was deleted before")
            }
            CommandKind::ErasePersonalData => return Ok(()),
            _ => deny(RefusalCode::Deleted, "the order was deleted"),
        });
    }
    if command == CommandKind::RequestCancel {
        cancel::ensure_not_shipped(order)?;
    }
    if matches!(command, CommandKind::PlaceOrder | CommandKind::ImportOrder) {
        return Err(already_placed());
    }
    ensure(
        allowed_in(command).contains(&order.status),
        RefusalCode::WrongStatus,
        format_args!(
            "{command} is not possible while the order is {}",
            order.status
        ),
    )
}

/// Checks the guards of the embedding service.
fn check_guards(order: &Order, command: &Command, ctx: &Context<'_>) -> Result<(), Refusal> {
    ctx.policy
        .guards
        .iter()
        .try_for_each(|guard| guard.check(order, command))
}

fn already_placed() -> Denial {
    deny(RefusalCode::AlreadyPlaced, "there is an order already")
}

/// Emits the events of the command itself; `reconcile` adds those that follow.
fn emit(sink: &mut EventSink<'_>, command: &Command) -> Result<(), Denial> {
    match command {
        Command::PlaceOrder(_) | Command::ImportOrder(_) => Err(already_placed()),
        Command::StartPayment { amount } => payment::start(sink, *amount),
        Command::ChangePaymentMethod { token } => payment::change_method(sink, token),
        Command::CapturePayment { amount } => payment::capture(sink, *amount),
        Command::RequestRefund {
            amount,
            lines,
            kind,
            reason,
        } => payment::refund(sink, *amount, lines.as_deref(), *kind, reason.as_ref()),
        Command::PlaceHold { reason } => holds::hold(sink, reason.as_ref()),
        Command::ReleaseHold { hold } => holds::release(sink, *hold),
        Command::ChangeAddress { address } => details::change_address(sink, address),
        Command::UpdateDetails(patch) => details::update(sink, patch),
        Command::ErasePersonalData => {
            details::erase(sink);
            Ok(())
        }
        Command::ReviseLines { lines, adjustments } => {
            lines::revise(sink, lines, adjustments.as_deref())
        }
        Command::CancelLines { lines, reason } => cancel::lines(sink, lines, reason.as_ref()),
        Command::RequestCancel { reason } => {
            cancel::order(sink, reason.as_ref());
            Ok(())
        }
        Command::DeleteOrder => cancel::delete(sink),
        Command::PlanFulfillment { lines } => fulfillment::plan(sink, lines.as_deref()),
        Command::ReleaseFulfillment { fulfillment } => fulfillment::release(sink, *fulfillment),
        Command::RecallFulfillment { fulfillment } => fulfillment::recall(sink, *fulfillment),
        Command::ConfirmShipment {
            fulfillment,
            lines,
            tracking,
        } => fulfillment::ship(sink, *fulfillment, lines.as_deref(), tracking),
        Command::UpdateTracking {
            fulfillment,
            tracking,
        } => fulfillment::track(sink, *fulfillment, tracking),
        Command::ConfirmDelivery { fulfillment } => fulfillment::deliver(sink, *fulfillment),
        Command::RequestReturn { lines, reason } => returns::request(sink, lines, reason.as_ref()),
        Command::ApproveReturn { return_no } => returns::approve(sink, *return_no),
        Command::RejectReturn { return_no, reason } => {
            returns::reject(sink, *return_no, reason.as_ref())
        }
        Command::ReceiveReturn { return_no, restock } => {
            returns::receive(sink, *return_no, *restock)
        }
        Command::CancelReturn { return_no } => returns::cancel(sink, *return_no),
    }
}
