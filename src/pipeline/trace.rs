//! Spans for operators who collect them: one for each call, sent over OTLP where OpenTelemetry's own variables name a collector.
//!
//! A span says what was called and how it ended, by OpenTelemetry's conventions for MCP; it never holds an argument's value.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span, SpanBuilder, SpanKind, Status, Tracer, TracerProvider};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// The variables of which one must be set.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Where spans go; made with the first one.
#[derive(Default)]
pub(super) struct Traces(OnceLock<Option<SdkTracerProvider>>);

/// A call that has ended.
pub(super) struct Ended<'a> {
    pub(super) tool: &'a str,
    pub(super) started: SystemTime,
    /// The caller's own span, as `traceparent` has it.
    pub(super) parent: Option<&'a str>,
    /// `ok`, or the error's code.
    pub(super) outcome: &'a str,
    /// What else is known: name and value.
    pub(super) facts: [(&'static str, &'a str); 5],
}

impl Traces {
    /// Sends a span for this call, if anybody collects them.
    pub(super) fn record(&self, ended: &Ended<'_>) {
        let Some(provider) = self.0.get_or_init(provider) else { return };
        let tracer = provider.tracer("data-stack");
        let carrier: HashMap<String, String> =
            ended.parent.map(|parent| ("traceparent".to_owned(), parent.to_owned())).into_iter().collect();
        let parent = TraceContextPropagator::new().extract(&carrier);
        let known = [("mcp.method.name", "tools/call"), ("gen_ai.tool.name", ended.tool)];
        let failure = Some(("error.type", ended.outcome)).filter(|_| ended.outcome != "ok");
        let attributes = known.into_iter().chain(ended.facts).chain(failure);
        let builder = SpanBuilder::from_name(format!("tools/call {}", ended.tool))
            .with_kind(SpanKind::Server)
            .with_start_time(ended.started)
            .with_attributes(attributes.map(|(name, value)| KeyValue::new(name, value.to_owned())));
        let mut span = tracer.build_with_context(builder, &parent);
        if failure.is_some() {
            span.set_status(Status::error(ended.outcome.to_owned()));
        }
        span.end();
    }

    /// Sends what has not left yet; waits at most `limit`, and not on this thread.
    pub(super) async fn flush(&self, limit: Duration) {
        let Some(provider) = self.0.get().cloned().flatten() else { return };
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(limit)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!(?flushed, "the last spans did not reach the collector");
        }
    }
}

fn provider() -> Option<SdkTracerProvider> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let disabled = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    if disabled || !ENDPOINTS.into_iter().any(is_set) {
        return None;
    }
    match SpanExporter::builder().with_http().build() {
        Ok(exporter) => {
            let mut resource = Resource::builder();
            if !is_set("OTEL_SERVICE_NAME") {
                resource = resource.with_service_name("data-stack");
            }
            Some(SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build())
        }
        Err(error) => {
            tracing::error!(%error, "spans cannot be sent; see OTEL_EXPORTER_OTLP_ENDPOINT");
            None
        }
    }
}
