//! A tile with its rows becomes a cell of the page, and the cells become the page.

mod number;
mod page;
mod table;

use data_stack_charts::page::{Block, Cell, Recipe, Shape, prose};
use data_stack_charts::{Data, Figure, Kind};
use data_stack_core::{ToolError, text};

use crate::query::Answer;
use crate::spec::{Dashboard, Tile, TileKind};

pub(crate) use page::page;

/// Characters of a text tile's description.
const WORDS: usize = 200;

/// A tile as it is shown.
pub(crate) struct Shown {
    pub(crate) cell: Cell,
    /// The figure, where it is a chart.
    pub(crate) figure: Option<Figure>,
    /// What it shows, in words.
    pub(crate) alt: String,
}

/// The tile with its rows; `empty` says why where it has none.
pub(crate) fn tile(dashboard: &Dashboard, tile: &Tile, answer: Option<&Answer>, empty: &str) -> Result<Shown, ToolError> {
    let Some(answer) = answer else {
        let words = tile.text.as_deref().unwrap_or(empty);
        return Ok(framed(tile, 12, Block::Prose { nodes: prose(words) }, None, text::clean(words, WORDS)));
    };
    if answer.data.rows.is_empty() {
        let words = "The query gives no rows.".to_owned();
        let alt = if tile.title.is_empty() { words.clone() } else { format!("{}: {words}", tile.title) };
        return Ok(framed(tile, 6, Block::Text { text: words }, None, alt));
    }
    let data = aggregated(tile, &answer.data)?;
    let mut shown = match tile.kind.chart() {
        Some(kind) => {
            let mut figure = tile.chart(kind)?.figure(&data)?.titled(&tile.title);
            figure.truth = Some(answer.truth.clone());
            figure.height = tile.height.unwrap_or(figure.height);
            if figure.option["xAxis"]["type"] == "time" {
                figure.link = tile.x.clone().unwrap_or_default();
            }
            let alt = figure.alt.clone();
            framed(tile, 6, Block::Chart(Box::new(figure.clone())), Some(figure), alt)
        }
        None if tile.kind == TileKind::Number => number::cell(tile, &answer.data)?,
        None => table::cell(tile, &data)?,
    };
    if shown.figure.is_none() {
        shown.cell.truth = Some(answer.truth.clone());
    }
    shown.cell.recipe = recipe(dashboard, tile, &answer.data);
    Ok(shown)
}

fn framed(tile: &Tile, width: u8, block: Block, figure: Option<Figure>, alt: String) -> Shown {
    let titled = !matches!(block, Block::Chart(_) | Block::Number(_) | Block::Prose { .. });
    let heading = if titled { tile.title.as_str() } else { "" };
    Shown { cell: Cell::new(tile.width.unwrap_or(width).clamp(1, 12), heading, vec![block]), figure, alt }
}

/// The rows with those of the same `x` and `series` put together, where the tile asks for that.
fn aggregated(tile: &Tile, data: &Data) -> Result<Data, ToolError> {
    let Some(how) = tile.aggregate.filter(|_| tile.kind != TileKind::Number) else { return Ok(data.clone()) };
    let keys = [("x", &tile.x), ("series", &tile.series)].into_iter().filter_map(|(field, name)| Some((field, name.as_ref()?)));
    let keys = keys.map(|(field, name)| data.find(name, field)).collect::<Result<Vec<_>, _>>()?;
    let values = tile.y.list().iter().map(|name| data.find_number(name, "y")).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() || values.is_empty() {
        let message = "`aggregate` puts rows of the same `x` together, and there is no `x` or no `y`";
        return Err(ToolError::invalid("aggregate", message, "Name both, or leave `aggregate` out."));
    }
    Ok(data.grouped(&keys, &values, how))
}

/// How the cell follows the page's filters: only a tile over a data set that has one of their columns does.
fn recipe(dashboard: &Dashboard, tile: &Tile, data: &Data) -> Option<Recipe> {
    let name = tile.data.as_ref()?;
    let has = |filter: &String| data.columns.iter().any(|column| column.name == *filter);
    let kind = match tile.kind {
        TileKind::Number => Shape::Number,
        TileKind::Table => Shape::Table,
        other => Shape::of(other.chart()?)?,
    };
    let first = || data.columns.iter().find(|column| column.kind == Kind::Number).map(|column| column.name.clone());
    let y = if tile.y.is_empty() { first().into_iter().collect() } else { tile.y.list().to_vec() };
    dashboard.filters.iter().any(has).then(|| Recipe {
        data: name.clone(),
        kind,
        x: tile.x.clone(),
        y,
        series: tile.series.clone(),
        aggregate: tile.aggregate,
        sort: tile.sort,
        limit: tile.limit.map(|limit| limit as usize).or((kind == Shape::Table).then_some(table::ROWS)),
        stack: tile.stack,
    })
}
