//! A typed job as dbt's arguments. No value can be taken for an option.

use std::ffi::OsString;

use data_stack_core::ports::dbt::{DbtCommand, DbtJob};
use data_stack_core::{Code, ToolError, text};
use serde_json::{Value, json};

use super::project::{Names, Project};
use crate::warehouse::paths::Paths;

/// The event by which dbt says that a selector matches nothing; an error here, so that nothing is built in its place.
const UNMATCHED: &str = "NoNodesForSelectionCriteria";

/// The arguments for a job, without those that every command has.
pub(super) fn arguments(job: &DbtJob, project: &Project, paths: &Paths) -> Result<Vec<OsString>, ToolError> {
    check(job, project)?;
    let mut arguments = Arguments::new(job.command);
    arguments.selection(job, project)?;
    arguments.state(job, paths)?;
    arguments.switches(job);
    arguments.values(job)?;
    Ok(arguments.all)
}

/// The arguments that list what the job's selection means.
pub(super) fn listing(job: &DbtJob, project: &Project, paths: &Paths) -> Result<Vec<OsString>, ToolError> {
    let kinds: &[&str] = match job.command {
        DbtCommand::Build => &["model", "test", "unit_test", "seed", "snapshot"],
        DbtCommand::Run | DbtCommand::Clone => &["model"],
        DbtCommand::Test => &["test", "unit_test"],
        DbtCommand::Seed => &["seed"],
        DbtCommand::Snapshot => &["snapshot"],
        DbtCommand::SourceFreshness => &["source"],
        _ => &[],
    };
    let kinds =
        if job.resource_types.is_empty() { kinds.iter().map(|kind| (*kind).to_owned()).collect() } else { job.resource_types.clone() };
    let list = DbtJob { command: DbtCommand::List, resource_types: kinds, ..job.clone() };
    let mut all = arguments(&list, project, paths)?;
    all.extend(["--output", "json", "--output-keys", "unique_id"].map(OsString::from));
    Ok(all)
}

/// Refuses what the command does not take.
fn check(job: &DbtJob, project: &Project) -> Result<(), ToolError> {
    use DbtCommand::{Build, Clone, Compile, List, Parse, Retry, Run, Seed, Show, Snapshot, Test};
    let selects = !matches!(job.command, Parse | DbtCommand::Deps | Retry | DbtCommand::Debug | DbtCommand::Lineage);
    let cases: [(&str, bool, bool); 10] = [
        ("select", !job.select.is_empty() || !job.exclude.is_empty() || job.selector.is_some(), selects),
        ("resource_types", !job.resource_types.is_empty(), matches!(job.command, Build | Test | List | Clone)),
        ("full_refresh", job.full_refresh, matches!(job.command, Build | Run | Seed | Clone | Retry | Compile | Show | List)),
        ("fail_fast", job.fail_fast, matches!(job.command, Build | Run | Test | Seed | Snapshot)),
        ("defer", job.defer || job.favor_state, selects),
        ("empty", job.empty, matches!(job.command, Build | Run | Snapshot | Compile | Show)),
        ("store_failures", job.store_failures, matches!(job.command, Build | Test)),
        ("record", job.record, job.command == Test),
        ("inline_sql", job.inline_sql.is_some(), matches!(job.command, Compile | Show)),
        ("target", job.target.is_some(), job.command != Retry),
    ];
    if let Some((field, ..)) = cases.iter().find(|(_, given, taken)| *given && !*taken) {
        let message = format!("`{}` takes no `{field}`", job.command.as_str());
        return Err(ToolError::invalid(*field, message, format!("Leave `{field}` out, or choose another command.")));
    }
    if job.command == Show && job.inline_sql.is_none() && job.select.is_empty() {
        return Err(ToolError::invalid("select", "`show` needs a model or SQL", "Give one model in `select`, or SQL in `inline_sql`."));
    }
    if job.defer && job.state.is_none() {
        return Err(ToolError::invalid("state", "`defer` needs a state", "Name the folder that holds the other run's manifest.json."));
    }
    // Retry repeats whatever ran before, so it always has the warehouse itself.
    let copied = job.effect() == data_stack_core::Effect::Read && super::reach_of(job.command) == super::Reach::Copy;
    if copied && !project.is_on_warehouse(job.target.as_deref()) {
        let message = format!(
            "the profile of {} names another database than the workspace's, so `{}` cannot be kept from writing to it",
            project.name,
            job.command.as_str()
        );
        let hint = "Write `path: \"{{ env_var('DATA_STACK_WAREHOUSE') }}\"` in its profiles.yml, or remove that file: data-stack then uses the workspace's warehouse.";
        let error = ToolError::new(Code::Denied, message, hint).at("project");
        let tests = job.command == Test;
        return Err(if tests {
            error.hint("Or call with `record: true`: the tests then work on that database itself, which is a write.")
        } else {
            error
        });
    }
    Ok(())
}

struct Arguments {
    all: Vec<OsString>,
    command: DbtCommand,
}

impl Arguments {
    fn new(command: DbtCommand) -> Self {
        let words: &[&str] = match command {
            DbtCommand::Build => &["build"],
            DbtCommand::Run => &["run"],
            DbtCommand::Test => &["test"],
            DbtCommand::Seed => &["seed"],
            DbtCommand::Snapshot => &["snapshot"],
            // The rows are read by the warehouse, from what dbt compiles.
            DbtCommand::Compile | DbtCommand::Show => &["compile"],
            DbtCommand::Parse | DbtCommand::Lineage => &["parse"],
            DbtCommand::List => &["ls"],
            DbtCommand::Docs => &["docs", "generate", "--static"],
            DbtCommand::SourceFreshness => &["source", "freshness"],
            DbtCommand::Deps => &["deps"],
            DbtCommand::Clone => &["clone"],
            DbtCommand::Retry => &["retry"],
            DbtCommand::Debug => &["debug"],
        };
        Self { all: words.iter().map(OsString::from).collect(), command }
    }

    fn selection(&mut self, job: &DbtJob, project: &Project) -> Result<(), ToolError> {
        for (field, option, values) in [
            ("select", "--select", &job.select),
            ("exclude", "--exclude", &job.exclude),
            ("resource_types", "--resource-types", &job.resource_types),
        ] {
            for value in values {
                self.all.extend([option.into(), plain(field, value)?]);
            }
        }
        if let Some(selector) = &job.selector {
            self.all.extend(["--selector".into(), plain("selector", selector)?]);
        }
        if !job.select.is_empty() || !job.exclude.is_empty() {
            self.all.extend(["--warn-error-options".into(), warnings(project).to_string().into()]);
        }
        Ok(())
    }

    fn state(&mut self, job: &DbtJob, paths: &Paths) -> Result<(), ToolError> {
        if let Some(state) = &job.state {
            self.all.extend(["--state".into(), paths.folder("state", state)?.into_os_string()]);
        }
        for (given, option) in [(job.defer, "--defer"), (job.favor_state, "--favor-state")] {
            self.switch(given, option);
        }
        Ok(())
    }

    fn switches(&mut self, job: &DbtJob) {
        let refresh = job.full_refresh && self.command != DbtCommand::List;
        for (given, option) in
            [(refresh, "--full-refresh"), (job.fail_fast, "--fail-fast"), (job.empty, "--empty"), (job.store_failures, "--store-failures")]
        {
            self.switch(given, option);
        }
    }

    fn values(&mut self, job: &DbtJob) -> Result<(), ToolError> {
        if !job.vars.is_empty() {
            self.all.extend(["--vars".into(), Value::Object(job.vars.clone()).to_string().into()]);
        }
        if let Some(target) = &job.target {
            self.all.extend(["--target".into(), plain("target", target)?]);
        }
        let threads = job.threads.filter(|_| !matches!(self.command, DbtCommand::List | DbtCommand::Deps | DbtCommand::Debug));
        if let Some(threads) = threads {
            self.all.extend(["--threads".into(), threads.to_string().into()]);
        }
        if let Some(sql) = &job.inline_sql {
            if sql.contains('\0') {
                return Err(ToolError::invalid("inline_sql", "the SQL holds a NUL character", "Remove it."));
            }
            self.all.push(format!("--inline={sql}").into());
        }
        Ok(())
    }

    fn switch(&mut self, given: bool, option: &str) {
        if given {
            self.all.push(option.into());
        }
    }
}

/// A value that dbt cannot take for an option.
fn plain(field: &str, value: &str) -> Result<OsString, ToolError> {
    if value.trim().is_empty() || value.starts_with('-') || value.contains('\0') {
        let message = format!("`{}` is no value for `{field}`", text::clean(value, 80));
        return Err(ToolError::invalid(
            field,
            message,
            "Give a name, or a selector such as `+orders`, `tag:daily` or `path:models/marts`.",
        ));
    }
    Ok(value.into())
}

/// The project's own treatment of warnings, with selectors that match nothing as errors.
fn warnings(project: &Project) -> Value {
    let names = |names: &Names| match names {
        Names::One(one) => json!(one),
        Names::Many(many) => json!(many),
    };
    let error = match &project.warn_error.error {
        Names::One(all) => json!(all),
        Names::Many(many) => json!(many.iter().map(String::as_str).chain([UNMATCHED]).collect::<Vec<_>>()),
    };
    json!({ "error": error, "warn": names(&project.warn_error.warn), "silence": names(&project.warn_error.silence) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn argued(job: &DbtJob) -> Result<Vec<String>, ToolError> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::write(root.join("dbt_project.yml"), "name: shop").unwrap();
        let paths = Paths::new(root.clone(), vec![root.clone()]);
        let project = Project::find(&Settings::new(root, vec![]), &paths, None).unwrap();
        arguments(job, &project, &paths).map(|all| all.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn a_job_becomes_arguments() {
        let job = DbtJob {
            command: DbtCommand::Build,
            select: vec!["+orders".into(), "tag:a".into()],
            exclude: vec!["b".into()],
            vars: serde_json::from_str(r#"{"day": "2024-01-01"}"#).unwrap(),
            full_refresh: true,
            threads: Some(3),
            ..DbtJob::default()
        };
        let warnings = r#"{"error":["NoNodesForSelectionCriteria"],"warn":[],"silence":[]}"#;
        let expected = [
            "build",
            "--select",
            "+orders",
            "--select",
            "tag:a",
            "--exclude",
            "b",
            "--warn-error-options",
            warnings,
            "--full-refresh",
            "--vars",
            r#"{"day":"2024-01-01"}"#,
            "--threads",
            "3",
        ];
        assert_eq!(argued(&job).unwrap(), expected);
        let shown = DbtJob { command: DbtCommand::Show, inline_sql: Some("-- select\nselect 1".into()), ..DbtJob::default() };
        assert_eq!(argued(&shown).unwrap(), ["compile", "--inline=-- select\nselect 1"]);
    }

    #[test]
    fn what_a_command_does_not_take_is_refused_by_name() {
        let field = |job: DbtJob| argued(&job).unwrap_err().field.unwrap();
        assert_eq!(field(DbtJob { select: vec!["--target".into()], ..DbtJob::default() }), "select");
        assert_eq!(field(DbtJob { command: DbtCommand::Run, inline_sql: Some("select 1".into()), ..DbtJob::default() }), "inline_sql");
        assert_eq!(field(DbtJob { command: DbtCommand::Parse, select: vec!["a".into()], ..DbtJob::default() }), "select");
        assert_eq!(field(DbtJob { command: DbtCommand::Show, ..DbtJob::default() }), "select");
        assert_eq!(field(DbtJob { defer: true, ..DbtJob::default() }), "state");
        assert_eq!(field(DbtJob { state: Some("/etc".into()), ..DbtJob::default() }), "state");
    }
}
