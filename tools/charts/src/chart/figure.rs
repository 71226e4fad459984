//! A chart with its data: the ECharts option, and what goes with it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::page::{Formats, Table, TableColumn, Truth};

/// A chart with its data, ready to be drawn anywhere.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figure {
    /// Its heading.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// A few words below it, such as which rows are shown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subtitle: String,
    /// The ECharts option.
    pub option: Value,
    /// How the values of a column are written.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub formats: Formats,
    /// What it shows, in words.
    pub alt: String,
    /// Its height on a page in pixels; 280 when 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub height: u32,
    /// The rows behind it, where the option holds no data set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<Behind>,
    /// On a page, figures of the same name share their pointer and their span.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link: String,
    /// Where its numbers come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<Truth>,
    /// Why its numbers are estimates, where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approx: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// The rows behind a figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Behind {
    /// Names.
    pub columns: Vec<String>,
    /// Values in their order.
    pub rows: Vec<Vec<Value>>,
}

impl Figure {
    /// The figure under a heading.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The figure with another height on a page, in pixels.
    #[must_use]
    pub fn tall(mut self, height: u32) -> Self {
        self.height = height;
        self
    }

    /// The rows behind it as a table.
    pub fn rows(&self) -> Table {
        let behind = self.table.clone().unwrap_or_else(|| {
            let source = self.option["dataset"]["source"].as_array().map_or(&[][..], Vec::as_slice);
            let columns = source.first().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let rows = source.iter().skip(1).filter_map(|row| row.as_array().cloned()).collect();
            Behind { columns: columns.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect(), rows }
        });
        let columns = behind.columns.iter().map(|name| TableColumn::text(name)).collect();
        Table { title: self.title.clone(), columns, rows: behind.rows, search: false }
    }
}

/// Lays one JSON value over another: objects are merged, lists and other values are replaced; a list of objects is merged by place.
pub(super) fn overlay(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                overlay(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(under), Value::Array(over)) if over.iter().all(Value::is_object) && under.iter().all(Value::is_object) => {
            for (at, value) in over.iter().enumerate() {
                match under.get_mut(at) {
                    Some(under) => overlay(under, value),
                    None => under.push(value.clone()),
                }
            }
        }
        (under, over) => *under = over.clone(),
    }
}
