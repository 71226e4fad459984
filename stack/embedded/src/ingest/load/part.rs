//! How the engine reads a private copy: with every option stated and nothing left to guess.

use data_stack_core::ToolError;

use super::Database;
use super::schema::{Target, fits};
use crate::ingest::csv::infer::FoundColumn;
use crate::ingest::names::{identifier, literal, same};
use crate::ingest::plan::{Content, Part};
use crate::ingest::source::json::{LINE, OFFSET};

/// A column of the target, as it is read from one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// The target's column.
    pub(super) column: String,
    /// The target's type.
    pub(super) kind: String,
    /// The column as read.
    raw: String,
    /// The value in the target's type.
    pub(super) value: String,
    /// Whether some values may not fit the type.
    pub(super) may_misfit: bool,
}

impl Reading {
    /// Holds where a value does not fit the target's type.
    pub(super) fn misfits(&self) -> String {
        let Self { raw, value, kind, .. } = self;
        let exact = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"]
            .contains(&kind.as_str());
        // DuckDB rounds on the way to an integer or decimal; a load must not.
        let rounded = if exact || kind.starts_with("DECIMAL") {
            format!(" OR TRY_CAST({raw} AS DOUBLE) IS DISTINCT FROM CAST({value} AS DOUBLE)")
        } else {
            String::new()
        };
        format!("({raw} IS NOT NULL AND ({value} IS NULL{rounded}))")
    }

    /// The offending value, for people.
    pub(super) fn offender(&self) -> String {
        format!("left(CAST({} AS VARCHAR), 60)", self.raw)
    }
}

/// How one part is read into the target.
#[derive(Debug, Clone)]
pub(super) struct PartReader {
    /// What stands after `FROM`.
    pub(super) from: String,
    /// SQL for the row's line and offset.
    pub(super) place: (&'static str, &'static str),
    /// The target's columns that the part has.
    pub(super) readings: Vec<Reading>,
}

impl PartReader {
    /// A reader of `part`, whose columns are `columns`, into `target`.
    pub(super) fn new(part: &Part, columns: &[FoundColumn], target: &Target) -> Self {
        let wanted = |column: &FoundColumn| target.columns.iter().find(|wanted| same(&wanted.name, &column.name));
        let mut readings = Vec::new();
        let mut kinds = Vec::new();
        for column in columns {
            let Some(wanted) = wanted(column) else {
                kinds.push("VARCHAR".to_owned());
                continue;
            };
            // Strict text is cast from its letters where the target's type is not the one found, so that nothing is lost twice.
            let direct = column.kind == wanted.kind && column.format.is_none();
            kinds.push(if direct { column.kind.clone() } else { "VARCHAR".to_owned() });
            readings.push(reading(column, &wanted.name, &wanted.kind, direct));
        }
        let (from, place) = from(part, columns, &kinds);
        Self { from, place, readings }
    }

    /// The values of the readings, in order.
    pub(super) fn values(&self) -> String {
        self.readings.iter().map(|reading| reading.value.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The condition under which a row fits, if some may not.
    pub(super) fn fitting(&self) -> Option<String> {
        let misfits: Vec<String> = self.readings.iter().filter(|reading| reading.may_misfit).map(Reading::misfits).collect();
        (!misfits.is_empty()).then(|| format!("NOT ({})", misfits.join(" OR ")))
    }
}

fn reading(column: &FoundColumn, name: &str, kind: &str, direct: bool) -> Reading {
    let raw = identifier(&column.name);
    let value = match &column.format {
        _ if direct || kind == "VARCHAR" && column.kind == "VARCHAR" => raw.clone(),
        Some(format) if kind != "VARCHAR" => format!("TRY_CAST(try_strptime({raw}, {}) AS {kind})", literal(format)),
        _ => format!("TRY_CAST({raw} AS {kind})"),
    };
    Reading { column: name.to_owned(), kind: kind.to_owned(), raw, value, may_misfit: !direct && !fits(column, kind) }
}

fn from(part: &Part, columns: &[FoundColumn], kinds: &[String]) -> (String, (&'static str, &'static str)) {
    match &part.content {
        Content::Rows { path, longest, .. } => {
            let places = [format!("{}: 'BIGINT'", literal(LINE)), format!("{}: 'BIGINT'", literal(OFFSET))];
            let listed = columns.iter().zip(kinds).map(|(column, kind)| format!("{}: {}", literal(&column.name), literal(kind)));
            let columns: Vec<String> = places.into_iter().chain(listed).collect();
            let from = format!(
                "read_csv({}, auto_detect=false, header=false, delim=',', quote='\"', escape='\"', new_line='\\n', nullstr='', strict_mode=true, \
                 max_line_size={}, columns={{{}}})",
                literal(&path.to_string_lossy()),
                longest.next_power_of_two().max(2 << 20),
                columns.join(", ")
            );
            (from, (LINE, OFFSET))
        }
        Content::Json { path, longest } => (json_from(&path.to_string_lossy(), *longest), (LINE, OFFSET)),
        Content::Parquet { path } => {
            let from = format!("read_parquet({}, file_row_number=true)", literal(&path.to_string_lossy()));
            (from, ("file_row_number + 1", "0"))
        }
    }
}

fn json_from(path: &str, longest: usize) -> String {
    format!(
        "read_json({}, format='newline_delimited', records=true, sample_size=-1, map_inference_threshold=-1, field_appearance_threshold=0, \
         maximum_object_size={})",
        literal(path),
        longest.next_power_of_two().max(16 << 20)
    )
}

impl Database<'_> {
    /// The columns of a part: known for rows, asked of the engine for the others, with how many values each has.
    pub(super) fn columns_of(&self, part: &Part) -> Result<Vec<FoundColumn>, ToolError> {
        if let Content::Rows { columns, .. } = &part.content {
            return Ok(columns.clone());
        }
        let (from, _) = from(part, &[], &[]);
        let described =
            self.rows(&format!("DESCRIBE SELECT * FROM {from}"), |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let ours = [LINE, OFFSET, "file_row_number"];
        let found: Vec<(String, String)> = described.into_iter().filter(|(name, _)| !ours.contains(&name.as_str())).collect();
        if found.is_empty() {
            return Err(ToolError::invalid("source", format!("{} has no columns", part.source), "Check the file."));
        }
        let counts: Vec<String> = found.iter().map(|(name, _)| format!("CAST(count({}) AS UBIGINT)", identifier(name))).collect();
        let counts: Vec<u64> = self
            .rows(&format!("SELECT [{}] FROM {from}", counts.join(", ")), |row| row.get::<_, duckdb::types::Value>(0))?
            .into_iter()
            .flat_map(numbers)
            .collect();
        let column = |((name, kind), values): ((String, String), u64)| FoundColumn {
            name,
            kind,
            format: None,
            values,
            sum: None,
            bytes: None,
            surprise: None,
        };
        Ok(found.into_iter().zip(counts).map(column).collect())
    }

    /// The rows that a part has: known, or from the file's own footer.
    pub(super) fn rows_of(&self, part: &Part) -> Result<u64, ToolError> {
        match (&part.rows, &part.content) {
            (Some(rows), _) => Ok(*rows),
            (None, Content::Parquet { path }) => self
                .value(&format!("SELECT CAST(sum(num_rows) AS UBIGINT) FROM parquet_file_metadata({})", literal(&path.to_string_lossy()))),
            (None, _) => Err(ToolError::internal("a part came without its row count")),
        }
    }
}

fn numbers(value: duckdb::types::Value) -> Vec<u64> {
    use duckdb::types::Value;
    match value {
        Value::List(values) => values.into_iter().map(|value| if let Value::UBigInt(number) = value { number } else { 0 }).collect(),
        _ => Vec::new(),
    }
}
