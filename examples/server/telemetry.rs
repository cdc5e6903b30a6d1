//! The log, and traces for those who collect them.

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

/// Keeps the export of traces going; what is left is sent when it is shut down.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Begins to log to standard error, and to export traces where that is asked for.
    ///
    /// # Errors
    /// If the filter or the address of the collector makes no sense.
    pub(crate) fn start(settings: &Settings) -> Result<Self, Box<dyn Error>> {
        let filter = EnvFilter::try_new(&settings.rust_log)
            .map_err(|error| format!("RUST_LOG makes no sense: {error}"))?;
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        let lines = match settings.log_format {
            LogFormat::Pretty => lines.boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let provider = settings
            .otel_exporter_otlp_endpoint
            .as_deref()
            .map(exporting)
            .transpose()?;
        let traces = provider
            .as_ref()
            .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("order")));
        tracing_subscriber::registry()
            .with(filter)
            .with(lines)
            .with(traces)
            .try_init()?;
        Ok(Self(provider))
    }

    /// Sends what is left. It blocks, so it must not run on a task.
    pub(crate) fn shut_down(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(error = %error, "the last traces could not be sent");
        }
    }
}

fn exporting(endpoint: &str) -> Result<SdkTracerProvider, Box<dyn Error>> {
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
