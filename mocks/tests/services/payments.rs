//! Payments and refunds: once per reference, and never more than is authorized or captured.

use std::thread;

use order_mocks::payments::{
    AuthorizeOutcome, MockPayment, MockPaymentRequest, MockPaymentStatus, MockPayments,
    MockRefundRequest, MockRefundStatus, PaymentError,
};

/// A request for 10 dollars for order-1.
fn request(reference: &str, token: &str) -> MockPaymentRequest {
    MockPaymentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        amount: 1000,
        currency: "USD".into(),
        token: token.into(),
        capture: false,
    }
}

fn refund(payment: &MockPayment, amount: i64, reference: &str) -> MockRefundRequest {
    MockRefundRequest {
        payment_id: payment.id.clone(),
        amount,
        reference: reference.into(),
    }
}

/// Authorizes a payment whose answer is not lost.
fn pay(payments: &MockPayments, request: &MockPaymentRequest) -> MockPayment {
    match payments.authorize(request, None).unwrap() {
        AuthorizeOutcome::Answered(payment) => payment,
        AuthorizeOutcome::AnswerLost => panic!("the answer was lost"),
    }
}

#[test]
fn the_token_decides_the_outcome() {
    let payments = MockPayments::new();
    for (token, status, code) in [
        ("tok_visa", MockPaymentStatus::Authorized, None),
        (
            "tok_declined",
            MockPaymentStatus::Declined,
            Some("card_declined"),
        ),
        ("tok_action", MockPaymentStatus::RequiresAction, None),
        (
            "tok_stolen",
            MockPaymentStatus::Declined,
            Some("unknown_token"),
        ),
    ] {
        let payment = pay(&payments, &request(token, token));
        assert_eq!(
            (payment.status, payment.decline_code.as_deref()),
            (status, code),
            "{token}"
        );
        assert_eq!(payment.captured, 0);
    }
    let at_once = MockPaymentRequest {
        capture: true,
        ..request("at-once", "tok_visa")
    };
    let payment = pay(&payments, &at_once);
    assert_eq!(
        (payment.status, payment.captured),
        (MockPaymentStatus::Captured, 1000)
    );
}

#[test]
fn a_lost_answer_was_charged_and_is_not_charged_again() {
    let payments = MockPayments::new();
    let request = request("attempt-1", "tok_timeout");
    assert_eq!(
        payments.authorize(&request, Some("key")),
        Ok(AuthorizeOutcome::AnswerLost)
    );
    let charged = payments.find("attempt-1").unwrap().unwrap();
    assert_eq!(
        (charged.status, charged.amount),
        (MockPaymentStatus::Authorized, 1000)
    );
    assert_eq!(
        payments.authorize(&request, Some("key")),
        Ok(AuthorizeOutcome::Answered(charged))
    );
    assert_eq!(payments.all().unwrap().len(), 1);
}

#[test]
fn concurrent_requests_with_one_reference_make_one_payment() {
    let payments = MockPayments::new();
    let ids: Vec<String> = thread::scope(|scope| {
        let ask = || pay(&payments, &request("attempt-1", "tok_visa")).id;
        let workers: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(payments.all().unwrap().len(), 1);
}

#[test]
fn a_reference_or_key_serves_one_request_only() {
    let payments = MockPayments::new();
    let first = request("attempt-1", "tok_visa");
    let other = MockPaymentRequest {
        amount: 1,
        ..first.clone()
    };
    let _ = payments.authorize(&first, Some("key")).unwrap();
    assert_eq!(
        payments.authorize(&other, Some("key")),
        Err(PaymentError::IdempotencyKeyReused)
    );
    assert_eq!(
        payments.authorize(&other, None),
        Err(PaymentError::ReferenceReused {
            reference: "attempt-1".into()
        })
    );
    // A key belongs to an operation.
    let payment = payments.find("attempt-1").unwrap().unwrap();
    payments
        .capture(&payment.id, 1000, "capture-1", Some("key"))
        .unwrap();
    assert_eq!(
        payments.capture(&payment.id, 1000, "capture-2", Some("key")),
        Err(PaymentError::IdempotencyKeyReused)
    );
}

#[test]
fn captures_never_exceed_the_authorized_amount() {
    let payments = MockPayments::new();
    let id = pay(&payments, &request("attempt-1", "tok_visa")).id;
    assert_eq!(
        payments.capture(&id, 600, "c1", None).unwrap().captured,
        600
    );
    assert_eq!(
        payments.capture(&id, 600, "c1", None).unwrap().captured,
        600
    );
    assert_eq!(
        payments.capture(&id, 1, "c1", None),
        Err(PaymentError::ReferenceReused {
            reference: "c1".into()
        })
    );
    assert_eq!(
        payments.capture(&id, 401, "c2", None),
        Err(PaymentError::TooMuch { available: 400 })
    );
    assert_eq!(
        payments.capture(&id, 400, "c2", None).unwrap().captured,
        1000
    );
    assert!(matches!(
        payments.capture(&id, 0, "c3", None),
        Err(PaymentError::Invalid(_))
    ));
    assert!(matches!(
        payments.capture(&id, -5, "c3", None),
        Err(PaymentError::Invalid(_))
    ));
}

#[test]
fn a_void_covers_what_was_not_captured_and_is_final() {
    let payments = MockPayments::new();
    let whole = pay(&payments, &request("whole", "tok_visa")).id;
    for _ in 0..2 {
        let payment = payments.void(&whole, None).unwrap();
        assert_eq!(
            (payment.status, payment.voided),
            (MockPaymentStatus::Voided, 1000)
        );
    }
    assert_eq!(
        payments.capture(&whole, 1, "c1", None),
        Err(PaymentError::WrongStatus {
            status: MockPaymentStatus::Voided
        })
    );

    let part = pay(&payments, &request("part", "tok_visa")).id;
    payments.capture(&part, 600, "c2", None).unwrap();
    for _ in 0..2 {
        let payment = payments.void(&part, None).unwrap();
        assert_eq!((payment.captured, payment.voided), (600, 400));
        assert_eq!(payment.status, MockPaymentStatus::Captured);
    }
    assert_eq!(
        payments.capture(&part, 1, "c3", None),
        Err(PaymentError::TooMuch { available: 0 })
    );

    let taken = pay(&payments, &request("taken", "tok_visa")).id;
    payments.capture(&taken, 1000, "c4", None).unwrap();
    assert_eq!(
        payments.void(&taken, None),
        Err(PaymentError::WrongStatus {
            status: MockPaymentStatus::Captured
        })
    );
    let declined = pay(&payments, &request("declined", "tok_declined")).id;
    assert!(matches!(
        payments.void(&declined, None),
        Err(PaymentError::WrongStatus { .. })
    ));
    assert!(matches!(
        payments.void("pay_nobody", None),
        Err(PaymentError::NotFound { .. })
    ));
}

#[test]
fn refunds_never_exceed_the_captured_amount() {
    let payments = MockPayments::new();
    let payment = pay(&payments, &request("attempt-1", "tok_visa"));
    let too_much = |available| Err(PaymentError::TooMuch { available });
    assert_eq!(
        payments.refund(&refund(&payment, 1, "r0"), None),
        too_much(0)
    );
    payments.capture(&payment.id, 600, "c1", None).unwrap();
    let first = payments.refund(&refund(&payment, 500, "r1"), None).unwrap();
    assert_eq!(
        payments.refund(&refund(&payment, 500, "r1"), None),
        Ok(first.clone())
    );
    assert_eq!(payments.find_refund("r1").unwrap(), Some(first));
    assert_eq!(
        payments.refund(&refund(&payment, 101, "r2"), None),
        too_much(100)
    );
    assert_eq!(
        payments.refund(&refund(&payment, 99, "r1"), None),
        Err(PaymentError::ReferenceReused {
            reference: "r1".into()
        })
    );
    assert_eq!(payments.find("attempt-1").unwrap().unwrap().refunded, 500);
}

#[test]
fn a_pending_refund_counts_until_it_fails() {
    let payments = MockPayments::new();
    let payment = pay(&payments, &request("attempt-1", "tok_visa"));
    payments.capture(&payment.id, 600, "c1", None).unwrap();
    payments.set_refund_outcome(MockRefundStatus::Pending);
    let pending = payments.refund(&refund(&payment, 600, "r1"), None).unwrap();
    assert_eq!(pending.status, MockRefundStatus::Pending);
    assert_eq!(
        payments.refund(&refund(&payment, 1, "r2"), None),
        Err(PaymentError::TooMuch { available: 0 })
    );
    assert_eq!(
        payments.settle_refund("r1", false).unwrap().status,
        MockRefundStatus::Failed
    );
    payments.refund(&refund(&payment, 600, "r2"), None).unwrap();
    assert_eq!(
        payments.settle_refund("r2", true).unwrap().status,
        MockRefundStatus::Succeeded
    );
    // A settled refund stays settled.
    assert_eq!(
        payments.settle_refund("r2", false).unwrap().status,
        MockRefundStatus::Succeeded
    );
    assert_eq!(payments.find("attempt-1").unwrap().unwrap().refunded, 600);
}

#[test]
fn a_payment_waits_for_the_customer() {
    let payments = MockPayments::new();
    let first = pay(&payments, &request("first", "tok_action"));
    assert!(matches!(
        payments.capture(&first.id, 1, "c", None),
        Err(PaymentError::WrongStatus {
            status: MockPaymentStatus::RequiresAction
        })
    ));
    let approved = payments.finish_action("first", true).unwrap();
    assert_eq!(approved.status, MockPaymentStatus::Authorized);
    assert_eq!(payments.finish_action("first", false), Ok(approved));
    let _ = pay(&payments, &request("second", "tok_action"));
    let refused = payments.finish_action("second", false).unwrap();
    assert_eq!(
        refused.decline_code.as_deref(),
        Some("authentication_failed")
    );
    let third = pay(&payments, &request("third", "tok_action"));
    assert_eq!(
        payments.void(&third.id, None).unwrap().status,
        MockPaymentStatus::Voided
    );
}

#[test]
fn the_token_is_in_no_debug_output() {
    let payments = MockPayments::new();
    let request = request("attempt-1", "tok_visa");
    let _ = payments.authorize(&request, Some("key")).unwrap();
    assert!(!format!("{request:?} {payments:?}").contains("tok_visa"));
}
