//! No error and no log line of a client contains a token, an address or a body.
//!
//! It is a test binary of its own: `tracing` caches per process whether a call site is enabled, and
//! a test without a subscriber in the same process could disable it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]
#![allow(dead_code, reason = "the modules below are shared with other tests")]

mod fixture;
mod scripted_server;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use order_core::effect::NotificationKind;
use order_core::order::CaptureMethod;
use order_core::ports::{
    FulfillmentRequest, Notification, PaymentRequest, RatesRequest, ServiceError,
};
use order_core::reference::Reference;
use order_core::value::{FulfillmentNo, PaymentAttemptNo};
use order_testing::builders::{address, contact, customer, order_id, token, units, usd};
use serde_json::Map;
use tracing::Level;

use fixture::{call, clients, config};
use scripted_server::{Behaviour, ScriptedServer, response, status, unused_address};

/// Everything that is logged, by any crate.
#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns everything that an error shows: its message, its causes, and their debug output.
fn displayed(error: &ServiceError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(it) = cause {
        text += &format!(" {it} {it:?}");
        cause = it.source();
    }
    text
}

/// Makes one call to each service that gets private data, and returns the errors.
async fn errors(url: &str) -> Vec<ServiceError> {
    let clients = clients(config().with_authorization("Bearer s3cret").unwrap());
    let payment = PaymentRequest::new(
        Reference::Attempt(order_id(1), PaymentAttemptNo::FIRST),
        order_id(1),
        usd(4_498),
        token("tok_private"),
        CaptureMethod::Manual,
    );
    let fulfillment = FulfillmentRequest::new(
        Reference::Fulfillment(order_id(1), FulfillmentNo::FIRST),
        order_id(1),
        Some(address()),
        vec![units("tea", 1)],
    );
    let rates = RatesRequest::new(address(), vec![units("tea", 1)]);
    let message = Notification::new(
        "n1".to_owned(),
        NotificationKind::Shipped,
        order_id(1),
        contact(),
        Map::new(),
    );
    let payments = clients.payments(url).unwrap();
    let shipping = clients.shipping(url).unwrap();
    let notifications = clients.notifications(url).unwrap();
    let customers = clients.customers(url).unwrap();
    [
        payments.authorize(&call("k"), &payment).await.err(),
        shipping.request(&call("k"), &fulfillment).await.err(),
        shipping.rates(&call("k"), &rates).await.err(),
        notifications.notify(&call("k"), &message).await.err(),
        customers
            .find(&call("k"), &customer("cus_private"))
            .await
            .err(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn nothing_private_is_in_an_error_or_a_log() {
    let logged = LogBuffer::default();
    let writer = logged.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let echo = r#"{"code": "echo", "message": "tok_private of echoed@example.org"}"#;
    let mut text = String::new();
    for behaviour in [
        Behaviour::CloseAfterReading,
        Behaviour::NeverRespond,
        status(500, None),
        status(503, Some("0")),
        response("409 Conflict", &[], echo),
        response("200 OK", &[], echo),
    ] {
        let server = ScriptedServer::start([behaviour]).await;
        let errors = errors(&server.url).await;
        assert!(!errors.is_empty());
        text.extend(errors.iter().map(displayed));
        let host = server.url.trim_start_matches("http://").to_owned();
        assert!(!text.contains(&host), "{text}");
    }
    let url = unused_address().await;
    let errors = errors(&url).await;
    assert_eq!(errors.len(), 5);
    text.extend(errors.iter().map(displayed));
    assert!(!text.contains(url.trim_start_matches("http://")), "{text}");

    let logs = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    assert!(
        logs.contains("trying again") && logs.contains("no answer"),
        "{logs}"
    );
    let of_address = format!("{}", serde_json::to_value(address()).unwrap()["line1"]);
    let of_contact = format!("{}", serde_json::to_value(contact()).unwrap()["email"]);
    for private in [
        "tok_private",
        "s3cret",
        "cus_private",
        "echoed@example.org",
        of_address.trim_matches('"'),
        of_contact.trim_matches('"'),
    ] {
        assert!(!text.contains(private), "{private} is in an error: {text}");
        let line = logs.lines().find(|line| line.contains(private));
        assert_eq!(line, None, "{private} is in a log");
    }
}
