//! What a tool may reach: small typed interfaces that backends implement.
//!
//! Names, SQL, granted paths and small previews cross a port; data frames never do.

pub mod artifacts;
pub mod dbt;
pub mod files;
pub mod ingest;
pub mod jobs;
pub mod quality;
pub mod sources;
pub mod starter;
pub mod tools;
pub mod warehouse;

use std::sync::Arc;

use crate::{Code, ToolError};

pub use artifacts::Artifacts;
pub use dbt::Dbt;
pub use files::Files;
pub use ingest::Ingest;
pub use jobs::Jobs;
pub use quality::Quality;
pub use sources::Sources;
pub use starter::Starter;
pub use tools::Tools;
pub use warehouse::Warehouse;

/// A kind of backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Port {
    /// [`Warehouse`].
    Warehouse,
    /// [`Ingest`].
    Ingest,
    /// [`Files`].
    Files,
    /// [`Artifacts`].
    Artifacts,
    /// [`Jobs`].
    Jobs,
    /// [`Sources`].
    Sources,
    /// [`Dbt`].
    Dbt,
    /// [`Quality`].
    Quality,
    /// [`Starter`].
    Starter,
    /// [`Tools`].
    Tools,
}

impl Port {
    /// The port's name in `doctor` and in errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warehouse => "warehouse",
            Self::Ingest => "ingest",
            Self::Files => "files",
            Self::Artifacts => "artifacts",
            Self::Jobs => "jobs",
            Self::Sources => "sources",
            Self::Dbt => "dbt",
            Self::Quality => "quality",
            Self::Starter => "starter",
            Self::Tools => "tools",
        }
    }
}

/// The backends that this process has. A backend fills what it offers; the rest stays absent and is reported by `doctor`.
#[derive(Clone, Default)]
pub struct Ports {
    /// Where tables live.
    pub warehouse: Option<Arc<dyn Warehouse>>,
    /// How files get into tables.
    pub ingest: Option<Arc<dyn Ingest>>,
    /// The files that a call may read.
    pub files: Option<Arc<dyn Files>>,
    /// Where results too large for an answer go.
    pub artifacts: Option<Arc<dyn Artifacts>>,
    /// Calls that run on after their first answer.
    pub jobs: Option<Arc<dyn Jobs>>,
    /// Tables wherever they lie, as text.
    pub sources: Option<Arc<dyn Sources>>,
    /// How models are built and tested.
    pub dbt: Option<Arc<dyn Dbt>>,
    /// How expectations are judged.
    pub quality: Option<Arc<dyn Quality>>,
    /// The project for a workspace that has none.
    pub starter: Option<Arc<dyn Starter>>,
    /// The other tools; the host's own.
    pub tools: Option<Arc<dyn Tools>>,
}

impl Ports {
    /// Whether `port` is there.
    pub fn has(&self, port: Port) -> bool {
        match port {
            Port::Warehouse => self.warehouse.is_some(),
            Port::Ingest => self.ingest.is_some(),
            Port::Files => self.files.is_some(),
            Port::Artifacts => self.artifacts.is_some(),
            Port::Jobs => self.jobs.is_some(),
            Port::Sources => self.sources.is_some(),
            Port::Dbt => self.dbt.is_some(),
            Port::Quality => self.quality.is_some(),
            Port::Starter => self.starter.is_some(),
            Port::Tools => self.tools.is_some(),
        }
    }

    /// The warehouse, or why it is not there.
    pub fn warehouse(&self) -> Result<&dyn Warehouse, ToolError> {
        self.warehouse.as_deref().ok_or_else(|| absent(Port::Warehouse))
    }

    /// The loader, or why it is not there.
    pub fn ingest(&self) -> Result<&dyn Ingest, ToolError> {
        self.ingest.as_deref().ok_or_else(|| absent(Port::Ingest))
    }

    /// The files, or why they are not there.
    pub fn files(&self) -> Result<&dyn Files, ToolError> {
        self.files.as_deref().ok_or_else(|| absent(Port::Files))
    }

    /// The artifact store, or why it is not there.
    pub fn artifacts(&self) -> Result<&dyn Artifacts, ToolError> {
        self.artifacts.as_deref().ok_or_else(|| absent(Port::Artifacts))
    }

    /// The job store, or why it is not there.
    pub fn jobs(&self) -> Result<&dyn Jobs, ToolError> {
        self.jobs.as_deref().ok_or_else(|| absent(Port::Jobs))
    }

    /// The sources, or why they are not there.
    pub fn sources(&self) -> Result<&dyn Sources, ToolError> {
        self.sources.as_deref().ok_or_else(|| absent(Port::Sources))
    }

    /// dbt, or why it is not there.
    pub fn dbt(&self) -> Result<&dyn Dbt, ToolError> {
        self.dbt.as_deref().ok_or_else(|| absent(Port::Dbt))
    }

    /// The judge of expectations, or why it is not there.
    pub fn quality(&self) -> Result<&dyn Quality, ToolError> {
        self.quality.as_deref().ok_or_else(|| absent(Port::Quality))
    }

    /// The project for a workspace that has none, or why it is not there.
    pub fn starter(&self) -> Result<&dyn Starter, ToolError> {
        self.starter.as_deref().ok_or_else(|| absent(Port::Starter))
    }

    /// The other tools, or why they are not there.
    pub fn tools(&self) -> Result<&dyn Tools, ToolError> {
        self.tools.as_deref().ok_or_else(|| absent(Port::Tools))
    }
}

fn absent(port: Port) -> ToolError {
    ToolError::new(
        Code::Unavailable,
        format!("this configuration has no {} backend", port.as_str()),
        "Run `data-stack doctor` for what is missing and how to add it.",
    )
}
