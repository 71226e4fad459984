//! The project that a call works on: where it is, what it calls itself, and how it finds its database.

use std::fs;
use std::path::{Path, PathBuf};

use data_stack_core::{Code, ToolError, text};
use serde::Deserialize;
use serde_json::json;

use super::profiles::Profiles;
use crate::settings::Settings;
use crate::warehouse::paths::Paths;

const FILE: &str = "dbt_project.yml";
/// The variable in which a project's profile finds the warehouse file.
pub(super) const WAREHOUSE: &str = "DATA_STACK_WAREHOUSE";
/// Folders of a workspace in which its project is looked for, in this order.
const PLACES: [&str; 4] = ["", "dbt", "stack/dbt", "transform"];

/// A project's folder and what its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    /// The name of its profile.
    pub(super) profile: String,
    /// Its own `profiles.yml`, if it has one.
    pub(super) own_profile: Option<Profiles>,
    /// Where data-stack keeps what dbt makes of it.
    pub(super) state: PathBuf,
    /// How it wants warnings to be treated: as dbt's own names of them.
    pub(super) warn_error: WarnError,
}

/// A project's `flags.warn_error_options`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct WarnError {
    #[serde(alias = "include")]
    pub(super) error: Names,
    #[serde(alias = "exclude")]
    pub(super) warn: Names,
    pub(super) silence: Names,
}

/// Names of events, or `all`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    One(String),
    Many(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProjectFile {
    name: String,
    profile: Option<String>,
    flags: Flags,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flags {
    warn_error_options: WarnError,
}

impl Project {
    /// The project in the wanted folder, or the workspace's own.
    pub(super) fn find(settings: &Settings, paths: &Paths, wanted: Option<&str>) -> Result<Self, ToolError> {
        let folder = match wanted {
            Some(wanted) => paths.folder("project", wanted)?,
            None => default_folder(&settings.workspace)?,
        };
        if !folder.join(FILE).is_file() {
            let message = format!("{} holds no {FILE}", folder.display());
            return Err(ToolError::new(Code::NotFound, message, format!("Name the folder that holds the project's {FILE}.")).at("project"));
        }
        Self::read(settings, folder)
    }

    fn read(settings: &Settings, folder: PathBuf) -> Result<Self, ToolError> {
        let path = folder.join(FILE);
        let unreadable = |reason: String| {
            let message = format!("{} cannot be read: {}", path.display(), text::clean(&reason, 500));
            ToolError::new(Code::Failed, message, "Mend the file; it needs at least `name` and `profile`.")
        };
        let content = fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
        let file: ProjectFile = serde_saphyr::from_str(&content).map_err(|error| unreadable(error.to_string()))?;
        let plain = !file.name.is_empty() && file.name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !plain {
            return Err(unreadable(format!("`{}` is no name for a project", file.name)));
        }
        let key = blake3::hash(folder.as_os_str().as_encoded_bytes()).to_hex();
        let profile = file.profile.unwrap_or_else(|| file.name.clone());
        let own_profile = fs::read_to_string(folder.join("profiles.yml")).ok().map(|text| Profiles::read(&text, &profile));
        Ok(Self {
            state: settings.state.join("dbt").join(format!("{}-{}", file.name, &key[..8])),
            own_profile,
            profile,
            warn_error: file.flags.warn_error_options,
            name: file.name,
            folder,
        })
    }

    /// The folder that holds `profiles.yml`, made if the project has none.
    pub(super) fn profiles(&self, settings: &Settings) -> Result<PathBuf, ToolError> {
        if self.own_profile.is_some() {
            return Ok(self.folder.clone());
        }
        let folder = self.state.join("profiles");
        let write = || {
            crate::private::folder(&folder)?;
            fs::write(folder.join("profiles.yml"), self.generated(settings))
        };
        write().map_err(|error| unwritable(&folder, &error))?;
        Ok(folder)
    }

    /// A profile over the workspace's warehouse, within the limits of a query. JSON is YAML.
    fn generated(&self, settings: &Settings) -> String {
        let limits = settings.limits;
        let output = json!({
            "type": "duckdb",
            "path": format!("{{{{ env_var('{WAREHOUSE}') }}}}"),
            "threads": limits.threads.max(1),
            "settings": { "memory_limit": format!("{}B", limits.memory), "threads": limits.threads.max(1) },
        });
        json!({ &self.profile: { "target": "dev", "outputs": { "dev": output } } }).to_string()
    }

    /// Whether a command with this target works on the workspace's warehouse.
    pub(super) fn is_on_warehouse(&self, target: Option<&str>) -> bool {
        self.own_profile.as_ref().is_none_or(|profiles| profiles.on_warehouse(target, |name| std::env::var(name).ok()))
    }

    /// A file's path below the project's folder.
    pub(super) fn file(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }
}

/// What cannot be written in the state folder.
pub(super) fn unwritable(folder: &Path, error: &std::io::Error) -> ToolError {
    let message = format!("{} cannot be written: {error}", folder.display());
    ToolError::new(Code::Unavailable, message, "Mend the folder's rights, or free disk space.")
}

/// Whether the workspace has a project, or several.
pub(crate) fn has_project(workspace: &Path) -> bool {
    default_folder(workspace).map_or_else(|error| error.code != Code::NotFound, |_| true)
}

/// The workspace's project: in one of the usual places, or the only one right below the workspace.
fn default_folder(workspace: &Path) -> Result<PathBuf, ToolError> {
    if let Some(found) = PLACES.iter().map(|place| workspace.join(place)).find(|folder| folder.join(FILE).is_file()) {
        return Ok(found);
    }
    let entries = fs::read_dir(workspace).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|folder| folder.join(FILE).is_file()).collect();
    found.sort();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(ToolError::new(
            Code::NotFound,
            format!("there is no dbt project in {}", workspace.display()),
            format!("Name the folder that holds the {FILE} in `project`."),
        )),
        several => {
            let names: Vec<String> = several.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
            let message = format!("there are several dbt projects here: {}", names.join(", "));
            Err(ToolError::invalid("project", message, "Name one of them in `project`.").valid(names))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(files: &[(&str, &str)]) -> (tempfile::TempDir, Settings, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for (name, content) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let settings = Settings::new(root.clone(), vec![]);
        (folder, settings, Paths::new(root.clone(), vec![root]))
    }

    #[test]
    fn the_workspaces_own_project_is_found() {
        let file = "name: shop\nprofile: p\nflags:\n  warn_error_options: {error: all, silence: [X]}\nmodels: {shop: {+tags: [a]}}\n";
        for place in PLACES.iter().chain(&["anything"]) {
            let (_folder, settings, paths) = workspace(&[(format!("{place}/{FILE}").trim_start_matches('/'), file)]);
            let project = Project::find(&settings, &paths, None).unwrap();
            assert_eq!((project.name.as_str(), project.profile.as_str(), project.own_profile), ("shop", "p", None), "{place}");
            let expected = WarnError { error: Names::One("all".into()), silence: Names::Many(vec!["X".into()]), ..WarnError::default() };
            assert_eq!(project.warn_error, expected);
        }
    }

    #[test]
    fn a_project_that_is_missing_ambiguous_outside_or_broken_is_an_error_that_says_so() {
        let (_folder, settings, paths) =
            workspace(&[("a/dbt_project.yml", "name: a"), ("b/dbt_project.yml", "name: b"), ("c/dbt_project.yml", "name: [")]);
        let several = Project::find(&settings, &paths, None).unwrap_err();
        assert_eq!((several.code, several.valid_values), (Code::InvalidInput, vec!["a".into(), "b".into(), "c".into()]));
        let code = |wanted| Project::find(&settings, &paths, Some(wanted)).unwrap_err().code;
        assert_eq!(["c", "nowhere", "/etc", "../.."].map(code), [Code::Failed, Code::NotFound, Code::Denied, Code::Denied]);
        let (_folder, settings, paths) = workspace(&[]);
        assert_eq!(Project::find(&settings, &paths, None).unwrap_err().code, Code::NotFound);
    }

    #[test]
    fn a_profile_is_made_only_for_a_project_without_one() {
        let (_folder, settings, paths) = workspace(&[("dbt_project.yml", "name: a\nprofile: p q")]);
        let project = Project::find(&settings, &paths, None).unwrap();
        let made = fs::read_to_string(project.profiles(&settings).unwrap().join("profiles.yml")).unwrap();
        let made: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!(made["p q"]["outputs"]["dev"]["path"], "{{ env_var('DATA_STACK_WAREHOUSE') }}");
        fs::write(project.file("profiles.yml"), "p q: {}").unwrap();
        let project = Project::find(&settings, &paths, None).unwrap();
        assert!(!project.is_on_warehouse(None));
        assert_eq!(project.profiles(&settings).unwrap(), project.folder);
    }
}
