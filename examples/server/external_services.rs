//! The external services: mocks in this process, or HTTP clients of real ones.

use super::database::{Database, SQLITE};
use super::settings::Settings;
use order_core::ports::{CallContext, Clock, Inventory, Product};
use order_core::service::ExternalServices;
use order_core::value::{Sku, StorefrontId};
use order_http::client::{ClientConfig, ClientFactory};
use order_mocks::{MockServices, ports};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// The `INVENTORY_SERVICE_URL` that means stock in the database.
pub(crate) const STOCK_IN_DATABASE: &str = "sql";
/// Stem of the mocks' state file where the database is no file.
const DEFAULT_STATE_FILE_STEM: &str = "order";
/// Deadline of the one call that reads the mocks' products.
const PRODUCTS_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects the external services that the settings name.
///
/// # Errors
/// If a URL is not valid, or the mocks cannot be opened.
pub(crate) async fn connect(
    settings: &Settings,
    database: &Database,
    clock: &Arc<dyn Clock>,
) -> Result<ExternalServices, Box<dyn Error>> {
    let mocks = open_mocks(settings, clock)?;
    let clients = ClientFactory::new(ClientConfig::default(), clock.clone())?;
    let inventory: Arc<dyn Inventory> = match settings.inventory_service_url.as_deref() {
        None => mocks.inventory,
        Some(STOCK_IN_DATABASE) => {
            let products = mock_products(&mocks.inventory, settings, clock).await?;
            database.inventory(clock, &products).await?
        }
        Some(url) => clients.inventory(url)?,
    };
    Ok(ExternalServices {
        customers: match &settings.customer_service_url {
            None => mocks.customers,
            Some(url) => clients.customers(url)?,
        },
        inventory,
        payments: match &settings.payment_service_url {
            None => mocks.payments,
            Some(url) => clients.payments(url)?,
        },
        shipping: match &settings.shipping_service_url {
            None => mocks.shipping,
            Some(url) => clients.shipping(url)?,
        },
        notifications: match &settings.notification_service_url {
            None => mocks.notifications,
            Some(url) => clients.notifications(url)?,
        },
    })
}

/// Opens the mocks. Their state file lies beside an SQLite database, or in the working directory,
/// so that an order that was paid before a restart can be captured and refunded after it.
fn open_mocks(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<ExternalServices, Box<dyn Error>> {
    let stem = settings
        .database_url
        .strip_prefix(SQLITE)
        .map_or(DEFAULT_STATE_FILE_STEM, |file| {
            file.trim_start_matches("//")
        });
    let stem = stem.split('?').next().unwrap_or(stem);
    let mocks = if stem.is_empty() || stem.starts_with(":memory:") {
        MockServices::open(&settings.mocks_dir, clock.clone())?
    } else {
        MockServices::open_persistent(
            &settings.mocks_dir,
            format!("{stem}.mocks.redb"),
            clock.clone(),
        )?
    };
    Ok(ports::in_process(&mocks, clock))
}

/// Reads the products of the mocks, with which stock in the database begins.
async fn mock_products(
    mocks: &Arc<dyn Inventory>,
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Product>, Box<dyn Error>> {
    let deadline = clock.now() + PRODUCTS_TIMEOUT;
    let call = CallContext::new(StorefrontId::default(), "first-stock", deadline);
    Ok(mocks.products(&call, &mock_skus(settings)?).await?)
}

/// Reads the SKUs of the mocks: the names of their product files.
fn mock_skus(settings: &Settings) -> Result<Vec<Sku>, Box<dyn Error>> {
    let mut skus = Vec::new();
    for entry in std::fs::read_dir(settings.mocks_dir.join("inventory"))? {
        let path = entry?.path();
        if let Some(sku) = path.file_stem().and_then(|stem| stem.to_str()) {
            skus.push(Sku::parse(sku)?);
        }
    }
    Ok(skus)
}
