//! `validate`: one verdict over configuration, dbt tests, freshness and expectations.

mod config;
mod contracts;
mod flaky;
mod history;
mod queries;
mod scopes;
mod types;
mod verified;

use std::fmt::Write as _;

use data_stack_core::junit::{self, Case, Outcome};
use data_stack_core::{Code, Ctx, Effect, Example, Limits, Port, Reply, ResourceLink, Spec, Tool, ToolError, text};

use crate::sarif;
use history::Verdict;
pub(crate) use types::{Check, Severity, Status};
use types::{Scope, ScopeResult};
pub use types::{ValidateInput, ValidateOutput};

/// The score below which the verdict is `fail`.
const GATE: f64 = 95.0;
/// Checks that a summary names.
const SHOWN: usize = 8;

/// Checks everything.
#[derive(Debug, Clone, Copy)]
pub struct Validate;

impl Tool for Validate {
    type Input = ValidateInput;
    type Output = ValidateOutput;

    const SPEC: Spec = Spec {
        name: "validate",
        title: "Check data quality",
        description: include_str!("validate.md"),
        effect: Effect::Read,
        max_effect: Effect::Write,
        idempotent: true,
        open_world: true,
        ports: &[Port::Quality, Port::Dbt],
        limits: Limits::seconds(3_600),
        examples: &[Example {
            title: "Whether the project holds together and its tests pass",
            arguments: r#"{"scopes": ["config", "dbt"]}"#,
            expect: &[("/status", "\"pass\""), ("/score", "100.0")],
        }],
    };

    fn effect(&self, input: &ValidateInput) -> Effect {
        if input.record { Effect::Write } else { Effect::Read }
    }

    fn consequence(&self, _: &ValidateInput) -> String {
        "Check data quality on the warehouse itself and add score and results to its history, _data_stack.quality.".to_owned()
    }

    async fn run(&self, input: ValidateInput, ctx: &Ctx) -> Result<Reply<ValidateOutput>, ToolError> {
        let mut scopes = Vec::new();
        let mut checks = Vec::new();
        let wanted = if input.scopes.is_empty() { Scope::ALL.to_vec() } else { input.scopes.clone() };
        for (index, scope) in wanted.iter().enumerate() {
            ctx.control.check()?;
            ctx.control.progress(index as f64, Some(wanted.len() as f64), format!("checking {}", scope.as_str()));
            let found = scopes::check(*scope, &input, ctx).await?;
            scopes.push(ScopeResult::of(*scope, &found));
            checks.extend(found.checks);
        }
        let gate = input.min_score.unwrap_or(GATE);
        let score = score(&checks);
        let status = verdict(&checks, score, gate);
        let history = history::keep(&input, &Verdict { status, score, checks: &checks }, ctx).await?;
        let links = artifacts(&checks, ctx)?;
        Ok(answer(status, score, gate, scopes, checks, history, links))
    }
}

/// The share of checks that hold, weighted by severity, in percent; 100 where nothing was checked.
fn score(checks: &[Check]) -> f64 {
    let weight = |check: &&Check| if check.severity == Severity::Error { 3.0 } else { 1.0 };
    let counted = || checks.iter().filter(|check| !check.proposed);
    let total = counted().fold(0.0_f64, |sum, check| sum + weight(&check));
    let held = counted().filter(|check| check.status == Status::Pass).fold(0.0_f64, |sum, check| sum + weight(&check));
    if total == 0.0 { 100.0 } else { (1_000.0 * held / total).round() / 10.0 }
}

fn verdict(checks: &[Check], score: f64, gate: f64) -> Status {
    let counted = || checks.iter().filter(|check| !check.proposed);
    if score < gate || counted().any(|check| check.status == Status::Fail) {
        Status::Fail
    } else if counted().any(|check| check.status == Status::Warn) {
        Status::Warn
    } else {
        Status::Pass
    }
}

fn artifacts(checks: &[Check], ctx: &Ctx) -> Result<Vec<ResourceLink>, ToolError> {
    let Ok(store) = ctx.ports.artifacts() else { return Ok(Vec::new()) };
    let cases: Vec<Case> = checks.iter().map(case).collect();
    let sarif = sarif::render(checks).to_string();
    Ok(vec![
        store.put("quality.junit.xml", "application/xml", junit::render("data-stack validate", &cases).as_bytes())?,
        store.put("quality.sarif.json", "application/json", sarif.as_bytes())?,
    ])
}

fn case(check: &Check) -> Case {
    let outcome = match check.status {
        Status::Pass => Outcome::Passed,
        _ if check.proposed => Outcome::Skipped(format!("only proposed: {}", check.evidence)),
        Status::Warn => Outcome::Passed,
        Status::Fail => Outcome::Failed(check.evidence.clone()),
    };
    Case { class: check.scope.as_str().to_owned(), name: check.name.clone(), seconds: check.elapsed_s, outcome }
}

fn answer(
    status: Status,
    score: f64,
    gate: f64,
    scopes: Vec<ScopeResult>,
    mut checks: Vec<Check>,
    history: Vec<types::Recorded>,
    links: Vec<ResourceLink>,
) -> Reply<ValidateOutput> {
    let total = checks.len();
    checks.retain(|check| check.status != Status::Pass);
    checks.sort_by(|a, b| a.proposed.cmp(&b.proposed).then_with(|| b.status.cmp(&a.status)).then_with(|| a.id.cmp(&b.id)));
    let summary = summary(status, score, total, &checks);
    let failure = (status == Status::Fail).then(|| failed(score, gate, &checks));
    let output = ValidateOutput { status, score, min_score: gate, total: total as u64, scopes, checks, history, untrusted: true };
    let mut reply = Reply::new(output, summary);
    reply.links = links;
    match failure {
        Some(error) => reply.fail(error),
        None => reply,
    }
}

fn summary(status: Status, score: f64, total: usize, open: &[Check]) -> String {
    let mut text = format!("{}: score {score} of 100, {} of {total} checks do not hold.", status.as_str(), open.len());
    for check in open.iter().take(SHOWN) {
        let proposed = if check.proposed { " (proposed)" } else { "" };
        let evidence = text::clean(&check.evidence, 200);
        let _ = write!(text, "\n{} {}{proposed}: {evidence}", check.status.as_str(), check.name);
    }
    text
}

fn failed(score: f64, gate: f64, open: &[Check]) -> ToolError {
    let failing: Vec<&str> =
        open.iter().filter(|check| check.status == Status::Fail && !check.proposed).map(|check| check.name.as_str()).take(5).collect();
    let message = if failing.is_empty() {
        format!("the quality score is {score}, below {gate}")
    } else {
        format!("the quality checks fail with a score of {score}: {}", failing.join(", "))
    };
    let fix = open.iter().find_map(|check| check.fix.clone()).unwrap_or_else(|| "Look at `data.checks` for the evidence.".to_owned());
    ToolError::new(Code::Failed, message, fix)
}

#[cfg(test)]
mod tests;
