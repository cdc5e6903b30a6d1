//! What an event makes of an order. No rule lives here: an event has happened, and is applied.

use crate::event::{Event, Happening, Placement};
use crate::money::Amount;
use crate::order::{
    AttemptState, Cancellation, Capture, CaptureState, CustomerCheck, Deletion, Fulfillment,
    FulfillmentState, Hold, HoldOrigin, Line, LineUnits, Order, OrderStatus, PaymentAttempt,
    Refund, RefundState, Reservation, ReservationState, Return, ReturnState, Revision, SkuUnits,
    StockWork, Tracking,
};
use crate::policy::Dependency;
use crate::time::Timestamp;
use crate::value::{
    AttemptNo, CaptureNo, FulfillmentNo, LineId, ProviderId, RefundNo, ReservationNo, ReturnNo,
};
use std::collections::BTreeSet;

/// The order after an event; the fold of all its events is the order.
///
/// The first event makes the order. An event that is not its first, or makes no sense on the order
/// it is given, changes nothing but the version: history that was stored is never refused.
#[must_use]
pub fn apply(order: Option<Order>, event: &Event) -> Option<Order> {
    let mut order = match (order, &event.happening) {
        (None, Happening::OrderPlaced(placement)) => placed(placement, event.at),
        (None, Happening::OrderImported(imported)) => (**imported).clone(),
        (None, _) => return None,
        (Some(order), _) => order,
    };
    order.apply_mut(event);
    Some(order)
}

fn placed(placement: &Placement, at: Timestamp) -> Order {
    let mut order = Order {
        id: placement.id,
        storefront: placement.storefront.clone(),
        version: crate::value::Version::NONE,
        status: OrderStatus::Pending,
        customer_id: placement.customer_id.clone(),
        customer: CustomerCheck::Pending,
        currency: placement.currency,
        lines: placement.lines.clone(),
        adjustments: placement.adjustments.clone(),
        revision: None,
        reservation: None,
        payments: Vec::new(),
        refunds: Vec::new(),
        fulfillments: Vec::new(),
        returns: Vec::new(),
        holds: Vec::new(),
        pending_on: BTreeSet::new(),
        metadata: placement.metadata.clone(),
        labels: BTreeSet::new(),
        external_reference: None,
        deadline: Some(placement.deadline),
        cancellation: None,
        deletion: None,
        erased_at: None,
        payment_method_ready: placement.payment_method,
        placed_at: at,
        updated_at: at,
        personal: placement.personal.clone(),
    };
    let covers = order.stock_target();
    order.ask_for_stock(ReservationNo::FIRST, covers);
    order
}

impl Order {
    pub(crate) fn apply_mut(&mut self, event: &Event) {
        self.take_in(&event.happening, event.at);
        self.version = event.version;
        self.updated_at = event.at;
    }

    fn take_in(&mut self, happening: &Happening, at: Timestamp) {
        match happening {
            Happening::OrderPlaced(_)
            | Happening::OrderImported(_)
            | Happening::LateFactRecorded { .. } => {}
            Happening::LinesPriced { lines } => {
                for priced in lines {
                    if let Some(line) = self.line_mut(priced.line) {
                        line.unit_price = Some(priced.unit_price);
                        line.name = line.name.take().or_else(|| priced.name.clone());
                    }
                }
            }
            Happening::CustomerVerified => {
                self.customer = CustomerCheck::Verified;
                self.pending_on.remove(&Dependency::Customers);
            }
            Happening::CustomerAcceptedUnverified => {
                self.customer = CustomerCheck::Unverified;
                self.pending_on.remove(&Dependency::Customers);
            }
            Happening::OrderDeferred { dependency } => {
                self.pending_on.insert(*dependency);
            }
            Happening::OrderConfirmed { deadline } => {
                self.status = OrderStatus::Confirmed;
                self.deadline = Some(*deadline);
                self.pending_on.clear();
            }
            Happening::OrderReleased => {
                self.status = OrderStatus::Processing;
                self.deadline = None;
                self.pending_on.clear();
            }
            Happening::OrderRejected { .. } => self.close(OrderStatus::Rejected),
            Happening::OrderExpired => self.close(OrderStatus::Expired),
            Happening::OrderCancelled => self.close(OrderStatus::Cancelled),
            Happening::CancelRequested { reason } => {
                self.close(OrderStatus::Cancelling);
                self.cancellation = Some(Cancellation {
                    reason: reason.clone(),
                    requested_at: at,
                    stuck: false,
                });
            }
            Happening::CompensationStuck { .. } => {
                if let Some(cancellation) = &mut self.cancellation {
                    cancellation.stuck = true;
                }
            }
            Happening::OrderCompleted => self.status = OrderStatus::Completed,
            Happening::DeletionRequested => {
                self.deletion = Some(Deletion {
                    requested_at: at,
                    deleted_at: None,
                });
            }
            Happening::OrderDeleted => {
                self.deletion = Some(Deletion {
                    requested_at: self.deletion.map_or(at, |deletion| deletion.requested_at),
                    deleted_at: Some(at),
                });
            }
            Happening::PersonalDataErased => {
                self.personal = crate::order::PersonalData::default();
                self.payment_method_ready = false;
                self.erased_at = Some(at);
            }
            Happening::AddressChanged { personal } => self.overlay(personal),
            Happening::DetailsChanged {
                metadata,
                labels,
                personal,
            } => {
                self.metadata = metadata.clone();
                self.labels.clone_from(labels);
                self.overlay(personal);
            }
            Happening::OrderHeld {
                hold,
                origin,
                reason,
            } => {
                self.holds.push(Hold {
                    no: *hold,
                    origin: *origin,
                    reason: reason.clone(),
                    placed_at: at,
                    released_at: None,
                });
                if *origin == HoldOrigin::StockUnavailable {
                    self.stock_work_done(None);
                }
            }
            Happening::HoldReleased { hold } => {
                if let Some(hold) = self.holds.iter_mut().find(|one| one.no == *hold) {
                    hold.released_at = Some(at);
                }
            }
            Happening::LinesRevised { lines, adjustments } => {
                self.revision = Some(Box::new(Revision {
                    lines: std::mem::replace(&mut self.lines, lines.clone()),
                    adjustments: std::mem::replace(&mut self.adjustments, adjustments.clone()),
                }));
            }
            Happening::RevisionSettled => self.revision = None,
            Happening::RevisionReverted { .. } => {
                if let Some(before) = self.revision.take() {
                    self.lines = before.lines;
                    self.adjustments = before.adjustments;
                }
                self.stock_work_done(None);
            }
            Happening::LinesCancelled { lines, .. } => {
                self.count(lines, |line, units| add(&mut line.cancelled, units));
            }
            Happening::ReservationRequested { .. }
            | Happening::StockReserved { .. }
            | Happening::ReservationRejected { .. }
            | Happening::ReservationLost { .. }
            | Happening::ReservationRevisionRequested { .. }
            | Happening::ReservationRevised { .. }
            | Happening::ReservationExtensionRequested { .. }
            | Happening::ReservationExtended { .. }
            | Happening::StockCommitRequested { .. }
            | Happening::StockCommitted { .. }
            | Happening::StockReleaseRequested { .. }
            | Happening::StockReleased { .. } => self.take_in_stock(happening),
            Happening::PaymentMethodChanged { .. }
            | Happening::AttemptStarted { .. }
            | Happening::AttemptDispatched { .. }
            | Happening::AttemptAbandoned { .. }
            | Happening::PaymentActionRequired { .. }
            | Happening::PaymentAuthorized { .. }
            | Happening::PaymentCaptured { .. }
            | Happening::PaymentDeclined { .. }
            | Happening::PaymentUnknown { .. }
            | Happening::AuthorizationExpired { .. }
            | Happening::VoidRequested { .. }
            | Happening::PaymentVoided { .. }
            | Happening::CaptureRequested { .. }
            | Happening::CaptureFailed { .. }
            | Happening::CaptureUnknown { .. }
            | Happening::RefundRequested { .. }
            | Happening::RefundDispatched { .. }
            | Happening::RefundSucceeded { .. }
            | Happening::RefundFailed { .. }
            | Happening::RefundUnknown { .. } => self.take_in_money(happening, at),
            Happening::FulfillmentPlanned { .. }
            | Happening::FulfillmentReleased { .. }
            | Happening::FulfillmentRecallRequested { .. }
            | Happening::FulfillmentCancelled { .. }
            | Happening::FulfillmentShipped { .. }
            | Happening::TrackingUpdated { .. }
            | Happening::FulfillmentDelivered { .. }
            | Happening::FulfillmentLost { .. }
            | Happening::ReturnRequested { .. }
            | Happening::ReturnApproved { .. }
            | Happening::ReturnRejected { .. }
            | Happening::ReturnCancelled { .. }
            | Happening::ReturnReceived { .. }
            | Happening::ReturnClosed { .. } => self.take_in_goods(happening, at),
        }
    }

    fn take_in_stock(&mut self, happening: &Happening) {
        match happening {
            Happening::ReservationRequested { reservation, lines } => {
                self.ask_for_stock(*reservation, lines.clone());
            }
            Happening::StockReserved {
                lines, expires_at, ..
            } => {
                self.pending_on.remove(&Dependency::Inventory);
                if let Some(reservation) = &mut self.reservation {
                    reservation.covers.clone_from(lines);
                    reservation.expires_at = Some(*expires_at);
                }
                self.stock_work_done(Some(ReservationState::Held));
            }
            Happening::ReservationRejected { .. } => {
                self.stock_work_done(Some(ReservationState::Rejected));
            }
            Happening::ReservationLost { .. } => {
                self.stock_work_done(Some(ReservationState::Expired));
                if self.status == OrderStatus::Confirmed {
                    self.status = OrderStatus::Pending;
                }
            }
            Happening::ReservationRevisionRequested { .. } => {
                self.stock_work(StockWork::Revise);
            }
            Happening::ReservationRevised { lines, .. } => {
                if let Some(reservation) = &mut self.reservation {
                    reservation.covers.clone_from(lines);
                }
                self.stock_work_done(None);
            }
            Happening::ReservationExtensionRequested { .. } => self.stock_work(StockWork::Extend),
            Happening::ReservationExtended { expires_at, .. } => {
                if let Some(reservation) = &mut self.reservation {
                    reservation.expires_at = Some(*expires_at);
                }
                self.stock_work_done(None);
            }
            Happening::StockCommitRequested { .. } => self.stock_work(StockWork::Commit),
            Happening::StockCommitted { .. } => {
                self.stock_work_done(Some(ReservationState::Committed));
            }
            Happening::StockReleaseRequested { .. } => self.stock_work(StockWork::Release),
            Happening::StockReleased { .. } => {
                self.stock_work_done(Some(ReservationState::Released));
            }
            _ => {}
        }
    }

    fn take_in_money(&mut self, happening: &Happening, at: Timestamp) {
        match happening {
            Happening::PaymentMethodChanged { personal } => {
                self.overlay(personal);
                self.payment_method_ready = true;
            }
            Happening::AttemptStarted {
                attempt,
                amount,
                capture,
            } => {
                self.payment_method_ready = false;
                self.payments.push(PaymentAttempt {
                    no: *attempt,
                    amount: *amount,
                    capture: *capture,
                    state: AttemptState::Created,
                    provider_id: None,
                    authorized: Amount::ZERO,
                    captures: Vec::new(),
                    decline_code: None,
                    voiding: false,
                    started_at: at,
                });
            }
            Happening::AttemptDispatched { attempt } => {
                self.attempt_is(*attempt, AttemptState::Dispatched);
            }
            Happening::AttemptAbandoned { attempt } => {
                self.attempt_is(*attempt, AttemptState::Voided);
            }
            Happening::PaymentActionRequired {
                attempt,
                provider_id,
            } => {
                self.known_at_provider(*attempt, provider_id.as_ref());
                self.attempt_is(*attempt, AttemptState::RequiresAction);
            }
            Happening::PaymentAuthorized {
                attempt,
                provider_id,
                amount,
            } => {
                self.known_at_provider(*attempt, provider_id.as_ref());
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    if !attempt.is_open() {
                        attempt.voiding = false;
                    }
                    attempt.authorized = *amount;
                    attempt.state = AttemptState::Authorized;
                }
            }
            Happening::PaymentCaptured {
                attempt,
                capture,
                external,
                provider_id,
                amount,
            } => {
                self.known_at_provider(*attempt, provider_id.as_ref());
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.capture_succeeded(*capture, external.clone(), *amount);
                }
            }
            Happening::PaymentDeclined { attempt, code } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.decline_code = Some(code.clone());
                }
                self.attempt_is(*attempt, AttemptState::Declined);
            }
            Happening::PaymentUnknown { attempt } => {
                self.attempt_is(*attempt, AttemptState::Unknown);
            }
            Happening::AuthorizationExpired { attempt } => {
                self.authorization_ended(*attempt, AttemptState::Expired);
            }
            Happening::PaymentVoided { attempt } => {
                self.authorization_ended(*attempt, AttemptState::Voided);
            }
            Happening::VoidRequested { attempt } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.voiding = true;
                }
            }
            Happening::CaptureRequested {
                attempt,
                capture,
                amount,
            } => {
                if let Some(attempt) = self.attempt_mut(*attempt) {
                    attempt.captures.push(Capture {
                        no: *capture,
                        amount: *amount,
                        state: CaptureState::Requested,
                        external: None,
                        failure: None,
                    });
                }
            }
            Happening::CaptureFailed {
                attempt,
                capture,
                code,
            } => {
                if let Some(capture) = self.capture_mut(*attempt, *capture) {
                    capture.state = CaptureState::Failed;
                    capture.failure = Some(code.clone());
                }
            }
            Happening::CaptureUnknown { attempt, capture } => {
                if let Some(capture) = self.capture_mut(*attempt, *capture) {
                    capture.state = CaptureState::Unknown;
                }
            }
            Happening::RefundRequested {
                refund,
                attempt,
                amount,
                purpose,
                reason,
            } => self.refunds.push(Refund {
                no: *refund,
                attempt: *attempt,
                amount: *amount,
                purpose: *purpose,
                reason: reason.clone(),
                state: RefundState::Requested,
                provider_id: None,
                failure: None,
                requested_at: at,
                updated_at: at,
            }),
            Happening::RefundDispatched { refund } => {
                self.refund_is(*refund, RefundState::Dispatched, at);
            }
            Happening::RefundSucceeded {
                refund,
                provider_id,
            } => {
                self.refund_is(*refund, RefundState::Succeeded, at);
                if let Some(refund) = self.refunds.iter_mut().find(|one| one.no == *refund) {
                    refund.provider_id.clone_from(provider_id);
                }
            }
            Happening::RefundFailed { refund, code } => {
                self.refund_is(*refund, RefundState::Failed, at);
                if let Some(refund) = self.refunds.iter_mut().find(|one| one.no == *refund) {
                    refund.failure = Some(code.clone());
                }
            }
            Happening::RefundUnknown { refund } => {
                self.refund_is(*refund, RefundState::Unknown, at);
            }
            _ => {}
        }
    }

    fn take_in_goods(&mut self, happening: &Happening, at: Timestamp) {
        match happening {
            Happening::FulfillmentPlanned { fulfillment, lines } => {
                self.fulfillments.push(Fulfillment {
                    no: *fulfillment,
                    state: FulfillmentState::Planned,
                    lines: lines.clone(),
                    excess: Vec::new(),
                    tracking: Tracking::default(),
                    recalling: false,
                    shipped_at: None,
                    delivered_at: None,
                });
            }
            Happening::FulfillmentReleased { fulfillment } => {
                self.with_fulfillment(*fulfillment, |one| one.state = FulfillmentState::Released);
            }
            Happening::FulfillmentRecallRequested { fulfillment } => {
                self.with_fulfillment(*fulfillment, |one| one.recalling = true);
            }
            Happening::FulfillmentCancelled { fulfillment, .. } => {
                self.with_fulfillment(*fulfillment, |one| {
                    one.state = FulfillmentState::Cancelled;
                    one.recalling = false;
                });
            }
            Happening::FulfillmentShipped {
                fulfillment,
                lines,
                excess,
                tracking,
            } => self.shipped(*fulfillment, lines, excess, tracking, at),
            Happening::TrackingUpdated {
                fulfillment,
                tracking,
            } => self.with_fulfillment(*fulfillment, |one| one.tracking = tracking.clone()),
            Happening::FulfillmentDelivered { fulfillment } => {
                let lines = self.units_of(*fulfillment);
                self.count(&lines, |line, units| add(&mut line.delivered, units));
                self.with_fulfillment(*fulfillment, |one| {
                    one.state = FulfillmentState::Delivered;
                    one.delivered_at = Some(at);
                });
            }
            Happening::FulfillmentLost { fulfillment } => {
                let lines = self.units_of(*fulfillment);
                self.count(&lines, |line, units| {
                    line.shipped = line.shipped.saturating_sub(units);
                    add(&mut line.lost, units);
                });
                self.with_fulfillment(*fulfillment, |one| one.state = FulfillmentState::Lost);
            }
            Happening::ReturnRequested {
                return_no,
                lines,
                reason,
            } => {
                self.count(lines, |line, units| add(&mut line.return_requested, units));
                self.returns.push(Return {
                    no: *return_no,
                    state: ReturnState::Requested,
                    lines: lines.clone(),
                    reason: reason.clone(),
                    credit: Amount::ZERO,
                    restocked: false,
                    requested_at: at,
                });
            }
            Happening::ReturnApproved { return_no } => {
                self.with_return(*return_no, |one| one.state = ReturnState::Approved);
            }
            Happening::ReturnRejected { return_no, .. } => {
                self.return_given_up(*return_no, ReturnState::Rejected);
            }
            Happening::ReturnCancelled { return_no } => {
                self.return_given_up(*return_no, ReturnState::Cancelled);
            }
            Happening::ReturnReceived {
                return_no,
                restocked,
                credit,
            } => {
                let lines = self.units_returned(*return_no);
                self.count(&lines, |line, units| {
                    add(&mut line.returned, units);
                    if *restocked {
                        add(&mut line.restocked, units);
                    }
                });
                self.with_return(*return_no, |one| {
                    one.state = ReturnState::Received;
                    one.restocked = *restocked;
                    one.credit = *credit;
                });
            }
            Happening::ReturnClosed { return_no } => {
                self.with_return(*return_no, |one| one.state = ReturnState::Closed);
            }
            _ => {}
        }
    }

    fn close(&mut self, status: OrderStatus) {
        self.status = status;
        self.deadline = None;
        self.pending_on.clear();
    }

    fn overlay(&mut self, newer: &crate::order::PersonalData) {
        self.personal = std::mem::take(&mut self.personal).overlaid(newer.clone());
    }

    fn ask_for_stock(&mut self, no: ReservationNo, covers: Vec<SkuUnits>) {
        self.reservation = Some(Reservation {
            no,
            state: ReservationState::Requested,
            covers,
            expires_at: None,
            work: Some(StockWork::Reserve),
        });
    }

    fn stock_work(&mut self, work: StockWork) {
        if let Some(reservation) = &mut self.reservation {
            reservation.work = Some(work);
        }
    }

    fn stock_work_done(&mut self, state: Option<ReservationState>) {
        if let Some(reservation) = &mut self.reservation {
            reservation.work = None;
            if let Some(state) = state {
                reservation.state = state;
            }
        }
    }

    fn line_mut(&mut self, id: LineId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.id == id)
    }

    fn count(&mut self, units: &[LineUnits], how: impl Fn(&mut Line, u32)) {
        for one in units {
            if let Some(line) = self.line_mut(one.line) {
                how(line, one.units);
            }
        }
    }

    fn attempt_mut(&mut self, no: AttemptNo) -> Option<&mut PaymentAttempt> {
        self.payments.iter_mut().find(|attempt| attempt.no == no)
    }

    fn attempt_is(&mut self, no: AttemptNo, state: AttemptState) {
        if let Some(attempt) = self.attempt_mut(no) {
            attempt.state = state;
        }
        if state != AttemptState::Dispatched {
            self.pending_on.remove(&Dependency::Payments);
        }
    }

    fn known_at_provider(&mut self, no: AttemptNo, id: Option<&ProviderId>) {
        self.pending_on.remove(&Dependency::Payments);
        if let (Some(attempt), Some(id)) = (self.attempt_mut(no), id) {
            attempt.provider_id = Some(id.clone());
        }
    }

    /// What is left of an authorization is gone; what was captured stays.
    fn authorization_ended(&mut self, no: AttemptNo, state: AttemptState) {
        if let Some(attempt) = self.attempt_mut(no) {
            attempt.voiding = false;
            let captured = attempt.captured();
            if captured.is_positive() {
                attempt.authorized = captured;
                attempt.state = AttemptState::Captured;
            } else {
                attempt.state = state;
            }
        }
    }

    fn capture_mut(&mut self, attempt: AttemptNo, no: CaptureNo) -> Option<&mut Capture> {
        self.attempt_mut(attempt)?
            .captures
            .iter_mut()
            .find(|capture| capture.no == no)
    }

    fn refund_is(&mut self, no: RefundNo, state: RefundState, at: Timestamp) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.no == no) {
            refund.state = state;
            refund.updated_at = at;
        }
    }

    fn with_fulfillment(&mut self, no: FulfillmentNo, change: impl FnOnce(&mut Fulfillment)) {
        if let Some(one) = self.fulfillments.iter_mut().find(|one| one.no == no) {
            change(one);
        }
    }

    fn units_of(&self, no: FulfillmentNo) -> Vec<LineUnits> {
        self.fulfillment(no)
            .map(|one| one.lines.clone())
            .unwrap_or_default()
    }

    fn shipped(
        &mut self,
        no: FulfillmentNo,
        lines: &[LineUnits],
        excess: &[SkuUnits],
        tracking: &Tracking,
        at: Timestamp,
    ) {
        let found_again = self
            .fulfillment(no)
            .is_some_and(|one| one.state == FulfillmentState::Lost);
        self.count(lines, |line, units| {
            add(&mut line.shipped, units);
            if found_again {
                line.lost = line.lost.saturating_sub(units);
            }
        });
        for extra in excess {
            if let Some(line) = self.lines.iter_mut().find(|line| line.sku == extra.sku) {
                add(&mut line.excess, extra.quantity);
            }
        }
        let sent = Fulfillment {
            no,
            state: FulfillmentState::Shipped,
            lines: lines.to_vec(),
            excess: excess.to_vec(),
            tracking: tracking.clone(),
            recalling: false,
            shipped_at: Some(at),
            delivered_at: None,
        };
        match self.fulfillments.iter_mut().find(|one| one.no == no) {
            Some(one) => *one = sent,
            None => self.fulfillments.push(sent),
        }
    }

    fn with_return(&mut self, no: ReturnNo, change: impl FnOnce(&mut Return)) {
        if let Some(one) = self.returns.iter_mut().find(|one| one.no == no) {
            change(one);
        }
    }

    fn units_returned(&self, no: ReturnNo) -> Vec<LineUnits> {
        self.return_with(no)
            .map(|one| one.lines.clone())
            .unwrap_or_default()
    }

    fn return_given_up(&mut self, no: ReturnNo, state: ReturnState) {
        let lines = self.units_returned(no);
        self.count(&lines, |line, units| {
            line.return_requested = line.return_requested.saturating_sub(units);
        });
        self.with_return(no, |one| one.state = state);
    }
}

impl PaymentAttempt {
    fn capture_succeeded(&mut self, no: CaptureNo, external: Option<ProviderId>, amount: Amount) {
        let succeeded = Capture {
            no,
            amount,
            state: CaptureState::Succeeded,
            external,
            failure: None,
        };
        match self.captures.iter_mut().find(|capture| capture.no == no) {
            Some(capture) => *capture = succeeded,
            None => self.captures.push(succeeded),
        }
        let captured = self.captured();
        let fully = self.state != AttemptState::Authorized || captured >= self.authorized;
        if fully {
            self.authorized = captured;
            self.state = AttemptState::Captured;
            self.voiding = false;
        }
    }
}

const fn add(count: &mut u32, units: u32) {
    *count = count.saturating_add(units);
}
