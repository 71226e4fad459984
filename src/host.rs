//! Puts the host together: a backend's ports, a persona, and the pipeline over them.

use std::sync::Arc;

use data_stack_core::{Ports, ToolError};

use crate::config::Settings;
use crate::pipeline::Pipeline;
use crate::prompts;

/// The pipeline for these settings. Opens no database and starts nothing.
pub fn open(settings: Settings) -> Result<Arc<Pipeline>, ToolError> {
    let persona = settings.persona.as_deref().map(prompts::persona).transpose()?;
    Ok(Pipeline::new(settings, persona, Ports::default()))
}
