//! Whether the workspace is set up so that the rest can be judged: its warehouse, its dbt project, the project's profile.

use std::io::Read;

use data_stack_core::ports::dbt::{DbtCommand, DbtJob};
use data_stack_core::ports::warehouse::CatalogJob;
use data_stack_core::{Ctx, ToolError};

use super::scopes::{failed, is_end, no_project, passed, project};
use super::types::{Check, Found, Scope, Severity, Status, ValidateInput};

/// The variable in which a profile finds the workspace's warehouse.
const WAREHOUSE: &str = "DATA_STACK_WAREHOUSE";
/// Fields of a profile that hold secrets.
const SECRETS: [&str; 8] = ["password", "pass", "secret", "token", "private_key", "access_token", "motherduck_token", "session_token"];
/// Bytes of a profile that are read.
const BYTES: u64 = 1 << 20;

/// Checks warehouse, project and profile.
pub(super) async fn check(input: &ValidateInput, ctx: &Ctx) -> Result<Found, ToolError> {
    let mut checks = vec![warehouse(ctx).await?];
    let job = DbtJob { command: DbtCommand::Parse, project: input.project.clone(), ..DbtJob::default() };
    match ctx.ports.dbt()?.run(job, &ctx.control).await {
        Ok(report) => {
            checks.extend(project(Scope::Config, &report)?);
            checks.extend(text_of(&format!("{}/profiles.yml", report.folder), ctx).map(|text| profile(&text)));
        }
        Err(error) if no_project(&error, input) => {}
        Err(error) => return Err(error),
    }
    Ok(Found { checks, skipped: None })
}

async fn warehouse(ctx: &Ctx) -> Result<Check, ToolError> {
    let catalog = ctx.ports.warehouse()?.catalog(CatalogJob { limit: 1, ..CatalogJob::default() }, &ctx.control).await;
    Ok(match catalog {
        Ok(found) if found.total_tables > 0 => passed(Scope::Config, "warehouse", format!("{} tables and views", found.total_tables)),
        Ok(_) => failed(Scope::Config, "warehouse", "the warehouse holds no tables", "Load files with `ingest`."),
        Err(error) if is_end(&error) => return Err(error),
        Err(error) => failed(Scope::Config, "warehouse", &error.message, error.hints.first().map_or("", String::as_str)),
    })
}

/// A file's text; `None` where there is none, or none that may be read: data-stack then makes the profile itself.
fn text_of(path: &str, ctx: &Ctx) -> Option<String> {
    let opened = ctx.ports.files().ok()?.open(path).ok().filter(|opened| opened.bytes <= BYTES)?;
    let (mut file, mut text) = (opened.file, String::new());
    file.read_to_string(&mut text).ok().map(|_| text)
}

/// The project's own profile: no secret stands in it, and it works on the workspace's warehouse.
fn profile(text: &str) -> Check {
    let secret = text.lines().enumerate().find_map(|(at, line)| Some((at as u64 + 1, secret_in(line)?)));
    let file = Some("profiles.yml".to_owned());
    if let Some((line, field)) = secret {
        let evidence = format!("`{field}` stands in profiles.yml itself");
        let fix = "Read it from a variable: `\"{{ env_var('DBT_ENV_SECRET_…') }}\"`, and change the secret.";
        return Check { file, line: Some(line), ..failed(Scope::Config, "dbt profile", &evidence, fix) };
    }
    if !text.contains(WAREHOUSE) {
        let evidence = "no target works on the workspace's warehouse: what reads cannot be kept from writing there, and is refused";
        let fix = format!("Write `path: \"{{{{ env_var('{WAREHOUSE}') }}}}\"` in a target of profiles.yml.");
        let check = failed(Scope::Config, "dbt profile", evidence, &fix);
        return Check { file, status: Status::Warn, severity: Severity::Warn, ..check };
    }
    passed(Scope::Config, "dbt profile", "it works on the workspace's warehouse and holds no secret".to_owned())
}

/// The field of the line that holds a secret as it is.
fn secret_in(line: &str) -> Option<&str> {
    let (field, value) = line.trim_start_matches([' ', '-']).split_once(':')?;
    let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    let is_plain = !value.is_empty() && !value.contains("env_var(") && !value.starts_with(['*', '&', '#', '|', '>']);
    SECRETS.iter().find(|secret| field.trim().eq_ignore_ascii_case(secret)).filter(|_| is_plain).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_the_profile_fails_with_its_line_and_another_database_is_told() {
        let ours = "p:\n  outputs:\n    dev:\n      path: \"{{ env_var('DATA_STACK_WAREHOUSE') }}\"\n      password: \"{{ env_var('DBT_PW') }}\"\n";
        let judged = |text: &str| {
            let check = profile(text);
            (check.status, check.line)
        };
        assert_eq!(judged(ours), (Status::Pass, None));
        assert_eq!(judged(&format!("{ours}      secret: 'abc' # mine\n")), (Status::Fail, Some(6)));
        assert_eq!(judged(&format!("{ours}      token:\n      secret: \"\"\n")), (Status::Pass, None));
        assert_eq!(judged("p:\n  outputs:\n    dev: {path: own.duckdb}\n"), (Status::Warn, None));
    }
}
