//! A fitting tile for the rows of a question, and why it fits.

use data_stack_charts::{Data, Kind, Sort};
use serde_json::Value;

use crate::spec::{Names, Tile, TileKind};

/// Categories that can be told apart by colour.
const COLOURS: usize = 8;
/// Categories that bars show.
const BARS: u32 = 20;
/// Cells that a heat map shows.
const CELLS: usize = 600;

/// The tile and the reason.
pub(crate) fn tile(heading: &str, sql: &str, data: &Data) -> (Tile, String) {
    let of = |kind: Kind| -> Vec<usize> { (0..data.columns.len()).filter(|at| data.columns[*at].kind == kind).collect() };
    let (times, numbers, texts) = (of(Kind::Time), of(Kind::Number), of(Kind::Text));
    let name = |at: usize| data.name(at).to_owned();
    let mut tile = Tile::new(TileKind::Table, heading, sql);
    tile.width = Some(12);
    let why = match (times.as_slice(), texts.as_slice(), numbers.as_slice()) {
        (_, _, []) => "There are no numbers to draw, so the rows are shown as a table.".to_owned(),
        ([], [], [only]) if data.rows.len() == 1 => {
            (tile.kind, tile.y, tile.width) = (TileKind::Number, Names::One(name(*only)), Some(4));
            "The answer is one number.".to_owned()
        }
        _ if data.rows.len() == 1 => "One row of several values reads best as a table.".to_owned(),
        ([moment, ..], [], several) => {
            (tile.kind, tile.x) = (TileKind::Line, Some(name(*moment)));
            tile.y = Names::Several(several.iter().take(4).map(|at| name(*at)).collect());
            format!("Numbers along time (`{}`) are a line.", name(*moment))
        }
        ([moment, ..], [text], [number]) if distinct(data, *text) <= COLOURS => {
            (tile.kind, tile.x, tile.y, tile.series) = (TileKind::Line, Some(name(*moment)), Names::One(name(*number)), Some(name(*text)));
            format!("`{}` along time, a line for each of the few values of `{}`.", name(*number), name(*text))
        }
        ([], [first, second], [number]) if distinct(data, *first) * distinct(data, *second) <= CELLS && data.rows.len() > COLOURS => {
            (tile.kind, tile.x, tile.y, tile.series) =
                (TileKind::Heatmap, Some(name(*first)), Names::One(name(*number)), Some(name(*second)));
            format!("One number for each pair of `{}` and `{}` is a heat map.", name(*first), name(*second))
        }
        ([], [text], [number]) if distinct(data, *text) == data.rows.len() => {
            (tile.kind, tile.x, tile.y) = (TileKind::Bar, Some(name(*text)), Names::One(name(*number)));
            (tile.horizontal, tile.sort, tile.limit) = (true, Sort::Descending, Some(BARS));
            format!("One number for each `{}` is compared best by bars, largest first.", name(*text))
        }
        ([], [], [only]) => {
            (tile.kind, tile.x) = (TileKind::Histogram, Some(name(*only)));
            "Many values of one number show how they spread in a histogram.".to_owned()
        }
        ([], [], [first, second, ..]) => {
            (tile.kind, tile.x, tile.y) = (TileKind::Scatter, Some(name(*first)), Names::One(name(*second)));
            format!("Two numbers a row show how `{}` and `{}` go together as points.", name(*first), name(*second))
        }
        ([], [text], several) if distinct(data, *text) == data.rows.len() && data.rows.len() <= BARS as usize => {
            (tile.kind, tile.x) = (TileKind::Bar, Some(name(*text)));
            tile.y = Names::Several(several.iter().take(4).map(|at| name(*at)).collect());
            format!("Several numbers for each `{}` stand side by side as bars.", name(*text))
        }
        _ => "No single chart shows all of these columns, so the rows are shown as a table.".to_owned(),
    };
    (tile, why)
}

fn distinct(data: &Data, at: usize) -> usize {
    let values: std::collections::HashSet<&str> = data.rows.iter().map(|row| row[at].as_str().unwrap_or_default()).collect();
    values.len() + usize::from(data.rows.iter().any(|row| row[at] == Value::Null) && !values.contains(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chosen(columns: &[(&str, &str)], rows: &Value) -> (&'static str, Option<String>) {
        let rows = rows.as_array().unwrap().iter().map(|row| row.as_array().cloned().unwrap()).collect();
        let (tile, _) = tile("", "SELECT", &Data::of_query(columns.iter().copied(), rows));
        (tile.kind.as_str(), tile.x)
    }

    #[test]
    fn the_chart_follows_from_what_the_columns_are() {
        let (month, country, revenue) = (("month", "DATE"), ("country", "VARCHAR"), ("revenue", "DOUBLE"));
        assert_eq!(chosen(&[revenue], &json!([[1]])), ("number", None));
        assert_eq!(chosen(&[revenue], &json!([[1], [2]])), ("histogram", Some("revenue".into())));
        assert_eq!(chosen(&[month, revenue], &json!([["2024-01-01", 1], ["2024-02-01", 2]])), ("line", Some("month".into())));
        assert_eq!(chosen(&[country, revenue], &json!([["UK", 1], ["NO", 2]])), ("bar", Some("country".into())));
        assert_eq!(chosen(&[revenue, ("cost", "BIGINT")], &json!([[1, 2], [2, 3]])), ("scatter", Some("revenue".into())));
        assert_eq!(chosen(&[country], &json!([["UK"], ["NO"]])), ("table", None));
        let split = json!([["2024-01-01", "UK", 1], ["2024-01-01", "NO", 2]]);
        assert_eq!(chosen(&[month, country, revenue], &split), ("line", Some("month".into())));
    }
}
