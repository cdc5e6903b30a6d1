//! Which command is allowed in which status of an order: one table, with no other rule in it.

use crate::command::CommandKind;
use crate::order::OrderStatus;
use OrderStatus::{
    Cancelled, Cancelling, Completed, Confirmed, Expired, Pending, Processing, Rejected,
};

/// Returns the statuses in which a command is allowed at all; in any other it is refused.
///
/// Empty for the commands that make an order.
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
