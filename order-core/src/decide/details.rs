//! Changes address, metadata, labels and contact, and erases personal data.

use super::ensure::{Denial, deny, ensure_editable, ensure_not_erased};
use crate::command::DetailsPatch;
use crate::event::EventPayload;
use crate::order::{Address, PersonalData};
use crate::refusal::RefusalCode;
use crate::transition::EventSink;

pub(super) fn change_address(sink: &mut EventSink<'_>, address: &Address) -> Result<(), Denial> {
    ensure_editable(&sink.order)?;
    ensure_not_erased(&sink.order)?;
    sink.emit(EventPayload::AddressChanged {
        personal: PersonalData {
            shipping_address: Some(address.clone()),
            ..PersonalData::default()
        },
    });
    Ok(())
}

pub(super) fn update(sink: &mut EventSink<'_>, patch: &DetailsPatch) -> Result<(), Denial> {
    let order = &sink.order;
    if patch.contact.is_some() {
        ensure_not_erased(order)?;
    }
    let metadata = order
        .metadata
        .merged(&patch.metadata)
        .map_err(|invalid| deny(RefusalCode::TooLarge, invalid.to_string()))?;
    let labels = patch.labels.clone().unwrap_or_else(|| order.labels.clone());
    let same_contact = patch.contact.is_none() || patch.contact == order.personal.contact;
    if metadata == order.metadata && labels == order.labels && same_contact {
        return Ok(());
    }
    sink.emit(EventPayload::DetailsChanged {
        metadata,
        labels,
        personal: PersonalData {
            contact: patch.contact.clone(),
            ..PersonalData::default()
        },
    });
    Ok(())
}

/// Erases personal data; a second time it emits nothing.
pub(super) fn erase(sink: &mut EventSink<'_>) {
    if sink.order.erased_at.is_none() {
        sink.emit(EventPayload::PersonalDataErased);
    }
}
