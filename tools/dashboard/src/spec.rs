//! A dashboard's specification: what a file in `dashboards/` holds, as YAML or JSON.

mod names;
mod tile;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use names::{Formats, Names};
pub use tile::{Tile, TileKind};

/// A dashboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// Its name for people.
    pub title: String,
    /// A sentence about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Values that a reader may choose; bound to `$name` in the SQL as values, never pasted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    /// Data sets by name, for several tiles to use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, DataSet>,
    /// Columns of the data sets by which a reader narrows the page down. Tiles over a data set that has them follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// The tiles, in reading order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiles: Vec<Tile>,
    /// Pages of tiles, instead of `tiles`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Page>,
}

/// Rows for several tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected SQL, or exactly one of {sql: …}, {table: …}, {model: …} and {profile: …}")]
pub enum DataSet {
    /// A statement that reads.
    Sql(String),
    /// Where the rows are.
    From(Origin),
}

/// Where a data set's rows are: exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A statement that reads.
    Sql(String),
    /// All rows of a table.
    Table(String),
    /// All rows of what a dbt model makes.
    Model(String),
    /// A row for each column of a table, with its type, range, missing and distinct values.
    Profile(String),
}

/// A page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Its heading.
    pub title: String,
    /// Its tiles, in reading order.
    pub tiles: Vec<Tile>,
}

/// A value that a reader may choose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// Used when no value is given.
    pub default: Value,
    /// What it may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// What a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A date, as `2026-01-31`.
    Date,
    /// True or false.
    Boolean,
}

impl Dashboard {
    /// The pages: its own, or one without a heading for its tiles.
    pub fn all_pages(&self) -> Vec<(&str, &[Tile], String)> {
        if self.pages.is_empty() {
            return vec![("", &self.tiles, "tiles".to_owned())];
        }
        let own = self.pages.iter().enumerate();
        own.map(|(at, page)| (page.title.as_str(), page.tiles.as_slice(), format!("pages[{at}].tiles"))).collect()
    }
}
