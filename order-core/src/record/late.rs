//! Late facts: those that contradict the state of the order when they are recorded.

use crate::event::EventPayload;
use crate::fact::FactKind;
use crate::transition::EventSink;
use crate::value::ReservationNo;

/// Marks a fact as contradicting the state of the order.
pub(super) fn late(sink: &mut EventSink<'_>, fact: FactKind) {
    sink.emit(EventPayload::LateFactRecorded {
        fact,
        reservation: None,
    });
}

/// Marks a fact as late, about a reservation that is to be released again.
pub(super) fn late_stock(sink: &mut EventSink<'_>, fact: FactKind, reservation: ReservationNo) {
    sink.emit(EventPayload::LateFactRecorded {
        fact,
        reservation: Some(reservation),
    });
}

/// Marks a fact as late if the order is closed.
pub(super) fn late_if_closed(sink: &mut EventSink<'_>, fact: FactKind) {
    if sink.order.status.is_closed() {
        late(sink, fact);
    }
}
