//! The Python tools: those that data-stack sets up by itself, and those that the user has.

use std::time::Duration;

use data_stack_core::Control;
use data_stack_embedded::python::{Environments, PythonTool, Readiness, TOOLS};

use super::Check;
use crate::config::Settings;

/// Checks every tool, each for at most `limit`.
pub(super) async fn examine(settings: &Settings, limit: Duration) -> Vec<Check> {
    let cache = settings.cache.clone().unwrap_or_else(Environments::default_cache);
    let environments = Environments::new(&cache, settings.python.clone());
    let control = Control::unlimited().within(limit);
    let checks = TOOLS.iter().map(|tool| async { describe(tool, environments.readiness(tool, &control).await) });
    futures::future::join_all(checks).await
}

fn describe(tool: &PythonTool, readiness: Readiness) -> Check {
    match readiness {
        Readiness::Ready(python) => Check::ok(tool.name, false, python.display().to_string()),
        Readiness::OnFirstUse(python) => {
            Check::ok(tool.name, false, format!("not set up yet; the first call of {} does it with {}", tool.used_for, python.display()))
        }
        Readiness::Impossible(error) => Check::failed(tool.name, false, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    #[tokio::test]
    async fn a_tool_that_is_named_and_not_there_is_told_with_its_fix() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::for_workspace(folder.path().into());
        settings.cache = Some(folder.path().join("cache"));
        settings.python.insert("dbt".into(), folder.path().join("mine"));
        let checks = examine(&settings, Duration::from_secs(10)).await;
        let states: Vec<_> = checks.iter().map(|check| (check.name, check.state)).collect();
        assert_eq!(states, [("dbt", State::Missing), ("great_expectations", State::Ok)]);
        assert!(checks[0].fix.is_some());
        assert!(!settings.cache.unwrap().exists());
    }
}
