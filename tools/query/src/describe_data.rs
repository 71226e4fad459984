//! `describe_data`: the catalogue.

use data_stack_core::ports::warehouse::{Catalog, CatalogJob, Table};
use data_stack_core::{Ctx, Effect, Example, Limits, Port, Reply, Spec, Tool, ToolError, Truncated, text};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

const DEFAULT_LIMIT: u32 = 50;
const DEFAULT_SAMPLES: u32 = 5;
/// Tables and columns in the summary.
const SUMMARY_LINES: usize = 25;
const SUMMARY_LENGTH: usize = 1_900;

/// Lists tables and columns.
#[derive(Debug, Clone, Copy)]
pub struct DescribeData;

/// The arguments of `describe_data`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeInput {
    /// Only tables whose name, comment or columns contain this.
    #[schemars(length(min = 1, max = 200))]
    pub search: Option<String>,
    /// Only this schema.
    #[schemars(length(min = 1, max = 200))]
    pub schema: Option<String>,
    /// One table in full, as `table` or `schema.table`.
    #[schemars(length(min = 1, max = 400))]
    pub table: Option<String>,
    /// Sample values per column of `table`. Default 5.
    #[schemars(range(min = 0, max = 50))]
    pub samples: Option<u32>,
    /// Tables. Default 50.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<u32>,
    /// Tables to pass over.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub offset: Option<u32>,
}

impl Tool for DescribeData {
    type Input = DescribeInput;
    type Output = Catalog;

    const SPEC: Spec = Spec {
        name: "describe_data",
        title: "Describe the data",
        description: include_str!("describe_data.md"),
        effect: Effect::Read,
        max_effect: Effect::Read,
        idempotent: true,
        open_world: false,
        ports: &[Port::Warehouse],
        limits: Limits::seconds(60),
        examples: &[
            Example { title: "All tables", arguments: "{}", expect: &[("/total_tables", "1"), ("/tables/0/name", "\"transactions\"")] },
            Example {
                title: "One table in full",
                arguments: r#"{"table": "transactions", "samples": 3}"#,
                expect: &[("/tables/0/rows", "42481"), ("/tables/0/columns/7/name", "\"Country\"")],
            },
        ],
    };

    async fn run(&self, input: DescribeInput, ctx: &Ctx) -> Result<Reply<Catalog>, ToolError> {
        let limit = input.limit.unwrap_or(DEFAULT_LIMIT);
        let offset = input.offset.unwrap_or(0);
        let job = CatalogJob {
            search: input.search.clone(),
            schema: input.schema.clone(),
            table: input.table.clone(),
            samples: input.samples.unwrap_or(DEFAULT_SAMPLES) as usize,
            limit: limit as usize,
            offset: offset as usize,
        };
        let catalog = ctx.ports.warehouse()?.catalog(job, &ctx.control).await?;
        let next = u64::from(offset) + catalog.tables.len() as u64;
        let left = catalog.total_tables.saturating_sub(next);
        let mut reply = Reply::new((), summary(&catalog, input.table.is_some()));
        if left > 0 && !catalog.tables.is_empty() {
            reply.truncated =
                Some(Truncated { rows_dropped: Some(left), reason: format!("{left} more tables match"), ..Truncated::default() });
            let arguments = json!({ "search": input.search, "schema": input.schema, "limit": limit, "offset": next });
            reply = reply.next(Self::SPEC.name, without_nulls(arguments), "The next tables.");
        }
        if let Some(table) = catalog.tables.first().filter(|_| catalog.total_tables > 0) {
            reply = follow_up(reply, table, input.table.is_some());
        }
        Ok(reply.map(|()| catalog))
    }
}

/// A table that was listed can be described; one that was described can be queried.
fn follow_up(reply: Reply<()>, table: &Table, described: bool) -> Reply<()> {
    if described {
        let sql = format!("SELECT * FROM {}.{} LIMIT 10", quoted(&table.schema), quoted(&table.name));
        return reply.next("query_duckdb", json!({ "sql": sql }), "Its first rows.");
    }
    let name = format!("{}.{}", table.schema, table.name);
    reply.next(DescribeData::SPEC.name, json!({ "table": name }), "This table in full, with sample values.")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn without_nulls(mut arguments: serde_json::Value) -> serde_json::Value {
    if let Some(object) = arguments.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    arguments
}

fn summary(catalog: &Catalog, full: bool) -> String {
    let head = match catalog.total_tables {
        0 if catalog.bytes == 0 => return "The warehouse holds no tables yet. Load a file with `ingest`.".into(),
        0 => return "No table matches.".into(),
        1 => "1 table".to_owned(),
        many => format!("{many} tables"),
    };
    let lines: Vec<String> =
        if full { catalog.tables.iter().flat_map(columns).collect() } else { catalog.tables.iter().map(described).collect() };
    let shown: Vec<String> = lines.into_iter().take(SUMMARY_LINES).collect();
    let text = format!("{head} in {} ({} bytes).\n{}", catalog.database, catalog.bytes, shown.join("\n"));
    text::clean(&text, SUMMARY_LENGTH)
}

fn described(table: &Table) -> String {
    let rows = table.rows.map_or_else(|| table.kind.clone(), |rows| format!("{rows} rows"));
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let loaded = table.loaded_at.as_ref().map_or_else(String::new, |time| format!(", loaded {time}"));
    format!("- {}.{} ({rows}{loaded}): {}", table.schema, table.name, text::clean(&names.join(", "), 200))
}

fn columns(table: &Table) -> Vec<String> {
    let head = described(table);
    let columns = table.columns.iter().map(|column| {
        let samples: Vec<String> = column.samples.iter().map(|value| text::clean(&crate::render::plain(value), 30)).collect();
        format!("  - {} {}: {}", column.name, column.kind, samples.join(", "))
    });
    std::iter::once(head).chain(columns).collect()
}
