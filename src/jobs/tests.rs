use super::{JobStore, record::Record};
use data_stack_core::ports::Jobs;
use data_stack_core::ports::jobs::JobState;
use data_stack_core::{Code, Control, Progress};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_job_is_running_then_has_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let store = JobStore::new(folder.path());
    let (_progress, receiver) = watch::channel(Some(Progress { done: 1.0, total: Some(2.0), message: "half".into() }));
    let (status, running) = store.begin("ingest", CancellationToken::new(), receiver).unwrap();
    assert_eq!(store.result(&status.job_id).unwrap_err().code, Code::Unavailable);
    running.finish(None, &json!({"ok": true}));
    let ended = store.status(&status.job_id, 1.0, &Control::unlimited()).await.unwrap();
    assert_eq!((ended.state, ended.poll_after_ms), (JobState::Succeeded, None));
    assert_eq!(store.result(&status.job_id).unwrap(), json!({"ok": true}));
    assert_eq!(JobStore::new(folder.path()).list(None, 10).unwrap(), [ended]);
}

#[tokio::test]
async fn cancelling_reaches_the_work_and_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(JobStore::new(folder.path()));
    let (_progress, receiver) = watch::channel(None);
    let cancel = CancellationToken::new();
    let (status, running) = store.begin("ingest", cancel.clone(), receiver).unwrap();
    tokio::spawn(async move {
        cancel.cancelled().await;
        running.finish(Some(Code::Cancelled), &json!({"ok": false}));
    });
    assert_eq!(store.cancel(&status.job_id).await.unwrap().state, JobState::Cancelled);
}

#[tokio::test]
async fn a_job_whose_process_is_gone_is_lost_not_vanished() {
    let folder = tempfile::tempdir().unwrap();
    let store = JobStore::new(folder.path());
    let (_progress, receiver) = watch::channel(None);
    let (status, _running) = store.begin("ingest", CancellationToken::new(), receiver).unwrap();
    let orphan =
        Record { status: data_stack_core::ports::jobs::JobStatus { job_id: "job_orphan".into(), ..status }, instance: "999-gone".into() };
    store.store.write(&orphan).unwrap();
    assert_eq!(store.status("job_orphan", 0.0, &Control::unlimited()).await.unwrap().state, JobState::Lost);
    assert_eq!(store.result("job_orphan").unwrap_err().message, "job `job_orphan` was lost: the process that ran it ended");
}

#[test]
fn an_id_that_leads_elsewhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = JobStore::new(folder.path());
    for id in ["../../etc/passwd", "job_a/b", "", "job_.."] {
        assert_eq!(store.result(id).unwrap_err().code, Code::InvalidInput, "{id}");
    }
    assert_eq!(store.result("job_unknown").unwrap_err().code, Code::NotFound);
}
