//! What a profile hands to other tools: tests, schemas, a table, a load, a cleaning query.
//!
//! All are made from [`checks`], each of which was run against the file and holds.

pub(crate) mod checks;
mod cleaning;
mod code;
mod dbt;
mod json;
mod sql;

use checks::{Check, Rule};
use data_stack_core::ToolError;

use crate::result::{ColumnProfile, Profile};

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(transform = data_stack_core::schema::names_only)]
pub enum Kind {
    /// dbt sources with data tests.
    Dbt,
    /// A Great Expectations suite.
    Gx,
    /// Of a row.
    JsonSchema,
    /// `CREATE TABLE`.
    Ddl,
    /// A pandera schema.
    Pandera,
    /// Its arguments.
    Ingest,
    /// A query that trims, casts and empties.
    Cleaning,
}

impl Kind {
    /// The name in results.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Dbt => "dbt",
            Self::Gx => "gx",
            Self::JsonSchema => "json_schema",
            Self::Ddl => "ddl",
            Self::Pandera => "pandera",
            Self::Ingest => "ingest",
            Self::Cleaning => "cleaning",
        }
    }
}

/// A text for another tool.
pub(crate) struct Made {
    pub(crate) file: String,
    pub(crate) mime_type: &'static str,
    pub(crate) text: String,
    pub(crate) checks: usize,
}

/// What the texts are made from.
pub(crate) struct Material<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) checks: &'a [Check],
    /// The table's name.
    pub(crate) table: &'a str,
    pub(crate) origin: Origin<'a>,
}

/// What was profiled, as the caller named it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// A path, a glob or an address.
    Place(&'a str),
    /// A table of the warehouse.
    Table(&'a str),
    /// A `SELECT` on the warehouse.
    Query(&'a str),
}

impl<'a> Origin<'a> {
    /// The name.
    pub(crate) const fn name(self) -> &'a str {
        match self {
            Self::Place(name) | Self::Table(name) | Self::Query(name) => name,
        }
    }
}

impl Material<'_> {
    /// Refuses what has no sense for what was profiled.
    pub(crate) fn check(&self, kind: Kind) -> Result<(), ToolError> {
        let file = &self.profile.file;
        let (message, hint) = match (kind, self.origin) {
            (Kind::Ingest, Origin::Table(_) | Origin::Query(_)) => ("what is in the warehouse needs no `ingest`", "Leave `ingest` out."),
            (Kind::Ingest, Origin::Place(_)) if file.format == "arrow" => {
                ("`ingest` does not read Arrow files", "Query the file, or store it as Parquet.")
            }
            (Kind::Cleaning, Origin::Place(_)) if file.entry.is_some() || matches!(file.format.as_str(), "arrow" | "excel") => (
                "`DuckDB` cannot read this file by itself",
                "Load it with `ingest`, then profile the table with `suggest: [\"cleaning\"]`.",
            ),
            _ => return Ok(()),
        };
        Err(ToolError::invalid("suggest", message, hint))
    }

    /// The checks of a column; those of one column stand together, in the order of the columns.
    fn of<'b>(&'b self, column: &'b ColumnProfile) -> impl Iterator<Item = &'b Rule> {
        let first = self.checks.partition_point(|check| check.position < column.position);
        self.checks[first..].iter().take_while(|check| check.position == column.position).map(|check| &check.rule)
    }
}

/// Makes one of the texts.
pub(crate) fn make(kind: Kind, material: &Material<'_>) -> Made {
    let table = material.table;
    let (file, mime_type, text) = match kind {
        Kind::Dbt => (format!("{table}-sources.yml"), "application/yaml", dbt::sources(material)),
        Kind::Gx => (format!("{table}-suite.json"), "application/json", json::suite(material)),
        Kind::JsonSchema => (format!("{table}-schema.json"), "application/json", json::schema(material)),
        Kind::Ddl => (format!("{table}-table.sql"), "application/sql", sql::table(material)),
        Kind::Pandera => (format!("{table}_schema.py"), "text/x-python", code::pandera(material)),
        Kind::Ingest => (format!("{table}-ingest.json"), "application/json", json::ingest(material)),
        Kind::Cleaning => (format!("{table}-cleaning.sql"), "application/sql", cleaning::query(material)),
    };
    let used = |rule: &Rule| match (kind, rule) {
        (Kind::Ingest | Kind::Cleaning, _) => false,
        (Kind::Dbt, rule) => matches!(rule, Rule::NotNull | Rule::Unique | Rule::OneOf(_)),
        (Kind::Ddl, rule) => matches!(rule, Rule::NotNull | Rule::Unique),
        (Kind::JsonSchema, rule) => !matches!(rule, Rule::Unique),
        _ => true,
    };
    let checks = material.checks.iter().filter(|check| used(&check.rule)).count();
    Made { file, mime_type, text, checks }
}
