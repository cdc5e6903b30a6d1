//! What the customer service reports.

use super::late::late;
use crate::event::EventPayload;
use crate::fact::FactKind;
use crate::order::CustomerVerification;
use crate::transition::EventSink;

/// Records the outcome of a verification. A verified customer stays verified.
pub(super) fn verify_customer(sink: &mut EventSink<'_>, payload: EventPayload, fact: FactKind) {
    if sink.order.customer_verification == CustomerVerification::Verified
        || (sink.order.customer_verification == CustomerVerification::Unverified
            && fact == FactKind::CustomerUnverified)
    {
        return;
    }
    if sink.order.status.is_closed() {
        late(sink, fact);
        return;
    }
    sink.emit(payload);
}
