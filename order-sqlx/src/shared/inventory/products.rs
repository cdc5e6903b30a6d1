//! Products: their prices, and the units of them that can be reserved.

use super::super::dialect::{Connection, Row};
use super::super::encode::{json_rows, micros};
use super::super::error::DbError;
use super::super::rows::{RowReader, execute_on_each};
use order_core::money::{Amount, Money};
use order_core::order::{Shortage, SkuQuantity};
use order_core::ports::Product;
use order_core::time::Timestamp;
use order_core::value::{ProductName, Sku, StorefrontId};
use std::collections::BTreeMap;

fn decode_product(row: &Row) -> Result<Product, DbError> {
    let reader = RowReader::new(row, "products", "?");
    let sku: Sku = reader.value("sku")?;
    let reader = RowReader::new(row, "products", sku.as_str());
    let name = reader
        .optional_text("name")?
        .map(ProductName::parse)
        .transpose()
        .map_err(|invalid| reader.corrupt("name", invalid))?;
    let currency = reader
        .text("currency")?
        .parse()
        .map_err(|error| reader.corrupt("currency", format!("{error}")))?;
    let unit_price = Money::new(Amount::new(reader.integer("unit_price")?), currency);
    Ok(Product::new(
        sku,
        name,
        unit_price,
        read_available(&reader)?,
    ))
}

/// Reads the available units, capped at `u32::MAX`.
fn read_available(reader: &RowReader<'_>) -> Result<u32, DbError> {
    let units = reader.integer("available")?;
    if units < 0 {
        return Err(reader.corrupt("available", "less than nothing"));
    }
    Ok(u32::try_from(units).unwrap_or(u32::MAX))
}

/// Reads the products of these SKUs that exist. Units of expired reservations that no sweep has
/// returned yet count as available, because a new reservation may take them.
pub(super) async fn find(
    connection: &mut Connection,
    storefront: &StorefrontId,
    skus: &[Sku],
    now: Timestamp,
) -> Result<Vec<Product>, DbError> {
    let wanted: Vec<_> = skus
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
    .bind(json_rows(&wanted)?)
    .bind(micros(now))
    .fetch_all(connection)
    .await?
    .iter()
    .map(decode_product)
    .collect()
}

/// Lists the products of a storefront after a SKU, in the order of SKUs.
pub(super) async fn list(
    connection: &mut Connection,
    storefront: &StorefrontId,
    after: Option<&Sku>,
    limit: u32,
) -> Result<Vec<Product>, DbError> {
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
    .map(decode_product)
    .collect()
}

/// Executes an insert that takes all columns of a product. Returns whether it wrote the row.
async fn insert(
    connection: &mut Connection,
    statement: &'static str,
    storefront: &StorefrontId,
    product: &Product,
) -> Result<bool, DbError> {
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

/// Adds a product, unless it exists. Returns whether it was added.
pub(super) async fn add(
    connection: &mut Connection,
    storefront: &StorefrontId,
    product: &Product,
) -> Result<bool, DbError> {
    let statement = concat!(
        "INSERT INTO ",
        table!("products"),
        " (storefront, sku, name, unit_price, currency, available) VALUES ($1, $2, $3, $4, $5, $6)",
        " ON CONFLICT (storefront, sku) DO NOTHING",
    );
    insert(connection, statement, storefront, product).await
}

/// Adds or overwrites a product.
pub(super) async fn put(
    connection: &mut Connection,
    storefront: &StorefrontId,
    product: &Product,
) -> Result<bool, DbError> {
    let statement = concat!(
        "INSERT INTO ",
        table!("products"),
        " (storefront, sku, name, unit_price, currency, available) VALUES ($1, $2, $3, $4, $5, $6)",
        " ON CONFLICT (storefront, sku) DO UPDATE SET name = excluded.name,",
        " unit_price = excluded.unit_price, currency = excluded.currency,",
        " available = excluded.available",
    );
    insert(connection, statement, storefront, product).await
}

/// Adds units to a product. Returns how many can be reserved then; `None` for an unknown SKU.
pub(super) async fn restock(
    connection: &mut Connection,
    storefront: &StorefrontId,
    sku: &Sku,
    units: u32,
) -> Result<Option<u32>, DbError> {
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
    .map(|row| read_available(&RowReader::new(row, "products", sku.as_str())))
    .transpose()
}

/// Reads the available units by SKU, without unknown SKUs. Locks the rows.
pub(super) async fn lock_available(
    connection: &mut Connection,
    storefront: &StorefrontId,
    lines: &[SkuQuantity],
) -> Result<BTreeMap<Sku, u32>, DbError> {
    let wanted: Vec<_> = lines.iter().map(|line| (line.sku.as_str(),)).collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    sqlx::query(concat!(
        "SELECT p.sku, p.available FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("products"),
        " AS p WHERE p.storefront = $2 AND p.sku = n.value ->> 0",
        for_update!("p"),
    ))
    .bind(json_rows(&wanted)?)
    .bind(storefront.as_str())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let reader = RowReader::new(row, "products", "?");
        let sku: Sku = reader.value("sku")?;
        let available = read_available(&RowReader::new(row, "products", sku.as_str()))?;
        Ok((sku, available))
    })
    .collect()
}

/// Returns the SKUs of the lines that are unknown.
pub(super) fn unknown(lines: &[SkuQuantity], available: &BTreeMap<Sku, u32>) -> Vec<Sku> {
    lines
        .iter()
        .filter(|line| !available.contains_key(&line.sku))
        .map(|line| line.sku.clone())
        .collect()
}

/// Returns the lines that cannot be reserved in full by an owner who has the units `own` already.
pub(super) fn shortages(
    lines: &[SkuQuantity],
    available: &BTreeMap<Sku, u32>,
    own: &BTreeMap<Sku, u32>,
) -> Vec<Shortage> {
    lines
        .iter()
        .filter_map(|line| {
            let own = own.get(&line.sku).copied().unwrap_or_default();
            let available = available.get(&line.sku).copied().unwrap_or_default();
            let available = available.saturating_add(own);
            (line.quantity > own && line.quantity > available)
                .then(|| Shortage::new(line.sku.clone(), line.quantity, available))
        })
        .collect()
}

/// Identifies a product.
pub(super) type ProductKey<'a> = (&'a StorefrontId, &'a Sku);

/// Takes units of products; negative units are returned. The condition of the update prevents overselling:
/// it fails with a write conflict if a product has fewer units, and the transaction must be rolled back.
pub(super) async fn take(
    connection: &mut Connection,
    units: &[(ProductKey<'_>, i64)],
) -> Result<(), DbError> {
    let rows: Vec<_> = units
        .iter()
        .filter(|(_, units)| *units != 0)
        .map(|((storefront, sku), units)| (storefront.as_str(), sku.as_str(), units))
        .collect();
    execute_on_each(
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
