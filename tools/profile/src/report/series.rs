//! The file over time.

use data_stack_charts::page::{Block, Cell, Fact, Section, Table, TableColumn};
use data_stack_charts::{grouped, percent, plain};
use serde_json::json;

use super::shown;
use crate::result::{Profile, TimeSeries};

/// Measures listed.
const MEASURES: usize = 30;

pub(super) fn section(profile: &Profile) -> Option<Section> {
    let series = profile.time_series.as_ref()?;
    let note = format!("by {} of {}", series.period, shown(&json!(series.column)));
    let items = vec![Cell::new(4, "Coverage", vec![coverage(series)]), Cell::new(8, "Measures", vec![measures(series)])];
    Some(Section::new("time", "Over time", note, vec![Block::Grid { compact: false, items }]))
}

fn coverage(series: &TimeSeries) -> Block {
    let rows = vec![
        Fact::new("First", shown(&series.first)),
        Fact::new("Last", shown(&series.last)),
        Fact::new(format!("{}s", series.period), grouped(series.periods)),
        Fact {
            note: percent(crate::finish::share(series.empty_periods, series.periods)),
            ..Fact::new("Without a row", grouped(series.empty_periods))
        },
    ];
    Block::Facts { rows }
}

fn measures(series: &TimeSeries) -> Block {
    let season = |after: Option<u64>, strength: Option<f64>| {
        let after = after.map(|after| format!("every {after}"))?;
        Some(strength.map_or(after.clone(), |strength| format!("{after} ({})", plain(strength))))
    };
    let row = |measure: &crate::result::SeriesMeasure| {
        let season = season(measure.season, measure.season_strength);
        vec![json!(measure.column), json!(measure.recent), json!(measure.trend), json!(measure.autocorrelation), json!(season)]
    };
    let rows = series.measures.iter().take(MEASURES).map(row).collect();
    let columns = vec![
        TableColumn::text("sum of"),
        TableColumn { spark: "line".to_owned(), ..TableColumn::text("the last periods") },
        TableColumn::number("trend", "number:2"),
        TableColumn::number("autocorrelation", "number:2"),
        TableColumn::text("repeats"),
    ];
    Block::Table(Table { title: "Measures over time".to_owned(), columns, rows, search: false })
}
