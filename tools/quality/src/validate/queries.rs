//! The team's verified queries: whether each still gives the answer that people rely on.

use std::io::Read;
use std::path::Path;

use data_stack_core::ports::Files;
use data_stack_core::{Code, Ctx, Effect, ToolError, text};
use serde_json::Value;

use super::history::run;
use super::scopes::{EVIDENCE, failed, is_end, passed, skipped};
use super::types::{Check, Found, Scope, Severity, Status};
use super::verified::{self, Unusable, VerifiedQuery};

/// Where a workspace keeps what its team knows.
const PLACE: &str = "data-stack/context/*.md";
/// Bytes of a file, and rows of an answer, that are read.
const BYTES: u64 = 1 << 20;
const ROWS: usize = 10_000;

/// Runs the queries of every file.
pub(super) async fn check(ctx: &Ctx) -> Result<Found, ToolError> {
    let Ok(files) = ctx.ports.files() else { return Ok(skipped("files cannot be read here")) };
    let paths = match files.resolve(PLACE) {
        Ok(paths) => paths,
        Err(error) if error.code == Code::NotFound => return Ok(skipped(&format!("the workspace has no files {PLACE}"))),
        Err(error) => return Err(error),
    };
    let mut checks = Vec::new();
    for path in paths {
        let file = below_root(files, &path);
        let (queries, unusable) = match text_of(files, &path) {
            Ok(text) => verified::read(&text),
            Err(error) => (Vec::new(), vec![Unusable { line: 1, message: error.message }]),
        };
        checks.extend(unusable.iter().map(|unusable| bad(&file, unusable)));
        for query in &queries {
            ctx.control.check()?;
            checks.push(judged(&file, query, ctx).await?);
        }
    }
    let nothing = checks.is_empty().then(|| format!("no file {PLACE} holds a verified query"));
    Ok(Found { checks, skipped: nothing })
}

fn text_of(files: &dyn Files, path: &Path) -> Result<String, ToolError> {
    let mut opened = files.open(&path.to_string_lossy())?;
    let mut text = String::new();
    if opened.bytes > BYTES {
        let message = format!("the file has {} bytes, more than {BYTES}", opened.bytes);
        return Err(ToolError::new(Code::Limit, message, "Split it."));
    }
    let read = opened.file.read_to_string(&mut text);
    read.map(|_| text).map_err(|error| ToolError::new(Code::Failed, format!("the file cannot be read: {error}"), "Write it as UTF-8."))
}

fn below_root(files: &dyn Files, path: &Path) -> String {
    let roots = files.roots();
    let relative = roots.iter().find_map(|root| path.strip_prefix(root).ok()).unwrap_or(path);
    relative.display().to_string()
}

fn bad(file: &str, unusable: &Unusable) -> Check {
    let name = format!("{file}:{}", unusable.line);
    let fix = "Write it as docs/context.md shows.";
    Check { file: Some(file.to_owned()), line: Some(unusable.line), ..failed(Scope::Queries, &name, &unusable.message, fix) }
}

async fn judged(file: &str, query: &VerifiedQuery, ctx: &Ctx) -> Result<Check, ToolError> {
    let misses = match misses(query, ctx).await {
        Ok(misses) => misses,
        Err(error) if is_end(&error) => return Err(error),
        Err(error) => vec![error.message],
    };
    let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}: {}", query.name);
    let base = Check { severity: query.expect.severity, ..passed(Scope::Queries, &name, "it gives the verified answer".to_owned()) };
    let base = Check { file: Some(file.to_owned()), line: Some(query.line), ..base };
    if misses.is_empty() {
        return Ok(base);
    }
    Ok(Check {
        status: if query.expect.severity == Severity::Warn { Status::Warn } else { Status::Fail },
        evidence: text::clean(&misses.join("; "), EVIDENCE),
        fix: Some("Mend the data or the query; where the answer has changed for good, verify the new one.".to_owned()),
        ..base
    })
}

async fn misses(query: &VerifiedQuery, ctx: &Ctx) -> Result<Vec<String>, ToolError> {
    let sql = query.sql.trim_end_matches(';');
    let page = run(sql, Vec::new(), Effect::Read, ROWS, ctx).await?;
    let columns: Vec<String> = page.columns.iter().map(|column| column.name.clone()).collect();
    let total = page.total_rows.unwrap_or(page.rows.len() as u64);
    let mut misses = query.expect.misses(&columns, &page.rows, total);
    for condition in &query.expect.holds {
        let broken = run(
            &format!("SELECT count(*) FROM (\n{sql}\n) AS answer WHERE (\n{condition}\n) IS NOT TRUE"),
            Vec::new(),
            Effect::Read,
            1,
            ctx,
        )
        .await?;
        let broken = broken.rows.first().and_then(|row| row.first()).and_then(Value::as_u64).unwrap_or_default();
        if broken > 0 {
            misses.push(format!("{broken} rows for which `{condition}` does not hold"));
        }
    }
    Ok(misses)
}
