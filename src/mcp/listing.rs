//! `tools/list`: what the pipeline lists, told truthfully.

use std::sync::Arc;

use data_stack_core::Effect;
use rmcp::model::{CacheScope, JsonObject, ListToolsResult, MetaObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::catalog::Entry;
use crate::pipeline::policy::Policy;
use crate::pipeline::{Pipeline, envelope};

/// How long a client may keep a list that cannot change while this process lives, in milliseconds.
pub(super) const STATIC_TTL_MS: u64 = 300_000;
/// Key of the hint that makes a client ask its user before each call.
const ASK_KEY: &str = "anthropic/requiresUserInteraction";

/// The exact result of `tools/list`.
pub(super) fn result(pipeline: &Pipeline) -> ListToolsResult {
    let policy = pipeline.policy();
    let tools = pipeline.listing().map(|entry| describe(entry, policy)).collect();
    ListToolsResult::with_all_items(tools).with_ttl_ms(STATIC_TTL_MS).with_cache_scope(CacheScope::Private)
}

fn describe(entry: &Entry, policy: Policy) -> Tool {
    let spec = entry.spec();
    let schemas = entry.schemas();
    let tool = Tool::new(spec.name, spec.description.trim(), object(without_sizes(&schemas.input)))
        .with_title(spec.title)
        .with_raw_output_schema(object(envelope::schema(&schemas.output)))
        .with_annotations(annotations(entry, policy));
    if spec.effect > Effect::Read && spec.effect >= policy.ask { tool.with_meta(ask()) } else { tool }
}

/// Without the lengths of texts and lists: only a caller that means harm meets them, and every client pays for the listing.
fn without_sizes(schema: &Value) -> Value {
    const SIZES: [&str; 4] = ["minLength", "maxLength", "minItems", "maxItems"];
    match schema {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| !SIZES.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), without_sizes(value)))
            .collect(),
        other => other.clone(),
    }
}

/// How far a call can reach here: no further than the tool can and the policy lets it.
fn annotations(entry: &Entry, policy: Policy) -> ToolAnnotations {
    let spec = entry.spec();
    let reach = spec.max_effect.max(spec.effect).min(policy.effects);
    ToolAnnotations::from_raw(
        // The tool's own title is enough; the revision before it had one shows the name.
        None,
        Some(reach == Effect::Read),
        Some(reach == Effect::Destroy),
        Some(spec.idempotent || reach == Effect::Read),
        Some(spec.open_world),
    )
}

fn ask() -> MetaObject {
    let mut meta = MetaObject::new();
    meta.0.insert(ASK_KEY.to_owned(), json!(true));
    meta
}

fn object(value: Value) -> Arc<JsonObject> {
    Arc::new(match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    })
}
