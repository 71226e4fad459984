//! The same call sent twice is done once: answers of changing calls are kept under the caller's idempotency key.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use data_stack_core::{Code, ToolError};
use serde::{Deserialize, Serialize};

use super::Envelope;

/// The kept answers of a workspace.
#[derive(Clone)]
pub(super) struct Replays {
    folder: PathBuf,
    running: Arc<Mutex<HashSet<String>>>,
}

/// A key taken by a running call; given back when dropped.
pub(super) struct Claim {
    replays: Replays,
    name: String,
    digest: String,
}

/// What a key stands for.
pub(super) enum Found {
    /// Nothing yet: the call runs.
    Nothing(Claim),
    /// A call that was done before.
    Answer(Box<Envelope>),
}

#[derive(Serialize, Deserialize)]
struct Kept {
    digest: String,
    envelope: Envelope,
}

impl Replays {
    pub(super) fn new(state: &Path) -> Self {
        Self { folder: state.join("replays"), running: Arc::default() }
    }

    /// Looks the key up and takes it when it is new. A key stands for one call; another call under it is refused.
    pub(super) fn claim(&self, key: &str, digest: &str) -> Result<Found, ToolError> {
        let name = blake3::hash(key.as_bytes()).to_hex().to_string();
        let claim = Claim { replays: self.clone(), name, digest: digest.to_owned() };
        let Ok(text) = std::fs::read(claim.path()) else { return claim.take().map(Found::Nothing) };
        let kept: Kept =
            serde_json::from_slice(&text).map_err(|error| ToolError::internal(format!("a kept answer is damaged: {error}")))?;
        if kept.digest != digest {
            return Err(ToolError::invalid(
                "idempotency_key",
                "this idempotency key was used for a different call",
                "Use a new key for a new call.",
            ));
        }
        Ok(Found::Answer(Box::new(Envelope { replayed: true, ..kept.envelope })))
    }
}

impl Claim {
    fn take(self) -> Result<Self, ToolError> {
        let taken = self.replays.running.lock().is_ok_and(|mut running| running.insert(self.name.clone()));
        if taken {
            return Ok(self);
        }
        // Dropping this claim must not give back the key that the running call holds.
        std::mem::forget(self);
        Err(ToolError::new(
            Code::Unavailable,
            "the first call with this idempotency key is still running",
            "Wait for it; `job` with action `list` shows what runs.",
        )
        .retryable())
    }

    /// Keeps a successful answer; a failed call changed nothing and may be made again under the same key.
    pub(super) fn keep(&self, envelope: &Envelope) {
        if !envelope.ok {
            return;
        }
        let kept = Kept { digest: self.digest.clone(), envelope: envelope.clone() };
        let written = serde_json::to_vec(&kept).map_err(std::io::Error::other).and_then(|text| {
            std::fs::create_dir_all(&self.replays.folder)?;
            let temporary = self.path().with_extension(crate::clock::random_id("tmp"));
            std::fs::write(&temporary, text)?;
            std::fs::rename(temporary, self.path())
        });
        if let Err(error) = written {
            tracing::warn!(%error, "an answer could not be kept for replay");
        }
    }

    fn path(&self) -> PathBuf {
        self.replays.folder.join(format!("{}.json", self.name))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Ok(mut running) = self.replays.running.lock() {
            running.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Replays};
    use crate::pipeline::Envelope;
    use data_stack_core::Code;

    #[test]
    fn a_key_is_done_once_stands_for_one_call_and_is_free_again_after_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let replays = Replays::new(folder.path());
        let Ok(Found::Nothing(claim)) = replays.claim("k", "d") else { panic!("a new key is free") };
        assert_eq!(replays.claim("k", "d").err().map(|error| error.code), Some(Code::Unavailable));
        let failed = Envelope::empty("ingest", "req_1", "now", "local");
        claim.keep(&failed);
        drop(claim);
        let Ok(Found::Nothing(claim)) = replays.claim("k", "d") else { panic!("a failed call may be made again") };
        claim.keep(&Envelope { ok: true, ..failed.clone() });
        drop(claim);
        let Ok(Found::Answer(envelope)) = replays.claim("k", "d") else { panic!("the answer was kept") };
        assert_eq!(*envelope, Envelope { ok: true, replayed: true, ..failed });
        assert_eq!(replays.claim("k", "other").err().map(|error| error.code), Some(Code::InvalidInput));
    }
}
