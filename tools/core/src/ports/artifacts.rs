//! The artifact store: results that outlive their call.

use std::path::PathBuf;

use crate::{Code, ResourceLink, ToolError};

/// Keeps files under unguessable names, readable as `artifact://<id>`.
pub trait Artifacts: Send + Sync {
    /// Keeps `bytes` as a new artifact. `name` is for people and keeps its extension.
    fn put(&self, name: &str, mime_type: &str, bytes: &[u8]) -> Result<ResourceLink, ToolError>;
    /// A path at which a backend may write a new artifact, to be finished with [`Artifacts::adopt`].
    fn reserve(&self, name: &str) -> Result<PathBuf, ToolError>;
    /// Turns a file written at a reserved path into an artifact.
    fn adopt(&self, path: &std::path::Path, mime_type: &str) -> Result<ResourceLink, ToolError>;
    /// The artifact named by a URI or a bare id.
    fn find(&self, uri: &str) -> Result<ResourceLink, ToolError>;
    /// What the artifact named by a URI or a bare id holds; an error where it is larger than `limit` bytes.
    fn read(&self, uri: &str, limit: u64) -> Result<Vec<u8>, ToolError> {
        let _ = limit;
        let message = format!("the artifact {uri} cannot be read back from this store");
        Err(ToolError::new(Code::Unavailable, message, "Name a file instead."))
    }
    /// All artifacts, newest first, at most `limit`.
    fn list(&self, limit: usize) -> Result<Vec<ResourceLink>, ToolError>;
}
