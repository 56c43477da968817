//! The program's own logs, traces and metrics. Logs are structured and go to standard error; traces and metrics are exported
//! by OTLP where `telemetry.otlp` names an endpoint. It must not feed Plumbline's own journal unless the user points it there.

mod http;
mod metrics;

use std::{io::IsTerminal as _, time::Duration};

use crate::config::file::LogFormat;
use anyhow::Context as _;
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

pub use self::{http::layer, metrics::export};

/// Flushes what is still held back when the program ends.
#[must_use = "dropping it ends the export"]
#[derive(Default)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

/// Starts logging, and exporting where `endpoint` (OTLP over gRPC, `http://host:4317`) is given.
///
/// # Errors
/// When the endpoint is no URL, or logging was started before.
pub fn start(format: LogFormat, endpoint: Option<&str>, environment: &str) -> anyhow::Result<Telemetry> {
    let filter =
        || EnvFilter::try_from_env("PLUMBLINE_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,rdkafka=warn"));
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = (format == LogFormat::Text)
        .then(|| tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_target(false));
    let json =
        (format == LogFormat::Json).then(|| tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr));
    let mut telemetry = Telemetry::default();
    let spans = match endpoint {
        None => None,
        Some(endpoint) => {
            let resource = Resource::builder()
                .with_service_name("plumbline")
                .with_attributes([
                    KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                    KeyValue::new("deployment.environment.name", environment.to_owned()),
                ])
                .build();
            let exporter = opentelemetry_otlp::SpanExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(Duration::from_secs(5))
                .build()
                .with_context(|| format!("telemetry.otlp: {endpoint} is no endpoint for traces"))?;
            let traces =
                SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.clone()).build();
            let exporter = opentelemetry_otlp::MetricExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(Duration::from_secs(5))
                .build()
                .with_context(|| format!("telemetry.otlp: {endpoint} is no endpoint for metrics"))?;
            let metrics = SdkMeterProvider::builder().with_periodic_exporter(exporter).with_resource(resource).build();
            opentelemetry::global::set_meter_provider(metrics.clone());
            let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer("plumbline"));
            telemetry = Telemetry { traces: Some(traces), metrics: Some(metrics) };
            Some(layer)
        }
    };
    tracing_subscriber::registry()
        // The exporter's own calls are none of it.
        .with(spans.map(|layer| layer.with_filter(EnvFilter::new("off,plumbline=info"))))
        .with(text.map(|layer| layer.with_filter(filter())))
        .with(json.map(|layer| layer.with_filter(filter())))
        .try_init()
        .context("logging was started before")?;
    Ok(telemetry)
}

impl Telemetry {
    /// Sends what is held back; called last, after everything else has ended.
    pub fn stop(self) {
        if let Some(Err(error)) = self.traces.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last traces were not exported");
        }
        if let Some(Err(error)) = self.metrics.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last metrics were not exported");
        }
    }
}
