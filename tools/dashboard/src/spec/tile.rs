//! A tile: what a dashboard shows in one place.

use data_stack_charts::{Aggregate, Chart, ChartKind, Format, Sort, Stack};
use data_stack_core::ToolError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Formats, Names};

/// What a tile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TileKind {
    /// One number: `y` of the first row, compared with `compare`.
    Number,
    /// Rows.
    Table,
    /// The `text`, as Markdown.
    Markdown,
    /// `y` by `x` as bars.
    Bar,
    /// `y` along `x`.
    Line,
    /// `y` along `x`, filled.
    Area,
    /// A point at `x` and `y`.
    Scatter,
    /// The share of each `x`.
    Pie,
    /// A pie with a hole.
    Donut,
    /// `y` as colour, at `x` and `series`.
    Heatmap,
    /// How the numbers in `x` spread.
    Histogram,
    /// The spread of `y`, for each `x`.
    Box,
    /// `y` for each step `x`.
    Funnel,
    /// Flows of `y` from `x` to `series`.
    Sankey,
    /// Areas of `y` for each `x`, within groups of `series`.
    Treemap,
    /// Points at longitude `x` and latitude `y`.
    Map,
}

impl TileKind {
    /// Its name in specifications.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Table => "table",
            Self::Markdown => "markdown",
            other => other.chart().map_or("", ChartKind::as_str),
        }
    }

    /// The chart that it is, where it is one.
    pub fn chart(self) -> Option<ChartKind> {
        Some(match self {
            Self::Number | Self::Table | Self::Markdown => return None,
            Self::Bar => ChartKind::Bar,
            Self::Line => ChartKind::Line,
            Self::Area => ChartKind::Area,
            Self::Scatter => ChartKind::Scatter,
            Self::Pie => ChartKind::Pie,
            Self::Donut => ChartKind::Donut,
            Self::Heatmap => ChartKind::Heatmap,
            Self::Histogram => ChartKind::Histogram,
            Self::Box => ChartKind::Box,
            Self::Funnel => ChartKind::Funnel,
            Self::Sankey => ChartKind::Sankey,
            Self::Treemap => ChartKind::Treemap,
            Self::Map => ChartKind::Map,
        })
    }
}

/// A tile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tile {
    /// Its heading.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: TileKind,
    /// The query, one statement that reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// The name of a data set, instead of `sql`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The column along the chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// The column or columns of numbers.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub y: Names,
    /// The column that splits into series, or the second dimension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// The column that scales points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// How rows of the same `x` and `series` become one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// A statement of one number that the sum of `y` must come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Instead of `sql`: a Prometheus query, which only Grafana asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promql: Option<String>,
    /// A number's column to compare with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<String>,
    /// Whether less of a number is better.
    #[serde(default, skip_serializing_if = "is_default")]
    pub less_is_better: bool,
    /// The order of categories.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sort: Sort,
    /// Most categories, or rows of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How series share a place.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stack: Stack,
    /// Whether bars lie.
    #[serde(default, skip_serializing_if = "is_default")]
    pub horizontal: bool,
    /// Whether the axis of values is logarithmic.
    #[serde(default, skip_serializing_if = "is_default")]
    pub log: bool,
    /// How values are written: `number`, `integer`, `compact`, `percent`, `bytes`, `currency:EUR`; by column in a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Formats>,
    /// Bins of a histogram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<u32>,
    /// Width in twelfths of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u8>,
    /// Height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Laid over the finished Apache ECharts option.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Tile {
    /// A tile of this kind with its query.
    pub fn new(kind: TileKind, title: &str, sql: impl Into<String>) -> Self {
        Self { sql: Some(sql.into()), ..Self::of(kind, title) }
    }

    /// A tile of this kind over a data set.
    pub fn over(kind: TileKind, title: &str, data: &str) -> Self {
        Self { data: Some(data.to_owned()), ..Self::of(kind, title) }
    }

    /// A tile of this kind with nothing in it.
    pub fn of(kind: TileKind, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            kind,
            sql: None,
            data: None,
            x: None,
            y: Names::None,
            series: None,
            size: None,
            aggregate: None,
            total: None,
            promql: None,
            compare: None,
            less_is_better: false,
            sort: Sort::Rows,
            limit: None,
            stack: Stack::None,
            horizontal: false,
            log: false,
            format: None,
            bins: None,
            width: None,
            height: None,
            text: None,
            options: Map::new(),
        }
    }

    /// The tile's chart of this kind.
    pub fn chart(&self, kind: ChartKind) -> Result<Chart, ToolError> {
        let x = self.x.clone().ok_or_else(|| {
            let message = format!("a {} needs `x`", kind.as_str());
            ToolError::invalid("x", message, "Name the column along the chart, such as `x: month`.")
        })?;
        let mut chart = Chart::new(kind, &x, &[]);
        chart.y = self.y.list().to_vec();
        chart.series.clone_from(&self.series);
        chart.size.clone_from(&self.size);
        chart.sort = self.sort;
        chart.limit = self.limit.map(|limit| limit as usize);
        chart.stack = self.stack;
        chart.horizontal = self.horizontal;
        chart.log = self.log;
        chart.bins = self.bins.map(|bins| bins as usize);
        chart.options.clone_from(&self.options);
        let column = self.y.list().first().map_or("", String::as_str);
        if let Some(name) = self.format.as_ref().and_then(|format| format.of(column)) {
            chart.format = Format::parse(name, "format")?;
        }
        Ok(chart)
    }
}
