//! What was loaded into which table: a content is loaded once.

use data_stack_core::ToolError;
use data_stack_core::ports::ingest::LoadMode;
use data_stack_core::ports::warehouse::Column;

use super::Database;
use crate::ingest::names::{LEDGER_SCHEMA, TableName, identifier, literal};
use crate::ingest::plan::{LedgerEntry, LoadPlan, Loaded, Part};

impl Database<'_> {
    fn ledger(&self) -> String {
        TableName { schema: LEDGER_SCHEMA.to_owned(), name: "loads".to_owned() }.sql(&self.catalog)
    }

    /// What is known of a table.
    pub(super) fn loaded(&self, table: &TableName) -> Result<Loaded, ToolError> {
        if self.exists("duckdb_views() WHERE NOT internal", "view_name", table)? {
            let message = format!("`{table}` is a view");
            return Err(ToolError::invalid("table", message, "Choose another name, or drop the view first."));
        }
        if !self.exists("duckdb_tables() WHERE true", "table_name", table)? {
            return Ok(Loaded::default());
        }
        let columns = format!(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE {} ORDER BY column_index",
            self.is_table("table_name", table)
        );
        let columns = self.rows(&columns, |row| Ok(Column { name: row.get(0)?, kind: row.get(1)? }))?;
        let rows = self.value(&format!("SELECT count(*) FROM {}", self.sql(table)))?;
        Ok(Loaded { exists: true, rows, columns, entries: self.entries(table)? })
    }

    fn is_table(&self, name_column: &str, table: &TableName) -> String {
        let [catalog, schema, name] = [&self.catalog, &table.schema, &table.name].map(|name| literal(name));
        format!("database_name = {catalog} AND lower(schema_name) = lower({schema}) AND lower({name_column}) = lower({name})")
    }

    fn exists(&self, listing: &str, name_column: &str, table: &TableName) -> Result<bool, ToolError> {
        self.value(&format!("SELECT count(*) > 0 FROM {listing} AND {}", self.is_table(name_column, table)))
    }

    fn entries(&self, table: &TableName) -> Result<Vec<LedgerEntry>, ToolError> {
        let ledger = TableName { schema: LEDGER_SCHEMA.to_owned(), name: "loads".to_owned() };
        if !self.exists("duckdb_tables() WHERE true", "table_name", &ledger)? {
            return Ok(Vec::new());
        }
        let query = format!(
            "SELECT blake3, strftime(loaded_at, '%Y-%m-%dT%H:%M:%SZ'), rows FROM {} WHERE {} AND is_current ORDER BY loaded_at",
            self.ledger(),
            this(table)
        );
        self.rows(&query, |row| Ok(LedgerEntry { blake3: row.get(0)?, loaded_at: row.get(1)?, rows: row.get(2)? }))
    }

    /// Makes the ledger if it is not there yet.
    pub(super) fn make_ledger(&self) -> Result<(), ToolError> {
        let schema = format!("{}.{}", identifier(&self.catalog), identifier(LEDGER_SCHEMA));
        self.run(&format!(
            "CREATE SCHEMA IF NOT EXISTS {schema}; CREATE TABLE IF NOT EXISTS {} (table_schema VARCHAR NOT NULL, table_name VARCHAR NOT NULL, \
             source VARCHAR NOT NULL, blake3 VARCHAR NOT NULL, bytes UBIGINT NOT NULL, rows UBIGINT NOT NULL, rows_rejected UBIGINT NOT NULL, \
             mode VARCHAR NOT NULL, loaded_at TIMESTAMP NOT NULL, request_id VARCHAR NOT NULL, is_current BOOLEAN NOT NULL)",
            self.ledger()
        ))
    }

    /// Says that the table no longer holds what was loaded into it before.
    pub(super) fn forget(&self, table: &TableName) -> Result<(), ToolError> {
        self.change(&format!("UPDATE {} SET is_current = false WHERE {} AND is_current", self.ledger(), this(table))).map(|_| ())
    }

    /// Writes down a load.
    pub(super) fn record(&self, plan: &LoadPlan, part: &Part, rows: u64, rejected: u64) -> Result<(), ToolError> {
        let mode = match plan.mode {
            LoadMode::Create => "create",
            LoadMode::Append => "append",
            LoadMode::Replace => "replace",
        };
        let [schema, name, source, blake3, request] =
            [&plan.table.schema, &plan.table.name, &part.source, &part.blake3, &plan.request_id].map(|text| literal(text));
        let now = literal(&jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S%.6f").to_string());
        self.change(&format!(
            "INSERT INTO {} VALUES ({schema}, {name}, {source}, {blake3}, {}, {rows}, {rejected}, '{mode}', {now}, {request}, true)",
            self.ledger(),
            part.bytes
        ))
        .map(|_| ())
    }
}

fn this(table: &TableName) -> String {
    format!("lower(table_schema) = lower({}) AND lower(table_name) = lower({})", literal(&table.schema), literal(&table.name))
}
