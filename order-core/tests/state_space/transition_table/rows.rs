//! The rows of the table, by hand.

use order_core::command::CommandKind;
use order_core::fact::FactKind;
use order_core::order::OrderStatus;

/// Per group of statuses: the statuses that follow, and after a bar the codes of refusals. In every
/// other status a command is refused with `wrong_status`, and a fact leaves the order as it is. A
/// deleted order refuses every command but deletion and erasure.
pub(super) type Row = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
pub(super) const fn command(kind: CommandKind) -> Row {
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
            ("processing completed", "itself | exceeds_captured invalid_amount too_many_units"),
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
pub(super) const fn fact(kind: FactKind) -> Row {
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
        FactKind::StockRevised => &[
            ("pending", "itself confirmed processing"),
            ("confirmed", "itself processing completed"),
            ("cancelling", "itself cancelled"),
        ],
        FactKind::StockRevisionRejected => &[
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

/// The statuses that time alone leads to.
pub(super) const TIME: Row = &[("pending confirmed", "itself expired")];

/// Returns the statuses that may follow on a status.
pub(super) fn may_become(status: OrderStatus) -> &'static [OrderStatus] {
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
