//! Runs the queries of a dashboard: each once, within limits, with its parameters bound as values.

use std::collections::{BTreeMap, HashMap};

use data_stack_charts::Data;
use data_stack_charts::page::{Checked, Tone, Truth};
use data_stack_core::nearest::nearest;
use data_stack_core::ports::warehouse::{Catalog, CatalogJob, Explain, Parameters, QueryJob, QueryPage, Table, TableOrigin};
use data_stack_core::{Code, Ctx, ToolError};
use serde_json::{Map, Value};

use crate::parameters::used;
use crate::spec::{Dashboard, DataSet, Origin, Tile};

/// Most rows that a tile may be made of.
const ROWS: usize = 10_000;

/// The rows of a query, and where they come from.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) data: Data,
    pub(crate) truth: Truth,
    /// Whether the query gave more rows than a tile may be made of.
    pub(crate) cut: bool,
    pub(crate) elapsed_ms: f64,
}

/// What every query of a dashboard shares.
pub(crate) struct Runner<'a> {
    ctx: &'a Ctx,
    values: Map<String, Value>,
    catalog: Catalog,
    answers: HashMap<String, Result<Answer, ToolError>>,
}

impl<'a> Runner<'a> {
    /// A runner with these values for the dashboard's parameters.
    pub(crate) async fn new(ctx: &'a Ctx, values: Map<String, Value>) -> Result<Self, ToolError> {
        let job = CatalogJob { limit: 500, ..CatalogJob::default() };
        let catalog = ctx.ports.warehouse()?.catalog(job, &ctx.control).await?;
        Ok(Self { ctx, values, catalog, answers: HashMap::new() })
    }

    /// The warehouse's tables.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The rows of a statement; the same statement is run once.
    pub(crate) async fn rows(&mut self, sql: &str) -> Result<Answer, ToolError> {
        if let Some(known) = self.answers.get(sql) {
            return known.clone();
        }
        let answer = self.run(sql, Explain::None).await;
        if let Err(error) = &answer
            && matches!(error.code, Code::Cancelled | Code::Timeout)
        {
            return answer;
        }
        self.answers.insert(sql.to_owned(), answer.clone());
        answer
    }

    /// Plans a statement without running it, so that unknown names and statements that write are found.
    pub(crate) async fn check(&self, sql: &str) -> Result<(), ToolError> {
        self.run(sql, Explain::Plan).await.map(|_| ())
    }

    async fn run(&self, sql: &str, explain: Explain) -> Result<Answer, ToolError> {
        let parameters = Parameters::Named(used(sql, &self.values));
        let job = QueryJob { parameters, explain, ..QueryJob::reading(sql, ROWS) };
        let page = self.ctx.ports.warehouse()?.query(job, &self.ctx.control).await?;
        Ok(self.answer(sql, page))
    }

    fn answer(&self, sql: &str, page: QueryPage) -> Answer {
        let hash = hash(&page);
        let (cut, elapsed_ms) = (page.cursor.is_some(), page.elapsed_ms);
        let columns: Vec<(String, String)> = page.columns.into_iter().map(|column| (column.name, column.kind)).collect();
        let data = Data::of_query(columns.iter().map(|(name, kind)| (name.as_str(), kind.as_str())), page.rows);
        let truth = Truth {
            sql: sql.trim().to_owned(),
            rows: data.rows.len() as u64,
            as_of: self.catalog.modified_at.clone(),
            fresh_as_of: freshness(&page.origins),
            sources: page.origins.iter().map(|origin| origin.table.clone()).collect(),
            hash,
            checks: page.origins.iter().filter_map(failing).collect(),
        };
        Answer { data, truth, cut, elapsed_ms }
    }

    /// The statements of a dashboard's data sets, by their names; errors name the data set.
    pub(crate) fn data_sets(&self, dashboard: &Dashboard) -> Result<BTreeMap<String, String>, ToolError> {
        let one = |(name, set): (&String, &DataSet)| {
            let statement = self.statement(set).map_err(|error| error.at(format!("data.{name}")))?;
            Ok((name.clone(), statement))
        };
        dashboard.data.iter().map(one).collect()
    }

    fn statement(&self, set: &DataSet) -> Result<String, ToolError> {
        Ok(match set {
            DataSet::Sql(sql) | DataSet::From(Origin::Sql(sql)) => sql.clone(),
            DataSet::From(Origin::Table(name)) => format!("SELECT * FROM {}", relation(self.table(name)?)),
            DataSet::From(Origin::Profile(name)) => format!("SELECT * FROM (SUMMARIZE {})", relation(self.table(name)?)),
            DataSet::From(Origin::Model(name)) => {
                let found =
                    self.table(name).map_err(|error| ToolError { hints: vec!["Build it with `run_dbt` first.".into()], ..error })?;
                format!("SELECT * FROM {}", relation(found))
            }
        })
    }

    /// A table of the catalogue by its name, alone or with its schema.
    pub(crate) fn table(&self, name: &str) -> Result<&Table, ToolError> {
        let (schema, table) = name.split_once('.').map_or((None, name), |(schema, table)| (Some(schema), table));
        let fits =
            |one: &&Table| one.name.eq_ignore_ascii_case(table) && schema.is_none_or(|schema| one.schema.eq_ignore_ascii_case(schema));
        self.catalog.tables.iter().find(fits).ok_or_else(|| {
            let near = nearest(table, self.catalog.tables.iter().map(|table| table.name.as_str()), 3);
            let hint = near.first().map_or_else(|| "Load it with `ingest` first.".to_owned(), |near| format!("Did you mean `{near}`?"));
            let name = data_stack_core::text::clean(name, 100);
            ToolError::new(Code::NotFound, format!("there is no table `{name}`"), hint).at("table").valid(near)
        })
    }
}

/// A table's name as SQL.
pub(crate) fn relation(table: &Table) -> String {
    format!("{}.{}", quoted(&table.schema), quoted(&table.name))
}

/// A name as SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// When the stalest of the tables was loaded or built.
fn freshness(origins: &[TableOrigin]) -> Option<String> {
    origins.iter().filter_map(|origin| origin.built_at.clone().or_else(|| origin.loaded_at.clone())).min()
}

/// What dbt's tests last found in a table.
fn failing(origin: &TableOrigin) -> Option<Checked> {
    let tests: Vec<&str> = origin.failing_tests.iter().chain(&origin.failing_upstream).map(String::as_str).collect();
    let text = format!("Tests last found something in {}: {}.", origin.table, tests.join(", "));
    (!tests.is_empty()).then_some(Checked { tone: Tone::Poor, text })
}

fn hash(page: &QueryPage) -> String {
    let mut hasher = blake3::Hasher::new();
    let names: Value = page.columns.iter().map(|column| column.name.as_str()).collect();
    hasher.update(names.to_string().as_bytes());
    for row in &page.rows {
        hasher.update(b"\n");
        hasher.update(Value::from(row.clone()).to_string().as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// The statement of a tile, if it has one. `sets` are the statements of the data sets.
pub(crate) fn statement<'a>(sets: &'a BTreeMap<String, String>, tile: &'a Tile) -> Option<&'a str> {
    tile.sql.as_deref().or_else(|| sets.get(tile.data.as_deref()?).map(String::as_str))
}
