//! The services behind the ports of `order-core`, without a network in between.
//!
//! They behave as over HTTP: `tok_timeout` charges and then reports an unknown outcome, injected
//! faults apply to the calls of their service, and whatever reads files or waits for the disk runs
//! on a thread that may block.

mod adapter;
mod customers;
mod inventory;
mod notifications;
mod payments;
mod shipping;

use std::sync::Arc;

use order_core::ports::Clock;
use order_core::service::ExternalServices;

use self::adapter::InProcess;
use crate::services::MockServices;

/// Returns adapters that call the mocks in this process. `clock` decides when the deadline of a
/// call has passed.
///
/// ```
/// use order_core::ports::Clock;
/// use order_mocks::{MockServices, ports};
/// use std::sync::Arc;
///
/// # fn example(clock: Arc<dyn Clock>) -> Result<(), Box<dyn std::error::Error>> {
/// let mocks = MockServices::open_persistent("examples/mocks", "order.mocks.redb", clock.clone())?;
/// let services = ports::in_process(&mocks, &clock);
/// # let _ = services.payments;
/// # Ok(())
/// # }
/// ```
pub fn in_process(mocks: &MockServices, clock: &Arc<dyn Clock>) -> ExternalServices {
    ExternalServices {
        customers: Arc::new(InProcess::new(Arc::clone(&mocks.customers), clock)),
        inventory: Arc::new(InProcess::new(Arc::clone(&mocks.inventory), clock)),
        payments: Arc::new(InProcess::new(Arc::clone(&mocks.payments), clock)),
        shipping: Arc::new(InProcess::new(Arc::clone(&mocks.shipping), clock)),
        notifications: Arc::new(InProcess::new(Arc::clone(&mocks.notifications), clock)),
    }
}
