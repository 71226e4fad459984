//! The worker's side: prepared copies become rows of a table, in one transaction that either holds to its end or never was.
//!
//! Everything here runs on a connection whose current database is the warehouse, attached for writing; DuckDB's transaction
//! makes the load atomic: an error, a cancellation or the death of the process leaves the table, its schema, the previous
//! version and the ledger as they were.

mod apply;
mod checks;
mod ledger;
mod misfits;
mod outlook;
mod part;
mod schema;

use data_stack_core::{Code, ToolError};
use duckdb::Connection;
use serde_json::Value;

use super::names::TableName;
use super::plan::IngestRequest;
use super::steps::Steps;

/// Carries out a request on a connection whose current database is the warehouse.
pub(crate) fn run(connection: &Connection, request: IngestRequest, steps: &dyn Steps) -> Result<Value, ToolError> {
    let database = Database::new(connection, steps)?;
    let answer = match request {
        IngestRequest::Ledger { table } => serde_json::to_value(database.loaded(&TableName::parse(&table)?)?),
        IngestRequest::Preview(plan) => serde_json::to_value(outlook::preview(&database, &plan)?),
        IngestRequest::Load(plan) => serde_json::to_value(apply::load(&database, &plan)?),
    };
    answer.map_err(|error| ToolError::internal(format!("the answer cannot be written as JSON: {error}")))
}

/// The warehouse, through one connection.
struct Database<'a> {
    connection: &'a Connection,
    steps: &'a dyn Steps,
    catalog: String,
}

impl<'a> Database<'a> {
    fn new(connection: &'a Connection, steps: &'a dyn Steps) -> Result<Self, ToolError> {
        let catalog = connection.query_row("SELECT current_database()", [], |row| row.get(0));
        let catalog = catalog.map_err(|error| ToolError::internal(format!("the warehouse has no name: {error}")))?;
        Ok(Self { connection, steps, catalog })
    }

    fn sql(&self, table: &TableName) -> String {
        table.sql(&self.catalog)
    }

    /// Runs statements whose results do not matter.
    fn run(&self, sql: &str) -> Result<(), ToolError> {
        self.steps.check()?;
        self.connection.execute_batch(sql).map_err(|error| self.failed(&error))
    }

    /// Runs a statement and says how many rows it changed.
    fn change(&self, sql: &str) -> Result<u64, ToolError> {
        self.steps.check()?;
        self.connection.execute(sql, []).map(|rows| rows as u64).map_err(|error| self.failed(&error))
    }

    /// The rows of a query, each made by `make`.
    fn rows<T>(&self, sql: &str, make: impl FnMut(&duckdb::Row<'_>) -> duckdb::Result<T>) -> Result<Vec<T>, ToolError> {
        self.steps.check()?;
        let query = || self.connection.prepare(sql)?.query_map([], make)?.collect::<duckdb::Result<Vec<T>>>();
        query().map_err(|error| self.failed(&error))
    }

    /// The single value of a query.
    fn value<T: duckdb::types::FromSql>(&self, sql: &str) -> Result<T, ToolError> {
        self.steps.check()?;
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(|error| self.failed(&error))
    }

    /// What the engine said, as callers see it. A statement that was stopped says why it was.
    fn failed(&self, error: &duckdb::Error) -> ToolError {
        if let Err(stopped) = self.steps.check() {
            return stopped;
        }
        let message = error.to_string();
        let (code, hint) = if message.contains("Out of Memory") {
            (Code::Limit, "Load fewer files at once, or let the operator raise `memory`.")
        } else if message.contains("Constraint Error") {
            (Code::Failed, "The table's constraints refuse a row; correct the data, or load into a table without the constraint.")
        } else {
            (Code::Failed, "Call with `preview` to see what is read; correct `dialect`, `types` or `format`.")
        };
        ToolError::new(code, format!("{message}; nothing was changed"), hint)
    }
}
