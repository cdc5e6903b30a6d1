//! Holds, address, metadata, contact, erasure.

use super::Refused;
use super::lines::before_release;
use crate::command::DetailsPatch;
use crate::draft::Draft;
use crate::event::Happening;
use crate::order::{Address, Hold, HoldOrigin, Order, PersonalData};
use crate::refusal::{Refusal, RefusalCode};
use crate::value::{HoldNo, Reason};

pub(super) fn hold(
    draft: &mut Draft<'_>,
    reason: Option<&Reason>,
    refused: &Refused,
) -> Result<(), Refusal> {
    refused.unless(
        draft.order.nothing_released(),
        RefusalCode::AlreadyReleased,
        "the warehouse was asked: call it back first",
    )?;
    draft.hold(HoldOrigin::Requested, reason.cloned());
    Ok(())
}

pub(super) fn release_hold(
    draft: &mut Draft<'_>,
    hold: Option<HoldNo>,
    refused: &Refused,
) -> Result<(), Refusal> {
    let active: Vec<HoldNo> = draft
        .order
        .holds
        .iter()
        .filter(|one| one.is_active() && hold.is_none_or(|no| no == one.no))
        .map(|one: &Hold| one.no)
        .collect();
    refused.unless(
        !active.is_empty(),
        RefusalCode::NotOnHold,
        "there is no such hold to release",
    )?;
    for hold in active {
        draft.emit(Happening::HoldReleased { hold });
    }
    Ok(())
}

pub(super) fn change_address(
    draft: &mut Draft<'_>,
    address: &Address,
    refused: &Refused,
) -> Result<(), Refusal> {
    before_release(&draft.order, refused)?;
    not_erased(&draft.order, refused)?;
    draft.emit(Happening::AddressChanged {
        personal: PersonalData {
            shipping_address: Some(address.clone()),
            ..PersonalData::default()
        },
    });
    Ok(())
}

pub(super) fn update(
    draft: &mut Draft<'_>,
    patch: &DetailsPatch,
    refused: &Refused,
) -> Result<(), Refusal> {
    let order = &draft.order;
    if patch.contact.is_some() {
        not_erased(order, refused)?;
    }
    let metadata = order
        .metadata
        .merged(&patch.metadata)
        .map_err(|invalid| refused.because(RefusalCode::TooLarge, invalid.to_string()))?;
    let labels = patch.labels.clone().unwrap_or_else(|| order.labels.clone());
    let same_contact = patch.contact.is_none() || patch.contact == order.personal.contact;
    if metadata == order.metadata && labels == order.labels && same_contact {
        return Ok(());
    }
    draft.emit(Happening::DetailsChanged {
        metadata,
        labels,
        personal: PersonalData {
            contact: patch.contact.clone(),
            ..PersonalData::default()
        },
    });
    Ok(())
}

/// Erasing again changes nothing.
pub(super) fn erase(draft: &mut Draft<'_>) {
    if draft.order.erased_at.is_none() {
        draft.emit(Happening::PersonalDataErased);
    }
}

pub(super) fn not_erased(order: &Order, refused: &Refused) -> Result<(), Refusal> {
    refused.unless(
        order.erased_at.is_none(),
        RefusalCode::PersonalDataErased,
        "the personal data was erased",
    )
}
