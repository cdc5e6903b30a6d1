//! Logging: every event is logged, and no personal data.

use crate::world::{ServiceFixture, World, cancel, delivered, pay_with, personal_words, shop};
use order_core::command::{Command, DetailsPatch};
use order_core::policy::StorefrontPolicy;
use order_core::ports::{Clock, CommandRequest, Customer, CustomerStatus, Orders};
use order_core::relay::Relay;
use order_testing::Fault;
use order_testing::builders::{address, contact, customer, email, place, worker};
use std::cell::Cell;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

thread_local! {
    /// Whether the log of this thread is captured. Other tests run concurrently.
    static RECORDED: Cell<bool> = const { Cell::new(false) };
}

impl Log {
    /// Captures what this thread logs from now on. The subscriber is set for the whole process: one set
    /// for a single thread misses call sites that another thread was the first to reach.
    fn record_this_thread(&self) {
        RECORDED.set(true);
        let writer = self.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .with_filter(dynamic_filter_fn(|_, _| RECORDED.get()));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn assert_impersonal(text: &str, what: &str) {
    for word in personal_words() {
        assert!(!text.contains(&word), "{what} says {word}: {text}");
    }
}

#[tokio::test]
async fn nothing_personal_is_logged() {
    let log = Log::default();
    log.record_this_thread();
    let world = World::new();
    let service = world.service();
    for faults in [
        world.customers.faults(),
        world.inventory.faults(),
        world.payments.faults(),
    ] {
        faults.next(1, Fault::LostAnswer);
    }
    world
        .notifications
        .faults()
        .next(2, Fault::Refused(order_testing::builders::code("no")));
    let id = service.given_order(place().key("k").build()).await.id();
    world.settle(&service).await;
    let home = Box::new(address());
    service
        .expect_executed(id, Command::ChangeAddress { address: home })
        .await;
    let _ = service.try_execute(id, pay_with("tok_visa")).await;
    let patch = DetailsPatch {
        contact: Some(contact()),
        ..DetailsPatch::default()
    };
    let _ = service
        .try_execute(id, Command::UpdateDetails(Box::new(patch)))
        .await;
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    delivered(&world, &service, place().build()).await;
    world.settle(&service).await;

    let text = log.text();
    for expected in [
        "order_placed",
        "an effect is to be tried again",
        "an effect was given up on",
    ] {
        assert!(text.contains(expected), "{expected} is logged");
    }
    assert_impersonal(&text, "the log");
}

#[tokio::test]
async fn nothing_personal_is_shown_by_debug() {
    let world = World::new();
    let service = world.service();
    let request = place().build();
    assert_impersonal(&format!("{request:?}"), "a request");
    let done = service.place(request).await.unwrap();
    assert_impersonal(&format!("{done:?}"), "an answer");
    let id = done.order.id();
    for command in [
        pay_with("tok_visa"),
        Command::ChangeAddress {
            address: Box::new(address()),
        },
        Command::UpdateDetails(Box::new(DetailsPatch {
            contact: Some(contact()),
            ..DetailsPatch::default()
        })),
    ] {
        let execute = CommandRequest::new(shop(), id, command);
        assert_impersonal(&format!("{execute:?}"), "a command");
        if let Err(error) = service.execute(execute).await {
            assert_impersonal(&format!("{error:?} {error}"), "an error");
        }
    }
    world.settle(&service).await;
    let sent = world.notifications.delivered();
    assert!(!sent.is_empty());
    assert_impersonal(&format!("{sent:?}"), "a message");
    let history = service.history(&shop(), id).await.unwrap();
    assert_impersonal(&format!("{history:?}"), "the history");
    assert_impersonal(
        &format!("{:?} {:?}", world.store, world.store.effects()),
        "the store",
    );
}

#[tokio::test]
async fn what_is_written_of_the_parts_of_a_service_is_short_and_no_secret() {
    let world = World::new();
    let builder = world.builder();
    let mut written = vec![format!("{builder:?}")];
    let service = builder.build().unwrap();
    service.given_order(place().build()).await;
    let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
    let publisher = Arc::new(order_testing::MemoryPublisher::new());
    let relay = Relay::new(world.store.clone(), publisher, clock, worker("relay-1"));
    let mut policy = StorefrontPolicy::default();
    policy.max_attempts = 7;
    written.extend([
        format!("{service:?}"),
        format!("{:?}", service.runner()),
        format!("{relay:?}"),
        format!("{policy:?}"),
    ]);
    let names = [
        "OrderServiceBuilder",
        "OrderService",
        "Runner",
        "Relay",
        "StorefrontPolicy",
    ];
    let email = Some(email("ada@example.com"));
    let ada = Customer::new(customer("cus_1"), None, email, CustomerStatus::Active);
    let ada = format!("{ada:?}");
    assert!(ada.contains("cus_1") && !ada.contains('@'), "{ada}");
    for (text, name) in written.iter().zip(names) {
        assert!(text.starts_with(name) && text.len() < 500, "{text}");
        for word in personal_words() {
            assert!(!text.contains(&word), "{name} shows {word}");
        }
    }
}
