//! The bodies of fulfillments, shipments and their tracking.

use crate::server::dto::json_object::JsonObject;
use crate::server::dto::units::UnitsDto;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::Command;
use order_core::order::{Tracking, UnitSelection};
use order_core::value::{Carrier, TrackingNumber, TrackingUrl};
use serde::Deserialize;
use utoipa::ToSchema;

/// Requests a fulfillment of some units, or of all that are open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanFulfillment)]
pub(crate) struct PlanFulfillmentBody {
    /// The units to send; absent for all that are open.
    #[schema(value_type = Option<Vec<UnitsDto>>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<JsonObject<UnitsDto>>>,
}

impl RequestBody for PlanFulfillmentBody {
    type Core = Option<Vec<UnitSelection>>;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Self::Core> {
        errors.optional_list("lines", self.lines)
    }
}

/// Confirms that units have been shipped, and by which carrier.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Ship, example = json!({"carrier": "dhl", "tracking_number": "JD0140"}))]
pub(crate) struct ShipBody {
    /// The fulfillment that was planned for it; absent for a new one.
    #[schema(example = "1")]
    #[serde(default)]
    fulfillment_id: Option<String>,
    /// The units; absent for those of the fulfillment, or without one all that are open.
    #[schema(value_type = Option<Vec<UnitsDto>>, min_items = 1)]
    #[serde(default)]
    lines: Option<Vec<JsonObject<UnitsDto>>>,
    #[schema(required = true, value_type = String, max_length = 64)]
    #[serde(default)]
    carrier: Option<String>,
    #[schema(max_length = 128)]
    #[serde(default)]
    tracking_number: Option<String>,
    /// An http or https URL.
    #[schema(max_length = 2048)]
    #[serde(default)]
    tracking_url: Option<String>,
}

impl RequestBody for ShipBody {
    type Core = Command;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Command> {
        let fulfillment = errors.optional("fulfillment_id", self.fulfillment_id, |id| id.parse());
        let lines = errors.optional_list("lines", self.lines);
        let carrier = errors.required("carrier", self.carrier, Carrier::parse);
        let number = errors.optional(
            "tracking_number",
            self.tracking_number,
            TrackingNumber::parse,
        );
        let url = errors.optional("tracking_url", self.tracking_url, TrackingUrl::parse);
        Some(Command::ConfirmShipment {
            fulfillment: fulfillment?,
            lines: lines?,
            tracking: Tracking::new(Some(carrier?), number?, url?),
        })
    }
}

/// Corrects the carrier and the tracking of a shipment. Absent members stay as they are; at least one
/// is required.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Tracking, example = json!({"tracking_number": "JD0141"}))]
pub(crate) struct TrackingBody {
    #[schema(max_length = 64)]
    #[serde(default)]
    carrier: Option<String>,
    #[schema(max_length = 128)]
    #[serde(default)]
    tracking_number: Option<String>,
    /// An http or https URL.
    #[schema(max_length = 2048)]
    #[serde(default)]
    tracking_url: Option<String>,
}

impl RequestBody for TrackingBody {
    type Core = Tracking;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Tracking> {
        if self.carrier.is_none() && self.tracking_number.is_none() && self.tracking_url.is_none() {
            errors.add(
                "",
                "empty",
                "carrier, tracking_number or tracking_url is required",
            );
            return None;
        }
        let carrier = errors.optional("carrier", self.carrier, Carrier::parse);
        let number = errors.optional(
            "tracking_number",
            self.tracking_number,
            TrackingNumber::parse,
        );
        let url = errors.optional("tracking_url", self.tracking_url, TrackingUrl::parse);
        Some(Tracking::new(carrier?, number?, url?))
    }
}
