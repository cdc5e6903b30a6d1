//! The log, and the export of traces.

use super::settings::{LogFormat, Settings};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::error::Error;
use std::io::IsTerminal;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Exports traces until it is shut down.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Starts logging to standard error, and exporting traces if an endpoint is set.
    ///
    /// # Errors
    /// If the log filter or the endpoint is not valid.
    pub(crate) fn start(settings: &Settings) -> Result<Self, Box<dyn Error>> {
        let filter = EnvFilter::try_new(&settings.rust_log)
            .map_err(|error| format!("RUST_LOG is not a valid filter: {error}"))?;
        let log = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        let log = match settings.log_format {
            LogFormat::Pretty => log.boxed(),
            LogFormat::Json => log.json().flatten_event(true).boxed(),
        };
        let provider = settings
            .otel_exporter_otlp_endpoint
            .as_deref()
            .map(trace_provider)
            .transpose()?;
        let traces = provider
            .as_ref()
            .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("order")));
        tracing_subscriber::registry()
            .with(filter)
            .with(log)
            .with(traces)
            .try_init()?;
        Ok(Self(provider))
    }

    /// Sends the remaining traces. It blocks, so call it outside the runtime.
    pub(crate) fn shut_down(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(error = %error, "the last traces could not be sent");
        }
    }
}

fn trace_provider(endpoint: &str) -> Result<SdkTracerProvider, Box<dyn Error>> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|error| format!("OTEL_EXPORTER_OTLP_ENDPOINT cannot be used: {error}"))?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("order").build())
        .build())
}
