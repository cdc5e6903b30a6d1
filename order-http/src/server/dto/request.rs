//! Request bodies, a module for each subject.

mod cancel;
mod empty;
mod holds;
mod lines;
mod payments;
mod place_order;
mod preview;
mod reason;
mod returns;
mod shipments;
mod update_order;

pub(crate) use cancel::CancelBody;
pub(crate) use empty::EmptyBody;
pub(crate) use holds::ReleaseHoldBody;
pub(crate) use lines::ReviseLinesBody;
pub(crate) use payments::{AmountBody, PayBody, PaymentMethodBody, RefundBody};
pub(crate) use place_order::PlaceOrderBody;
pub(crate) use preview::{PreviewBody, PreviewedCommand, parse_previewed};
pub(crate) use reason::ReasonBody;
pub(crate) use returns::{ReceiveReturnBody, RequestReturnBody};
pub(crate) use shipments::{PlanFulfillmentBody, ShipBody, TrackingBody};
pub(crate) use update_order::UpdateOrderBody;
