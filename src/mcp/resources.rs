//! Resources: the catalogue, tables, artifacts, jobs and the tail of the audit record.

use std::io::Read;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use data_stack_core::ports::warehouse::CatalogJob;
use data_stack_core::{Control, Ports, ToolError};
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, MetaObject, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde_json::{Value, json};

use super::guard::protocol_error;
use super::listing::STATIC_TTL_MS;
use super::uri::{self, Address};
use crate::pipeline::{Pipeline, audit};

/// Resources in a page of the list.
const PAGE: usize = 100;
/// Tables and artifacts that the list knows at most.
const LISTED: usize = 1_000;
/// Entries of `audit://tail`.
const TAIL: usize = 100;
/// Largest artifact that is sent whole, in bytes.
const MAX_BYTES: u64 = 512 << 10;
/// Values shown of each column of `table://…`.
const SAMPLES: usize = 5;
/// Longest that reading may look things up.
const LIMIT: Duration = Duration::from_secs(20);
/// How long a client may keep what the next call can change, in milliseconds.
const CHANGING_TTL_MS: u64 = 2_000;
/// MIME type of all but artifacts.
const JSON: &str = "application/json";

/// `resources/list`: one page.
pub(super) async fn list(pipeline: &Pipeline, cursor: Option<&str>) -> Result<ListResourcesResult, ErrorData> {
    let start = cursor.map_or(Ok(0), offset)?;
    let mut all = fixed(pipeline.ports());
    all.extend(tables(pipeline.ports()).await);
    all.extend(artifacts(pipeline.ports()));
    let more = all.len() > start + PAGE;
    let page = all.into_iter().skip(start).take(PAGE).collect();
    let mut result = ListResourcesResult::with_all_items(page).with_ttl_ms(CHANGING_TTL_MS).with_cache_scope(CacheScope::Private);
    result.next_cursor = more.then(|| URL_SAFE_NO_PAD.encode(format!("resources:{}", start + PAGE)));
    Ok(result)
}

/// `resources/templates/list`.
pub(super) fn templates() -> ListResourceTemplatesResult {
    let template =
        |uri: &str, name: &str, title: &str, about: &str| ResourceTemplate::new(uri, name).with_title(title).with_description(about);
    ListResourceTemplatesResult::with_all_items(vec![
        template(
            uri::ARTIFACT_TEMPLATE,
            "artifact",
            "Artifact",
            "A file that a call made: text, or bytes in base64; where it lies on disk when it is large.",
        ),
        template(uri::JOB_TEMPLATE, "job", "Job", "Where a job stands, and its result when it has ended.").with_mime_type(JSON),
        template(uri::TABLE_TEMPLATE, "table", "Table", "A table's columns with types and some of their values.").with_mime_type(JSON),
    ])
    .with_ttl_ms(STATIC_TTL_MS)
    .with_cache_scope(CacheScope::Private)
}

/// `resources/read`.
pub(super) async fn read(pipeline: &Pipeline, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let Some(address) = Address::parse(uri) else { return Err(unknown(uri)) };
    let contents = match address {
        Address::Catalog => text(uri, &catalog(pipeline.ports(), CatalogJob { limit: LISTED, ..CatalogJob::default() }).await?),
        Address::Table { schema, table } => text(uri, &one_table(pipeline.ports(), uri, schema, table).await?),
        Address::Job(id) => text(uri, &job(pipeline.ports(), &id).await?),
        Address::Audit => text(uri, &tail(pipeline).await?),
        Address::Artifact => artifact(pipeline.ports(), uri).await?,
        Address::App => super::apps::read(uri).ok_or_else(|| unknown(uri))?,
    };
    Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(CHANGING_TTL_MS).with_cache_scope(CacheScope::Private))
}

fn fixed(ports: &Ports) -> Vec<Resource> {
    let mut fixed = vec![
        Resource::new("audit://tail", "audit-tail")
            .with_title("Audit record")
            .with_description("The newest calls of this workspace, refusals included.")
            .with_mime_type(JSON),
    ];
    fixed.extend(super::apps::resources(ports));
    if ports.warehouse.is_some() {
        fixed.push(
            Resource::new("data://catalog", "catalog")
                .with_title("Catalogue")
                .with_description("All tables with their columns, row counts and origin.")
                .with_mime_type(JSON),
        );
    }
    fixed
}

/// The tables, as far as they can be had now: a locked database must not empty the rest of the list.
async fn tables(ports: &Ports) -> Vec<Resource> {
    if ports.warehouse.is_none() {
        return Vec::new();
    }
    let found = catalog(ports, CatalogJob { limit: LISTED, ..CatalogJob::default() }).await.unwrap_or_else(|error| {
        tracing::info!(error = %error.message, "the list of resources goes without tables");
        Value::Null
    });
    let tables = found["tables"].as_array().cloned().unwrap_or_default();
    tables.iter().filter_map(|table| Some(describe(table["schema"].as_str()?, table["name"].as_str()?, table))).collect()
}

fn describe(schema: &str, name: &str, table: &Value) -> Resource {
    let rows = table["rows"].as_u64().map_or_else(String::new, |rows| format!(", {rows} rows"));
    let columns = table["columns"].as_array().map_or(0, Vec::len);
    Resource::new(uri::of_table(schema, name), data_stack_core::text::clean(&format!("{schema}.{name}"), 200))
        .with_description(format!("{columns} columns{rows}"))
        .with_mime_type(JSON)
}

fn artifacts(ports: &Ports) -> Vec<Resource> {
    let links = ports.artifacts.as_ref().and_then(|artifacts| artifacts.list(LISTED).ok()).unwrap_or_default();
    links.iter().map(super::calls::resource).collect()
}

async fn catalog(ports: &Ports, job: CatalogJob) -> Result<Value, ErrorData> {
    let control = Control::unlimited().within(LIMIT);
    let warehouse = ports.warehouse().map_err(|error| protocol_error(&error))?;
    let found = tokio::select! {
        found = warehouse.catalog(job, &control) => found,
        ended = control.ended() => Err(ended),
    };
    let found = found.map_err(|error| protocol_error(&error))?;
    serde_json::to_value(found).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

async fn one_table(ports: &Ports, uri: &str, schema: String, table: String) -> Result<Value, ErrorData> {
    let job = CatalogJob { schema: Some(schema), table: Some(table), samples: SAMPLES, limit: 1, ..CatalogJob::default() };
    let mut found = catalog(ports, job).await?;
    let table = found["tables"].get_mut(0).map(Value::take);
    table.ok_or_else(|| unknown(uri))
}

async fn job(ports: &Ports, id: &str) -> Result<Value, ErrorData> {
    let jobs = ports.jobs().map_err(|error| protocol_error(&error))?;
    let status = jobs.status(id, 0.0, &Control::unlimited()).await.map_err(|error| missing(&error))?;
    let result = if status.state.is_final() { jobs.result(id).ok() } else { None };
    Ok(json!({"status": status, "result": result}))
}

async fn tail(pipeline: &Pipeline) -> Result<Value, ErrorData> {
    let folder = pipeline.settings().state().join("audit");
    let entries = tokio::task::spawn_blocking(move || audit::tail(&folder, TAIL)).await;
    match entries {
        Ok(Ok(entries)) => Ok(json!({"entries": entries})),
        Ok(Err(error)) => {
            tracing::error!(%error, "the audit record cannot be read");
            Err(ErrorData::internal_error("the audit record cannot be read; the log of the server has more", None))
        }
        Err(_) => Err(ErrorData::internal_error("the audit record cannot be read", None)),
    }
}

async fn artifact(ports: &Ports, uri: &str) -> Result<ResourceContents, ErrorData> {
    let artifacts = ports.artifacts().map_err(|error| missing(&error))?;
    let link = artifacts.find(uri).map_err(|error| missing(&error))?;
    let mut meta = MetaObject::new();
    meta.0.insert("data-stack/path".into(), json!(link.path));
    meta.0.insert("data-stack/bytes".into(), json!(link.bytes));
    if link.bytes > MAX_BYTES {
        let note = json!({
            "name": link.name, "mime_type": link.mime_type, "bytes": link.bytes, "path": link.path,
            "note": format!("larger than {MAX_BYTES} bytes; read the file at `path`, or query it"),
        });
        return Ok(text(uri, &note).with_meta(meta));
    }
    let path = link.path.clone();
    let bytes = tokio::task::spawn_blocking(move || read_capped(&path)).await;
    let bytes = bytes.map_err(std::io::Error::other).flatten().map_err(|error| {
        tracing::error!(%error, path = link.path, "an artifact cannot be read");
        ErrorData::internal_error("the artifact cannot be read; the log of the server has more", None)
    })?;
    let contents = match String::from_utf8(bytes) {
        Ok(text) if is_text(&link.mime_type) => ResourceContents::text(text, uri),
        Ok(text) => ResourceContents::blob(STANDARD.encode(text), uri),
        Err(error) => ResourceContents::blob(STANDARD.encode(error.as_bytes()), uri),
    };
    Ok(contents.with_mime_type(link.mime_type).with_meta(meta))
}

fn read_capped(path: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_text(mime_type: &str) -> bool {
    mime_type.starts_with("text/") || ["json", "xml", "yaml", "sql", "csv"].iter().any(|kind| mime_type.contains(kind))
}

fn text(uri: &str, value: &Value) -> ResourceContents {
    ResourceContents::text(value.to_string(), uri).with_mime_type(JSON)
}

fn offset(cursor: &str) -> Result<usize, ErrorData> {
    let decoded = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let offset = decoded.and_then(|text| text.strip_prefix("resources:")?.parse().ok());
    offset.ok_or_else(bad_cursor)
}

/// The refusal of a cursor that no list gave.
pub(super) fn bad_cursor() -> ErrorData {
    ErrorData::invalid_params("this cursor was not given by this list; start again without one", None)
}

fn unknown(uri: &str) -> ErrorData {
    let uri = data_stack_core::text::clean(uri, 200);
    let known = "data://catalog, table://{schema}/{table}, artifact://{id}, job://{id}, audit://tail";
    ErrorData::resource_not_found(format!("there is no resource `{uri}`; there is: {known}"), Some(json!({"uri": uri})))
}

fn missing(error: &ToolError) -> ErrorData {
    ErrorData::resource_not_found(data_stack_core::text::clean(&error.message, 500), serde_json::to_value(error).ok())
}
