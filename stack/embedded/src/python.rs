//! Python tools that data-stack sets up by itself: one environment a tool, pinned and checked by hash, in a cache outside the
//! project.
//!
//! An environment is a folder whose name follows from its lock file, so a new lock is a new environment and a half-made one is
//! never seen: it is built beside its place and renamed. Processes that want the same one wait for the first.

mod install;
mod interpreter;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_stack_core::{Code, Control, ToolError};

use crate::locking::{FileLock, Share};

/// A tool that runs in an environment of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PythonTool {
    /// Its name in settings and messages.
    pub name: &'static str,
    /// What it is used for.
    pub used_for: &'static str,
    /// Its packages with their versions and hashes, as pip reads them.
    lock: &'static str,
    /// The module that an environment must have.
    module: &'static str,
}

/// dbt Core with the DuckDB adapter.
pub const DBT: PythonTool =
    PythonTool { name: "dbt", used_for: "`run_dbt`", lock: include_str!("../locks/dbt.txt"), module: "dbt.adapters.duckdb" };

/// Great Expectations over DuckDB.
pub const GREAT_EXPECTATIONS: PythonTool = PythonTool {
    name: "great_expectations",
    used_for: "`validate`",
    lock: include_str!("../locks/great-expectations.txt"),
    module: "great_expectations",
};

/// All of them.
pub const TOOLS: [PythonTool; 2] = [DBT, GREAT_EXPECTATIONS];

impl PythonTool {
    /// The packages of its environment.
    fn packages(&self) -> usize {
        self.lock.lines().filter(|line| line.contains("==")).count()
    }

    /// The environment's folder name: the tool and its lock.
    fn folder(&self) -> String {
        format!("{}-{}", self.name, &blake3::hash(self.lock.as_bytes()).to_hex()[..12])
    }
}

/// Whether a tool can be used.
#[derive(Debug, Clone, PartialEq)]
pub enum Readiness {
    /// It is set up; the interpreter.
    Ready(PathBuf),
    /// It is not there yet and can be set up with this interpreter.
    OnFirstUse(PathBuf),
    /// It cannot be set up.
    Impossible(ToolError),
}

/// The environments of a machine.
#[derive(Debug, Clone)]
pub struct Environments {
    cache: PathBuf,
    own: BTreeMap<String, PathBuf>,
    /// Tools that were found in environments of the user's: each is looked for once.
    found: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Environments {
    /// Environments below `cache`, but for those that the user has already: folders by the tool's name.
    pub fn new(cache: &Path, own: BTreeMap<String, PathBuf>) -> Self {
        Self { cache: cache.join("python"), own, found: Arc::default() }
    }

    /// Where environments are kept when nobody says otherwise.
    pub fn default_cache() -> PathBuf {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        base.unwrap_or_else(std::env::temp_dir).join("data-stack")
    }

    /// The interpreter of the tool's environment, which is set up first if need be.
    pub async fn python(&self, tool: &PythonTool, control: &Control) -> Result<PathBuf, ToolError> {
        if let Some(folder) = self.own.get(tool.name) {
            if self.found().contains(tool.name) {
                return Ok(interpreter_in(folder));
            }
            let python = own(tool, folder, control).await?;
            self.found().insert(tool.name);
            return Ok(python);
        }
        let place = self.cache.join(tool.folder());
        if let Some(python) = usable(&place) {
            return Ok(python);
        }
        let lock = self.cache.join(format!("{}.lock", tool.folder()));
        let waiting = || control.progress(0.0, None, format!("waiting for another process that sets up {}", tool.name));
        let _lock = FileLock::take(&lock, Share::Alone, control, waiting).await?;
        match usable(&place) {
            Some(python) => Ok(python),
            None => install::install(tool, &self.cache, &place, control).await,
        }
    }

    fn found(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the tool can be used, without setting anything up.
    pub async fn readiness(&self, tool: &PythonTool, control: &Control) -> Readiness {
        if let Some(folder) = self.own.get(tool.name) {
            return own(tool, folder, control).await.map_or_else(Readiness::Impossible, Readiness::Ready);
        }
        match usable(&self.cache.join(tool.folder())) {
            Some(python) => Readiness::Ready(python),
            None => interpreter::find(control).await.map_or_else(Readiness::Impossible, Readiness::OnFirstUse),
        }
    }
}

/// The interpreter in an environment's folder, if it still leads somewhere.
fn usable(folder: &Path) -> Option<PathBuf> {
    let python = interpreter_in(folder);
    python.exists().then_some(python)
}

fn interpreter_in(folder: &Path) -> PathBuf {
    folder.join("bin").join("python")
}

/// The interpreter of an environment that the user has, after a look at whether the tool is in it.
async fn own(tool: &PythonTool, folder: &Path, control: &Control) -> Result<PathBuf, ToolError> {
    let python = interpreter_in(folder);
    let found = interpreter::has_module(&python, tool.module, control).await?;
    if found {
        return Ok(python);
    }
    let message = format!("the environment {} that `python.{}` names has no module {}", folder.display(), tool.name, tool.module);
    let hint = format!("Install it there, or remove the setting `python.{}` and data-stack sets up its own.", tool.name);
    Err(ToolError::new(Code::Unavailable, message, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_and_has_a_hash_and_no_registry_is_named() {
        for tool in TOOLS {
            assert!(tool.packages() > 20, "{}", tool.name);
            for package in tool.lock.split('\n').filter(|line| !line.starts_with([' ', '#']) && !line.is_empty()) {
                assert!(package.contains("==") && package.ends_with('\\'), "{}: {package}", tool.name);
            }
            assert!(!tool.lock.contains("://"), "{}", tool.name);
        }
    }

    #[tokio::test]
    async fn an_environment_of_the_users_own_must_have_the_tool() {
        let folder = tempfile::tempdir().unwrap();
        let own = BTreeMap::from([("dbt".to_owned(), folder.path().to_owned())]);
        let environments = Environments::new(folder.path(), own);
        let error = environments.python(&DBT, &Control::unlimited()).await.unwrap_err();
        assert_eq!(error.code, Code::Unavailable);
        assert!(error.message.contains(&folder.path().display().to_string()), "{}", error.message);
    }
}
