//! The outside services: mocks in this process, or clients of real ones.

use super::database::{Database, SQLITE};
use super::settings::Settings;
use order_core::ports::{Call, Clock, Inventory, Product};
use order_core::service::Outside;
use order_core::value::{Sku, StorefrontId};
use order_examples::in_process::Ports;
use order_examples::outside::{Now, Outside as Mocks};
use order_http::client::{ClientSettings, OutsideServices};
use std::error::Error;
use std::sync::Arc;

/// What `INVENTORY_SERVICE_URL` is for stock in the database.
const SQL: &str = "sql";

/// The outside services as the settings want them.
///
/// # Errors
/// If an address makes no sense, or the mocks cannot be opened.
pub(crate) async fn services(
    settings: &Settings,
    database: &Database,
    clock: &Arc<dyn Clock>,
) -> Result<Outside, Box<dyn Error>> {
    let mocks = mocks(settings, clock)?;
    let clients = OutsideServices::new(ClientSettings::default(), clock.clone())?;
    let inventory: Arc<dyn Inventory> = match settings.inventory_service_url.as_deref() {
        None => mocks.inventory,
        Some(SQL) => {
            let products = products(&mocks.inventory, settings, clock).await?;
            database.stock(clock, &products).await?
        }
        Some(address) => clients.inventory(address)?,
    };
    Ok(Outside {
        customers: match &settings.customer_service_url {
            None => mocks.customers,
            Some(address) => clients.customers(address)?,
        },
        inventory,
        payments: match &settings.payment_service_url {
            None => mocks.payments,
            Some(address) => clients.payments(address)?,
        },
        shipping: match &settings.shipping_service_url {
            None => mocks.shipping,
            Some(address) => clients.shipping(address)?,
        },
        notifications: match &settings.notification_service_url {
            None => mocks.notifications,
            Some(address) => clients.notifications(address)?,
        },
    })
}

/// What the mocks were told, on Postgres: in the working directory.
const BESIDE_NOTHING: &str = "order";

/// The mocks. What they were told is kept beside the database, so that an order that was paid before
/// a restart can be captured and refunded after it.
fn mocks(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Ports, Box<dyn Error>> {
    let file = settings
        .database_url
        .strip_prefix(SQLITE)
        .map_or(BESIDE_NOTHING, |file| file.trim_start_matches("//"));
    let file = file.split('?').next().unwrap_or(file);
    let mocks = if file.is_empty() || file.starts_with(":memory:") {
        Mocks::open(&settings.mocks_dir, Now::system())?
    } else {
        Mocks::open_persistent(
            &settings.mocks_dir,
            format!("{file}.mocks.redb"),
            Now::system(),
        )?
    };
    Ok(Ports::of(&mocks, clock))
}

/// The products that stock in the database begins with: those of the mocks.
async fn products(
    mocks: &Arc<dyn Inventory>,
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Product>, Box<dyn Error>> {
    let call = Call::new(StorefrontId::default(), "first-stock", clock.now() + SOON);
    Ok(mocks.products(&call, &skus(settings)?).await?)
}

const SOON: std::time::Duration = std::time::Duration::from_secs(10);

/// The products of the mocks: the names of their files.
fn skus(settings: &Settings) -> Result<Vec<Sku>, Box<dyn Error>> {
    let mut skus = Vec::new();
    for entry in std::fs::read_dir(settings.mocks_dir.join("inventory"))? {
        let name = entry?.path();
        if let Some(sku) = name.file_stem().and_then(|stem| stem.to_str()) {
            skus.push(Sku::parse(sku)?);
        }
    }
    Ok(skus)
}
