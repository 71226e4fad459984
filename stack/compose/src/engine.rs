//! Whether there is a Docker engine and a Compose to start services with.

use std::process::Stdio;
use std::time::Duration;

use bollard::Docker;
use data_stack_core::{Code, ToolError};
use tokio::process::Command;

/// A Docker engine that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Its version, such as `29.3.1`.
    pub version: String,
    /// The newest API version that it speaks.
    pub api_version: String,
    /// Its operating system and architecture, such as `linux/amd64`.
    pub platform: String,
}

/// The Compose plugin of the Docker command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    /// Its version, such as `2.40.0`.
    pub version: String,
}

/// The engine that `DOCKER_HOST` names, or the one at the usual socket; waits at most `limit` for its answer.
pub async fn engine(limit: Duration) -> Result<Engine, ToolError> {
    let docker = Docker::connect_with_defaults().map_err(|error| unreachable_engine(&error.to_string()))?;
    let asked = tokio::time::timeout(limit, docker.version()).await;
    let answer = asked.map_err(|_| unreachable_engine(&format!("it did not answer within {:.1} s", limit.as_secs_f64())))?;
    let version = answer.map_err(|error| unreachable_engine(&error.to_string()))?;
    let known = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
    Ok(Engine {
        version: known(version.version),
        api_version: known(version.api_version),
        platform: format!("{}/{}", known(version.os), known(version.arch)),
    })
}

/// The Compose plugin; waits at most `limit` for its answer.
pub async fn compose_plugin(limit: Duration) -> Result<Compose, ToolError> {
    let mut command = Command::new("docker");
    command.args(["compose", "version", "--short"]).stdin(Stdio::null()).kill_on_drop(true);
    let run = tokio::time::timeout(limit, command.output()).await;
    let output = run
        .map_err(|_| no_compose("it did not answer in time"))?
        .map_err(|error| no_compose(&format!("the `docker` command cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(no_compose(&format!("`docker compose version` failed with `{}`", first_line(&output.stderr))));
    }
    compose_from(&first_line(&output.stdout))
}

/// Version 1 was a program of its own and does not read today's files.
fn compose_from(text: &str) -> Result<Compose, ToolError> {
    let version = text.trim_start_matches('v').to_owned();
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(2..) => Ok(Compose { version }),
        _ => Err(no_compose(&format!("it is version `{version}`"))),
    }
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    data_stack_core::text::clean(text.lines().next().unwrap_or_default().trim(), 200)
}

fn unreachable_engine(reason: &str) -> ToolError {
    ToolError::new(
        Code::Unavailable,
        format!("no Docker engine answers: {}", data_stack_core::text::clean(reason, 300)),
        "Install Docker (https://docs.docker.com/engine/install/) and start it, or set DOCKER_HOST to its socket.",
    )
    .retryable()
}

fn no_compose(reason: &str) -> ToolError {
    ToolError::new(
        Code::Unavailable,
        format!("Docker Compose 2 or newer is not there: {reason}"),
        "Install the Compose plugin (https://docs.docker.com/compose/install/).",
    )
}

#[cfg(test)]
mod tests {
    use super::{Compose, compose_from};

    #[test]
    fn only_compose_of_version_two_or_newer_will_do() {
        assert_eq!(compose_from("v2.40.0"), Ok(Compose { version: "2.40.0".into() }));
        assert_eq!(compose_from("5.0.1").map(|compose| compose.version), Ok("5.0.1".into()));
        for text in ["1.29.2", "", "unknown"] {
            assert!(compose_from(text).is_err(), "{text}");
        }
    }
}
