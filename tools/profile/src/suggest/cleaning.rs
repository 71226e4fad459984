//! A query for `DuckDB` that reads the file as text and gives it clean and typed.

use super::sql::{loses_values, quoted, type_of};
use super::{Material, Origin};
use crate::result::{ColumnProfile, ColumnType, Profile};

/// Forms of dates, by which of day and month stands first. Years of two digits come first: `%Y` would take them too.
const DAY_FIRST: [&str; 6] = ["%d/%m/%y", "%d.%m.%y", "%d-%m-%y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"];
const MONTH_FIRST: [&str; 6] = ["%m/%d/%y", "%m.%d.%y", "%m-%d-%y", "%m/%d/%Y", "%m.%d.%Y", "%m-%d-%Y"];
const NAMED: [&str; 6] = ["%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y"];
/// Times of day that may follow a date.
const CLOCKS: [&str; 4] = ["", " %H:%M:%S", " %H:%M", " %I:%M %p"];

/// The query.
pub(super) fn query(material: &Material<'_>) -> String {
    let profile = material.profile;
    let mut out = String::new();
    if let Some(duplicates) = profile.duplicates.filter(|duplicates| duplicates.rows > 0) {
        append!(out, "-- {} rows repeat an earlier row: SELECT DISTINCT leaves them out.\n", duplicates.rows);
    }
    for column in profile.columns.iter().filter(|column| loses_values(column)) {
        let lost = column.evidence.as_ref().map_or(0, |evidence| evidence.exceptions);
        append!(out, "-- {}: {lost} values that are no {} become null.\n", data_stack_core::text::clean(&column.name, 60), type_of(column));
    }
    let columns: Vec<String> =
        profile.columns.iter().map(|column| format!("  {} AS {}", cleaned(column), quoted(&column.name, '"'))).collect();
    append!(out, "SELECT\n{}\nFROM {};\n", columns.join(",\n"), source(material));
    out
}

/// The rows as text.
fn source(material: &Material<'_>) -> String {
    let as_text = |rows: &str| format!("(SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {rows})");
    match material.origin {
        Origin::Table(name) => as_text(name),
        Origin::Query(sql) => as_text(&format!("({})", sql.trim().trim_end_matches(';'))),
        Origin::Place(path) if matches!(material.profile.file.format.as_str(), "csv" | "tsv") => separated(path, material.profile),
        Origin::Place(path) => as_text(&quoted(path, '\'')),
    }
}

/// The file read as text. Names are given, so that they are those of the profile whatever the header says.
fn separated(path: &str, Profile { file, columns, .. }: &Profile) -> String {
    let mut options = vec![quoted(path, '\'')];
    options.push(format!("delim = {}", quoted(&file.delimiter.replace("\\t", "\t"), '\'')));
    if let Some(quote) = &file.quote {
        options.push(format!("quote = {0}, escape = {0}", quoted(quote, '\'')));
    }
    options.push(format!("header = {}, all_varchar = true, null_padding = true, strict_mode = false", file.has_header));
    if file.preamble_lines > 0 {
        options.push(format!("skip = {}", file.preamble_lines));
    }
    if file.encoding != "utf-8" {
        options.push(format!("encoding = {}", quoted(&file.encoding.replace("windows-1252", "latin-1"), '\'')));
    }
    if columns.len() as u64 == file.columns {
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name, '\'')).collect();
        options.push(format!("names = [{}]", names.join(", ")));
    }
    format!("read_csv({})", options.join(", "))
}

/// The expression of a clean column.
fn cleaned(column: &ColumnProfile) -> String {
    let name = quoted(&column.name, '"');
    let tokens = column.evidence.iter().flat_map(|evidence| &evidence.missing_tokens);
    let mut nothing: Vec<String> = tokens.map(|token| quoted(token.value.trim(), '\'')).filter(|token| token != "''").collect();
    let text = if nothing.is_empty() {
        format!("nullif(trim({name}), '')")
    } else {
        nothing.insert(0, "''".to_owned());
        format!("CASE WHEN trim({name}) NOT IN ({}) THEN trim({name}) END", nothing.join(", "))
    };
    let cast = if loses_values(column) { "TRY_CAST" } else { "CAST" };
    match column.kind {
        ColumnType::Integer | ColumnType::Float => format!("{cast}({} AS {})", plain(column, text), type_of(column)),
        ColumnType::Boolean => format!(
            "CASE WHEN lower({text}) IN ('true', 'yes', 't', 'y', 'on') THEN true WHEN lower({text}) IN ('false', 'no', 'f', 'n', 'off') THEN false END"
        ),
        ColumnType::Date | ColumnType::Timestamp => {
            format!("CAST(coalesce(TRY_CAST({text} AS TIMESTAMP), try_strptime({text}, [{}])) AS {})", forms(column), type_of(column))
        }
        ColumnType::Time => format!("CAST(try_strptime({text}, ['%H:%M:%S.%f', '%H:%M:%S', '%H:%M', '%I:%M %p']) AS TIME)"),
        ColumnType::Categorical | ColumnType::Code | ColumnType::Text | ColumnType::Empty => text,
    }
}

/// A dressed number as a plain one.
fn plain(column: &ColumnProfile, text: String) -> String {
    let Some(written) = column.evidence.as_ref().and_then(|evidence| evidence.written.as_ref()) else { return text };
    let signed = format!("regexp_replace(replace({text}, '−', '-'), '^\\((.*)\\)$', '-\\1')");
    if written.contains("decimal comma") {
        format!("replace(regexp_replace({signed}, '[^0-9,-]', '', 'g'), ',', '.')")
    } else {
        format!("regexp_replace({signed}, '[^0-9.-]', '', 'g')")
    }
}

fn forms(column: &ColumnProfile) -> String {
    let order = column.evidence.as_ref().and_then(|evidence| evidence.date_order.as_deref());
    let dates: &[&str] = if order == Some("month_first") { &MONTH_FIRST } else { &DAY_FIRST };
    let all = dates.iter().chain(&NAMED).flat_map(|date| CLOCKS.iter().map(move |clock| quoted(&format!("{date}{clock}"), '\'')));
    all.collect::<Vec<_>>().join(", ")
}
