//! Values that the target's type does not hold: each is found before anything is written.

use data_stack_core::ports::ingest::SchemaChange;
use data_stack_core::{Code, ToolError};

use super::Database;
use super::part::{PartReader, Reading};
use super::schema::Target;
use crate::ingest::csv::infer::{FoundColumn, widen};
use crate::ingest::names::same;
use crate::ingest::plan::{Misfit, Part};

/// More misfits than this mean that the type is wrong, not the lines.
const MAX_MISFITS: usize = 100_000;

impl Database<'_> {
    /// The rows of a part with a value that does not fit, one misfit a row.
    pub(super) fn misfits(&self, number: usize, part: &Part, reader: &PartReader) -> Result<Vec<Misfit>, ToolError> {
        let guarded: Vec<&Reading> = reader.readings.iter().filter(|reading| reading.may_misfit).collect();
        if guarded.is_empty() {
            return Ok(Vec::new());
        }
        let (line, offset) = reader.place;
        let case = |then: &dyn Fn(usize, &Reading) -> String| {
            let arms: Vec<String> =
                guarded.iter().enumerate().map(|(at, reading)| format!("WHEN {} THEN {}", reading.misfits(), then(at, reading))).collect();
            format!("CASE {} END", arms.join(" "))
        };
        let which = case(&|at, _| at.to_string());
        let value = case(&|_, reading| reading.offender());
        let rounded = case(&|_, reading| format!("{} IS NOT NULL", reading.value));
        let query = format!(
            "SELECT * FROM (SELECT CAST({line} AS UBIGINT) AS l, CAST({offset} AS UBIGINT), {which} AS w, {value}, {rounded} FROM {}) \
             WHERE w IS NOT NULL ORDER BY l LIMIT {}",
            reader.from,
            MAX_MISFITS + 1
        );
        let misfits = self.rows(&query, |row| {
            let reading = guarded.get(row.get::<_, usize>(2)?);
            let column = reading.map(|reading| reading.column.clone()).unwrap_or_default();
            let kind = reading.map(|reading| reading.kind.as_str()).unwrap_or_default();
            let value = data_stack_core::text::clean(&row.get::<_, String>(3)?, 60);
            let reason =
                if row.get::<_, bool>(4)? { format!("`{value}` is no {kind} without rounding") } else { format!("`{value}` is no {kind}") };
            Ok(Misfit { part: number, line: row.get(0)?, offset: row.get(1)?, column, reason })
        })?;
        if misfits.len() > MAX_MISFITS {
            let first = misfits.first().map(|misfit| misfit.reason.clone()).unwrap_or_default();
            let message = format!("more than {MAX_MISFITS} values of {} do not fit the table's types; the first: {first}", part.source);
            return Err(ToolError::new(Code::Limit, message, "Correct `types`, or let the table change with `schema_policy` `evolve`."));
        }
        Ok(misfits)
    }
}

/// The columns with misfits, as changes of type.
pub(super) fn retyped(misfits: &[Misfit], target: &Target, sources: &[Vec<FoundColumn>]) -> Vec<SchemaChange> {
    let with_misfits = target.columns.iter().filter(|column| misfits.iter().any(|misfit| misfit.column == column.name));
    let change = |column: &data_stack_core::ports::warehouse::Column| {
        let found = sources.iter().flatten().filter(|found| same(&found.name, &column.name) && !found.is_empty());
        let kind = found.map(|found| found.kind.clone()).reduce(|first, second| widen(&first, &second));
        SchemaChange { column: column.name.clone(), change: "retyped".into(), table_type: Some(column.kind.clone()), source_type: kind }
    };
    with_misfits.map(change).collect()
}
