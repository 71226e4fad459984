//! The starter project: `stack/dbt`, `stack/quality` and `stack/context`, carried along and placed where a workspace has none.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_stack_core::ports::Starter;
use data_stack_core::{Code, ToolError};

use crate::dbt;
use crate::settings::Settings;

/// The folder of the workspace, the file's path in it, and its content.
const FILES: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/starter.rs"));
/// The folder without which the others are of no use.
const PROJECT: &str = "dbt";
/// The table that the models read.
const TABLE: &str = "main.transactions";
const COLUMNS: [&str; 8] = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];

/// The starter project of a workspace.
pub struct EmbeddedStarter {
    settings: Arc<Settings>,
}

impl EmbeddedStarter {
    /// The starter for these settings' workspace; nothing is placed yet.
    pub(crate) fn new(settings: &Arc<Settings>) -> Self {
        Self { settings: Arc::clone(settings) }
    }
}

impl Starter for EmbeddedStarter {
    fn is_needless(&self) -> bool {
        dbt::has_project(&self.settings.workspace)
    }

    fn stands_on(&self) -> (&'static str, &'static [&'static str]) {
        (TABLE, &COLUMNS)
    }

    fn place(&self) -> Result<Vec<String>, ToolError> {
        let mut places: Vec<&str> = FILES.iter().map(|(place, ..)| *place).collect();
        places.dedup();
        let mut made = Vec::new();
        if !is_free(&self.settings.workspace.join(PROJECT)) {
            let message = format!("the folder {PROJECT} is there and holds no dbt project");
            return Err(ToolError::new(Code::Failed, message, "Put a project in it, or move it away: data-stack then places its own."));
        }
        for place in places {
            let folder = self.settings.workspace.join(place);
            if !is_free(&folder) {
                continue;
            }
            whole(&folder, place).map_err(|error| {
                let message = format!("{} cannot be written: {error}", folder.display());
                ToolError::new(Code::Unavailable, message, "Mend the folder's rights, or free disk space.")
            })?;
            made.push(place.to_owned());
        }
        Ok(made)
    }
}

/// Whether nothing would be lost: an empty folder is as good as none.
fn is_free(folder: &Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Makes the folder whole or not at all: its files are written beside it first.
fn whole(folder: &Path, place: &str) -> std::io::Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent)?;
    let draft = tempfile::Builder::new().prefix(".data-stack-").tempdir_in(parent)?;
    for (_, name, content) in FILES.iter().filter(|(at, ..)| *at == place) {
        let path: PathBuf = draft.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        fs::write(path, content)?;
    }
    open_to_others(draft.path())?;
    fs::rename(draft.path(), folder)
}

/// A draft is private; a project is as any folder that a person makes.
fn open_to_others(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starter(workspace: &Path) -> EmbeddedStarter {
        EmbeddedStarter::new(&Arc::new(Settings::new(workspace, vec![])))
    }

    #[test]
    fn an_empty_workspace_gets_the_project() {
        let folder = tempfile::tempdir().unwrap();
        let starter = starter(folder.path());
        assert!(!starter.is_needless());
        assert_eq!(starter.place().unwrap(), ["dbt", "quality", "data-stack/context"]);
        assert!(starter.is_needless());
        let project = folder.path().join("dbt/dbt_project.yml");
        assert_eq!(fs::read_to_string(&project).unwrap(), include_str!("../../dbt/dbt_project.yml"));
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
            fs::write(folder.path().join(path), "mine").unwrap();
        };
        write("quality/notes.md");
        fs::create_dir(folder.path().join("dbt")).unwrap();
        assert_eq!(starter(folder.path()).place().unwrap(), ["dbt", "data-stack/context"]);
        assert_eq!(fs::read_dir(folder.path().join("quality")).unwrap().count(), 1);
        fs::remove_file(folder.path().join("dbt/dbt_project.yml")).unwrap();
        write("dbt/notes.md");
        let error = starter(folder.path()).place().unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::Failed, "the folder dbt is there and holds no dbt project"));
    }

    #[test]
    fn the_project_declares_the_columns_that_it_is_said_to_stand_on() {
        let declared = include_str!("../../dbt/models/staging/online_retail/_online_retail__sources.yml");
        assert!(COLUMNS.iter().all(|column| declared.contains(&format!("- name: {column}\n"))));
        assert!(FILES.iter().all(|(_, name, _)| !name.contains("target/") && !name.contains("__pycache__")));
    }
}
