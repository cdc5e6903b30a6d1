//! Logs committed events, without personal data.

use crate::event::{Event, EventPayload};
use crate::order::Order;

/// Logs each committed event, and warns of facts that came late.
pub(super) fn log_events(order: &Order, events: &[Event]) {
    for event in events {
        tracing::info!(
            storefront = %order.storefront(),
            order = %order.id(),
            version = %event.version,
            event = event.payload.name(),
            status = %order.status(),
            "recorded"
        );
        if let EventPayload::LateFactRecorded { fact, .. } = &event.payload {
            tracing::warn!(order = %order.id(), %fact, "a fact came late and is put right");
        }
    }
}
