//! MCP Apps: views that a client shows beside a tool's answers. A client without them reads the same facts as text.

use data_stack_core::{Port, Ports};
use rmcp::model::{MetaObject, Resource, ResourceContents};
use serde_json::{Value, json};

/// A view.
struct App {
    /// The tool whose answers it shows.
    tool: &'static str,
    uri: &'static str,
    title: &'static str,
    /// Its document, which loads nothing.
    document: fn() -> &'static str,
}

static APPS: &[App] =
    &[App { tool: "render_dashboard", uri: "ui://data-stack/dashboard", title: "Dashboard", document: data_stack_charts::page::app }];

/// The MIME type by which clients know an app.
const MIME_TYPE: &str = "text/html;profile=mcp-app";
/// Key of what an app shows in an answer's `_meta`.
const CONTENT_KEY: &str = "data-stack/page";

/// What the listing says about a tool with an app.
pub(super) fn of(tool: &str) -> Option<(String, Value)> {
    let app = APPS.iter().find(|app| app.tool == tool)?;
    Some(("ui".to_owned(), json!({"resourceUri": app.uri})))
}

/// What an answer carries to its app; no model reads it.
pub(super) fn content(page: Value) -> MetaObject {
    let mut meta = MetaObject::new();
    meta.0.insert(CONTENT_KEY.to_owned(), page);
    meta
}

/// The apps as resources, where their tools can run.
pub(super) fn resources(ports: &Ports) -> impl Iterator<Item = Resource> {
    let runs = ports.has(Port::Dashboards) && ports.has(Port::Warehouse);
    APPS.iter().filter(move |_| runs).map(|app| {
        let name = app.uri.rsplit('/').next().unwrap_or(app.uri);
        Resource::new(app.uri, name).with_title(app.title).with_mime_type(MIME_TYPE)
    })
}

/// An app's document. It asks for no permission and no outside address: everything is in it.
pub(super) fn read(uri: &str) -> Option<ResourceContents> {
    let app = APPS.iter().find(|app| app.uri == uri)?;
    let mut meta = MetaObject::new();
    let nowhere: [&str; 0] = [];
    meta.0.insert("ui".to_owned(), json!({"csp": {"connectDomains": nowhere, "resourceDomains": nowhere}, "prefersBorder": false}));
    Some(ResourceContents::text((app.document)(), uri).with_mime_type(MIME_TYPE).with_meta(meta))
}
