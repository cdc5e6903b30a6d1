//! Products and the units of them that can be reserved.

use super::dialect::{Connection, Row};
use super::failure::Failure;
use super::record::run_on_each;
use super::rows::{Reading, json, micros};
use order_core::money::{Amount, Money};
use order_core::order::{Shortage, SkuUnits};
use order_core::ports::Product;
use order_core::time::Timestamp;
use order_core::value::{ProductName, Sku, StorefrontId};
use std::collections::BTreeMap;

fn product(row: &Row) -> Result<Product, Failure> {
    let reading = Reading::new(row, "products", "?");
    let sku: Sku = reading.value("sku")?;
    let reading = Reading::new(row, "products", sku.as_str());
    let name = reading
        .text_or_none("name")?
        .map(ProductName::parse)
        .transpose()
        .map_err(|invalid| reading.corrupt("name", invalid))?;
    let currency = reading
        .text("currency")?
        .parse()
        .map_err(|error| reading.corrupt("currency", format!("{error}")))?;
    let unit_price = Money::new(Amount::new(reading.integer("unit_price")?), currency);
    Ok(Product::new(sku, name, unit_price, available(&reading)?))
}

/// What can be reserved, or as much of it as a port can say.
fn available(reading: &Reading<'_>) -> Result<u32, Failure> {
    let units = reading.integer("available")?;
    if units < 0 {
        return Err(reading.corrupt("available", "less than nothing"));
    }
    Ok(u32::try_from(units).unwrap_or(u32::MAX))
}

/// The products among these SKUs that there are. What has lapsed and is not given back yet is among
/// what can be reserved: whoever wants it gets it.
pub(super) async fn find(
    connection: &mut Connection,
    storefront: &StorefrontId,
    skus: &[Sku],
    now: Timestamp,
) -> Result<Vec<Product>, Failure> {
    let asked: Vec<_> = skus
        .iter()
        .map(|sku| (storefront.as_str(), sku.as_str()))
        .collect();
    sqlx::query(concat!(
        "SELECT p.sku AS sku, p.name AS name, p.unit_price AS unit_price, p.currency AS currency,",
        " p.available + coalesce(x.units, 0) AS available FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("products"),
        " AS p LEFT JOIN (SELECT l.sku AS sku, CAST(sum(l.quantity) AS BIGINT) AS units FROM ",
        table!("reservations"),
        " AS r CROSS JOIN ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("reservation_lines"),
        " AS l WHERE r.status = 'held' AND r.expires_at <= $2 AND l.storefront = r.storefront",
        " AND l.reservation = r.reservation AND l.storefront = n.value ->> 0",
        " AND l.sku = n.value ->> 1 GROUP BY l.sku) AS x ON x.sku = p.sku",
        " WHERE p.storefront = n.value ->> 0 AND p.sku = n.value ->> 1",
    ))
    .bind(json(&asked)?)
    .bind(micros(now))
    .fetch_all(connection)
    .await?
    .iter()
    .map(product)
    .collect()
}

/// The products of a storefront by SKU, from behind one of them.
pub(super) async fn list(
    connection: &mut Connection,
    storefront: &StorefrontId,
    after: Option<&Sku>,
    limit: u32,
) -> Result<Vec<Product>, Failure> {
    sqlx::query(concat!(
        "SELECT sku, name, unit_price, currency, available FROM ",
        table!("products"),
        " WHERE storefront = $1 AND sku > $2 ORDER BY sku LIMIT $3",
    ))
    .bind(storefront.as_str())
    .bind(after.map_or("", Sku::as_str))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?
    .iter()
    .map(product)
    .collect()
}

/// Puts a product in by this statement, which takes all its columns. Answers whether it did.
async fn write(
    connection: &mut Connection,
    statement: &'static str,
    storefront: &StorefrontId,
    product: &Product,
) -> Result<bool, Failure> {
    let written = sqlx::query(statement)
        .bind(storefront.as_str())
        .bind(product.sku.as_str())
        .bind(product.name.as_ref().map(|name| name.as_str()))
        .bind(product.unit_price.amount().minor())
        .bind(product.unit_price.currency().code())
        .bind(i64::from(product.available))
        .execute(connection)
        .await?;
    Ok(written.rows_affected() > 0)
}

/// Adds a product, unless it is there.
pub(super) async fn add(
    connection: &mut Connection,
    storefront: &StorefrontId,
    product: &Product,
) -> Result<bool, Failure> {
    let statement = concat!(
        "INSERT INTO ",
        table!("products"),
        " (storefront, sku, name, unit_price, currency, available) VALUES ($1, $2, $3, $4, $5, $6)",
        " ON CONFLICT (storefront, sku) DO NOTHING",
    );
    write(connection, statement, storefront, product).await
}

/// Adds a product, or makes it as given.
pub(super) async fn put(
    connection: &mut Connection,
    storefront: &StorefrontId,
    product: &Product,
) -> Result<bool, Failure> {
    let statement = concat!(
        "INSERT INTO ",
        table!("products"),
        " (storefront, sku, name, unit_price, currency, available) VALUES ($1, $2, $3, $4, $5, $6)",
        " ON CONFLICT (storefront, sku) DO UPDATE SET name = excluded.name,",
        " unit_price = excluded.unit_price, currency = excluded.currency,",
        " available = excluded.available",
    );
    write(connection, statement, storefront, product).await
}

/// Adds units to a product. Answers how many can be reserved then; none if it is not known.
pub(super) async fn restock(
    connection: &mut Connection,
    storefront: &StorefrontId,
    sku: &Sku,
    units: u32,
) -> Result<Option<u32>, Failure> {
    sqlx::query(concat!(
        "UPDATE ",
        table!("products"),
        " SET available = available + $3 WHERE storefront = $1 AND sku = $2 RETURNING available",
    ))
    .bind(storefront.as_str())
    .bind(sku.as_str())
    .bind(i64::from(units))
    .fetch_optional(connection)
    .await?
    .as_ref()
    .map(|row| available(&Reading::new(row, "products", sku.as_str())))
    .transpose()
}

/// Units that can be reserved, by SKU; those not known are left out.
pub(super) async fn free(
    connection: &mut Connection,
    storefront: &StorefrontId,
    lines: &[SkuUnits],
) -> Result<BTreeMap<Sku, u32>, Failure> {
    let asked: Vec<_> = lines.iter().map(|line| (line.sku.as_str(),)).collect();
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    sqlx::query(concat!(
        "SELECT p.sku, p.available FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("products"),
        " AS p WHERE p.storefront = $2 AND p.sku = n.value ->> 0",
        locking!("p"),
    ))
    .bind(json(&asked)?)
    .bind(storefront.as_str())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let reading = Reading::new(row, "products", "?");
        let sku: Sku = reading.value("sku")?;
        let available = available(&Reading::new(row, "products", sku.as_str()))?;
        Ok((sku, available))
    })
    .collect()
}

/// The SKUs among the lines that are not known.
pub(super) fn unknown(lines: &[SkuUnits], free: &BTreeMap<Sku, u32>) -> Vec<Sku> {
    lines
        .iter()
        .filter(|line| !free.contains_key(&line.sku))
        .map(|line| line.sku.clone())
        .collect()
}

/// What there is too little of, for whoever has these units already.
pub(super) fn shortages(
    lines: &[SkuUnits],
    free: &BTreeMap<Sku, u32>,
    own: &BTreeMap<Sku, u32>,
) -> Vec<Shortage> {
    lines
        .iter()
        .filter_map(|line| {
            let own = own.get(&line.sku).copied().unwrap_or_default();
            let free = free.get(&line.sku).copied().unwrap_or_default();
            let available = free.saturating_add(own);
            (line.quantity > own && line.quantity > available)
                .then(|| Shortage::new(line.sku.clone(), line.quantity, available))
        })
        .collect()
}

/// Takes units of products, or gives back those that are less than none. Each is taken only if
/// there are as many; else nothing may be kept of the transaction.
pub(super) async fn take(
    connection: &mut Connection,
    storefront: &StorefrontId,
    units: &[(&Sku, i64)],
) -> Result<(), Failure> {
    let rows: Vec<_> = units
        .iter()
        .filter(|(_, units)| *units != 0)
        .map(|(sku, units)| (storefront.as_str(), sku.as_str(), units))
        .collect();
    run_on_each(
        connection,
        concat!(
            "UPDATE ",
            table!("products"),
            " AS p SET available = p.available - CAST(n.value ->> 2 AS BIGINT) FROM ",
            rows!("$1"),
            " WHERE p.storefront = n.value ->> 0 AND p.sku = n.value ->> 1",
            " AND p.available >= CAST(n.value ->> 2 AS BIGINT)",
        ),
        &rows,
    )
    .await
}
