//! Puts the host together: a backend's ports, a persona, and the pipeline over them.

use std::sync::Arc;

use data_stack_core::ToolError;
use data_stack_embedded::fetch::{RemoteSettings, S3Settings};

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
    let usual = data_stack_embedded::Settings::new(&settings.workspace, worker);
    Ok(data_stack_embedded::Settings {
        cache: settings.cache.clone().unwrap_or_else(|| usual.cache.clone()),
        environments: settings.python.clone(),
        roots: settings.roots.clone(),
        limits: settings.query,
        remote: RemoteSettings { allowed: settings.network.clone(), s3: s3(), ..RemoteSettings::default() },
        ..usual
    })
}

/// How S3 is reached, by the variables that other S3 clients read. A service of one's own wants the bucket in the path.
fn s3() -> S3Settings {
    let variable = |names: [&str; 2]| names.iter().find_map(|name| std::env::var(name).ok()).filter(|value| !value.is_empty());
    let defaults = S3Settings::default();
    let endpoint = variable(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]);
    let region = variable(["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or_else(|| defaults.region.clone());
    S3Settings { path_style: endpoint.is_some(), endpoint, region, ..defaults }
}
