//! The artifact store: a folder of files under unguessable names.
//!
//! An artifact is the file `<id>-<name>`; while it is written it is `.part-<id>-<name>`, which no listing shows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use data_stack_core::ports::Artifacts;
use data_stack_core::{Code, ResourceLink, ToolError};

use crate::private;

const SCHEME: &str = "artifact://";
const PART: &str = ".part-";
/// Characters of a name.
const NAME_LENGTH: usize = 100;

/// MIME types by extension.
const MIME_TYPES: [(&str, &str); 12] = [
    ("csv", "text/csv"),
    ("json", "application/json"),
    ("jsonl", "application/x-ndjson"),
    ("md", "text/markdown"),
    ("txt", "text/plain"),
    ("html", "text/html"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("sql", "application/sql"),
    ("yml", "application/yaml"),
    ("parquet", "application/vnd.apache.parquet"),
    ("arrow", "application/vnd.apache.arrow.file"),
];

/// Keeps artifacts in one folder, made when the first is written.
#[derive(Debug, Clone)]
pub struct ArtifactFolder {
    folder: PathBuf,
}

impl ArtifactFolder {
    /// A store in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn link(&self, file_name: &str, metadata: &fs::Metadata, mime_type: Option<&str>) -> Option<ResourceLink> {
        let (id, name) = file_name.split_once('-').filter(|(id, _)| private::is_unguessable(id))?;
        Some(ResourceLink {
            uri: format!("{SCHEME}{id}"),
            name: name.to_owned(),
            mime_type: mime_type.unwrap_or_else(|| mime_type_of(name)).to_owned(),
            bytes: metadata.len(),
            path: self.folder.join(file_name).display().to_string(),
        })
    }

    /// Every artifact with the time at which it was written.
    fn entries(&self) -> Result<Vec<(SystemTime, ResourceLink)>, ToolError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let described = entries.filter_map(Result::ok).filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            let link = self.link(entry.file_name().to_str()?, &metadata, None)?;
            Some((metadata.modified().ok()?, link))
        });
        Ok(described.collect())
    }

    fn failed(&self, verb: &str, error: &io::Error) -> ToolError {
        let message = format!("the artifact folder {} cannot be {verb}: {error}", self.folder.display());
        ToolError::new(Code::Failed, message, "Check the folder's rights and the space left on the disk.")
    }
}

impl Artifacts for ArtifactFolder {
    fn put(&self, name: &str, mime_type: &str, bytes: &[u8]) -> Result<ResourceLink, ToolError> {
        let path = self.reserve(&with_extension(name, mime_type))?;
        fs::write(&path, bytes).map_err(|error| self.failed("written", &error))?;
        self.adopt(&path, mime_type)
    }

    fn reserve(&self, name: &str) -> Result<PathBuf, ToolError> {
        private::folder(&self.folder).map_err(|error| self.failed("made", &error))?;
        let id = private::unguessable().map_err(|error| self.failed("written", &error))?;
        Ok(self.folder.join(format!("{PART}{id}-{}", sanitize(name))))
    }

    fn adopt(&self, path: &Path, mime_type: &str) -> Result<ResourceLink, ToolError> {
        let reserved = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(PART));
        let Some(file_name) = reserved.filter(|_| path.parent() == Some(&self.folder)) else {
            return Err(ToolError::internal(format!("{} was not reserved as an artifact", path.display())));
        };
        let finished = self.folder.join(file_name);
        let publish = || {
            private::seal(path)?;
            fs::rename(path, &finished)?;
            fs::metadata(&finished)
        };
        let metadata = publish().map_err(|error| self.failed("written", &error))?;
        self.link(file_name, &metadata, Some(mime_type)).ok_or_else(|| ToolError::internal("an artifact has no valid name"))
    }

    fn find(&self, uri: &str) -> Result<ResourceLink, ToolError> {
        let id = uri.strip_prefix(SCHEME).unwrap_or(uri);
        let wanted = format!("{SCHEME}{id}");
        let found = if private::is_unguessable(id) { self.entries()?.into_iter().find(|(_, link)| link.uri == wanted) } else { None };
        found.map(|(_, link)| link).ok_or_else(|| {
            let message = format!("there is no artifact `{}`", data_stack_core::text::clean(uri, 80));
            ToolError::new(Code::NotFound, message, "Use the URI that the call returned, such as `artifact://<32 hexadecimal digits>`.")
        })
    }

    fn read(&self, uri: &str, limit: u64) -> Result<Vec<u8>, ToolError> {
        let link = self.find(uri)?;
        if link.bytes > limit {
            let message = format!("the artifact {uri} has {} bytes; at most {limit} are read", link.bytes);
            return Err(ToolError::new(Code::Limit, message, "Name a smaller artifact."));
        }
        fs::read(&link.path).map_err(|error| self.failed("read", &error))
    }

    fn list(&self, limit: usize) -> Result<Vec<ResourceLink>, ToolError> {
        let mut entries = self.entries()?;
        entries.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.uri.cmp(&b.1.uri)));
        Ok(entries.into_iter().take(limit).map(|(_, link)| link).collect())
    }
}

/// A name that is a plain file name everywhere, with its extension.
fn sanitize(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let plain = plain.trim_start_matches('.');
    let start = plain.len().saturating_sub(NAME_LENGTH);
    if plain.is_empty() { "artifact".into() } else { plain[start..].to_owned() }
}

fn with_extension(name: &str, mime_type: &str) -> String {
    let known = MIME_TYPES.iter().find(|(_, mime)| *mime == mime_type).filter(|_| !name.contains('.'));
    known.map_or_else(|| name.to_owned(), |(extension, _)| format!("{name}.{extension}"))
}

fn mime_type_of(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    MIME_TYPES.iter().find(|(known, _)| *known == extension).map_or("application/octet-stream", |(_, mime)| mime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn store() -> (tempfile::TempDir, ArtifactFolder) {
        let folder = tempfile::tempdir().unwrap();
        let store = ArtifactFolder::new(folder.path().join("artifacts"));
        (folder, store)
    }

    #[test]
    fn an_artifact_is_found_by_its_uri_and_listed_and_private() {
        let (_folder, store) = store();
        let link = store.put("report", "text/csv", b"a\n1\n").unwrap();
        assert_eq!((link.name.as_str(), link.mime_type.as_str(), link.bytes), ("report.csv", "text/csv", 4));
        assert_eq!(store.find(&link.uri).unwrap(), link);
        assert_eq!(store.list(10).unwrap().as_slice(), std::slice::from_ref(&link));
        assert_eq!(fs::read(&link.path).unwrap(), b"a\n1\n");
        assert_eq!(fs::metadata(&link.path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&store.folder).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn what_is_only_reserved_is_not_there_yet() {
        let (_folder, store) = store();
        let path = store.reserve("../../etc/pass wd.csv").unwrap();
        assert_eq!(path.parent().unwrap(), store.folder);
        fs::write(&path, "x").unwrap();
        assert_eq!(store.list(10).unwrap(), []);
        assert_eq!(store.adopt(&path, "text/csv").unwrap().name, "_.._etc_pass_wd.csv");
        assert_eq!(store.adopt(Path::new("/etc/passwd"), "text/csv").unwrap_err().code, Code::Internal);
    }

    #[test]
    fn a_uri_that_names_no_artifact_is_not_found() {
        let (_folder, store) = store();
        for uri in ["artifact://../x", "x", "artifact://00000000000000000000000000000000"] {
            assert_eq!(store.find(uri).unwrap_err().code, Code::NotFound);
        }
    }
}
