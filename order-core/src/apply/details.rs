//! Applies events about metadata, labels and personal data.

use crate::event::EventPayload;
use crate::order::{Order, PersonalData};
use crate::time::Timestamp;

impl Order {
    /// Applies an event about details; ignores other events.
    pub(super) fn apply_details(&mut self, payload: &EventPayload, at: Timestamp) {
        match payload {
            EventPayload::PersonalDataErased => {
                self.personal = PersonalData::default();
                self.payment_method_ready = false;
                self.erased_at = Some(at);
            }
            EventPayload::AddressChanged { personal } => self.overlay(personal),
            EventPayload::DetailsChanged {
                metadata,
                labels,
                personal,
            } => {
                self.metadata = metadata.clone();
                self.labels.clone_from(labels);
                self.overlay(personal);
            }
            _ => {}
        }
    }

    /// Replaces the parts of the personal data that `newer` has.
    pub(super) fn overlay(&mut self, newer: &PersonalData) {
        self.personal = std::mem::take(&mut self.personal).overlaid(newer.clone());
    }
}
