//! The checks of each scope.

use data_stack_core::ports::dbt::{DbtCommand, DbtJob, DbtNode, DbtReport, DbtStatus};
use data_stack_core::ports::quality::{ExpectationResult, ExpectationsJob, SuiteResult};
use data_stack_core::{Code, Ctx, ToolError, text};
use serde_json::Value;

use super::types::{Check, Found, Scope, Severity, Status, ValidateInput};
use super::{config, contracts, flaky, queries};

/// Characters of evidence, and keys that show it.
pub(super) const EVIDENCE: usize = 500;
const SAMPLE: usize = 20;

/// Checks one scope. Only what makes checking impossible is an error.
pub(super) async fn check(scope: Scope, input: &ValidateInput, ctx: &Ctx) -> Result<Found, ToolError> {
    match scope {
        Scope::Config => config::check(input, ctx).await,
        Scope::Contracts => contracts::check(input, ctx).await,
        Scope::Queries => queries::check(ctx).await,
        Scope::Dbt => dbt(DbtCommand::Test, scope, input, ctx).await,
        Scope::Freshness => dbt(DbtCommand::SourceFreshness, scope, input, ctx).await,
        Scope::Expectations => expectations(input, ctx).await,
    }
}

/// Whether the workspace simply has no dbt project.
pub(super) fn no_project(error: &ToolError, input: &ValidateInput) -> bool {
    error.code == Code::NotFound && error.field.is_none() && input.project.is_none()
}

pub(super) fn is_end(error: &ToolError) -> bool {
    matches!(error.code, Code::Cancelled | Code::Timeout)
}

/// Whether the project holds together: one check, or one for each problem.
pub(super) fn project(scope: Scope, report: &DbtReport) -> Result<Vec<Check>, ToolError> {
    if let Some(stopped) = &report.stopped {
        return Err(stopped.clone());
    }
    if report.problems.is_empty() {
        return Ok(vec![passed(scope, "dbt project", format!("{} holds together", report.project))]);
    }
    let problem = |problem: &data_stack_core::ports::dbt::DbtProblem| Check {
        file: problem.file.clone(),
        line: problem.line,
        ..failed(scope, "dbt project", &problem.message, "Mend the file that is named.")
    };
    Ok(report.problems.iter().map(problem).collect())
}

async fn dbt(command: DbtCommand, scope: Scope, input: &ValidateInput, ctx: &Ctx) -> Result<Found, ToolError> {
    let job = DbtJob {
        command,
        project: input.project.clone(),
        select: input.select.clone(),
        // On the warehouse itself, so that what the project's hooks write down of each test stays.
        record: input.record && command == DbtCommand::Test,
        request_id: ctx.request_id.clone(),
        ..DbtJob::default()
    };
    let (is_test, is_recorded) = (command == DbtCommand::Test, job.record);
    let before = if is_test && !is_recorded { flaky::state(ctx).await? } else { None };
    let report = match ctx.ports.dbt()?.run(job, &ctx.control).await {
        Ok(report) => report,
        Err(error) if no_project(&error, input) => return Ok(skipped(&error.message)),
        Err(error) => return Err(error),
    };
    if !report.problems.is_empty() || report.stopped.is_some() {
        return Ok(Found { checks: project(scope, &report)?, skipped: None });
    }
    let mut checks: Vec<Check> = report.nodes.iter().map(|node| of_node(scope, node)).collect();
    if is_test {
        // The hooks of a recorded run have changed the warehouse themselves.
        let known = if is_recorded { flaky::state(ctx).await? } else { before };
        flaky::mark(&mut checks, known, input, ctx).await?;
    }
    let nothing = checks.is_empty().then(|| "the project has none".to_owned());
    Ok(Found { checks, skipped: nothing })
}

fn of_node(scope: Scope, node: &DbtNode) -> Check {
    let (status, severity) = match node.status {
        DbtStatus::Ok => (Status::Pass, Severity::Error),
        DbtStatus::Warn => (Status::Warn, Severity::Warn),
        DbtStatus::Skipped => (Status::Warn, Severity::Error),
        DbtStatus::Fail | DbtStatus::Error => (Status::Fail, Severity::Error),
    };
    let severity = if node.severity.as_deref() == Some("warn") { Severity::Warn } else { severity };
    let rows = node.failing_rows.map(|rows| format!("{rows} failing rows. ")).unwrap_or_default();
    let about = node.tests.as_deref().map(|about| format!(" in {about}")).unwrap_or_default();
    Check {
        id: format!("{}/{}", scope.as_str(), node.name),
        scope,
        name: node.name.clone(),
        status,
        severity,
        evidence: text::clean(&format!("{rows}{}", node.message.as_deref().unwrap_or("it holds")), EVIDENCE),
        fix: (status != Status::Pass)
            .then(|| format!("Call `run_dbt` with command test and select {} for failing rows{about}.", node.name)),
        file: node.file.clone(),
        line: node.line,
        affects: node.affects.iter().chain(&node.exposures).cloned().collect(),
        elapsed_s: node.elapsed_s,
        ..Check::default()
    }
}

async fn expectations(input: &ValidateInput, ctx: &Ctx) -> Result<Found, ToolError> {
    let job = ExpectationsJob { suites: input.suites.clone(), only: input.only.clone() };
    let report = match ctx.ports.quality()?.expectations(job, &ctx.control).await {
        Ok(Some(report)) => report,
        Ok(None) => return Ok(skipped("the workspace has no folder quality/suites")),
        // A suite that cannot be read is a finding like any other; a suite that was asked for by name and is not there is misuse.
        Err(error) if error.code == Code::InvalidInput && input.only.is_empty() => {
            let fix = error.hints.first().map_or("", String::as_str);
            return Ok(Found { checks: vec![failed(Scope::Expectations, "suites", &error.message, fix)], skipped: None });
        }
        Err(error) => return Err(error),
    };
    let checks = report.suites.iter().flat_map(|suite| suite.expectations.iter().map(|each| of_expectation(suite, each)));
    Ok(Found { checks: checks.collect(), skipped: None })
}

fn of_expectation(suite: &SuiteResult, each: &ExpectationResult) -> Check {
    let severity = if each.severity == "warn" { Severity::Warn } else { Severity::Error };
    let status = match (each.success, severity) {
        (true, _) => Status::Pass,
        (false, Severity::Warn) => Status::Warn,
        (false, Severity::Error) => Status::Fail,
    };
    let column = each.column.as_deref().map(|column| format!(" of {column}")).unwrap_or_default();
    let observed = each.error.clone().unwrap_or_else(|| format!("observed {}, expected {}", said(&each.observed), said(&each.expected)));
    let rule = each.expectation.trim_start_matches("expect_");
    Check {
        id: format!("expectations/{}/{rule}{}", suite.suite, each.column.as_deref().map(|column| format!("/{column}")).unwrap_or_default()),
        scope: Scope::Expectations,
        name: format!("{}: {rule}{column}", suite.suite),
        status,
        severity,
        proposed: each.proposed,
        evidence: text::clean(&format!("{observed}. {}", each.why), EVIDENCE),
        sample: each.sample_keys.iter().take(SAMPLE).cloned().map(Value::Object).collect(),
        fix: (status != Status::Pass).then(|| format!("Mend the data, or change the expectation in {} on purpose.", suite.file)),
        file: Some(suite.file.clone()),
        affects: suite.table.iter().cloned().collect(),
        ..Check::default()
    }
}

fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn skipped(why: &str) -> Found {
    Found { checks: Vec::new(), skipped: Some(why.to_owned()) }
}

pub(super) fn passed(scope: Scope, name: &str, evidence: String) -> Check {
    Check { id: format!("{}/{name}", scope.as_str()), scope, name: name.to_owned(), evidence, ..Check::default() }
}

pub(super) fn failed(scope: Scope, name: &str, evidence: &str, fix: &str) -> Check {
    Check {
        status: Status::Fail,
        fix: Some(fix.to_owned()).filter(|fix| !fix.is_empty()),
        ..passed(scope, name, text::clean(evidence, EVIDENCE))
    }
}
