//! What went wrong, in dbt's own words, and where.

use std::fs;
use std::path::Path;

use data_stack_core::ports::dbt::DbtProblem;
use data_stack_core::{Code, ToolError, nearest, text};
use serde_json::json;

use super::artifacts::Manifest;
use super::listen::Heard;

/// Bytes of a source file in which a place is looked for.
const FILE: u64 = 1 << 20;

/// What kept dbt from working at all.
pub(super) fn problems(heard: &Heard) -> Vec<DbtProblem> {
    heard.errors.iter().map(|error| problem(error)).collect()
}

fn problem(error: &str) -> DbtProblem {
    let file = file_in(error);
    let line = file.as_ref().and_then(|_| number_after(error, "line "));
    DbtProblem { message: error.trim().to_owned(), file, line }
}

/// The file that a message names in parentheses, as in `Compilation Error in model a (models/a.sql)`, or after `from file`.
fn file_in(message: &str) -> Option<String> {
    let in_parentheses = message.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    let after_word = message.split_whitespace().map(|word| word.trim_matches(['\'', '"', ',', ':', '.']));
    in_parentheses.chain(after_word).find(|part| is_file(part)).map(str::to_owned)
}

fn is_file(text: &str) -> bool {
    let known = [".sql", ".yml", ".yaml", ".csv", ".py", ".md"].iter().any(|ending| text.to_ascii_lowercase().ends_with(ending));
    known && !text.contains(['\n', ' '])
}

/// The first number that stands behind `word`, written in any case.
fn number_after(message: &str, word: &str) -> Option<u64> {
    let lower = message.to_lowercase();
    lower.match_indices(word).find_map(|(at, _)| {
        let digits: String = lower[at + word.len()..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

/// Where a failing statement is wrong: the line of the source file, and the line of the compiled SQL.
///
/// DuckDB counts the lines of the statement that dbt wrapped around the compiled SQL, so the line is looked for by its text.
pub(super) fn place(message: &str, compiled: Option<&str>, file: &Path) -> (Option<u64>, Option<u64>) {
    let Some(quoted) = quoted_line(message) else {
        return (if message.contains("LINE ") { None } else { number_after(message, "line ") }, None);
    };
    let source = fs::metadata(file).ok().filter(|found| found.len() <= FILE).and_then(|_| fs::read_to_string(file).ok());
    (source.and_then(|source| line_of(&source, quoted)), compiled.and_then(|compiled| line_of(compiled, quoted)))
}

/// The text of the line that DuckDB shows behind `LINE 3: `.
fn quoted_line(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("LINE ")?;
    let (_, line) = rest.lines().next()?.split_once(": ")?;
    let line = line.trim().trim_start_matches("...").trim_end_matches("...").trim();
    (!line.is_empty()).then_some(line)
}

fn line_of(text: &str, quoted: &str) -> Option<u64> {
    text.lines().position(|line| line.contains(quoted)).map(|index| index as u64 + 1)
}

/// The line of a test in the YAML file that declares it: that of its column, or of what it is about.
pub(super) fn declared_at(file: &Path, about: &str, column: Option<&str>) -> Option<u64> {
    let content = fs::metadata(file).ok().filter(|found| found.len() <= FILE).and_then(|_| fs::read_to_string(file).ok())?;
    let named = |line: &str, name: &str| {
        line.trim_start()
            .trim_start_matches("- ")
            .trim_start()
            .strip_prefix("name:")
            .is_some_and(|rest| rest.trim().trim_matches(['"', '\'']) == name)
    };
    let lines: Vec<&str> = content.lines().collect();
    let node = lines.iter().position(|line| named(line, about))?;
    let column = column.and_then(|column| lines[node..].iter().position(|line| named(line, column)));
    Some((node + column.unwrap_or(0)) as u64 + 1)
}

/// A selection that matches nothing, with the names that come nearest.
pub(super) fn no_match(selector: &str, manifest: Option<&Manifest>) -> ToolError {
    let selector = text::clean(selector, 200);
    let message = format!("the selection `{selector}` matches nothing in the project");
    let wanted = selector.trim_matches(['+', '@', '*']).rsplit([':', '.', '/']).next().unwrap_or_default().to_owned();
    let mut names: Vec<&str> = manifest.into_iter().flat_map(Manifest::all).map(|(_, node)| node.name.as_str()).collect();
    names.extend(manifest.into_iter().flat_map(Manifest::all).flat_map(|(_, node)| node.tags.iter().map(String::as_str)));
    names.sort_unstable();
    names.dedup();
    let near = nearest::nearest(&wanted, names, 5);
    let hint = if near.is_empty() {
        "Call `run_dbt` with `command: \"list\"` for the names; a selector is a name, `tag:x`, `path:x`, with + for what it depends on."
            .to_owned()
    } else {
        format!("Did you mean {}?", near.join(", "))
    };
    ToolError::new(Code::NotFound, message, hint).at("select").valid(near)
}

/// A project that dbt cannot read.
pub(super) fn unreadable_project(problems: &[DbtProblem]) -> ToolError {
    let first = problems.first().map_or("dbt gave no reason", |problem| problem.message.as_str());
    let message = format!("dbt cannot read the project: {first}");
    ToolError::new(Code::Failed, message, "Mend the file that is named and call again.").details(json!({ "problems": problems }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_file_and_line() {
        let cases = [
            (
                "Compilation Error in model bad (models/bad.sql)\n  unexpected end\n    line 7\n      select",
                Some("models/bad.sql"),
                Some(7),
            ),
            (
                "Parsing Error\n  Error reading shop: a/schema.yml - Runtime Error\n    Syntax error near line 12",
                Some("a/schema.yml"),
                Some(12),
            ),
            ("Found a cycle: model.shop.a --> model.shop.b", None, None),
        ];
        for (message, file, line) in cases {
            let found = problem(message);
            assert_eq!((found.file.as_deref(), found.line), (file, line), "{message}");
        }
    }

    #[test]
    fn a_line_is_found_by_the_text_that_duckdb_shows() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.sql");
        fs::write(&file, "{{ config() }}\n-- note\nselect nope from {{ ref('b') }}\nwhere nope > 1").unwrap();
        let message = "Runtime Error in model a (models/a.sql)\n  Binder Error: no nope\n\n  LINE 9: where nope > 1\n                ^";
        assert_eq!(place(message, Some("\nselect nope from \"b\"\nwhere nope > 1"), &file), (Some(4), Some(3)));
        assert_eq!(place("Compilation Error: x\n  line 2", None, &file), (Some(2), None));
        assert_eq!(place("Database Error: LINE 4: select gone", Some("x"), &file), (None, None));
    }

    #[test]
    fn a_test_is_found_in_the_file_that_declares_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("schema.yml");
        fs::write(&file, "models:\n  - name: a\n    columns:\n      - name: id\n  - name: \"b\"\n    columns:\n      - name: id\n")
            .unwrap();
        assert_eq!(declared_at(&file, "b", Some("id")), Some(7));
        assert_eq!(declared_at(&file, "a", None), Some(2));
        assert_eq!(declared_at(&file, "c", Some("id")), None);
    }
}
