//! Dashboards as files of a folder in the workspace: `<name>.yaml`; and the apps beside it that show them.

mod apps;

use std::fs::{self, DirEntry};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use data_stack_core::nearest::nearest;
use data_stack_core::ports::dashboards::{App, Dashboards, StoredDashboard};
use data_stack_core::{Code, ToolError};

/// The largest specification that is read, in bytes.
const LARGEST: u64 = 1 << 20;
/// Characters of a name.
const LONGEST: usize = 64;
const ENDING: &str = ".yaml";

/// Keeps dashboards in one folder, made with the first one, and apps' pages in folders beside it.
#[derive(Debug, Clone)]
pub struct DashboardFolder {
    folder: PathBuf,
    workspace: PathBuf,
}

impl DashboardFolder {
    /// The dashboards in `dashboards/` of a workspace; the folder need not exist yet.
    pub fn new(workspace: impl Into<PathBuf>) -> Self {
        let workspace = workspace.into();
        Self { folder: workspace.join("dashboards"), workspace }
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
        replace(&path, text).map_err(|error| self.failed("written", &error))?;
        let found = self.list()?.into_iter().find(|one| one.name == name);
        found.ok_or_else(|| ToolError::internal(format!("the dashboard `{name}` was written and is not there")))
    }

    fn publish(&self, app: App, files: &[(String, String)]) -> Result<Vec<String>, ToolError> {
        let folder = self.workspace.join(app.folder());
        let failed = |error: io::Error| {
            let message = format!("the folder {} cannot be written: {error}", folder.display());
            ToolError::new(Code::Failed, message, "Check the folder's rights and the space left on the disk.")
        };
        for (path, text) in apps::files(app) {
            let path = folder.join(path);
            if !path.exists() {
                replace(&path, text).map_err(failed)?;
            }
        }
        let write = |(path, text): &(String, String)| {
            if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(ToolError::internal(format!("`{path}` leads out of the app's folder")));
            }
            let path = folder.join(path);
            replace(&path, text).map_err(failed)?;
            Ok(path.display().to_string())
        };
        files.iter().map(write).collect()
    }
}

/// Writes a file in one step, with the folders that it needs.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    // Specifications and pages are for a team, as other files of the workspace are.
    #[cfg(unix)]
    draft.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    draft.persist(path).map(|_| ()).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashboard_is_kept_listed_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = DashboardFolder::new(folder.path());
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
        fs::create_dir(folder.path().join("dashboards")).unwrap();
        fs::write(folder.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), folder.path().join("dashboards/link.yaml")).unwrap();
        for name in ["../sales", "a/b", "", "A", "sales.yaml"] {
            assert_eq!(store.read(name).unwrap_err().code, Code::InvalidInput, "{name}");
        }
        assert_eq!(store.read("link").unwrap_err().code, Code::NotFound);
        store.write("sales", "").unwrap();
        assert_eq!(store.read("sale").unwrap_err().hints, ["Did you mean `sales`?"]);
    }

    #[test]
    fn pages_of_an_app_are_written_beside_its_own_files_which_stay_as_people_left_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = DashboardFolder::new(folder.path());
        let page = |text: &str| [("pages/sales.py".to_owned(), text.to_owned())];
        let written = store.publish(App::Streamlit, &page("one")).unwrap();
        let app = folder.path().join("streamlit");
        assert_eq!(written, [app.join("pages/sales.py").display().to_string()]);
        fs::write(app.join("charts.py"), "mine").unwrap();
        store.publish(App::Streamlit, &page("two")).unwrap();
        let text = |path: &str| fs::read_to_string(app.join(path)).unwrap();
        assert_eq!((text("charts.py"), text("pages/sales.py")), ("mine".into(), "two".into()));
        assert!(app.join("app.py").exists() && app.join("warehouse.py").exists());
        let outside = [("../x".to_owned(), String::new())];
        assert_eq!(store.publish(App::Grafana, &outside).unwrap_err().code, Code::Internal);
    }
}
