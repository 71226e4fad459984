//! Subscriptions: what a client watches is looked at once a second, and a change is told.
//!
//! Other processes write to the same workspace, so that only looking finds every change.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use data_stack_core::Control;
use rmcp::RoleServer;
use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::{Peer, SubscriptionContext};

use super::uri::Address;
use crate::pipeline::Pipeline;

/// How often a watched thing is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Most resources that one subscription watches.
pub(super) const MAX_WATCHED: usize = 100;

/// What of a filter can be served: changes of resources; tools and prompts stay as they are while the process lives.
pub(super) fn accepted(requested: &SubscriptionFilter) -> SubscriptionFilter {
    let mut accepted = SubscriptionFilter::new();
    accepted.resources_list_changed = requested.resources_list_changed.filter(|wanted| *wanted);
    let uris = requested.resource_subscriptions.iter().flatten().filter(|uri| Address::parse(uri).is_some());
    let uris: Vec<String> = uris.take(MAX_WATCHED).cloned().collect();
    accepted.resource_subscriptions = (!uris.is_empty()).then_some(uris);
    accepted
}

/// Serves a `subscriptions/listen` until it is cancelled.
pub(super) async fn listen(pipeline: Arc<Pipeline>, context: SubscriptionContext) {
    let mut watch = Watch::new(&pipeline, context.accepted().resource_subscriptions.clone().unwrap_or_default()).await;
    let wants_list = context.accepted().resources_list_changed == Some(true);
    loop {
        tokio::select! {
            biased;
            () = context.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let changes = watch.look(&pipeline).await;
        let sink = context.sink();
        if wants_list && changes.list && sink.notify_resource_list_changed().await.is_err() {
            return;
        }
        for uri in changes.uris {
            if sink.notify_resource_updated(uri).await.is_err() {
                return;
            }
        }
    }
}

/// Tells a client of an older revision about one resource, or about the list when `uri` is absent, until the task is ended.
pub(super) async fn tell(pipeline: Arc<Pipeline>, peer: Peer<RoleServer>, uri: Option<String>) {
    let wants_list = uri.is_none();
    let mut watch = Watch::new(&pipeline, uri.into_iter().collect()).await;
    while !peer.is_transport_closed() {
        tokio::time::sleep(EVERY).await;
        let changes = watch.look(&pipeline).await;
        if wants_list && changes.list && peer.notify_resource_list_changed().await.is_err() {
            return;
        }
        for uri in changes.uris {
            if peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await.is_err() {
                return;
            }
        }
    }
}

struct Watch {
    seen: BTreeMap<String, String>,
    list: String,
}

struct Changes {
    list: bool,
    uris: Vec<String>,
}

impl Watch {
    async fn new(pipeline: &Pipeline, uris: Vec<String>) -> Self {
        let mut seen = BTreeMap::new();
        for uri in uris {
            let mark = mark(pipeline, &uri).await;
            seen.insert(uri, mark);
        }
        Self { seen, list: list_mark(pipeline) }
    }

    async fn look(&mut self, pipeline: &Pipeline) -> Changes {
        let mut uris = Vec::new();
        for (uri, seen) in &mut self.seen {
            let now = mark(pipeline, uri).await;
            if *seen != now {
                *seen = now;
                uris.push(uri.clone());
            }
        }
        let list = list_mark(pipeline);
        let changed = list != self.list;
        self.list = list;
        Changes { list: changed, uris }
    }
}

/// A text that differs when what the address shows may differ.
async fn mark(pipeline: &Pipeline, uri: &str) -> String {
    match Address::parse(uri) {
        Some(Address::Catalog | Address::Table { .. }) => databases(&pipeline.settings().workspace),
        Some(Address::Audit) => folder_mark(&pipeline.settings().state().join("audit"), |_| true),
        Some(Address::Job(id)) => job_mark(pipeline, &id).await,
        Some(Address::Artifact | Address::App) | None => String::new(),
    }
}

async fn job_mark(pipeline: &Pipeline, id: &str) -> String {
    let Some(jobs) = &pipeline.ports().jobs else { return String::new() };
    match jobs.status(id, 0.0, &Control::unlimited()).await {
        Ok(status) => format!("{:?} {:?} {:?} {:?}", status.state, status.done, status.total, status.message),
        Err(error) => error.code.as_str().to_owned(),
    }
}

/// The list of resources changes with the tables and the artifacts.
fn list_mark(pipeline: &Pipeline) -> String {
    let newest = pipeline.ports().artifacts.as_ref().and_then(|artifacts| artifacts.list(1).ok()?.pop());
    format!("{} {:?}", databases(&pipeline.settings().workspace), newest.map(|link| link.uri))
}

/// Database files show by time and size that something was written, without being opened.
fn databases(workspace: &Path) -> String {
    folder_mark(workspace, |name| name.ends_with(".duckdb") || name.ends_with(".duckdb.wal"))
}

fn folder_mark(folder: &Path, wanted: impl Fn(&str) -> bool) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else { return String::new() };
    let mut marks: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(&wanted))
        .filter_map(|entry| entry.metadata().ok().map(|data| (entry.file_name(), data.len(), data.modified().ok())))
        .map(|mark| format!("{mark:?}"))
        .collect();
    marks.sort();
    marks.concat()
}
