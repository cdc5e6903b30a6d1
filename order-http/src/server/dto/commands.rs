//! The bodies of what is asked of an order, by endpoint.

use super::lines::SkuUnitsWire;
use super::{Faults, Object, Wire, moved};
use order_core::command::Command;
use order_core::money::Amount;
use order_core::order::{SkuUnits, Tracking};
use order_core::value::{Carrier, HoldNo, Reason, TrackingNumber, TrackingUrl};
use serde::Deserialize;
use utoipa::ToSchema;

/// A body without members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Nothing)]
pub(crate) struct NothingWire {}

impl Wire for NothingWire {
    type Core = ();

    fn read(self, _faults: &mut Faults) -> Option<()> {
        Some(())
    }
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Why)]
pub(crate) struct ReasonWire {
    /// Why, in your words.
    #[schema(max_length = 500, example = "the customer asked for it")]
    #[serde(default)]
    reason: Option<String>,
}

impl Wire for ReasonWire {
    type Core = Option<Reason>;

    fn read(self, faults: &mut Faults) -> Option<Option<Reason>> {
        faults.optional("reason", self.reason, Reason::parse)
    }
}

/// What is cancelled: the whole order, or some units.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Cancel, example = json!({"reason": "ordered by mistake"}))]
pub(crate) struct CancelWire {
    /// Which units; none: the whole order.
    #[schema(value_type = Option<Vec<SkuUnitsWire>>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<Object<SkuUnitsWire>>>,
    /// Why, in your words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl Wire for CancelWire {
    type Core = Command;

    fn read(self, faults: &mut Faults) -> Option<Command> {
        let lines = faults.each_optional("lines", self.lines);
        let reason = faults.optional("reason", self.reason, Reason::parse);
        let reason = reason?;
        Some(match lines? {
            Some(lines) => Command::CancelLines { lines, reason },
            None => Command::RequestCancel { reason },
        })
    }
}

/// Which hold is released.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReleaseHold)]
pub(crate) struct ReleaseHoldWire {
    /// The hold; none: all of them.
    #[schema(example = "1")]
    #[serde(default)]
    hold_id: Option<String>,
    /// Why, in your words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl Wire for ReleaseHoldWire {
    type Core = Command;

    fn read(self, faults: &mut Faults) -> Option<Command> {
        let hold = faults.optional("hold_id", self.hold_id, |id| id.parse::<HoldNo>());
        faults.optional("reason", self.reason, Reason::parse)?;
        Some(Command::ReleaseHold { hold: hold? })
    }
}

/// Some units, or all that are open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanFulfillment)]
pub(crate) struct UnitsWire {
    /// Which units; none: all that are open.
    #[schema(value_type = Option<Vec<SkuUnitsWire>>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<Object<SkuUnitsWire>>>,
}

impl Wire for UnitsWire {
    type Core = Option<Vec<SkuUnits>>;

    fn read(self, faults: &mut Faults) -> Option<Self::Core> {
        faults.each_optional("lines", self.lines)
    }
}

/// What has left, and who carries it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Ship, example = json!({"carrier": "dhl", "tracking_number": "JD0140"}))]
pub(crate) struct ShipWire {
    /// The fulfillment it was planned as; none: a new one.
    #[schema(example = "1")]
    #[serde(default)]
    fulfillment_id: Option<String>,
    /// Which units; none: those of the fulfillment, or all that are open.
    #[schema(value_type = Option<Vec<SkuUnitsWire>>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<Object<SkuUnitsWire>>>,
    /// Who carries it.
    #[schema(required = true, value_type = String, max_length = 64)]
    #[serde(default)]
    carrier: Option<String>,
    /// The carrier's number for it.
    #[schema(max_length = 128)]
    #[serde(default)]
    tracking_number: Option<String>,
    /// Where it can be followed: an http or https URL.
    #[schema(max_length = 2048)]
    #[serde(default)]
    tracking_url: Option<String>,
}

impl Wire for ShipWire {
    type Core = Command;

    fn read(self, faults: &mut Faults) -> Option<Command> {
        let fulfillment = faults.optional("fulfillment_id", self.fulfillment_id, |id| id.parse());
        let lines = faults.each_optional("lines", self.lines);
        let carrier = faults.required("carrier", self.carrier, Carrier::parse);
        let number = faults.optional(
            "tracking_number",
            self.tracking_number,
            TrackingNumber::parse,
        );
        let url = faults.optional("tracking_url", self.tracking_url, TrackingUrl::parse);
        Some(Command::ConfirmShipment {
            fulfillment: fulfillment?,
            lines: lines?,
            tracking: Tracking::new(Some(carrier?), number?, url?),
        })
    }
}

/// Who carries a shipment, and how it is followed; what is missing stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Tracking, example = json!({"tracking_number": "JD0141"}))]
pub(crate) struct TrackingWire {
    /// Who carries it.
    #[schema(max_length = 64)]
    #[serde(default)]
    carrier: Option<String>,
    /// The carrier's number for it.
    #[schema(max_length = 128)]
    #[serde(default)]
    tracking_number: Option<String>,
    /// Where it can be followed: an http or https URL.
    #[schema(max_length = 2048)]
    #[serde(default)]
    tracking_url: Option<String>,
}

impl Wire for TrackingWire {
    type Core = Tracking;

    fn read(self, faults: &mut Faults) -> Option<Tracking> {
        if self.carrier.is_none() && self.tracking_number.is_none() && self.tracking_url.is_none() {
            faults.note(
                "",
                "empty",
                "carrier, tracking_number or tracking_url is required",
            );
            return None;
        }
        let carrier = faults.optional("carrier", self.carrier, Carrier::parse);
        let number = faults.optional(
            "tracking_number",
            self.tracking_number,
            TrackingNumber::parse,
        );
        let url = faults.optional("tracking_url", self.tracking_url, TrackingUrl::parse);
        Some(Tracking::new(carrier?, number?, url?))
    }
}

/// How much is to move, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoveMoney)]
pub(crate) struct MoneyWire {
    /// Minor units; none: all there is.
    #[schema(minimum = 1, example = 500)]
    #[serde(default)]
    amount: Option<i64>,
    /// Why, in your words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl Wire for MoneyWire {
    type Core = (Option<Amount>, Option<Reason>);

    fn read(self, faults: &mut Faults) -> Option<Self::Core> {
        let amount = faults.optional("amount", self.amount, moved);
        let reason = faults.optional("reason", self.reason, Reason::parse);
        Some((amount?, reason?))
    }
}

/// How much is to be charged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Pay)]
pub(crate) struct PayWire {
    /// Minor units; none: all that is due.
    #[schema(minimum = 1)]
    #[serde(default)]
    amount: Option<i64>,
}

impl Wire for PayWire {
    type Core = Command;

    fn read(self, faults: &mut Faults) -> Option<Command> {
        let amount = faults.optional("amount", self.amount, moved);
        Some(Command::StartPayment { amount: amount? })
    }
}

/// What is to come back, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestReturn, example = json!({
    "lines": [{"sku": "abc123", "quantity": 1}], "reason": "does not fit"
}))]
pub(crate) struct RequestReturnWire {
    /// Which units.
    #[schema(required = true, value_type = Vec<SkuUnitsWire>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<Object<SkuUnitsWire>>>,
    /// Why, in your words.
    #[schema(max_length = 500)]
    #[serde(default)]
    reason: Option<String>,
}

impl Wire for RequestReturnWire {
    type Core = Command;

    fn read(self, faults: &mut Faults) -> Option<Command> {
        let lines = faults.each_required("lines", self.lines);
        let reason = faults.optional("reason", self.reason, Reason::parse);
        Some(Command::RequestReturn {
            lines: lines?,
            reason: reason?,
        })
    }
}

/// What becomes of units that came back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReceiveReturn)]
pub(crate) struct ReceiveReturnWire {
    /// Whether they go into stock again; else they are written off.
    #[schema(default = true)]
    #[serde(default)]
    restock: Option<bool>,
}

impl Wire for ReceiveReturnWire {
    type Core = bool;

    fn read(self, _faults: &mut Faults) -> Option<bool> {
        Some(self.restock.unwrap_or(true))
    }
}
