//! Places and releases holds by command.

use super::ensure::{Denial, ensure, ensure_nothing_released};
use crate::event::EventPayload;
use crate::order::{Hold, HoldOrigin};
use crate::refusal::RefusalCode;
use crate::transition::EventSink;
use crate::value::{HoldNo, Reason};

pub(super) fn hold(sink: &mut EventSink<'_>, reason: Option<&Reason>) -> Result<(), Denial> {
    ensure_nothing_released(&sink.order)?;
    sink.hold(HoldOrigin::Requested, reason.cloned());
    Ok(())
}

pub(super) fn release(sink: &mut EventSink<'_>, hold: Option<HoldNo>) -> Result<(), Denial> {
    let active: Vec<HoldNo> = sink
        .order
        .holds
        .iter()
        .filter(|one| one.is_active() && hold.is_none_or(|no| no == one.no))
        .map(|one: &Hold| one.no)
        .collect();
    ensure(
        !active.is_empty(),
        RefusalCode::NotOnHold,
        "there is no such hold to release",
    )?;
    for hold in active {
        sink.emit(EventPayload::HoldReleased { hold });
    }
    Ok(())
}
