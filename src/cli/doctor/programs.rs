//! Programs that parts of data-stack use; none is needed for the embedded warehouse.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::Check;

/// A program that may be there.
struct Program {
    name: &'static str,
    command: &'static str,
    /// The oldest version that will do.
    least: (u32, u32),
    used_for: &'static str,
    fix: &'static str,
}

const PROGRAMS: [Program; 3] = [
    Program {
        name: "python",
        command: "python3",
        least: (3, 11),
        used_for: "dbt, Meltano and the other Python tools",
        fix: "Install Python 3.11 or newer (https://www.python.org/downloads/).",
    },
    Program {
        name: "uv",
        command: "uv",
        least: (0, 4),
        used_for: "installing the Python tools quickly",
        fix: "Install uv (https://docs.astral.sh/uv/getting-started/installation/).",
    },
    Program {
        name: "node",
        command: "node",
        least: (22, 0),
        used_for: "building Evidence dashboards",
        fix: "Install Node.js 22 or newer (https://nodejs.org/).",
    },
];

/// Checks all programs and the Docker engine at once, each for at most `limit`.
pub(super) async fn examine(limit: Duration) -> Vec<Check> {
    let programs = futures::future::join_all(PROGRAMS.iter().map(|program| check(program, limit)));
    let (programs, engine, compose) = tokio::join!(programs, data_stack_compose::engine(limit), data_stack_compose::compose_plugin(limit));
    let engine = match engine {
        Ok(engine) => Check::ok("docker engine", false, format!("{}, API {}, {}", engine.version, engine.api_version, engine.platform)),
        Err(error) => Check::failed("docker engine", false, &error),
    };
    let compose = match compose {
        Ok(compose) => Check::ok("docker compose", false, compose.version),
        Err(error) => Check::failed("docker compose", false, &error),
    };
    programs.into_iter().chain([engine, compose]).collect()
}

async fn check(program: &Program, limit: Duration) -> Check {
    let Program { name, command, least, used_for, fix } = program;
    let mut run = Command::new(command);
    run.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
    let reason = match tokio::time::timeout(limit, run.output()).await {
        Err(_) => format!("`{command}` does not answer"),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => format!("`{command}` is not installed"),
        Ok(Err(error)) => format!("`{command}` cannot be run: {error}"),
        Ok(Ok(output)) => {
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            match version(&text) {
                Some(found) if found >= *least => return Check::ok(name, false, text),
                _ => format!("`{command}` is `{}`", data_stack_core::text::clean(&text, 80)),
            }
        }
    };
    Check::missing(name, false, format!("{reason}; it is used for {used_for}"), *fix)
}

/// The first two numbers of the first word that begins with one, after an optional `v`.
fn version(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.trim_start_matches('v').split('.');
        let major = parts.next()?.parse().ok()?;
        Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
    })
}

#[cfg(test)]
mod tests {
    use super::{Program, check, version};
    use crate::cli::doctor::State;
    use std::time::Duration;

    #[test]
    fn versions_are_read_as_programs_print_them() {
        for (text, expected) in
            [("Python 3.11.2", Some((3, 11))), ("uv 0.9.1 (abc 2026-01-01)", Some((0, 9))), ("v22.21.0", Some((22, 21))), ("unknown", None)]
        {
            assert_eq!(version(text), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_optional_and_has_a_fix() {
        let program = Program { name: "x", command: "data-stack-no-such-program", least: (1, 0), used_for: "nothing", fix: "Install x." };
        let found = check(&program, Duration::from_secs(5)).await;
        assert_eq!((found.state, found.required, found.fix.as_deref()), (State::Missing, false, Some("Install x.")));
        assert_eq!(found.found, "`data-stack-no-such-program` is not installed; it is used for nothing");
    }
}
