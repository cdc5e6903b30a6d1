//! What a command comes to: events, or a refusal.
//!
//! Which statuses a command is allowed in is one table, [`allowed_in`]; what else it needs is in
//! the module of its subject. What follows from the events by itself is not here but in `advance`.

mod cancel;
mod details;
mod fulfillment;
mod import;
mod lines;
mod payment;
mod place;
mod probe;
mod returns;

use crate::advance::advance;
use crate::command::{Command, CommandKind};
use crate::draft::{Context, Draft, Step};
use crate::event::Event;
use crate::order::{Order, OrderStatus};
use crate::refusal::{Refusal, RefusalCode};
use OrderStatus::{
    Cancelled, Cancelling, Completed, Confirmed, Expired, Pending, Processing, Rejected,
};

pub use probe::actions;

/// The statuses in which a command is allowed at all. Everything else is refused.
///
/// The commands that make an order have none.
#[must_use]
pub const fn allowed_in(command: CommandKind) -> &'static [OrderStatus] {
    match command {
        CommandKind::PlaceOrder | CommandKind::ImportOrder => &[],
        CommandKind::StartPayment => &[Confirmed, Processing],
        CommandKind::PlaceHold
        | CommandKind::ReleaseHold
        | CommandKind::ReviseLines
        | CommandKind::ChangeAddress
        | CommandKind::ChangePaymentMethod
        | CommandKind::CancelLines => &[Pending, Confirmed, Processing],
        CommandKind::PlanFulfillment
        | CommandKind::ReleaseFulfillment
        | CommandKind::RecallFulfillment
        | CommandKind::ConfirmShipment
        | CommandKind::ConfirmDelivery
        | CommandKind::CapturePayment => &[Processing],
        CommandKind::UpdateTracking
        | CommandKind::RequestRefund
        | CommandKind::RequestReturn
        | CommandKind::ApproveReturn
        | CommandKind::RejectReturn => &[Processing, Completed],
        CommandKind::ReceiveReturn | CommandKind::CancelReturn => &[
            Processing, Completed, Cancelling, Cancelled, Rejected, Expired,
        ],
        CommandKind::RequestCancel => &[Pending, Confirmed, Processing, Cancelling, Cancelled],
        CommandKind::UpdateDetails | CommandKind::DeleteOrder => &[
            Pending, Confirmed, Processing, Completed, Cancelling, Cancelled, Rejected, Expired,
        ],
        CommandKind::ErasePersonalData => &[Completed, Cancelled, Rejected, Expired],
    }
}

/// The events a command comes to on an order, or on none.
///
/// No events: there is nothing to do, and the answer is the order as it is.
///
/// # Errors
/// If the command is refused. Nothing has happened then.
pub fn decide(
    order: Option<&Order>,
    command: &Command,
    ctx: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    Ok(match order {
        None => begin(command, ctx)?.events,
        Some(order) => proceed(order.clone(), command, ctx)?.events,
    })
}

/// As [`decide`] for a command that makes an order, with the order it makes.
///
/// # Errors
/// If the command is refused, or makes no order.
pub fn begin(command: &Command, ctx: &Context<'_>) -> Result<Step, Refusal> {
    let refused = Refused {
        command: command.kind(),
        status: None,
    };
    let first = match command {
        Command::PlaceOrder(place) => place::place(place, ctx, &refused)?,
        Command::ImportOrder(import) => import::import(import, ctx, &refused)?,
        _ => return Err(refused.because(RefusalCode::NotPlaced, "there is no order yet")),
    };
    let mut draft = Draft::begin(first, *ctx)
        .ok_or_else(|| refused.because(RefusalCode::NotPlaced, "there is no order yet"))?;
    veto(&draft.order, command, ctx)?;
    advance(&mut draft);
    Ok(draft.finish())
}

/// As [`decide`] for an existing order, with the order afterwards.
///
/// # Errors
/// If the command is refused.
pub fn proceed(order: Order, command: &Command, ctx: &Context<'_>) -> Result<Step, Refusal> {
    let refused = Refused {
        command: command.kind(),
        status: Some(order.status),
    };
    admit(&order, &refused)?;
    veto(&order, command, ctx)?;
    let mut draft = Draft::new(order, *ctx);
    let d = &mut draft;
    match command {
        Command::PlaceOrder(_) | Command::ImportOrder(_) => {
            return Err(refused.because(RefusalCode::AlreadyPlaced, "there is an order already"));
        }
        Command::StartPayment { amount } => payment::start(d, *amount, &refused)?,
        Command::ChangePaymentMethod { token } => payment::change_method(d, token, &refused)?,
        Command::CapturePayment { amount } => payment::capture(d, *amount, &refused)?,
        Command::RequestRefund { amount, reason } => {
            payment::refund(d, *amount, reason.as_ref(), &refused)?;
        }
        Command::PlaceHold { reason } => details::hold(d, reason.as_ref(), &refused)?,
        Command::ReleaseHold { hold } => details::release_hold(d, *hold, &refused)?,
        Command::ChangeAddress { address } => details::change_address(d, address, &refused)?,
        Command::UpdateDetails(patch) => details::update(d, patch, &refused)?,
        Command::ErasePersonalData => details::erase(d),
        Command::ReviseLines { lines, adjustments } => {
            lines::revise(d, lines, adjustments.as_deref(), &refused)?;
        }
        Command::CancelLines { lines, reason } => {
            cancel::lines(d, lines, reason.as_ref(), &refused)?;
        }
        Command::RequestCancel { reason } => cancel::order(d, reason.as_ref(), &refused)?,
        Command::DeleteOrder => cancel::delete(d, &refused)?,
        Command::PlanFulfillment { lines } => fulfillment::plan(d, lines.as_deref(), &refused)?,
        Command::ReleaseFulfillment { fulfillment } => {
            fulfillment::release(d, *fulfillment, &refused)?;
        }
        Command::RecallFulfillment { fulfillment } => {
            fulfillment::recall(d, *fulfillment, &refused)?;
        }
        Command::ConfirmShipment {
            fulfillment,
            lines,
            tracking,
        } => fulfillment::ship(d, *fulfillment, lines.as_deref(), tracking, &refused)?,
        Command::UpdateTracking {
            fulfillment,
            tracking,
        } => fulfillment::track(d, *fulfillment, tracking, &refused)?,
        Command::ConfirmDelivery { fulfillment } => {
            fulfillment::deliver(d, *fulfillment, &refused)?;
        }
        Command::RequestReturn { lines, reason } => {
            returns::request(d, lines, reason.as_ref(), &refused)?;
        }
        Command::ApproveReturn { return_no } => returns::approve(d, *return_no, &refused)?,
        Command::RejectReturn { return_no, reason } => {
            returns::reject(d, *return_no, reason.as_ref(), &refused)?;
        }
        Command::ReceiveReturn { return_no, restock } => {
            returns::receive(d, *return_no, *restock, &refused)?;
        }
        Command::CancelReturn { return_no } => returns::cancel(d, *return_no, &refused)?,
    }
    advance(&mut draft);
    Ok(draft.finish())
}

/// The table, and what holds for every command.
fn admit(order: &Order, refused: &Refused) -> Result<(), Refusal> {
    if order.deleted_at().is_some() {
        return Err(match refused.command {
            CommandKind::DeleteOrder => {
                refused.because(RefusalCode::AlreadyDeleted, "the order was deleted before")
            }
            CommandKind::ErasePersonalData => return Ok(()),
            _ => refused.because(RefusalCode::Deleted, "the order was deleted"),
        });
    }
    if refused.command == CommandKind::RequestCancel
        && !order.status.is_closed()
        && !order.nothing_shipped()
    {
        return Err(refused.because(
            RefusalCode::AlreadyShipped,
            "something was shipped: cancel what is open, or have it returned",
        ));
    }
    if matches!(
        refused.command,
        CommandKind::PlaceOrder | CommandKind::ImportOrder
    ) {
        return Err(refused.because(RefusalCode::AlreadyPlaced, "there is an order already"));
    }
    if allowed_in(refused.command).contains(&order.status) {
        return Ok(());
    }
    Err(refused.because(
        RefusalCode::WrongStatus,
        format!(
            "{} is not possible while the order is {}",
            refused.command, order.status
        ),
    ))
}

fn veto(order: &Order, command: &Command, ctx: &Context<'_>) -> Result<(), Refusal> {
    ctx.policies
        .guards
        .iter()
        .try_for_each(|guard| guard.check(order, command))
}

/// What every refusal of the present command says.
struct Refused {
    command: CommandKind,
    status: Option<OrderStatus>,
}

impl Refused {
    fn because(&self, code: RefusalCode, message: impl Into<String>) -> Refusal {
        Refusal::new(code, self.command, self.status, message)
    }

    fn unless(
        &self,
        holds: bool,
        code: RefusalCode,
        message: impl Into<String>,
    ) -> Result<(), Refusal> {
        if holds {
            Ok(())
        } else {
            Err(self.because(code, message))
        }
    }
}
