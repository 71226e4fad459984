//! Ports that live in a folder of the test, and a way to call the tool as the host does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "every test binary uses a part")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use data_stack_core::ports::files::OpenedFile;
use data_stack_core::ports::sources::{Format, OpenedSource, Wanted};
use data_stack_core::ports::{Artifacts, Files, Sources};
use data_stack_core::{AnyTool, BoxFuture, Code, Control, Ctx, Ports, Reply, ResourceLink, ToolError};
use data_stack_profile::{Options, ProfileCsv, Source, profile_reader, result::Profile};
use serde_json::Value;

/// Opens any file as the text that it is, and nothing else.
pub(crate) struct OpenText;

impl Sources for OpenText {
    fn open<'a>(&'a self, wanted: Wanted, _: &'a Control) -> BoxFuture<'a, Result<Vec<OpenedSource>, ToolError>> {
        Box::pin(async move {
            let Wanted::Place { path, .. } = wanted else { return Err(ToolError::internal("not used")) };
            let missing = |error: std::io::Error| ToolError::new(Code::NotFound, format!("{path}: {error}"), "Check the path.");
            let file = std::fs::File::open(&path).map_err(missing)?;
            let metadata = file.metadata().map_err(missing)?;
            let (bytes, modified, format) = (metadata.len(), metadata.modified().ok(), Format::Csv);
            let (stored_bytes, compression, entry, sheet, written) = (Some(bytes), None, None, None, None);
            Ok(vec![OpenedSource { name: path, file, bytes, stored_bytes, modified, format, compression, entry, sheet, written }])
        })
    }
}

/// Keeps artifacts in memory.
#[derive(Default)]
pub(crate) struct KeptArtifacts(pub(crate) Mutex<Vec<(String, Vec<u8>)>>);

impl Files for OpenText {
    fn open(&self, path: &str) -> Result<OpenedFile, ToolError> {
        let file = std::fs::File::open(path).map_err(|error| ToolError::new(Code::NotFound, error.to_string(), "Name a file."))?;
        let about = file.metadata().unwrap();
        Ok(OpenedFile { path: path.into(), file, bytes: about.len(), modified: about.modified().unwrap() })
    }

    fn resolve(&self, pattern: &str) -> Result<Vec<PathBuf>, ToolError> {
        Ok(vec![pattern.into()])
    }

    fn complete(&self, _: &str, _: usize) -> Vec<String> {
        Vec::new()
    }

    fn roots(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

impl Artifacts for KeptArtifacts {
    fn put(&self, name: &str, mime_type: &str, bytes: &[u8]) -> Result<ResourceLink, ToolError> {
        let mut kept = self.0.lock().unwrap();
        kept.push((name.to_owned(), bytes.to_vec()));
        let uri = format!("artifact://{}", kept.len());
        let path = format!("/artifacts/{name}");
        Ok(ResourceLink { uri, name: name.to_owned(), mime_type: mime_type.to_owned(), bytes: bytes.len() as u64, path })
    }

    fn reserve(&self, _: &str) -> Result<PathBuf, ToolError> {
        Err(ToolError::internal("not used"))
    }

    fn adopt(&self, _: &Path, _: &str) -> Result<ResourceLink, ToolError> {
        Err(ToolError::internal("not used"))
    }

    fn find(&self, _: &str) -> Result<ResourceLink, ToolError> {
        Err(ToolError::internal("not used"))
    }

    fn read(&self, uri: &str, _: u64) -> Result<Vec<u8>, ToolError> {
        let number: usize = uri.trim_start_matches("artifact://").parse().unwrap();
        Ok(self.0.lock().unwrap()[number - 1].1.clone())
    }

    fn list(&self, _: usize) -> Result<Vec<ResourceLink>, ToolError> {
        Ok(Vec::new())
    }
}

/// Calls the tool with arguments as a client sends them.
pub(crate) async fn call(arguments: Value, artifacts: Arc<KeptArtifacts>, control: Control) -> Result<Reply<Value>, ToolError> {
    let ports =
        Ports { sources: Some(Arc::new(OpenText)), files: Some(Arc::new(OpenText)), artifacts: Some(artifacts), ..Ports::default() };
    let ctx = Ctx { request_id: "test".into(), environment: "local".into(), control, ports: Arc::new(ports) };
    ProfileCsv.bind(arguments)?.run(ctx).await
}

/// Profiles bytes with the default options.
pub(crate) fn profile(bytes: impl AsRef<[u8]>) -> Result<Profile, ToolError> {
    profile_with(bytes, &Options::default())
}

/// Profiles bytes that are said to be another number than they are.
pub(crate) fn profile_changed(bytes: &[u8], said: u64) -> Result<Profile, ToolError> {
    let source = Source { path: "test.csv".into(), bytes: said, modified: None };
    profile_reader(std::io::Cursor::new(bytes), &source, &Options::default(), &Control::unlimited())
}

/// Profiles bytes.
pub(crate) fn profile_with(bytes: impl AsRef<[u8]>, options: &Options) -> Result<Profile, ToolError> {
    let bytes = bytes.as_ref();
    let source = Source { path: "test.csv".into(), bytes: bytes.len() as u64, modified: None };
    profile_reader(std::io::Cursor::new(bytes), &source, options, &Control::unlimited())
}
