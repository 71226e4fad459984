//! Jobs on disk: a record and a result each, and a lock for each process by which others see whether it lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use data_stack_core::nearest::nearest;
use data_stack_core::ports::jobs::{JobState, JobStatus};
use data_stack_core::{Code, ToolError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A job as it lies on disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub(super) status: JobStatus,
    /// The process that runs it.
    pub(super) instance: String,
}

/// The folder of jobs.
#[derive(Clone)]
pub(super) struct Store {
    folder: PathBuf,
    /// Held for as long as this process lives.
    alive: Arc<OnceLock<File>>,
}

impl Store {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, alive: Arc::default() }
    }

    pub(super) fn instance() -> &'static str {
        super::instance()
    }

    /// Makes the folder and takes this process's lock.
    pub(super) fn claim(&self) -> Result<(), ToolError> {
        if self.alive.get().is_some() {
            return Ok(());
        }
        let path = self.lock_path(Self::instance());
        let claimed = std::fs::create_dir_all(&self.folder)
            .and_then(|()| OpenOptions::new().create(true).append(true).open(&path))
            .and_then(|file| file.lock().map(|()| file));
        let file = claimed.map_err(|error| self.unwritable(&error))?;
        let _ = self.alive.set(file);
        Ok(())
    }

    pub(super) fn write(&self, record: &Record) -> Result<(), ToolError> {
        let text = serde_json::to_vec(record).map_err(|error| ToolError::internal(error.to_string()))?;
        self.replace(&self.path(&record.status.job_id, "json")?, &text)
    }

    /// Writes a sign of life unless the job has ended meanwhile.
    pub(super) fn beat(&self, record: &Record) -> Result<(), ToolError> {
        if self.path(&record.status.job_id, "result.json")?.exists() { Ok(()) } else { self.write(record) }
    }

    pub(super) fn write_result(&self, id: &str, envelope: &Value) -> Result<(), ToolError> {
        self.replace(&self.path(id, "result.json")?, envelope.to_string().as_bytes())
    }

    pub(super) fn read_result(&self, id: &str) -> Result<Value, ToolError> {
        let text = std::fs::read(self.path(id, "result.json")?).map_err(|error| self.missing(id, &error))?;
        serde_json::from_slice(&text).map_err(|error| ToolError::internal(format!("the result of job {id} is damaged: {error}")))
    }

    /// The record, with `running` turned into `lost` when its process is gone.
    pub(super) fn read(&self, id: &str) -> Result<Record, ToolError> {
        let text = std::fs::read(self.path(id, "json")?).map_err(|error| self.missing(id, &error))?;
        let record: Record =
            serde_json::from_slice(&text).map_err(|error| ToolError::internal(format!("the record of job {id} is damaged: {error}")))?;
        Ok(self.judged(record))
    }

    pub(super) fn all(&self) -> Result<Vec<Record>, ToolError> {
        Ok(self.ids()?.iter().filter_map(|id| self.read(id).ok()).collect())
    }

    pub(super) fn want_cancel(&self, id: &str) -> Result<(), ToolError> {
        std::fs::write(self.path(id, "cancel")?, b"").map_err(|error| self.unwritable(&error))
    }

    pub(super) fn cancel_wanted(&self, id: &str) -> bool {
        self.path(id, "cancel").is_ok_and(|path| path.exists())
    }

    fn judged(&self, mut record: Record) -> Record {
        if record.status.state == JobState::Running && !self.lives(&record.instance) {
            record.status.state = JobState::Lost;
            record.status.poll_after_ms = None;
        }
        record
    }

    /// Whether the process of that name lives: it holds its lock.
    fn lives(&self, instance: &str) -> bool {
        if instance == Self::instance() {
            return true;
        }
        let Ok(file) = File::open(self.lock_path(instance)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    fn ids(&self) -> Result<Vec<String>, ToolError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.unwritable(&error)),
        };
        let names = entries.filter_map(Result::ok).filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter_map(|name| name.strip_suffix(".json").filter(|id| !id.contains('.')).map(str::to_owned)).collect())
    }

    fn lock_path(&self, instance: &str) -> PathBuf {
        self.folder.join(format!("{instance}.lock"))
    }

    /// The path of a job's file; ids are checked so that none leads elsewhere.
    fn path(&self, id: &str, extension: &str) -> Result<PathBuf, ToolError> {
        let sound = id.len() <= 64 && id.starts_with("job_") && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !sound {
            return Err(ToolError::invalid(
                "job_id",
                format!("`{}` is not a job id", data_stack_core::text::clean(id, 80)),
                "Pass the `job_id` that a call returned; `job` with action `list` shows them.",
            ));
        }
        Ok(self.folder.join(format!("{id}.{extension}")))
    }

    /// Readers see the old file or the new one, never half of either.
    fn replace(&self, path: &Path, content: &[u8]) -> Result<(), ToolError> {
        let temporary = path.with_extension(crate::clock::random_id("tmp"));
        std::fs::write(&temporary, content).and_then(|()| std::fs::rename(&temporary, path)).map_err(|error| self.unwritable(&error))
    }

    fn missing(&self, id: &str, error: &std::io::Error) -> ToolError {
        if error.kind() != ErrorKind::NotFound {
            return self.unwritable(error);
        }
        let ids = self.ids().unwrap_or_default();
        let near = nearest(id, ids.iter().map(String::as_str), 1);
        let hint = near.first().map_or_else(
            || "Call `job` with action `list` to see the jobs of this workspace.".to_owned(),
            |near| format!("Did you mean `{near}`?"),
        );
        ToolError::new(Code::NotFound, format!("there is no job `{id}`"), hint).at("job_id").valid(near)
    }

    fn unwritable(&self, error: &std::io::Error) -> ToolError {
        ToolError::new(
            Code::Unavailable,
            format!("the job store in {} cannot be used: {error}", self.folder.display()),
            "Mend the folder's permissions or free disk space.",
        )
    }
}
