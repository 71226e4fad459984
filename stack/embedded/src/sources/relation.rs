//! Rows that a worker writes as text: how far it is, and how large the text may grow.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use data_stack_core::ports::sources::{DeclaredColumn, Written};
use data_stack_core::{Control, Pace, Progress, ToolError, Warning};

use super::text::too_large;
use crate::engine::flatten::{FlattenRequest, Flattened, Relation};
use crate::ingest::WorkerEngine;
use crate::worker::protocol::Request;

/// How often the growing text is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Lets a worker write `relation` at `path`; `label` names it in progress and errors.
pub(super) async fn write(
    engine: &WorkerEngine,
    relation: Relation,
    path: &Path,
    limit: u64,
    label: &str,
    control: &Control,
) -> Result<Written, ToolError> {
    let percent = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&percent);
    let listening = control.reporting(Arc::new(move |step: Progress| heard.store(step.done.to_bits(), Ordering::Relaxed)));
    let request = Request::Flatten(FlattenRequest { relation, path: path.to_owned() });
    // When the text grows too large the work is dropped, which ends its worker.
    let flattened: Flattened = tokio::select! {
        answer = engine.ask(request, &listening) => answer?,
        error = watch(path, limit, label, &percent, control) => return Err(error),
    };
    if std::fs::metadata(path).is_ok_and(|text| text.len() > limit) {
        return Err(too_large(label, limit));
    }
    let columns = flattened.columns.into_iter().map(|column| DeclaredColumn { name: column.name, kind: Some(column.kind) }).collect();
    let copied = || Warning {
        code: "snapshot".into(),
        message: "Another process holds the database's lock; this was read from a copy of its last committed state.".into(),
    };
    let warnings = flattened.copied.then(copied).into_iter().collect();
    Ok(Written { columns, warnings, ..Written::default() })
}

/// Reports how far the text is; ends when it is too large.
async fn watch(path: &Path, limit: u64, label: &str, percent: &AtomicU64, control: &Control) -> ToolError {
    let pace = Pace::start();
    loop {
        let bytes = tokio::fs::metadata(path).await.map_or(0, |text| text.len());
        if bytes > limit {
            return too_large(label, limit);
        }
        let (done, share) = (bytes as f64, f64::from_bits(percent.load(Ordering::Relaxed)) / 100.0);
        let total = (share > 0.0 && share <= 1.0).then(|| done / share);
        let told = pace.tell(bytes >> 20, "MB", done, total);
        control.progress(done, total, format!("reading {label}: {told}"));
        tokio::time::sleep(LOOK).await;
    }
}
