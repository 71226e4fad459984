//! Where settings come from.

use std::path::PathBuf;

use data_stack_core::ToolError;
use serde::Serialize;
use serde_json::Value;

/// A kind of source, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Built in.
    Default,
    /// A file of the operator's.
    File,
    /// An environment variable.
    Variable,
    /// The operator's table for the environment in use.
    EnvironmentTable,
    /// The project's file in the workspace.
    Project,
    /// The command line.
    Flag,
}

impl Layer {
    /// The layer's name for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Variable => "variable",
            Self::EnvironmentTable => "environment table",
            Self::Project => "project",
            Self::Flag => "flag",
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The kind of source.
    pub layer: Layer,
    /// The file (and its table), the variable, the flag, or the reason of a default.
    pub from: String,
}

impl Origin {
    pub(super) fn new(layer: Layer, from: impl Into<String>) -> Self {
        Self { layer, from: from.into() }
    }
}

/// Who makes the calls; it decides the default of `effects`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    /// An agent calls through the server: nothing but reading unless the operator says so.
    Agent,
    /// A person calls from a terminal and is the operator: writing too, and destroying after a question.
    Person,
}

/// A setting on the command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Flag {
    /// The setting's name.
    pub key: String,
    /// As it was written.
    pub value: Value,
    /// The flag, such as `--effects`.
    pub flag: String,
}

/// Everything that settings are made from. Nothing else is looked at.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The operator's files, weakest first; those that do not exist are passed over.
    pub files: Vec<PathBuf>,
    /// The process's environment variables.
    pub variables: Vec<(String, String)>,
    /// The command line's settings.
    pub flags: Vec<Flag>,
    /// The command line's workspace.
    pub workspace: Option<PathBuf>,
    /// Where relative paths start.
    pub current_folder: PathBuf,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// Who makes the calls.
    pub stance: Stance,
}

impl Sources {
    /// The sources of this process, without flags.
    pub fn of_process(stance: Stance) -> Result<Self, ToolError> {
        let current_folder = std::env::current_dir().map_err(|error| {
            let message = format!("the current folder cannot be read: {error}");
            ToolError::new(data_stack_core::Code::Unavailable, message, "Change to a folder that exists, or pass --workspace.")
        })?;
        let variables: Vec<(String, String)> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        let variable = |name: &str| variables.iter().find(|(known, _)| known == name).map(|(_, value)| PathBuf::from(value));
        let home = std::env::home_dir();
        let user = variable("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).or_else(|| Some(home.as_ref()?.join(".config")));
        let files = match variable("DATA_STACK_CONFIG") {
            Some(only) => vec![only],
            None => std::iter::once(PathBuf::from("/etc")).chain(user).map(|folder| folder.join("data-stack/config.toml")).collect(),
        };
        Ok(Self { files, variables, flags: Vec::new(), workspace: None, current_folder, home, stance })
    }
}
