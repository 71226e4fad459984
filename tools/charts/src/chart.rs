//! Charts: what to draw, and the figure that it becomes.

mod alt;
mod cartesian;
mod figure;
mod flow;
mod grid;
mod part;
mod points;
mod spread;

use data_stack_core::{Code, ToolError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::page::Formats;
use crate::{Data, Format};

use figure::overlay;
pub use figure::{Behind, Figure};
pub use spread::bins;

/// Most points that a figure carries; more belongs aggregated in SQL.
const POINTS: usize = 20_000;

/// What a chart looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// `y` by `x` as bars; several `y`, or a `series` column, stand side by side or stacked.
    Bar,
    /// `y` along `x`.
    Line,
    /// `y` along `x`, filled.
    Area,
    /// A point at `x` and `y`; `size` scales it, `series` colours it.
    Scatter,
    /// The share of each `x` in the sum of `y`.
    Pie,
    /// A pie with a hole.
    Donut,
    /// `y[0]` as colour, at `x` and `series`.
    Heatmap,
    /// How the numbers in `x` spread, in bins.
    Histogram,
    /// The spread of `y`, for each `x`.
    Box,
    /// `y` for each step `x`, in the order of the rows.
    Funnel,
    /// Flows of `y` from `x` to `series`.
    Sankey,
    /// Areas of `y` for each `x`, within groups of `series`.
    Treemap,
    /// Points at longitude `x` and latitude `y`; `size` scales them.
    Map,
}

impl ChartKind {
    /// Its name in specifications.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bar => "bar",
            Self::Line => "line",
            Self::Area => "area",
            Self::Scatter => "scatter",
            Self::Pie => "pie",
            Self::Donut => "donut",
            Self::Heatmap => "heatmap",
            Self::Histogram => "histogram",
            Self::Box => "box",
            Self::Funnel => "funnel",
            Self::Sankey => "sankey",
            Self::Treemap => "treemap",
            Self::Map => "map",
        }
    }
}

/// The order of a chart's categories.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// As the rows come.
    #[default]
    Rows,
    /// By name, date or number, ascending.
    Name,
    /// Smallest value first.
    Ascending,
    /// Largest value first.
    Descending,
}

/// How several series share a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stack {
    /// Side by side.
    #[default]
    None,
    /// On top of one another.
    Stacked,
    /// As shares of their sum.
    Percent,
}

/// A chart: which columns of its data are drawn, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it looks like.
    pub kind: ChartKind,
    /// The column of categories, dates or numbers along it.
    pub x: String,
    /// The columns of numbers.
    pub y: Vec<String>,
    /// The column that splits `y` into series.
    pub series: Option<String>,
    /// The column that scales points.
    pub size: Option<String>,
    /// The order of categories.
    pub sort: Sort,
    /// Most categories shown; the first ones after sorting.
    pub limit: Option<usize>,
    /// How several series share a place.
    pub stack: Stack,
    /// Whether bars lie.
    pub horizontal: bool,
    /// Whether the axis of values is logarithmic.
    pub log: bool,
    /// How the values are written.
    pub format: Format,
    /// Bins of a histogram.
    pub bins: Option<usize>,
    /// Laid over the finished ECharts option.
    pub options: Map<String, Value>,
}

impl Chart {
    /// A chart of these columns.
    pub fn new(kind: ChartKind, x: &str, y: &[&str]) -> Self {
        Self {
            kind,
            x: x.to_owned(),
            y: y.iter().map(|name| (*name).to_owned()).collect(),
            series: None,
            size: None,
            sort: Sort::Rows,
            limit: None,
            stack: Stack::None,
            horizontal: false,
            log: false,
            format: Format::default(),
            bins: None,
            options: Map::new(),
        }
    }

    /// The chart drawn with its data. Errors name the field that does not fit.
    pub fn figure(&self, data: &Data) -> Result<Figure, ToolError> {
        if data.rows.len() > POINTS {
            let message = format!("a chart shows at most {POINTS} rows, and the data has {}", data.rows.len());
            return Err(ToolError::new(Code::Limit, message, "Aggregate in SQL, for example by month or by category."));
        }
        if data.rows.is_empty() {
            return Err(ToolError::new(
                Code::NotFound,
                "the data has no rows, so there is nothing to draw",
                "Check the query's conditions.",
            ));
        }
        let mut figure = match self.kind {
            ChartKind::Bar | ChartKind::Line | ChartKind::Area => cartesian::figure(self, data),
            ChartKind::Scatter | ChartKind::Map => points::figure(self, data),
            ChartKind::Pie | ChartKind::Donut | ChartKind::Funnel => part::figure(self, data),
            ChartKind::Heatmap => grid::figure(self, data),
            ChartKind::Histogram | ChartKind::Box => spread::figure(self, data),
            ChartKind::Sankey | ChartKind::Treemap => flow::figure(self, data),
        }?;
        overlay(&mut figure.option, &Value::Object(self.options.clone()));
        Ok(figure)
    }

    /// The single column of numbers, or why there is not one.
    fn only_y(&self, data: &Data) -> Result<usize, ToolError> {
        let [name] = self.y.as_slice() else {
            let message = format!("a {} needs exactly one `y`, and {} are given", self.kind.as_str(), self.y.len());
            return Err(ToolError::invalid("y", message, "Name one column of numbers."));
        };
        data.find_number(name, "y")
    }

    /// The column of series, or why there is none.
    fn needed_series(&self, data: &Data) -> Result<usize, ToolError> {
        let name = self.series.as_deref().ok_or_else(|| {
            let message = format!("a {} needs `series`", self.kind.as_str());
            ToolError::invalid("series", message, "Name the column of the second dimension.")
        })?;
        data.find(name, "series")
    }
}

/// An axis of values in a format.
fn value_axis(format: &Format, log: bool) -> Value {
    let kind = if log { "log" } else { "value" };
    if format.name().is_empty() {
        return json!({ "type": kind, "axisLabel": { "formatter": "@number" } });
    }
    json!({ "type": kind, "axisLabel": { "formatter": format!("@{}", format.name()) } })
}

/// The same format for these columns.
fn formats<'a>(format: &Format, names: impl IntoIterator<Item = &'a str>) -> Formats {
    if format.name().is_empty() {
        return Formats::new();
    }
    names.into_iter().map(|name| (name.to_owned(), json!(format.name()))).collect()
}

#[cfg(test)]
mod tests;
