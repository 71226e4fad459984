//! What an operator decides about the embedded stack.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use data_stack_core::ports::warehouse::QueryLimits;

use crate::fetch::RemoteSettings;
use crate::ingest::SizeLimits;
use crate::python::Environments;

/// How the embedded stack is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that relative paths start at; always one of the granted roots.
    pub workspace: PathBuf,
    /// Where state is kept; `.data-stack` in the workspace.
    pub state: PathBuf,
    /// The database file; made by the first write.
    pub database: PathBuf,
    /// Further folders whose files may be read.
    pub roots: Vec<PathBuf>,
    /// The command that runs a worker: the program and its arguments.
    pub worker_command: Vec<OsString>,
    /// Limits for work that names none.
    pub limits: QueryLimits,
    /// The worker processes.
    pub pool: PoolSettings,
    /// How long the rows behind a cursor are kept.
    pub result_lifetime: Duration,
    /// What may be loaded from beyond this machine; nothing by default.
    pub remote: RemoteSettings,
    /// How much a source of a load may hold.
    pub source_sizes: SizeLimits,
    /// Where tools that data-stack sets up are kept, for all workspaces.
    pub cache: PathBuf,
    /// Python environments that the user has already, by the tool's name.
    pub environments: BTreeMap<String, PathBuf>,
}

/// How many worker processes there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// At once.
    pub most: usize,
    /// Kept warm while nothing runs.
    pub idle: usize,
    /// How long an idle one is kept.
    pub idle_time: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { most: 4, idle: 2, idle_time: Duration::from_secs(60) }
    }
}

impl Settings {
    /// The usual set-up of a workspace: `warehouse.duckdb` and `.data-stack` in it, and nothing readable beyond it.
    pub fn new(workspace: impl Into<PathBuf>, worker_command: Vec<OsString>) -> Self {
        let workspace = workspace.into();
        Self {
            state: workspace.join(".data-stack"),
            database: workspace.join("warehouse.duckdb"),
            workspace,
            roots: Vec::new(),
            worker_command,
            limits: QueryLimits { memory: 1 << 30, temporary: 4 << 30, threads: 2, output: 64 << 20 },
            pool: PoolSettings::default(),
            result_lifetime: Duration::from_secs(3_600),
            remote: RemoteSettings::default(),
            source_sizes: SizeLimits::default(),
            cache: Environments::default_cache(),
            environments: BTreeMap::new(),
        }
    }

    /// The granted roots with all links followed, the workspace first.
    pub fn granted(&self) -> Vec<PathBuf> {
        let mut granted = Vec::new();
        for root in std::iter::once(&self.workspace).chain(&self.roots) {
            let root = root.canonicalize().unwrap_or_else(|_| root.clone());
            if !granted.contains(&root) {
                granted.push(root);
            }
        }
        granted
    }
}
