//! From what a caller names to open files: below the granted roots, or brought here from an allowed address.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_stack_core::ports::Files;
use data_stack_core::{Control, ToolError};

use super::copy::Input;
use crate::fetch::{self, Fetcher};
use crate::ingest::steps::io_error;

/// Finds and opens sources.
#[derive(Clone)]
pub(crate) struct Locator {
    files: Arc<dyn Files>,
    fetcher: Fetcher,
    /// The argument that names the source, for errors.
    field: &'static str,
}

impl Locator {
    /// Sources among `files` and from where `fetcher` may fetch; errors name the argument `field`.
    pub(crate) fn new(files: Arc<dyn Files>, fetcher: Fetcher, field: &'static str) -> Self {
        Self { files, fetcher, field }
    }

    /// The files that `source` names, in order of name; what comes from elsewhere is kept in `folder`.
    pub(crate) async fn open(&self, source: &str, folder: &Path, control: &Control) -> Result<Vec<Input>, ToolError> {
        self.open_any(source, folder, control).await.map_err(|error| if error.field.is_some() { error.at(self.field) } else { error })
    }

    async fn open_any(&self, source: &str, folder: &Path, control: &Control) -> Result<Vec<Input>, ToolError> {
        if fetch::is_remote(source) {
            let fetched = self.fetcher.fetch(source, folder, control).await?;
            return fetched.into_iter().map(|fetched| downloaded(fetched.shown, fetched.name, &fetched.path)).collect();
        }
        let paths: Vec<PathBuf> = self.files.resolve(source)?;
        paths.iter().map(|path| self.local(path)).collect()
    }

    fn local(&self, path: &Path) -> Result<Input, ToolError> {
        let opened = self.files.open(&path.to_string_lossy())?;
        let roots = self.files.roots();
        let shown = roots.first().and_then(|workspace| opened.path.strip_prefix(workspace).ok()).unwrap_or(&opened.path);
        let name = opened.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Input { shown: shown.display().to_string(), name, file: opened.file, opened: (opened.bytes, opened.modified) })
    }
}

fn downloaded(shown: String, name: String, path: &Path) -> Result<Input, ToolError> {
    let open = || {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok((file, (metadata.len(), metadata.modified()?)))
    };
    let (file, opened) = open().map_err(|error: std::io::Error| io_error("the download cannot be read", &error))?;
    Ok(Input { shown, name, file, opened })
}
