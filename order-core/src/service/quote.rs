//! Prices and names of lines, as the inventory service quotes them.

use super::engine::Engine;
use super::outage::requested_delay;
use crate::dependency::Dependency;
use crate::money::Currency;
use crate::new_order::NewLine;
use crate::policy::OutagePolicy;
use crate::ports::{CallContext, OrderError, Product};
use crate::time::after;
use crate::value::{Sku, StorefrontId};

impl Engine {
    /// Returns the lines with quoted names and prices; `None` if the inventory service is unreachable
    /// and the storefront's policy is to wait for it.
    pub(super) async fn quote(
        &self,
        storefront: &StorefrontId,
        currency: Currency,
        lines: &[NewLine],
    ) -> Result<Option<Vec<NewLine>>, OrderError> {
        let mut skus: Vec<Sku> = lines
            .iter()
            .filter(|line| is_quoted(line))
            .map(|line| line.sku.clone())
            .collect();
        skus.sort();
        skus.dedup();
        if skus.is_empty() {
            return Ok(Some(lines.to_vec()));
        }
        let now = self.clock.now();
        let call = CallContext::new(
            storefront.clone(),
            format!("quote-{:016x}", self.ids.random_u64()),
            after(now, self.config.request_time_budget),
        );
        match self.services.inventory.products(&call, &skus).await {
            Ok(products) => priced(lines, &products, currency).map(Some),
            Err(error) if !error.is_outage() => Err(OrderError::UnknownProducts { skus }),
            Err(error) => {
                tracing::warn!(%storefront, error = %error, "prices cannot be asked for");
                match self.policy(storefront).outage {
                    OutagePolicy::Reject { .. } => Err(OrderError::Unavailable {
                        dependency: Dependency::Inventory,
                        retry_after: requested_delay(&error)
                            .unwrap_or_else(|| self.retry_after(storefront)),
                    }),
                    OutagePolicy::Defer { .. } | OutagePolicy::AcceptUnverified { .. } => Ok(None),
                }
            }
        }
    }
}

/// Returns whether the price or the name of a line has to be quoted.
const fn is_quoted(line: &NewLine) -> bool {
    line.unit_price.is_none() || line.name.is_none()
}

/// Adds quoted names and prices to lines. An agreed price is kept.
fn priced(
    lines: &[NewLine],
    products: &[Product],
    currency: Currency,
) -> Result<Vec<NewLine>, OrderError> {
    let (mut unknown, mut foreign) = (Vec::new(), Vec::new());
    let mut quoted = Vec::with_capacity(lines.len());
    for line in lines {
        if !is_quoted(line) {
            quoted.push(line.clone());
            continue;
        }
        let product = products.iter().find(|product| product.sku == line.sku);
        let mut line = line.clone();
        match product {
            Some(product) => {
                if line.unit_price.is_none() {
                    if product.unit_price.currency() == currency {
                        line.unit_price = Some(product.unit_price.amount());
                    } else {
                        foreign.push(line.sku.clone());
                    }
                }
                line.name = line.name.or_else(|| product.name.clone());
            }
            None => unknown.push(line.sku.clone()),
        }
        quoted.push(line);
    }
    if !unknown.is_empty() {
        return Err(OrderError::UnknownProducts { skus: unknown });
    }
    if !foreign.is_empty() {
        return Err(OrderError::CurrencyMismatch {
            currency,
            skus: foreign,
        });
    }
    Ok(quoted)
}
