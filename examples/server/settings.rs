//! The settings of the server: flags, environment variables, and a `.env` file.

use super::database::{POSTGRES, SQLITE};
use clap::{Parser, ValueEnum};
use order_core::money::Amount;
use order_core::policy::{OutagePolicy, PaymentPolicy, Policies, PolicyBook};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Serves orders over HTTP, on SQLite and mock services unless told otherwise.
///
/// Every setting is a flag and an environment variable; a `.env` file in the working directory is
/// read, and what is set in the environment wins over it.
#[derive(Debug, Parser)]
#[command(name = "server", version)]
pub(crate) struct Settings {
    /// The database: `sqlite:FILE`, or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, env, default_value = "sqlite:order.db", hide_env_values = true)]
    pub(crate) database_url: String,
    /// The address to listen on. Without authentication only a loopback address is served.
    #[arg(long, env, default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// The port to listen on; 0: any free one.
    #[arg(long, env, default_value_t = 3000)]
    pub(crate) port: u16,

    /// The customer service; unset: a mock.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) customer_service_url: Option<String>,
    /// The inventory service; `sql`: stock in the database; unset: a mock.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) inventory_service_url: Option<String>,
    /// The payment provider; unset: a mock.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) payment_service_url: Option<String>,
    /// The shipping service; unset: a mock.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) shipping_service_url: Option<String>,
    /// The notification service; unset: a mock.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) notification_service_url: Option<String>,
    /// The folder with the customers and products of the mocks.
    #[arg(long, env, default_value = "examples/mocks")]
    pub(crate) mocks_dir: PathBuf,

    /// The key that tokens are signed with. Not served by this version.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) auth_jwt_key: Option<String>,
    /// Where the keys are that tokens are signed with. Not served by this version.
    #[arg(long, env)]
    pub(crate) auth_jwks_url: Option<String>,
    /// Who must have issued a token. Not served by this version.
    #[arg(long, env)]
    pub(crate) auth_issuer: Option<String>,
    /// Whom a token must be for. Not served by this version.
    #[arg(long, env)]
    pub(crate) auth_audience: Option<String>,
    /// The file with the hashes of API keys. Not served by this version.
    #[arg(long, env)]
    pub(crate) api_keys_file: Option<PathBuf>,
    /// The secret of the payment webhook; Not served by this version.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) webhook_secret_payments: Option<String>,
    /// The secret of the shipping webhook; Not served by this version.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) webhook_secret_shipping: Option<String>,

    /// When money is taken.
    #[arg(long, env, value_enum, default_value_t = Payment::CaptureOnShip)]
    pub(crate) payment_policy: Payment,
    /// What becomes of orders while a service is away.
    #[arg(long, env, value_enum, default_value_t = Outage::Defer)]
    pub(crate) outage_policy: Outage,
    /// Requests a minute and principal; 0: any number. Other numbers are not served by this version.
    #[arg(long, env, default_value_t = 0)]
    pub(crate) rate_limit: u32,

    /// How the log is written.
    #[arg(long, env, value_enum, default_value_t = LogFormat::Pretty)]
    pub(crate) log_format: LogFormat,
    /// What is logged, as a filter of `tracing-subscriber`.
    #[arg(long, env, default_value = "info")]
    pub(crate) rust_log: String,
    /// Where traces go (OTLP over HTTP); unset: nowhere.
    #[arg(long, env)]
    pub(crate) otel_exporter_otlp_endpoint: Option<String>,
}

/// When money is taken.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Payment {
    /// Authorized before release, captured as units are shipped.
    CaptureOnShip,
    /// Captured before release.
    CaptureOnConfirm,
    /// Nothing is due before release.
    Invoice,
}

/// What becomes of orders while a service is away.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Outage {
    /// They are accepted and go on later.
    Defer,
    /// They are turned away.
    Reject,
    /// Customers are accepted unchecked, for orders up to 100.00 of the currency.
    AcceptUnverified,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl Settings {
    /// Says what cannot be served, before anything is started.
    ///
    /// # Errors
    /// If something is set that this server would not do.
    pub(crate) fn check(&self) -> Result<(), String> {
        let not_yet = [
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
        if let Some((name, _)) = not_yet.iter().find(|(_, set)| *set) {
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
        let known = [SQLITE].into_iter().chain(POSTGRES);
        if !known
            .into_iter()
            .any(|kind| self.database_url.starts_with(kind))
        {
            return Err(
                "DATABASE_URL must begin with `sqlite:`, `postgres:` or `postgresql:`: \
                 there is no other database"
                    .into(),
            );
        }
        Ok(())
    }

    /// The policies of every storefront.
    pub(crate) fn policies(&self) -> PolicyBook {
        const QUEUE: u32 = 10_000;
        let mut policies = Policies::default();
        policies.payment = match self.payment_policy {
            Payment::CaptureOnShip => PaymentPolicy::CaptureOnShip,
            Payment::CaptureOnConfirm => PaymentPolicy::CaptureOnConfirm,
            Payment::Invoice => PaymentPolicy::Invoice,
        };
        policies.outage = match self.outage_policy {
            Outage::Defer => OutagePolicy::Defer { at_most: QUEUE },
            Outage::Reject => OutagePolicy::Reject {
                retry_after: Duration::from_secs(30),
            },
            Outage::AcceptUnverified => OutagePolicy::AcceptUnverified {
                up_to: Amount::new(10_000),
                at_most: QUEUE,
            },
        };
        PolicyBook::new(policies)
    }
}
