//! Dashboards as files of a folder in the workspace: `<name>.yaml`.

use std::fs::{self, DirEntry};
use std::io::{self, Write};
use std::path::PathBuf;

use data_stack_core::nearest::nearest;
use data_stack_core::ports::dashboards::{Dashboards, StoredDashboard};
use data_stack_core::{Code, ToolError};

/// The largest specification that is read, in bytes.
const LARGEST: u64 = 1 << 20;
/// Characters of a name.
const LONGEST: usize = 64;
const ENDING: &str = ".yaml";

/// Keeps dashboards in one folder, made with the first one.
#[derive(Debug, Clone)]
pub struct DashboardFolder {
    folder: PathBuf,
}

impl DashboardFolder {
    /// The dashboards in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the dashboard of this name lies. A name is no path: it cannot lead out of the folder.
    fn path(&self, name: &str) -> Result<PathBuf, ToolError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(plain) {
            let message = format!("`{}` is no name for a dashboard", data_stack_core::text::clean(name, 80));
            let hint = "Use at most 64 lower-case letters, digits, `-` and `_`, such as `sales-by-month`.";
            return Err(ToolError::invalid("dashboard", message, hint));
        }
        Ok(self.folder.join(format!("{name}{ENDING}")))
    }

    fn failed(&self, verb: &str, error: &io::Error) -> ToolError {
        let message = format!("the folder {} cannot be {verb}: {error}", self.folder.display());
        ToolError::new(Code::Failed, message, "Check the folder's rights and the space left on the disk.")
    }
}

/// A file of the folder that holds a dashboard; a link is none, since it may lead anywhere.
fn stored(entry: &DirEntry) -> Option<StoredDashboard> {
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let name = entry.file_name().to_str()?.strip_suffix(ENDING)?.to_owned();
    let modified_at = metadata.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok()).map(|time| time.to_string());
    Some(StoredDashboard { name, path: entry.path().display().to_string(), bytes: metadata.len(), modified_at })
}

impl Dashboards for DashboardFolder {
    fn list(&self) -> Result<Vec<StoredDashboard>, ToolError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read", &error)),
        };
        let mut found: Vec<StoredDashboard> = entries.filter_map(Result::ok).filter_map(|entry| stored(&entry)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn read(&self, name: &str) -> Result<String, ToolError> {
        let path = self.path(name)?;
        let all = self.list()?;
        let Some(found) = all.iter().find(|one| one.name == name) else {
            let names = all.iter().map(|one| one.name.as_str());
            let near = nearest(name, names.clone(), 3);
            let hint = near.first().map_or_else(|| "List them with `action: list`.".to_owned(), |near| format!("Did you mean `{near}`?"));
            return Err(ToolError::new(Code::NotFound, format!("there is no dashboard `{name}`"), hint).at("dashboard").valid(names));
        };
        if found.bytes > LARGEST {
            let message = format!("the dashboard `{name}` has {} bytes, which is more than {LARGEST}", found.bytes);
            return Err(ToolError::new(Code::Limit, message, "Split it into several dashboards."));
        }
        fs::read_to_string(path).map_err(|error| self.failed("read", &error))
    }

    fn write(&self, name: &str, text: &str) -> Result<StoredDashboard, ToolError> {
        let path = self.path(name)?;
        let write = || {
            fs::create_dir_all(&self.folder)?;
            let mut draft = tempfile::NamedTempFile::new_in(&self.folder)?;
            draft.write_all(text.as_bytes())?;
            draft.as_file().sync_all()?;
            draft.persist(&path).map_err(|error| error.error)
        };
        write().map_err(|error| self.failed("written", &error))?;
        let found = self.list()?.into_iter().find(|one| one.name == name);
        found.ok_or_else(|| ToolError::internal(format!("the dashboard `{name}` was written and is not there")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashboard_is_kept_listed_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = DashboardFolder::new(folder.path().join("dashboards"));
        assert_eq!(store.list().unwrap(), []);
        store.write("sales", "title: Sales\n").unwrap();
        let kept = store.write("sales", "title: More\n").unwrap();
        assert_eq!(store.read("sales").unwrap(), "title: More\n");
        assert_eq!(store.list().unwrap(), [kept]);
        assert_eq!(fs::read_dir(folder.path().join("dashboards")).unwrap().count(), 1);
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = DashboardFolder::new(folder.path());
        fs::write(folder.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), folder.path().join("link.yaml")).unwrap();
        for name in ["../sales", "a/b", "", "A", "sales.yaml"] {
            assert_eq!(store.read(name).unwrap_err().code, Code::InvalidInput, "{name}");
        }
        assert_eq!(store.read("link").unwrap_err().code, Code::NotFound);
        store.write("sales", "").unwrap();
        assert_eq!(store.read("sale").unwrap_err().hints, ["Did you mean `sales`?"]);
    }
}
