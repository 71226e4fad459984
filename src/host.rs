//! Puts the host together: a backend's ports, a persona, and the pipeline over them.

use std::sync::Arc;

use data_stack_core::ToolError;

use crate::config::Settings;
use crate::pipeline::Pipeline;
use crate::prompts;

/// The pipeline for these settings. Opens no database and starts nothing.
pub fn open(settings: Settings) -> Result<Arc<Pipeline>, ToolError> {
    let persona = settings.persona.as_deref().map(prompts::persona).transpose()?;
    let backend = data_stack_embedded::open(embedded(&settings)?);
    Ok(Pipeline::new(settings, persona, backend))
}

/// The embedded backend's share of the settings. Its workers are this same program under a hidden command.
fn embedded(settings: &Settings) -> Result<data_stack_embedded::Settings, ToolError> {
    let program = std::env::current_exe().map_err(|error| ToolError::internal(format!("this program's own path is unknown: {error}")))?;
    let worker = vec![program.into_os_string(), "worker".into(), "duckdb".into()];
    Ok(data_stack_embedded::Settings {
        roots: settings.roots.clone(),
        limits: settings.query,
        ..data_stack_embedded::Settings::new(&settings.workspace, worker)
    })
}
