//! The settings of the server: command-line flags, environment variables, and a `.env` file.

use super::database::{POSTGRES, SQLITE};
use super::external_services::STOCK_IN_DATABASE;
use clap::{Parser, ValueEnum};
use order_core::money::Amount;
use order_core::policy::{OutagePolicy, PaymentPolicy, PolicySet, StorefrontPolicy};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Serves orders over HTTP, by default on SQLite and with mock services.
///
/// Every setting is a command-line flag and an environment variable. A `.env` file in the working
/// directory is loaded; variables of the environment take precedence over it.
#[derive(Debug, Parser)]
#[command(name = "server", version)]
pub(crate) struct Settings {
    /// URL of the database: `sqlite:FILE`, or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, env, default_value = "sqlite:order.db", hide_env_values = true)]
    pub(crate) database_url: String,
    /// IP address to listen on; a loopback address, since there is no authentication.
    #[arg(long, env, default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, env, default_value_t = 3000)]
    pub(crate) port: u16,

    /// URL of the customer service; a mock if unset.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) customer_service_url: Option<String>,
    /// URL of the inventory service; `sql` keeps the stock in the database; a mock if unset.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) inventory_service_url: Option<String>,
    /// URL of the payment provider; a mock if unset.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) payment_service_url: Option<String>,
    /// URL of the shipping service; a mock if unset.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) shipping_service_url: Option<String>,
    /// URL of the notification service; a mock if unset.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) notification_service_url: Option<String>,
    /// Directory with the customers and products of the mocks, as JSON files.
    #[arg(long, env, default_value = "examples/mocks")]
    pub(crate) mocks_dir: PathBuf,

    /// Key that access tokens are signed with. Not supported by this version.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) auth_jwt_key: Option<String>,
    /// URL of the key set that access tokens are signed with. Not supported by this version.
    #[arg(long, env)]
    pub(crate) auth_jwks_url: Option<String>,
    /// Required issuer of access tokens. Not supported by this version.
    #[arg(long, env)]
    pub(crate) auth_issuer: Option<String>,
    /// Required audience of access tokens. Not supported by this version.
    #[arg(long, env)]
    pub(crate) auth_audience: Option<String>,
    /// File with the hashes of API keys. Not supported by this version.
    #[arg(long, env)]
    pub(crate) api_keys_file: Option<PathBuf>,
    /// Secret of the payment webhook. Not supported by this version.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) webhook_secret_payments: Option<String>,
    /// Secret of the shipping webhook. Not supported by this version.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) webhook_secret_shipping: Option<String>,

    /// When payments are captured.
    #[arg(long, env, value_enum, default_value_t = PaymentMode::CaptureOnShip)]
    pub(crate) payment_policy: PaymentMode,
    /// What happens to new orders during an outage of an external service.
    #[arg(long, env, value_enum, default_value_t = OutageMode::Defer)]
    pub(crate) outage_policy: OutageMode,
    /// Requests per minute and principal; 0 is unlimited. Limits are not supported by this version.
    #[arg(long, env, default_value_t = 0)]
    pub(crate) rate_limit: u32,

    /// Format of the log.
    #[arg(long, env, value_enum, default_value_t = LogFormat::Pretty)]
    pub(crate) log_format: LogFormat,
    /// Filter of the log, in the syntax of `tracing-subscriber`.
    #[arg(long, env, default_value = "info")]
    pub(crate) rust_log: String,
    /// Endpoint that traces are exported to (OTLP over HTTP); none if unset.
    #[arg(long, env)]
    pub(crate) otel_exporter_otlp_endpoint: Option<String>,
}

/// When payments are captured.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum PaymentMode {
    /// Authorized before release, captured as units are shipped.
    CaptureOnShip,
    /// Captured before release.
    CaptureOnConfirm,
    /// Nothing is due before release.
    Invoice,
}

/// What happens to new orders during an outage of an external service.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum OutageMode {
    /// They are accepted, and continue when the outage ends.
    Defer,
    /// They are rejected.
    Reject,
    /// Customers are accepted without verification, for orders up to 100.00 of the currency.
    AcceptUnverified,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For humans.
    Pretty,
    /// One JSON object per line.
    Json,
}

impl Settings {
    /// Refuses settings that this version does not support.
    ///
    /// # Errors
    /// A message that names the first such setting.
    pub(crate) fn check(&self) -> Result<(), String> {
        let unsupported = [
            ("AUTH_JWT_KEY", self.auth_jwt_key.is_some()),
            ("AUTH_JWKS_URL", self.auth_jwks_url.is_some()),
            ("AUTH_ISSUER", self.auth_issuer.is_some()),
            ("AUTH_AUDIENCE", self.auth_audience.is_some()),
            ("API_KEYS_FILE", self.api_keys_file.is_some()),
            (
                "WEBHOOK_SECRET_PAYMENTS",
                self.webhook_secret_payments.is_some(),
            ),
            (
                "WEBHOOK_SECRET_SHIPPING",
                self.webhook_secret_shipping.is_some(),
            ),
            ("RATE_LIMIT", self.rate_limit > 0),
        ];
        if let Some((name, _)) = unsupported.iter().find(|(_, set)| *set) {
            return Err(format!(
                "{name} is set, but this version does not serve it: unset it, \
                 or put a gateway in front that does"
            ));
        }
        if !self.host.is_loopback() {
            return Err(format!(
                "HOST is {}, but without authentication only a loopback address is served: \
                 use 127.0.0.1, and put a gateway in front that authenticates",
                self.host
            ));
        }
        let mut schemes = [SQLITE].into_iter().chain(POSTGRES);
        if !schemes.any(|scheme| self.database_url.starts_with(scheme)) {
            return Err(
                "DATABASE_URL must begin with `sqlite:`, `postgres:` or `postgresql:`: \
                 there is no other database"
                    .into(),
            );
        }
        Ok(())
    }

    /// Returns whether the stock is in the database of the orders.
    pub(crate) fn has_stock_in_database(&self) -> bool {
        self.inventory_service_url.as_deref() == Some(STOCK_IN_DATABASE)
    }

    /// Returns the policies, the same for every storefront.
    pub(crate) fn policies(&self) -> PolicySet {
        const MAX_DEFERRED_ORDERS: u32 = 10_000;
        let mut policies = StorefrontPolicy::default();
        policies.payment = match self.payment_policy {
            PaymentMode::CaptureOnShip => PaymentPolicy::CaptureOnShip,
            PaymentMode::CaptureOnConfirm => PaymentPolicy::CaptureOnConfirm,
            PaymentMode::Invoice => PaymentPolicy::Invoice,
        };
        policies.outage = match self.outage_policy {
            OutageMode::Defer => OutagePolicy::Defer {
                at_most: MAX_DEFERRED_ORDERS,
            },
            OutageMode::Reject => OutagePolicy::Reject {
                retry_after: Duration::from_secs(30),
            },
            OutageMode::AcceptUnverified => OutagePolicy::AcceptUnverified {
                up_to: Amount::new(10_000),
                at_most: MAX_DEFERRED_ORDERS,
            },
        };
        PolicySet::new(policies)
    }
}
