//! `query_duckdb`: one SQL statement, within limits.

mod types;

use std::time::Duration;

use data_stack_core::ports::warehouse::{Explain, Export, ExportFormat, Parameters, QueryJob, QueryLimits, QueryPage, TableOrigin};
use data_stack_core::{Ctx, Effect, Example, Limits, Port, Reply, Spec, Tool, ToolError, Truncated, Warning, text};
use serde_json::json;

use crate::render;
use types::Params;
pub use types::{Format, Mode, QueryInput, QueryOutput};

const DEFAULT_LIMIT: u32 = 100;
const DEFAULT_TIMEOUT_S: f64 = 30.0;
/// Characters of the statement in a confirmation.
const SHOWN_SQL: usize = 300;
/// Rows and characters of the table in the summary.
const SUMMARY_ROWS: usize = 10;
const SUMMARY_LENGTH: usize = 1_500;

/// Runs one SQL statement.
#[derive(Debug, Clone, Copy)]
pub struct QueryDuckdb;

impl Tool for QueryDuckdb {
    type Input = QueryInput;
    type Output = QueryOutput;

    const SPEC: Spec = Spec {
        name: "query_duckdb",
        title: "Query DuckDB",
        description: include_str!("query_duckdb.md"),
        effect: Effect::Read,
        max_effect: Effect::Destroy,
        idempotent: false,
        open_world: false,
        ports: &[Port::Warehouse],
        limits: Limits::seconds(620),
        examples: &[
            Example {
                title: "The countries with the most invoice lines",
                arguments: r#"{"sql": "SELECT Country, count(*) AS lines FROM transactions GROUP BY ALL ORDER BY lines DESC LIMIT 3"}"#,
                expect: &[("/row_count", "3"), ("/rows/0/0", "\"United Kingdom\""), ("/columns/1/type", "\"BIGINT\"")],
            },
            Example {
                title: "Values as parameters, rows as a table",
                arguments: r#"{"sql": "SELECT count(*) AS lines FROM transactions WHERE Country = $country", "params": {"country": "France"}, "format": "markdown"}"#,
                expect: &[("/text", r#""| lines |\n| ---: |\n| 439 |\n""#)],
            },
            Example {
                title: "The plan, without running it",
                arguments: r#"{"sql": "SELECT * FROM transactions", "explain": "plan"}"#,
                expect: &[("/statement", "\"EXPLAIN\"")],
            },
        ],
    };

    fn effect(&self, input: &QueryInput) -> Effect {
        input.mode.unwrap_or(Mode::Read).into()
    }

    fn consequence(&self, input: &QueryInput) -> String {
        let statement = text::clean(input.sql.as_deref().unwrap_or_default(), SHOWN_SQL);
        let database = input.database.as_deref().map_or_else(|| "the warehouse".to_owned(), |path| text::clean(path, 200));
        match self.effect(input) {
            Effect::Destroy => format!("Remove data for good in {database}: {statement}"),
            Effect::Write => format!("Change {database}: {statement}"),
            Effect::Read => format!("Read {database}: {statement}"),
        }
    }

    async fn run(&self, input: QueryInput, ctx: &Ctx) -> Result<Reply<QueryOutput>, ToolError> {
        let warehouse = ctx.ports.warehouse()?;
        let control = ctx.control.within(Duration::from_secs_f64(input.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S).clamp(0.001, 600.0)));
        let limit = input.limit.unwrap_or(DEFAULT_LIMIT) as usize;
        let shown = Shown { format: input.format.unwrap_or_default(), limit };
        if let Some(cursor) = &input.cursor {
            only_a_cursor(&input)?;
            return Ok(shown.reply(warehouse.page(cursor, limit, &control).await?));
        }
        Ok(shown.reply(warehouse.query(job(input, limit)?, &control).await?))
    }
}

/// With a cursor the statement is the earlier one.
fn only_a_cursor(input: &QueryInput) -> Result<(), ToolError> {
    let given = [("sql", input.sql.is_some()), ("params", input.params.is_some()), ("save_as", input.save_as.is_some())];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((field, _)) => Err(ToolError::invalid(
            *field,
            format!("`cursor` continues an earlier result and takes no `{field}`"),
            "Pass `cursor` alone, or `sql` alone.",
        )),
    }
}

fn job(input: QueryInput, limit: usize) -> Result<QueryJob, ToolError> {
    let effect = input.mode.unwrap_or(Mode::Read).into();
    let export = export(&input)?;
    let Some(sql) = input.sql else {
        return Err(ToolError::invalid(
            "sql",
            "neither `sql` nor `cursor` was given",
            "Send a statement, such as `SELECT * FROM transactions LIMIT 5`.",
        ));
    };
    let parameters = match input.params {
        None => Parameters::Positional(Vec::new()),
        Some(Params::Positional(values)) => Parameters::Positional(values),
        Some(Params::Named(values)) => Parameters::Named(values),
    };
    Ok(QueryJob {
        sql,
        parameters,
        effect,
        database: input.database,
        attach: input.attach.unwrap_or_default().iter().map(|pair| alias_and_path(pair)).collect::<Result<_, _>>()?,
        limit,
        explain: input.explain.map_or(Explain::None, Explain::from),
        export,
        snapshot: input.snapshot.unwrap_or(false),
        limits: QueryLimits {
            memory: input.memory_mb.map_or(u64::MAX, |memory| memory << 20),
            threads: input.threads.unwrap_or(usize::MAX),
            ..QueryLimits::MOST
        },
    })
}

fn alias_and_path(pair: &str) -> Result<(String, String), ToolError> {
    let parts = pair.split_once('=').filter(|(alias, path)| !alias.trim().is_empty() && !path.trim().is_empty());
    let (alias, path) = parts.ok_or_else(|| {
        let message = format!("`{}` is not of the form `alias=path`", text::clean(pair, 100));
        ToolError::invalid("attach", message, "Write it as in `archive=old/sales.duckdb`.")
    })?;
    Ok((alias.trim().to_owned(), path.trim().to_owned()))
}

/// The file that the whole result goes to, if one was asked for.
fn export(input: &QueryInput) -> Result<Option<Export>, ToolError> {
    let by_format = match input.format {
        Some(Format::Parquet) => Some(ExportFormat::Parquet),
        Some(Format::Arrow) => Some(ExportFormat::Arrow),
        Some(Format::Csv) if input.save_as.is_some() => Some(ExportFormat::Csv),
        _ => None,
    };
    let Some(name) = &input.save_as else { return Ok(by_format.map(|format| Export { format, name: "result".into() })) };
    let by_name = match name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).as_deref() {
        Some("csv") => Some(ExportFormat::Csv),
        Some("parquet") => Some(ExportFormat::Parquet),
        Some("arrow") => Some(ExportFormat::Arrow),
        Some("jsonl" | "ndjson") => Some(ExportFormat::Jsonl),
        _ => None,
    };
    match by_format.or(by_name) {
        Some(format) => Ok(Some(Export { format, name: name.clone() })),
        None => Err(ToolError::invalid("save_as", "the name says no format", "End it in .csv, .parquet, .arrow or .jsonl.").valid([
            "result.csv",
            "result.parquet",
            "result.arrow",
            "result.jsonl",
        ])),
    }
}

/// How a page is shown.
struct Shown {
    format: Format,
    limit: usize,
}

impl Shown {
    fn reply(&self, page: QueryPage) -> Reply<QueryOutput> {
        let summary = summary(&page);
        let truncated = self.truncated(&page);
        let written = match self.format {
            Format::Markdown => Some(render::markdown(&page.columns, &page.rows)),
            Format::Csv if page.export.is_none() => Some(render::csv(&page.columns, &page.rows)),
            _ => None,
        };
        let mut reply = Reply::new((), summary);
        reply.warnings.clone_from(&page.warnings);
        reply.warnings.extend(page.origins.iter().filter_map(doubtful));
        reply.truncated = truncated;
        if let Some(cursor) = &page.cursor {
            let arguments = json!({ "cursor": cursor, "limit": self.limit, "format": self.format });
            reply = reply.next(QueryDuckdb::SPEC.name, arguments, "The next page of the same result.");
        }
        if page.warnings.iter().any(|warning| warning.code == "empty_result") {
            reply = reply.next("describe_data", json!({}), "What the tables hold.");
        }
        let file = page.export.as_ref().map(|link| link.uri.clone());
        if let Some(link) = page.export.clone() {
            reply = reply.link(link);
        }
        reply.map(|()| output(page, written, file))
    }

    fn truncated(&self, page: &QueryPage) -> Option<Truncated> {
        page.cursor.as_ref()?;
        Some(Truncated {
            rows_dropped: None,
            bytes_dropped: None,
            reason: format!("the answer holds {} rows (`limit` {}); further rows are kept for paging", page.rows.len(), self.limit),
            next_cursor: page.cursor.clone(),
            full_result_uri: None,
        })
    }
}

/// What a reader should know of a table before trusting rows from it.
fn doubtful(origin: &TableOrigin) -> Option<Warning> {
    let told = |what: &str, tests: &[String]| format!("{what} {}: {}", origin.table, tests.join(", "));
    let message = match (origin.failing_tests.as_slice(), origin.failing_upstream.as_slice()) {
        ([], []) => return None,
        ([], above) => told("Tests last failed on what is above", above),
        (tests, _) => told("Tests last failed on", tests),
    };
    Some(Warning { code: "failing_tests".into(), message })
}

fn output(page: QueryPage, text: Option<String>, file: Option<String>) -> QueryOutput {
    let QueryPage { columns, rows, total_rows, rows_changed, cursor, statement, plan, elapsed_ms, origins: tables, .. } = page;
    let row_count = rows.len();
    let rows = if text.is_some() || plan.is_some() { Vec::new() } else { rows };
    let elapsed_ms = (elapsed_ms * 1_000.0).round() / 1_000.0;
    QueryOutput { columns, rows, row_count, total_rows, rows_changed, cursor, statement, text, plan, file, elapsed_ms, tables }
}

/// What came of it, in a sentence, and the first rows.
fn summary(page: &QueryPage) -> String {
    let took = format!("{:.0} ms", page.elapsed_ms);
    if let Some(link) = &page.export {
        let rows = page.total_rows.map_or_else(|| "The result".to_owned(), |rows| format!("{rows} rows"));
        return format!("{rows} written to {} ({}, {} bytes, {took}).", link.uri, link.name, link.bytes);
    }
    if let Some(plan) = &page.plan {
        return format!("Plan ({took}):\n{}", text::clean(plan, SUMMARY_LENGTH));
    }
    if let Some(changed) = page.rows_changed {
        return format!("{}: {changed} rows changed in {took}.", page.statement);
    }
    if page.columns.is_empty() {
        return format!("{}: done in {took}.", page.statement);
    }
    let shown = page.rows.len();
    let count = match page.total_rows {
        Some(total) if total as usize != shown => format!("{shown} of {total} rows"),
        Some(_) => format!("{shown} rows"),
        None => format!("{shown} rows, and more"),
    };
    let table = render::markdown(&page.columns, &page.rows[..shown.min(SUMMARY_ROWS)]);
    let notes: Vec<String> = page.warnings.iter().map(|warning| format!(" {}", text::clean(&warning.message, 400))).collect();
    let notes = notes.concat();
    format!("{count} in {took}.{notes}\n\n{}", text::clean(&table, SUMMARY_LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn input(arguments: Value) -> QueryInput {
        serde_json::from_value(arguments).unwrap()
    }

    #[test]
    fn the_effect_follows_from_the_mode() {
        let effects =
            [json!({}), json!({"mode": "write"}), json!({"mode": "destroy"})].map(|arguments| QueryDuckdb.effect(&input(arguments)));
        assert_eq!(effects, [Effect::Read, Effect::Write, Effect::Destroy]);
    }

    #[test]
    fn the_consequence_names_the_target_and_the_statement() {
        let asked = input(json!({"sql": "DROP TABLE\u{202e} t", "mode": "destroy", "database": "a.duckdb"}));
        assert_eq!(QueryDuckdb.consequence(&asked), "Remove data for good in a.duckdb: DROP TABLE t");
    }

    #[test]
    fn a_file_is_written_when_the_format_or_the_name_asks_for_one() {
        let asked = |arguments| export(&input(arguments)).map(|export| export.map(|export| (export.format, export.name)));
        assert_eq!(asked(json!({"format": "json"})), Ok(None));
        assert_eq!(asked(json!({"format": "csv"})), Ok(None));
        assert_eq!(asked(json!({"format": "parquet"})), Ok(Some((ExportFormat::Parquet, "result".into()))));
        assert_eq!(asked(json!({"format": "csv", "save_as": "x"})), Ok(Some((ExportFormat::Csv, "x".into()))));
        assert_eq!(asked(json!({"save_as": "x.JSONL"})), Ok(Some((ExportFormat::Jsonl, "x.JSONL".into()))));
        assert_eq!(asked(json!({"save_as": "x"})).unwrap_err().field.as_deref(), Some("save_as"));
    }

    #[test]
    fn attached_files_are_pairs() {
        assert_eq!(alias_and_path("a = b=c.duckdb").unwrap(), ("a".into(), "b=c.duckdb".into()));
        for pair in ["a", "=b", "a="] {
            assert_eq!(alias_and_path(pair).unwrap_err().field.as_deref(), Some("attach"), "{pair}");
        }
    }
}
